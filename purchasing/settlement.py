"""Settling invoices: holds are asked about and let pass, invoices approved, posted and seen paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa

from plantops import approvals, lifecycle, numbers, options, plant_days
from plantops.approval_records import ApprovalState
from plantops.calendar import PlantCalendar, local_date
from plantops.context import Context, requires, within
from plantops.db import get
from plantops.errors import Conflict, Forbidden, Invalid
from plantops.parties import Party
from plantops.wording import listed, mark, say
from purchasing import suppliers, three_way
from purchasing.events import BankAccountVerified, GoodsReceived
from purchasing.invoices import both, visible
from purchasing.matching import WAITING
from purchasing.models import Hold, Invoice, Order, Receipt, Supplier
from purchasing.models.bills import Code, HoldState, InvoiceKind, ReceiptState
from purchasing.models.bills import InvoiceState as State
from purchasing.permissions import Can

PASSED_BY_HAND = frozenset({Code.PRICE, Code.TAX})
"""NO_PO passes by the budget holder's approval; the rest ends when what it is about is put right."""
ASKED = ("buyer", "receiver")
WAITS_AT_MOST = 5
"""Working days of the site after which the receiver is asked about goods that a bill waits for."""


@dataclass(frozen=True)
class HeldRow:
    """An open hold in the queue."""

    hold_id: int
    version: int
    invoice_id: int
    number: str
    supplier: str
    supplier_number: str
    code: str
    text: str
    difference: Decimal
    currency: str
    gross: Decimal
    due_on: date
    discount_until: date | None
    asked: str
    answer: str
    opened_at: datetime


@dataclass(frozen=True)
class QuestionRow:
    """What accounts payable asks the buyer or the receiver about a bill. They see no more of it than this."""

    hold_id: int
    version: int
    invoice: str
    supplier: str
    supplier_number: str
    order_id: int | None
    order: str
    code: str
    text: str
    asked: str
    opened_at: datetime


# --- Rules


def why_not_accept(hold: Hold) -> str | None:
    if hold.state is not HoldState.OPEN:
        return say("it is {state} already", state=lifecycle.spoken(hold.state))
    if hold.code in PASSED_BY_HAND:
        return None
    ways = {
        Code.NO_PO: say("the budget holder must approve it"),
        Code.QTY: say("the supplier must credit it, or more must come"),
        Code.NOT_RECEIVED: say("it waits for the goods and is matched again at each receipt"),
        Code.DUPLICATE: say("void it, or correct its number"),
        Code.CURRENCY: say("the supplier must bill in the currency of the order"),
        Code.BANK_CHANGED: say("a second person must verify the account first"),
        Code.CLOSED_PO: say("the order has ended: it needs another order or a credit note"),
    }
    return ways[hold.code]


def waits_too_long(since: datetime, now: datetime, calendar: PlantCalendar) -> bool:
    """More than five working days of the plant have gone by since that day, holidays and shutdowns left out."""
    first = local_date(since, calendar.tz)
    return calendar.add_working_days(first, WAITS_AT_MOST) < local_date(now, calendar.tz)


IN_WORDS = {
    Code.NO_PO: mark("it names no order"),
    Code.PRICE: mark("the price differs from the order"),
    Code.QTY: mark("it bills more than was ordered or came"),
    Code.NOT_RECEIVED: mark("the goods have not come yet"),
    Code.DUPLICATE: mark("it may be here twice"),
    Code.TAX: mark("the tax does not fit"),
    Code.CURRENCY: mark("the currency is not that of the order"),
    Code.BANK_CHANGED: mark("the bank account is not the verified one"),
    Code.CLOSED_PO: mark("its order is closed"),
}


def in_words(code: str) -> str:
    """Why a bill is held: it names no order."""
    return say(IN_WORDS[Code(code)])


def _not_matched(invoice: Invoice) -> str:
    """What is wrong with the bill, as its clerk would say it."""
    held = dict.fromkeys(hold.code for hold in invoice.holds if hold.state is HoldState.OPEN)
    if held and invoice.state in (State.CAPTURED, State.EXCEPTION):
        return say("{held}: settle that first", held=listed([say(IN_WORDS[code]) for code in held]))
    match invoice.state:
        case State.CAPTURED:
            return say("it has not been compared with the order and the receipt yet")
        case State.EXCEPTION:
            return say("it differs from the order or the receipt")
        case _:
            return say("it is {spoken} already", spoken=lifecycle.spoken(invoice.state))


def why_not_approve(invoice: Invoice, received_it: bool) -> str | None:
    if invoice.state is not State.MATCHED:
        return _not_matched(invoice)
    if invoice.in_dispute:
        return say("it is in dispute")
    if received_it:
        return say("you received the goods yourself: somebody else must approve the bill")
    return None


# --- Questions


