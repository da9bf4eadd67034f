"""The price lists of suppliers: a new price from a day on, the preferred one, and the end of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from fastapi.responses import Response
from markupsafe import Markup

from plantops import items
from plantops.permissions import Can as Core
from plantops.units import PRICE_QUANTITIES, UNITS
from plantops.wording import number, say
from purchasing import catalogue, suppliers
from purchasing.catalogue import OfferFacts
from purchasing.lists import PRICES
from purchasing.permissions import Can
from purchasing.prices import Break
from web import chosen
from web.lists import Named, list_page
from web.page import Context, Form, Query, pages_router, render, see
from web.page import drawn as drawn_part

router = pages_router()
BREAKS = 3


@dataclass(frozen=True)
class Step:
    from_quantity: Decimal | None = None
    price: Decimal | None = None


@dataclass(frozen=True)
class NewPrice:
    item_id: int
    unit: str
    price: Decimal
    valid_from: date
    per: int = 1
    currency: str = ""
    least_quantity: Decimal = Decimal(0)
    pack_quantity: Decimal = Decimal(1)
    lead_days: int | None = None
    supplier_code: str = ""
    valid_until: date | None = None
    preferred: bool = False
    breaks: tuple[Step, ...] = ()

    def as_facts(self, supplier_id: int) -> OfferFacts:
        steps = [(one.from_quantity, one.price) for one in self.breaks]
        return OfferFacts(
            supplier_id,
            self.item_id,
            self.unit,
            self.price,
            self.valid_from,
            self.per,
            self.currency.upper(),
            self.least_quantity,
            self.pack_quantity,
            self.lead_days,
            self.supplier_code,
            self.valid_until,
            self.preferred,
            tuple(Break(quantity, price) for quantity, price in steps if quantity is not None and price is not None),
        )


def to(supplier_id: int) -> str:
    return f"/purchasing/suppliers/{supplier_id}"


@router.get("/purchasing/prices")
def index(ctx: Context, query: Query) -> Response:
    return list_page(ctx, PRICES, query, tabs=(Named("Hold today", {"running": "yes"}), Named("All")))


@router.get("/purchasing/suppliers/{id}/prices/new")
def new(ctx: Context, id: int, query: Query) -> Response:
    """Begins with the running price of the item that the address names."""
    ctx.need(Can.MANAGE_CATALOGUE)
    view = suppliers.read_supplier(ctx, id)
    named = chosen.number(query, "item")
    item = None if named is None else items.read_item(ctx, named)
    running = catalogue.list_offers(ctx, supplier_id=id, item_id=item.id)[:1] if item else []
    return render(
        ctx,
        "purchasing/price_new.html",
        view=view,
        item=item,
        running=running[0] if running else None,
        url=to(id),
        units=[(code, f"{code} ({unit.plural})" if unit.plural != code else code) for code, unit in UNITS.items()],
        pers=[(str(per), number(per, ",")) for per in sorted(PRICE_QUANTITIES)],
        breaks=range(BREAKS),
        today=ctx.today,
    )


@router.post("/purchasing/suppliers/{id}/prices")
def add(ctx: Context, id: int, form: Form) -> Response:
    catalogue.set_offer(ctx, form.into(NewPrice).as_facts(id))
    return see(ctx, to(id), say("The price holds from that day; the one before ends the day before."))


@router.post("/purchasing/prices/{id}/prefer")
def prefer(ctx: Context, id: int, form: Form) -> Response:
    chosen = catalogue.prefer(ctx, id, form.version)
    return see(ctx, to(chosen.supplier_id), say("It is ordered from here first."))


@router.post("/purchasing/prices/{id}/end")
def end(ctx: Context, id: int, form: Form) -> Response:
    ended = catalogue.end_offer(ctx, id, form.version, form.into(LastDay).last_day)
    return see(ctx, to(ended.supplier_id), say("It is quoted no longer after that day."))


@dataclass(frozen=True)
class LastDay:
    last_day: date


# --- On the pages of items and companies


def item_panel(ctx: Context, item_id: int) -> Markup | None:
    if not ctx.may(Can.READ_PRICES):
        return None
    rows = catalogue.list_offers(ctx, item_id=item_id)
    return drawn_part(ctx, "purchasing/item_panel.html", rows=rows, may_see=ctx.may(Can.READ_SUPPLIERS))


def party_panel(ctx: Context, party_id: int) -> Markup | None:
    if not ctx.may(Can.READ_SUPPLIERS):
        return None
    supplier_id = suppliers.of_party(ctx, party_id)
    may_add = ctx.may(Can.MANAGE_SUPPLIERS) and ctx.may(Core.MANAGE_PARTIES)
    return drawn_part(
        ctx, "purchasing/party_panel.html", supplier_id=supplier_id, party_id=party_id, may_add=may_add
    )  # fmt: skip
