"""Invoices: matched, held, let pass, approved, posted, paid; duplicates across years; credits; bills without order."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from plantops import approvals, plant_days
from plantops.errors import Conflict, Forbidden, Invalid, Stale
from plantops.plant_days import Kind
from purchasing import amendments, budgets, invoices, orders, rates, receipts, settlement, suppliers, three_way
from purchasing.invoices import BillHead, NewBillLine
from purchasing.models import BankAccount, Coding, Hold, Invoice, Order
from purchasing.models.bills import BillLine, HoldState, InvoiceKind
from purchasing.order_lines import NewOrderLine
from purchasing.receipt_rules import Came
from purchasing.requisition_lines import NewLine
from tests.purchasing.shop import IBAN, OTHER_IBAN, TODAY, D, Shop, add_supplier

pytestmark = pytest.mark.db


def open_codes(invoice: Invoice) -> list[str]:
    return [str(hold.code) for hold in invoice.holds if hold.state is HoldState.OPEN]


def open_hold(invoice: Invoice) -> Hold:
    (hold,) = (hold for hold in invoice.holds if hold.state is HoldState.OPEN)
    return hold


def received(shop: Shop, *lines: NewLine) -> Order:
    order = shop.issued(*lines)
    shop.receive(order, *(int(line.quantity) for line in order.lines))
    return order


def again(shop: Shop, invoice: Invoice) -> Invoice:
    return invoices.read(shop.payable, invoice.id)


# --- The straight way


def test_requisition_to_paid(shop: Shop) -> None:
    order = received(shop)
    bill = shop.bill(order, iban=IBAN)
    assert (bill.state, open_codes(bill)) == ("matched", [])
    bill = settlement.approve(shop.payable, bill.id, bill.version)
    bill = settlement.post(shop.payable, bill.id, bill.version)
    assert bill.booking_number == "BK-VER-26-00001"
    bill = settlement.confirm_payment(shop.payable, bill.id, bill.version, TODAY, "camt 4711")
    assert bill.state == "paid"
    assert shop.fresh(Order, order.id).state == "closed"
    balance = budgets.balance(shop.someone(), shop.centre_id, TODAY.year)
    assert (balance.reserved, balance.ordered, balance.invoiced) == (D(0), D(0), D("47.50"))
    assert shop.broken() == []


def test_it_waits_for_the_goods_and_is_matched_at_each_receipt(shop: Shop) -> None:
    order = shop.issued()
    lines = [NewBillLine(D(5), D("9.50"), unit="box", order_line_id=order.lines[0].id)]
    bill = shop.capture(lines, order_id=order.id)
    assert (bill.state, open_codes(bill)) == ("captured", ["NOT_RECEIVED"])
    shop.receive(order, 3)
    assert open_codes(again(shop, bill)) == ["NOT_RECEIVED"]
    shop.receive(order, 2)
    assert again(shop, bill).state == "matched"
    assert shop.broken() == []


def test_a_part_may_be_billed_as_it_came(shop: Shop) -> None:
    order = shop.issued()
    shop.receive(order, 3)
    assert shop.bill(order, "R-1").state == "matched"
    assert invoices.open_lines(shop.payable, order.id) == []
    shop.receive(order, 2)
    assert shop.bill(order, "R-2").state == "matched"
    assert shop.fresh(Order, order.id).state == "closed"
    assert shop.broken() == []


def test_the_same_goods_are_not_billed_twice(shop: Shop) -> None:
    order = received(shop)
    shop.bill(order, "R-1")
    lines = [NewBillLine(D(5), D("9.50"), unit="box", order_line_id=order.lines[0].id)]
    second = shop.capture(lines, "R-2", order_id=order.id)
    assert open_codes(second) == ["CLOSED_PO", "QTY"]
    with pytest.raises(Conflict, match="Cannot approve"):
        settlement.approve(shop.payable, second.id, second.version)
    assert shop.broken() == []


def test_services_need_no_receipt(shop: Shop) -> None:
    order = shop.issued(NewLine(D(8), shop.contract_id))
    assert shop.bill(order).state == "matched"
    assert shop.broken() == []


# --- Price


def test_a_dearer_bill_is_held_and_let_pass_with_a_reason(shop: Shop) -> None:
    order = received(shop, NewLine(D(5000), shop.gloves_id))
    bill = shop.bill(order, price="10")
    assert (bill.state, open_codes(bill)) == ("exception", ["PRICE"])
    hold = open_hold(bill)
    assert hold.difference == D(25)
    with pytest.raises(Invalid, match="Say why"):
        settlement.accept(shop.payable, hold.id, hold.version, " ")
    with pytest.raises(Forbidden):
        settlement.accept(shop.buyer, hold.id, hold.version, "ok")
    bill = settlement.accept(shop.payable, hold.id, hold.version, "agreed by phone with Bea")
    assert bill.state == "matched"
    assert shop.broken() == []


def test_what_was_let_pass_is_held_again_when_it_changes(shop: Shop) -> None:
    order = received(shop, NewLine(D(5000), shop.gloves_id))
    bill = shop.bill(order, price="10")
    bill = settlement.accept(shop.payable, open_hold(bill).id, open_hold(bill).version, "agreed")
    dearer = [NewBillLine(D(50), D(11), unit="box", order_line_id=order.lines[0].id)]
    head = BillHead(shop.site_id, shop.supplier_id, "R-1", TODAY, D(550), order_id=order.id)
    bill = invoices.change(shop.payable, bill.id, bill.version, head, dearer)
    assert (bill.state, open_codes(bill)) == ("exception", ["PRICE"])
    assert shop.broken() == []


def test_the_buyer_is_asked_and_answers(shop: Shop) -> None:
    order = received(shop, NewLine(D(5000), shop.gloves_id))
    hold = open_hold(shop.bill(order, price="10"))
    settlement.ask(shop.payable, hold.id, hold.version, "buyer")
    (row,) = settlement.list_held(shop.payable, shop.site_id, asked="buyer")
    with pytest.raises(Forbidden, match="answer for the buyer"):
        settlement.answer(shop.receiver, row.hold_id, row.version, "no idea")
    settlement.answer(shop.buyer, row.hold_id, row.version, "they may")
    assert shop.fresh(Hold, hold.id).answer == "Bea: they may"
    assert settlement.list_held(shop.payable, shop.site_id, asked="buyer") == []


def test_freight_as_agreed_and_freight_as_dreamt(shop: Shop) -> None:
    order = received(shop)
    goods = invoices.open_lines(shop.payable, order.id)
    freight = NewBillLine(D(1), D(30), "Freight", "lump", kind=BillLine.FREIGHT)
    bill = shop.capture([*goods, freight], order_id=order.id)
    assert open_codes(bill) == ["PRICE"]


# --- Duplicates


def test_the_same_number_next_year_is_refused(shop: Shop) -> None:
    """ERPNext 36385: duplicates were looked for in one fiscal year only."""
    order = received(shop)
    first = shop.bill(order, "RE-2026/00118", invoice_date=TODAY - timedelta(days=300), arrived_on=TODAY)
    lines = [NewBillLine(D(5), D("9.50"), "Gloves", cost_centre_id=shop.centre_id)]
    second = shop.capture(lines, "re 2026 118")
    assert "DUPLICATE" in open_codes(second)
    assert second.duplicate_of_id == first.id
    hold = next(hold for hold in second.holds if hold.code == "DUPLICATE")
    with pytest.raises(Conflict, match="void it, or correct its number"):
        settlement.accept(shop.payable, hold.id, hold.version, "pay it anyway")
    assert shop.broken() == []


def test_duplicates_are_looked_for_again_when_supplier_or_number_changes(shop: Shop) -> None:
    """OCA account-invoicing 2363."""
    other = add_supplier(shop.someone, "Novak Safety", OTHER_IBAN)
    lines = [NewBillLine(D(1), D(20), "Boots", cost_centre_id=shop.centre_id)]
    shop.capture(lines, "77")
    second = shop.capture(lines, "77", supplier_id=other.id)
    assert "DUPLICATE" not in open_codes(second)
    head = BillHead(shop.site_id, shop.supplier_id, "77", TODAY, D(20))
    second = invoices.change(shop.payable, second.id, second.version, head, lines)
    assert "DUPLICATE" in open_codes(second)
    head = BillHead(shop.site_id, shop.supplier_id, "78", TODAY, D(20))
    second = invoices.change(shop.payable, second.id, second.version, head, lines)
    assert "DUPLICATE" not in open_codes(second)


def test_voiding_the_first_frees_its_number(shop: Shop) -> None:
    lines = [NewBillLine(D(1), D(20), "Boots", cost_centre_id=shop.centre_id)]
    first, second = shop.capture(lines, "77"), shop.capture(lines, "77")
    invoices.void(shop.payable, first.id, first.version, "typed for the wrong plant")
    assert "DUPLICATE" not in open_codes(again(shop, second))
    assert again(shop, second).duplicate_of_id is None


def test_the_same_total_a_few_days_apart_is_pointed_at(shop: Shop) -> None:
    lines = [NewBillLine(D(1), D(20), "Boots", cost_centre_id=shop.centre_id)]
    first, second = shop.capture(lines, "77"), shop.capture(lines, "79")
    assert [one.id for one in invoices.look_alikes(shop.payable, second)] == [first.id]


# --- Account, tax, currency


def test_another_account_is_held_until_a_second_person_verified_it(shop: Shop) -> None:
    bill = shop.bill(received(shop), iban=OTHER_IBAN)
    assert open_codes(bill) == ["BANK_CHANGED"]
    account = suppliers.enter_account(shop.buyer, shop.supplier_id, OTHER_IBAN, "Kessling Hygiene")
    with pytest.raises(Forbidden):
        suppliers.verify_account(shop.buyer, account.id, account.version)
    both = shop.someone(as_="buyer,accounts_payable,employee", login="two hats".replace(" ", ""))
    own = suppliers.enter_account(both, shop.supplier_id, OTHER_IBAN, "Kessling Hygiene")
    with pytest.raises(Forbidden, match="you entered it yourself"):
        suppliers.verify_account(both, own.id, own.version)
    suppliers.verify_account(shop.payable, own.id, own.version)
    assert again(shop, bill).state == "matched"
    states = shop.someone.session.scalars(
        sa.select(BankAccount.state).where(BankAccount.supplier_id == shop.supplier_id).order_by(BankAccount.id)
    )
    assert list(states) == ["retired", "retired", "verified"]
    assert shop.broken() == []


def test_a_mistyped_account_is_refused(shop: Shop) -> None:
    with pytest.raises(Invalid, match="check digits"):
        suppliers.enter_account(shop.buyer, shop.supplier_id, "DE89370400440532013001", "Kessling")


def test_the_printed_total_must_add_up(shop: Shop) -> None:
    order = received(shop)
    lines = [
        NewBillLine(line.quantity, line.price, line.description, line.unit, line.per, tax_percent=D(17),
                    order_line_id=line.order_line_id)
        for line in invoices.open_lines(shop.payable, order.id)
    ]  # fmt: skip
    wrong = shop.capture(lines, order_id=order.id, stated_gross=D("55.60"))
    assert (wrong.tax, wrong.gross, open_codes(wrong)) == (D("8.08"), D("55.58"), ["TAX"])


def test_billed_in_another_currency(shop: Shop) -> None:
    order = received(shop)
    rates.enter(shop.someone(), "USD", "EUR", TODAY, D("0.9"))
    assert "CURRENCY" in open_codes(shop.bill(order, currency="USD"))


# --- Without an order


def test_a_bill_without_order_waits_for_the_budget_holder(shop: Shop) -> None:
    lines = [NewBillLine(D(1), D(4200), "Electricity October", "month", cost_centre_id=shop.centre_id)]
    bill = shop.capture(lines)
    assert open_codes(bill) == ["NO_PO"]
    hold = open_hold(bill)
    with pytest.raises(Conflict, match="the budget holder must approve"):
        settlement.accept(shop.payable, hold.id, hold.version, "it is electricity")
    (waiting,) = approvals.waiting_for(shop.approver, "purchasing_invoice")
    assert waiting.origin == f"purchasing_invoice:{bill.id}"
    with pytest.raises(Stale):
        settlement.approve_spending(shop.approver, bill.id, bill.version - 1)  # it was corrected since it was read
    bill = settlement.approve_spending(shop.approver, bill.id, bill.version)
    assert bill.state == "matched"
    assert budgets.balance(shop.someone(), shop.centre_id, TODAY.year).invoiced == D(4200)
    assert shop.broken() == []


def test_who_captured_it_cannot_be_the_budget_holder(shop: Shop) -> None:
    both = shop.someone(as_="accounts_payable,approver,employee", login="both")
    lines = [NewBillLine(D(1), D(10), "Paper", cost_centre_id=shop.centre_id)]
    head = BillHead(shop.site_id, shop.supplier_id, "1", TODAY, D(10))
    bill = invoices.capture(both, head, lines)
    with pytest.raises(Forbidden, match="you asked for it yourself"):
        settlement.approve_spending(both, bill.id, bill.version)


def test_a_refused_bill_is_in_dispute(shop: Shop) -> None:
    lines = [NewBillLine(D(1), D(4200), "Rent", "month", cost_centre_id=shop.centre_id)]
    bill = shop.capture(lines)
    bill = settlement.refuse_spending(shop.approver, bill.id, bill.version, "we left in June")
    assert bill.in_dispute and open_codes(bill) == ["NO_PO"]
    three_way.rematch(shop.someone(), bill, None)
    assert approvals.waiting_for(shop.approver) == [], "a no is not asked for again"


def test_what_comes_every_month_passes_within_its_tolerance(shop: Shop) -> None:
    shop.someone.session.add(
        Coding(site_id=shop.site_id, supplier_id=shop.supplier_id, cost_centre_id=shop.centre_id, text="Electricity",
               expected=D(4000), tolerance_percent=D(10))
    )  # fmt: skip
    lines = [NewBillLine(D(1), D(4200), "Electricity", "month", cost_centre_id=shop.centre_id)]
    assert shop.capture(lines, "1").state == "matched"
    more = [NewBillLine(D(1), D(5000), "Electricity", "month", cost_centre_id=shop.centre_id)]
    assert open_codes(shop.capture(more, "2")) == ["NO_PO"]


# --- Credit notes and corrections


def test_a_return_is_credited(shop: Shop) -> None:
    order = received(shop)
    bill = shop.bill(order)
    receipts.send_back(shop.receiver, order.id, [Came(order.lines[0].id, D(2))], "torn")
    lines = [NewBillLine(D(2), D("9.50"), unit="box", order_line_id=order.lines[0].id)]
    credit = shop.capture(lines, "G-1", order_id=order.id, kind=InvoiceKind.CREDIT_NOTE, credits_id=bill.id)
    assert credit.state == "matched"
    assert budgets.balance(shop.someone(), shop.centre_id, TODAY.year).invoiced == D("28.50")
    more = shop.capture(
        [NewBillLine(D(4), D("9.50"), unit="box", order_line_id=order.lines[0].id)],
        "G-2",
        order_id=order.id,
        kind=InvoiceKind.CREDIT_NOTE,
    )
    assert "QTY" in open_codes(more)
    assert shop.broken() == []


def test_after_a_full_credit_the_goods_may_be_billed_anew(shop: Shop) -> None:
    """Odoo 15757: credits did not net."""
    order = received(shop)
    shop.bill(order, "R-1")
    lines = [NewBillLine(D(5), D("9.50"), unit="box", order_line_id=order.lines[0].id)]
    shop.capture(lines, "G-1", order_id=order.id, kind=InvoiceKind.CREDIT_NOTE)
    assert shop.capture(lines, "R-2", order_id=order.id).state == "matched"
    assert shop.broken() == []


def test_voiding_gives_the_claim_back(shop: Shop) -> None:
    order = received(shop)
    bill = shop.bill(order)
    invoices.void(shop.payable, bill.id, bill.version, "wrong supplier")
    assert len(invoices.open_lines(shop.payable, order.id)) == 1
    balance = budgets.balance(shop.someone(), shop.centre_id, TODAY.year)
    assert (balance.ordered, balance.invoiced) == (D("47.50"), D(0))
    assert shop.fresh(Order, order.id).state == "issued"
    assert shop.broken() == []


def test_a_posted_invoice_is_never_edited(shop: Shop) -> None:
    bill = shop.bill(received(shop))
    bill = settlement.approve(shop.payable, bill.id, bill.version)
    bill = settlement.post(shop.payable, bill.id, bill.version)
    with pytest.raises(Conflict, match="post a credit note"):
        invoices.void(shop.payable, bill.id, bill.version, "oops")
    for statement in (
        "UPDATE purchasing_invoice SET net = 1, gross = 1 + tax WHERE id = :id",
        "DELETE FROM purchasing_invoice WHERE id = :id",
        "UPDATE purchasing_invoice_line SET amount = 1 WHERE invoice_id = :id",
        "UPDATE purchasing_commitment SET amount = 1",
    ):
        with pytest.raises(DBAPIError, match=r"never|append-only"), shop.someone.session.begin_nested():
            shop.someone.session.execute(sa.text(statement), {"id": bill.id} if ":id" in statement else {})


def test_who_received_it_does_not_approve_it(shop: Shop) -> None:
    both = shop.someone(as_="receiver,accounts_payable,employee", login="hats")
    order = shop.issued()
    shop.receive(order, 5, ctx=both)
    bill = shop.bill(order)
    with pytest.raises(Forbidden, match="you received the goods yourself"):
        settlement.approve(both, bill.id, bill.version)
    assert settlement.approve(shop.payable, bill.id, bill.version).state == "approved"


def test_numbers_of_bookings_have_no_gaps(shop: Shop) -> None:
    order = shop.issued(NewLine(D(500), shop.gloves_id), NewLine(D(40), shop.bearing_id))
    shop.receive(order, 5, 40)
    numbers = []
    for number, line in enumerate(invoices.open_lines(shop.payable, order.id)):
        bill = shop.capture([line], f"R-{number}", order_id=order.id)
        bill = settlement.approve(shop.payable, bill.id, bill.version)
        numbers.append(settlement.post(shop.payable, bill.id, bill.version).booking_number)
    assert numbers == ["BK-VER-26-00001", "BK-VER-26-00002"]
    assert shop.broken() == []


def test_a_shutdown_is_no_waiting(shop: Shop) -> None:
    order = shop.issued()
    shop.capture([NewBillLine(D(5), D("9.50"), unit="box", order_line_id=order.lines[0].id)], order_id=order.id)
    first = TODAY + timedelta(days=3)
    plant_days.add(shop.someone(), shop.site_id, Kind.SHUTDOWN, first, first + timedelta(days=6), "Refit")
    for days, escalated in ((8, 0), (14, 0), (15, 1)):
        assert settlement.escalate(shop.someone(now=shop.someone.now + timedelta(days=days))) == escalated


def test_what_waits_too_long_is_escalated_once(shop: Shop) -> None:
    order = shop.issued()
    lines = [NewBillLine(D(5), D("9.50"), unit="box", order_line_id=order.lines[0].id)]
    bill = shop.capture(lines, order_id=order.id)
    assert settlement.escalate(shop.someone()) == 0
    in_time = shop.someone(now=shop.someone.now + timedelta(days=7))
    assert settlement.escalate(in_time) == 0, "from Monday to Monday that is the fifth working day"
    later = shop.someone(now=shop.someone.now + timedelta(days=8))
    assert settlement.escalate(later) == 1
    assert settlement.escalate(later) == 0
    (row,) = settlement.list_held(shop.payable, shop.site_id, asked="receiver")
    assert row.invoice_id == bill.id


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("supplier_number", " - "),
        ("invoice_date", TODAY + timedelta(days=90)),
        ("stated_gross", D(-5)),
        ("stated_gross", D("NaN")),
        ("currency", "EURO"),
        ("due_on", TODAY - timedelta(days=5)),
        ("arrived_on", TODAY + timedelta(days=1)),
    ],
)
def test_impossible_heads_name_their_field(shop: Shop, field: str, value: object) -> None:
    lines = [NewBillLine(D(1), D(10), "Paper", cost_centre_id=shop.centre_id)]
    with pytest.raises(Invalid) as caught:
        shop.capture(lines, **({"number": value} if field == "supplier_number" else {field: value}))  # type: ignore[arg-type]
    assert field in caught.value.fields


def test_lines_that_cannot_be(shop: Shop) -> None:
    order = received(shop)
    line_id = order.lines[0].id
    for line, words in (
        (NewBillLine(D(5), D(1), unit="each", order_line_id=line_id), "counts this line in box"),
        (NewBillLine(D(0), D(1), unit="box", order_line_id=line_id), "more than nothing"),
        (NewBillLine(D(1), D(1), unit="box", order_line_id=line_id, tax_percent=D(170)), "tax rate"),
        (NewBillLine(D(1), D(1), unit="box", order_line_id=line_id, amount=D(-1)), "amount"),
    ):
        with pytest.raises(Invalid, match=words):
            shop.capture([line], order_id=order.id, stated_gross=D(5))
    with pytest.raises(Invalid, match="cost centre that pays"):
        shop.capture([NewBillLine(D(1), D(1), "Paper")])
    with pytest.raises(Invalid, match="went to Kessling"):
        other = add_supplier(shop.someone, "Novak Safety", OTHER_IBAN)
        shop.bill(order, supplier_id=other.id)


def test_a_cancelled_order_is_not_billed(shop: Shop) -> None:
    order = shop.issued()
    line_id = order.lines[0].id
    amendments.cancel(shop.buyer, order.id, order.version, "wrong")
    bill = shop.capture([NewBillLine(D(1), D(9), unit="box", order_line_id=line_id)], order_id=order.id)
    assert open_codes(bill) == ["CLOSED_PO", "QTY"]


def discount(bill: Invoice) -> Decimal:
    return settlement.discount_at_risk(bill, TODAY)


def test_a_discount_that_ends_today_is_named(shop: Shop) -> None:
    quick = add_supplier(shop.someone, "Quick Pay", OTHER_IBAN, discount_percent=D(2), discount_days=10)
    lines = [NewBillLine(D(1), D(1000), "Paper", cost_centre_id=shop.centre_id)]
    bill = shop.capture(lines, supplier_id=quick.id, invoice_date=TODAY - timedelta(days=10))
    assert (bill.discount_until, discount(bill)) == (TODAY, D(20))


def test_half_a_cent_is_rounded_as_the_database_rounds_it(shop: Shop) -> None:
    """1.00 USD at 0.925 is 0.93 EUR in the ledger, and what is checked against it says the same."""
    rates.enter(shop.someone(), "USD", "EUR", TODAY, D("0.925"))
    dollars = add_supplier(shop.someone, "Boston Parts", currency="USD")
    line = NewOrderLine(D(1), TODAY, shop.centre_id, description="A washer", price=D("1.00"))
    draft = orders.start(shop.buyer, shop.site_id, dollars.id, lines=[line])
    order = orders.place(shop.buyer, draft.id, draft.version)
    shop.receive(order, 1)
    bill = shop.bill(order, supplier_id=dollars.id)
    assert open_codes(bill) == []
    assert budgets.balance(shop.someone(), shop.centre_id, TODAY.year).invoiced == D("0.93")
    assert shop.broken() == []
