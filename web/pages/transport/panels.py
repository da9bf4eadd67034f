"""Transport on the home page: the driver's own trip."""

from __future__ import annotations

from markupsafe import Markup

from transport import boards
from transport.permissions import Can
from web.page import Context, drawn
from web.pages.transport.drive import still_open


def my_trip(ctx: Context) -> Markup | None:
    trip = boards.my_trip(ctx, ctx.today) if ctx.may(Can.DRIVE) else None
    if trip is None:
        return None
    left = still_open(trip)
    return drawn(ctx, "transport/panel_trip.html", trip=trip, left=len(left), next=left[0] if left else None)
