"""The plant's own days: one meaning a day, told to who counts, and gone again when removed."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from plantops import plant_days
from plantops.context import Context
from plantops.core import House
from plantops.errors import Conflict, Forbidden, Invalid, Stale
from plantops.module import Module, Registry
from plantops.places import Site
from plantops.plant_days import Kind, PlantDays, PlantDaysChanged, why_not_days
from tests.houses import Someone

pytestmark = pytest.mark.db
SUMMER = (date(2026, 8, 3), date(2026, 8, 14), "Summer shutdown")


def verrin(ctx: Context) -> int:
    return ctx.session.scalars(sa.select(Site.id).where(Site.code == "VER")).one()


def test_a_sites_calendar_has_its_own_days(ctx: Someone) -> None:
    boss = ctx("administrator")
    here = verrin(boss)
    plant_days.add(boss, here, Kind.SHUTDOWN, *SUMMER)
    plant_days.add(boss, here, Kind.DAY_OFF, date(2026, 10, 19), date(2026, 10, 19), "Plant fair")
    plant_days.add(boss, here, Kind.WORKED, date(2026, 6, 23), date(2026, 6, 23), "Worked by agreement")
    calendar = plant_days.calendar_of(boss, here)
    assert calendar.why_not_working(date(2026, 8, 14)) == "Summer shutdown"
    assert calendar.why_not_working(date(2026, 10, 19)) == "Plant fair"
    assert calendar.is_working_day(date(2026, 6, 23))
    assert calendar.holiday(date(2026, 5, 1)) == "Labor Day"
    listed = plant_days.list_days(boss, here, date(2026, 8, 14), date(2026, 12, 31))
    assert [row.name for row in listed] == ["Summer shutdown", "Plant fair"]


def test_a_day_has_one_meaning(ctx: Someone) -> None:
    boss = ctx("administrator")
    here = verrin(boss)
    first = plant_days.add(boss, here, Kind.SHUTDOWN, *SUMMER)
    with pytest.raises(Conflict, match="3 Aug 2026 to 14 Aug 2026 is 'Summer shutdown' already"):
        plant_days.add(boss, here, Kind.DAY_OFF, date(2026, 8, 14), date(2026, 8, 14), "Fair")
    plant_days.add(boss, here, Kind.DAY_OFF, date(2026, 8, 15), date(2026, 8, 15), "Fair")
    with pytest.raises(IntegrityError, match="one_meaning"), boss.session.begin_nested():
        boss.session.add(
            PlantDays(site_id=here, kind=Kind.WORKED, first_day=date(2026, 8, 1), last_day=date(2026, 8, 3), name="x")
        )
        boss.session.flush()
    with pytest.raises(Stale):
        plant_days.remove(boss, first.id, first.version + 1)
    plant_days.remove(boss, first.id, first.version)
    assert plant_days.calendar_of(boss, here).is_working_day(date(2026, 8, 14))


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [
        (date(2026, 8, 4), date(2026, 8, 3), "Summer"),
        (date(2026, 8, 4), date(2062, 8, 5), "Summer"),
        (date(2026, 8, 4), date(2026, 8, 5), " "),
        (date(2026, 8, 4), date(2026, 8, 5), "x" * 101),
    ],
)
def test_days_that_make_no_sense_are_refused(ctx: Someone, first: date, last: date, name: str) -> None:
    assert why_not_days(first, last, name)
    with pytest.raises(Invalid, match="cannot be entered"):
        plant_days.add(ctx(), verrin(ctx()), Kind.SHUTDOWN, first, last, name)


def test_who_may_not_change_the_calendar(ctx: Someone) -> None:
    with pytest.raises(Forbidden):
        plant_days.add(ctx("employee"), verrin(ctx()), Kind.SHUTDOWN, *SUMMER)
    row = plant_days.add(ctx(), verrin(ctx()), Kind.SHUTDOWN, *SUMMER)
    with pytest.raises(Forbidden):
        plant_days.remove(ctx("employee"), row.id, row.version)
    assert len(plant_days.list_days(ctx("employee"), verrin(ctx()), *SUMMER[:2])) == 1


def test_who_counts_days_is_told(ctx: Someone) -> None:
    heard: list[PlantDaysChanged] = []
    listening = Module(
        name="testing", title="T", listens={PlantDaysChanged: (lambda _ctx, event: heard.append(event),)}
    )
    boss = ctx("administrator")
    boss = replace(boss, registry=Registry((*boss.registry.modules, listening)))
    row = plant_days.add(boss, verrin(boss), Kind.SHUTDOWN, *SUMMER)
    plant_days.remove(boss, row.id, row.version)
    assert heard == [PlantDaysChanged(verrin(boss), *SUMMER[:2])] * 2


def test_two_people_at_once_give_a_day_one_meaning(plant: House) -> None:
    outcomes: list[str] = []
    start = threading.Barrier(4)

    def enter(shift: int) -> None:
        start.wait()
        try:
            with plant.acting() as ctx:
                first, last, name = SUMMER
                plant_days.add(ctx, verrin(ctx), Kind.SHUTDOWN, first + timedelta(days=shift), last, name)
            outcomes.append("entered")
        except Conflict:
            outcomes.append("refused")

    people = [threading.Thread(target=enter, args=(n,)) for n in range(4)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert sorted(outcomes) == ["entered", "refused", "refused", "refused"]