@requires(Can.READ_INVOICES)
def list_held(ctx: Context, site_id: int, *, asked: str = "", limit: int = 200) -> list[HeldRow]:
    """Open holds, discounts that end and what is due first."""
    first = sa.func.least(Invoice.due_on, sa.func.coalesce(Invoice.discount_until, Invoice.due_on))
    query: sa.Select[*tuple[Any, ...]] = (
        sa.select(
            Hold.id, Hold.version, Invoice.id, Invoice.number, Party.name, Invoice.supplier_number, Hold.code,
            Hold.text, Hold.difference, Invoice.currency, Invoice.gross, Invoice.due_on, Invoice.discount_until,
            Hold.asked, Hold.answer, Hold.opened_at,
        )
        .join(Invoice, Invoice.id == Hold.invoice_id)
        .join(Supplier, Supplier.id == Invoice.supplier_id)
        .join(Party, Party.id == Supplier.party_id)
        .where(Hold.state == HoldState.OPEN, Invoice.site_id == site_id)
        .where(Invoice.id.in_(visible(ctx).with_only_columns(Invoice.id)))
        .order_by(first, Hold.id)
        .limit(limit)
    )  # fmt: skip
    if asked:
        query = query.where(Hold.asked == asked, Hold.answer == "")
    return [HeldRow(*row) for row in ctx.session.execute(query)]


def visible_questions(ctx: Context) -> sa.Select[Hold]:
    """Open questions to the buyers and receivers of the sites where the person is one."""
    query = sa.select(Hold).join(Invoice, Invoice.id == Hold.invoice_id)
    mine: list[sa.ColumnElement[bool]] = []
    for whom, right in zip(ASKED, (Can.BUY, Can.RECEIVE), strict=True):
        sites = ctx.sites(right)
        mine.append((Hold.asked == whom) & (sa.true() if sites is None else Invoice.site_id.in_(sites)))
    return query.where(Hold.state == HoldState.OPEN, Hold.answer == "", sa.or_(*mine))


@requires(Can.BUY, Can.RECEIVE)
def list_questions(ctx: Context, *, limit: int = 200) -> list[QuestionRow]:
    """What accounts payable wants to know, the oldest first."""
    query: sa.Select[*tuple[Any, ...]] = (
        visible_questions(ctx)
        .join(Supplier, Supplier.id == Invoice.supplier_id)
        .join(Party, Party.id == Supplier.party_id)
        .outerjoin(Order, Order.id == Invoice.order_id)
        .with_only_columns(
            Hold.id, Hold.version, Invoice.number, Party.name, Invoice.supplier_number, Order.id,
            sa.func.coalesce(Order.number, ""), Hold.code, Hold.text, Hold.asked, Hold.opened_at,
        )
        .order_by(Hold.opened_at, Hold.id)
        .limit(limit)
    )  # fmt: skip
    return [QuestionRow(*row) for row in ctx.session.execute(query)]


@within("an approval looks whether the same person received the goods")
def received_it(ctx: Context, invoice: Invoice) -> bool:
    if invoice.order_id is None or options.value(ctx, "purchasing.receiver_may_approve", invoice.site_id):
        return False
    query = sa.select(Receipt.id).where(
        Receipt.order_id == invoice.order_id,
        Receipt.received_by_id == ctx.user.id,
        Receipt.state == ReceiptState.POSTED,
    )
    return ctx.session.scalar(query.limit(1)) is not None


# --- Actions on holds


def _hold(ctx: Context, hold_id: int, version: int) -> tuple[Order | None, Invoice, Hold]:
    """Order, invoice and hold, locked in this order."""
    this = sa.select(Hold).where(Hold.id == hold_id)
    order, invoice = both(ctx, get(ctx.session, this, what="hold").invoice_id, None)
    return order, invoice, get(ctx.session, this, what="hold", version=version, lock=True)


@requires(Can.SETTLE)
def accept(ctx: Context, hold_id: int, version: int, reason: str) -> Invoice:
    """Lets a difference pass, with the reason. It holds for exactly this difference: another one is held again."""
    order, invoice, hold = _hold(ctx, hold_id, version)
    ctx.need(Can.SETTLE, site_id=invoice.site_id, to="settle invoices of this site")
    if why := why_not_accept(hold):
        raise Conflict(say("Cannot let this pass: {why}.", why=why))
    if not reason.strip():
        raise Invalid(say("Say why it may pass."), field="reason")
    three_way.settle(ctx, hold, reason.strip()[:1000])
    three_way.rematch(ctx, invoice, order)
    return invoice


