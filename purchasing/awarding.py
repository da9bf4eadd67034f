"""From whom to buy what a requisition asks for: the question that the award engine answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from plantops.context import Context, requires
from plantops.db import get
from plantops.errors import Conflict
from plantops.parties import Party
from plantops.wording import say
from purchasing import catalogue, rates, suppliers
from purchasing.models import Requisition, RequisitionLine
from purchasing.models import Supplier as Row
from purchasing.models.sources import MinimumRule
from purchasing.optimise.award_model import Line, Minimum, Offer, Problem, Supplier, Tier
from purchasing.permissions import Can
from purchasing.prices import Quote
from purchasing.requisitions import visible

ZERO = Decimal(0)


@dataclass(frozen=True)
class Asked:
    """The question, and what its lines and suppliers are called."""

    problem: Problem
    lines: dict[str, str]
    suppliers: dict[str, str]


# --- Rules


def tiers(quote: Quote, rate: Decimal) -> tuple[Tier, ...]:
    """Prices per stock unit in the site's currency, by quantity in stock units."""
    per_unit = rate / quote.per / quote.factor
    steps = {ZERO: quote.price} | {step.from_quantity * quote.factor: step.price for step in quote.breaks}
    return tuple(Tier(start, price * per_unit) for start, price in sorted(steps.items()))


def offer_of(quote: Quote, rate: Decimal) -> Offer:
    return Offer(
        str(quote.item_id),
        str(quote.supplier_id),
        tiers(quote, rate),
        least=quote.least_quantity * quote.factor,
        pack=quote.pack_quantity * quote.factor,
        lead_days=quote.lead_days,
    )


def supplier_of(row: Row, rate: Decimal) -> Supplier:
    """The rule and its amounts, which stand in the supplier's own currency."""
    rule = Minimum(row.minimum_rule.value)
    value = ZERO if row.minimum_rule is MinimumRule.NONE else row.minimum_value * rate
    return Supplier(str(row.id), minimum_rule=rule, minimum_value=value, charge=row.charge * rate)


# --- Questions


@requires(Can.BUY)
def ask(ctx: Context, number: str) -> Asked:
    """Everything that the engine needs about what is still to be ordered of a requisition.

    Suppliers that may not be ordered from are left out. Raises NotFound, and Conflict when nothing is left to order or
    a line has no item: what is only described has no price list to choose from.
    """
    head = get(ctx.session, visible(ctx).where(Requisition.number == number), what="requisition")
    ctx.need(Can.BUY, site_id=head.site_id, to="buy for this site")
    query = sa.select(RequisitionLine).where(RequisitionLine.requisition_id == head.id, ~RequisitionLine.dropped)
    needed: defaultdict[int, Decimal] = defaultdict(Decimal)
    said: dict[str, str] = {}
    for line in ctx.session.scalars(query.order_by(RequisitionLine.position)):
        left = line.quantity * line.factor - line.allocated
        if left <= 0:
            continue
        if line.item_id is None:
            raise Conflict(
                say(
                    "{description} is not in the catalogue: order it from the supplier that you choose.",
                    description=line.description,
                )
            )
        needed[line.item_id] += left
        said[str(line.item_id)] = line.description
    if not needed:
        raise Conflict(say("Nothing is left to order of {number}.", number=number))
    quotes = [quote for found in catalogue.quotes(ctx, list(needed), ctx.today).values() for quote in found]
    return _asked(ctx, head, dict(needed), said, quotes)


def _asked(
    ctx: Context, head: Requisition, needed: dict[int, Decimal], said: dict[str, str], quotes: Sequence[Quote]
) -> Asked:
    ids = {quote.supplier_id for quote in quotes}
    found = ctx.session.execute(sa.select(Row, Party.name).join(Party, Party.id == Row.party_id).where(Row.id.in_(ids)))
    known = {row.id: (row, name) for row, name in found.all() if suppliers.why_not_order(ctx, row) is None}
    currencies = {quote.currency for quote in quotes} | {row.currency for row, _ in known.values()}
    worth = rates.known_rates(ctx, currencies, head.currency, ctx.today)
    sellers = tuple(supplier_of(row, worth[row.currency]) for row, _ in known.values() if row.currency in worth)
    if not sellers:
        raise Conflict(say("No supplier that may be ordered from quotes any of this."))
    usable = {int(one.id) for one in sellers}
    offers = tuple(
        offer_of(quote, worth[quote.currency])
        for quote in quotes
        if quote.supplier_id in usable and quote.currency in worth
    )
    days = max(0, (head.need_by - ctx.today).days)
    lines = tuple(Line(str(id), wanted, need_in_days=_days(id, days, offers)) for id, wanted in needed.items())
    names = {str(id): name for id, (_, name) in known.items()}
    return Asked(Problem(lines, sellers, offers, currency=head.currency), said, names)


def _days(item_id: int, days: int, offers: Sequence[Offer]) -> int:
    """Until the need date; when nobody is that fast, the fastest is still better than nobody."""
    return max(days, min((one.lead_days for one in offers if one.line == str(item_id)), default=days))
