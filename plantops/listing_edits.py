"""A single cell of a list, changed where it stands: by the action of its module, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

import sqlalchemy as sa

from plantops.context import Context, anyone
from plantops.errors import Invalid, NotFound
from plantops.listing import Column, Edit, Listing
from plantops.listing_pages import spoken
from plantops.wording import say

VALUE = "value"


@dataclass(frozen=True)
class Cell:
    """A cell that is open: what stands in it, and which version of its row that is."""

    column: Column
    edit: Edit
    value: Any
    version: int
    unit: str
    options: Sequence[tuple[Any, str]]


# --- Questions


@anyone("each person sees which cells they may change")
def offered(ctx: Context, listing: Listing[Any]) -> frozenset[str]:
    """The columns whose cells open for this person."""
    return frozenset(
        column.key
        for column in listing.shown
        if column.edit is not None and any(ctx.may(right) for right in column.edit.permissions)
    )


@anyone("the list's own right is asked for first, then the cell's; only a row that the person sees opens")
def cell(ctx: Context, listing: Listing[Any], id: int, key: str) -> Cell:
    """One cell as it is now, which may be newer than what the list still shows."""
    listing.need(ctx)
    column = listing.by_key.get(key)
    if column is None or column.edit is None:
        raise NotFound(say("Nothing in the list {title} is changed under this name.", title=listing.title))
    edit = column.edit
    if not any(ctx.may(right) for right in edit.permissions):
        ctx.need(edit.permissions[0])
    version: Any = cast("Any", listing.key).class_.version if edit.version is None else edit.version
    unit: Any = listing.by_key[column.unit].expr if column.unit else sa.literal("")
    value: Any = column.expr if edit.value is None else edit.value
    query = listing.rows(ctx).order_by(None).where(listing.key == id).with_only_columns(value, version, unit)
    row = ctx.session.execute(query).first()
    if row is None:
        raise NotFound(say("This row is gone, or you may not see it any more. Load the list again."))
    return Cell(column, edit, row[0], row[1] or 0, row[2] or "", _options(ctx, edit))


def _options(ctx: Context, edit: Edit) -> Sequence[tuple[Any, str]]:
    if edit.options is None:
        return ()
    if isinstance(edit.options, type):
        members = cast("type[StrEnum]", edit.options)
        return [(str(member.value), spoken(str(member.value))) for member in members]
    return edit.options(ctx)


# --- Actions


@anyone("the cell's right is asked for when it is read, and by its action for the very row")
def change(ctx: Context, listing: Listing[Any], id: int, key: str, version: int, value: Any) -> bool:
    """The module's own action. What it says of its fields is said of the one field that the person sees.

    False when another row stands for it from now on: a new price for one that has ended.
    """
    opened = cell(ctx, listing, id, key)
    if opened.edit.required and value in (None, ""):
        raise Invalid(say("Please fill this in."), field=VALUE)
    if opened.options and value is not None and str(value) not in {str(known) for known, _ in opened.options}:
        raise Invalid(say("Choose one of the options."), field=VALUE)
    try:
        made = opened.edit.act(ctx, id, version, value)
        ctx.session.flush()
    except Invalid as error:
        said = " ".join(dict.fromkeys(error.fields.values())) or error.message
        raise Invalid(said, field=VALUE) from error
    of_list = isinstance(made, cast("Any", listing.key).class_)
    return not of_list or getattr(made, "id", id) == id
