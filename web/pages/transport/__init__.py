"""Transport as a browser sees it."""

from pathlib import Path

from transport.permissions import Can
from web.menu import Entry, Pages
from web.pages.transport import addresses, api, day, drive, drivers, orders, panels, plans, vehicles

PAGES = Pages(
    name="transport",
    title="Transport",
    routers=(day.router, plans.router, orders.router, vehicles.router, drivers.router, addresses.router, drive.router),
    api=api.ROUTERS,
    templates=Path(__file__).parent / "templates",
    menu=(
        Entry("Plan of the day", "/transport", "route", (Can.READ_PLANS,), words="dispatch routes trips", key="d"),
        Entry(
            "Ask for a transport", "/transport/orders/new", "send", (Can.REQUEST,), words="van truck courier move bring"
        ),
        Entry(
            "Transport orders",
            "/transport/orders?state=requested,planned&view=menu",
            "package",
            (Can.READ_ORDERS, Can.REQUEST),
            words="deliveries pickups shipments",
        ),
        Entry(
            "Vehicles", "/transport/vehicles", "truck", (Can.READ_VEHICLES,), words="fleet vans trucks cars", key="v"
        ),
        Entry("Drivers", "/transport/drivers", "user", (Can.PLAN, Can.MANAGE_VEHICLES)),
        Entry(
            "Addresses",
            "/transport/addresses",
            "building-warehouse",
            (Can.READ_ORDERS,),
            words="customers stops places",
        ),
        Entry("My trip", "/transport/drive", "map-pin", (Can.DRIVE,), words="driver stops", key="m"),
    ),
    slots={"home.panels": (panels.my_trip,)},
    actions=(Entry("New vehicle", "/transport/vehicles/new", "truck", (Can.MANAGE_VEHICLES,), words="van car fleet"),),
    order=40,
)
