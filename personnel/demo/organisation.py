"""The demo's departments, positions, calendars, shifts and leave rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from personnel import cover, leave_accounts, organisation, work_calendars
from personnel.accrual import Proration
from personnel.calendars import Half, Slot
from personnel.leave_accounts import NewPolicy
from personnel.shift_patterns import TWO_TWO_TWO
from plantops.context import Context
from plantops.demo import Demo

DAY = 480
CREWS = {"A": 0, "B": 2, "C": 4, "D": 6}  # days by which each crew walks ahead in the cycle

# code, name, the department above, cost centre, place
DEPARTMENTS = (
    ("PLANT", "Plant Verrin", None, "6100", "OF"),
    ("PROD", "Production", "PLANT", "6100", "OF"),
    ("H1", "Hall 1 Machining", "PROD", "5100", "H1"),
    ("H2", "Hall 2 Assembly", "PROD", "5200", "H2"),
    ("H3", "Hall 3 Paint and Test", "PROD", "5300", "H3"),
    ("OFFICE", "Office", "PLANT", "6100", "OF"),
    ("QUALITY", "Quality", "PLANT", "6100", "OF"),
    ("SUPPORT", "Operations support", "PLANT", "6100", "OF"),
    ("CLEAN", "Cleaning", "SUPPORT", "4200", "OF"),
    ("TECH", "Maintenance", "SUPPORT", "4100", "H1"),
    ("STORE", "Store and dock", "SUPPORT", "4300", "ST"),
    ("DRIVE", "Transport", "SUPPORT", "4400", "DN"),
    ("GATE", "Gate", "SUPPORT", "4500", "GA"),
)
# code, title, department, seats
POSITIONS = (
    ("HEAD", "Head of department", None, 9),
    ("LEAD", "Crew lead", "PROD", 12),
    ("MACHINE", "Machinist", "H1", 60),
    ("FITTER", "Assembler", "H2", 60),
    ("PAINT", "Painter and tester", "H3", 40),
    ("CLERK", "Office clerk", "OFFICE", 26),
    ("QUALITY", "Quality inspector", "QUALITY", 10),
    ("CLEANER", "Cleaner", "CLEAN", 18),
    ("TECHNICIAN", "Maintenance technician", "TECH", 6),
    ("STOREMAN", "Store and dock worker", "STORE", 9),  # two seats are vacant: the store works overtime
    ("DRIVER", "Driver", "DRIVE", 5),
    ("GATE", "Gatekeeper", "GATE", 4),
)
# department, people needed on each of the three shifts
NEEDS = (("H1", 13), ("H2", 13), ("H3", 8))


@dataclass(frozen=True)
class Plant:
    """Ids of the demo's organisation by code."""

    site_id: int
    departments: dict[str, int]
    positions: dict[str, int]
    calendars: dict[str, int]
    shifts: dict[str, int]
    vacation_id: int
    policy_id: int


def build(demo: Demo, ctx: Context) -> Plant:
    site_id = demo.sites["VER"]
    departments: dict[str, int] = {}
    for code, name, above, _cost_centre, _place in DEPARTMENTS:
        parent = departments[above] if above else None
        departments[code] = organisation.add_department(ctx, site_id, code, name, parent).id
    positions = {}
    for code, title, department, seats in POSITIONS:
        belongs = departments[department] if department else None
        made = organisation.add_position(ctx, site_id, code, title, headcount=seats, department_id=belongs)
        positions[code] = made.id
    shifts = {
        code: work_calendars.add_template(ctx, site_id, code, name, start_minute=start * 60, minutes=DAY).id
        for code, name, start in (("E", "Early", 6), ("L", "Late", 14), ("N", "Night", 22))
    }
    for department, needed in NEEDS:
        for shift in shifts.values():
            cover.add_need(ctx, site_id, departments[department], needed, template_id=shift)
    vacation_id, policy_id = add_leave(ctx)
    calendars = add_calendars(demo, ctx, site_id, shifts)
    return Plant(site_id, departments, positions, calendars, shifts, vacation_id, policy_id)


def add_calendars(demo: Demo, ctx: Context, site_id: int, shifts: dict[str, int]) -> dict[str, int]:
    """Crews walk through eighteen eight-hour shifts a week; offices work by day; support works early by default."""
    pattern = work_calendars.add_pattern(
        ctx,
        site_id,
        "222",
        "Two early, two late, two nights, two off",
        anchor=demo.first_day,
        templates=[shifts[code] if code else None for code in TWO_TWO_TWO],
        closed_weekdays=[6],
    )
    office = [
        slot
        for weekday in range(5)
        for slot in (Slot(weekday, 480, 240, Half.FIRST), Slot(weekday, 780, 240, Half.SECOND))
    ]
    early = [Slot(weekday, 360, DAY) for weekday in range(5)]
    return {
        "CREW": work_calendars.add_calendar(ctx, site_id, "CREW", "Crews A to D", pattern_id=pattern.id).id,
        "OFFICE": work_calendars.add_calendar(ctx, site_id, "OFFICE", "Office hours", slots=office).id,
        "SUPPORT": work_calendars.add_calendar(ctx, site_id, "SUPPORT", "Support by day", slots=early).id,
    }


def add_leave(ctx: Context) -> tuple[int, int]:
    vacation = leave_accounts.add_type(ctx, "vacation", "Vacation")
    leave_accounts.add_type(ctx, "unpaid", "Unpaid leave", needs_balance=False)
    leave_accounts.add_type(ctx, "special", "Special leave", needs_balance=False)
    policy = leave_accounts.add_policy(
        ctx,
        vacation.id,
        NewPolicy(
            "vacation-26",
            "26 days a year, granted in January",
            Decimal(26),
            proration=Proration.DAYS,
            carry_cap_minutes=5 * DAY,
            carry_expires_after_months=3,
        ),
    )
    return vacation.id, policy.id


def shutdowns(demo: Demo) -> list[tuple[int, int]]:
    """First and last day (as ordinals) of the two summer fortnights in which production stands still."""
    found = []
    for month in (9, 21):  # months after the first: the tenth and the twenty-second
        start = demo.first_day + timedelta(days=round(month * 30.44))
        monday = start + timedelta(days=(7 - start.weekday()) % 7)
        found.append((monday.toordinal(), (monday + timedelta(days=13)).toordinal()))
    return found
