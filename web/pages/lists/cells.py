"""A cell of a list: opened where it stands, changed by its module's action."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from fastapi.responses import Response

from plantops import listing_edits
from plantops.errors import Invalid
from plantops.listing import Kind, named
from plantops.listing_edits import VALUE, Cell
from web.forms import Wrong, day, decimal, integer, moment, plain_text, yes_or_no
from web.page import Context, Form, pages_router, part

router = pages_router()
FIELDS = {
    Kind.NUMBER: "number",
    Kind.MONEY: "money",
    Kind.QUANTITY: "quantity",
    Kind.DATE: "date",
    Kind.TIME: "datetime",
    Kind.YES_NO: "select",
    Kind.CHOICE: "select",
}
YES_OR_NO = (("yes", "Yes"), ("no", "No"))


@router.get("/lists/{name}/cells/{id}/{key}")
def open_cell(ctx: Context, name: str, id: int, key: str) -> Response:
    listing = named(ctx.registry, name)
    cell = listing_edits.cell(ctx, listing, id, key)
    url = f"/lists/{listing.name}/cells/{id}/{key}"
    return part(ctx, "cell_form", cell=cell, url=url, id=f"cell-{id}-{key}", value=shown(cell), **field_of(cell))


@router.post("/lists/{name}/cells/{id}/{key}")
def change(ctx: Context, name: str, id: int, key: str, form: Form) -> Response:
    """Done, and no more to say: the page draws the row again, for other cells may follow from this one."""
    listing = named(ctx.registry, name)
    value = typed(ctx, listing_edits.cell(ctx, listing, id, key), form)
    listing_edits.change(ctx, listing, id, key, form.version, value)
    return Response(status_code=204)


def field_of(cell: Cell) -> dict[str, Any]:
    """The kind of field, and what it offers."""
    if cell.options:
        return {"type": "select", "options": cell.options}
    return {"type": FIELDS.get(cell.column.kind, "text"), "options": YES_OR_NO}


def shown(cell: Cell) -> Any:
    return ("yes" if cell.value else "no") if cell.column.kind is Kind.YES_NO else cell.value


def typed(ctx: Context, cell: Cell, form: Form) -> str | int | bool | Decimal | date | datetime | None:
    """What stands in the field, as its column's kind; None where it was emptied, but empty text for text."""
    given = form.text(VALUE)
    if not given:
        return "" if cell.column.kind is Kind.TEXT and not cell.options else None
    try:
        if cell.options:
            return integer(given) if cell.edit.choice is int else given
        match cell.column.kind:
            case Kind.NUMBER:
                return integer(given)
            case Kind.MONEY | Kind.QUANTITY:
                return decimal(given)
            case Kind.DATE:
                return day(given)
            case Kind.TIME:
                return moment(given, ctx.zone)
            case Kind.YES_NO:
                return yes_or_no(given)
            case _:
                return plain_text(given)
    except Wrong as error:
        raise Invalid(str(error), field=VALUE) from error
