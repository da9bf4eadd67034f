"""What must be cleaned, and how many people that needs on each shift and weekday."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from fastapi.responses import Response

from housekeeping import needs
from housekeeping.permissions import Can
from personnel import organisation, work_calendars
from plantops import places
from plantops.wording import say
from web import chosen, formats
from web.page import Context, Form, Query, pages_router, render, see

router = pages_router()
WORKS = ("clean", "maintain", "forklift", "drive", "gate")


@dataclass(frozen=True)
class Entered:
    site_id: int
    department_id: int
    template_id: int
    work: str
    weekday: int
    until: int
    needed: int


@dataclass(frozen=True)
class Task:
    site_id: int
    place_id: int
    title: str
    minutes: Decimal
    times_a_week: int
    template_id: int


@router.get("/housekeeping/needs")
def index(ctx: Context, query: Query) -> Response:
    site = chosen.site(ctx, query)
    rows = needs.list_needs(ctx, site.id)
    tasks = needs.list_tasks(ctx, site.id) if ctx.may(Can.READ_CLEANING, site_id=site.id) else []
    weekly = sum((task.minutes * task.times_a_week for task in tasks), Decimal(0))
    return render(
        ctx,
        "housekeeping/needs.html",
        site=site,
        sites=places.list_sites(ctx),
        grid=grid(rows),
        version=needs.table_version(ctx, site.id),
        shifts={one.id: one.name for one in work_calendars.list_templates(ctx, site.id)},
        departments=organisation.list_departments(ctx, site.id),
        works=sorted({row.work for row in rows} | set(WORKS)),
        weekdays=formats.weekdays(),
        tasks=tasks,
        weekly_minutes=weekly,
        people=needs.people_for(weekly),
        may_change=ctx.may(Can.MANAGE_CLEANING, site_id=site.id),
    )


def grid(rows: list[needs.NeedRow]) -> dict[tuple[str, int], list[int]]:
    """Work and shift -> people needed on each of the seven weekdays."""
    found: dict[tuple[str, int], list[int]] = {}
    for row in rows:
        found.setdefault((row.work, row.template_id), [0] * 7)[row.weekday] = row.needed
    return found


@router.post("/housekeeping/needs")
def enter(ctx: Context, form: Form) -> Response:
    """The same number on each day from one weekday to another."""
    typed = form.into(Entered)
    days = range(typed.weekday, max(typed.weekday, typed.until) + 1)
    wanted = needs.Wanted(typed.department_id, days, typed.template_id, typed.work, typed.needed)
    needs.set_need(ctx, typed.site_id, form.version, wanted)
    return see(ctx, f"/housekeeping/needs?site={typed.site_id}", say("The need is entered. New rosters follow it."))


@router.post("/housekeeping/tasks")
def add_task(ctx: Context, form: Form) -> Response:
    typed = form.into(Task)
    made = needs.add_task(ctx, typed.place_id, typed.title, typed.minutes, typed.times_a_week, typed.template_id)
    return see(ctx, f"/housekeeping/needs?site={made.site_id}", say("{title} is on the plan.", title=made.title))
