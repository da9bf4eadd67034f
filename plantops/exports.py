"""Exports: exactly what a list shows under its search and filters, as CSV or XLSX."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plantops import listing_pages, listing_params, tables
from plantops.context import Context, anyone
from plantops.errors import Invalid
from plantops.listing import Column, Kind, Listing, ListParams

FORMATS = {"csv": tables.CSV, "xlsx": tables.XLSX}
KINDS = {
    Kind.NUMBER: tables.Kind.NUMBER,
    Kind.QUANTITY: tables.Kind.NUMBER,
    Kind.MONEY: tables.Kind.MONEY,
    Kind.DATE: tables.Kind.DAY,
    Kind.TIME: tables.Kind.MOMENT,
}


@dataclass(frozen=True)
class Exported:
    """A file for whoever asked."""

    name: str
    media_type: str
    content: bytes


def columns_of(listing: Listing[Any]) -> list[Column]:
    """What is shown, and after each amount the currency or unit that goes with it."""
    by_key = {column.key: column for column in listing.columns}
    wanted: list[Column] = []
    for column in listing.shown:
        wanted += [column, by_key[column.unit]] if column.unit else [column]
    return list(dict.fromkeys(wanted))


@anyone("the list's own right is asked for before its first row is read")
def table(ctx: Context, listing: Listing[Any], params: ListParams) -> tables.Table:
    """The list as a table; its rows are read from the database while it is written."""
    ctx.need(listing.permission)
    columns = columns_of(listing)
    heads = [tables.Column(column.title, KINDS.get(column.kind, tables.Kind.TEXT)) for column in columns]
    asked = ", ".join(f"{name}: {value}" for name, value in params.given.items()) or "everything"
    notes = (f"{listing.title}, as of {ctx.now.astimezone(ctx.zone):%Y-%m-%d %H:%M}", f"Filter: {asked}")

    def rows() -> Iterator[Sequence[Any]]:
        for row in listing_pages.stream(ctx, listing, params):
            yield [getattr(row, column.key) for column in columns]

    return tables.Table(listing.title, heads, rows(), notes)


@anyone("the list's own right is asked for before its first row is read")
def as_file(ctx: Context, listing: Listing[Any], asked: Mapping[str, str | Sequence[str]], format: str) -> Exported:
    """`asked` are the parameters of the list's address; raises Invalid by field like the list itself."""
    if format not in FORMATS:
        raise Invalid(f"An export is {' or '.join(FORMATS)}, not {format[:20]}.", field="format")
    made = table(ctx, listing, listing_params.read(listing, asked))
    if format == "csv":
        content = tables.as_csv(made, zone=ctx.zone)
    else:
        content = tables.as_xlsx([made], title=listing.title, zone=ctx.zone, now=ctx.now)
    return Exported(f"{listing.name.replace('.', '-')}-{ctx.today:%Y-%m-%d}.{format}", FORMATS[format], content)
