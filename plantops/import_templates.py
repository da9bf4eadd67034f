"""Files to fill in: what can be brought into a list, and an empty workbook with the right heads for it."""

from __future__ import annotations

from decimal import Decimal

from plantops import tables
from plantops.context import Context, anyone, requires
from plantops.import_kinds import Column, Holds, ImportKind, kind_named, kinds, kinds_of
from plantops.permissions import Can
from plantops.tables import Kind, Table
from plantops.wording import say

SHOWN_AS = {Holds.NUMBER: Kind.NUMBER, Holds.WHOLE: Kind.WHOLE, Holds.DAY: Kind.DAY, Holds.MOMENT: Kind.MOMENT}
NAMED = {
    Holds.TEXT: "text",
    Holds.NUMBER: "number",
    Holds.WHOLE: "whole number",
    Holds.DAY: "date",
    Holds.MOMENT: "date and time",
    Holds.YES: "yes or no",
}


# --- Questions


@anyone("each person is offered what they may import")
def allowed(ctx: Context) -> list[ImportKind]:
    """The kinds that this person may bring in, by title."""
    if not ctx.may(Can.IMPORT):
        return []
    return sorted((kind for kind in kinds(ctx.registry).values() if ctx.may(kind.permission)), key=lambda k: k.title)


@anyone("each person is offered what they may import")
def offered(ctx: Context, listing: str) -> list[ImportKind]:
    """The kinds that this person may bring into a list."""
    found = kinds_of(ctx.registry, listing)
    return [kind for kind in found if ctx.may(Can.IMPORT) and ctx.may(kind.permission)]


@requires(Can.IMPORT)
def template(ctx: Context, name: str) -> bytes:
    """A workbook with the heads of a kind, one row as an example, and what each column takes."""
    kind = kind_named(ctx.registry, name)
    ctx.need(kind.permission, to=f"import {kind.title.lower()}")
    heads = [tables.Column(column.title, SHOWN_AS.get(column.holds, Kind.TEXT)) for column in kind.columns]
    example = [_example(ctx, column) for column in kind.columns]
    about = [
        (column.title, "yes" if column.required else "", NAMED[column.holds], limits(column)) for column in kind.columns
    ]
    notes = (
        say("The second row is an example: write your first row over it."),
        say("Leave out columns that you do not need, and put them in any order."),
    )
    explained = [tables.Column(title) for title in (say("Column"), say("Needed"), say("Holds"), say("What it takes"))]
    sheets = (Table(kind.title, heads, [example], notes), Table(say("Columns"), explained, about))
    return tables.as_xlsx(sheets, title=kind.title, zone=ctx.zone, now=ctx.now)


def _example(ctx: Context, column: Column) -> object:
    """A value that this column takes."""
    match column.holds:
        case Holds.DAY:
            return ctx.today
        case Holds.MOMENT:
            return ctx.now
        case Holds.NUMBER | Holds.WHOLE:
            least = column.at_least if column.at_least is not None else Decimal(0)
            return Decimal(column.example) if column.example else max(least, Decimal(1))
        case Holds.YES:
            return column.example or "yes"
        case Holds.TEXT:
            fitting = column.title[: column.longest] if column.required else ""
            return column.example or (column.choices[0] if column.choices else fitting)


def limits(column: Column) -> str:
    """What a column takes, in words."""
    if column.choices:
        return say("one of {choices}", choices=", ".join(column.choices))
    if column.holds is Holds.TEXT:
        return say("up to {longest:,} characters", longest=column.longest)
    if column.at_least is not None and column.at_most is not None:
        return say("{at_least} to {at_most}", at_least=column.at_least, at_most=column.at_most)
    if column.at_least is not None:
        return say("{at_least} or more", at_least=column.at_least)
    return say("up to {at_most}", at_most=column.at_most) if column.at_most is not None else ""
