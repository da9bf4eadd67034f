"""What waits for somebody's yes: what it is about, from whom, and why it is this person's to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from plantops import approvals, links
from plantops.approval_records import WaitingRow
from plantops.approval_rules import Approver
from plantops.context import Context, within
from plantops.parties import Party
from plantops.wording import inside, say
from purchasing import amendments, orders, requisitions, three_way
from purchasing.models import Invoice, Order, OrderLine, Requisition, RequisitionLine, Revision, Supplier


@dataclass(frozen=True)
class ToDecide:
    """A document that waits for one's yes: what it is about, from whom, and why it is asked of this person."""

    waiting: WaitingRow
    kind: str
    number: str
    what: str
    supplier: str
    why: str
    is_over_budget: bool = False


@within("everybody sees what waits for their own yes; who is to decide sees what about")
def to_decide(ctx: Context) -> list[ToDecide]:
    """The documents of purchasing that this person may decide, the oldest first."""
    rows = [row for row in approvals.waiting_for(ctx) if row.kind.startswith("purchasing_")]
    ids: dict[str, list[int]] = {}
    for row in rows:
        kind, id = links.parts(row.origin)
        ids.setdefault(kind, []).append(id)
    about = {
        f"{kind}:{row.id}": row
        for kind, found in ids.items()
        for row in ctx.session.execute(ABOUT[kind].where(KEYS[kind].in_(found)))
    }
    titles = ctx.registry.role_titles()
    return [_told(row, about.get(row.origin), why_me(row, titles)) for row in rows]


def _told(waiting: WaitingRow, about: sa.Row[Any] | None, why: str) -> ToDecide:
    kind = links.parts(waiting.origin)[0]  # the rule that asks may be that of another kind: a change is an order's
    if about is None:
        return ToDecide(waiting, kind, "", "", "", why)
    number, what, supplier = about.number or "", about.what or "", about.supplier or ""
    if kind == amendments.KIND:
        number = say("{number}, revision {revision}", number=number, revision=about.more)
    if kind == three_way.KIND:
        what = say("Bill without an order, their number {number}", number=what)
    return ToDecide(waiting, kind, number, what, supplier, why, kind == requisitions.KIND and about.more > 0)


def why_me(row: WaitingRow, titles: Mapping[str, str]) -> str:
    """In words: whose yes the rule asks for."""
    why = _why_another(row, titles) if row.on_behalf_of else _why_you(row, titles)
    if not row.above:
        return why
    return say("{why}; the rule begins at {above:,.0f} {currency}", why=why, above=row.above, currency=row.currency)


def _why_you(row: WaitingRow, titles: Mapping[str, str]) -> str:
    match row.approver:
        case Approver.BUDGET_HOLDER if row.cost_centre:
            return say("you hold the budget of cost centre {centre}", centre=row.cost_centre)
        case Approver.BUDGET_HOLDER:
            return say("you hold its budget")
        case Approver.USER:
            return say("the rule names you")
    return say("you are {role} of this site", role=_role(row, titles))


def _why_another(row: WaitingRow, titles: Mapping[str, str]) -> str:
    """The yes is another's, for whom this person stands in."""
    name = row.on_behalf_of
    match row.approver:
        case Approver.BUDGET_HOLDER if row.cost_centre:
            return say(
                "{name} holds the budget of cost centre {centre}, and you stand in", name=name, centre=row.cost_centre
            )
        case Approver.BUDGET_HOLDER:
            return say("{name} holds its budget, and you stand in", name=name)
        case Approver.USER:
            return say("the rule names {name}, and you stand in", name=name)
    return say("{name} is {role} of this site, and you stand in", name=name, role=_role(row, titles))


def _role(row: WaitingRow, titles: Mapping[str, str]) -> str:
    return inside(titles.get(row.role or "", row.role or say("an approver")))


FIRST_LINE = (
    sa.select(OrderLine.description).where(OrderLine.order_id == Order.id).order_by(OrderLine.position).limit(1)
)
KEYS: dict[str, Any] = {
    requisitions.KIND: Requisition.id, orders.KIND: Order.id, three_way.KIND: Invoice.id, amendments.KIND: Revision.id,
}  # fmt: skip
SUPPLIERS = (
    sa.select(sa.func.string_agg(sa.distinct(Party.name), ", "))
    .select_from(RequisitionLine)
    .join(Supplier, Supplier.id == RequisitionLine.supplier_id)
    .join(Party, Party.id == Supplier.party_id)
    .where(RequisitionLine.requisition_id == Requisition.id)
)
ABOUT: dict[str, sa.Select[*tuple[Any, ...]]] = {
    requisitions.KIND: sa.select(
        Requisition.id, Requisition.number, Requisition.title.label("what"),
        SUPPLIERS.scalar_subquery().label("supplier"), Requisition.over_budget.label("more"),
    ),
    orders.KIND: sa.select(
        Order.id, Order.number, FIRST_LINE.scalar_subquery().label("what"), Party.name.label("supplier")
    )
    .join(Supplier, Supplier.id == Order.supplier_id)
    .join(Party, Party.id == Supplier.party_id),
    amendments.KIND: sa.select(
        Revision.id, Order.number, Revision.reason.label("what"), Party.name.label("supplier"),
        Revision.number.label("more"),
    )
    .join(Order, Order.id == Revision.order_id)
    .join(Supplier, Supplier.id == Order.supplier_id)
    .join(Party, Party.id == Supplier.party_id),
    three_way.KIND: sa.select(
        Invoice.id, Invoice.number, Invoice.supplier_number.label("what"), Party.name.label("supplier")
    )
    .join(Supplier, Supplier.id == Invoice.supplier_id)
    .join(Party, Party.id == Supplier.party_id),
}  # fmt: skip
"""Of each kind: id, number, what it is about, from whom, and what more is to be said of it."""


@within("a document's page hides or explains its buttons by it")
def why_not_decide(ctx: Context, origin: str, content_hash: str) -> str | None:
    if approvals.state_of(ctx, origin) is None:
        return say("nobody asked for approval")
    approval = approvals.latest(ctx, origin)
    return approvals.why_not_decide(approval, ctx.user.id, approvals.claims_on(ctx, approval), content_hash, True)
