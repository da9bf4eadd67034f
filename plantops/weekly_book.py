"""The week on paper and in sheets, and its way to the plant manager on Monday morning."""

from __future__ import annotations

import base64
import importlib.resources
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from plantops import charts, documents, files, links, outbox, tables, weekly_archive, weekly_report
from plantops.context import Context, requires, within
from plantops.db import one_at_a_time
from plantops.errors import Conflict
from plantops.jobs import Computation, Done, Reporter
from plantops.people import User, actor_of
from plantops.permissions import Can
from plantops.tables import Column, Kind, Table
from plantops.weekly import Part, Span
from plantops.weekly_archive import Seen, WeeklyReport
from plantops.wording import label, number, say, speaking

FORMATS = ("html", "pdf", "xlsx")
ROWS_IN_SHEETS = 5000
KINDS = {
    "date": Kind.DAY,
    "moment": Kind.MOMENT,
    "money": Kind.MONEY,
    "number": Kind.NUMBER,
    "hours": Kind.NUMBER,
}
SIGNS = {True: "\u25b2", False: "\u25cf"}


@within("the page, the command line and the Monday job make a week in the same way")
def make(ctx: Context, span: Span) -> tuple[WeeklyReport, bool]:
    """The week made now and kept; the same figures again are the same revision. (report, is it new)"""
    payload = weekly_report.in_every_language(ctx.as_system(), span)
    return weekly_archive.freeze(ctx, span, payload, weekly_report.digest(payload))


# --- Paper


@requires(Can.READ_WEEKLY)
def paper(ctx: Context, seen: Seen, actions: list[Any]) -> documents.Paper:
    """One A4 page: sentences, ten rows, exceptions, strips, actions, foot; definitions on page two."""
    payload = seen.payload
    pictures = {
        f"line-{place}": charts.spark(
            [None if value is None else float(value) for value in row["line"]],
            target=float(row["target"]),
            bad=Decimal(row["outside"]) > 0,
        )
        for place, row in enumerate(payload["figures"])
    }
    values = {
        "report": seen,
        "payload": payload,
        "actions": actions,
        "sign": lambda row: SIGNS[Decimal(row["outside"]) > 0],
        "shown": shown,
        "exact": exact,
    }
    title = say("Week {payload}, revision {revision}", payload=payload["week"], revision=seen.revision)
    return documents.Paper("plantops", "weekly.html", title, values, pictures, zone=ctx.zone)


def standalone(page: documents.Paper) -> str:
    """The same page as one HTML file that needs nothing beside it."""
    css = importlib.resources.files("plantops").joinpath("paper/paper.css").read_text(encoding="utf-8")
    html = documents.html(page).replace('<link rel="stylesheet" href="paper:paper.css">', f"<style>{css}</style>")
    for name, picture in page.pictures.items():
        data = base64.b64encode(picture).decode()
        html = html.replace(f'"picture:{name}"', f'"data:image/svg+xml;base64,{data}"')
    return html


def shown(text: str | None, row: dict[str, Any]) -> str:
    """A frozen value with the figure's digits."""
    return "" if text is None else number(round(Decimal(text), row["digits"]), ",")


def exact(text: str | None) -> str:
    """A frozen sum as the ledger has it, with two digits where there are any; a sum of no rows is 0."""
    value = Decimal(text or 0)
    return number(round(value) if value == value.to_integral_value() else round(value, 2), ",")


# --- Sheets


@requires(Can.READ_WEEKLY)
def sheets(ctx: Context, payload: dict[str, Any], span: Span) -> list[Table]:
    """The figures, their thirteen weeks, and one tidy sheet of rows per figure."""
    found = [_figures(payload), _lines(payload)]
    for row in payload["figures"]:
        rows = weekly_archive.indicator(ctx, row["key"]).rows(ctx, span, Part.NUMERATOR, ROWS_IN_SHEETS)
        columns = [Column(column.title, KINDS.get(column.kind, Kind.TEXT)) for column in rows.columns]
        cells = [[one.get(column.key) for column in rows.columns] for one in rows.rows]
        for place in (place for place, column in enumerate(rows.columns) if column.kind == "origin"):
            named = links.links(ctx, [str(cell[place]) for cell in cells if cell[place] is not None])
            for cell in cells:
                cell[place] = None if cell[place] is None else named[str(cell[place])].label
        for place in (place for place, column in enumerate(rows.columns) if column.key == "state"):
            for cell in cells:
                cell[place] = None if cell[place] is None else label(cell[place])
        found.append(
            Table(f"{row['label']} {row['title']}", columns, cells, notes=(row["definition"], row["exclusions"]))
        )
    return found


