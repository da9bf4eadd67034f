"""Requisitions for programs: the same actions and the same refusals as on the pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from purchasing import requisition_approval, requisitions
from purchasing.models import Requisition
from purchasing.requisition_lines import NewLine
from purchasing.requisitions import Head
from web.api import Context, Version, api_router

router = api_router("requisitions")


@dataclass(frozen=True)
class LineOut:
    id: int
    position: int
    item_id: int | None
    description: str
    quantity: Decimal
    unit: str
    price: Decimal
    per: int
    amount: Decimal


@dataclass(frozen=True)
class RequisitionOut:
    id: int
    version: int
    number: str | None
    state: str
    title: str
    site_id: int
    cost_centre_id: int
    need_by: date
    total: Decimal
    currency: str
    lines: tuple[LineOut, ...]


def shown(found: Requisition) -> RequisitionOut:
    return RequisitionOut(
        found.id,
        found.version,
        found.number,
        found.state,
        found.title,
        found.site_id,
        found.cost_centre_id,
        found.need_by,
        found.total,
        found.currency,
        tuple(
            LineOut(n.id, n.position, n.item_id, n.description, n.quantity, n.unit, n.price, n.per, n.amount)
            for n in found.lines
        ),
    )


@router.get("/requisitions/{id}")
def read(ctx: Context, id: int) -> RequisitionOut:
    return shown(requisitions.read(ctx, id))


@router.post("/requisitions", status_code=201)
def start(ctx: Context, head: Head) -> RequisitionOut:
    return shown(requisitions.start(ctx, head))


@router.post("/requisitions/{id}/lines", status_code=201)
def add_line(ctx: Context, id: int, version: Version, line: NewLine) -> RequisitionOut:
    return shown(requisitions.add_line(ctx, id, version, line))


@router.post("/requisitions/{id}/submit")
def submit(ctx: Context, id: int, version: Version) -> RequisitionOut:
    return shown(requisition_approval.submit(ctx, id, version))


@router.post("/requisitions/{id}/approve")
def approve(ctx: Context, id: int, version: Version) -> RequisitionOut:
    return shown(requisition_approval.approve(ctx, id, version))
