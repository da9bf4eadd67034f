"""The week on paper and in sheets, and its way to the plant manager on Monday morning."""

from __future__ import annotations

import base64
import importlib.resources
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from plantops import charts, documents, files, outbox, tables, weekly_archive, weekly_report
from plantops.context import Context, requires, within
from plantops.errors import Conflict
from plantops.jobs import Computation, Done, Reporter
from plantops.people import User, actor_of
from plantops.permissions import Can
from plantops.tables import Column, Kind, Table
from plantops.weekly import Part, Span
from plantops.weekly_archive import WeeklyReport

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
    payload = weekly_report.make(ctx.as_system(), span)
    return weekly_archive.freeze(ctx, span, payload, weekly_report.digest(payload))


# --- Paper


@requires(Can.READ_WEEKLY)
def paper(ctx: Context, report: WeeklyReport, payload: dict[str, Any], actions: list[Any]) -> documents.Paper:
    """One A4 page: sentences, ten rows, exceptions, strips, actions, foot; definitions on page two."""
    pictures = {
        f"line-{number}": charts.spark(
            [None if value is None else float(value) for value in row["line"]],
            target=float(row["target"]),
            bad=Decimal(row["outside"]) > 0,
        )
        for number, row in enumerate(payload["figures"])
    }
    values = {
        "report": report,
        "payload": payload,
        "actions": actions,
        "sign": lambda row: SIGNS[Decimal(row["outside"]) > 0],
        "shown": shown,
    }
    title = f"Week {payload['week']}, revision {report.revision}"
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
    return "" if text is None else f"{round(Decimal(text), row['digits']):,}"


# --- Sheets


@requires(Can.READ_WEEKLY)
def sheets(ctx: Context, payload: dict[str, Any], span: Span) -> list[Table]:
    """The figures, their thirteen weeks, and one tidy sheet of rows per figure."""
    found = [_figures(payload), _lines(payload)]
    for row in payload["figures"]:
        rows = weekly_archive.indicator(ctx, row["key"]).rows(ctx, span, Part.NUMERATOR, ROWS_IN_SHEETS)
        kinds = {
            "date": Kind.DAY,
            "moment": Kind.MOMENT,
            "money": Kind.MONEY,
            "number": Kind.NUMBER,
            "hours": Kind.NUMBER,
        }
        columns = [Column(column.title, kinds.get(column.kind, Kind.TEXT)) for column in rows.columns]
        cells = [[one.get(column.key) for column in rows.columns] for one in rows.rows]
        found.append(
            Table(f"{row['number']} {row['title']}", columns, cells, notes=(row["definition"], row["exclusions"]))
        )
    return found


def _figures(payload: dict[str, Any]) -> Table:
    columns = [
        Column("Number", Kind.WHOLE),
        Column("Figure"),
        Column("Unit"),
        Column("This week", Kind.NUMBER),
        Column("Target", Kind.NUMBER),
        Column("Week before", Kind.NUMBER),
        Column("Year ago", Kind.NUMBER),
        Column("Numerator", Kind.NUMBER),
        Column("Denominator", Kind.NUMBER),
        Column("Owner"),
        Column("Equals the ledger"),
    ]
    keys = ("value", "target", "previous", "year_ago", "numerator", "denominator")
    rows = []
    for row in payload["figures"]:
        numbers = [None if row[key] is None else Decimal(row[key]) for key in keys]
        said = "yes" if row["reconciled"] else "NO"
        rows.append([row["number"], row["title"], row["unit"], *numbers, row["owner"], said])
    return Table(f"Week {payload['week']}", columns, rows, notes=(*payload["sentences"], payload["foot"]))


def _lines(payload: dict[str, Any]) -> Table:
    rows = [
        [row["title"], week, None if value is None else Decimal(value)]
        for row in payload["figures"]
        for week, value in zip(row["line_weeks"], row["line"], strict=False)
    ]
    return Table("Thirteen weeks", [Column("Figure"), Column("Week"), Column("Value", Kind.NUMBER)], rows)


