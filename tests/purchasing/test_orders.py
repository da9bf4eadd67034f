"""Orders: consolidation, minimum values, approval, issue, revisions, endings; and what each does to the money."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from plantops import parties
from plantops.errors import Conflict, Forbidden, Invalid, NotFound
from plantops.parties import Party
from purchasing import amendments, budgets, catalogue, ordering, orders, rates, requisition_approval, suppliers
from purchasing.amendments import LineChange
from purchasing.catalogue import OfferFacts
from purchasing.models import Order, Requisition, RequisitionLine, Supplier
from purchasing.models.sources import Check, MinimumRule
from purchasing.order_lines import NewOrderLine
from purchasing.ordering import Pick
from purchasing.orders import OrderHead
from purchasing.prices import Break
from purchasing.requisition_lines import NewLine
from purchasing.suppliers import Terms
from tests.purchasing.shop import TODAY, D, Shop, add_supplier

pytestmark = pytest.mark.db


def money(shop: Shop) -> tuple[Decimal, Decimal, Decimal]:
    found = budgets.balance(shop.someone(), shop.centre_id, TODAY.year)
    return found.reserved, found.ordered, found.invoiced


# --- From the buyer's list to a draft


def test_two_wishes_become_one_line_in_the_suppliers_boxes(shop: Shop) -> None:
    one, two = shop.approved(NewLine(D(250), shop.gloves_id)), shop.approved(NewLine(D(310), shop.gloves_id))
    listed = ordering.list_to_order(shop.buyer, shop.site_id)
    assert [row.requisition for row in listed] == [one.number, two.number]
    (order,) = ordering.consolidate(shop.buyer, [Pick(row.line_id) for row in listed])
    (line,) = order.lines
    assert (line.quantity, line.unit, line.factor, line.amount) == (D(6), "box", D(100), D("57.00"))
    assert ordering.list_to_order(shop.buyer, shop.site_id) == []


def test_a_line_goes_on_one_order_only(shop: Shop) -> None:
    """Odoo 50026: picked twice, billed twice."""
    pick = Pick(shop.approved().lines[0].id)
    ordering.consolidate(shop.buyer, [pick])
    with pytest.raises(Conflict, match="Nothing is left to order"):
        ordering.consolidate(shop.buyer, [pick])
    with pytest.raises(Invalid, match="chosen twice"):
        ordering.consolidate(shop.buyer, [pick, pick])


def test_part_of_a_line_leaves_the_rest_on_the_list(shop: Shop) -> None:
    line = shop.approved().lines[0]
    ordering.consolidate(shop.buyer, [Pick(line.id, D(200))])
    (row,) = ordering.list_to_order(shop.buyer, shop.site_id)
    assert (row.quantity, row.unit) == (D(300), "each")
    with pytest.raises(Conflict, match="200 of 500 are on an order already"):
        ordering.consolidate(shop.buyer, [Pick(line.id, D(301))])


def test_more_goes_on_the_same_draft(shop: Shop) -> None:
    first = shop.draft_order()
    second = shop.draft_order(NewLine(D(40), shop.bearing_id))
    assert first.id == second.id
    assert [line.description for line in second.lines] == ["Nitrile gloves L", "6204-2RS bearing"]


def test_a_line_without_supplier_asks_for_one(shop: Shop) -> None:
    shelf = shop.approved(NewLine(D(1), description="A shelf", price=D(80)))
    with pytest.raises(Invalid, match="Choose a supplier for A shelf"):
        ordering.consolidate(shop.buyer, [Pick(shelf.lines[0].id)])
    (order,) = ordering.consolidate(shop.buyer, [Pick(shelf.lines[0].id, None, shop.supplier_id)])
    assert order.net == D(80)


def test_what_is_not_approved_cannot_be_ordered(shop: Shop) -> None:
    waiting = shop.requisition(NewLine(D(9), description="Chairs", price=D(99)))
    with pytest.raises(Conflict, match="submitted, not approved"):
        ordering.consolidate(shop.buyer, [Pick(waiting.lines[0].id, None, shop.supplier_id)])


def test_taken_off_the_draft_it_is_on_the_list_again(shop: Shop) -> None:
    order = shop.draft_order()
    orders.remove_line(shop.buyer, order.id, order.version, order.lines[0].id)
    assert len(ordering.list_to_order(shop.buyer, shop.site_id)) == 1
    assert shop.broken() == []


def test_a_line_is_never_lowered_under_what_it_covers(shop: Shop) -> None:
    order = shop.draft_order()
    line = order.lines[0]
    changed = NewOrderLine(D(4), line.need_by, shop.centre_id, shop.gloves_id, unit="box", price=D(9))
    with pytest.raises(Conflict, match="Requisitions ask for 5"):
        orders.change_line(shop.buyer, order.id, order.version, line.id, changed)


# --- Units, packs, prices


def test_pieces_are_not_silently_made_boxes(shop: Shop) -> None:
    """InvenTree 10946: units ordered as packs."""
    with pytest.raises(Invalid, match=r"Kessling Hygiene delivers boxes of 100.*order 3 boxes"):
        orders.start(
            shop.buyer,
            shop.site_id,
            shop.supplier_id,
            lines=[NewOrderLine(D(250), TODAY, shop.centre_id, shop.gloves_id, unit="each")],
        )


def test_a_price_per_hundred_counts_per_hundred(shop: Shop) -> None:
    order = shop.draft_order(NewLine(D(40), shop.bearing_id))
    assert (order.lines[0].per, order.net) == (100, D("165.00"))


def test_breaks_and_validity(shop: Shop) -> None:
    ctx, later = shop.someone(), TODAY + timedelta(days=30)
    facts = OfferFacts(shop.supplier_id, shop.gloves_id, "box", D(9), TODAY, breaks=(Break(D(10), D(8)),))
    catalogue.set_offer(ctx, facts)
    (quote,) = catalogue.quotes(ctx, [shop.gloves_id], later)[shop.gloves_id]
    assert (quote.amount(D(9)), quote.amount(D(10))) == (D(81), D(80))
    (before,) = catalogue.quotes(ctx, [shop.gloves_id], TODAY - timedelta(days=1))[shop.gloves_id]
    assert before.price == D("9.50")
    with pytest.raises(Conflict, match="has a price for this item from"):
        catalogue.set_offer(ctx, facts)


def test_a_preferred_supplier_comes_before_a_cheaper_one(shop: Shop) -> None:
    cheap = add_supplier(shop.someone, "Brandt Lager")
    catalogue.set_offer(shop.someone(), OfferFacts(cheap.id, shop.gloves_id, "box", D(1), TODAY))
    wish = shop.approved(NewLine(D(500), shop.gloves_id))
    assert wish.lines[0].supplier_id == cheap.id
    (offer,) = catalogue.list_offers(shop.buyer, item_id=shop.gloves_id, supplier_id=shop.supplier_id)
    catalogue.prefer(shop.buyer, offer.id, offer.version)
    assert shop.approved(NewLine(D(500), shop.gloves_id)).lines[0].supplier_id == shop.supplier_id


# --- Going out


def test_an_order_below_the_limit_goes_out_at_once(shop: Shop) -> None:
    order = shop.issued()
    assert (order.state, order.ordered_on) == ("issued", TODAY)
    assert order.number and order.number.startswith("PO-VER-26-")
    assert (
        shop.fresh(Requisition, shop.someone.session.scalar(sa.select(sa.func.max(Requisition.id)))).state == "ordered"
    )
    assert money(shop) == (D(0), D("47.50"), D(0))
    assert shop.broken() == []


def test_above_the_limit_somebody_else_approves(shop: Shop) -> None:
    order = shop.issued(NewLine(D(1), description="A lift", price=D(6000)))
    assert order.state == "pending_approval"
    both = shop.someone(as_="buyer,approver,employee", login="bea2")
    with pytest.raises(Conflict, match="not approved"):
        orders.issue(shop.buyer, order.id, order.version)
    with pytest.raises(Forbidden):
        orders.approve(shop.buyer, order.id, order.version)
    order = orders.approve(both, order.id, order.version)
    assert orders.issue(shop.buyer, order.id, order.version).state == "issued"


def test_the_limit_is_compared_in_the_companys_currency(shop: Shop) -> None:
    """Odoo 9399: a threshold that ignored the currency."""
    rates.enter(shop.someone(), "JPY", "EUR", TODAY, D("0.006"))
    japan = add_supplier(shop.someone, "Osaka Tools", currency="JPY")
    line = NewOrderLine(D(1), TODAY, shop.centre_id, description="A drill", price=D(100000))
    order = orders.start(shop.buyer, shop.site_id, japan.id, lines=[line])
    order = orders.submit(shop.buyer, order.id, order.version)
    assert (order.state, order.rate, money(shop)[1]) == ("approved", D("0.006"), D(600))
    line = NewOrderLine(D(10), TODAY, shop.centre_id, description="Drills", price=D(100000))
    more = orders.start(shop.buyer, shop.site_id, japan.id, lines=[line])
    assert orders.submit(shop.buyer, more.id, more.version).state == "pending_approval"


def test_without_a_rate_nothing_is_guessed(shop: Shop) -> None:
    dollars = add_supplier(shop.someone, "Boston Parts", currency="USD")
    with pytest.raises(Conflict, match="No exchange rate from USD to EUR"):
        orders.start(shop.buyer, shop.site_id, dollars.id)


def test_the_price_cannot_change_after_the_approval(shop: Shop) -> None:
    """ERPNext 35372."""
    order = shop.draft_order(NewLine(D(1), description="A lift", price=D(6000)))
    order = orders.submit(shop.buyer, order.id, order.version)
    order = orders.approve(shop.approver, order.id, order.version)
    line = order.lines[0]
    changed = NewOrderLine(D(1), line.need_by, shop.centre_id, description="A lift", price=D(9000))
    with pytest.raises(Conflict, match="take it back first"):
        orders.change_line(shop.buyer, order.id, order.version, line.id, changed)
    line.price = line.amount = D(9000)
    shop.someone.session.flush()
    with pytest.raises(Conflict, match="not what was approved"):
        orders.issue(shop.buyer, order.id, order.version)


def test_a_refused_order_is_a_draft_and_its_money_only_reserved(shop: Shop) -> None:
    order = shop.issued(NewLine(D(1), description="A lift", price=D(6000)))
    assert money(shop) == (D(0), D(6000), D(0))
    order = orders.refuse(shop.approver, order.id, order.version, "too dear")
    assert (order.state, money(shop)) == ("draft", (D(6000), D(0), D(0)))
    again = orders.submit(shop.buyer, order.id, order.version)
    back = orders.take_back(shop.buyer, again.id, again.version)
    assert (back.state, money(shop)) == ("draft", (D(6000), D(0), D(0)))
    assert shop.broken() == []


def test_a_double_click_issues_once(shop: Shop) -> None:
    order = shop.issued()
    for version in (order.version, order.version - 1):
        with pytest.raises(Conflict):
            orders.issue(shop.buyer, order.id, version)


@pytest.mark.parametrize(
    ("rule", "surcharge", "freight"),
    [(MinimumRule.SURCHARGE, D(12), D(0)), (MinimumRule.FREE_FREIGHT, D(0), D(12)), (MinimumRule.NONE, D(0), D(0))],
)
def test_a_minimum_value_costs_extra(shop: Shop, rule: MinimumRule, surcharge: Decimal, freight: Decimal) -> None:
    set_terms(shop, Terms(minimum_rule=rule, minimum_value=D(100), charge=D(12)) if rule != "none" else Terms())
    order = shop.issued()
    assert (order.surcharge, order.freight) == (surcharge, freight)
    assert order.total == D("47.50") + surcharge + freight == money(shop)[1]


def test_a_minimum_value_may_refuse_and_says_what_is_missing(shop: Shop) -> None:
    set_terms(shop, Terms(minimum_rule=MinimumRule.REFUSE, minimum_value=D(100)))
    with pytest.raises(Conflict, match=r"EUR 52\.50 are missing"):
        shop.issued()


def test_nothing_from_a_blocked_supplier(shop: Shop) -> None:
    order = shop.draft_order()
    order = orders.submit(shop.buyer, order.id, order.version)
    supplier = shop.fresh(Supplier, shop.supplier_id)
    party = shop.fresh(Party, supplier.party_id)
    parties.block(shop.someone(), party.id, party.version, "unsafe goods")
    with pytest.raises(Conflict, match="is blocked: unsafe goods"):
        orders.issue(shop.buyer, order.id, order.version)


def test_an_expired_paper_blocks_until_it_is_renewed(shop: Shop) -> None:
    order = shop.draft_order()
    old = suppliers.add_paper(shop.buyer, shop.supplier_id, "Liability insurance", TODAY - timedelta(days=1))
    with pytest.raises(Conflict, match="has expired: Liability insurance"):
        orders.submit(shop.buyer, order.id, order.version)
    suppliers.add_paper(shop.buyer, shop.supplier_id, "Liability insurance", TODAY, replaces_id=old.id)
    assert orders.submit(shop.buyer, order.id, order.version).state == "approved"


def test_a_held_order_is_not_issued(shop: Shop) -> None:
    order = shop.draft_order()
    order = orders.submit(shop.buyer, order.id, order.version)
    order = orders.hold(shop.buyer, order.id, order.version, "price to clarify")
    with pytest.raises(Conflict, match="on hold: price to clarify"):
        orders.issue(shop.buyer, order.id, order.version)
    with pytest.raises(Conflict, match="Cannot hold this order: it is on hold: price to clarify"):
        orders.hold(shop.buyer, order.id, order.version, "taken along with fifty others, and freed by their undo")
    assert order.hold_reason == "price to clarify"
    order = orders.free(shop.buyer, order.id, order.version)
    assert orders.issue(shop.buyer, order.id, order.version).state == "issued"


def test_ordering_never_counts_the_reservation_twice(shop: Shop) -> None:
    """ERPNext 36610: requests and their orders both counted against the budget."""
    budgets.set_budget(shop.someone(), shop.centre_id, TODAY.year, D("47.50"), rule=Check.STOP)
    assert shop.issued().state == "issued"
    over = shop.someone(as_="buyer,employee", login="bea")
    extra = orders.start(
        over, shop.site_id, shop.supplier_id, lines=[NewOrderLine(D(2), TODAY, shop.centre_id, shop.gloves_id)]
    )
    with pytest.raises(Conflict, match="over the budget"):
        orders.submit(over, extra.id, extra.version)


def test_who_may_not_buy(shop: Shop) -> None:
    order = shop.draft_order()
    for nobody in (shop.asker, shop.receiver, shop.payable):
        with pytest.raises(Forbidden):
            orders.submit(nobody, order.id, order.version)
    with pytest.raises(NotFound):
        orders.read(shop.someone(as_="buyer", login="bea", scopes=None), 987654)


# --- Confirmed dates


def test_the_first_confirmed_date_stays(shop: Shop) -> None:
    order = shop.issued()
    line = order.lines[0]
    order = amendments.acknowledge(shop.buyer, order.id, order.version, "AB-77", {line.id: TODAY + timedelta(days=5)})
    order = amendments.promise(shop.buyer, order.id, order.version, {line.id: TODAY + timedelta(days=9)})
    assert (line.confirmed_first, line.promised_on) == (TODAY + timedelta(days=5), TODAY + timedelta(days=9))
    assert (order.state, order.supplier_reference) == ("acknowledged", "AB-77")
    with pytest.raises(Conflict, match="acknowledged"):
        amendments.acknowledge(shop.buyer, order.id, order.version)


def test_a_supplier_is_chased_once_a_day(shop: Shop) -> None:
    order = shop.issued()
    order = amendments.chase(shop.buyer, order.id, order.version)
    with pytest.raises(Conflict, match="today already"):
        amendments.chase(shop.buyer, order.id, order.version)


# --- Revisions


def test_a_cheaper_revision_needs_nobody(shop: Shop) -> None:
    order = shop.issued(NewLine(D(500), shop.gloves_id))
    change = [LineChange(order.lines[0].id, price=D(9))]
    revision = amendments.revise(shop.buyer, order.id, order.version, "agreed by phone", change)
    order = shop.fresh(Order, order.id)
    assert (revision.state, order.revision, order.total) == ("approved", 1, D(45))
    assert money(shop)[1] == D(45)
    assert shop.broken() == []


def test_a_dearer_one_above_the_limit_waits_and_changes_nothing_before(shop: Shop) -> None:
    order = shop.issued(NewLine(D(1), description="A lift", price=D(4900)))
    change = [LineChange(order.lines[0].id, price=D(5600))]
    revision = amendments.revise(shop.buyer, order.id, order.version, "steel rose", change)
    assert (revision.state, shop.fresh(Order, order.id).total) == ("pending_approval", D(4900))
    with pytest.raises(Conflict, match="waits for approval already"):
        amendments.revise(shop.buyer, order.id, order.version, "again", change)
    with pytest.raises(Forbidden):
        amendments.approve_revision(shop.buyer, revision.id, revision.version)
    revision = amendments.approve_revision(shop.approver, revision.id, revision.version)
    assert (revision.state, shop.fresh(Order, order.id).total, money(shop)[1]) == ("approved", D(5600), D(5600))
    assert shop.broken() == []


def test_a_refused_revision_leaves_the_order(shop: Shop) -> None:
    order = shop.issued(NewLine(D(1), description="A lift", price=D(4900)))
    change = [LineChange(order.lines[0].id, price=D(5600))]
    revision = amendments.revise(shop.buyer, order.id, order.version, "steel rose", change)
    amendments.refuse_revision(shop.approver, revision.id, revision.version, "no")
    assert shop.fresh(Order, order.id).total == D(4900)


def test_a_new_line_comes_with_the_revision(shop: Shop) -> None:
    order = shop.issued()
    new = NewOrderLine(D(100), TODAY, shop.centre_id, shop.bearing_id)
    amendments.revise(shop.buyer, order.id, order.version, "forgotten", new_lines=[new])
    lines = orders.read(shop.buyer, order.id).lines
    assert [(line.position, line.amount) for line in lines] == [(1, D("47.50")), (2, D("412.50"))]


def test_what_came_cannot_be_unordered(shop: Shop) -> None:
    order = shop.issued()
    less = [LineChange(order.lines[0].id, quantity=D(3))]
    shop.receive(order, 4)
    version = shop.fresh(Order, order.id).version
    with pytest.raises(Conflict, match="of line 1 4 came or were billed"):
        amendments.revise(shop.buyer, order.id, version, "less", less)


def test_less_ordered_is_less_covered(shop: Shop) -> None:
    order = shop.issued()
    amendments.revise(shop.buyer, order.id, order.version, "less", [LineChange(order.lines[0].id, quantity=D(3))])
    (row,) = ordering.list_to_order(shop.buyer, shop.site_id)
    assert row.quantity == D(200)
    assert money(shop) == (D(19), D("28.50"), D(0))
    assert shop.broken() == []


# --- Endings


def test_a_cancelled_order_gives_everything_back(shop: Shop) -> None:
    order = shop.issued()
    amendments.cancel(shop.buyer, order.id, order.version, "wrong supplier")
    assert money(shop) == (D("47.50"), D(0), D(0))
    assert len(ordering.list_to_order(shop.buyer, shop.site_id)) == 1
    assert shop.broken() == []


def test_what_came_on_keeps_it_from_being_cancelled(shop: Shop) -> None:
    order = shop.issued()
    shop.receive(order, 1)
    with pytest.raises(Conflict, match="close the open lines short"):
        amendments.cancel(shop.buyer, order.id, shop.fresh(Order, order.id).version, "late")


@pytest.mark.parametrize("reorder", [True, False])
def test_closing_short_drops_or_orders_again(shop: Shop, reorder: bool) -> None:
    order = shop.issued()
    line_id = order.lines[0].id
    shop.receive(order, 3)
    version = shop.fresh(Order, order.id).version
    amendments.close_short(shop.buyer, order.id, version, line_id, "sold out", reorder=reorder)
    assert [row.quantity for row in ordering.list_to_order(shop.buyer, shop.site_id)] == ([D(200)] if reorder else [])
    line = shop.someone.session.scalars(sa.select(RequisitionLine).order_by(RequisitionLine.id.desc())).first()
    assert line and line.dropped is not reorder
    assert money(shop)[1] == D(0)
    assert shop.broken() == []


def test_a_requisition_on_an_order_cannot_be_cancelled(shop: Shop) -> None:
    wish = shop.approved()
    ordering.consolidate(shop.buyer, [Pick(wish.lines[0].id)])
    with pytest.raises(Conflict, match="take it off there first"):
        requisition_approval.cancel(shop.asker, wish.id, shop.fresh(Requisition, wish.id).version, "no need")


def set_terms(shop: Shop, terms: Terms) -> None:
    supplier = shop.fresh(Supplier, shop.supplier_id)
    suppliers.change_terms(shop.buyer, supplier.id, supplier.version, terms)


def test_terms_are_checked(shop: Shop) -> None:
    with pytest.raises(Invalid) as caught:
        set_terms(shop, Terms(currency="EURO", terms_days=900, incoterm="XXX", lead_days=-1))
    assert set(caught.value.fields) == {"currency", "terms_days", "incoterm", "lead_days"}
    with pytest.raises(Invalid) as caught:
        set_terms(shop, Terms(minimum_rule=MinimumRule.REFUSE))
    assert set(caught.value.fields) == {"minimum_value"}
    with pytest.raises(Invalid, match="Freight"):
        orders.start(shop.buyer, shop.site_id, shop.supplier_id, OrderHead(freight=D(-1)))
