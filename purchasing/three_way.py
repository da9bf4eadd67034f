"""The match on the live rows: what an invoice claims of its order, why it is held, and the money that follows."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import sqlalchemy as sa

from plantops import approvals, lifecycle, options
from plantops.approval_records import ApprovalState
from plantops.approval_rules import company_currency
from plantops.context import Context, within
from plantops.places import Site
from plantops.wording import mark, say
from purchasing import allocations, amendments, budgets, rates, suppliers
from purchasing.budgets import Target
from purchasing.matching import ACCEPTABLE, WAITING, Bill, Billed, Finding, Ordered, Tolerance, findings, warnings
from purchasing.models import (
    Coding,
    Hold,
    Invoice,
    InvoiceLine,
    Match,
    Order,
    OrderLine,
    Receipt,
    ReceiptLine,
)
from purchasing.models.bills import BillLine, Code, HoldState, InvoiceKind, ReceiptKind
from purchasing.models.bills import InvoiceState as State
from purchasing.models.orders import LineState, OrderState
from purchasing.models.sources import Stage

KIND = Invoice.__tablename__
ZERO = Decimal(0)
CLAIMING = (State.MATCHED, State.APPROVED, State.POSTED, State.PAID)


def origin(invoice: Invoice) -> str:
    return f"{KIND}:{invoice.id}"


# --- Questions


@within("the match is shown and is run")
def tolerance(ctx: Context, site_id: int) -> Tolerance:
    names = ("price_hold_least", "price_hold_percent", "price_hold_most")
    return Tolerance(*(options.amount(ctx, f"purchasing.{name}", site_id) for name in names))


@within("the match screen shows what the match sees")
def seen(ctx: Context, invoice: Invoice, order: Order | None) -> tuple[Bill, list[Billed], dict[int, Ordered]]:
    """The invoice and its order as plain values. What the invoice itself has claimed is left out."""
    own = _own_claims(ctx, invoice)
    ordered = {line.id: _ordered(line, own.get(line.id, ZERO), invoice) for line in order.lines} if order else {}
    billed = [
        Billed(line.id, line.position, line.kind, line.order_line_id, line.quantity, line.amount)
        for line in invoice.lines
    ]
    return _bill(ctx, invoice, order), billed, ordered


def _own_claims(ctx: Context, invoice: Invoice) -> dict[int, Decimal]:
    query = (
        sa.select(Match.order_line_id, sa.func.sum(Match.quantity))
        .join(InvoiceLine, InvoiceLine.id == Match.invoice_line_id)
        .where(InvoiceLine.invoice_id == invoice.id)
        .group_by(Match.order_line_id)
    )
    return {row[0]: row[1] for row in ctx.session.execute(query)}


def _ordered(line: OrderLine, own: Decimal, invoice: Invoice) -> Ordered:
    taken = line.invoiced - line.credited
    taken += own if invoice.kind is InvoiceKind.CREDIT_NOTE else -own
    return Ordered(
        id=line.id,
        position=line.position,
        quantity=line.quantity,
        amount=line.amount,
        accepted=line.accepted,
        returned=line.returned,
        billed=taken,
        bill_percent=line.bill_percent,
        three_way=line.three_way,
        may_still_come=line.state is LineState.OPEN,
    )


def _bill(ctx: Context, invoice: Invoice, order: Order | None) -> Bill:
    coding = _coding(ctx, invoice) if order is None else None
    original = ctx.session.get(Invoice, invoice.duplicate_of_id) if invoice.duplicate_of_id else None
    return Bill(
        currency=invoice.currency,
        rate=invoice.rate,
        gross=invoice.gross,
        stated_gross=invoice.stated_gross,
        order_currency=order.currency if order else None,
        order_is_over=order is not None and order.state in (OrderState.CANCELLED, OrderState.CLOSED)
        and invoice.state not in CLAIMING,
        freight_left=_freight_left(ctx, invoice, order) if order else ZERO,
        duplicate_of=original.number if original else None,
        duplicate_on=original.invoice_date if original else None,
        iban=invoice.iban,
        verified_iban=suppliers.verified_iban(ctx, invoice.supplier_id),
        is_credit=invoice.kind is InvoiceKind.CREDIT_NOTE,
        expected_without_order=coding.expected if coding else None,
        expected_percent=coding.tolerance_percent if coding else ZERO,
    )  # fmt: skip


def _coding(ctx: Context, invoice: Invoice) -> Coding | None:
    query = sa.select(Coding).where(
        Coding.supplier_id == invoice.supplier_id, Coding.site_id == invoice.site_id, ~Coding.archived
    )
    return ctx.session.scalar(query)


def _freight_left(ctx: Context, invoice: Invoice, order: Order) -> Decimal:
    """What the order agreed for freight and surcharge, less what other matched invoices took."""
    query = (
        sa.select(sa.func.coalesce(sa.func.sum(InvoiceLine.amount), 0))
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(
            Invoice.order_id == order.id,
            Invoice.id != invoice.id,
            Invoice.kind == InvoiceKind.INVOICE,
            Invoice.state.in_(CLAIMING),
            InvoiceLine.kind.in_((BillLine.FREIGHT, BillLine.SURCHARGE)),
        )
    )
    return order.freight + order.surcharge - Decimal(ctx.session.scalar(query) or 0)


@within("the match screen says what is cheaper than agreed")
def remarks(ctx: Context, invoice: Invoice, order: Order | None) -> list[str]:
    bill, billed, ordered = seen(ctx, invoice, order)
    return warnings(bill, billed, ordered, tolerance(ctx, invoice.site_id))


# --- Actions


@within("capture, change, receipts and settled holds run the match; order and invoice are locked")
def rematch(ctx: Context, invoice: Invoice, order: Order | None) -> None:
    """Looks again at everything: lets go of what it claimed, opens and resolves holds, claims when it matches."""
    unclaim(ctx, invoice, order)
    bill, billed, ordered = seen(ctx, invoice, order)
    found = findings(bill, billed, ordered, tolerance(ctx, invoice.site_id))
    _write_holds(ctx, invoice, found)
    _ask_budget_holder(ctx, invoice)
    open_codes = {hold.code for hold in invoice.holds if hold.state is HoldState.OPEN}
    if not open_codes:
        state = State.MATCHED
        _claim(ctx, invoice, order)
    else:
        state = State.CAPTURED if open_codes <= WAITING else State.EXCEPTION
    if invoice.state is not state:
        lifecycle.move(ctx, invoice, state)
    else:
        invoice.version += 1
        ctx.session.flush()
    _bring_money(ctx, invoice, order)


def _write_holds(ctx: Context, invoice: Invoice, found: list[Finding]) -> None:
    """Holds follow the findings. An acceptance stays as long as exactly what was accepted is still so."""
    now = {finding.fingerprint: finding for finding in found}
    for hold in invoice.holds:
        if hold.state is not HoldState.RESOLVED and hold.fingerprint not in now:
            hold.state, hold.settled_at = HoldState.RESOLVED, ctx.now
            hold.version += 1
    there = {hold.fingerprint for hold in invoice.holds if hold.state is not HoldState.RESOLVED}
    for finding in found:
        if finding.fingerprint not in there:
            invoice.holds.append(
                Hold(
                    invoice_line_id=finding.line_id,
                    code=finding.code,
                    text=finding.text,
                    difference=finding.difference,
                    fingerprint=finding.fingerprint,
                    state=HoldState.OPEN,
                    opened_at=ctx.now,
                )
            )
    ctx.session.flush()


def _ask_budget_holder(ctx: Context, invoice: Invoice) -> None:
    """A bill without an order waits for the yes of whoever's budget pays it."""
    hold = next((h for h in invoice.holds if h.code is Code.NO_PO and h.state is HoldState.OPEN), None)
    centre = next((line.cost_centre_id for line in invoice.lines if line.cost_centre_id), None)
    if hold is None or centre is None or _was_refused(ctx, invoice, hold):
        return
    site = ctx.session.get_one(Site, invoice.site_id)
    worth = invoice.rate * rates.rate(ctx, site.currency, company_currency(ctx), invoice.invoice_date)
    approval = approvals.request(
        ctx,
        KIND,
        origin(invoice),
        site_id=invoice.site_id,
        amount=(invoice.net * worth).quantize(Decimal("0.0001"), ROUND_HALF_UP),
        currency=company_currency(ctx),
        cost_centre_id=centre,
        requested_by_id=invoice.captured_by_id,
        content_hash=hold.fingerprint,
    )
    if approval.state is ApprovalState.APPROVED:
        settle(ctx, hold, say("approved by the plant's rules"))


