"""The facility desk and the rosters for programs: the same actions and the same refusals as on the pages."""

from __future__ import annotations

from dataclasses import dataclass

from housekeeping import boards, needs, requests, rosters, round_plans, rounds, workorders
from housekeeping.desk_models import Request, WorkOrder, WorkTask
from housekeeping.lists import REQUESTS, ROUNDS, WORK
from housekeeping.permissions import Can
from housekeeping.roster_models import CleaningTask, Roster
from housekeeping.round_models import Round, RoundTemplate, RoundTick
from plantops.context import Context, requires
from web.resources import Routes, gives, many, view

# --- Service requests

REQUEST = view(
    Request,
    "id version number site_id place_id category text channel contact reported_by_id reported_at priority state due_at"
    " resolved_at duplicate_of_id resolution origin",
    called="ServiceRequest",
)

desk = Routes("service-requests")
desk.lists("/service-requests", REQUESTS)
desk("GET /sites/{site_id}/door-codes", boards.door_codes)
desk("GET /service-requests/{id}", boards.request_sheet, REQUEST, part="request")
desk("POST /service-requests", requests.report, REQUEST, without=("photo",))
desk.acts(
    "/service-requests/{id}",
    REQUEST,
    requests.accept,
    requests.refuse,
    requests.pause,
    requests.resume,
    requests.resolve,
    requests.mark_duplicate,
)

# --- Work orders

WORK_ORDER = view(
    WorkOrder,
    "id version number site_id request_id place_id kind title state assigned_to_id due_at started_at done_at minutes"
    " report created_by_id",
    tasks=many(view(WorkTask, "id position title mandatory done_at done_by_id")),
)


@dataclass(frozen=True)
class Worker:
    id: int
    name: str


@requires(Can.MANAGE_WORK)
def workers(ctx: Context, site_id: int) -> list[Worker]:
    """Who can be given work at a site."""
    return [Worker(id, name) for id, name in workorders.workers(ctx, site_id)]


work = Routes("work-orders")
work.lists("/work-orders", WORK)
work("GET /work-orders/workers", workers)
work("GET /work-orders/{id}", boards.work_sheet, WORK_ORDER, part="order")
work("POST /service-requests/{request_id}/work-orders", workorders.open_for, WORK_ORDER)
work("POST /work-orders/{id}/tasks/{task_id}/tick", workorders.tick, WORK_ORDER)
work.acts(
    "/work-orders/{id}",
    WORK_ORDER,
    workorders.assign,
    workorders.start,
    workorders.hold,
    workorders.finish,
    workorders.cancel,
)

# --- Rosters, and what they are made from

ROSTER = view(
    Roster,
    "id version site_id first_day last_day state base_id why made_by_id made_at seconds_asked status penalty bound gap"
    " seconds note job_run_id",
)
TASK = view(CleaningTask, "id version site_id place_id title minutes times_a_week template_id archived")

shifts = Routes("rosters")
shifts("GET /rosters", rosters.list_rosters)
shifts("GET /rosters/{id}", boards.roster_board, ROSTER, part="roster")
shifts("POST /rosters", rosters.ask, ROSTER)
shifts.acts("/rosters/{id}", ROSTER, rosters.publish, rosters.reject)
shifts("GET /sites/{site_id}/staff-needs", needs.list_needs)
shifts("GET /sites/{site_id}/staff-needs/version", needs.table_version, gives("table_version"))
shifts("PUT /sites/{site_id}/staff-needs", needs.set_need, gives("table_version"))
shifts("GET /sites/{site_id}/cleaning-tasks", needs.list_tasks)
shifts("POST /cleaning-tasks", needs.add_task, TASK)

# --- Rounds

ROUND = view(
    Round,
    "id version site_id template_id name day starts_at due_at assigned_to_id state started_at done_at",
    ticks=many(
        view(RoundTick, "id position place_id task outcome hindrance note done_at noted_at done_by_id request_id")
    ),
)
ROUND_PLAN = view(
    RoundTemplate,
    "id version site_id name weekdays starts_minute due_minute assigned_to_id archived",
    called="RoundPlan",
)


@dataclass(frozen=True)
class Cleaner:
    id: int
    name: str


@requires(Can.SHARE_ROUNDS)
def crew(ctx: Context, site_id: int) -> list[Cleaner]:
    """Who can be given a round at a site."""
    return [Cleaner(id, name) for id, name in rounds.crew(ctx, site_id)]


tour = Routes("rounds")
tour.lists("/rounds", ROUNDS)
tour("GET /rounds/today", rounds.list_rounds)
tour("GET /rounds/crew", crew)
tour("GET /rounds/{id}", rounds.whole, ROUND)
tour("GET /rounds/{id}/zones", rounds.sheet, many(rounds.Zone), part="zones")
tour("POST /rounds/{id}/ticks", rounds.tick, ROUND, without=("photo",))
tour.acts("/rounds/{id}", ROUND, rounds.share, rounds.miss)
tour("GET /round-plans", round_plans.list_templates)
tour("POST /round-plans", round_plans.add_template, ROUND_PLAN)
tour("POST /round-plans/{id}/end", round_plans.end_template, ROUND_PLAN)
tour("POST /sites/{site_id}/rounds", round_plans.plan_day, many(ROUND))

ROUTERS = (desk.router, work.router, shifts.router, tour.router)
