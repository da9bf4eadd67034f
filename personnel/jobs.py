"""Night work: grants and expiries of leave, open absences, days without a badge."""

from __future__ import annotations

from personnel import absences, attendance, leave_accounts
from plantops.context import Context, within


@within("a job of the system")
def settle_leave(ctx: Context) -> int:
    return leave_accounts.settle(ctx)


@within("a job of the system")
def extend_absences(ctx: Context) -> int:
    return absences.extend_open(ctx)


@within("a job of the system")
def close_attendance(ctx: Context) -> int:
    return attendance.close_yesterday(ctx)
