"""Two years of leave, sickness and badge days, with the wave of month 14 and a store that works overtime."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from personnel import absences, attendance, cover, leave_accounts, leave_cutover, work_calendars
from personnel.absences import Hours
from personnel.attendance import Badge
from personnel.calendars import instant
from personnel.cover import NewDemand
from personnel.demo.organisation import NEEDS, Plant, shutdowns
from personnel.demo.people import Cast
from personnel.leave_cutover import Taken
from personnel.time_models import AbsenceKind
from personnel.work_calendars import Duty
from plantops.calendar import days as each_day
from plantops.context import Context
from plantops.demo import Demo

ONE_DAY = timedelta(days=1)
Duties = Mapping[int, Mapping[date, Duty]]
Away = set[tuple[int, date]]
ILL = ("Cold", "Back pain", "Stomach", "Migraine", "Influenza", "Small operation", "Tooth")
SHARE_OF_LEAVE = 0.85  # of the year's days: nobody is overdrawn, some carry over


def build(demo: Demo, plant: Plant, cast: Cast) -> None:
    """Year by year, so that grants, carry-over and expiry enter the ledger in their own order."""
    yesterday = demo.today - ONE_DAY
    years = _years(demo.first_day, yesterday)
    for first, last in years:
        with demo.house.acting() as ctx:
            leave_accounts.settle(ctx, first)
            leave_accounts.settle(ctx, last, [id for id, since in cast.hired.items() if first < since <= last])
            duties = work_calendars.duties(ctx, cast.everybody, first, last)
            taken = list(plan_leave(demo, cast, duties, first, last))
            leave_cutover.record_taken(ctx, plant.site_id, plant.vacation_id, taken)
            away = {(one.employee_id, day) for one in taken for day in each_day(one.first_day, one.last_day)}
            ill = list(plan_sickness(demo, cast, duties, away, first, last))
            absences.record_hours(ctx, plant.site_id, ill)
            away |= sick_days(ill, duties)
            attendance.record(ctx, plant.site_id, list(badges(demo, ctx, cast, duties, away, first, last)))
            attendance.close_days(ctx, plant.site_id, first, last)
    with demo.house.acting() as ctx:
        leave_accounts.settle(ctx)
        publish_demand(demo, ctx, plant)


def _years(first: date, last: date) -> list[tuple[date, date]]:
    """The calendar years of a range."""
    return [(max(first, date(year, 1, 1)), min(last, date(year, 12, 31))) for year in range(first.year, last.year + 1)]


# --- Leave


def plan_leave(demo: Demo, cast: Cast, duties: Duties, first: date, last: date) -> Iterator[Taken]:
    """Production goes in the summer shutdown; everybody takes weeks and days besides, within what the year gives."""
    dice = demo.random(f"leave {first.year}")
    halls = {id for department in ("H1", "H2", "H3") for id in cast.by_department[department]}
    stops = [(date.fromordinal(a), date.fromordinal(b)) for a, b in shutdowns(demo)]
    span = (last - first).days + 1
    for id in cast.everybody:
        since = max(first, cast.hired[id] + 30 * ONE_DAY)
        if since > last:
            continue
        day_minutes = 432 if any(id in crew for crew in cast.by_crew.values()) else 480
        left = int(26 * day_minutes * SHARE_OF_LEAVE * min(1.0, (last - since).days / 365))
        booked: list[tuple[date, date]] = []
        wishes = [stop for stop in stops if id in halls and since <= stop[0] and stop[1] <= last]
        wishes += list(_wishes(dice, first, span))
        for start, end in wishes:
            if start < since or end > last or any(a <= end + ONE_DAY and start <= b + ONE_DAY for a, b in booked):
                continue
            cost = sum(duties[id][day].expected.minutes() for day in each_day(start, end))
            if 0 < cost <= left:
                left -= cost
                booked.append((start, end))
                yield Taken(id, start, end)


def _wishes(dice: random.Random, first: date, span: int) -> Iterator[tuple[date, date]]:
    """Weeks and single days; half of the weeks in summer and around the turn of the year."""
    for length, times in ((14, 1), (7, 4), (1, 9)):
        for _ in range(times):
            start = first + timedelta(days=dice.randrange(max(1, span)))
            if length > 1:
                start -= timedelta(days=start.weekday())
            yield start, start + timedelta(days=length - 1)


# --- Sickness


def plan_sickness(demo: Demo, cast: Cast, duties: Duties, away: Away, first: date, last: date) -> Iterator[Hours]:
    """Spells of whole days that never touch a leave; more in winter, and three times as many in month 14."""
    dice = demo.random(f"sickness {first.year}")
    wave = demo.first_day + timedelta(days=round(13 * 30.44))
    for id in cast.everybody:
        day = max(first, cast.hired[id])
        while day <= last:
            often = 0.0085 * (1.5 if day.month in (1, 2, 3, 11, 12) else 0.8)
            if wave <= day < wave + 28 * ONE_DAY:
                often *= 3
            day += timedelta(days=1 + int(dice.expovariate(often)))
            length = dice.choices((1, 2, 3, 5, 8, 15, 60), weights=(30, 25, 20, 12, 8, 4, 0.4))[0]
            spell = list(islice((one for one in _from(day, last) if duties[id][one].expected.minutes() > 0), length))
            if not spell or any((id, one) in away for one in each_day(spell[0], spell[-1])):
                continue
            minutes = sum(duties[id][one].expected.minutes() for one in spell)
            kind = AbsenceKind.UNEXCUSED if length == 1 and dice.random() < 0.04 else AbsenceKind.SICK
            yield Hours(id, spell[0], minutes, kind, dice.choice(ILL) if kind is AbsenceKind.SICK else "")
            day = spell[-1] + 10 * ONE_DAY


def _from(day: date, last: date) -> Iterator[date]:
    return each_day(day, min(last, day + 130 * ONE_DAY)) if day <= last else iter(())


def sick_days(ill: list[Hours], duties: Duties) -> Away:
    """Every day that a spell fills."""
    found: Away = set()
    for one in ill:
        left, day = one.minutes, one.first_day
        while left > 0:
            left -= duties[one.employee_id][day].expected.minutes()
            found.add((one.employee_id, day))
            day += ONE_DAY
    return found


# --- Badges


def badges(
    demo: Demo, ctx: Context, cast: Cast, duties: Duties, away: Away, first: date, last: date
) -> Iterator[Badge]:
    """First in and last out of everybody who was there: minutes early, minutes late, and some overtime."""
    dice = demo.random(f"badges {first.year}")
    zone = ctx.zone
    store = set(cast.by_department["STORE"])
    lately = demo.today - 21 * ONE_DAY
    for id in cast.everybody:
        for day in each_day(max(first, cast.hired[id]), last):
            duty = duties[id][day]
            if duty.expected.minutes() and (id, day) not in away:
                yield _badge(dice, id, day, duty, zone, busy=id in store and day >= lately)


def _badge(dice: random.Random, id: int, day: date, duty: Duty, zone: ZoneInfo, *, busy: bool) -> Badge:
    start, end = duty.spans[0][0], duty.spans[-1][1]
    stays = 0
    if busy:
        stays = 150 if dice.random() < 0.8 else 60
    elif dice.random() < 0.16:
        stays = dice.choice((30, 60, 90, 120))
    if dice.random() < 0.006:
        stays = -dice.randrange(60, 200)
    came = instant(day, start, zone) - timedelta(seconds=dice.randrange(0, 120))
    return Badge(id, day, came, instant(day, end, zone) + timedelta(minutes=stays))


# --- Demand


def publish_demand(demo: Demo, ctx: Context, plant: Plant) -> None:
    """What the halls needed on each shift in two years and need in the next four weeks; none in shutdowns."""
    crews = work_calendars.duties(ctx, _one_of_each_crew(ctx, plant), demo.first_day, demo.today + 28 * ONE_DAY)
    times = {one.id: one for one in work_calendars.list_templates(ctx, plant.site_id)}
    stops = [(date.fromordinal(a), date.fromordinal(b)) for a, b in shutdowns(demo)]
    demands = []
    for day in each_day(demo.first_day, demo.today + 28 * ONE_DAY):
        if any(a <= day <= b for a, b in stops):
            continue
        running = {duty.template_id for own in crews.values() if (duty := own[day]).expected.minutes()} - {None}
        for template_id in sorted(id for id in running if id is not None):
            shift = times[template_id]
            start = instant(day, shift.start_minute, ctx.zone)
            end = instant(day, shift.start_minute + shift.minutes, ctx.zone)
            demands += [NewDemand(plant.departments[code], day, start, end, needed) for code, needed in NEEDS]
    cover.plan_demand(ctx, "personnel.needs", plant.site_id, demo.first_day, demo.today + 28 * ONE_DAY, demands)


def _one_of_each_crew(ctx: Context, plant: Plant) -> list[int]:
    versions = work_calendars.versions_between(ctx, None, ctx.today, ctx.today)
    return list({v.offset_days: v.employee_id for v in versions if v.calendar_id == plant.calendars["CREW"]}.values())
