"""Rounds: ticked off once, by whom and when; what was said first stays; late ones are seen."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
import sqlalchemy as sa

from housekeeping import cards, requests, round_plans, rounds
from housekeeping.module import MODULE
from housekeeping.round_models import Hindrance, Outcome, RoundState
from housekeeping.round_plans import NewRound, minutes_of, why_not_planned
from housekeeping.rounds import Ticked
from plantops import places, verify
from plantops.context import Context
from plantops.core import House
from plantops.db import Base
from plantops.errors import Conflict, Forbidden, Invalid, NotFound
from plantops.events import Waiting
from plantops.places import Kind
from tests.housekeeping.touring import EVERY_DAY, planned, ticks_of

pytestmark = pytest.mark.db

Enter = Callable[..., Context]


def test_a_round_is_begun_with_the_first_tick_and_done_with_the_last(ctx: Enter) -> None:
    lead, cleaner = ctx(as_="facility_manager"), ctx(as_="cleaner")
    going = planned(ctx(), zones=2, tasks=2)
    first, *others = [one.id for one in going.ticks]
    at = lead.now - timedelta(minutes=50)
    rounds.tick(cleaner, going.id, Ticked((first,), done_at=at))
    sheet = rounds.sheet(cleaner, going.id)
    assert (sheet.round.state, sheet.ticked, sheet.steps, sheet.round.started_at) == (RoundState.IN_PROGRESS, 1, 4, at)
    done = rounds.tick(cleaner, going.id, Ticked(tuple(others)))
    assert done.state is RoundState.DONE
    assert done.done_at == cleaner.now
    assert {tick.done_by for zone in rounds.sheet(cleaner, going.id).zones for tick in zone.ticks} == {"Cleaner"}
    assert [broken for broken in verify.verify(ctx()).broken if "ticked" in str(broken)] == []


def test_the_same_tick_again_changes_nothing_and_another_word_is_a_conflict(ctx: Enter) -> None:
    lead, cleaner = ctx(as_="facility_manager"), ctx(as_="cleaner")
    going = planned(ctx())
    id = going.ticks[0].id
    at = cleaner.now - timedelta(minutes=30)
    version = rounds.tick(cleaner, going.id, Ticked((id,), done_at=at)).version
    assert rounds.tick(cleaner, going.id, Ticked((id,))).version == version
    assert ticks_of(lead, going.id)[0].done_at == at
    with pytest.raises(Conflict, match="noted before as done, by Cleaner"):
        rounds.tick(cleaner, going.id, Ticked((id,), Outcome.NOT_POSSIBLE, Hindrance.LOCKED))


def test_a_finding_tells_the_desk_once(ctx: Enter) -> None:
    lead, cleaner = ctx(as_="facility_manager"), ctx(as_="cleaner")
    going = planned(ctx())
    said = Ticked((going.ticks[0].id,), Outcome.FINDING, note="The basin is cracked.")
    rounds.tick(cleaner, going.id, said)
    rounds.tick(cleaner, going.id, said)
    told = [row for row in requests.list_requests(lead) if "basin" in row.text]
    assert len(told) == 1
    assert told[0].place == "Early, Hall 2, zone 1"
    assert ticks_of(lead, going.id)[0].request_id == told[0].id


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (Ticked(()), "tick_ids"),
        (Ticked((1,), Outcome.NOT_POSSIBLE), "hindrance"),
        (Ticked((1,), Outcome.DONE, Hindrance.LOCKED), "hindrance"),
        (Ticked((1,), Outcome.FINDING), "note"),
        (Ticked((1, 2), Outcome.FINDING, note="x"), "tick_ids"),
        (Ticked((1,), note="x" * 1001), "note"),
    ],
)
def test_what_cannot_be_said_names_its_field(said: Ticked, field: str) -> None:
    assert field in rounds.why_not_ticked(said)


@pytest.mark.parametrize(
    ("off", "why"),
    [
        (timedelta(hours=1), "it lies in the future"),
        (-timedelta(days=8), "more than a week ago"),
        (-timedelta(hours=12), "nobody could have begun"),
    ],
)
def test_a_time_that_cannot_be_is_refused(ctx: Enter, off: timedelta, why: str) -> None:
    going = planned(ctx())
    cleaner = ctx(as_="cleaner")
    with pytest.raises(Invalid, match=why):
        rounds.tick(cleaner, going.id, Ticked((going.ticks[0].id,), done_at=cleaner.now + off))


def test_a_clock_a_little_ahead_is_taken_as_now(ctx: Enter) -> None:
    going = planned(ctx())
    cleaner = ctx(as_="cleaner")
    rounds.tick(cleaner, going.id, Ticked((going.ticks[0].id,), done_at=cleaner.now + timedelta(minutes=5)))
    assert ticks_of(cleaner, going.id)[0].done_at == cleaner.now


def test_shared_out_to_one_it_is_nobody_elses(ctx: Enter) -> None:
    lead, cleaner, other = ctx(as_="crew_lead"), ctx(as_="cleaner"), ctx(as_="cleaner", login="bo")
    going = planned(ctx())
    given = rounds.share(lead, going.id, going.version, other.user.id)
    with pytest.raises(Conflict, match="given to somebody else"):
        rounds.tick(cleaner, going.id, Ticked((going.ticks[0].id,)))
    assert [row.name for row in rounds.list_rounds(cleaner, mine=True)] == []
    rounds.tick(other, going.id, Ticked((given.ticks[0].id,)))
    with pytest.raises(Forbidden):
        rounds.share(cleaner, going.id, given.version, cleaner.user.id)
    with pytest.raises(Invalid, match="does no rounds"):
        rounds.share(lead, going.id, given.version, ctx(as_="buyer").user.id)


def test_closed_as_missed_it_takes_no_tick_and_keeps_those_that_it_has(ctx: Enter) -> None:
    lead, cleaner = ctx(as_="crew_lead"), ctx(as_="cleaner")
    going = planned(ctx())
    rounds.tick(cleaner, going.id, Ticked((going.ticks[0].id,)))
    with pytest.raises(Invalid, match="Say why"):
        rounds.miss(lead, going.id, going.version, " ")
    rounds.miss(lead, going.id, going.version, "Nobody was there.")
    with pytest.raises(Conflict, match="closed as missed"):
        rounds.tick(cleaner, going.id, Ticked((going.ticks[1].id,)))
    assert sum(one.outcome is not None for one in ticks_of(lead, going.id)) == 1


def test_who_does_no_rounds_ticks_nothing_and_who_reads_no_cleaning_sees_none(ctx: Enter) -> None:
    going = planned(ctx())
    with pytest.raises(Forbidden):
        rounds.tick(ctx(as_="auditor"), going.id, Ticked((going.ticks[0].id,)))
    with pytest.raises(Forbidden):
        rounds.sheet(ctx(as_="buyer"), going.id)
    with pytest.raises(NotFound):
        rounds.sheet(ctx(as_="cleaner"), going.id + 1000)


def test_a_late_round_stands_on_the_home_page(ctx: Enter) -> None:
    lead = ctx(as_="crew_lead")
    going = planned(ctx())
    assert late_of(lead) == 0
    going.starts_at, going.due_at = lead.now - timedelta(hours=3), lead.now - timedelta(hours=1)
    lead.session.flush()
    assert late_of(lead) == 1
    assert [row.late for row in rounds.list_rounds(lead)] == [True]


def late_of(ctx: Context) -> int:
    return next(card.count for card in cards.waiting(ctx, Waiting("")) if card.title == "rounds late")


def test_a_day_is_planned_once_and_on_its_weekdays_only(ctx: Enter) -> None:
    lead = ctx(as_="facility_manager")
    going = planned(ctx())
    assert round_plans.plan_day(lead, going.site_id, lead.today) == []
    monday_only = NewRound("Mondays", going.site_id, (going.ticks[0].place_id,), ("Sweep",), time(22), time(2), (0,))
    round_plans.add_template(lead, monday_only)
    names = {one.name for one in round_plans.plan_day(lead, going.site_id, date(2026, 11, 30))}
    assert names == {"Early, Hall 2", "Mondays"}
    assert {one.name for one in round_plans.plan_day(lead, going.site_id, date(2026, 12, 1))} == {"Early, Hall 2"}
    assert minutes_of(time(22), time(2)) == (1320, 1560)
    rows = round_plans.list_templates(lead, going.site_id)
    ended = next(row for row in rows if row.name == "Mondays")
    round_plans.end_template(lead, ended.id, ended.version)
    assert [row.name for row in round_plans.list_templates(lead, going.site_id)] == ["Early, Hall 2"]
    with pytest.raises(Invalid, match="of this name"):
        again = NewRound("Early, Hall 2", going.site_id, monday_only.place_ids, ("Sweep",), time(6), time(7))
        round_plans.add_template(lead, again)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"place_ids": ()}, "place_ids"),
        ({"place_ids": (1, 1)}, "place_ids"),
        ({"tasks": ("", " ")}, "tasks"),
        ({"tasks": ("x" * 201,)}, "tasks"),
        ({"tasks": tuple(str(n) for n in range(401))}, "tasks"),
        ({"weekdays": ()}, "weekdays"),
        ({"weekdays": (7,)}, "weekdays"),
    ],
)
def test_a_plan_that_cannot_be_names_its_field(values: dict[str, object], field: str) -> None:
    good: dict[str, object] = {"name": "A", "place_ids": (1,), "tasks": ("t",), "weekdays": EVERY_DAY}
    new = NewRound(**{"site_id": 1, "starts": time(6), "due": time(7), **good, **values})  # type: ignore[arg-type]
    assert list(why_not_planned(new)) == [field]


def test_a_round_in_the_hour_that_spring_leaves_out_is_planned_and_due_after_it_starts(ctx: Enter) -> None:
    lead = ctx(as_="facility_manager")
    going = planned(ctx())
    night = NewRound("Night", going.site_id, (going.ticks[0].place_id,), ("Look",), time(2, 30), time(3), EVERY_DAY)
    round_plans.add_template(lead, night)
    made = round_plans.plan_day(lead, going.site_id, date(2027, 3, 28))
    (short,) = (one for one in made if one.name == "Night")
    assert len(made) == 2 and short.due_at - short.starts_at == timedelta(minutes=1)


def test_each_site_has_its_rounds_planned_by_a_job_of_its_own(ctx: Enter) -> None:
    system = ctx()
    going = planned(system)
    north = places.add_site(system, "NOR", "Depot North", zone="Europe/Oslo", currency="NOK", country="NO")
    dock = places.add_place(system, north.id, "D1", "Dock", Kind.ZONE)
    round_plans.add_template(system, NewRound("Dock", north.id, (dock.id,), ("Sweep",), time(6), time(7), EVERY_DAY))
    round_plans.plan_today(system)
    asked = "SELECT arguments->>'site_id' FROM core_job_run WHERE name = 'housekeeping.plan_rounds_at' ORDER BY id"
    assert [int(id) for id in system.session.scalars(sa.text(asked))] == [going.site_id, north.id]
    round_plans.plan_today_at(system, north.id)
    assert {row.name for row in rounds.list_rounds(system)} == {"Early, Hall 2", "Dock"}


def test_todays_rounds_are_shown_before_what_was_never_finished_and_that_is_closed_in_time(ctx: Enter) -> None:
    system = ctx()
    going = planned(system)
    old = [round_plans.plan_day(system, going.site_id, system.today - timedelta(days=n))[0] for n in (1, 3, 4)]
    assert [row.id for row in rounds.list_rounds(system, limit=2)] == [old[2].id, going.id]
    round_plans.plan_today_at(system, going.site_id)
    assert [one.state for one in old] == [RoundState.PLANNED, RoundState.MISSED, RoundState.MISSED]
    assert [row.id for row in rounds.list_rounds(system)] == [old[0].id, going.id]


def test_what_rounds_and_requests_keep_of_a_person_can_be_emptied(ctx: Enter) -> None:
    cleaner = ctx(as_="cleaner")
    going = planned(cleaner.as_system())
    rounds.tick(cleaner, going.id, Ticked((going.ticks[0].id,), Outcome.FINDING, note="Ann was here."))
    for kept in MODULE.personal_data:
        table = Base.metadata.tables[kept.table]
        nothing = {name: None if table.c[name].nullable else "" for name in kept.fields}
        emptied = sa.update(table).where(table.c[kept.person_column] == cleaner.user.id).values(nothing)
        assert len(cleaner.session.scalars(emptied.returning(table.c.id)).all()) == 1, kept.table


def test_two_who_tick_the_same_at_once_make_one_tick(plant: House) -> None:
    with plant.acting() as ctx:
        going = planned(ctx)
        ids = tuple(one.id for one in going.ticks)
        id, site_id = going.id, places.list_sites(ctx)[0].id
    barrier = threading.Barrier(2)

    def go() -> None:
        barrier.wait(5)
        with plant.acting() as ctx:
            rounds.tick(ctx, id, Ticked(ids))

    threads = [threading.Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    with plant.acting() as ctx:
        assert rounds.whole(ctx, id).state is RoundState.DONE
        assert {one.outcome for one in ticks_of(ctx, id)} == {Outcome.DONE}
        assert round_plans.plan_day(ctx, site_id, ctx.today) == []
