"""Staff needed: entered for some weekdays at once, by somebody who saw the table as it stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from housekeeping import needs
from housekeeping.needs import Wanted
from plantops.errors import Forbidden, Invalid, Stale
from tests.housekeeping import making
from tests.houses import Someone

pytestmark = pytest.mark.db


def test_two_people_enter_what_is_needed_and_the_second_looks_again(ctx: Someone) -> None:
    crew = making.crew(ctx())
    boss = ctx(as_="facility_manager")
    seen = needs.table_version(boss, crew.site_id)
    wanted = Wanted(crew.department_id, range(2), crew.early, "clean", 4)
    now = needs.set_need(boss, crew.site_id, seen, wanted)
    with pytest.raises(Stale, match="Load it again"):
        needs.set_need(boss, crew.site_id, seen, replace(wanted, needed=1))
    assert needs.set_need(boss, crew.site_id, now, wanted) == now, "the same again changes nothing"
    assert [row.needed for row in needs.list_needs(boss, crew.site_id)] == [4, 4, 1, 1, 1]


def test_what_cannot_be_needed_is_said_by_field(ctx: Someone) -> None:
    crew = making.crew(ctx())
    boss = ctx(as_="facility_manager")
    seen = needs.table_version(boss, crew.site_id)
    good = Wanted(crew.department_id, [0], crew.early, "clean", 1)
    for wrong, field in (
        (replace(good, needed=501), "needed"),
        (replace(good, weekdays=[7]), "weekday"),
        (replace(good, weekdays=[]), "weekday"),
        (replace(good, template_id=10**9), "template_id"),
    ):
        with pytest.raises(Invalid) as refused:
            needs.set_need(boss, crew.site_id, seen, wrong)
        assert field in {*refused.value.fields, refused.value.field}
    with pytest.raises(Forbidden):
        needs.set_need(ctx(as_="cleaner"), crew.site_id, seen, good)
