"""Housekeeping and the facility desk as a browser sees them."""

from pathlib import Path

from housekeeping.permissions import Can
from web.menu import Entry, Pages
from web.pages.housekeeping import codes, desk, door, needs, panels, rosters, work

PAGES = Pages(
    name="housekeeping",
    title="Housekeeping",
    routers=(door.router, desk.router, codes.router, work.router, rosters.router, needs.router),
    templates=Path(__file__).parent / "templates",
    menu=(
        Entry("Requests", "/housekeeping/requests?state=new,accepted", "message", (Can.READ_REQUESTS,)),
        Entry("Report an issue", "/housekeeping/requests/new", "alert-circle", (Can.REPORT,)),
        Entry("Work orders", "/housekeeping/workorders", "tools", (Can.WORK, Can.READ_REQUESTS)),
        Entry("Rosters", "/housekeeping/rosters", "calendar", (Can.READ_ROSTERS,)),
        Entry("Staff needed", "/housekeeping/needs", "users", (Can.PLAN_ROSTERS, Can.MANAGE_CLEANING)),
        Entry("Codes at the places", "/housekeeping/codes", "qrcode", (Can.TRIAGE,)),
    ),
    slots={"home.panels": (panels.my_work,)},
    order=50,
)