@requires(Can.SETTLE)
def ask(ctx: Context, hold_id: int, version: int, whom: str) -> Invoice:
    """Asks the buyer or the receiver; the hold waits on their list."""
    _, invoice, hold = _hold(ctx, hold_id, version)
    ctx.need(Can.SETTLE, site_id=invoice.site_id, to="settle invoices of this site")
    if whom not in ASKED:
        raise Invalid(say("Ask the buyer or the receiver."), field="whom")
    if hold.state is not HoldState.OPEN:
        raise Conflict(say("This was {state} already.", state=lifecycle.spoken(hold.state)))
    hold.asked, hold.answer = whom, ""
    hold.version += 1
    ctx.session.flush()
    return invoice


@requires(Can.BUY, Can.RECEIVE)
def answer(ctx: Context, hold_id: int, version: int, text: str) -> None:
    """What the buyer or the receiver knows of it. They answer without seeing the invoices of others."""
    this = sa.select(Hold).where(Hold.id == hold_id, Hold.asked != "", Hold.state == HoldState.OPEN)
    hold = get(ctx.session, this, what="question", version=version, lock=True)
    invoice = ctx.session.get_one(Invoice, hold.invoice_id)
    if hold.asked == "buyer":
        ctx.need(Can.BUY, site_id=invoice.site_id, to="answer for the buyer")
    else:
        ctx.need(Can.RECEIVE, site_id=invoice.site_id, to="answer for the receiver")
    if not text.strip():
        raise Invalid(say("Write what you know of it."), field="text")
    hold.answer = f"{ctx.user.name}: {text.strip()[:1000]}"
    hold.version += 1
    ctx.session.flush()


@requires(Can.APPROVE, Can.ASK)
def approve_spending(ctx: Context, invoice_id: int, version: int, reason: str = "") -> Invoice:
    """The budget holder's yes to a bill without an order, as it was read. Whose yes counts is the approval's matter."""
    order, invoice, hold = _without_order(ctx, invoice_id, version)
    approval = approvals.decide(ctx, three_way.origin(invoice), True, hold.fingerprint, reason)
    if approval.state is ApprovalState.APPROVED:
        three_way.settle(ctx, hold, reason.strip() or mark("approved by the budget holder"))
        three_way.rematch(ctx, invoice, order)
    return invoice


@requires(Can.APPROVE, Can.ASK)
def refuse_spending(ctx: Context, invoice_id: int, version: int, reason: str) -> Invoice:
    """The budget holder's no: the bill stays held, in dispute with the supplier."""
    _, invoice, hold = _without_order(ctx, invoice_id, version)
    approvals.decide(ctx, three_way.origin(invoice), False, hold.fingerprint, reason)
    invoice.in_dispute = True
    invoice.version += 1
    hold.answer = f"{ctx.user.name}: {reason.strip()}"
    ctx.session.flush()
    return invoice


def _without_order(ctx: Context, invoice_id: int, version: int) -> tuple[Order | None, Invoice, Hold]:
    """Seen by who reads invoices, and by whoever's yes it waits for."""
    origin = f"{three_way.KIND}:{invoice_id}"
    if not approvals.claims_on(ctx, approvals.latest(ctx, origin)):
        get(ctx.session, visible(ctx).where(Invoice.id == invoice_id), what="invoice")
    order, invoice = both(ctx.as_system(), invoice_id, version)
    for hold in invoice.holds:
        if hold.code is Code.NO_PO and hold.state is HoldState.OPEN:
            return order, invoice, hold
    raise Conflict(say("{number} does not wait for a budget holder.", number=invoice.number))


# --- Actions on invoices


@requires(Can.SETTLE)
def approve(ctx: Context, id: int, version: int) -> Invoice:
    """It matched, or what differed was let pass: it may be posted. Not by who received the goods."""
    _, invoice = both(ctx, id, version)
    ctx.need(Can.SETTLE, site_id=invoice.site_id, to="settle invoices of this site")
    own = received_it(ctx, invoice)
    if why := why_not_approve(invoice, own):
        raise (Forbidden if own and invoice.state is State.MATCHED else Conflict)(
            say("Cannot approve {number}: {why}.", number=invoice.number, why=why)
        )
    invoice.approved_by_id, invoice.approved_on = ctx.user.id, ctx.today
    lifecycle.move(ctx, invoice, State.APPROVED)
    return invoice


@requires(Can.POST)
def post(ctx: Context, id: int, version: int) -> Invoice:
    """Into the books, with the next gapless number. From here only a credit note corrects it."""
    _, invoice = both(ctx, id, version)
    ctx.need(Can.POST, site_id=invoice.site_id, to="post invoices of this site")
    if invoice.state is not State.APPROVED:
        raise Conflict(
            say(
                "Cannot post {number}: it is {spoken}, not approved.",
                number=invoice.number,
                spoken=lifecycle.spoken(invoice.state),
            )
        )
    invoice.posted_on = ctx.today
    lifecycle.move(ctx, invoice, State.POSTED)
    invoice.booking_number = numbers.gapless(ctx, "BK", invoice.site_id)
    ctx.session.flush()
    return invoice


