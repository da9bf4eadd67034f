"""Parked deliveries: goods at the dock that nobody can tie to an order yet are parked, not lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import sqlalchemy as sa

from plantops import lifecycle, stores
from plantops.context import Context, requires
from plantops.db import get
from plantops.errors import Conflict, Invalid
from plantops.wording import say
from purchasing import receipt_rules, receipts
from purchasing.models import Receipt, UnknownDelivery
from purchasing.models.bills import UnknownState as State
from purchasing.permissions import Can
from purchasing.receipts import NewReceipt


@dataclass(frozen=True)
class Parked:
    """What a receiver sees on a delivery without an order."""

    site_id: int
    sender: str
    text: str
    arrived_on: date
    delivery_note: str = ""
    place_id: int | None = None
    photo_id: int | None = None


# --- Questions


def visible(ctx: Context) -> sa.Select[UnknownDelivery]:
    query = sa.select(UnknownDelivery)
    sites = ctx.sites(Can.READ_RECEIPTS)
    return query if sites is None else query.where(UnknownDelivery.site_id.in_(sites))


@requires(Can.READ_RECEIPTS)
def list_unknown(ctx: Context, site_id: int) -> list[UnknownDelivery]:
    """What is parked, the oldest first."""
    query = visible(ctx).where(UnknownDelivery.site_id == site_id, UnknownDelivery.state == State.OPEN)
    return list(ctx.session.scalars(query.order_by(UnknownDelivery.arrived_on, UnknownDelivery.id)))


@requires(Can.READ_RECEIPTS)
def read(ctx: Context, id: int) -> UnknownDelivery:
    return get(ctx.session, visible(ctx).where(UnknownDelivery.id == id), what="delivery")


# --- Actions


@requires(Can.RECEIVE)
def park(ctx: Context, parked: Parked) -> UnknownDelivery:
    """It stays at its place until a buyer says what it is."""
    ctx.need(Can.RECEIVE, site_id=parked.site_id, to="receive goods at this site")
    if not parked.sender.strip():
        raise Invalid(say("Say who sent it, as the label has it."), field="sender")
    if not parked.text.strip():
        raise Invalid(say("Say what it is: two boxes, a pallet."), field="text")
    if reason := receipt_rules.why_not_arrived(parked.arrived_on, ctx.today):
        raise Invalid(say("Say when it came: {reason}.", reason=reason), field="arrived_on")
    if wrong := stores.wrong_for_site(ctx, parked.site_id, place_id=parked.place_id):
        raise Invalid(say("Some of what was entered cannot be."), fields=wrong)
    new = UnknownDelivery(
        site_id=parked.site_id,
        sender=parked.sender.strip()[:200],
        text=parked.text.strip()[:2000],
        delivery_note=parked.delivery_note.strip()[:60],
        place_id=parked.place_id,
        arrived_on=parked.arrived_on,
        parked_by_id=ctx.user.id,
        parked_at=ctx.now,
        photo_id=parked.photo_id,
    )
    ctx.session.add(new)
    ctx.session.flush()
    return new


@requires(Can.RECEIVE)
def receive_parked(ctx: Context, id: int, version: int, new: NewReceipt) -> Receipt:
    """The order was found: it is received on the day on which it came."""
    parked = _open(ctx, id, version)
    ctx.need(Can.RECEIVE, site_id=parked.site_id, to="receive goods at this site")
    note = new.delivery_note or parked.delivery_note
    receipt = receipts.receive_on_its_day(
        ctx, replace(new, delivery_note=note, arrived_on=parked.arrived_on, place_id=new.place_id or parked.place_id)
    )
    parked.receipt_id = receipt.id
    lifecycle.move(ctx, parked, State.RECEIVED)
    return receipt


@requires(Can.RECEIVE, Can.BUY)
def send_away(ctx: Context, id: int, version: int, reason: str) -> UnknownDelivery:
    """Nobody ordered it: it goes back with the next lorry."""
    parked = _open(ctx, id, version)
    if not ctx.may(Can.BUY, site_id=parked.site_id):
        ctx.need(Can.RECEIVE, site_id=parked.site_id, to="receive goods at this site")
    lifecycle.move(ctx, parked, State.SENT_AWAY, reason)
    return parked


def _open(ctx: Context, id: int, version: int) -> UnknownDelivery:
    query = visible(ctx).where(UnknownDelivery.id == id)
    parked = get(ctx.session, query, what="delivery", version=version, lock=True)
    if parked.state is not State.OPEN:
        raise Conflict(say("This delivery was {spoken} already.", spoken=lifecycle.spoken(parked.state)))
    return parked
