"""Leave from the question to the ledger: asking, deciding, cancelling, and two at once."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from personnel import absences, cover, employees, leave, leave_accounts, leave_decisions, moves, shifts, work_calendars
from personnel.absences import NewAbsence
from personnel.calendars import Half
from personnel.events import LeaveApproved, LeaveCancelled
from personnel.leave_days import Asked
from personnel.models import Employee
from personnel.shifts import NewShift
from personnel.time_models import LeaveEntry, LeaveRequestDay, LeaveState, LeaveType
from plantops import delegations, people, places
from plantops.context import Context
from plantops.core import House
from plantops.errors import Conflict, Forbidden, Invalid, NotFound, PlantopsError, Stale
from plantops.module import Module, ordered
from tests.houses import Someone
from tests.personnel.office import DAY, Office, at, broken, office

pytestmark = pytest.mark.db

MONDAY = date(2026, 12, 7)
WEEK = Asked(MONDAY, MONDAY + timedelta(days=6))


@dataclass
class Cast:
    """Bo leads Ada; both may sign in. Hanna is the personnel office."""

    o: Office
    ada: Context
    bo: Context
    hr: Context
    ada_id: int
    bo_id: int


def cast_of(ctx: Someone) -> Cast:
    o = office(ctx())
    ada, bo = ctx("employee", login="ada"), ctx("line_manager,employee", login="bo")
    boss = o.hire("Bo Bearing", user_id=bo.user.id)
    one = o.hire("Ada Anvil", user_id=ada.user.id, manager_id=boss.id, entitled=True)
    return Cast(o, ada, bo, ctx("hr,employee", login="hanna"), one.id, boss.id)


@pytest.fixture
def cast(ctx: Someone) -> Cast:
    return cast_of(ctx)


def balance(c: Cast, as_of: date | None = None) -> float:
    (found,) = leave_accounts.balances(c.hr, c.ada_id, as_of)
    return found.minutes / DAY


# --- asking


def test_a_week_is_asked_approved_and_charged_day_by_day(cast: Cast, ctx: Someone) -> None:
    asked = leave.ask(cast.ada, cast.ada_id, cast.o.vacation_id, WEEK, "a rest")
    assert (asked.state, asked.minutes) == (LeaveState.ASKED, 5 * DAY)
    approved = leave_decisions.approve(cast.bo, asked.id, asked.version)
    assert approved.state == LeaveState.APPROVED
    assert approved.decided_by_id == cast.bo.user.id
    assert balance(cast) == 25
    assert balance(cast, date(2026, 12, 31)) == 20
    (now,) = leave_accounts.balances(cast.ada, cast.ada_id)
    assert now.planned_minutes == 5 * DAY
    assert broken(ctx()) == []


def test_what_was_asked_before_its_type_was_archived_is_decided(cast: Cast, ctx: Someone) -> None:
    yes, no = (
        leave.ask(cast.ada, cast.ada_id, cast.o.vacation_id, Asked(day, day))
        for day in (MONDAY, MONDAY + timedelta(days=1))
    )
    ctx().session.get_one(LeaveType, cast.o.vacation_id).archived = True
    ctx().session.flush()
    with pytest.raises(NotFound, match="leave type"):
        leave.ask(cast.ada, cast.ada_id, cast.o.vacation_id, WEEK)
    assert [one.balance_after for one in leave_decisions.outlooks(cast.bo)] == [24 * DAY, 23 * DAY]
    assert leave_decisions.approve(cast.bo, yes.id, yes.version).state == LeaveState.APPROVED
    assert leave_decisions.refuse(cast.bo, no.id, no.version, "too few people").state == LeaveState.REFUSED
    assert broken(ctx()) == []


def test_the_preview_says_days_balance_holes_and_why_not(cast: Cast) -> None:
    seen = leave.preview(cast.ada, cast.ada_id, cast.o.vacation_id, WEEK)
    assert (seen.minutes, seen.balance_before, seen.balance_after) == (5 * DAY, 25 * DAY, 20 * DAY)
    assert seen.why_not is None
    weekend = leave.preview(cast.ada, cast.ada_id, cast.o.vacation_id, Asked(date(2026, 12, 12), date(2026, 12, 13)))
    assert weekend.why_not == "there is no working time in these days"
    long = leave.preview(cast.ada, cast.ada_id, cast.o.vacation_id, Asked(MONDAY, MONDAY + timedelta(days=500)))
    assert long.why_not == "it is longer than 400 days"


@pytest.mark.parametrize(
    ("minutes", "day", "words"),
    [
        (960, 480, "2 days"),
        (480, 480, "1 day"),
        (240, 480, "0.5 days"),
        (960, 432, "16 hours (2.2 days of 7 hours 12 minutes)"),
        (61, 480, "1 hour 1 minute (0.1 days of 8 hours)"),
        (-960, 432, "minus 16 hours (-2.2 days of 7 hours 12 minutes)"),
    ],
)
def test_leave_in_words(minutes: int, day: int, words: str) -> None:
    assert leave.in_words(minutes, day) == words


def test_a_shift_longer_than_a_day_of_leave_is_explained(cast: Cast) -> None:
    own = cast.o.hire("Cy Clutch", user_id=cast.hr.user.id, entitled=True, day_minutes=432)
    seen = leave.preview(cast.hr, own.id, cast.o.vacation_id, Asked(MONDAY, MONDAY + timedelta(days=1)))
    assert seen.takes == "2 working days: 16 hours (2.2 days of 7 hours 12 minutes)"
    assert seen.left_after == "164 hours (22.8 days of 7 hours 12 minutes)"


def test_an_officer_of_another_site_sees_the_own_leave_and_the_own_team(cast: Cast, ctx: Someone) -> None:
    system = ctx()
    north = places.add_site(system, "NOR", "Depot North", zone="Europe/Oslo", currency="NOK", country="NO")
    ctx("line_manager,employee", login="olga")
    people.grant(system, ctx.known["olga"], "hr", site_id=north.id)
    olga = ctx("line_manager,employee", login="olga")
    me = cast.o.hire("Olga Oil", user_id=olga.user.id, manager_id=cast.bo_id, entitled=True)
    led = cast.o.hire("Pia Pin", user_id=ctx("employee", login="pia").user.id, manager_id=me.id, entitled=True)
    mine, theirs, others = (
        leave.ask(asker, id, cast.o.vacation_id, WEEK)
        for asker, id in ((olga, me.id), (ctx("employee", login="pia"), led.id), (cast.ada, cast.ada_id))
    )
    assert leave.request(olga, mine.id).id == mine.id
    assert {row.id for row in employees.list_employees(olga).rows} == {me.id, led.id}
    assert [row.id for row in leave.list_to_decide(olga)] == [theirs.id]
    with pytest.raises(NotFound):
        leave.request(olga, others.id)
    assert leave_decisions.approve(olga, theirs.id, theirs.version).state == LeaveState.APPROVED


def test_public_holidays_of_the_site_cost_nothing(cast: Cast) -> None:
    christmas = Asked(date(2026, 12, 21), date(2026, 12, 27))
    assert leave.preview(cast.ada, cast.ada_id, cast.o.vacation_id, christmas).minutes == 4 * DAY


def test_more_than_is_left_is_refused_with_the_numbers(cast: Cast) -> None:
    with pytest.raises(Conflict, match="only 25 days are left, 27 days were asked"):
        leave.ask(cast.ada, cast.ada_id, cast.o.vacation_id, Asked(date(2026, 11, 24), date(2026, 12, 31)))


def test_waiting_requests_count_against_the_next_one(cast: Cast) -> None:
    leave.ask(cast.ada, cast.ada_id, cast.o.vacation_id, Asked(date(2026, 11, 24), date(2026, 12, 21)))
    with pytest.raises(Conflict, match="only 5 days are left"):
        leave.ask(cast.ada, cast.ada_id, cast.o.vacation_id, Asked(date(2026, 12, 22), date(2026, 12, 31)))


def test_next_years_leave_can_be_asked_before_it_is_granted(cast: Cast) -> None:
    asked = leave.ask(cast.ada, cast.ada_id, cast.o.vacation_id, Asked(date(2027, 7, 5), date(2027, 7, 30)))
    assert asked.minutes == 20 * DAY
    leave_decisions.approve(cast.bo, asked.id, asked.version)
    leave_accounts.settle(cast.o.ctx, date(2027, 8, 1))
    # five days were carried and expired unused at the end of March, 25 came, 20 were taken
    assert balance(cast, date(2027, 8, 1)) == 5


def test_halves_and_overlaps(cast: Cast) -> None:
    leave.ask(cast.ada, cast.ada_id, cast.o.vacation_id, Asked(MONDAY, MONDAY, {MONDAY: Half.FIRST}))
    with pytest.raises(Conflict, match="7 Dec 2026 is taken already"):
        leave.ask(cast.ada, cast.ada_id, cast.o.vacation_id, WEEK)
    second = leave.ask(cast.ada, cast.ada_id, cast.o.vacation_id, Asked(MONDAY, MONDAY, {MONDAY: Half.SECOND}))
    assert second.minutes == DAY // 2


def test_leave_without_a_balance_writes_no_ledger(cast: Cast, ctx: Someone) -> None:
    asked = leave.ask(cast.ada, cast.ada_id, cast.o.unpaid_id, WEEK)
    leave_decisions.approve(cast.bo, asked.id, asked.version)
    takes = sa.select(sa.func.count()).select_from(LeaveEntry).where(LeaveEntry.kind == "take")
    assert ctx.session.scalar(takes) == 0
    assert broken(ctx()) == []


def test_nobody_asks_for_somebody_else_but_the_office(cast: Cast) -> None:
    with pytest.raises(NotFound):
        leave.ask(cast.bo, cast.ada_id, cast.o.vacation_id, WEEK)
    asked = leave.ask(cast.hr, cast.ada_id, cast.o.vacation_id, WEEK)
    with pytest.raises(Forbidden, match="you asked for it yourself"):
        leave_decisions.approve(cast.hr, asked.id, asked.version)
    leave_decisions.approve(cast.bo, asked.id, asked.version)


@pytest.mark.parametrize(
    "asked", [Asked(MONDAY, MONDAY - timedelta(days=1)), Asked(MONDAY, MONDAY + timedelta(days=500))]
)
def test_senseless_dates_are_invalid(cast: Cast, asked: Asked) -> None:
    with pytest.raises(Invalid, match="This leave cannot be asked"):
        leave.ask(cast.ada, cast.ada_id, cast.o.vacation_id, asked)


# --- deciding


def test_nobody_decides_about_their_own_leave(cast: Cast, ctx: Someone) -> None:
    asked = leave.ask(cast.bo, cast.bo_id, cast.o.unpaid_id, WEEK)
    with pytest.raises(Forbidden, match="it is your own leave"):
        leave_decisions.approve(cast.bo, asked.id, asked.version)
    assert leave.list_to_decide(cast.bo) == []
    assert [row.id for row in leave.list_to_decide(cast.hr)] == [asked.id]
    with pytest.raises(Forbidden):
        leave_decisions.approve(ctx("employee", login="ada"), asked.id, asked.version)


def test_another_manager_decides_only_while_it_is_delegated(cast: Cast, ctx: Someone) -> None:
    cy = ctx("line_manager,employee", login="cy")
    asked = leave.ask(cast.ada, cast.ada_id, cast.o.vacation_id, WEEK)
    with pytest.raises(NotFound):
        leave_decisions.approve(cy, asked.id, asked.version)
    delegations.delegate(cast.bo, cy.user.id, cast.bo.today, cast.bo.today + timedelta(days=3), kind="leave")
    assert [row.id for row in leave.list_to_decide(cy)] == [asked.id]
    assert leave_decisions.approve(cy, asked.id, asked.version).decided_by_id == cy.user.id


def test_a_refusal_needs_a_reason_and_frees_the_days(cast: Cast) -> None:
    asked = leave.ask(cast.ada, cast.ada_id, cast.o.vacation_id, WEEK)
    with pytest.raises(Invalid, match="Say why"):
        leave_decisions.refuse(cast.bo, asked.id, asked.version, " ")
    leave_decisions.refuse(cast.bo, asked.id, asked.version, "stocktaking")
    again = leave.ask(cast.ada, cast.ada_id, cast.o.vacation_id, WEEK)
    assert again.state == LeaveState.ASKED
    with pytest.raises(Conflict, match="it is refused already"):
        leave_decisions.approve(cast.bo, asked.id, asked.version)


def test_an_old_version_is_refused(cast: Cast) -> None:
    asked = leave.ask(cast.ada, cast.ada_id, cast.o.vacation_id, WEEK)
    leave_decisions.approve(cast.bo, asked.id, asked.version)
    with pytest.raises(Stale):
        leave_decisions.approve(cast.bo, asked.id, 1)


def test_a_balance_that_shrank_meanwhile_stops_the_approval(cast: Cast) -> None:
    asked = leave.ask(cast.ada, cast.ada_id, cast.o.vacation_id, WEEK)
    leave_accounts.adjust(cast.hr, cast.ada_id, cast.o.vacation_id, -22 * DAY, date(2026, 11, 1), "paid out", "p1")
    with pytest.raises(Conflict, match="no longer covers it"):
        leave_decisions.approve(cast.bo, asked.id, asked.version)


def test_the_deciders_see_what_a_yes_does(cast: Cast) -> None:
    cover.add_need(cast.o.ctx, cast.o.site_id, cast.o.department_id, 2)
    asked = leave.ask(cast.ada, cast.ada_id, cast.o.vacation_id, Asked(MONDAY, MONDAY))
    (seen,) = leave_decisions.outlooks(cast.bo)
    assert (seen.request.id, seen.balance_after, seen.warnings) == (
        asked.id,
        24 * DAY,
        ("Mon 7 Dec in Assembly: 1 of 2",),
    )
    approved = leave_decisions.approve(cast.bo, asked.id, asked.version)
    assert approved.warnings == ["Mon 7 Dec in Assembly: 1 of 2"]


# --- what follows


def listening(ctx: Context, heard: list[object]) -> Context:
    """The same person in a house with one more module, which hears of leave."""

    def hear(_ctx: Context, event: object) -> None:
        heard.append(event)

    ears = Module(name="ears", title="Ears", listens={LeaveApproved: (hear,), LeaveCancelled: (hear,)})
    return replace(ctx, registry=ordered([*ctx.registry.modules, ears]))


def test_shifts_are_released_and_restored_and_neighbours_hear_of_it(cast: Cast, ctx: Someone) -> None:
    heard: list[object] = []
    shift = NewShift(cast.ada_id, MONDAY, at(MONDAY, 6), at(MONDAY, 14))
    shifts.plan(cast.o.ctx, "housekeeping.roster:1", MONDAY, MONDAY, [shift])
    asked = leave.ask(cast.ada, cast.ada_id, cast.o.vacation_id, Asked(MONDAY, MONDAY))
    leave_decisions.approve(listening(cast.bo, heard), asked.id, asked.version)
    (row,) = shifts.my_shifts(cast.ada, MONDAY, MONDAY)
    assert row.released
    assert MONDAY not in shifts.available(cast.bo, [cast.ada_id], MONDAY, MONDAY).days[cast.ada_id]
    leave_decisions.cancel(listening(cast.ada, heard), asked.id, asked.version, "plans changed")
    (row,) = shifts.my_shifts(cast.ada, MONDAY, MONDAY)
    assert not row.released
    assert balance(cast, MONDAY) == 25
    assert heard == [
        LeaveApproved(asked.id, cast.ada_id, MONDAY, MONDAY),
        LeaveCancelled(asked.id, cast.ada_id, MONDAY, MONDAY),
    ]
    assert broken(ctx()) == []


def test_a_listener_that_fails_undoes_the_approval(cast: Cast) -> None:
    def fail(_ctx: Context, _event: object) -> None:
        raise Conflict("The roster of that week is being published. Try again in a minute.")

    deaf = Module(name="deaf", title="Deaf", listens={LeaveApproved: (fail,)})
    asked = leave.ask(cast.ada, cast.ada_id, cast.o.vacation_id, WEEK)
    broken = replace(cast.bo, registry=ordered([*cast.bo.registry.modules, deaf]))
    with pytest.raises(Conflict, match="is being published"), cast.bo.session.begin_nested():
        leave_decisions.approve(broken, asked.id, asked.version)
    cast.bo.session.expire_all()
    assert leave.request(cast.ada, asked.id).state == LeaveState.ASKED
    assert balance(cast, date(2026, 12, 31)) == 25


def test_a_leave_that_has_begun_is_cancelled_by_the_office_only(cast: Cast) -> None:
    asked = leave.ask(cast.ada, cast.ada_id, cast.o.vacation_id, Asked(date(2026, 11, 23), date(2026, 11, 24)))
    leave_decisions.approve(cast.bo, asked.id, asked.version)
    with pytest.raises(Conflict, match="it has begun"):
        leave_decisions.cancel(cast.ada, asked.id, asked.version)
    with pytest.raises(Forbidden, match="Only the person or the personnel office"):
        leave_decisions.cancel(cast.bo, asked.id, asked.version)
    leave_decisions.cancel(cast.hr, asked.id, asked.version, "was here after all")
    assert balance(cast, date(2026, 12, 31)) == 25
    with pytest.raises(Conflict, match="it is cancelled already"):
        leave_decisions.cancel(cast.hr, asked.id, asked.version)


def test_case_27_a_sick_note_gives_the_leave_days_back(cast: Cast, ctx: Someone) -> None:
    asked = leave.ask(cast.ada, cast.ada_id, cast.o.vacation_id, WEEK)
    leave_decisions.approve(cast.bo, asked.id, asked.version)
    sick = absences.report(cast.hr, NewAbsence(cast.ada_id, MONDAY, MONDAY + timedelta(days=1)))
    assert balance(cast, date(2026, 12, 31)) == 20
    absences.close(cast.hr, sick.id, sick.version, MONDAY + timedelta(days=1), with_note=True)
    assert balance(cast, date(2026, 12, 31)) == 22
    assert leave.request(cast.ada, asked.id).minutes == 3 * DAY
    (row,) = absences.list_absences(cast.hr)
    assert row.minutes == 2 * DAY
    assert broken(ctx()) == []


def test_case_28_and_30_booked_leave_is_counted_again(cast: Cast, ctx: Someone) -> None:
    asked = leave.ask(cast.ada, cast.ada_id, cast.o.vacation_id, WEEK)
    leave_decisions.approve(cast.bo, asked.id, asked.version)
    ada = employees.employee(cast.hr, cast.ada_id)
    half = work_calendars.add_calendar(
        cast.o.ctx, cast.o.site_id, "HALF", "Mornings", flexible_minutes=[240, 240, 240, 240, 240, 0, 0]
    )
    seat = cast.o.seat(weekly_minutes=1200, work_calendar_id=half.id, manager_id=cast.bo_id)
    moves.change_seat(cast.hr, ada.id, ada.version, seat, MONDAY)
    back = leave_decisions.recount(cast.hr, cast.o.site_id, MONDAY, MONDAY + timedelta(days=6))
    assert back == 5 * DAY // 2
    assert leave_decisions.recount(cast.hr, cast.o.site_id, MONDAY, MONDAY + timedelta(days=6)) == 0
    assert leave.request(cast.ada, asked.id).minutes == 5 * DAY // 2
    assert broken(ctx()) == []


def test_days_given_back_after_their_lot_expired_can_still_be_used(cast: Cast, ctx: Someone) -> None:
    asked = leave.ask(cast.ada, cast.ada_id, cast.o.vacation_id, WEEK)
    leave_decisions.approve(cast.bo, asked.id, asked.version)
    later = at(date(2027, 2, 1), 9)
    hr = ctx("hr,employee", login="hanna", now=later)
    leave_accounts.settle(ctx(now=later))
    before = leave_accounts.balances(hr, cast.ada_id)[0].minutes
    sick = absences.report(hr, NewAbsence(cast.ada_id, MONDAY, MONDAY + timedelta(days=4), with_note=True))
    assert sick.with_note
    leave_accounts.settle(ctx(now=later))
    assert leave_accounts.balances(hr, cast.ada_id)[0].minutes == before + 5 * DAY
    lots = ctx.session.scalars(sa.select(LeaveEntry.expires_on).where(LeaveEntry.kind == "return")).all()
    assert set(lots) == {date(2028, 5, 1)}
    assert broken(ctx()) == []


# --- the account


def test_running_the_night_twice_adds_nothing(cast: Cast) -> None:
    assert leave_accounts.settle(cast.o.ctx, date(2027, 6, 1)) > 0
    assert leave_accounts.settle(cast.o.ctx, date(2027, 6, 1)) == 0


def test_the_ledger_is_never_changed_or_emptied(cast: Cast, ctx: Someone) -> None:
    for statement in (sa.update(LeaveEntry).values(minutes=0), sa.delete(LeaveEntry)):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), ctx.session.begin_nested():
            ctx.session.execute(statement)


def test_a_correction_has_a_reason_and_happens_once(cast: Cast) -> None:
    with pytest.raises(Invalid, match="Say why"):
        leave_accounts.adjust(cast.hr, cast.ada_id, cast.o.vacation_id, DAY, MONDAY, " ", "k")
    for _ in range(2):
        leave_accounts.adjust(cast.hr, cast.ada_id, cast.o.vacation_id, DAY, date(2026, 11, 1), "a day too little", "k")
    assert balance(cast) == 26
    rows = leave_accounts.statement(cast.ada, cast.ada_id, cast.o.vacation_id)
    assert [(row.kind, row.running_minutes // DAY) for row in rows] == [("adjust", 26), ("accrual", 25)]
    with pytest.raises(Forbidden):
        leave_accounts.adjust(cast.bo, cast.ada_id, cast.o.vacation_id, DAY, MONDAY, "why not", "k2")


def test_only_those_concerned_see_requests(cast: Cast, ctx: Someone) -> None:
    leave.ask(cast.ada, cast.ada_id, cast.o.vacation_id, WEEK)
    assert len(leave.list_requests(cast.bo)) == len(leave.list_requests(cast.hr)) == 1
    assert leave.list_requests(ctx("employee", login="eve")) == []
    assert [row.employee for row in leave.away(cast.bo, MONDAY, MONDAY)] == ["Ada Anvil"]
    assert leave.away(ctx("employee", login="eve"), MONDAY, MONDAY) == []


# --- two at once


def test_two_requests_at_once_cannot_both_have_the_last_days(plant: House) -> None:
    with plant.database.transaction() as session:
        made = cast_of(Someone(plant, session))
    halves = [Asked(date(2026, 11, 24), date(2026, 12, 15)), Asked(date(2026, 12, 16), date(2026, 12, 31))]
    outcomes: list[str] = []
    barrier = threading.Barrier(2)

    def go(asked: Asked) -> None:
        barrier.wait()
        try:
            plant.run(lambda c: leave.ask(c, made.ada_id, made.o.vacation_id, asked), made.ada.user.id)
            outcomes.append("asked")
        except PlantopsError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=go, args=(asked,)) for asked in halves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["asked", "conflict"]


def test_two_yeses_at_once_charge_the_days_once(plant: House) -> None:
    with plant.database.transaction() as session:
        made = cast_of(Someone(plant, session))
        asked = leave.ask(made.ada, made.ada_id, made.o.vacation_id, WEEK)
    outcomes: list[str] = []
    barrier = threading.Barrier(2)

    def go(user_id: int) -> None:
        barrier.wait()
        try:
            plant.run(lambda c: leave_decisions.approve(c, asked.id, asked.version), user_id)
            outcomes.append("approved")
        except PlantopsError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=go, args=(user_id,)) for user_id in (made.bo.user.id, made.hr.user.id)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["approved", "stale_version"]
    with plant.acting() as c:
        days = c.session.scalar(sa.select(sa.func.count()).select_from(LeaveRequestDay))
        taken = c.session.scalar(sa.select(sa.func.count()).select_from(LeaveEntry).where(LeaveEntry.kind == "take"))
        assert days == taken == 5
        assert c.session.scalar(sa.select(sa.func.count()).select_from(Employee)) == 2
        assert broken(c) == []