def _figures(payload: dict[str, Any]) -> Table:
    columns = [
        Column(say("Number")),
        Column(say("Figure")),
        Column(say("Unit")),
        Column(say("This week"), Kind.NUMBER),
        Column(say("Target"), Kind.NUMBER),
        Column(say("Week before"), Kind.NUMBER),
        Column(say("Year ago"), Kind.NUMBER),
        Column(say("Numerator"), Kind.NUMBER),
        Column(say("Denominator"), Kind.NUMBER),
        Column(say("Owner")),
        Column(say("Equals the ledger")),
    ]
    keys = ("value", "target", "previous", "year_ago", "numerator", "denominator")
    rows = []
    for row in payload["figures"]:
        numbers = [None if row[key] is None else Decimal(row[key]) for key in keys]
        said = say("yes") if row["reconciled"] else say("no")
        rows.append([row["label"], row["title"], row["unit"], *numbers, row["owner"], said])
    return Table(
        say("Week {payload}", payload=payload["week"]), columns, rows, notes=(*payload["sentences"], payload["foot"])
    )


def _lines(payload: dict[str, Any]) -> Table:
    rows = [
        [row["title"], week, None if value is None else Decimal(value)]
        for row in payload["figures"]
        for week, value in zip(row["line_weeks"], row["line"], strict=False)
    ]
    return Table(
        say("Thirteen weeks"), [Column(say("Figure")), Column(say("Week")), Column(say("Value"), Kind.NUMBER)], rows
    )


@requires(Can.READ_WEEKLY)
def write(ctx: Context, span: Span, formats: tuple[str, ...], folder: Path) -> tuple[Seen, list[Path]]:
    """Makes the week and writes it in these formats; returns the report as this person sees it, and the files."""
    report = weekly_archive.as_seen(ctx, make(ctx, span)[0])
    page = paper(ctx, report, weekly_archive.list_actions(ctx, span))
    made = {
        "html": lambda: standalone(page).encode(),
        "pdf": lambda: documents.pdf(page),
        "xlsx": lambda: _book(ctx, report.payload, span).written(),
    }
    written = []
    for form in formats:
        path = folder / f"weekly-{span.name}-r{report.revision}.{form}"
        half = path.with_suffix(path.suffix + ".part")
        half.write_bytes(made[form]())
        half.replace(path)
        written.append(path)
    return report, written


# --- Monday morning


@dataclass(frozen=True)
class Copy:
    """What one reader gets: read with their rights, still to be drawn."""

    user_id: int
    words: tuple[str, ...]
    page: documents.Paper
    book: Book


@within("the schedule of Monday 06:00 in plant time")
def send_last_week(ctx: Context) -> Computation[list[tuple[bytes, bytes]]] | Done:
    """Makes last week and mails it to everybody who reads it, each with the figures that they may see.

    Every copy is drawn with no transaction open; whoever made the week by hand before has mailed it to nobody.
    """
    span = Span.of_day(ctx.today).back(1)
    report, _new = make(ctx, span)
    id, sent_already = report.id, Done(say("Week {name} was sent already.", name=span.name), f"/weekly/{span.name}")
    if outbox.of_record(ctx, weekly_archive.origin(id)):
        return sent_already
    copies = []
    for user in ctx.session.scalars(sa.select(User).where(User.active, User.email.is_not(None)).order_by(User.id)):
        with speaking(user.language):
            copies += [copy] if (copy := _copy(ctx, user, report, span)) else []

    def draw(telling: Reporter) -> list[tuple[bytes, bytes]]:
        drawn = []
        for done, copy in enumerate(copies):
            telling.tell(done / len(copies), say("{done} of {copies} copies", done=done, copies=len(copies)))
            with speaking(copy.page.language):
                drawn.append((documents.pdf(copy.page), copy.book.written()))
        return drawn

    def then(later: Context, drawn: list[tuple[bytes, bytes]]) -> Done:
        one_at_a_time(later.session, "weekly mail", span.first)
        if outbox.of_record(later, weekly_archive.origin(id)):
            return sent_already
        sent = sum(_send(later, copy, made, id, span) for copy, made in zip(copies, drawn, strict=True))
        return Done(
            say("Week {name} is made and mailed to {sent} people.", name=span.name, sent=sent), f"/weekly/{span.name}"
        )

    return Computation(draw, then)


