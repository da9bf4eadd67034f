"""Webhooks: other programs are told what happened here, signed, after the commit, and again when they were away."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import sqlalchemy as sa
from pydantic_core import to_json
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from plantops import calling, sealing
from plantops.calling import Answer
from plantops.context import Context, requires, within
from plantops.db import Base, Id, Versioned, bump, choice, get, unaudited
from plantops.errors import Conflict, Invalid
from plantops.events import Event
from plantops.jobs import Computation, Done, Reporter
from plantops.module import Registry
from plantops.permissions import Can
from plantops.settings import Settings
from plantops.wording import say

PURPOSE = "webhook"
PREFIX = "whsec_"
SECRET_BYTES = 32
OLD_SECRET_LASTS = timedelta(hours=24)
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720))
KEPT = timedelta(days=30)
LOOKED_AT_ONCE = 500
MOST = 50
KEPT_HERE = "webhooks"
"""Who wants to be told is read once in a transaction."""
WORD_BEGINS = re.compile(r"(?<!^)(?=[A-Z])")


class State(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class Webhook(Versioned, Base):
    """Who is told what, and where."""

    __tablename__ = "core_webhook"

    id: Mapped[Id]
    title: Mapped[str]
    url: Mapped[str]
    events: Mapped[list[str]] = mapped_column(JSONB, default=list)
    """Names of events; none means every one."""
    active: Mapped[bool] = mapped_column(default=True)
    secret: Mapped[bytes] = mapped_column(sa.LargeBinary, info={"hidden": True})
    old_secret: Mapped[bytes | None] = mapped_column(sa.LargeBinary, info={"hidden": True})
    """Signs beside the new one for a day, so that nothing is lost while the other side changes over."""
    old_until: Mapped[datetime | None]
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    created_at: Mapped[datetime]


class WebhookDelivery(Base):
    """One event for one subscription: written with what it tells of, and what became of it. At least once."""

    __tablename__ = "core_webhook_delivery"
    __table_args__ = (
        sa.Index("ix_core_webhook_delivery_due", "next_try_at", postgresql_where=sa.text("state = 'waiting'")),
        sa.Index("ix_core_webhook_delivery_webhook_id", "webhook_id", "id"),
        sa.Index("ix_core_webhook_delivery_created_at", "created_at"),
        unaudited(),
    )

    id: Mapped[Id]
    webhook_id: Mapped[int] = mapped_column(sa.ForeignKey("core_webhook.id"))
    message_id: Mapped[str]
    event: Mapped[str]
    body: Mapped[str]
    state: Mapped[State] = mapped_column(choice(State, "webhook_state"), default=State.WAITING)
    tries: Mapped[int] = mapped_column(sa.Integer, default=0)
    next_try_at: Mapped[datetime]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    status: Mapped[int | None] = mapped_column(sa.Integer)
    answer: Mapped[str] = mapped_column(default="")
    error: Mapped[str | None]


@dataclass(frozen=True)
class WebhookFacts:
    title: str
    url: str
    events: tuple[str, ...] = ()


# --- Rules


def name_of(event: type[Event]) -> str:
    """`purchasing.events.OrderIssued` is `purchasing.order_issued`."""
    module = event.__module__.partition(".")[0]
    return f"{'core' if module == 'plantops' else module}.{WORD_BEGINS.sub('_', event.__name__).lower()}"


def known_events(registry: Registry) -> dict[str, str]:
    """The events that can be subscribed to, each with what it means."""
    found = {name_of(one): say((one.__doc__ or "").split("\n", 1)[0]) for one in Event.__subclasses__()}
    return {name: found[name] for name in sorted(found) if name.partition(".")[0] in registry}


def signature(secret: bytes, message_id: str, at: datetime, body: bytes) -> str:
    """As Standard Webhooks asks for: HMAC-SHA256 over id, seconds and body."""
    signed = f"{message_id}.{int(at.timestamp())}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()}"


def after_failure(tries: int) -> timedelta | None:
    """How long to wait after this many failed tries; None when it is given up."""
    return None if tries > len(WAITS) else WAITS[tries - 1]


def wrong_facts(facts: WebhookFacts, registry: Registry, inside: bool) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if not facts.title:
        wrong["title"] = say("Say who is told: a name of the other program.")
    if reason := calling.why_not_url(facts.url, inside):
        wrong["url"] = say("This address cannot be called: {reason}.", reason=reason)
    known = known_events(registry)
    if unknown := [name for name in facts.events if name not in known]:
        wrong["events"] = say(
            "There is no event {unknown}. Known: {known}.", unknown=unknown[0], known=", ".join(known)
        )
    return wrong


# --- Questions


def visible(ctx: Context) -> sa.Select[Webhook]:
    every = sa.select(Webhook)
    return every if ctx.may_everywhere(Can.MANAGE_WEBHOOKS) else every.where(sa.false())


def visible_deliveries(ctx: Context) -> sa.Select[WebhookDelivery]:
    every = sa.select(WebhookDelivery)
    return every if ctx.may_everywhere(Can.MANAGE_WEBHOOKS) else every.where(sa.false())


@requires(Can.MANAGE_WEBHOOKS)
def read(ctx: Context, id: int) -> Webhook:
    return get(ctx.session, visible(ctx).where(Webhook.id == id), what="webhook")


@requires(Can.MANAGE_WEBHOOKS)
def delivery(ctx: Context, id: int) -> WebhookDelivery:
    return get(ctx.session, visible_deliveries(ctx).where(WebhookDelivery.id == id), what="delivery")


@requires(Can.MANAGE_WEBHOOKS)
def secret_of(ctx: Context, id: int) -> str:
    """What the other side checks signatures with, as Standard Webhooks writes it."""
    return f"{PREFIX}{base64.b64encode(_unsealed(ctx.settings, read(ctx, id).secret)).decode()}"


# --- Actions


@requires(Can.MANAGE_WEBHOOKS)
def subscribe(ctx: Context, facts: WebhookFacts) -> Webhook:
    """From now on the other program is told."""
    ctx.need_everywhere(Can.MANAGE_WEBHOOKS, to="tell other programs")
    _check(ctx, facts)
    if (ctx.session.scalar(sa.select(sa.func.count()).select_from(Webhook)) or 0) >= MOST:
        raise Conflict(say("There are {most} webhooks already: change one that is not used any more.", most=MOST))
    hook = Webhook(
        title=facts.title,
        url=facts.url,
        events=list(dict.fromkeys(facts.events)),
        secret=_new_secret(ctx.settings),
        created_by_id=ctx.on_behalf_of or ctx.user.id,
        created_at=ctx.now,
    )
    ctx.session.add(hook)
    ctx.session.flush()
    ctx.session.info.pop(KEPT_HERE, None)
    return hook


@requires(Can.MANAGE_WEBHOOKS)
def change(ctx: Context, id: int, version: int, facts: WebhookFacts) -> Webhook:
    hook = _locked(ctx, id, version)
    _check(ctx, facts)
    hook.title, hook.url, hook.events = facts.title, facts.url, list(dict.fromkeys(facts.events))
    ctx.session.flush()
    return hook


@requires(Can.MANAGE_WEBHOOKS)
def roll_secret(ctx: Context, id: int, version: int) -> Webhook:
    """A new secret; the old one signs beside it for a day."""
    hook = _locked(ctx, id, version)
    hook.old_secret, hook.old_until = hook.secret, ctx.now + OLD_SECRET_LASTS
    hook.secret = _new_secret(ctx.settings)
    ctx.session.flush()
    return hook


@requires(Can.MANAGE_WEBHOOKS)
def switch(ctx: Context, id: int, version: int, active: bool) -> Webhook:
    """On or off. While it is off nothing is written for it; what waits goes out when it is on again."""
    hook = _locked(ctx, id, version)
    hook.active = active
    ctx.session.flush()
    if active:
        waiting = sa.select(WebhookDelivery).where(
            WebhookDelivery.webhook_id == id, WebhookDelivery.state == State.WAITING
        )
        for row in ctx.session.scalars(waiting.order_by(WebhookDelivery.id).limit(LOOKED_AT_ONCE)):
            _enqueue(ctx, row.id, ctx.now)
    return hook


@requires(Can.MANAGE_WEBHOOKS)
def send_again(ctx: Context, id: int) -> WebhookDelivery:
    """The same message once more, with the same id, from the first try on."""
    row = get(ctx.session, visible_deliveries(ctx).where(WebhookDelivery.id == id), what="delivery", lock=True)
    if row.state is State.WAITING:
        raise Conflict(say("This waits to be sent already."))
    if not read(ctx, row.webhook_id).active:
        raise Conflict(say("The webhook is switched off: switch it on first."))
    row.state, row.tries, row.next_try_at = State.WAITING, 0, ctx.now
    ctx.session.flush()
    _enqueue(ctx, row.id, row.next_try_at)
    return row


def _locked(ctx: Context, id: int, version: int) -> Webhook:
    ctx.need_everywhere(Can.MANAGE_WEBHOOKS, to="tell other programs")
    hook = get(ctx.session, visible(ctx).where(Webhook.id == id), what="webhook", version=version, lock=True)
    bump(hook)
    ctx.session.info.pop(KEPT_HERE, None)
    return hook


def _check(ctx: Context, facts: WebhookFacts) -> None:
    if wrong := wrong_facts(facts, ctx.registry, ctx.settings.webhooks_inside):
        raise Invalid(" ".join(wrong.values()), fields=wrong)


def _new_secret(settings: Settings) -> bytes:
    return sealing.seal(settings, PURPOSE, secrets.token_bytes(SECRET_BYTES), PURPOSE)


def _unsealed(settings: Settings, sealed: bytes) -> bytes:
    return sealing.unseal(settings, PURPOSE, sealed, PURPOSE)


def _enqueue(ctx: Context, id: int, when: datetime) -> None:
    ctx.as_system().enqueue("core.send_webhook", delivery_id=id, lock=f"webhook:{id}", run_at=when)


# --- Jobs, and what every event begins with


@within("every event, in the transaction of what it tells of")
def note(ctx: Context, event: Event) -> None:
    """Writes the event down for who wants to be told."""
    hooks = ctx.session.info.get(KEPT_HERE)
    if hooks is None:
        asked = sa.select(Webhook.id, Webhook.events).where(Webhook.active)
        hooks = ctx.session.info[KEPT_HERE] = ctx.session.execute(asked).all()
    name = name_of(type(event))
    for hook_id, wanted in hooks:
        if not wanted or name in wanted:
            _write(ctx, hook_id, name, event)


def _write(ctx: Context, hook_id: int, name: str, event: Event) -> None:
    data = {field.name: getattr(event, field.name) for field in dataclasses.fields(event)}  # type: ignore[arg-type]
    row = WebhookDelivery(
        webhook_id=hook_id,
        message_id=f"msg_{secrets.token_hex(16)}",
        event=name,
        body=to_json({"type": name, "timestamp": ctx.now, "data": data}).decode(),
        next_try_at=ctx.now,
        created_at=ctx.now,
    )
    ctx.session.add(row)
    ctx.session.flush()
    _enqueue(ctx, row.id, row.next_try_at)


def _keys(ctx: Context, hook: Webhook) -> list[bytes]:
    """The secret, and the one before while it still holds."""
    keys = [_unsealed(ctx.settings, hook.secret)]
    if hook.old_secret is not None and hook.old_until is not None and hook.old_until > ctx.now:
        keys.append(_unsealed(ctx.settings, hook.old_secret))
    return keys


@within("a job of the system")
def send(ctx: Context, delivery_id: int) -> Computation[Answer] | Done:
    """One delivery: read here, sent with no transaction open, and noted afterwards."""
    row = ctx.session.get(WebhookDelivery, delivery_id, with_for_update=True, populate_existing=True)
    if row is None or row.state is not State.WAITING or row.next_try_at > ctx.now:
        return Done(say("nothing to do any more"))
    hook = ctx.session.get_one(Webhook, row.webhook_id)
    if not hook.active:
        return Done(say("the webhook is switched off"))
    try:
        keys = _keys(ctx, hook)
    except Conflict as error:  # sealed under another secret of the installation
        return _noted(ctx, delivery_id, Answer(error=error.message))
    body, url, inside = row.body.encode(), hook.url, ctx.settings.webhooks_inside
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "plantops-webhooks/1",
        "webhook-id": row.message_id,
        "webhook-timestamp": str(int(ctx.now.timestamp())),
        "webhook-signature": " ".join(signature(key, row.message_id, ctx.now, body) for key in keys),
    }

    def call(_telling: Reporter) -> Answer:
        return calling.post(url, body, headers, inside=inside)

    def then(later: Context, answer: Answer) -> Done:
        return _noted(later, delivery_id, answer)

    return Computation(call, then)


def _noted(ctx: Context, id: int, answer: Answer) -> Done:
    row = ctx.session.get_one(WebhookDelivery, id, with_for_update=True, populate_existing=True)
    row.tries += 1
    row.status, row.answer, row.error = answer.status, answer.text, answer.error
    if answer.error is None:
        row.state, row.sent_at = State.SENT, ctx.now
        return Done(say("{event} was told", event=row.event))
    if answer.gone:
        hook = ctx.session.get_one(Webhook, row.webhook_id, with_for_update=True)
        hook.active = False
        bump(hook)
    wait = None if answer.gone else after_failure(row.tries)
    if wait is None:
        row.state = State.FAILED
        return Done(say("given up: {error}", error=answer.error))
    row.next_try_at = ctx.now + wait
    ctx.session.flush()
    _enqueue(ctx, row.id, row.next_try_at)
    return Done(say("tried again at {next_try_at:%H:%M} UTC: {error}", next_try_at=row.next_try_at, error=answer.error))


@within("a job of the system")
def look(ctx: Context) -> Done:
    """Every few minutes: deliveries that are due and that no job waits for. Old ones are forgotten."""
    due = (
        sa.select(WebhookDelivery.id, WebhookDelivery.next_try_at)
        .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
        .where(Webhook.active, WebhookDelivery.state == State.WAITING, WebhookDelivery.next_try_at <= ctx.now)
    )
    found = ctx.session.execute(due.order_by(WebhookDelivery.next_try_at).limit(LOOKED_AT_ONCE)).all()
    for id, when in found:
        _enqueue(ctx, id, when)
    old = (WebhookDelivery.state != State.WAITING, WebhookDelivery.created_at < ctx.now - KEPT)
    ctx.session.execute(sa.delete(WebhookDelivery).where(*old))
    return Done(say("{found} deliveries are due", found=len(found)))
