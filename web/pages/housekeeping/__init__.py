"""Housekeeping and the facility desk as a browser sees them."""

from pathlib import Path

from housekeeping.permissions import Can
from web.menu import Entry, Pages
from web.pages.housekeeping import api, codes, desk, door, needs, panels, rosters, rounds, work

PAGES = Pages(
    name="housekeeping",
    title="Housekeeping",
    routers=(door.router, desk.router, rounds.router, codes.router, work.router, rosters.router, needs.router),
    api=api.ROUTERS,
    templates=Path(__file__).parent / "templates",
    menu=(
        Entry(
            "Requests",
            "/housekeeping/requests?state=new,accepted&view=menu",
            "message",
            (Can.READ_REQUESTS,),
            words="tickets issues desk faults",
            key="q",
        ),
        Entry(
            "Report an issue",
            "/housekeeping/requests/new",
            "alert-circle",
            (Can.REPORT,),
            words="fault defect broken repair damage problem ticket",
        ),
        Entry(
            "Work orders",
            "/housekeeping/workorders?closed=no&view=menu",
            "tools",
            (Can.WORK, Can.READ_REQUESTS),
            words="repair maintenance tasks",
            key="w",
        ),
        Entry(
            "Rounds",
            "/housekeeping/rounds",
            "route",
            (Can.READ_CLEANING,),
            words="cleaning tour checklist ticks zones",
        ),
        Entry("Rosters", "/housekeeping/rosters", "calendar", (Can.READ_ROSTERS,), words="shifts cleaners plan"),
        Entry(
            "Staff needed",
            "/housekeeping/needs",
            "users",
            (Can.PLAN_ROSTERS, Can.MANAGE_CLEANING),
            words="demand staffing",
        ),
        Entry("Codes at the places", "/housekeeping/codes", "qrcode", (Can.TRIAGE,), words="qr print"),
    ),
    slots={"home.doors": (panels.doors,), "home.panels": (panels.my_work,)},
    order=50,
)