@requires(Can.POST)
def confirm_payment(ctx: Context, id: int, version: int, paid_on: date, reference: str) -> Invoice:
    """The bank said that it was paid; an order to pay alone is not a payment."""
    _, invoice = both(ctx, id, version)
    ctx.need(Can.POST, site_id=invoice.site_id, to="note payments of this site")
    if invoice.state is not State.POSTED:
        raise Conflict(
            say(
                "Cannot note a payment of {number}: it is {spoken}.",
                number=invoice.number,
                spoken=lifecycle.spoken(invoice.state),
            )
        )
    if not reference.strip():
        raise Invalid(say("Enter the bank's reference of the payment."), field="reference")
    if not (invoice.posted_on or paid_on) - timedelta(days=60) <= paid_on <= ctx.today:
        raise Invalid(say("The day of payment is not after today, and not long before it was posted."), field="paid_on")
    invoice.paid_on, invoice.payment_reference = paid_on, reference.strip()[:140]
    lifecycle.move(ctx, invoice, State.PAID)
    return invoice


@requires(Can.SETTLE)
def dispute(ctx: Context, id: int, version: int, in_dispute: bool) -> Invoice:
    """In dispute with the supplier: nobody pays it, and it is left out of the blocked invoices."""
    _, invoice = both(ctx, id, version)
    ctx.need(Can.SETTLE, site_id=invoice.site_id, to="settle invoices of this site")
    if invoice.state in (State.POSTED, State.PAID, State.VOIDED):
        raise Conflict(say("{number} is {spoken}.", number=invoice.number, spoken=lifecycle.spoken(invoice.state)))
    invoice.in_dispute = in_dispute
    invoice.version += 1
    ctx.session.flush()
    return invoice


# --- Listeners and jobs


@within("receipts tell: what waits for these goods is matched again")
def match_after_receipt(ctx: Context, event: GoodsReceived) -> None:
    """Invoices of the order that did not match yet. One that did keeps its claim: what goes back is credited."""
    query = sa.select(Invoice.id).where(
        Invoice.order_id == event.order_id, Invoice.state.in_((State.CAPTURED, State.EXCEPTION))
    )
    _match_again(ctx, query)


@within("a verified account may be what an invoice waited for")
def match_after_verification(ctx: Context, event: BankAccountVerified) -> None:
    held = sa.exists().where(
        Hold.invoice_id == Invoice.id, Hold.code == Code.BANK_CHANGED, Hold.state == HoldState.OPEN
    )
    _match_again(ctx, sa.select(Invoice.id).where(Invoice.supplier_id == event.supplier_id, held))


def _match_again(ctx: Context, query: sa.Select[int]) -> None:
    system = ctx.as_system()
    for id in ctx.session.scalars(query.order_by(Invoice.order_id, Invoice.id)).all():
        order, invoice = both(system, id, None)
        if invoice.state in (State.CAPTURED, State.EXCEPTION, State.MATCHED):
            three_way.rematch(system, invoice, order)


@within("a job of the system, each morning")
def escalate(ctx: Context) -> int:
    """Invoices that wait for goods for more than five working days go on the receiver's list."""
    waits = sa.exists().where(
        Hold.invoice_id == Invoice.id,
        Hold.code.in_(WAITING),
        Hold.state == HoldState.OPEN,
        Hold.opened_at < ctx.now - timedelta(days=WAITS_AT_MOST),
    )
    query = visible(ctx).where(waits, Invoice.escalated_on.is_(None), Invoice.state == State.CAPTURED)
    found = ctx.session.scalars(query.order_by(Invoice.order_id, Invoice.id).with_for_update(of=Invoice)).all()
    calendars = {site_id: plant_days.calendar_of(ctx, site_id) for site_id in {one.site_id for one in found}}
    late = [one for one in found if _waits_too_long(one, calendars[one.site_id], ctx.now)]
    for invoice in late:
        invoice.escalated_on = ctx.today
        for hold in invoice.holds:
            if hold.code in WAITING and hold.state is HoldState.OPEN and not hold.asked:
                hold.asked = "receiver"
                hold.version += 1
        invoice.version += 1
    ctx.session.flush()
    return len(late)


def _waits_too_long(invoice: Invoice, calendar: PlantCalendar, now: datetime) -> bool:
    return any(
        waits_too_long(hold.opened_at, now, calendar)
        for hold in invoice.holds
        if hold.code in WAITING and hold.state is HoldState.OPEN
    )


def discount_at_risk(invoice: Invoice, today: date) -> Decimal:
    """What is lost when it is not paid today: the discount that ends."""
    if invoice.discount_until != today or invoice.kind is InvoiceKind.CREDIT_NOTE:
        return Decimal(0)
    return (invoice.gross * invoice.discount_percent / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)


KNOWN = (suppliers,)
