"""Requisitions: writing, asking, deciding, budgets; who may not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plantops import dossier
from plantops.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from purchasing import budgets, deciding, requisition_approval, requisitions
from purchasing.models.sources import Check
from purchasing.requisition_lines import NewLine
from tests.purchasing.shop import TODAY, D, Shop

pytestmark = pytest.mark.db


def test_an_item_brings_its_price_in_the_suppliers_packs(shop: Shop) -> None:
    draft = requisitions.start(shop.asker, shop.head(), (NewLine(D(500), shop.gloves_id),))
    (line,) = draft.lines
    assert (line.unit, line.amount, line.from_catalogue) == ("each", D("47.50"), True)
    assert draft.title == "Nitrile gloves L"


def test_a_line_is_told_once_however_often_its_paper_was_touched_in_one_go(shop: Shop) -> None:
    draft = requisitions.start(shop.asker, shop.head(), (NewLine(D(500), shop.gloves_id),))
    for name in ("Tape", "Rope"):
        draft = requisitions.add_line(
            shop.asker, draft.id, draft.version, NewLine(D(1), description=name, price=D(5), unit="each")
        )
    below = dossier.of(shop.asker, f"purchasing_requisition:{draft.id}")
    told = [entry.change for entry in below.log if entry.change] if below else []
    assert sorted(name for change in told for name in change.added) == ["Nitrile gloves L", "Rope", "Tape"]


def test_boxes_are_not_pieces(shop: Shop) -> None:
    draft = requisitions.start(shop.asker, shop.head(), (NewLine(D(5), shop.gloves_id, unit="box"),))
    assert (draft.lines[0].factor, draft.total) == (D(100), D("47.50"))


def test_what_is_not_in_the_catalogue_needs_words_and_an_estimate(shop: Shop) -> None:
    with pytest.raises(Invalid, match="Say what is needed"):
        requisitions.start(shop.asker, shop.head(), (NewLine(D(1), price=D(5)),))
    with pytest.raises(Invalid, match="Estimate the price"):
        requisitions.start(shop.asker, shop.head(), (NewLine(D(1), description="A shelf"),))


@pytest.mark.parametrize("quantity", ["0", "-3", "NaN", "Infinity", "1e30", "0.0000001"])
def test_impossible_quantities_name_their_field(shop: Shop, quantity: str) -> None:
    with pytest.raises(Invalid) as caught:
        requisitions.start(shop.asker, shop.head(), (NewLine(D(quantity), description="Tape", price=D(1)),))
    assert "quantity" in caught.value.fields


def test_a_day_in_the_past_and_a_foreign_cost_centre_are_refused(shop: Shop) -> None:
    with pytest.raises(Invalid) as caught:
        requisitions.start(shop.asker, shop.head(need_by=TODAY - timedelta(days=9), cost_centre_id=99999))
    assert set(caught.value.fields) == {"need_by", "cost_centre_id"}


def test_a_small_catalogue_requisition_approves_itself(shop: Shop) -> None:
    made = shop.requisition()
    assert (made.state, made.approves_itself) == ("approved", True)
    assert made.number and made.number.startswith("PR-VER-26-")


def test_above_the_limit_or_described_it_waits(shop: Shop) -> None:
    assert shop.requisition(NewLine(D(5000), shop.gloves_id)).state == "submitted"
    assert shop.requisition(NewLine(D(1), description="A shelf", price=D(20))).state == "submitted"


def test_the_requester_never_approves_even_with_the_role(shop: Shop) -> None:
    both = shop.someone(as_="requester,approver,employee", login="both")
    made = shop.requisition(NewLine(D(9), description="Chairs", price=D(99)), ctx=both)
    with pytest.raises(Forbidden, match="you asked for it yourself"):
        requisition_approval.approve(both, made.id, made.version)
    assert requisition_approval.approve(shop.approver, made.id, made.version).state == "approved"


def test_a_colleague_neither_sees_nor_approves_it(shop: Shop) -> None:
    made = shop.requisition(NewLine(D(9), description="Chairs", price=D(99)))
    colleague = shop.someone(as_="requester,employee", login="colin")
    with pytest.raises(NotFound):
        requisitions.read(colleague, made.id)
    with pytest.raises(NotFound):
        requisition_approval.approve(colleague, made.id, made.version)
    with pytest.raises(NotFound):
        requisition_approval.cancel(colleague, made.id, made.version, "mine")


def test_a_no_needs_a_reason_and_gives_the_money_back(shop: Shop) -> None:
    made = shop.requisition(NewLine(D(9), description="Chairs", price=D(99)))
    with pytest.raises(Conflict, match="reason"):
        requisition_approval.reject(shop.approver, made.id, made.version, " ")
    made = requisition_approval.reject(shop.approver, made.id, made.version, "we have chairs")
    assert made.state == "draft"
    assert budgets.balance(shop.someone(), shop.centre_id, TODAY.year).committed == 0
    changed = requisitions.change_line(
        shop.asker, made.id, made.version, made.lines[0].id, NewLine(D(2), description="Chairs", price=D(99))
    )
    again = requisition_approval.submit(shop.asker, changed.id, changed.version)
    assert again.state == "submitted"
    assert requisition_approval.approve(shop.approver, again.id, again.version).state == "approved"
    assert shop.broken() == []


def test_a_submitted_requisition_cannot_be_changed(shop: Shop) -> None:
    made = shop.requisition(NewLine(D(9), description="Chairs", price=D(99)))
    with pytest.raises(Conflict, match="take it back first"):
        requisitions.add_line(shop.asker, made.id, made.version, NewLine(D(1), shop.gloves_id))
    back = requisition_approval.take_back(shop.asker, made.id, made.version)
    assert requisitions.add_line(shop.asker, back.id, back.version, NewLine(D(100), shop.gloves_id)).total == D(
        "900.50"
    )


def test_an_old_version_is_refused(shop: Shop) -> None:
    draft = requisitions.start(shop.asker, shop.head(), (NewLine(D(500), shop.gloves_id),))
    seen = draft.version
    requisitions.add_line(shop.asker, draft.id, seen, NewLine(D(100), shop.gloves_id))
    with pytest.raises(Stale):
        requisitions.add_line(shop.asker, draft.id, seen, NewLine(D(100), shop.gloves_id))


def test_a_content_that_changed_underneath_is_not_approved(shop: Shop) -> None:
    """ERPNext 35372: the price changed after it was submitted."""
    made = shop.requisition(NewLine(D(9), description="Chairs", price=D(99)))
    made.lines[0].amount = D(9000)
    shop.someone.session.flush()
    with pytest.raises(Conflict, match="changed after its approval"):
        requisition_approval.approve(shop.approver, made.id, made.version)


def test_lines_are_renumbered_when_one_goes(shop: Shop) -> None:
    three = tuple(NewLine(D(100), shop.gloves_id) for _ in range(3))
    draft = requisitions.start(shop.asker, shop.head(), three)
    draft = requisitions.remove_line(shop.asker, draft.id, draft.version, draft.lines[0].id)
    assert [line.position for line in draft.lines] == [1, 2]


def test_only_one_of_an_origin_is_open(shop: Shop) -> None:
    from_order = "housekeeping_work_order:17"
    first = requisitions.start(shop.asker, shop.head(), (NewLine(D(100), shop.gloves_id),), raised_by=from_order)
    requisition_approval.cancel(shop.asker, first.id, first.version, "not needed")
    again = requisitions.start(shop.asker, shop.head(), (NewLine(D(100), shop.gloves_id),), raised_by=from_order)
    assert again.id != first.id


# --- Budgets


def test_a_budget_that_stops_refuses_the_submission(shop: Shop) -> None:
    budgets.set_budget(shop.someone(), shop.centre_id, TODAY.year, D(100), rule=Check.STOP)
    with pytest.raises(Conflict, match=r"goes 10\.00 EUR over the budget"):
        shop.requisition(NewLine(D(1), description="A shelf", price=D(110)))


def test_a_budget_that_warns_is_written_down_and_is_not_automatic(shop: Shop) -> None:
    budgets.set_budget(shop.someone(), shop.centre_id, TODAY.year, D(100), rule=Check.WARN)
    made = shop.requisition(NewLine(D(1500), shop.gloves_id))
    assert (made.state, made.over_budget) == ("submitted", D("42.50"))
    told = {row.number: row.is_over_budget for row in deciding.to_decide(shop.approver)}
    assert told[made.number] is True, "who decides sees which one"


def test_what_waits_counts_against_the_budget(shop: Shop) -> None:
    """ERPNext 47611: open requests were ignored."""
    budgets.set_budget(shop.someone(), shop.centre_id, TODAY.year, D(100), rule=Check.STOP)
    shop.requisition(NewLine(D(1), description="A shelf", price=D(60)))
    with pytest.raises(Conflict, match="over the budget"):
        shop.requisition(NewLine(D(1), description="A shelf", price=D(60)))


def test_next_years_need_is_next_years_budget(shop: Shop) -> None:
    budgets.set_budget(shop.someone(), shop.centre_id, TODAY.year, D(0), rule=Check.STOP)
    later = shop.requisition(NewLine(D(100), shop.gloves_id), need_by=TODAY.replace(year=TODAY.year + 1))
    assert later.state == "approved"


def test_a_budgets_months_add_up_to_it(shop: Shop) -> None:
    budget = budgets.set_budget(shop.someone(), shop.centre_id, 2027, D(1000))
    assert sum(month.amount for month in budget.months) == D(1000)
    with pytest.raises(Invalid, match="twelve months"):
        budgets.set_budget(shop.someone(), shop.centre_id, 2027, D(1000), months=[D(1)] * 12)


def test_a_budget_is_changed_by_who_saw_it_as_it_stands(shop: Shop) -> None:
    seen = budgets.set_budget(shop.someone(), shop.centre_id, 2027, D(1000)).version
    with pytest.raises(Stale, match="this budget"):
        budgets.set_budget(shop.someone(), shop.centre_id, 2027, D(700))
    budgets.set_budget(shop.someone(), shop.centre_id, 2027, D(1200), version=seen)
    with pytest.raises(Stale):
        budgets.set_budget(shop.someone(), shop.centre_id, 2027, D(700), version=seen)
    (row,) = budgets.list_budgets(shop.someone(), shop.site_id, 2027)
    assert row.budget == 1200


def test_every_commitment_has_a_key_of_its_own(shop: Shop) -> None:
    made = shop.requisition()
    before = budgets.balance(shop.someone(), shop.centre_id, TODAY.year).reserved
    requisition_approval.bring_reserved(shop.someone(), made, [line.amount for line in made.lines])
    assert budgets.balance(shop.someone(), shop.centre_id, TODAY.year).reserved == before == D("47.50")


def test_who_may_not(shop: Shop) -> None:
    driver = shop.someone(as_="driver", login="drago")
    with pytest.raises(Forbidden):
        requisitions.start(driver, shop.head())
