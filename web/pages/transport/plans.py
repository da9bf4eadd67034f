"""A plan: times, loads, the map, what is left out and why, and how good it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from fastapi.responses import Response

from plantops import jobs
from plantops.wording import mark, say
from transport import boards, drivers, moves, plans, replans
from transport.boards import PlanSheet
from transport.models import PlanState
from transport.permissions import Can
from web import live
from web.page import Context, Form, pages_router, render, see
from web.pages.transport.addresses import minute
from web.plans import Gantt, Lane, Map, Spot, Stretch, Way, gantt, plan_map

router = pages_router()
KEY = (("s1", mark("drives")), ("s2", mark("at a stop, with its number")), ("s4", mark("waits for the window to open")))
TONES = ("s1", "s2", "s3", "s4", "s5", "s6")


@dataclass(frozen=True)
class Target:
    """Where a stop is to go; without a number where it costs least on that vehicle."""

    vehicle_id: int
    stop: int | None = None


def lanes(ctx: Context, sheet: PlanSheet) -> Gantt:
    """One lane per vehicle: driving, serving, waiting."""
    found = []
    for trip in sheet.trips:
        stretches, at = [], trip.leaves
        for number, stop in enumerate(trip.stops, start=1):
            stretches.append(Stretch(at, stop.arrives, say("to {place}", place=stop.place), "s1"))
            if stop.starts > stop.arrives:
                stretches.append(Stretch(stop.arrives, stop.starts, say("waits at {place}", place=stop.place), "s4"))
            label = say(
                "stop {number}: {place}, slack {slack:.0f} min",
                number=number,
                place=stop.place,
                slack=stop.slack_minutes,
            )
            stretches.append(Stretch(stop.starts, stop.departs, label, "s2", str(number)))
            at = stop.departs
        stretches.append(Stretch(at, trip.returns, say("back to the depot"), "s1"))
        found.append(Lane(trip.vehicle, stretches))
    return gantt(say("Vehicles through the day"), found, ctx.zone, key=[(tone, say(words)) for tone, words in KEY])


def drawn(sheet: PlanSheet) -> Map:
    """The routes as the crow flies between stops."""
    name, latitude, longitude = sheet.depot
    spots = [Spot(latitude, longitude, name, is_depot=True)]
    ways = []
    for number, trip in enumerate(sheet.trips):
        tone = TONES[number % len(TONES)]
        points = [(stop.latitude, stop.longitude) for stop in trip.stops]
        ways.append(Way(trip.vehicle, [(latitude, longitude), *points, (latitude, longitude)], tone))
        spots += [
            Spot(
                stop.latitude,
                stop.longitude,
                say("{vehicle}, stop {n}: {place}", vehicle=trip.vehicle, n=n, place=stop.place),
                tone,
            )
            for n, stop in enumerate(trip.stops, start=1)
        ]
    return plan_map(say("Routes"), spots, ways)


@dataclass(frozen=True)
class Wish:
    """What the rest of a day shall be planned anew with."""

    vehicle_out_id: int | None = None
    as_if: time | None = None
    others_stay: bool = False
    seconds: int = replans.USUAL_SECONDS


@router.get("/transport/plans/{id}")
def show(ctx: Context, id: int) -> Response:
    sheet = boards.sheet(ctx, id)
    plan = sheet.plan
    computing = plan.state is PlanState.COMPUTING and plan.job_run_id is not None
    return render(
        ctx,
        "transport/plan.html",
        Can=Can,
        sheet=sheet,
        plan=plan,
        beside=replans.difference(ctx, id),
        why_not_anew=replans.why_not_replan(plan),
        states=PlanState,
        url=f"/transport/plans/{id}",
        work=live.work_of(ctx, jobs.one(ctx, plan.job_run_id)) if computing and plan.job_run_id else None,
        gantt=lanes(ctx, sheet) if sheet.trips else None,
        map=drawn(sheet) if sheet.trips else None,
        drivers=[row for row in drivers.list_drivers(ctx, plan.site_id, plan.day) if row.reason is None],
        undriven=plans.why_nobody_drives([trip.vehicle for trip in sheet.trips if trip.driver is None]),
        how_good=plans.how_good(
            float(plan.cost) if plan.cost is not None else None,
            float(plan.bound) if plan.bound is not None else None,
            float(plan.gap) if plan.gap is not None else None,
        ),
    )


@router.post("/transport/plans/{id}/publish")
def publish(ctx: Context, id: int, form: Form) -> Response:
    plans.publish(ctx, id, form.version, form.text("reason"))
    return see(ctx, f"/transport/plans/{id}", say("Published: the drivers have their day."))


@router.post("/transport/plans/{id}/manifest")
def manifest(ctx: Context, id: int) -> Response:
    return see(ctx, f"/jobs/{plans.print_manifest(ctx, id)}", say("The manifest is being printed."))


@router.post("/transport/plans/{id}/trips/{trip_id}/driver")
def put_on(ctx: Context, id: int, trip_id: int, form: Form) -> Response:
    drivers.put_on(ctx, trip_id, form.version, form.number("driver_id") if form.text("driver_id") else None)
    return see(ctx, f"/transport/plans/{id}", say("The driver is noted."))


@router.get("/transport/plans/{id}/anew")
def wish(ctx: Context, id: int) -> Response:
    ctx.need(Can.PLAN, to="plan the rest of a day anew")
    sheet = boards.sheet(ctx, id)
    return render(
        ctx,
        "transport/anew.html",
        sheet=sheet,
        why_not=replans.why_not_replan(sheet.plan),
        vehicles=[(trip.vehicle_id, trip.vehicle) for trip in sheet.trips],
        now=ctx.now if sheet.plan.state is PlanState.PUBLISHED and sheet.plan.day == ctx.today else None,
        seconds=replans.USUAL_SECONDS,
        url=f"/transport/plans/{id}",
    )


@router.post("/transport/plans/{id}/anew")
def plan_anew(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Wish)
    as_if = None if typed.as_if is None else minute(typed.as_if, 0)
    made = replans.ask(
        ctx, id, form.version, typed.vehicle_out_id, as_if, others_stay=typed.others_stay, seconds=typed.seconds
    )
    return see(ctx, f"/transport/plans/{made.id}", say("The optimiser is at work. Plan {id} stays as it is.", id=id))


@router.post("/transport/plans/{id}/apply")
def apply(ctx: Context, id: int, form: Form) -> Response:
    plan = replans.apply(ctx, id, form.version)
    return see(ctx, f"/transport/plans/{plan.id}", say("Taken over into this plan."))


@router.get("/transport/plans/{id}/move/{order_id}")
def offers(ctx: Context, id: int, order_id: int) -> Response:
    sheet = moves.offers(ctx, id, order_id)
    choices = [(row.vehicle_id, row.vehicle) for row in sheet.rows]
    return render(ctx, "transport/move.html", sheet=sheet, choices=choices, url=f"/transport/plans/{id}")


@router.post("/transport/plans/{id}/move/{order_id}")
def move(ctx: Context, id: int, order_id: int, form: Form) -> Response:
    target = form.into(Target)
    plan, extra = moves.move(ctx, id, form.version, order_id, target.vehicle_id, target.stop)
    words = say("Moved: {extra:+,.2f} {currency}.", extra=extra, currency=plan.currency or "")
    return see(ctx, f"/transport/plans/{id}", words)
