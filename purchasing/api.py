"""The door for neighbours: ask for goods, and follow what was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sqlalchemy as sa

from plantops.context import Context, requires, within
from plantops.db import one_at_a_time
from purchasing import requisition_approval, requisitions
from purchasing.models import Requisition
from purchasing.models.orders import RequisitionState
from purchasing.permissions import Can
from purchasing.requisition_lines import NewLine
from purchasing.requisitions import Head


@dataclass(frozen=True)
class Wanted:
    """Something that is needed: an item of the catalogue, or a description with an estimate in the site's currency."""

    quantity: Decimal
    item_id: int | None = None
    description: str = ""
    unit: str = ""
    estimate: Decimal | None = None


@dataclass(frozen=True)
class Asked:
    """A requisition as its neighbours may know it."""

    id: int
    number: str | None
    state: str
    total: Decimal
    currency: str


@requires(Can.ASK)
def request(
    ctx: Context,
    site_id: int,
    cost_centre_id: int,
    need_by: date,
    wanted: Sequence[Wanted],
    *,
    title: str = "",
    note: str = "",
    place_id: int | None = None,
    store_id: int | None = None,
    origin: str = "",
    submit: bool = True,
) -> Asked:
    """Raises a requisition in the name of whoever acts, and asks for its approval unless `submit` is off.

    `origin` names what needs it, such as `housekeeping_work_order:17`; only one of the same is open at a time.
    """
    if origin:
        one_at_a_time(ctx.session, "requisition for", origin)
        if there := _open_one(ctx, origin):
            return there
    lines = tuple(NewLine(one.quantity, one.item_id, one.description, one.unit, price=one.estimate) for one in wanted)
    head = Head(site_id, cost_centre_id, need_by, title, note, place_id, store_id)
    made = requisitions.start(ctx, head, lines, raised_by=origin)
    if submit:
        made = requisition_approval.submit(ctx, made.id, made.version)
    return _asked(made)


@within("neighbours show what became of what they asked for")
def of_origin(ctx: Context, origin: str) -> list[Asked]:
    """Every requisition that something raised, the newest first."""
    query = sa.select(Requisition).where(Requisition.origin == origin).order_by(Requisition.id.desc())
    return [_asked(found) for found in ctx.session.scalars(query)]


def _open_one(ctx: Context, origin: str) -> Asked | None:
    live = (RequisitionState.DRAFT, RequisitionState.SUBMITTED, RequisitionState.APPROVED)
    query = sa.select(Requisition).where(Requisition.origin == origin, Requisition.state.in_(live))
    found = ctx.session.scalar(query)
    return _asked(found) if found else None


def _asked(requisition: Requisition) -> Asked:
    return Asked(requisition.id, requisition.number, requisition.state, requisition.total, requisition.currency)
