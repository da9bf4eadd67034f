"""The driver's phone: one trip, the next stop first."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi.responses import Response

from plantops.wording import say
from transport import boards, orders
from transport.models import OrderState
from web.page import Context, Form, kept, pages_router, render, see

router = pages_router()


@dataclass(frozen=True)
class Report:
    outcome: OrderState
    signed_by: str = ""
    note: str = ""


@router.get("/transport/drive")
def show(ctx: Context) -> Response:
    trip = boards.my_trip(ctx, ctx.today)
    open_stops = still_open(trip) if trip else []
    return kept(render(ctx, "transport/drive.html", trip=trip, left=open_stops))


def still_open(trip: boards.TripSheet) -> list[boards.StopLine]:
    """The stops that are not reported yet, in the order of the trip."""
    return [stop for stop in trip.stops if stop.state in boards.STILL_OPEN]


@router.post("/transport/stops/{id}/arrive")
def arrive(ctx: Context, id: int, form: Form) -> Response:
    orders.arrive(ctx, id, form.done_at)
    return see(ctx, "/transport/drive", say("Arrival noted."))


@router.post("/transport/stops/{id}/finish")
def finish(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Report)
    orders.finish(ctx, id, typed.outcome, signed_by=typed.signed_by, note=typed.note, at=form.done_at)
    return see(ctx, "/transport/drive", say("Noted. Next stop."))
