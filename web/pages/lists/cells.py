"""A cell of a list: opened where it stands, changed by its module's action."""

from __future__ import annotations

from typing import Any

from fastapi.responses import Response

from plantops import listing_edits
from plantops.listing import Kind, named
from plantops.listing_edits import VALUE, Cell
from plantops.wording import say
from web.list_values import FIELDS, typed
from web.page import Context, Form, pages_router, part

router = pages_router()


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
    value = value_in(ctx, listing_edits.cell(ctx, listing, id, key), form)
    stays = listing_edits.change(ctx, listing, id, key, form.version, value)
    return Response(status_code=204, headers={} if stays else {"X-Row-Replaced": "yes"})


def field_of(cell: Cell) -> dict[str, Any]:
    """The kind of field, and what it offers."""
    if cell.options:
        return {"type": "select", "options": cell.options}
    return {"type": FIELDS.get(cell.column.kind, "text"), "options": (("yes", say("Yes")), ("no", say("No")))}


def shown(cell: Cell) -> Any:
    return ("yes" if cell.value else "no") if cell.column.kind is Kind.YES_NO else cell.value


def value_in(ctx: Context, cell: Cell, form: Form) -> Any:
    """What stands in the field of a cell."""
    if cell.options and form.text(VALUE):
        return form.number(VALUE) if cell.edit.choice is int else form.text(VALUE)
    return None if cell.options else typed(ctx, cell.column.kind, form, VALUE)
