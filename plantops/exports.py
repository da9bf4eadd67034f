"""Exports: exactly what a list shows under its search and filters, as CSV or XLSX; long ones by the worker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from plantops import activity, files, jobs, links, listing_groups, listing_pages, listing_params, tables
from plantops.context import Context, anyone, within
from plantops.errors import Invalid
from plantops.files import File
from plantops.jobs import Done, JobRun
from plantops.listing import NONE, Column, Kind, Listing, ListParams, named
from plantops.wording import say

FORMATS = {"csv": tables.CSV, "xlsx": tables.XLSX}
KINDS = {
    Kind.NUMBER: tables.Kind.NUMBER,
    Kind.QUANTITY: tables.Kind.NUMBER,
    Kind.MONEY: tables.Kind.MONEY,
    Kind.DATE: tables.Kind.DAY,
    Kind.TIME: tables.Kind.MOMENT,
}
AT_ONCE = 10_000
"""More rows than this are written by the worker, so that nobody's page waits for them."""
JOB = "core.export_list"
KEEP = timedelta(days=7)
TELL_EVERY = 1000
Asked = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Exported:
    """A file for whoever asked."""

    name: str
    media_type: str
    content: bytes


# --- Rules


def columns_of(listing: Listing[Any], keys: Sequence[str] = ()) -> list[Column]:
    """What is shown, and after each amount the currency or unit that goes with it."""
    wanted: list[Column] = []
    for column in listing.chosen(keys):
        wanted += [column, listing.by_key[column.unit]] if column.unit else [column]
    return list(dict.fromkeys(wanted))


def why_not_write(format: str) -> str | None:
    return (
        None
        if format in FORMATS
        else say("An export is {formats}, not {format}.", formats=" or ".join(FORMATS), format=format[:20])
    )


def titled(listing: Listing[Any], params: ListParams, key: str) -> str:
    """What the rows of a group have in common, in words."""
    column = listing.by_key[params.group]
    if key == NONE:
        return f"{column.title}: none"
    return f"{column.title}: {listing_pages.spoken(key) if column.kind is Kind.CHOICE else key}"


def subtotals(columns: Sequence[Column], lead: Column, title: str, sums: listing_groups.Sums) -> Iterator[list[Any]]:
    """A line for a group, and one more for each further currency or unit that its amounts have."""
    lines: dict[tuple[str, str], dict[str, Any]] = {}
    for column in columns:
        for amount, unit in sums.get(column.key, ()):
            line = lines.setdefault((column.unit or "", unit), {})
            line |= {column.key: amount, column.unit or "": unit}
    for number, line in enumerate(lines.values() or [{}]):
        line |= {lead.key: title if number == 0 else ""}
        yield [line.get(column.key) for column in columns]


# --- Questions


@anyone("the list's own right is asked for before its first row is read")
def table(ctx: Context, listing: Listing[Any], params: ListParams) -> tables.Table:
    """The list as a table; its rows are read from the database while it is written."""
    listing.need(ctx)
    columns = columns_of(listing, params.columns)
    heads = [tables.Column(column.title, KINDS.get(column.kind, tables.Kind.TEXT)) for column in columns]
    telling = jobs.reporter(ctx)
    is_grouped = params.group and params.within is None

    def rows(params: ListParams = params) -> Iterator[Sequence[Any]]:
        for number, row in enumerate(listing_pages.stream(ctx, listing, params), 1):
            if number % TELL_EVERY == 0 and not telling.tell(None, say("{number:,} rows are written", number=number)):
                raise jobs.Cancelled
            yield [getattr(row, column.key) for column in columns]

    def grouped() -> Iterator[Sequence[Any]]:
        found = listing_groups.read(ctx, listing, params)
        if found.is_cut:
            raise Invalid(
                say(
                    "More than {most_groups} groups are not written. Filter the list first.",
                    most_groups=listing_groups.MOST_GROUPS,
                )
            )
        for group in found.groups:
            yield from subtotals(
                columns, listing.lead, f"{titled(listing, params, group.key)} ({group.count:,})", group.sums
            )
            yield from rows(replace(params, within=group.key))
        yield from subtotals(columns, listing.lead, say("Total ({count:,})", count=found.count), found.sums)

    return tables.Table(listing.title, heads, grouped() if is_grouped else rows(), notes(ctx, listing, params))


