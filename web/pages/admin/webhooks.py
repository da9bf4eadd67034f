"""Webhooks: which other programs are told what, what became of each message, and sending it again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from fastapi.responses import Response

from plantops import links, webhooks
from plantops.admin_lists import DELIVERIES, WEBHOOKS
from plantops.links import Link
from plantops.permissions import Can
from plantops.webhooks import WebhookDelivery, WebhookFacts
from plantops.wording import say
from web.lists import Named, list_page
from web.page import Context, Form, Query, pages_router, render, see

router = pages_router()


@dataclass(frozen=True)
class TypedWebhook:
    title: str
    url: str
    events: str = ""

    @property
    def facts(self) -> WebhookFacts:
        """One event a line, or with commas between."""
        return WebhookFacts(self.title, self.url, tuple(self.events.replace(",", " ").split()))


@router.get("/admin/webhooks")
def index(ctx: Context, query: Query) -> Response:
    tabs = (Named("All"), Named("Switched off", {"active": "no"}))
    return list_page(ctx, WEBHOOKS, query, tabs=tabs, add=(say("New webhook"), "/admin/webhooks/new"))


@router.get("/admin/webhooks/new")
def new(ctx: Context) -> Response:
    ctx.need(Can.MANAGE_WEBHOOKS)
    return render(ctx, "admin/webhook_new.html", known=webhooks.known_events(ctx.registry))


@router.post("/admin/webhooks")
def subscribe(ctx: Context, form: Form) -> Response:
    hook = webhooks.subscribe(ctx, form.into(TypedWebhook).facts)
    return see(ctx, f"/admin/webhooks/{hook.id}", say("{title} is told from now on.", title=hook.title))


@router.get("/admin/webhooks/{id}")
def show(ctx: Context, id: int) -> Response:
    hook = webhooks.read(ctx, id)
    return render(
        ctx,
        "admin/webhook.html",
        hook=hook,
        typed=TypedWebhook(hook.title, hook.url, "\n".join(hook.events)),
        known=webhooks.known_events(ctx.registry),
        rolling=hook.old_until if hook.old_until and hook.old_until > ctx.now else None,
    )


@router.post("/admin/webhooks/{id}")
def change(ctx: Context, id: int, form: Form) -> Response:
    hook = webhooks.change(ctx, id, form.version, form.into(TypedWebhook).facts)
    return see(ctx, f"/admin/webhooks/{id}", say("{title} is changed.", title=hook.title))


@router.get("/admin/webhooks/{id}/secret")
def secret(ctx: Context, id: int) -> Response:
    return render(ctx, "admin/webhook_secret.html", hook=webhooks.read(ctx, id), secret=webhooks.secret_of(ctx, id))


@router.post("/admin/webhooks/{id}/roll")
def roll(ctx: Context, id: int, form: Form) -> Response:
    webhooks.roll_secret(ctx, id, form.version)
    return see(ctx, f"/admin/webhooks/{id}/secret", say("The secret is new. For a day the old one signs beside it."))


@router.post("/admin/webhooks/{id}/on")
def switch_on(ctx: Context, id: int, form: Form) -> Response:
    hook = webhooks.switch(ctx, id, form.version, True)
    return see(ctx, f"/admin/webhooks/{id}", say("{title} is told again.", title=hook.title))


@router.post("/admin/webhooks/{id}/off")
def switch_off(ctx: Context, id: int, form: Form) -> Response:
    hook = webhooks.switch(ctx, id, form.version, False)
    return see(ctx, f"/admin/webhooks/{id}", say("{title} is told nothing any more.", title=hook.title))


@router.get("/admin/webhook-deliveries")
def deliveries(ctx: Context, query: Query) -> Response:
    tabs = (Named("All"), Named("Failed", {"state": "failed"}), Named("Waiting", {"state": "waiting"}))
    return list_page(ctx, DELIVERIES, query, tabs=tabs)


def about(ctx: Context, row: WebhookDelivery) -> list[Link]:
    """The records that a message names by their ids, as people call them."""
    data: dict[str, Any] = json.loads(row.body)["data"]
    origins = [str(data["origin"])] if data.get("origin") else []
    for name, value in data.items():
        stem, _, last = name.rpartition("_")
        rooms = (row.event.partition(".")[0], "core", "personnel") if last == "id" and isinstance(value, int) else ()
        named = [f"{room}_{stem}:{value}" for room in rooms]
        origins += [origin for origin in named if links.url(ctx.registry, origin)][:1]
    return [link for link in links.links(ctx, origins).values() if link.url]


@router.get("/admin/webhook-deliveries/{id}")
def delivery(ctx: Context, id: int) -> Response:
    row = webhooks.delivery(ctx, id)
    return render(
        ctx, "admin/webhook_delivery.html", row=row, hook=webhooks.read(ctx, row.webhook_id), about=about(ctx, row)
    )


@router.post("/admin/webhook-deliveries/{id}/again")
def send_again(ctx: Context, id: int) -> Response:
    row = webhooks.send_again(ctx, id)
    return see(ctx, f"/admin/webhook-deliveries/{id}", say("{event} is told again.", event=row.event))
