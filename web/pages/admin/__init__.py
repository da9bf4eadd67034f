"""For who looks after the house: accounts and roles, jobs, outgoing mail, imports."""

from pathlib import Path

from plantops.permissions import Can
from web.menu import Entry, Pages
from web.pages.admin import imports, machinery, users

PAGES = Pages(
    name="admin",
    title="Administration",
    routers=(users.router, machinery.router, imports.router),
    templates=Path(__file__).parent / "templates",
    menu=(
        Entry("Accounts", "/admin/users", "users", (Can.READ_USERS,)),
        Entry("Imports", "/admin/imports", "upload", (Can.IMPORT,)),
        Entry("Jobs", "/admin/jobs", "hourglass", (Can.READ_JOBS,)),
        Entry("Outgoing mail", "/admin/mails", "mail", (Can.READ_OUTBOX,)),
    ),
    order=90,
)
