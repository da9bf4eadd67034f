"""By when a request must be resolved: the desk's hours without holidays and pauses; priority 1 around the clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from plantops import options, plant_days
from plantops.calendar import Period
from plantops.context import Context, within
from plantops.opening import BusinessClock, OpeningHours

HOURS = {1: "housekeeping.hours_priority_1", 2: "housekeeping.hours_priority_2", 3: "housekeeping.hours_priority_3"}
LEAST_URGENT = "housekeeping.hours_priority_4"


@within("requests and reports reckon with the desk's hours")
def clock(ctx: Context, site_id: int, priority: int) -> BusinessClock:
    """The clock of a priority at a site."""
    calendar = plant_days.calendar_of(ctx, site_id)
    if priority == 1:
        return BusinessClock.always(calendar)
    hours = str(options.value(ctx, "housekeeping.desk_hours", site_id))
    return BusinessClock(OpeningHours.parse(hours), calendar)


@within("requests and reports reckon with the desk's hours")
def target(ctx: Context, site_id: int, priority: int) -> timedelta:
    """How long a request of a priority may take on its clock."""
    return timedelta(hours=float(options.amount(ctx, HOURS.get(priority, LEAST_URGENT), site_id)))


@within("requests and reports reckon with the desk's hours")
def due(ctx: Context, site_id: int, priority: int, reported_at: datetime, pauses: Sequence[Period] = ()) -> datetime:
    """When it is due: the target on the clock from the report on, later by what the pauses took of open hours."""
    running = clock(ctx, site_id, priority)
    allowed = target(ctx, site_id, priority)
    if priority > 1:
        allowed += sum((running.open_time(pause.start, pause.end) for pause in pauses), timedelta())
    return running.add(reported_at, allowed)
