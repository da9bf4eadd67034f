"""Home: what waits for this person, what runs for them, and which site they look at."""

from pathlib import Path

from web.menu import Entry, Pages
from web.pages.home import due, files, home, talk, work

PAGES = Pages(
    name="home",
    title="",
    routers=(home.router, due.router, work.router, work.streams, files.router, talk.router),
    templates=Path(__file__).parent / "templates",
    menu=(
        Entry("Home", "/", "home"),
        Entry("Falls due", "/due", "bell"),
        Entry("My running work", "/jobs", "hourglass"),
    ),
    order=0,
)
