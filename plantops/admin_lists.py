"""The administrator's lists: accounts, jobs, mails, imports and webhooks."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from plantops import import_kinds, imports, jobs, outbox, people, webhooks
from plantops.context import Context, requires
from plantops.db import get
from plantops.findable import Findable
from plantops.imports import Import
from plantops.jobs import JobRun
from plantops.listing import Column, Facet, Kind, Listing, Select
from plantops.outbox import OutgoingMail
from plantops.people import User, UserGrant
from plantops.permissions import Can
from plantops.webhooks import Webhook, WebhookDelivery

asker = aliased(User)
writer = aliased(User)
importer = aliased(User)
subscriber = aliased(User)


def _titles(titles: Mapping[str, str], name: str) -> sa.Values:
    """What the house calls its codes, as a table to be joined: nobody reads a code in a list."""
    code, title = sa.column("code", sa.Text), sa.column("title", sa.Text)
    return sa.values(code, title, name=name).data(list(titles.items()))


HELD: sa.ColumnElement[str] = sa.func.coalesce(sa.literal_column("held.titles", sa.Text()), "")
JOB: sa.ColumnElement[str] = sa.func.coalesce(sa.literal_column("job_titles.title", sa.Text()), JobRun.name)

KIND: sa.ColumnElement[str] = sa.func.coalesce(sa.literal_column("kind_titles.title", sa.Text()), Import.kind)


def _user_rows(ctx: Context) -> Select:
    roles = _titles(ctx.registry.role_titles(), "role_titles")
    title = sa.func.coalesce(roles.c.title, UserGrant.role)
    held = (
        sa.select(UserGrant.user_id, sa.func.string_agg(sa.distinct(title), sa.literal(", ")).label("titles"))
        .outerjoin(roles, roles.c.code == UserGrant.role)
        .group_by(UserGrant.user_id)
        .subquery("held")
    )
    return (
        sa.select(User.id)
        .outerjoin(held, held.c.user_id == User.id)
        .where(User.id.in_(people.visible(ctx).with_only_columns(User.id)))
    )


USERS: Listing[object] = Listing(
    name="core.users",
    title="Accounts",
    permission=Can.READ_USERS,
    rows=_user_rows,
    key=User.id,
    columns=(
        Column("name", "Name", User.name, sort=User.sort_key, never_null=True, place="lead"),
        Column("login", "Login", User.login, never_null=True),
        Column("roles", "Roles", HELD, sortable=False),
        Column("email", "Mail", User.email, place="rest"),
        Column("active", "Open", User.active, Kind.YES_NO, place="aside"),
    ),
    facets=(Facet("active", "Open", User.active, Kind.YES_NO),),
    search=(User.sort_key, User.login, User.email, HELD),
    sort="name",
    origin="core_user",
    empty="No account yet.",
)


def _job_rows(ctx: Context) -> Select:
    seen = jobs.visible(ctx).with_only_columns(JobRun.id)
    known = {f"{one.name}.{short}": job.title for one in ctx.registry.modules for short, job in one.jobs.items()}
    titles = _titles(known, "job_titles")
    return (
        sa.select(JobRun.id)
        .join(asker, asker.id == JobRun.asked_by_id)
        .outerjoin(titles, titles.c.code == JobRun.name)
        .where(JobRun.id.in_(seen))
    )


JOBS: Listing[object] = Listing(
    name="core.jobs",
    title="Jobs",
    permission=Can.READ_JOBS,
    rows=_job_rows,
    key=JobRun.id,
    columns=(
        Column("name", "Job", JOB, place="lead"),
        Column("state", "State", JobRun.state, Kind.CHOICE, place="aside"),
        Column("queued_at", "Asked for", JobRun.queued_at, Kind.TIME, never_null=True),
        Column("finished_at", "Ended", JobRun.finished_at, Kind.TIME, place="rest"),
        Column("asked_by", "For", asker.name, sort=asker.sort_key, groups=True),
        Column("attempts", "Tries", JobRun.attempts, Kind.NUMBER, place="rest"),
        Column("message", "Message", JobRun.message, sortable=False),
    ),
    facets=(
        Facet("state", "State", JobRun.state, options=jobs.State),
        Facet("queued_at", "Asked for", JobRun.queued_at, Kind.TIME),
    ),
    search=(JOB, JobRun.message, asker.sort_key),
    sort="-id",
    origin="core_job_run",
    empty="No job has run yet.",
)


def _mail_rows(ctx: Context) -> Select:
    seen = outbox.visible(ctx).with_only_columns(OutgoingMail.id)
    return (
        sa.select(OutgoingMail.id)
        .join(writer, writer.id == OutgoingMail.created_by_id)
        .where(OutgoingMail.id.in_(seen))
    )


MAILS: Listing[object] = Listing(
    name="core.mails",
    title="Outgoing mail",
    permission=Can.READ_OUTBOX,
    rows=_mail_rows,
    key=OutgoingMail.id,
    columns=(
        Column("subject", "Subject", OutgoingMail.subject, place="lead"),
        Column("state", "State", OutgoingMail.state, Kind.CHOICE, place="aside"),
        Column("to_address", "To", OutgoingMail.to_address, groups=True),
        Column("created_at", "Written", OutgoingMail.created_at, Kind.TIME, never_null=True),
        Column("sent_at", "Sent", OutgoingMail.sent_at, Kind.TIME, place="rest"),
        Column("by", "By", writer.name, sort=writer.sort_key, place="rest", groups=True),
        Column("tries", "Tries", OutgoingMail.tries, Kind.NUMBER, place="rest"),
        Column("error", "What went wrong", OutgoingMail.error, sortable=False),
    ),
    facets=(
        Facet("state", "State", OutgoingMail.state, options=outbox.State),
        Facet("created_at", "Written", OutgoingMail.created_at, Kind.TIME),
    ),
    search=(OutgoingMail.subject, OutgoingMail.to_address, OutgoingMail.origin),
    sort="-id",
    origin="core_outbox",
    empty="No mail was written yet.",
)


def _import_rows(ctx: Context) -> Select:
    seen = imports.visible(ctx).with_only_columns(Import.id)
    titles = _titles(dict(import_kinds.titles(ctx.registry)), "kind_titles")
    rows = sa.select(Import.id).join(importer, importer.id == Import.created_by_id)
    return rows.outerjoin(titles, titles.c.code == Import.kind).where(Import.id.in_(seen))


IMPORTS: Listing[object] = Listing(
    name="core.imports",
    title="Imports",
    permission=Can.IMPORT,
    rows=_import_rows,
    key=Import.id,
    columns=(
        Column("file_name", "File", Import.file_name, place="lead"),
        Column("kind", "What", KIND, groups=True),
        Column("state", "State", Import.state, Kind.CHOICE, place="aside"),
        Column("rows", "Rows", Import.rows, Kind.NUMBER),
        Column("loaded", "Loaded", Import.loaded, Kind.NUMBER),
        Column("refused", "Refused", Import.refused, Kind.NUMBER),
        Column("created_at", "Brought", Import.created_at, Kind.TIME, never_null=True),
        Column("by", "By", importer.name, sort=importer.sort_key, place="rest", groups=True),
    ),
    facets=(
        Facet("kind", "What", Import.kind, options=lambda ctx: import_kinds.titles(ctx.registry)),
        Facet("state", "State", Import.state, options=imports.State),
    ),
    search=(Import.file_name, KIND),
    sort="-id",
    origin="core_import",
    empty="Nothing was imported yet.",
)


@requires(Can.IMPORT)
def import_run(ctx: Context, id: int) -> Import:
    """One import as the list names it."""
    return get(ctx.session, imports.visible(ctx).where(Import.id == id), what="import")


def _webhook_rows(ctx: Context) -> Select:
    seen = webhooks.visible(ctx).with_only_columns(Webhook.id)
    return sa.select(Webhook.id).join(subscriber, subscriber.id == Webhook.created_by_id).where(Webhook.id.in_(seen))


FAILURES = (
    sa.select(sa.func.count())
    .where(WebhookDelivery.webhook_id == Webhook.id, WebhookDelivery.state == webhooks.State.FAILED)
    .correlate(Webhook)
    .scalar_subquery()
)

WEBHOOKS: Listing[object] = Listing(
    name="core.webhooks",
    title="Webhooks",
    permission=Can.MANAGE_WEBHOOKS,
    rows=_webhook_rows,
    key=Webhook.id,
    columns=(
        Column("title", "Who is told", Webhook.title, place="lead"),
        Column("url", "Address", Webhook.url),
        Column("active", "Switched on", Webhook.active, Kind.YES_NO, place="aside"),
        Column("failures", "Failed deliveries", FAILURES, Kind.NUMBER),
        Column("created_at", "Since", Webhook.created_at, Kind.TIME, never_null=True, place="rest"),
        Column("by", "By", subscriber.name, sort=subscriber.sort_key, place="rest", groups=True),
    ),
    facets=(Facet("active", "Switched on", Webhook.active, Kind.YES_NO),),
    search=(Webhook.title, Webhook.url),
    sort="-id",
    origin="core_webhook",
    empty="No other program is told anything. Add a webhook to tell one.",
)


def _webhook_names(ctx: Context) -> list[tuple[int, str]]:
    return [(hook.id, hook.title) for hook in ctx.session.scalars(webhooks.visible(ctx).order_by(Webhook.title))]


def _event_names(ctx: Context) -> list[tuple[str, str]]:
    return [(name, name) for name in webhooks.known_events(ctx.registry)]


def _delivery_rows(ctx: Context) -> Select:
    seen = webhooks.visible_deliveries(ctx).with_only_columns(WebhookDelivery.id)
    return (
        sa.select(WebhookDelivery.id)
        .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
        .where(WebhookDelivery.id.in_(seen))
    )


DELIVERIES: Listing[object] = Listing(
    name="core.webhook_deliveries",
    title="Webhook deliveries",
    permission=Can.MANAGE_WEBHOOKS,
    rows=_delivery_rows,
    key=WebhookDelivery.id,
    columns=(
        Column("event", "Event", WebhookDelivery.event, place="lead", groups=True),
        Column("state", "State", WebhookDelivery.state, Kind.CHOICE, place="aside"),
        Column("webhook", "Who is told", Webhook.title, link="core_webhook", link_key="webhook_id", groups=True),
        Column("created_at", "Happened", WebhookDelivery.created_at, Kind.TIME, never_null=True),
        Column("sent_at", "Sent", WebhookDelivery.sent_at, Kind.TIME, place="rest"),
        Column("tries", "Tries", WebhookDelivery.tries, Kind.NUMBER, place="rest"),
        Column("error", "What went wrong", WebhookDelivery.error, sortable=False),
        Column("webhook_id", "Webhook", WebhookDelivery.webhook_id, Kind.NUMBER, hidden=True),
    ),
    facets=(
        Facet("state", "State", WebhookDelivery.state, options=webhooks.State),
        Facet("webhook", "Who is told", WebhookDelivery.webhook_id, options=_webhook_names, value=int),
        Facet("event", "Event", WebhookDelivery.event, options=_event_names),
        Facet("created_at", "Happened", WebhookDelivery.created_at, Kind.TIME),
    ),
    search=(WebhookDelivery.event, WebhookDelivery.message_id, Webhook.title),
    sort="-id",
    origin="core_webhook_delivery",
    empty="Nothing was told yet.",
)

LISTINGS = (USERS, JOBS, MAILS, IMPORTS, WEBHOOKS, DELIVERIES)
SEARCH = (
    Findable(
        "Account", (Can.READ_USERS,), _user_rows, User.id, "core_user", (User.name, User.login), detail=User.login
    ),
)
LINKS = {
    "core_webhook": "/admin/webhooks/{id}",
    "core_webhook_delivery": "/admin/webhook-deliveries/{id}",
    "core_user": "/admin/users/{id}",
    "core_job_run": "/jobs/{id}",
    "core_outbox": "/admin/mails/{id}",
    "core_import": "/admin/imports/{id}",
    "core_party": "/parties/{id}",
    "core_item": "/items/{id}",
    "core_store": "/stores/{id}",
    "core_stock_balance": "/stock/{id}",
    "core_stock_move": "/stock/moves/{id}",
}
"""Where things of the core are shown, whoever's list they stand in."""
