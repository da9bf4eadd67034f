"""Accounts, imports and waiting mails for programs: the same actions and the same refusals as on the pages."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from pydantic import Base64Bytes

from plantops import (
    accounts,
    import_files,
    import_fixes,
    import_jobs,
    imports,
    outbox,
    people,
    sessions,
    webhooks,
)
from plantops.accounts import Account
from plantops.admin_lists import DELIVERIES, IMPORTS, MAILS, USERS, WEBHOOKS, import_run
from plantops.context import Context, requires
from plantops.import_choices import Choices
from plantops.imports import Import
from plantops.outbox import OutgoingMail
from plantops.people import User
from plantops.permissions import Can
from plantops.webhooks import Webhook, WebhookDelivery
from web.pages.admin.imports import safe_name
from web.resources import Routes, gives, view

# --- Accounts and what they may do

USER = view(User, "id version login name email language active")


@requires(Can.MANAGE_USERS)
def give(ctx: Context, id: int, role: str, site_id: int | None = None, cost_centre_id: int | None = None) -> Account:
    """A role, everywhere or at one site and cost centre."""
    people.grant(ctx, id, role, site_id=site_id, cost_centre_id=cost_centre_id)
    return accounts.account(ctx, id)


users = Routes("users")
users.lists("/users", USERS)
users("GET /users/{id}", accounts.account)
users("POST /users", accounts.add_user, USER, without=("password",))
users("PUT /users/{id}", accounts.change, USER)
users("POST /users/{user_id}/close", people.close_account, USER)
users("POST /users/{id}/open-again", accounts.open_again, USER)
users("POST /users/{user_id}/end-sessions", sessions.end_all_of, USER)
users("POST /users/{id}/grants", give)
users("DELETE /users/{user_id}/grants/{grant_id}", accounts.take_back)

# --- Imports: a file is staged, looked at, loaded, and taken back where need be

IMPORT = view(Import, "id kind file_name site_id state rows loaded refused note created_by_id loaded_at undone_at")


@requires(Can.IMPORT)
def stage(
    ctx: Context,
    kind: str,
    file_name: str,
    content: Base64Bytes,
    map_text: str,
    site: str | None = None,
    again: bool = False,
) -> Import:
    """A file (base64) with the map of its columns; nothing is loaded yet."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / safe_name(file_name)
        path.write_bytes(content)
        return imports.stage(ctx, kind, path, map_text, site=site, again=again)


loading = Routes("imports")
loading.lists("/imports", IMPORTS)
loading("GET /imports/{id}", import_run, IMPORT)
loading("GET /imports/{id}/report", imports.report)
loading("POST /imports", stage, IMPORT)
loading("GET /imports/{id}/mapping", import_files.mapping, Choices, part="choices", without=("chosen", "named"))
loading("PUT /imports/{id}/mapping", import_files.choose, IMPORT)
loading("POST /imports/{id}/read", import_jobs.ask_to_read, gives("job_id"))
loading("GET /imports/{id}/faults", import_fixes.faults)
loading("GET /imports/{id}/wrong-values", import_fixes.wrong_values)
loading("GET /imports/{id}/rows", import_fixes.rows)
loading("GET /imports/{id}/rows/{number}", import_fixes.row)
loading("PUT /imports/{id}/rows/{number}", import_fixes.set_cell)
loading("POST /imports/{id}/replace", import_fixes.replace_all, gives("cells"))
loading("POST /imports/{id}/skip", import_fixes.skip, gives("rows"))
loading("POST /imports/{id}/take-in", import_fixes.take_in, gives("rows"))
loading("POST /imports/{id}/skip-fault", import_fixes.skip_fault, gives("rows"))
loading("POST /imports/{id}/skip-value", import_fixes.skip_value, gives("rows"))
loading("POST /imports/{id}/try", import_jobs.ask_to_try, gives("job_id"))
loading("GET /imports/{id}/kept", imports.kept)
loading("POST /imports/{id}/again", import_files.again, IMPORT)
loading("DELETE /imports/{id}", import_files.discard)
loading("POST /imports/{id}/load", import_jobs.ask_to_load, gives("job_id"))
loading("POST /imports/{id}/undo", import_jobs.ask_to_undo, gives("job_id"))

# --- Mails that wait or failed

MAIL = view(
    OutgoingMail, "id state to_address to_name subject text origin created_by_id next_try_at tries sent_at error"
)

mails = Routes("mails")
mails.lists("/mails", MAILS)
mails("GET /mails/{id}", outbox.one, MAIL)
mails.acts("/mails/{id}", MAIL, outbox.recall, outbox.send_again)

# --- Webhooks

WEBHOOK = view(Webhook, "id version title url events active old_until created_by_id created_at")
DELIVERY = view(
    WebhookDelivery,
    "id webhook_id message_id event body state tries next_try_at created_at sent_at status answer error",
)


@dataclass(frozen=True)
class Secret:
    secret: str


@requires(Can.MANAGE_WEBHOOKS)
def secret(ctx: Context, id: int) -> Secret:
    """What the other side checks signatures with."""
    return Secret(webhooks.secret_of(ctx, id))


hooks = Routes("webhooks")
hooks.lists("/webhooks", WEBHOOKS)
hooks("GET /webhooks/{id}", webhooks.read, WEBHOOK)
hooks("GET /webhooks/{id}/secret", secret)
hooks("POST /webhooks", webhooks.subscribe, WEBHOOK)
hooks("PUT /webhooks/{id}", webhooks.change, WEBHOOK)
hooks.acts("/webhooks/{id}", WEBHOOK, webhooks.roll_secret, webhooks.switch)
hooks.lists("/webhook-deliveries", DELIVERIES)
hooks("GET /webhook-deliveries/{id}", webhooks.delivery, DELIVERY)
hooks("POST /webhook-deliveries/{id}/send-again", webhooks.send_again, DELIVERY)

ROUTERS = (users.router, loading.router, mails.router, hooks.router)
