"""One mail a day: what waits, what is unread and what falls due, for who wants it and has something waiting."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa

from plantops import bell, outbox, people
from plantops.bell import Notice
from plantops.context import SYSTEM_ID, Context, mark_actor, within
from plantops.desk import Desk
from plantops.due import due
from plantops.events import DueItem, Waiting, WaitingCard
from plantops.links import origin_of
from plantops.people import User
from plantops.wording import day_and_month, say, speaking

AHEAD = timedelta(days=7)
MOST = 10


@within("a job of the system; each mail is written with its reader's own rights")
def send_digests(ctx: Context) -> int:
    """Writes today's mails; run again on the same day it writes no second one. Returns how many."""
    wants = sa.or_(Desk.user_id.is_(None), sa.and_(Desk.digest, Desk.digested_on.is_distinct_from(ctx.today)))
    query = (
        sa.select(User.id)
        .outerjoin(Desk, Desk.user_id == User.id)
        .where(User.active, User.email.is_not(None), User.email != "", User.id != SYSTEM_ID, wants)
        .order_by(User.id)
    )
    return sum(_send(ctx, user_id) for user_id in ctx.session.scalars(query).all())


def _send(ctx: Context, user_id: int) -> bool:
    reader = people.context_for(
        ctx.session,
        user_id,
        registry=ctx.registry,
        database=ctx.database,
        settings=ctx.settings,
        now=ctx.now,
        channel=ctx.channel,
    )
    user = ctx.session.get_one(User, user_id)
    if outbox.why_not_address(user.email or ""):
        return False  # one address that is none must not keep the others from their mails
    with speaking(reader.user.language):
        try:
            cards = sorted(
                (card for card in reader.ask(Waiting(", ".join(reader.user.roles))) if card.count), key=_place
            )
            unread = bell.notices(reader, only_unread=True, limit=MOST)
            soon = due(reader, reader.today + AHEAD, mine=True)
        finally:
            mark_actor(ctx.session, ctx.user.id, ctx.on_behalf_of, ctx.request_id)
        if not (cards or unread or soon):
            return False
        text = letter(user.name, cards, unread, soon, ctx.settings.public_url, reader.today)
        subject = say("What waits for you on {today}", today=day_and_month(reader.today))
    outbox.write(
        ctx, to=user.email or "", to_name=user.name, subject=subject, text=text, origin=origin_of("core_user", user_id)
    )
    desk = ctx.session.get(Desk, user_id) or Desk(user_id=user_id)
    desk.digested_on = reader.today
    ctx.session.add(desk)
    ctx.session.flush()
    return True


def _place(card: WaitingCard) -> tuple[int, int, str]:
    return ({"bad": 0, "warn": 1}.get(card.tone, 2), card.order, card.title)


# --- Rules


def letter(
    name: str, cards: list[WaitingCard], unread: list[Notice], soon: list[DueItem], home: str, today: date
) -> str:
    """The mail's text: short lines, each with its address, and how to switch it off."""
    lines = [say("Good morning {name},", name=name), ""]
    if cards:
        lines += [
            say("Waiting for you"),
            *(f"  {card.count} {card.title}: {home}{card.href}" for card in cards[:MOST]),
            "",
        ]
    if unread:
        lines += [
            say("Unread"),
            *(say("  {notice}: {home}/bell/{id}", notice=_told(notice), home=home, id=notice.id) for notice in unread),
            "",
        ]
    if soon:
        lines += [
            say("Falls due"),
            *(f"  {_when(item, today)} {item.title}: {home}{item.href}" for item in soon[:MOST]),
        ]
        lines += [*([say("  and {n} more: {home}/due", n=len(soon) - MOST, home=home)] if len(soon) > MOST else []), ""]
    return "\n".join([*lines, say("One mail a day, if anything waits. Switch it off: {home}/desk", home=home), ""])


def _told(notice: Notice) -> str:
    words = " ".join(notice.text.split())
    return f"{notice.author}, {notice.label}: {words[:100]}" if notice.label else f"{notice.author}: {words[:100]}"


def _when(item: DueItem, today: date) -> str:
    return say("overdue since {due_on}", due_on=item.due_on) if item.due_on < today else str(item.due_on)
