"""The week: ten figures, what is outside its tolerance, and the rows behind every number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from fastapi.responses import Response

from plantops import links, people, weekly_archive, weekly_jobs
from plantops.permissions import Can
from plantops.weekly import Part, Span
from plantops.weekly_archive import ActionState
from plantops.wording import say
from web.charts import Series, line_chart
from web.page import Context, Form, Query, pages_router, render, see

router = pages_router()


@dataclass(frozen=True)
class NewAction:
    text: str
    owner_id: int
    until: date


def number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


@router.get("/weekly")
def index(ctx: Context) -> Response:
    return see(ctx, f"/weekly/{Span.of_day(ctx.today).back(1).name}")


@router.get("/weekly/{week}")
def show(ctx: Context, week: str) -> Response:
    span = Span.week(week)
    report = weekly_archive.latest(ctx, span)
    figures: list[Mapping[str, Any]] = report.payload["figures"] if report else []
    return render(
        ctx,
        "weekly/week.html",
        Can=Can,
        span=span,
        before=span.back(1).name,
        after=span.back(-1).name if span.back(-1).first <= ctx.today else None,
        report=report,
        papers=weekly_archive.papers(ctx, report.id) if report else [],
        payload=report.payload if report else None,
        lines={row["key"]: [number(value) for value in row["line"]] for row in figures},
        bad={row["key"] for row in figures if Decimal(row["outside"]) > 0},
        number=number,
        actions=weekly_archive.list_actions(ctx, span),
        why_not_make=None if span.first <= ctx.today else say("this week has not begun yet"),
    )


@router.post("/weekly/{week}/make")
def make(ctx: Context, week: str) -> Response:
    return see(ctx, f"/jobs/{weekly_jobs.ask(ctx, Span.week(week))}", say("The week is being made."))


@router.post("/weekly/{week}/print")
def to_print(ctx: Context, week: str) -> Response:
    return see(
        ctx, f"/jobs/{weekly_jobs.ask_for_paper(ctx, Span.week(week))}", say("The PDF and the workbook are being made.")
    )


@router.get("/weekly/{week}/{key}")
def rows(ctx: Context, week: str, key: str, query: Query) -> Response:
    span = Span.week(week)
    indicator = weekly_archive.indicator(ctx, key)
    wanted = query.get("part", Part.NUMERATOR)
    part = Part(wanted) if wanted in tuple(Part) else Part.NUMERATOR
    report = weekly_archive.latest(ctx, span)
    found = weekly_archive.rows(ctx, key, span, part)
    origins = [column.key for column in found.columns if column.kind == "origin"]
    frozen = next((row for row in report.payload["figures"] if row["key"] == key), None) if report else None
    chart = None
    if frozen:
        values = [number(value) for value in frozen["line"]]
        chart = line_chart(
            say("{title}, 13 weeks", title=indicator.title),
            frozen["line_weeks"],
            [Series(indicator.title, values)],
            unit=indicator.unit,
            target=float(indicator.target),
        )
    return render(
        ctx,
        "weekly/rows.html",
        Can=Can,
        span=span,
        indicator=indicator,
        part=part,
        parts=Part,
        rows=found,
        names=links.links(ctx, [str(row[one]) for row in found.rows for one in origins if row[one] is not None]),
        most=weekly_archive.MOST_ROWS,
        frozen=frozen,
        chart=chart,
        people=people.active_names(ctx),
        actions=[action for action in weekly_archive.list_actions(ctx, span) if action.figure == key],
    )


@router.post("/weekly/{week}/{key}/actions")
def add_action(ctx: Context, week: str, key: str, form: Form) -> Response:
    typed = form.into(NewAction)
    weekly_archive.add_action(ctx, key, Span.week(week), typed.text, typed.owner_id, typed.until)
    return see(ctx, f"/weekly/{week}/{key}", say("The action is noted and carried until it is done."))


@router.post("/weekly/{week}/actions/{id}/{state}")
def end_action(ctx: Context, week: str, id: int, state: ActionState, form: Form) -> Response:
    weekly_archive.end_action(ctx, id, form.version, state)
    return see(ctx, f"/weekly/{week}", say("Noted."))
