"""The first page of the day: what waits for me, most urgent first."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi.responses import Response

from plantops import bell, due, links
from plantops.events import Waiting, WaitingCard
from plantops.wording import say
from web.page import Context, Form, pages_router, render, see
from web.session import is_secure, safe_path
from web.visit import SITE_COOKIE

router = pages_router()
SOON = timedelta(days=30)
MOST_SHOWN = 6


@router.get("/")
def home(ctx: Context) -> Response:
    cards = in_order(ctx.ask(Waiting(", ".join(ctx.user.roles))))
    called = bell.asked(ctx, MOST_SHOWN)
    soon = due.due(ctx, ctx.today + SOON)
    return render(
        ctx,
        "home/home.html",
        cards=[card for card in cards if card.count],
        clear=[card for card in cards if not card.count],
        greeting=greeting(ctx.now, ctx.zone),
        called=called,
        due=soon[:MOST_SHOWN],
        due_count=len(soon),
        today=ctx.today,
        labels=links.links(ctx, [row.origin for row in called if row.origin]),
    )


@router.post("/site")
def choose_site(ctx: Context, form: Form) -> Response:
    """Lists begin with this site's rows; it takes nobody a right nor gives one."""
    chosen = str(form.number("site")) if form.text("site") else ""
    response = see(ctx, safe_path(form.text("back")))
    secure = is_secure(ctx.settings)
    response.set_cookie(SITE_COOKIE, chosen, max_age=31_536_000, secure=secure, httponly=True, samesite="lax")
    return response


def in_order(cards: list[WaitingCard]) -> list[WaitingCard]:
    """What is bad first, then what was declared first; a card that leads to the same place stands once."""
    urgency = {"bad": 0, "warn": 1}
    by_place = {(card.href, card.title): card for card in cards}
    return sorted(by_place.values(), key=lambda card: (urgency.get(card.tone, 2), card.order, card.title))


def greeting(now: datetime, zone: ZoneInfo) -> str:
    hour = now.astimezone(zone).hour
    if 4 <= hour < 12:
        return say("Good morning")
    return say("Good afternoon") if 12 <= hour < 18 else say("Good evening")