def _copy(ctx: Context, user: User, report: WeeklyReport, span: Span) -> Copy | None:
    """None for who does not read the week, or would see no figure of it."""
    reader = _as(ctx, user)
    if not reader.may(Can.READ_WEEKLY) or "plant_manager" not in reader.user.roles:
        return None
    seen = weekly_archive.as_seen(reader, report)
    if not seen.payload["figures"]:
        return None
    page = paper(reader, seen, weekly_archive.list_actions(reader, span))
    book = _book(reader, seen.payload, span)
    words = (*seen.payload["sentences"], "", seen.payload["foot"], f"{ctx.settings.public_url}/weekly/{span.name}")
    return Copy(user.id, words, page, book)


def _send(ctx: Context, copy: Copy, drawn: tuple[bytes, bytes], report_id: int, span: Span) -> bool:
    """False when the account was closed while the copies were drawn."""
    user = ctx.session.get_one(User, copy.user_id)
    if not user.active or user.email is None:
        return False
    stored = _keep_both(_as(ctx, user), report_id, f"weekly-{span.name}", drawn)
    with speaking(user.language):
        subject = say("Week {name}", name=span.name)
    outbox.write(
        ctx,
        to=user.email,
        to_name=user.name,
        subject=subject,
        text="\n".join(copy.words),
        origin=weekly_archive.origin(report_id),
        file_ids=(stored,),
    )
    return True


def _as(ctx: Context, user: User) -> Context:
    reader = ctx.as_system()
    reader.user = actor_of(ctx.session, ctx.registry, user)
    return reader


@within("the job of somebody who wants the week made")
def make_week(ctx: Context, week: str) -> Done:
    span = Span.week(week)
    report, new = make(ctx, span)
    said = (
        say("revision {revision} is new", revision=report.revision)
        if new
        else say("nothing changed since revision {revision}", revision=report.revision)
    )
    return Done(say("Week {week}: {said}.", week=week, said=said), f"/weekly/{week}")


@within("the job of somebody who wants the week on paper")
def print_week(ctx: Context, week: str) -> Computation[tuple[bytes, bytes]]:
    """PDF and workbook with what this reader may see; the PDF is drawn with no transaction open."""
    span = Span.week(week)
    report = weekly_archive.latest(ctx, span)
    if report is None:
        raise Conflict(say("Week {week} has not been made yet. Make it first.", week=week))
    page = paper(ctx, report, weekly_archive.list_actions(ctx, span))
    book = _book(ctx, report.payload, span)

    def draw(_telling: Reporter) -> tuple[bytes, bytes]:
        return documents.pdf(page), book.written()

    def then(later: Context, made: tuple[bytes, bytes]) -> Done:
        _keep_both(later, report.id, f"weekly-{span.name}-r{report.revision}", made)
        return Done(say("The PDF and the workbook are ready."), f"/weekly/{week}")

    return Computation(draw, then)


@dataclass(frozen=True)
class Book:
    """The workbook's sheets as they were read, still to be written."""

    sheets: list[Table]
    title: str
    zone: ZoneInfo
    now: datetime

    def written(self) -> bytes:
        return tables.as_xlsx(self.sheets, title=self.title, zone=self.zone, now=self.now)


def _book(ctx: Context, payload: dict[str, Any], span: Span) -> Book:
    return Book(sheets(ctx, payload, span), say("Week {payload}", payload=payload["week"]), ctx.zone, ctx.now)


def _keep_both(ctx: Context, report_id: int, name: str, made: tuple[bytes, bytes]) -> int:
    """PDF and workbook, kept for this reader only since others may see less; returns the PDF."""
    ids = []
    for content, ending in zip(made, ("pdf", "xlsx"), strict=True):
        file = files.keep(ctx, f"{name}.{ending}", content)
        files.attach(ctx, weekly_archive.origin(report_id), file.id)
        ids.append(file.id)
    return ids[0]


def last_week(today: date) -> Span:
    return Span.of_day(today).back(1)
