"""Drivers: employees who drive; whether they may today, personnel answers with yes or no."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from personnel import api as personnel
from plantops import lifecycle
from plantops.context import Context, requires, within
from plantops.db import bump, get, one_at_a_time
from plantops.errors import Conflict, Invalid
from plantops.events import Absent
from plantops.wording import say, weekday_and_day
from transport.models import Driver, Plan, PlanState, Trip, Vehicle
from transport.permissions import Can


@dataclass(frozen=True)
class DriverRow:
    """A driver on a day. `reason` says why not; never more than personnel tells (no leave reason, no health)."""

    id: int
    employee_id: int
    name: str
    home_vehicle_id: int | None
    reason: str | None


# --- Rules


def match(
    trips: Sequence[tuple[int, str | None]],
    ready: Sequence[tuple[int, int | None]],
    licensed: dict[str, frozenset[int]],
) -> dict[int, int]:
    """Vehicle id -> driver id, as many as possible (augmenting paths), the driver's own vehicle first.

    `trips`: (vehicle id, licence needed or None). `ready`: (driver id, home vehicle id or None).
    `licensed`: licence -> ids of drivers who hold it.
    """
    home = dict(ready)

    def choices(vehicle: int, licence: str | None) -> list[int]:
        fit = [driver for driver in home if licence is None or driver in licensed.get(licence, frozenset())]
        return sorted(fit, key=lambda driver: (home[driver] != vehicle, driver))

    able = {vehicle: choices(vehicle, licence) for vehicle, licence in trips}
    seat: dict[int, int] = {}  # driver -> vehicle

    def place(vehicle: int, tried: set[int]) -> bool:
        for driver in able[vehicle]:
            if driver in tried:
                continue
            tried.add(driver)
            if driver not in seat or place(seat[driver], tried):
                seat[driver] = vehicle
                return True
        return False

    for vehicle, _licence in sorted(trips, key=lambda trip: (len(able[trip[0]]), trip[0])):
        place(vehicle, set())
    return {vehicle: driver for driver, vehicle in seat.items()}


# --- Questions


def visible(ctx: Context) -> sa.Select[Driver]:
    sites = ctx.sites(Can.READ_PLANS)
    every = sa.select(Driver).where(~Driver.archived)
    return every if sites is None else every.where(Driver.site_id.in_(sites))


@requires(Can.READ_PLANS)
def list_drivers(ctx: Context, site_id: int, day: date) -> list[DriverRow]:
    """The site's drivers with who cannot drive on a day."""
    found = ctx.session.scalars(visible(ctx).where(Driver.site_id == site_id).order_by(Driver.id)).all()
    ids = [driver.employee_id for driver in found]
    names = personnel.names(ctx, ids)
    here = personnel.available(ctx, ids, day, day)
    rows = []
    for driver in found:
        reason = None if day in here.days.get(driver.employee_id, frozenset()) else say("not available on this day")
        rows.append(DriverRow(driver.id, driver.employee_id, names[driver.employee_id], driver.home_vehicle_id, reason))
    return rows


@requires(Can.READ_PLANS)
def ready_days(ctx: Context, site_id: int, first: date, last: date) -> dict[int, frozenset[date]]:
    """On which of these days each driver of the site is at work; why not on the others stays with personnel."""
    found = ctx.session.scalars(visible(ctx).where(Driver.site_id == site_id)).all()
    here = personnel.available(ctx, [driver.employee_id for driver in found], first, last)
    return {driver.id: frozenset(here.days.get(driver.employee_id, frozenset())) for driver in found}


@within("a plan that is kept names a driver for each trip")
def assign(ctx: Context, site_id: int, day: date, trips: Sequence[Trip]) -> None:
    """Names a driver for each trip where one may drive; the others stay open for the dispatcher to see."""
    drivers = ctx.session.scalars(
        sa.select(Driver).where(Driver.site_id == site_id, ~Driver.archived).order_by(Driver.id)
    ).all()
    if not drivers or not trips:
        return
    by_employee = {driver.employee_id: driver.id for driver in drivers}
    here = personnel.available(ctx, list(by_employee), day, day)
    ready = [
        (driver.id, driver.home_vehicle_id)
        for driver in drivers
        if day in here.days.get(driver.employee_id, frozenset())
    ]
    query = sa.select(Vehicle.id, Vehicle.licence).where(Vehicle.id.in_([trip.vehicle_id for trip in trips]))
    needed = {row.id: row.licence for row in ctx.session.execute(query)}
    licensed = {
        licence: frozenset(
            by_employee[employee] for employee in personnel.qualified(ctx, list(by_employee), licence, day, day)
        )
        for licence in {licence for licence in needed.values() if licence}
    }
    seats = match([(trip.vehicle_id, needed[trip.vehicle_id]) for trip in trips], ready, licensed)
    for trip in trips:
        trip.driver_id = seats.get(trip.vehicle_id)