@requires(Can.READ_WEEKLY)
def write(ctx: Context, span: Span, formats: tuple[str, ...], folder: Path) -> tuple[WeeklyReport, list[Path]]:
    """Makes the week and writes it in these formats; returns the report and the files."""
    report, _new = make(ctx, span)
    payload = weekly_archive.permitted(ctx, report.payload)
    page = paper(ctx, report, payload, weekly_archive.list_actions(ctx, span))
    made = {
        "html": lambda: standalone(page).encode(),
        "pdf": lambda: documents.pdf(page),
        "xlsx": lambda: _workbook(ctx, payload, span),
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


@within("the schedule of Monday 06:00 in plant time")
def send_last_week(ctx: Context) -> Done:
    """Makes last week and mails it to everybody who reads it, each with the figures that they may see."""
    span = Span.of_day(ctx.today).back(1)
    report, new = make(ctx, span)
    if not new:
        return Done(f"Week {span.name} was sent already.", f"/weekly/{span.name}")
    sent = 0
    for user in ctx.session.scalars(sa.select(User).where(User.active, User.email.is_not(None)).order_by(User.id)):
        reader = _as(ctx, user)
        if not reader.may(Can.READ_WEEKLY) or not {"plant_manager"} & set(reader.user.roles):
            continue
        payload = weekly_archive.permitted(reader, report.payload)
        page = paper(reader, report, payload, weekly_archive.list_actions(reader, span))
        text = "\n".join([*payload["sentences"], "", payload["foot"], f"{ctx.settings.public_url}/weekly/{span.name}"])
        stored = _keep(reader, report.id, f"weekly-{span.name}.pdf", documents.pdf(page))
        _keep(reader, report.id, f"weekly-{span.name}.xlsx", _workbook(reader, payload, span))
        outbox.write(
            ctx,
            to=str(user.email),
            to_name=user.name,
            subject=f"Week {span.name}",
            text=text,
            origin=weekly_archive.origin(report.id),
            file_ids=(stored,),
        )
        sent += 1
    return Done(f"Week {span.name} is made and mailed to {sent} people.", f"/weekly/{span.name}")


def _as(ctx: Context, user: User) -> Context:
    reader = ctx.as_system()
    reader.user = actor_of(ctx.session, ctx.registry, user)
    return reader


@within("the job of somebody who wants the week made")
def make_week(ctx: Context, week: str) -> Done:
    span = Span.week(week)
    report, new = make(ctx, span)
    said = f"revision {report.revision} is new" if new else f"nothing changed since revision {report.revision}"
    return Done(f"Week {week}: {said}.", f"/weekly/{week}")


@within("the job of somebody who wants the week on paper")
def print_week(ctx: Context, week: str) -> Computation[tuple[bytes, bytes]]:
    """PDF and workbook with what this reader may see; the PDF is drawn with no transaction open."""
    span = Span.week(week)
    report = weekly_archive.latest(ctx, span)
    if report is None:
        raise Conflict(f"Week {week} has not been made yet. Make it first.")
    page = paper(ctx, report, report.payload, weekly_archive.list_actions(ctx, span))
    book = _workbook(ctx, report.payload, span)

    def draw(_telling: Reporter) -> tuple[bytes, bytes]:
        return documents.pdf(page), book

    def then(later: Context, made: tuple[bytes, bytes]) -> Done:
        for content, ending in zip(made, ("pdf", "xlsx"), strict=True):
            _keep(later, report.id, f"weekly-{span.name}-r{report.revision}.{ending}", content)
        return Done("The PDF and the workbook are ready.", f"/weekly/{week}")

    return Computation(draw, then)


def _workbook(ctx: Context, payload: dict[str, Any], span: Span) -> bytes:
    title = f"Week {payload['week']}"
    return tables.as_xlsx(sheets(ctx, payload, span), title=title, zone=ctx.zone, now=ctx.now)


def _keep(ctx: Context, report_id: int, name: str, content: bytes) -> int:
    """Kept for this reader only: others may see less."""
    file = files.keep(ctx, name, content)
    files.attach(ctx, weekly_archive.origin(report_id), file.id)
    return file.id


def last_week(today: date) -> Span:
    return Span.of_day(today).back(1)
