"""Everything that hangs on a document: what happened to it, what is said about it, who follows, what is to be done."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from plantops import (
    activity,
    changes,
    files,
    followers,
    items,
    lifecycle,
    links,
    outbox,
    parties,
    people,
    sight,
    stock,
    stores,
    webhooks,
)
from plantops.activity import ActivityKind, ActivityRow
from plantops.changes import Change
from plantops.context import Context, within
from plantops.files import AttachmentRow
from plantops.followers import FollowerRow
from plantops.lifecycle import TransitionRow
from plantops.module import Document, Lines
from plantops.outbox import MailRow
from plantops.permissions import Can
from plantops.sight import RecordSeen

MOST = 100


@dataclass(frozen=True)
class Entry:
    """One line of the log: a step, a change, words, a mail or a file."""

    at: datetime
    actor: str
    on_behalf_of: str | None = None
    step: TransitionRow | None = None
    change: Change | None = None
    words: ActivityRow | None = None
    mail: MailRow | None = None
    file: AttachmentRow | None = None


@dataclass(frozen=True)
class Dossier:
    origin: str
    log: tuple[Entry, ...]
    is_whole: bool
    """Nothing older was left out."""
    todos: tuple[ActivityRow, ...]
    files: tuple[AttachmentRow, ...]
    followers: tuple[FollowerRow, ...]
    follows: bool

    @property
    def stepped_at(self) -> datetime | None:
        """When it last went from one state to another."""
        return next((entry.at for entry in self.log if entry.step), None)


# What each of them knows of a record, asked for at once: every page of a record asks it.
HAPPENED = sa.text(
    " UNION ALL ".join((lifecycle.STEPS, changes.OWN, activity.SAID, outbox.WRITTEN, files.HUNG)) + " ORDER BY id"
)


@within("drawn below a record's page; None where the person may not see the record or it is no document")
def of(ctx: Context, origin: str) -> Dossier | None:
    kind, id = links.parts(origin)
    follow = followers.following(ctx, origin) if ctx.registry.document(kind) is not None else None
    if follow is None:
        return None
    found: dict[str, list[sa.Row[Any]]] = defaultdict(list)
    for row in ctx.session.execute(HAPPENED, {"origin": origin, "kind": kind, "row": id}):
        found[row.part].append(row)
    said = [activity.line(row, origin) for row in found["talk"]]
    hung = [files.attachment(row) for row in found["file"]]
    log = [Entry(one.at, one.actor, one.on_behalf_of, step=one) for one in map(lifecycle.step, found["step"])]
    log += [
        Entry(one.at, one.actor, one.on_behalf_of, change=one) for one in changes.told(ctx, origin, found["change"])
    ]
    log += [Entry(one.at, one.author, words=one) for one in said if one.kind is ActivityKind.COMMENT]
    log += [Entry(one.at, one.author, words=one) for one in said if one.kind is ActivityKind.TODO and one.done_at]
    log += [Entry(one.created_at, "", mail=one) for one in map(outbox.mail_row, found["mail"])]
    log += [Entry(one.added_at, one.added_by, file=one) for one in hung]
    log.sort(key=lambda entry: entry.at, reverse=True)
    return Dossier(
        origin,
        tuple(log[:MOST]),
        len(log) <= MOST,
        tuple(one for one in said if one.kind is ActivityKind.TODO and one.done_at is None),
        tuple(hung),
        tuple(follow),
        any(one.user_id == ctx.user.id for one in follow),
    )


OWNED: sight.Owned = {
    "core_user": (Can.READ_USERS, people.visible),
    "core_party": (Can.READ_PARTIES, parties.visible),
    "core_item": (Can.READ_ITEMS, items.visible),
    "core_store": (Can.READ_STOCK, stores.visible),
    "core_stock_balance": (Can.READ_STOCK, stock.visible_balances),
    "core_stock_move": (Can.READ_STOCK, stock.visible_moves),
    "core_webhook": (Can.MANAGE_WEBHOOKS, webhooks.visible),
}


@within("files and talk ask whether the person may see a record of the core")
def record_seen(ctx: Context, question: RecordSeen) -> list[sight.Sight]:
    return sight.answer(ctx, question, OWNED)


DOCUMENTS = {
    "core_user": Document({"name": "Name", "email": "Mail", "active": "Open", "language": "Language"}),
    "core_party": Document(
        {
            "name": "Name",
            "legal_name": "Legal name",
            "street": "Street",
            "postcode": "Postcode",
            "town": "Town",
            "country": "Country",
            "vat_id": "VAT number",
            "email": "Mail",
            "phone": "Telephone",
            "language": "Language",
            "blocked": "Blocked",
            "blocked_reason": "Reason of the block",
            "archived": "Out of the lists",
        }
    ),
    "core_item": Document(
        {
            "sku": "Item number",
            "name": "Name",
            "description": "What it is",
            "category_id": "Category",
            "barcode": "Barcode",
            "shelf_life_days": "Shelf life in days",
            "is_critical": "Critical",
            "archived": "Out of the catalogue",
        },
        lines=(Lines("core_item_pack", "item_id", "unit", {"factor": "Holds", "barcode": "Barcode"}),),
    ),
    "core_store": Document({"name": "Name", "cost_centre_id": "Cost centre", "archived": "Closed"}),
    "core_stock_balance": Document(title="Stock"),
    "core_stock_move": Document(title="Stock move"),
    "core_webhook": Document({"title": "Who is told", "url": "Address", "active": "Switched on"}, title="Webhook"),
}
"""What the pages of the core's records tell; jobs, mails, imports and deliveries have pages of their own."""
