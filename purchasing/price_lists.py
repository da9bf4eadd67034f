"""Price lists: many prices of many suppliers from a day on, and back to what held before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy import CursorResult
from sqlalchemy.dialects.postgresql import JSONB

from plantops.bulk import insert_many
from plantops.context import Context, within
from plantops.db import one_at_a_time
from plantops.jobs import tell_or_stop
from plantops.wording import say, whole_day
from purchasing.catalogue import OfferFacts
from purchasing.models import Offer, Supplier

Wrong = tuple[str, str]
"""(field, sentence)"""
IN_ONE_GO = 5000

NEWEST = (
    sa.select(Offer.supplier_id, Offer.item_id, sa.func.max(Offer.valid_from).label("since"))
    .where(Offer.item_id.in_(sa.bindparam("items", expanding=True)))
    .group_by(Offer.supplier_id, Offer.item_id)
)
# What a price list ends or prefers no longer is kept with it, so that taking the list back leaves nothing changed.
END_RUNNING = sa.text(
    "UPDATE purchasing_offer AS o SET valid_until = r.before, version = o.version + 1,"
    " before_import = COALESCE(o.before_import, jsonb_build_object('import', CAST(:import AS bigint),"
    " 'until', o.valid_until, 'preferred', o.preferred))"
    " FROM jsonb_to_recordset(:rows) AS r(supplier bigint, item bigint, before date)"
    " WHERE o.supplier_id = r.supplier AND o.item_id = r.item AND (o.valid_until IS NULL OR o.valid_until > r.before)"
).bindparams(sa.bindparam("rows", type_=JSONB))
PREFER_NO_OTHER = sa.text(
    "UPDATE purchasing_offer AS o SET preferred = false, version = o.version + 1,"
    " before_import = COALESCE(o.before_import, jsonb_build_object('import', CAST(:import AS bigint),"
    " 'until', o.valid_until, 'preferred', o.preferred))"
    " FROM jsonb_to_recordset(:rows) AS r(supplier bigint, item bigint, before date)"
    " WHERE o.item_id = r.item AND o.supplier_id <> r.supplier AND o.preferred"
).bindparams(sa.bindparam("rows", type_=JSONB))
# Somebody may have set another price since: what held before then ends where that one begins.
RESTORE = sa.text(
    "UPDATE purchasing_offer AS o SET preferred = CAST(o.before_import->>'preferred' AS boolean),"
    " valid_until = LEAST(CAST(o.before_import->>'until' AS date), (SELECT min(n.valid_from) - 1"
    " FROM purchasing_offer AS n WHERE n.supplier_id = o.supplier_id AND n.item_id = o.item_id"
    " AND n.valid_from > o.valid_from)), before_import = NULL, version = o.version + 1"
    " WHERE o.before_import->>'import' = CAST(:import AS text)"
)


# --- Rules


def why_not_after(facts: OfferFacts, since: date | None) -> Wrong | None:
    """A price begins after the newest one of the same supplier."""
    if since is None or since < facts.valid_from:
        return None
    told = say(
        "This supplier has a price for this item from {valid_from} or later already. Choose a later first day.",
        valid_from=whole_day(facts.valid_from),
    )
    return "valid_from", told


# --- Questions


@within("a price list is compared with the prices that are there")
def newest(ctx: Context, items: Sequence[int]) -> dict[tuple[int, int], date]:
    """The first day of the newest price by (supplier, item)."""
    return {(row.supplier_id, row.item_id): row.since for row in ctx.session.execute(NEWEST, {"items": list(items)})}


# --- Actions


@within("an import that has looked at each price")
def set_offers(ctx: Context, wanted: Sequence[OfferFacts], import_id: int) -> dict[int, Wrong]:
    """
    Prices by the rules of `catalogue.set_offer`, without breaks; those that cannot be, by their places, and why.

    The unit and the numbers of each are looked at by the caller: `catalogue.wrong_offer`.
    """
    wrong: dict[int, Wrong] = {}
    left = list(enumerate(wanted))
    locked = _suppliers(ctx, {facts.supplier_id for facts in wanted})
    while left:  # an item comes once in each round: a later price ends the earlier one, also within a list
        now: dict[int, tuple[int, OfferFacts]] = {}
        for place, facts in left:
            now.setdefault(facts.item_id, (place, facts))
        done = {place for place, _ in now.values()}
        left = [one for one in left if one[0] not in done]
        wrong |= _round(ctx, list(now.values()), locked, import_id)
    return wrong


def _suppliers(ctx: Context, ids: set[int]) -> dict[int, str]:
    """Their currencies; nobody else sets a price of theirs meanwhile."""
    query = sa.select(Supplier.id, Supplier.currency).where(Supplier.id.in_(ids)).order_by(Supplier.id)
    return {row.id: row.currency for row in ctx.session.execute(query.with_for_update())}


def _round(
    ctx: Context, wanted: Sequence[tuple[int, OfferFacts]], currencies: Mapping[int, str], import_id: int
) -> dict[int, Wrong]:
    since = newest(ctx, [facts.item_id for _, facts in wanted])
    wrong: dict[int, Wrong] = {}
    good: list[OfferFacts] = []
    for place, facts in wanted:
        if why := why_not_after(facts, since.get((facts.supplier_id, facts.item_id))):
            wrong[place] = why
        else:
            good.append(facts)
    _make_room(ctx, [facts for facts in good if (facts.supplier_id, facts.item_id) in since], END_RUNNING, import_id)
    preferred = [facts for facts in good if facts.preferred]
    for facts in sorted(preferred, key=lambda facts: facts.item_id):
        one_at_a_time(ctx.session, "preferred supplier", facts.item_id)
    _make_room(ctx, preferred, PREFER_NO_OTHER, import_id)
    insert_many(ctx, Offer, [_row(facts, currencies[facts.supplier_id], import_id) for facts in good])
    return wrong


def _make_room(ctx: Context, wanted: Sequence[OfferFacts], statement: sa.TextClause, import_id: int) -> None:
    rows = [
        {
            "supplier": facts.supplier_id,
            "item": facts.item_id,
            "before": (facts.valid_from - timedelta(days=1)).isoformat(),
        }
        for facts in wanted
    ]
    if rows:
        ctx.session.execute(statement, {"rows": rows, "import": import_id})


def _row(facts: OfferFacts, currency: str, import_id: int) -> dict[str, Any]:
    return {
        "supplier_id": facts.supplier_id,
        "item_id": facts.item_id,
        "supplier_code": facts.supplier_code.strip(),
        "currency": facts.currency or currency,
        "unit": facts.unit,
        "price": facts.price,
        "per": facts.per,
        "least_quantity": facts.least_quantity,
        "pack_quantity": facts.pack_quantity,
        "lead_days": facts.lead_days,
        "valid_from": facts.valid_from,
        "valid_until": facts.valid_until,
        "preferred": facts.preferred,
        "import_id": import_id,
    }


@within("an import that is taken back")
def take_back(ctx: Context, import_id: int) -> None:
    """The prices of an import are gone; what it ended or put second holds again."""
    some = sa.select(Offer.id).where(Offer.import_id == import_id).limit(IN_ONE_GO)
    away = sa.delete(Offer).where(Offer.id.in_(some)).execution_options(synchronize_session=False)
    gone = 0
    while count := cast(CursorResult[Any], ctx.session.execute(away)).rowcount:
        gone += count
        tell_or_stop(ctx, None, say("{gone:,} prices are taken back", gone=gone))
    ctx.session.execute(RESTORE, {"import": import_id})
    ctx.session.expire_all()
