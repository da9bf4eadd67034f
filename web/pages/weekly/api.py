"""The week for programs: its figures, the rows behind them, and what was decided about them."""

from __future__ import annotations

from datetime import date
from typing import Any

from plantops import weekly_archive, weekly_jobs
from plantops.context import Context, requires
from plantops.permissions import Can
from plantops.weekly import Part, Span
from plantops.weekly_archive import MOST_ROWS, ActionRow, Seen, WeeklyAction
from web.resources import Routes, gives, view

ACTION = view(WeeklyAction, "id version figure week text owner_id until state added_by_id added_at ended_at")


@requires(Can.READ_WEEKLY)
def latest(ctx: Context, week: str) -> Seen | None:
    """The newest revision of a week such as 2026-W46; null before it was made."""
    return weekly_archive.latest(ctx, Span.week(week))


@requires(Can.READ_WEEKLY)
def rows(ctx: Context, week: str, figure: str, part: Part = Part.NUMERATOR, limit: int = 200) -> list[dict[str, Any]]:
    """The rows behind a figure as they stand now."""
    found = weekly_archive.rows(ctx, figure, Span.week(week), part, min(max(limit, 1), MOST_ROWS))
    return [dict(row) for row in found.rows]


@requires(Can.READ_WEEKLY)
def list_actions(ctx: Context, week: str) -> list[ActionRow]:
    return weekly_archive.list_actions(ctx, Span.week(week))


@requires(Can.READ_WEEKLY)
def make(ctx: Context, week: str) -> int:
    """Ask the worker to make the week anew."""
    return weekly_jobs.ask(ctx, Span.week(week))


@requires(Can.READ_WEEKLY)
def print_papers(ctx: Context, week: str) -> int:
    """Ask the worker for the PDF and the workbook."""
    return weekly_jobs.ask_for_paper(ctx, Span.week(week))


@requires(Can.COMMENT_WEEKLY)
def decide(ctx: Context, week: str, figure: str, text: str, owner_id: int, until: date) -> WeeklyAction:
    """Who does what about a figure, until when."""
    return weekly_archive.add_action(ctx, figure, Span.week(week), text, owner_id, until)


weeks = Routes("weekly")
weeks("GET /weeks/{week}", latest)
weeks("GET /weeks/{week}/figures/{figure}", rows)
weeks("GET /weeks/{week}/actions", list_actions)
weeks("POST /weeks/{week}/figures/{figure}/actions", decide, ACTION)
weeks("POST /weekly-actions/{id}/end", weekly_archive.end_action, ACTION)
weeks("POST /weeks/{week}/make", make, gives("job_id"))
weeks("POST /weeks/{week}/print", print_papers, gives("job_id"))

ROUTERS = (weeks.router,)