@within("personnel asks before it approves a leave")
def warn_of_absence(ctx: Context, question: Absent) -> list[str]:
    """One sentence for each published day on which the person would be missing at the wheel."""
    days = ctx.session.scalars(
        sa.select(Plan.day)
        .join(Trip, Trip.plan_id == Plan.id)
        .join(Driver, Driver.id == Trip.driver_id)
        .where(
            Driver.employee_id == question.employee_id,
            Plan.state == PlanState.PUBLISHED,
            Plan.day.between(question.first_day, question.last_day),
        )
        .order_by(Plan.day)
    )
    return [say("Drives a published trip on {day}.", day=weekday_and_day(day)) for day in days]


# --- Actions


@requires(Can.MANAGE_VEHICLES)
def enrol(ctx: Context, site_id: int, employee_id: int, home_vehicle_id: int | None = None) -> Driver:
    """Makes an employee of the site a driver, with a vehicle of the site that is usually theirs."""
    ctx.need(Can.MANAGE_VEHICLES, site_id=site_id)
    if employee_id not in personnel.working_at(ctx, site_id, [employee_id], ctx.today):
        raise Invalid(say("Nobody of this site is named. Choose somebody who works here today."), field="employee_id")
    if home_vehicle_id is not None:
        home = sa.select(Vehicle.id).where(Vehicle.id == home_vehicle_id, Vehicle.site_id == site_id, ~Vehicle.archived)
        if ctx.session.scalar(home) is None:
            raise Invalid(say("This vehicle is not in use at this site. Choose another."), field="home_vehicle_id")
    one_at_a_time(ctx.session, "driver", employee_id)
    if ctx.session.scalar(sa.select(Driver.id).where(Driver.employee_id == employee_id)):
        raise Conflict(say("This employee is a driver already."), field="employee_id")
    made = Driver(site_id=site_id, employee_id=employee_id, home_vehicle_id=home_vehicle_id)
    ctx.session.add(made)
    ctx.session.flush()
    return made


@requires(Can.PLAN)
def put_on(ctx: Context, trip_id: int, version: int, driver_id: int | None) -> Trip:
    """The dispatcher's own choice of a driver for a trip of the plan that they saw; not who may not drive that day."""
    trip = get(ctx.session, sa.select(Trip).where(Trip.id == trip_id), what="trip")
    this = sa.select(Plan).where(Plan.id == trip.plan_id)  # locked before its trips, as publishing does
    plan = get(ctx.session, this, what="plan", version=version, lock=True)
    trip = get(ctx.session, sa.select(Trip).where(Trip.id == trip_id), what="trip", lock=True)
    ctx.need(Can.PLAN, site_id=plan.site_id)
    if plan.state not in (PlanState.DRAFT, PlanState.PUBLISHED):
        raise Conflict(
            say(
                "This plan is {state}; drivers are chosen in drafts and in the published plan.",
                state=lifecycle.spoken(plan.state),
            )
        )
    if driver_id is not None:
        row = next((one for one in list_drivers(ctx, plan.site_id, plan.day) if one.id == driver_id), None)
        if row is None or row.reason:
            raise Conflict(
                say("Cannot put this driver on: {reason}.", reason=row.reason if row else "no driver of this site")
            )
        licence = ctx.session.scalar(sa.select(Vehicle.licence).where(Vehicle.id == trip.vehicle_id))
        if licence and row.employee_id not in personnel.qualified(ctx, [row.employee_id], licence, plan.day, plan.day):
            raise Conflict(
                say(
                    "{name} does not hold licence {licence} on this day, which this vehicle needs.",
                    name=row.name,
                    licence=licence,
                )
            )
        busy = sa.select(Trip.id).where(Trip.plan_id == plan.id, Trip.driver_id == driver_id, Trip.id != trip_id)
        if ctx.session.scalar(busy):
            raise Conflict(say("{name} drives another vehicle in this plan already.", name=row.name))
    trip.driver_id = driver_id
    bump(plan)
    ctx.session.flush()
    return trip
