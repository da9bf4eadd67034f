"""Addresses: where the fleet goes, with gate notes and hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from decimal import Decimal

from fastapi.responses import Response

from plantops.wording import say
from transport import addresses
from transport.lists import ADDRESSES
from transport.permissions import Can
from web import chosen
from web.lists import list_page
from web.page import Context, Form, Query, pages_router, see

router = pages_router()
END_OF_DAY = 1440


@dataclass(frozen=True)
class NewAddress:
    site_id: int
    code: str
    name: str
    latitude: Decimal
    longitude: Decimal
    is_depot: bool = False
    opens: time | None = None
    closes: time | None = None
    gate_note: str = ""
    phone: str = ""


@router.get("/transport/addresses")
def index(ctx: Context, query: Query) -> Response:
    site_id = chosen.site_id(ctx, query)
    return list_page(
        ctx,
        ADDRESSES,
        query,
        template="transport/addresses.html",
        site_id=site_id,
        may_change=ctx.may(Can.MANAGE_ORDERS, site_id=site_id),
    )


@router.post("/transport/addresses")
def add(ctx: Context, form: Form) -> Response:
    new = form.into(NewAddress)
    made = addresses.add(
        ctx,
        new.site_id,
        new.code,
        new.name,
        new.latitude,
        new.longitude,
        is_depot=new.is_depot,
        from_minute=minute(new.opens, 0),
        to_minute=minute(new.closes, END_OF_DAY),
        gate_note=new.gate_note,
        phone=new.phone,
    )
    return see(ctx, f"/transport/addresses?site={made.site_id}", say("{name} can be delivered to.", name=made.name))


def minute(at: time | None, otherwise: int) -> int:
    return at.hour * 60 + at.minute if at else otherwise