def _was_refused(ctx: Context, invoice: Invoice, hold: Hold) -> bool:
    """A no stands as long as what it was said to is still so: another match does not ask again."""
    standing = approvals.state_of(ctx, origin(invoice))
    return (
        standing is not None and standing.state is ApprovalState.REFUSED and standing.content_hash == hold.fingerprint
    )


@within("holds are settled by people and by approvals")
def settle(ctx: Context, hold: Hold, reason: str) -> None:
    assert hold.code in ACCEPTABLE
    hold.state, hold.reason = HoldState.ACCEPTED, reason
    hold.settled_by_id, hold.settled_at = ctx.user.id, ctx.now
    hold.version += 1
    ctx.session.flush()


@within("a match that is run again, changed or voided first lets go of what it claimed")
def unclaim(ctx: Context, invoice: Invoice, order: Order | None) -> None:
    claimed = _own_claims(ctx, invoice)
    for line in order.lines if order else ():
        if quantity := claimed.get(line.id):
            if invoice.kind is InvoiceKind.CREDIT_NOTE:
                line.credited -= quantity
            else:
                line.invoiced -= quantity
    own = sa.select(InvoiceLine.id).where(InvoiceLine.invoice_id == invoice.id)
    ctx.session.execute(sa.delete(Match).where(Match.invoice_line_id.in_(own)))
    ctx.session.flush()


