"""Home: what waits for this person, what runs for them, and which site they look at."""

from pathlib import Path

from web.menu import Entry, Pages
from web.pages.home import api, bell, desk, due, files, find, home, offline, talk, typed, undo, work

PAGES = Pages(
    name="home",
    title="",
    routers=(
        home.router,
        due.router,
        work.router,
        work.streams,
        files.router,
        talk.router,
        typed.router,
        undo.router,
        find.router,
        desk.router,
        bell.router,
        offline.router,
        offline.open_router,
    ),
    api=api.ROUTERS,
    templates=Path(__file__).parent / "templates",
    menu=(
        Entry("Home", "/", "home", words="start overview", key="h"),
        Entry("Falls due", "/due", "bell", words="deadlines expiring overdue", key="f"),
        Entry("My running work", "/jobs", "hourglass", words="progress plans reports"),
    ),
    order=0,
)
