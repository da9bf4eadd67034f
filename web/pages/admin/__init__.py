"""For who looks after the house: accounts and roles, jobs, outgoing mail, imports."""

from pathlib import Path

from plantops.permissions import Can
from web.menu import Entry, Pages
from web.pages.admin import api, import_maps, imports, machinery, sign_in, users, webhooks

PAGES = Pages(
    name="admin",
    title="Administration",
    routers=(
        users.router,
        sign_in.router,
        machinery.router,
        imports.router,
        imports.uploads,
        import_maps.router,
        webhooks.router,
    ),
    api=api.ROUTERS,
    templates=Path(__file__).parent / "templates",
    menu=(
        Entry("Accounts", "/admin/users", "users", (Can.READ_USERS,), words="people roles rights logins"),
        Entry("Second factor", "/admin/sign-in", "key", (Can.READ_USERS,)),
        Entry("Imports", "/admin/imports", "upload", (Can.IMPORT,), words="upload files csv excel"),
        Entry("Jobs", "/admin/jobs", "hourglass", (Can.READ_JOBS,), words="worker queue running"),
        Entry("Webhooks", "/admin/webhooks", "send", (Can.MANAGE_WEBHOOKS,), words="api programs events callbacks"),
        Entry("Outgoing mail", "/admin/mails", "mail", (Can.READ_OUTBOX,), words="outbox letters"),
    ),
    actions=(
        Entry("Bring a file", "/admin/imports/new", "upload", (Can.IMPORT,), words="import upload csv excel"),
        Entry("New webhook", "/admin/webhooks/new", "send", (Can.MANAGE_WEBHOOKS,), words="api events"),
        Entry("New account", "/admin/users/new", "users", (Can.MANAGE_USERS,), words="user login person"),
    ),
    order=90,
)
