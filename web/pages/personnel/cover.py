"""Cover: how many people each shift needs at least, which of the next days are short, and the shifts themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta

from fastapi.responses import Response

from personnel import attendance, certificates, cover, organisation, work_calendars
from personnel.permissions import Can
from plantops import places
from plantops.wording import say
from web import chosen
from web.page import Context, Form, Query, pages_router, render, see

router = pages_router()
DAYS = 7


@dataclass(frozen=True)
class NewNeed:
    site_id: int
    department_id: int
    needed: int
    template_id: int | None = None
    certificate_type_id: int | None = None


@dataclass(frozen=True)
class NewShift:
    site_id: int
    code: str
    name: str
    starts_at: time
    hours: int
    break_minutes: int = 0


@dataclass(frozen=True)
class Span:
    site_id: int
    first: date
    last: date


@router.get("/personnel/cover")
def show(ctx: Context, query: Query) -> Response:
    site_id = chosen.site_id(ctx, query)
    days = [ctx.today + timedelta(days=n) for n in range(DAYS)]
    boards = {day: attendance.board(ctx, site_id, day) for day in days}
    return render(
        ctx,
        "personnel/cover.html",
        Can=Can,
        site_id=site_id,
        sites=places.list_sites(ctx),
        days=days,
        rows=by_need(boards, days),
        may_change=ctx.may(Can.MANAGE_ORGANISATION, site_id=site_id),
        may_plan=ctx.may(Can.PLAN_SHIFTS, site_id=site_id),
        departments=organisation.list_departments(ctx, site_id),
        shifts=work_calendars.list_templates(ctx, site_id),
        types=certificates.certificate_types(ctx),
        last=ctx.today + timedelta(days=27),
    )


def by_need(
    boards: dict[date, list[attendance.Board]], days: list[date]
) -> list[tuple[str, str, int, list[attendance.Board | None]]]:
    """Department, shift, how many are needed, and how each day stands; None on a day without this shift."""
    found: dict[tuple[str, str, int], dict[date, attendance.Board]] = {}
    for day, rows in boards.items():
        for row in rows:
            found.setdefault((row.department, row.shift, row.needed), {})[day] = row
    return [(*key, [standing.get(day) for day in days]) for key, standing in found.items()]


@router.post("/personnel/cover")
def add(ctx: Context, form: Form) -> Response:
    new = form.into(NewNeed)
    cover.add_need(
        ctx,
        new.site_id,
        new.department_id,
        new.needed,
        template_id=new.template_id,
        certificate_type_id=new.certificate_type_id,
    )
    return see(ctx, f"/personnel/cover?site={new.site_id}", say("The need is recorded."))


@router.post("/personnel/cover/shifts")
def add_shift(ctx: Context, form: Form) -> Response:
    new = form.into(NewShift)
    made = work_calendars.add_template(
        ctx,
        new.site_id,
        new.code,
        new.name,
        start_minute=new.starts_at.hour * 60 + new.starts_at.minute,
        minutes=new.hours * 60,
        break_minutes=new.break_minutes,
    )
    return see(ctx, f"/personnel/cover?site={new.site_id}", say("{name} can be planned.", name=made.name))


@router.post("/personnel/cover/publish")
def publish(ctx: Context, form: Form) -> Response:
    span = form.into(Span)
    written = cover.publish_needs(ctx, span.site_id, span.first, span.last)
    return see(
        ctx,
        f"/personnel/cover?site={span.site_id}",
        say("{written} shifts count for cover from now on.", written=written),
    )
