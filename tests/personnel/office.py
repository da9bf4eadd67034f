"""A small plant for tests: departments, a day calendar, three shifts, and people with accounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from personnel import employees, leave_accounts, organisation, work_calendars
from personnel.accrual import Frequency
from personnel.assignments import Seat
from personnel.calendars import Half, Slot
from personnel.employees import NewEmployee
from personnel.leave_accounts import NewPolicy
from personnel.models import Employee
from plantops.context import Context
from plantops.places import Site
from plantops.verify import verify

LUXEMBOURG = ZoneInfo("Europe/Luxembourg")
HIRED = date(2024, 1, 1)
DAY = 480


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LUXEMBOURG)


def broken(ctx: Context) -> list[str]:
    """Sentences of personnel's invariants that do not hold."""
    return [one.sentence for one in verify(ctx).broken if one.module == "personnel"]


@dataclass
class Office:
    """Ids of what the tests need; `hire` adds people."""

    ctx: Context
    site_id: int
    department_id: int
    position_id: int
    calendar_id: int
    crew_calendar_id: int
    shifts: dict[str, int]
    vacation_id: int
    unpaid_id: int
    policy_id: int
    people: dict[str, int] = field(default_factory=dict)

    def seat(self, **changes: object) -> Seat:
        values: dict[str, object] = {
            "position_id": self.position_id,
            "department_id": self.department_id,
            "work_calendar_id": self.calendar_id,
            "weekly_minutes": 2400,
            "day_minutes": DAY,
        }
        return Seat(**{**values, **changes})  # type: ignore[arg-type]

    def hire(
        self, name: str, *, user_id: int | None = None, hired_on: date = HIRED, entitled: bool = False, **seat: object
    ) -> Employee:
        number = f"T{len(self.people) + 1:03d}"
        new = NewEmployee(self.site_id, number, name, hired_on, self.seat(**seat), user_id=user_id)
        person = employees.hire(self.ctx, new)
        self.people[name] = person.id
        if entitled:
            leave_accounts.entitle(self.ctx, self.policy_id, [(person.id, max(hired_on, date(2026, 1, 1)))])
            leave_accounts.settle(self.ctx, employee_ids=[person.id])
        return person


def office(ctx: Context) -> Office:
    """Vacation of 25 days a year from January, five of which may be carried to the end of March."""
    site_id = ctx.session.scalars(sa.select(Site.id).where(Site.code == "VER")).one()
    department = organisation.add_department(ctx, site_id, "A", "Assembly")
    position = organisation.add_position(ctx, site_id, "FIT", "Fitter", headcount=4, department_id=department.id)
    slots = [
        slot
        for weekday in range(5)
        for slot in (Slot(weekday, 480, 240, Half.FIRST), Slot(weekday, 780, 240, Half.SECOND))
    ]
    calendar = work_calendars.add_calendar(ctx, site_id, "DAY", "Day work", slots=slots)
    shifts = {
        code: work_calendars.add_template(ctx, site_id, code, name, start_minute=start * 60, minutes=DAY).id
        for code, name, start in (("E", "Early", 6), ("L", "Late", 14), ("N", "Night", 22))
    }
    pattern = work_calendars.add_pattern(
        ctx,
        site_id,
        "222",
        "Two two two",
        anchor=date(2026, 11, 23),
        templates=[shifts["E"], shifts["E"], shifts["L"], shifts["L"], shifts["N"], shifts["N"], None, None],
        closed_weekdays=[6],
    )
    crew = work_calendars.add_calendar(ctx, site_id, "CREW", "Crews", pattern_id=pattern.id)
    vacation = leave_accounts.add_type(ctx, "vacation", "Vacation")
    unpaid = leave_accounts.add_type(ctx, "unpaid", "Unpaid leave", needs_balance=False)
    policy = leave_accounts.add_policy(
        ctx,
        vacation.id,
        NewPolicy(
            "vacation-25",
            "25 days a year",
            Decimal(25),
            frequency=Frequency.YEARLY,
            carry_cap_minutes=5 * DAY,
            carry_expires_after_months=3,
        ),
    )
    return Office(
        ctx, site_id, department.id, position.id, calendar.id, crew.id, shifts, vacation.id, unpaid.id, policy.id
    )
