"""Rosters: asked, computed by the worker, published to personnel, and mended when somebody falls away."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from housekeeping import boards, needs, rosters
from housekeeping.roster_models import Roster, RosterState
from personnel import api as personnel
from personnel import leave, leave_decisions
from personnel.events import LeaveApproved
from personnel.leave_days import Asked
from personnel.time_models import PlannedShift
from plantops import jobs, people
from plantops.context import Context
from plantops.core import House
from plantops.errors import Conflict, Forbidden, Invalid, PlantopsError
from plantops.events import Absent
from plantops.jobs import State
from plantops.places import Site
from plantops.worker import Worker
from tests.housekeeping import making
from tests.housekeeping.making import MONDAY, SUNDAY, Crew
from tests.houses import Someone
from tests.plantops.job_house import QUICK, with_jobs

pytestmark = pytest.mark.db

TUESDAY = MONDAY + timedelta(days=1)


@contextmanager
def working(house: House) -> Iterator[None]:
    made = Worker(with_jobs(house), QUICK)
    thread = threading.Thread(target=made.forever)
    thread.start()
    try:
        yield
    finally:
        made.stop()
        thread.join(60)
        assert not thread.is_alive()


def computed(house: House, roster_id: int) -> Roster:
    """The roster once the worker is done with it."""
    end = time.monotonic() + 60
    while True:
        with house.acting() as ctx:
            waiting = rosters.roster(ctx, roster_id)
            assert waiting.job_run_id
            run = jobs.one(ctx, waiting.job_run_id)
            found = rosters.roster(ctx, roster_id)  # after the job: it may end between the two looks
        if found.state is not RosterState.COMPUTING:
            return found
        assert run.state in (State.QUEUED, State.RUNNING), f"{run.message} {run.error}"
        assert time.monotonic() < end, "the roster is not computed"
        time.sleep(0.1)


def shifts_of(ctx: Context, crew: Crew) -> dict[int, set[int]]:
    """Employee -> the weekdays of the week for which personnel has a shift of the roster."""
    told = personnel.told(ctx, crew.people, MONDAY, SUNDAY, origin=rosters.ORIGIN)
    found: dict[int, set[int]] = {}
    for employee, day in told:
        found.setdefault(employee, set()).add(day.weekday())
    return found


def test_asked_computed_published_and_mended_when_somebody_takes_leave(plant: House) -> None:
    with plant.acting() as ctx:
        crew = making.crew(ctx)
        asked = rosters.ask(ctx, crew.site_id, MONDAY, SUNDAY, seconds=2)
    with working(plant):
        first = computed(plant, asked.id)
        assert (first.state, first.status) == (RosterState.PROPOSED, "optimal")
        assert first.holes == []
        assert len(first.cells) == 5
        assert {cell.work for cell in first.cells} == {"clean"}
        with plant.acting() as ctx:
            rosters.publish(ctx, first.id, first.version)
        with plant.acting() as ctx:
            told = shifts_of(ctx, crew)
            assert sorted(day for days in told.values() for day in days) == [0, 1, 2, 3, 4]
            leaver = next(iter(told))
            office_id = people.add_user(ctx, "hanna", "Hanna").id
            people.grant(ctx, office_id, "hr")
        with plant.acting(office_id) as ctx:
            wanted = leave.ask(ctx, leaver, crew.office.vacation_id, Asked(MONDAY, SUNDAY))
        with plant.acting() as ctx:
            leave_decisions.approve(ctx, wanted.id, wanted.version)
        with plant.acting() as ctx:
            marked = rosters.roster(ctx, first.id)
            away = {cell.day.weekday() for cell in marked.cells if cell.uncovered}
            assert away == told[leaver]
            assert {hole.day.weekday() for hole in marked.holes} == away
            mended_id = ctx.session.scalars(sa.select(Roster.id).where(Roster.base_id == first.id)).one()
        mended = computed(plant, mended_id)
    assert mended.state is RosterState.PROPOSED
    assert mended.holes == []
    with plant.acting() as ctx:
        board = boards.roster_board(ctx, mended.id)
        moved = {change.day.weekday() for change in board.changes}
        assert moved == away, "the days of others do not move"
        rosters.publish(ctx, mended.id, mended.version)
    with plant.acting() as ctx:
        after = shifts_of(ctx, crew)
        assert leaver not in after
        assert sorted(day for days in after.values() for day in days) == [0, 1, 2, 3, 4]


def test_three_publish_at_once_and_one_roster_stands(plant: House) -> None:
    with plant.acting() as ctx:
        crew = making.crew(ctx)
        told = [{MONDAY: [one]} for one in crew.people]
        proposals = [making.proposal(ctx, crew, one) for one in told]
    seen: list[str] = []
    barrier = threading.Barrier(len(proposals))

    def publish(proposal: Roster) -> None:
        barrier.wait()
        try:
            plant.run(lambda ctx: rosters.publish(ctx, proposal.id, proposal.version))
            seen.append("published")
        except PlantopsError as error:
            seen.append(error.code)

    threads = [threading.Thread(target=publish, args=(one,)) for one in proposals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == ["published"] * 3
    with plant.acting() as ctx:
        states = ctx.session.scalars(sa.select(Roster.state)).all()
        assert sorted(states) == [RosterState.PUBLISHED, RosterState.SUPERSEDED, RosterState.SUPERSEDED]
        standing = ctx.session.scalars(sa.select(Roster.id).where(Roster.state == RosterState.PUBLISHED)).one()
        cells = rosters.roster(ctx, standing).cells
        assert shifts_of(ctx, crew) == {cells[0].employee_id: {0}}


def test_a_leave_marks_only_its_own_days_and_person(ctx: Someone) -> None:
    crew = making.crew(ctx())
    ann, bo, _cy = crew.people
    made = making.proposal(ctx(), crew, {MONDAY: [ann], TUESDAY: [ann, bo]})
    assert sum(hole.missing for hole in made.holes) == 3
    rosters.publish(ctx(), made.id, made.version)
    ctx().emit(LeaveApproved(1, ann, TUESDAY, TUESDAY))
    assert {(cell.employee_id, cell.day) for cell in made.cells if cell.uncovered} == {(ann, TUESDAY)}
    assert TUESDAY not in {hole.day for hole in made.holes}, "Bo still covers Tuesday"


def test_a_leave_of_somebody_who_is_not_rostered_asks_for_nothing(ctx: Someone) -> None:
    crew = making.crew(ctx())
    made = making.proposal(ctx(), crew, {MONDAY: [crew.people[0]]})
    rosters.publish(ctx(), made.id, made.version)
    ctx().emit(LeaveApproved(1, crew.people[1], MONDAY, MONDAY))
    assert ctx().session.scalar(sa.select(sa.func.count()).select_from(Roster)) == 1


def test_who_leads_is_warned_before_a_shift_falls_under_its_cover(ctx: Someone) -> None:
    crew = making.crew(ctx())
    ann, bo, _cy = crew.people
    made = making.proposal(ctx(), crew, {MONDAY: [ann], TUESDAY: [ann, bo]})
    rosters.publish(ctx(), made.id, made.version)
    warnings = rosters.warn_of_absence(ctx(), Absent(ann, MONDAY, TUESDAY))
    assert warnings == ["Mon 30 Nov: clean would have 0 of 1 people on the roster."]
    assert warnings[0] in ctx().ask(Absent(ann, MONDAY, TUESDAY))


def test_who_may_not(ctx: Someone) -> None:
    crew = making.crew(ctx())
    made = making.proposal(ctx(), crew, {MONDAY: [crew.people[0]]})
    with pytest.raises(Forbidden):
        rosters.publish(ctx(as_="crew_lead"), made.id, made.version)
    with pytest.raises(Forbidden):
        rosters.ask(ctx(as_="line_manager"), crew.site_id, MONDAY, SUNDAY)
    with pytest.raises(Forbidden):
        rosters.roster(ctx(as_="cleaner"), made.id)
    assert rosters.reject(ctx(as_="crew_lead"), made.id, made.version, "too many earlies").state is RosterState.REJECTED


def test_rejecting_says_why_and_publishing_a_rejected_one_is_refused(ctx: Someone) -> None:
    crew = making.crew(ctx())
    made = making.proposal(ctx(), crew, {MONDAY: [crew.people[0]]})
    with pytest.raises(Invalid, match="Say why"):
        rosters.reject(ctx(), made.id, made.version, " ")
    rosters.reject(ctx(), made.id, made.version, "unfair to Ann")
    with pytest.raises(Conflict, match="rejected, not proposed"):
        rosters.publish(ctx(), made.id, made.version)


def test_what_cannot_be_asked(ctx: Someone) -> None:
    boss = ctx(as_="facility_manager")
    crew = making.crew(ctx())
    with pytest.raises(Invalid, match="before the first"):
        rosters.ask(boss, crew.site_id, SUNDAY, MONDAY)
    with pytest.raises(Invalid, match="1 to 600"):
        rosters.ask(boss, crew.site_id, MONDAY, SUNDAY, seconds=0)
    with pytest.raises(Conflict, match="Nobody is needed"):
        rosters.ask(boss, crew.site_id, SUNDAY, SUNDAY)


def test_people_needed_follow_from_minutes() -> None:
    assert needs.people_for(Decimal(0)) == 0
    assert needs.people_for(Decimal(7 * 420)) == 1
    assert needs.people_for(Decimal(7 * 420 + 1)) == 2


def test_how_good_in_words() -> None:
    assert "is not known: the time was too short to prove it" in boards.in_words(100, None, None)
    assert "no roster can have fewer: this is proved" in boards.in_words(100, Decimal(100), Decimal(0))
    assert "none can have fewer than 50: at most 50.0% could still be gained" in boards.in_words(
        100, Decimal(50), Decimal("0.5")
    )


def test_shifts_are_published_by_the_clock_of_the_site(ctx: Someone) -> None:
    system = ctx()
    crew = making.crew(system)
    system.session.get_one(Site, crew.site_id).zone = "Europe/Helsinki"  # an hour ahead of the plant's own zone
    system.session.flush()
    proposed = making.proposal(system, crew, {MONDAY: [crew.people[0]]})
    rosters.publish(system, proposed.id, proposed.version)
    shift = system.session.scalars(sa.select(PlannedShift).where(PlannedShift.business_date == MONDAY)).one()
    assert shift.starts_at == datetime(2026, 11, 30, 4, 0, tzinfo=UTC), "six in the morning in Helsinki"
