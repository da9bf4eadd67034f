"""What waits on the home page: leaves to decide, people missing, certificates running out, one's own shifts."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from personnel import absences, certificates, contracts, employees, incidents, leave, leave_accounts, shifts
from personnel.models import Employee
from personnel.permissions import Can
from plantops import sight
from plantops.context import Context, within
from plantops.events import Waiting, WaitingCard
from plantops.wording import day_and_month, mark, say, weekday_and_day

SOON = timedelta(days=60)


@within("the home page asks with the reader's rights")
def waiting(ctx: Context, _question: Waiting) -> list[WaitingCard]:
    return [*_office(ctx), *_lead(ctx), *_own(ctx)]


def _office(ctx: Context) -> list[WaitingCard]:
    """For the personnel office: what runs out and must be decided."""
    if not ctx.may(Can.MANAGE_CERTIFICATES):
        return []
    expiring = certificates.due(ctx, ctx.today + SOON)
    expired = sum(item.due_on <= ctx.today for item in expiring)
    ending = contracts.due(ctx, ctx.today + timedelta(days=contracts.WARN_DAYS))
    cards = []
    if expiring:
        first = day_and_month(expiring[0].due_on)
        detail = say("{n} have expired", n=expired) if expired else say("the first on {day}", day=first)
        tone = "bad" if expired else "warn"
        title, one = mark("Certificates expire within 60 days"), mark("Certificate expires within 60 days")
        cards.append(
            WaitingCard(title, len(expiring), "/due?kind=certificate&days=60", tone, detail, order=10, one=one)
        )
    if ending:
        one = mark("Probation or contract to decide")
        cards.append(
            WaitingCard(
                say("Probations and contracts to decide"),
                len(ending),
                "/due?kind=contract,probation&days=42",
                "warn",
                order=11,
                one=one,
            )
        )
    return cards


def _lead(ctx: Context) -> list[WaitingCard]:
    """For who leads people: who is missing today, and whose leave waits."""
    cards = []
    if ctx.may(Can.MANAGE_ABSENCES):
        missing = len(absences.list_away(ctx, ctx.today))
        if missing:
            cards.append(
                WaitingCard(
                    say("People away today"), missing, "/personnel#away", "warn", order=12, one=say("Person away today")
                )
            )
    if ctx.may(Can.APPROVE_LEAVE):
        asked = len(leave.list_to_decide(ctx))
        if asked:
            cards.append(
                WaitingCard(
                    say("Leaves to decide"),
                    asked,
                    "/personnel/leave/decide",
                    "warn",
                    order=13,
                    one=say("Leave to decide"),
                )
            )
    return cards


def _own(ctx: Context) -> list[WaitingCard]:
    """For everybody with a personnel number: the next shift and what is left of the year's leave."""
    me = ctx.session.scalar(sa.select(Employee.id).where(Employee.user_id == ctx.user.id))
    if me is None or not ctx.may(Can.READ_OWN):
        return []
    cards = []
    planned = shifts.my_shifts(ctx, ctx.today, ctx.today + timedelta(days=13))
    mine = [shift for shift in planned if not shift.released and shift.starts_at > ctx.now]
    if mine:
        begins = mine[0].starts_at.astimezone(ctx.zone)
        detail = say("next {day} {begins:%H:%M}", day=weekday_and_day(begins), begins=begins)
        title, one = mark("Shifts in the next two weeks"), mark("Shift in the next two weeks")
        cards.append(WaitingCard(title, len(mine), "/personnel/leave", detail=detail, order=60, one=one))
    for balance in leave_accounts.balances(ctx, me)[:1]:
        days = leave.in_words(balance.left_minutes, balance.day_minutes)
        cards.append(WaitingCard(say("My leave"), int(balance.left_minutes / balance.day_minutes), "/personnel/leave",
                                 detail=say("{days} left", days=days), order=61))  # fmt: skip
    return cards


OWNED: sight.Owned = {
    "personnel_employee": (None, employees.visible),
    "personnel_leave_request": (None, leave.visible),
    "personnel_certificate": (None, certificates.visible),
    "personnel_incident": (None, incidents.visible),
}


@within("files and talk ask whether the person may see the record")
def record_seen(ctx: Context, question: sight.RecordSeen) -> list[sight.Sight]:
    return sight.answer(ctx, question, OWNED)