@anyone("it says only what the person asked for")
def notes(ctx: Context, listing: Listing[Any], params: ListParams) -> tuple[str, str]:
    """What stands on every copy: which list it is, as of when, and what was filtered."""
    asked = ", ".join(f"{name}: {value}" for name, value in params.filtered.items()) or say("everything")
    made = f"{ctx.now.astimezone(ctx.zone):%Y-%m-%d %H:%M}"
    return say("{title}, as of {made}", title=listing.title, made=made), say("Filter: {asked}", asked=asked)


@anyone("the list's own right is asked for before its first row is read")
def as_file(ctx: Context, listing: Listing[Any], asked: Asked, format: str) -> Exported:
    """`asked` are the parameters of the list's address; raises Invalid by field like the list itself."""
    if reason := why_not_write(format):
        raise Invalid(reason, field="format")
    made = table(ctx, listing, listing_params.read(listing, asked))
    if format == "csv":
        content = tables.as_csv(made, zone=ctx.zone)
    else:
        content = tables.as_xlsx([made], title=listing.title, zone=ctx.zone, now=ctx.now)
    return Exported(f"{listing.name.replace('.', '-')}-{ctx.today:%Y-%m-%d}.{format}", FORMATS[format], content)


@anyone("the list's own right is asked for before its first row is counted")
def is_long(ctx: Context, listing: Listing[Any], asked: Asked) -> bool:
    """Are there more rows than a page waits for?"""
    return listing_pages.how_many(ctx, listing, listing_params.read(listing, asked), AT_ONCE) > AT_ONCE


# --- Actions


@anyone("the list's own right is asked for here, and again by the worker in the person's name")
def ask_worker(ctx: Context, listing: Listing[Any], asked: Asked, format: str) -> int:
    """The worker writes the file and tells the person when it is there; returns the run to watch."""
    listing.need(ctx)
    if reason := why_not_write(format):
        raise Invalid(reason, field="format")
    given = {name: value if isinstance(value, str) else list(value) for name, value in asked.items()}
    listing_params.read(listing, given)
    return ctx.enqueue(JOB, list=listing.name, asked=given, format=format)


@within("the job of somebody who wants a long list as a file")
def write_by_worker(ctx: Context, list: str, asked: Asked, format: str) -> Done:
    made = as_file(ctx, named(ctx.registry, list), asked, format)
    file = files.keep_made(ctx, made.name, made.media_type, made.content)
    run = ctx.request_id.partition(":")[2]
    if run:
        activity.told(
            ctx, links.origin_of("core_job_run", int(run)), say("{name} is ready to be downloaded.", name=made.name)
        )
    return Done(
        say("{name} is ready. It is kept for {days} days.", name=made.name, days=KEEP.days), f"/files/{file.id}"
    )


@within("a job of the system")
def forget_old(ctx: Context) -> Done:
    """Exports hold what people may see today: nobody downloads them a week later. `sweep_files` takes the bytes."""
    old = sa.select(JobRun).where(
        JobRun.name == JOB, JobRun.finished_at < ctx.now - KEEP, JobRun.link.startswith("/files/")
    )
    gone = 0
    for run in ctx.session.scalars(old.with_for_update()):
        file = ctx.session.get(File, int(str(run.link).rpartition("/")[2]))
        run.link, run.message = (
            None,
            say("The file was removed after {days} days. Export the list again.", days=KEEP.days),
        )
        if file is not None:
            ctx.session.delete(file)
            gone += 1
    ctx.session.flush()
    return Done(say("{gone} old exports removed", gone=gone))
