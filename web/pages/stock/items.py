"""Items: what the plant buys, stores and uses; how it is counted and packed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from fastapi.responses import Response

from plantops import items, stock
from plantops.items import ItemFacts, ItemKind, Matching
from plantops.lists import ITEMS
from plantops.permissions import Can
from plantops.units import UNITS
from plantops.wording import say
from web.lists import Named, list_page
from web.page import Context, Form, Query, pages_router, render, see

router = pages_router()
TABS = (Named("In use", {"archived": "no"}), Named("Critical", {"critical": "yes"}), Named("All"))


@dataclass(frozen=True)
class Pack:
    unit: str
    factor: Decimal
    barcode: str | None = None


@dataclass(frozen=True)
class NewCategory:
    code: str
    name: str
    matching: Matching = Matching.THREE_WAY
    inspect: bool = False
    approves_itself: bool = False
    over_percent: Decimal | None = None
    under_percent: Decimal | None = None


def to(id: int) -> str:
    return f"/items/{id}"


def units() -> list[tuple[str, str]]:
    return [(code, f"{code} ({unit.plural})" if unit.plural != code else code) for code, unit in UNITS.items()]


@router.get("/items")
def index(ctx: Context, query: Query) -> Response:
    add = (say("New item"), "/items/new") if ctx.may(Can.MANAGE_ITEMS) else None
    return list_page(ctx, ITEMS, query, template="stock/item_list.html", tabs=TABS, add=add)


@router.get("/items/new")
def new(ctx: Context) -> Response:
    ctx.need(Can.MANAGE_ITEMS)
    return render(
        ctx,
        "stock/item_edit.html",
        item=None,
        categories=items.list_categories(ctx),
        units=units(),
        kinds=ItemKind,
    )


@router.post("/items")
def add(ctx: Context, form: Form) -> Response:
    made = items.add_item(ctx, form.into(ItemFacts))
    return see(ctx, to(made.id), say("{sku} {name} is in the catalogue.", sku=made.sku, name=made.name))


@router.get("/items/categories")
def categories(ctx: Context) -> Response:
    return render(ctx, "stock/categories.html", Can=Can, rows=items.list_categories(ctx), matchings=Matching)


@router.post("/items/categories")
def add_category(ctx: Context, form: Form) -> Response:
    typed = form.into(NewCategory)
    items.add_category(
        ctx,
        typed.code,
        typed.name,
        matching=typed.matching,
        inspect=typed.inspect,
        approves_itself=typed.approves_itself,
        over_percent=typed.over_percent,
        under_percent=typed.under_percent,
    )
    return see(ctx, "/items/categories", say("{name} is there.", name=typed.name))


@router.get("/items/{id}")
def show(ctx: Context, id: int) -> Response:
    found = items.read_item(ctx, id)
    return render(
        ctx,
        "stock/item.html",
        Can=Can,
        i=found,
        url=to(id),
        category=items.category(ctx, found.category_id),
        stocks=stock.list_stock_of(ctx, id) if ctx.may(Can.READ_STOCK) else [],
        units=units(),
    )


@router.get("/items/{id}/edit")
def edit(ctx: Context, id: int) -> Response:
    ctx.need(Can.MANAGE_ITEMS)
    found = items.read_item(ctx, id)
    return render(
        ctx,
        "stock/item_edit.html",
        item=found,
        categories=items.list_categories(ctx, archived=True),
        units=units(),
        kinds=ItemKind,
    )


@router.post("/items/{id}")
def change(ctx: Context, id: int, form: Form) -> Response:
    items.change_item(ctx, id, form.version, form.into(ItemFacts))
    return see(ctx, to(id), say("Saved."))


@router.post("/items/{id}/packs")
def set_pack(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Pack)
    items.set_pack(ctx, id, form.version, typed.unit, typed.factor, barcode=typed.barcode)
    return see(
        ctx,
        to(id),
        say("A {unit} holds {normalize:f} from now on.", unit=typed.unit, normalize=typed.factor.normalize()),
    )


@router.post("/items/{id}/packs/{unit}/remove")
def remove_pack(ctx: Context, id: int, unit: str, form: Form) -> Response:
    items.set_pack(ctx, id, form.version, unit, None)
    return see(ctx, to(id), say("The pack is taken off."))


@router.post("/items/{id}/archive")
def archive(ctx: Context, id: int, form: Form) -> Response:
    items.archive(ctx, id, form.version)
    return see(ctx, to(id), say("Out of the catalogue: nothing new is asked for or ordered of it."))


@router.post("/items/{id}/bring-back")
def bring_back(ctx: Context, id: int, form: Form) -> Response:
    items.archive(ctx, id, form.version, archived=False)
    return see(ctx, to(id), say("It is in the catalogue again."))
