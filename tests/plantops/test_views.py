"""Saved views: one's own, a team's, which opens first; chosen columns; groups whose subtotals add up."""

from __future__ import annotations

from decimal import Decimal

import pytest

from plantops import listing_groups, listing_pages, listing_params, lists, views
from plantops.errors import Conflict, Forbidden, Invalid, NotFound
from plantops.listing import ListParams
from tests.houses import Someone
from tests.plantops.stocking import bearing, main_store, put, take

pytestmark = pytest.mark.db

LOW = {"low": "yes", "sort": "-item"}


def read(**asked: str) -> ListParams:
    return listing_params.read(lists.MOVES, asked)


def test_a_view_is_ones_own_until_it_is_shared(ctx: Someone) -> None:
    ana, bob = ctx(as_="storekeeper", login="ana"), ctx(as_="plant_manager", login="bob")
    own = views.save(ana, lists.STOCK, "  What is   low ", LOW)
    assert [view.title for view in views.shelf(ana, lists.STOCK).views] == ["What is low"]
    assert views.shelf(bob, lists.STOCK).views == () and views.shelf(ana, lists.MOVES).views == ()
    views.save(ana, lists.STOCK, "What is low", LOW | {"columns": "item,on_hand"}, role="storekeeper")
    (shared,) = views.shelf(ana, lists.STOCK).views
    assert (shared.id, shared.asked["columns"], shared.version) == (own.id, "item,on_hand", 2), "it was replaced"
    assert views.shelf(bob, lists.STOCK).views == (), "he is no storekeeper"
    views.save(ana, lists.STOCK, "For all", LOW, role=views.EVERYBODY)
    (seen,) = views.shelf(bob, lists.STOCK).views
    assert (seen.title, seen.is_own) == ("For all", False)
    with pytest.raises(Forbidden, match="somebody else's"):
        views.remove(bob, seen.id)
    with pytest.raises(NotFound):
        views.remove(bob, own.id)
    views.remove(ctx(as_="administrator"), seen.id)
    assert views.shelf(bob, lists.STOCK).views == ()


def test_what_opens_first_is_ones_own_choice_before_the_teams(ctx: Someone) -> None:
    ana, bob = ctx(as_="storekeeper", login="ana"), ctx(as_="storekeeper", login="bob")
    team = views.save(ana, lists.STOCK, "Low", LOW, role="storekeeper", for_all=True)
    own = views.save(bob, lists.STOCK, "Mine", {"critical": "yes"})
    assert views.shelf(bob, lists.STOCK).start == views.shelf(bob, lists.STOCK).view(team.id)
    views.open_first(bob, lists.STOCK, own.id)
    assert views.shelf(bob, lists.STOCK).start == views.shelf(bob, lists.STOCK).view(own.id)
    views.open_first(bob, lists.STOCK, None)
    assert views.shelf(bob, lists.STOCK).start is None, "the whole list, although the team has a default"
    views.open_first(bob, lists.STOCK, own.id)
    views.remove(bob, own.id)
    start = views.shelf(bob, lists.STOCK).start
    assert start is not None and start.title == "Low"
    newer = views.save(bob, lists.STOCK, "Lower", LOW, role="storekeeper", for_all=True)
    start = views.shelf(ana, lists.STOCK).start
    assert start is not None and start.id == newer.id, "a team has one default"


def test_what_cannot_be_saved(ctx: Someone) -> None:
    ana = ctx(as_="storekeeper", login="ana")
    with pytest.raises(Invalid, match="name of 1 to"):
        views.save(ana, lists.STOCK, "  ", LOW)
    with pytest.raises(Invalid) as wrong:
        views.save(ana, lists.STOCK, "Typo", {"lwo": "yes"})
    assert "lwo" in wrong.value.fields
    with pytest.raises(Invalid, match="you are not one of them"):
        views.save(ana, lists.STOCK, "For buyers", LOW, role="buyer")
    with pytest.raises(Invalid, match="choose the team"):
        views.save(ana, lists.STOCK, "First", LOW, for_all=True)
    with pytest.raises(Invalid, match="whole company"):
        views.save(ana, lists.STOCK, "First", LOW, role=views.EVERYBODY, for_all=True)
    with pytest.raises(Forbidden):
        views.save(ctx(as_="employee"), lists.STOCK, "Low", LOW)
    with pytest.raises(NotFound):
        views.open_first(ana, lists.STOCK, 10**9)