def _claim(ctx: Context, invoice: Invoice, order: Order | None) -> None:
    """Ties each line to the receipts that it pays for, the oldest first."""
    if order is None:
        return
    lines = {line.id: line for line in order.lines}
    free = _free_receipts(ctx, [line.order_line_id for line in invoice.lines if line.order_line_id])
    for billed in invoice.lines:
        if billed.order_line_id is None:
            continue
        line = lines[billed.order_line_id]
        if invoice.kind is InvoiceKind.CREDIT_NOTE:
            line.credited += billed.quantity
            parts: list[tuple[int | None, Decimal]] = [(None, billed.quantity)]
        else:
            line.invoiced += billed.quantity
            parts = _parts(free.get(line.id, []), billed.quantity) if line.three_way else [(None, billed.quantity)]
        for receipt_line_id, quantity in parts:
            amount = budgets.share(billed.amount, quantity, billed.quantity)
            ctx.session.add(
                Match(
                    invoice_line_id=billed.id,
                    order_line_id=line.id,
                    receipt_line_id=receipt_line_id,
                    quantity=quantity,
                    amount=amount,
                )
            )
    ctx.session.flush()


def _parts(free: list[list[Decimal]], quantity: Decimal) -> list[tuple[int | None, Decimal]]:
    """Takes from the receipts in turn and lowers what is free; tolerance beyond them stands on no receipt."""
    parts: list[tuple[int | None, Decimal]] = []
    for slot in free:
        taken = min(slot[1], quantity)
        if taken > 0:
            parts.append((int(slot[0]), taken))
            slot[1] -= taken
            quantity -= taken
    if quantity > 0:
        parts.append((None, quantity))
    return parts


def _free_receipts(ctx: Context, order_line_ids: list[int]) -> dict[int, list[list[Decimal]]]:
    """Per order line: posted delivery lines and how much of each no invoice pays for yet."""
    paid = (
        sa.select(sa.func.coalesce(sa.func.sum(Match.quantity), 0))
        .where(Match.receipt_line_id == ReceiptLine.id)
        .scalar_subquery()
    )
    query = (
        sa.select(ReceiptLine.order_line_id, ReceiptLine.id, ReceiptLine.accepted - paid)
        .join(Receipt, Receipt.id == ReceiptLine.receipt_id)
        .where(ReceiptLine.order_line_id.in_(order_line_ids), Receipt.kind == ReceiptKind.DELIVERY)
        .where(Receipt.state == "posted")
        .order_by(Receipt.posted_at, ReceiptLine.id)
    )
    found: dict[int, list[list[Decimal]]] = {}
    for order_line_id, id, left in ctx.session.execute(query):
        found.setdefault(order_line_id, []).append([Decimal(id), left])
    return found


@within("a match moves the money from ordered to billed")
def _bring_money(ctx: Context, invoice: Invoice, order: Order | None) -> None:
    live = invoice.state in CLAIMING
    sign = -1 if invoice.kind is InvoiceKind.CREDIT_NOTE else 1
    by_id = {line.id: line for line in order.lines} if order else {}
    targets: list[Target] = []
    for line in invoice.lines:
        source = by_id.get(line.order_line_id or 0)
        centre = line.cost_centre_id or (source.cost_centre_id if source else _centre_of(order))
        if centre is None:
            continue
        worth = (line.amount * invoice.rate * sign).quantize(budgets.CENT, ROUND_HALF_UP) if live else ZERO
        year = source.budget_year if source else invoice.invoice_date.year
        targets.append(Target(Stage.INVOICED, worth, invoice.site_id, centre, year, invoice_line_id=line.id))
    budgets.bring(ctx, f"{origin(invoice)}:v{invoice.version}", targets)
    if order is not None:
        order.version += 1
        ctx.session.flush()
        amendments.finish(ctx, order)
        allocations.bring_money(ctx, order)


def _centre_of(order: Order | None) -> int | None:
    """Who pays charges that belong to no line."""
    if order is None:
        return None
    return order.cost_centre_id or next((line.cost_centre_id for line in order.lines), None)


@within("lines that are written anew first take their money back")
def let_go_of_money(ctx: Context, invoice: Invoice, order: Order | None) -> None:
    """The invoice is not matched: none of its lines stands in the ledger."""
    invoice.version += 1
    ctx.session.flush()
    _bring_money(ctx, invoice, order)


@within("voiding an invoice takes its money back")
def let_go(ctx: Context, invoice: Invoice, order: Order | None) -> None:
    """For an invoice that was voided just now: its claims, holds and money are gone."""
    unclaim(ctx, invoice, order)
    approvals.void(ctx, origin(invoice), mark("the invoice was voided"))
    for hold in invoice.holds:
        if hold.state is HoldState.OPEN:
            hold.state, hold.settled_at = HoldState.RESOLVED, ctx.now
    _bring_money(ctx, invoice, order)
