"""Transport as a browser sees it."""

from pathlib import Path

from transport.permissions import Can
from web.menu import Entry, Pages
from web.pages.transport import day, drive, orders, plans, vehicles

PAGES = Pages(
    name="transport",
    title="Transport",
    routers=(day.router, plans.router, orders.router, vehicles.router, drive.router),
    templates=Path(__file__).parent / "templates",
    menu=(
        Entry("Plan of the day", "/transport", "route", (Can.READ_PLANS,)),
        Entry("Ask for a transport", "/transport/orders/new", "send", (Can.REQUEST,)),
        Entry("Vehicles", "/transport/vehicles", "truck", (Can.READ_VEHICLES,)),
        Entry("My trip", "/transport/drive", "map-pin", (Can.DRIVE,)),
    ),
    order=40,
)