def test_a_teams_shelf_has_an_end(ctx: Someone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST_SHARED", 2)
    ana, bob = ctx(as_="storekeeper", login="ana"), ctx(as_="storekeeper", login="bob")
    first = views.save(ana, lists.STOCK, "One", LOW, role="storekeeper")
    views.save(bob, lists.STOCK, "Two", LOW, role="storekeeper")
    with pytest.raises(Conflict, match="2 views of this list are shared with them already"):
        views.save(bob, lists.STOCK, "Three", LOW, role="storekeeper")
    views.save(ana, lists.STOCK, "One", {"critical": "yes"}, role="storekeeper")
    views.save(bob, lists.STOCK, "Three", LOW)
    views.remove(ana, first.id)
    views.save(bob, lists.STOCK, "Three", LOW, role="storekeeper")


def test_a_view_of_a_filter_that_is_gone_says_so_and_never_opens_by_itself(ctx: Someone) -> None:
    ana = ctx(as_="storekeeper", login="ana")
    view = views.save(ana, lists.STOCK, "Old", LOW)
    views.open_first(ana, lists.STOCK, view.id)
    view.asked = {"colour": "red"}
    ana.session.flush()
    shelf = views.shelf(ana, lists.STOCK)
    assert shelf.start is None and not shelf.views[0].fits
    with pytest.raises(Conflict, match="no longer has"):
        shelf.view(view.id)


def test_columns_are_kept_for_each_person_and_list(ctx: Someone) -> None:
    ana, bob = ctx(as_="storekeeper", login="ana"), ctx(as_="storekeeper", login="bob")
    views.choose_columns(ana, lists.STOCK, ["item", "on_hand"])
    assert views.shelf(ana, lists.STOCK).columns == ("item", "on_hand")
    assert views.shelf(bob, lists.STOCK).columns == () == views.shelf(ana, lists.MOVES).columns
    views.choose_columns(ana, lists.STOCK, [column.key for column in lists.STOCK.shown])
    assert views.shelf(ana, lists.STOCK).columns == (), "all of them is no choice"
    with pytest.raises(Invalid):
        views.choose_columns(ana, lists.STOCK, ["unit"])
    assert [column.key for column in lists.STOCK.chosen(["on_hand"])] == ["item", "on_hand"], "the name always stands"


def test_groups_add_up_to_the_whole_in_each_currency_and_unit(ctx: Someone) -> None:
    keeper = ctx()
    store, item = main_store(keeper), bearing(keeper)
    put(keeper, store, item, 10, "50")
    take(keeper, store, item, 2)
    take(keeper, store, item, 3)
    found = listing_groups.read(keeper, lists.MOVES, read(group="kind"))
    counts = {group.key: group.count for group in found.groups}
    assert counts["issue"] == 2 and sum(counts.values()) == found.count and not found.is_cut
    issued = next(group for group in found.groups if group.key == "issue")
    assert issued.sums["quantity"] == ((Decimal(-5), "each"),) and issued.sums["cost"] == ((Decimal(-25), "EUR"),)
    of_groups = [amount for group in found.groups for amount, unit in group.sums.get("cost", ()) if unit == "EUR"]
    assert found.sums["cost"] == ((sum(of_groups), "EUR"),)
    for group in found.groups:
        params = read(group="kind", within=group.key)
        assert len(listing_pages.first_rows(keeper, lists.MOVES, params)) == group.count
    months = listing_groups.read(keeper, lists.MOVES, read(group="at", kind="issue"))
    assert [(group.key, group.count) for group in months.groups] == [("2026-11", 2)]


def test_groups_that_cannot_be(ctx: Someone) -> None:
    with pytest.raises(Invalid, match="as asked") as wrong:
        read(group="quantity")
    assert "grouped by quantity" in wrong.value.fields["group"]
    with pytest.raises(Invalid):
        read(within="issue")
    with pytest.raises(Forbidden):
        listing_groups.read(ctx(as_="employee"), lists.MOVES, read(group="kind"))
