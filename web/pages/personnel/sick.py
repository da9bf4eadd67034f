"""Sick and missing: report oneself or somebody one leads, and who is back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from fastapi.responses import Response

from personnel import absences, employees
from personnel.absences import NewAbsence
from personnel.permissions import Can
from personnel.time_models import AbsenceKind
from plantops.wording import say
from web.page import Context, Form, pages_router, render, see

router = pages_router()


@dataclass(frozen=True)
class Report:
    employee_id: int
    first_day: date
    last_day: date | None = None
    kind: AbsenceKind = AbsenceKind.SICK
    reason: str = ""
    with_note: bool = False


@dataclass(frozen=True)
class Back:
    last_day: date
    with_note: bool = False


@router.get("/personnel/sick")
def show(ctx: Context) -> Response:
    ctx.need(Can.REPORT_SICK, to="report an absence")
    return render(
        ctx,
        "personnel/sick.html",
        Can=Can,
        me=employees.myself(ctx),
        kinds=AbsenceKind,
        today=ctx.today,
        absences=absences.list_absences(ctx, first=ctx.today - timedelta(days=7)),
    )


@router.post("/personnel/sick")
def report(ctx: Context, form: Form) -> Response:
    typed = form.into(Report)
    absences.report(
        ctx,
        NewAbsence(typed.employee_id, typed.first_day, typed.last_day, typed.kind, typed.reason, typed.with_note),
    )
    return see(ctx, "/personnel/sick", say("Noted. Whoever plans the shifts has been told."))


@router.post("/personnel/absences/{id}/back")
def back_again(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Back)
    absences.close(ctx, id, form.version, typed.last_day, with_note=typed.with_note)
    return see(ctx, "/personnel/sick", say("Noted."))
