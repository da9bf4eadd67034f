"""What a supplier receives: the order on paper, the mail around it, a reminder, a cancellation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from plantops import parties, places
from plantops.context import Context, within
from plantops.db import get
from plantops.documents import Paper
from plantops.items import Item
from plantops.money import Money
from plantops.people import User
from plantops.places import Place, Site
from plantops.units import UNITS, Quantity
from plantops.wording import number, say, speaking
from purchasing import suppliers
from purchasing.models import Order, OrderLine, Revision
from purchasing.models.orders import LineState, RevisionState
from purchasing.order_lines import still_open


@dataclass(frozen=True)
class Correspondence:
    """An order and everybody whom its letters name."""

    order: Order
    supplier: str
    supplier_address: str
    address: str | None
    customer_number: str
    language: str
    buyer: str
    buyer_email: str | None
    site: Site


# --- Questions


@within("jobs and the order's page write to the supplier")
def correspondence(ctx: Context, order_id: int) -> Correspondence:
    query = sa.select(Order).options(selectinload(Order.lines)).where(Order.id == order_id)
    order = get(ctx.session, query, what="order")
    supplier = suppliers.supplier(ctx, order.supplier_id)
    party = parties.party(ctx, supplier.party_id)
    buyer = ctx.session.get_one(User, order.buyer_id)
    with speaking(party.language):
        address = party.address
    return Correspondence(
        order=order,
        supplier=party.legal_name or party.name,
        supplier_address=address,
        address=supplier.order_email or party.email,
        customer_number=supplier.customer_number,
        language=party.language,
        buyer=buyer.name,
        buyer_email=buyer.email,
        site=places.site(ctx, order.site_id),
    )


@within("jobs and the order's page print the order")
def paper(ctx: Context, order_id: int) -> Paper:
    """The order as it stands now, for the printer, in the supplier's language."""
    to = correspondence(ctx, order_id)
    with speaking(to.language):
        return _paper(ctx, to)


def _paper(ctx: Context, to: Correspondence) -> Paper:
    order = to.order
    charges = [(say("Freight"), order.freight), (say("Small-order surcharge"), order.surcharge)]
    values = {
        "buyer_company": to.site.name,
        "buyer_address": to.site.address,
        "supplier": to.supplier,
        "supplier_address": to.supplier_address,
        "number": order.number or say("Draft"),
        "revision": order.revision,
        "ordered_on": order.ordered_on,
        "customer_number": to.customer_number,
        "buyer": to.buyer,
        "buyer_email": to.buyer_email,
        "deliver_to": _deliver_to(ctx, order, to.site),
        "incoterm": order.incoterm,
        "terms_days": order.terms_days,
        "changed": _why_changed(ctx, order),
        "note": order.note,
        "lines": _lines(ctx, order),
        "charges": [{"title": title, "amount": Money(amount, order.currency)} for title, amount in charges if amount],
        "total": Money(order.total, order.currency),
    }
    title = say("Order {number}", number=order.number) if order.number else say("Draft of an order")
    return Paper("purchasing", "order.html", title, values, language=to.language, zone=ctx.zone)


def _lines(ctx: Context, order: Order) -> list[dict[str, Any]]:
    live = [line for line in order.lines if line.state is not LineState.CANCELLED]
    ids = [line.item_id for line in live if line.item_id is not None]
    units = {
        row.id: row.stock_unit
        for row in ctx.session.execute(sa.select(Item.id, Item.stock_unit).where(Item.id.in_(ids)))
    }
    return [_line(line, order.currency, units.get(line.item_id or 0)) for line in live]


def _line(line: OrderLine, currency: str, stock_unit: str | None) -> dict[str, Any]:
    unit = UNITS[line.unit]
    packed = stock_unit is not None and stock_unit != line.unit
    return {
        "position": line.position,
        "description": line.description,
        "pack": _pack(unit.title, Quantity(line.factor, stock_unit)) if packed and stock_unit else "",
        "supplier_code": line.supplier_code,
        "quantity": Quantity(line.quantity, line.unit),
        "price": Money(line.price, currency),
        "per": number(line.per, ",") + f" {unit.plural}" if line.per > 1 else unit.title,
        "need_by": line.need_by,
        "amount": Money(line.amount, currency),
    }


def _pack(unit: str, content: Quantity) -> str:
    return say("{unit} of {content}", unit=unit, content=content)


def _deliver_to(ctx: Context, order: Order, site: Site) -> str:
    place = ctx.session.get(Place, order.place_id) if order.place_id else None
    return f"{site.name}, {place.name}" if place else site.name


def _why_changed(ctx: Context, order: Order) -> str:
    if not order.revision:
        return ""
    query = sa.select(Revision.reason).where(
        Revision.order_id == order.id, Revision.number == order.revision, Revision.state == RevisionState.APPROVED
    )
    return ctx.session.scalar(query) or ""


# --- Rules: the words of a mail, in the supplier's language


def order_mail(to: Correspondence) -> tuple[str, str]:
    with speaking(to.language):
        called = to.order.number
        if to.order.revision:
            called = say("{number}, revision {revision}", number=called, revision=to.order.revision)
        body = say(
            "Good day,\n\nplease find our order {number} attached. "
            "Kindly confirm it with a delivery date for each line.\n\nRegards,\n{buyer}\n{site}\n",
            number=called,
            buyer=to.buyer,
            site=to.site.name,
        )
        return say("Order {number} from {site}", number=called, site=to.site.name), body


def reminder_mail(to: Correspondence) -> tuple[str, str]:
    """Names what has not come, so that the supplier need not look it up."""
    order = to.order
    with speaking(to.language):
        missing = [_missing(line) for line in order.lines if line.state is LineState.OPEN and still_open(line) > 0]
        body = say(
            "Good day,\n\nof our order {number} we are waiting for:\n\n{lines}\n\nWhen may we expect it?\n\n"
            "Regards,\n{buyer}\n{site}\n",
            number=order.number,
            lines="\n".join(missing),
            buyer=to.buyer,
            site=to.site.name,
        )
        return say("Order {number}: when does it come?", number=order.number), body


def _missing(line: OrderLine) -> str:
    return say(
        "  {position}. {description}: {quantity}, due {day}",
        position=line.position,
        description=line.description,
        quantity=Quantity(still_open(line), line.unit),
        day=line.promised_on or line.need_by,
    )


def cancellation_mail(to: Correspondence) -> tuple[str, str]:
    with speaking(to.language):
        body = say(
            "Good day,\n\nwe have cancelled our order {number}. Please do not deliver it, and confirm this.\n\n"
            "Regards,\n{buyer}\n{site}\n",
            number=to.order.number,
            buyer=to.buyer,
            site=to.site.name,
        )
        return say("Order {number} is cancelled", number=to.order.number), body
