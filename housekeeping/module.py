"""The manifest of housekeeping and the facility desk."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import text

from housekeeping import (
    boards,
    cards,
    cli,
    desk_models,
    jobs,
    needs,
    requests,
    roster_models,
    rosters,
    round_models,
    round_plans,
    told,
    workorders,
)
from housekeeping.finding import SEARCH
from housekeeping.imports import KINDS
from housekeeping.lists import REQUESTS, ROUNDS, WORK
from housekeeping.permissions import Can
from housekeeping.reports.requests_in_time import REQUESTS_IN_TIME
from personnel.events import AbsenceRecorded, LeaveApproved
from plantops.events import Absent, WorkWanted
from plantops.module import DemoPart, Figure, Invariant, Job, Module, PersonalData, Role, Schedule
from plantops.options import Option
from plantops.sight import RecordSeen

ROLES = (
    Role("administrator", "Administrator", tuple(Can)),
    Role("facility_manager", "Facility manager", tuple(Can)),
    Role(
        "crew_lead",
        "Crew lead",
        (
            Can.READ_ROSTERS,
            Can.PLAN_ROSTERS,
            Can.READ_CLEANING,
            Can.DO_ROUNDS,
            Can.SHARE_ROUNDS,
            Can.REPORT,
            Can.READ_REQUESTS,
            Can.WORK,
            Can.MANAGE_WORK,
            Can.READ_CONSUMABLES,
            Can.USE_CONSUMABLES,
        ),
    ),
    Role(
        "cleaner",
        "Cleaner",
        (Can.READ_CLEANING, Can.DO_ROUNDS, Can.REPORT, Can.WORK, Can.READ_CONSUMABLES, Can.USE_CONSUMABLES),
    ),
    Role("storekeeper", "Storekeeper", (Can.READ_CONSUMABLES, Can.USE_CONSUMABLES, Can.REPORT)),
    Role("employee", "Employee", (Can.REPORT,)),
    Role("line_manager", "Line manager", (Can.READ_ROSTERS, Can.REPORT)),
    Role("plant_manager", "Plant manager", (Can.READ_ROSTERS, Can.READ_REQUESTS, Can.READ_CLEANING)),
    Role("auditor", "Auditor", (Can.READ_ROSTERS, Can.READ_REQUESTS, Can.READ_CLEANING, Can.READ_CONSUMABLES)),
)

INVARIANTS = (
    Invariant(
        "one published roster per site and day",
        text(
            "SELECT a.id, 'overlaps roster ' || b.id FROM housekeeping_roster a JOIN housekeeping_roster b"
            " ON b.site_id = a.site_id AND b.id > a.id AND a.first_day <= b.last_day AND b.first_day <= a.last_day"
            " WHERE a.state = 'published' AND b.state = 'published'"
        ),
    ),
    Invariant(
        "a finished work order has no mandatory task left",
        text(
            "SELECT w.id, w.number || ' is done with tasks left' FROM housekeeping_workorder w"
            " JOIN housekeeping_work_task t ON t.workorder_id = w.id"
            " WHERE w.state = 'done' AND t.mandatory AND t.done_at IS NULL"
        ),
    ),
    Invariant(
        "a resolved request says when",
        text(
            "SELECT id, number || ' is resolved without a time' FROM housekeeping_request"
            " WHERE state = 'resolved' AND resolved_at IS NULL"
        ),
    ),
    Invariant(
        "a duplicate names its first request",
        text(
            "SELECT id, number || ' is a duplicate of nothing' FROM housekeeping_request"
            " WHERE state = 'duplicate' AND duplicate_of_id IS NULL"
        ),
    ),
    Invariant(
        "at most one running pause per request",
        text(
            "SELECT request_id, 'two pauses run at once' FROM housekeeping_pause WHERE ends_at IS NULL"
            " GROUP BY request_id HAVING count(*) > 1"
        ),
    ),
    Invariant(
        "a round is done exactly when all of its steps are ticked off",
        text(
            "SELECT r.id, r.name || ' of ' || r.day || ' is ' || r.state || ' with ' || count(*)"
            " FILTER (WHERE t.outcome IS NULL) || ' of ' || count(*) || ' steps left' FROM housekeeping_round r"
            " JOIN housekeeping_round_tick t ON t.round_id = r.id GROUP BY r.id"
            " HAVING (r.state = 'done' AND count(*) FILTER (WHERE t.outcome IS NULL) > 0)"
            " OR (r.state = 'in_progress' AND count(*) FILTER (WHERE t.outcome IS NULL) = 0)"
            " OR (r.state = 'planned' AND count(t.outcome) > 0)"
        ),
    ),
    Invariant(
        "nothing was ticked off before it was heard of by a week, nor after",
        text(
            "SELECT id, 'done at ' || done_at || ', heard of at ' || noted_at FROM housekeeping_round_tick"
            " WHERE done_at > noted_at OR done_at < noted_at - interval '7 days'"
        ),
    ),
)

FIGURES = (
    Figure(
        "requests-by-type",
        "Service requests by category, by the day on which they were reported",
        text(
            "SELECT s.code || ' ' || r.category, count(*), 'requests' FROM housekeeping_request r"
            " JOIN core_site s ON s.id = r.site_id WHERE (r.reported_at AT TIME ZONE s.zone)::date >= :from"
            " AND (r.reported_at AT TIME ZONE s.zone)::date < :to GROUP BY 1 ORDER BY 1"
        ),
    ),
)

SETTINGS = {
    "desk_hours": Option("Mon-Fri 07:00-17:00", "Hours in which the facility desk works"),
    "hours_priority_1": Option(Decimal(4), "Priority 1 is resolved within, around the clock", "hours", Decimal(1)),
    "hours_priority_2": Option(Decimal(10), "Priority 2 is resolved within, in desk hours", "hours", Decimal(1)),
    "hours_priority_3": Option(Decimal(30), "Priority 3 is resolved within, in desk hours", "hours", Decimal(1)),
    "hours_priority_4": Option(Decimal(100), "Priority 4 is resolved within, in desk hours", "hours", Decimal(1)),
}

MODULE = Module(
    name="housekeeping",
    title="Housekeeping",
    depends=("personnel",),
    after=("purchasing",),
    permissions=Can,
    roles=ROLES,
    listens={
        LeaveApproved: (rosters.uncover,),
        AbsenceRecorded: (rosters.uncover,),
        WorkWanted: (requests.work_wanted,),
    },
    answers={Absent: (rosters.warn_of_absence,), RecordSeen: (boards.record_seen,), **cards.ANSWERS},
    jobs={
        "get_ready": Job(jobs.get_ready, "Make the roster planner ready", retries=1),
        "propose_roster": Job(jobs.propose_roster, "Propose a roster", retries=1, seconds=900),
        "print_codes": Job(jobs.print_codes, "Print the codes of the places"),
        "plan_rounds": Job(round_plans.plan_today, "Plan the rounds of the day"),
        "plan_rounds_at": Job(round_plans.plan_today_at, "Plan the rounds of the day at a site"),
    },
    schedules=(Schedule("housekeeping.plan_rounds", at="00:20"),),
    imports=KINDS,
    listings=(REQUESTS, WORK, ROUNDS),
    search=SEARCH,
    weekly=(REQUESTS_IN_TIME,),
    figures=FIGURES,
    verify=INVARIANTS,
    personal_data=(
        # That a step was done, and when, stays: who did it is told by their account alone.
        PersonalData("housekeeping_round_tick", ("note",), "to show what was found, and by whom", 2, "done_by_id"),
        PersonalData("housekeeping_request", ("contact",), "to answer who reported an issue", 1, "reported_by_id"),
    ),
    settings=SETTINGS,
    cli=cli.register,
    demo=(
        DemoPart(
            "housekeeping", "housekeeping.demo:build", needs=("personnel.plant",), fills=("housekeeping_request",)
        ),
        DemoPart("housekeeping.files", "housekeeping.demo:load_the_real_file", in_totals=False),
    ),
    documents=told.DOCUMENTS,
    undo={
        "housekeeping_request": requests.take_step_back,
        "housekeeping_workorder": workorders.take_step_back,
    },
    links={
        "housekeeping_request": "/housekeeping/requests/{id}",
        "housekeeping_workorder": "/housekeeping/workorders/{id}",
        "housekeeping_roster": "/housekeeping/rosters/{id}",
        "housekeeping_round": "/housekeeping/rounds/{id}",
    },
)

KNOWN = (desk_models, roster_models, round_models, needs, workorders)  # imported for their tables and questions
