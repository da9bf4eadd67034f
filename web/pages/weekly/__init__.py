"""The plant manager's week as a browser sees it."""

from pathlib import Path

from plantops.permissions import Can
from web.menu import Entry, Pages
from web.pages.weekly import api, panels, week

PAGES = Pages(
    name="weekly",
    title="",
    routers=(week.router,),
    api=api.ROUTERS,
    templates=Path(__file__).parent / "templates",
    menu=(Entry("The week", "/weekly", "report-analytics", (Can.READ_WEEKLY,), words="report figures kpi", key="y"),),
    slots={"home.panels": (panels.last_week,)},
    order=10,
)
