"""What to order of what and when, so that the stores of a site never run low: the question that the engine answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import ceil

import sqlalchemy as sa

from plantops import options, places, stock_use
from plantops.context import Context, requires
from plantops.errors import Conflict, Invalid
from plantops.parties import Party
from plantops.stock_use import Use
from plantops.wording import say
from purchasing import catalogue, rates
from purchasing.allocations import MISSING, UNORDERED, is_coming, is_wanted
from purchasing.models import Order, OrderLine, Requisition, RequisitionLine, SupplierDocument
from purchasing.models import Supplier as Row
from purchasing.models.sources import MinimumRule
from purchasing.optimise.award_model import Minimum
from purchasing.optimise.replenish_model import Item, Problem, Supplier
from purchasing.permissions import Can
from purchasing.prices import Quote, best, orderable
from purchasing.suppliers import why_not_order_from

WEEK = timedelta(days=7)
USED_WEEKS = 13  # what was used in so many weeks is taken to be used on
MOST_WEEKS = 52
USUAL_COVER = 4  # for which quantity a price is looked up
MOST_PACKS = 2000  # of an item in one plan; above that it is planned in several packs at once
Coming = dict[tuple[int, int], list[tuple[date, float]]]


@dataclass(frozen=True)
class Prices:
    """What the house itself takes an order, keeping stock and missing it to cost; amounts in the site's currency."""

    order: float
    line: float
    holding_a_year: float
    missing_a_week: float
    below_minimum_a_week: float


@dataclass(frozen=True)
class Asked:
    """The question, what its items and suppliers are called, and what could not be planned and why."""

    problem: Problem
    first_day: date
    items: dict[str, Use]
    suppliers: dict[str, str]
    left_out: tuple[tuple[str, str], ...]


# --- Rules


def weekly_use(use: Use, today: date) -> float:
    """What is used in a week, in stock units: the mean of the last weeks, or of those since it first came in."""
    if use.first is None:
        return 0.0
    weeks = min(USED_WEEKS, max(1, ceil((today - use.first.date()).days / 7)))
    return float(use.used) / weeks


def week_of(day: date, first_day: date) -> int:
    """From which week on it can be used: what comes within a week is there for the next."""
    return max(0, ceil((day - first_day) / WEEK))


def item_of(
    use: Use, quote: Quote, rate: Decimal, weeks: int, prices: Prices, first_day: date, *,
    coming: Sequence[tuple[date, float]] = (),
) -> Item:  # fmt: skip
    """An item as the engine sees it: quantities in its stock unit, money in the site's currency."""
    each_week = weekly_use(use, first_day)
    wanted = max(Decimal(each_week) * USUAL_COVER / quote.factor, quote.pack_quantity)
    at = orderable(wanted, quote.least_quantity, quote.pack_quantity)
    price = float(quote.price_at(at) * rate / quote.per / quote.factor)
    pack = float(quote.pack_quantity * quote.factor)
    most = each_week * weeks + float(use.minimum)
    return Item(
        id=f"{use.item_id}:{use.store_id}",
        supplier=str(quote.supplier_id),
        demand=(each_week,) * weeks,
        price=price,
        stock=float(use.on_hand),
        coming=tuple((week, much) for day, much in coming if (week := week_of(day, first_day)) < weeks),
        pack=pack * max(1, ceil(most / pack / MOST_PACKS)),
        least=float(quote.least_quantity * quote.factor),
        line_cost=prices.line,
        holding=price * prices.holding_a_year / 52,
        safety=float(use.minimum),
        safety_cost=price * prices.below_minimum_a_week,
        shortage_cost=price * prices.missing_a_week,
        shelf_weeks=None if use.shelf_life_days is None else max(1, use.shelf_life_days // 7),
    )


def supplier_of(row: Row, rate: Decimal, lead_days: int, order_cost: float) -> Supplier:
    """The slowest of what is planned with a supplier says how long its orders take."""
    value = Decimal(0) if row.minimum_rule is MinimumRule.NONE else row.minimum_value * rate
    rule = Minimum(row.minimum_rule.value)
    return Supplier(str(row.id), order_cost, ceil(lead_days / 7), rule, float(value), float(row.charge * rate))


# --- Questions


@requires(Can.BUY)
def ask(ctx: Context, site_id: int, weeks: int) -> Asked:
    """Everything that the engine needs about what a site keeps a minimum of.

    Raises Invalid for a horizon that cannot be, Conflict when there is nothing that could be planned.
    """
    ctx.need(Can.BUY, site_id=site_id, to="buy for this site")
    if not 1 <= weeks <= MOST_WEEKS:
        raise Invalid(say("Plan for 1 to {most} weeks, not for {weeks}.", most=MOST_WEEKS, weeks=weeks))
    kept = stock_use.list_use(ctx, site_id, ctx.now - USED_WEEKS * WEEK)
    if not kept:
        raise Conflict(say("No store of this site keeps a minimum of anything: say first how much should lie there."))
    site = places.site(ctx, site_id)
    quotes = catalogue.quotes(ctx, {use.item_id for use in kept}, ctx.today)
    rows, refused = _sellers(ctx, {quote.supplier_id for found in quotes.values() for quote in found})
    currencies = {q.currency for found in quotes.values() for q in found} | {row.currency for row in rows.values()}
    worth = rates.known_rates(ctx, currencies, site.currency, ctx.today)
    usable = {id for id, row in rows.items() if id not in refused and row.currency in worth}
    chosen: dict[str, tuple[Use, Quote]] = {}
    left_out: list[tuple[str, str]] = []
    for use in kept:
        offered = [quote for quote in quotes.get(use.item_id, []) if quote.supplier_id in usable]
        wanted = Decimal(weekly_use(use, ctx.today)) * USUAL_COVER + 1
        if quote := best(offered, wanted, worth):
            chosen[f"{use.item_id}:{use.store_id}"] = (use, quote)
        else:
            left_out.append((use.item, say("No supplier that may be ordered from quotes it.")))
    if not chosen:
        raise Conflict(say("No supplier that may be ordered from quotes any of this."))
    problem = _problem(ctx, site_id, weeks, chosen, rows, worth)
    names = {str(quote.supplier_id): quote.supplier for _, quote in chosen.values()}
    return Asked(problem, ctx.today, {id: use for id, (use, _) in chosen.items()}, names, tuple(left_out))


def _problem(
    ctx: Context, site_id: int, weeks: int, chosen: Mapping[str, tuple[Use, Quote]], rows: Mapping[int, Row],
    worth: Mapping[str, Decimal],
) -> Problem:  # fmt: skip
    prices, coming = _prices(ctx, site_id), _coming(ctx, site_id)
    items = tuple(
        item_of(
            use, quote, worth[quote.currency], weeks, prices, ctx.today,
            coming=coming.get((use.item_id, use.store_id), ()),
        )
        for use, quote in chosen.values()
    )  # fmt: skip
    lead: defaultdict[int, int] = defaultdict(int)
    for _, quote in chosen.values():
        lead[quote.supplier_id] = max(lead[quote.supplier_id], quote.lead_days)
    sellers = tuple(
        supplier_of(rows[id], worth[rows[id].currency], days, prices.order) for id, days in sorted(lead.items())
    )
    return Problem(weeks, items, sellers, currency=places.site(ctx, site_id).currency)


def _prices(ctx: Context, site_id: int) -> Prices:
    def amount(name: str) -> float:
        return float(Decimal(str(options.value(ctx, f"purchasing.{name}", site_id))))

    return Prices(
        amount("order_cost"), amount("order_line_cost"), amount("holding_percent") / 100,
        amount("missing_percent") / 100, amount("below_minimum_percent") / 100,
    )  # fmt: skip


def _sellers(ctx: Context, ids: set[int]) -> tuple[dict[int, Row], set[int]]:
    """The suppliers, and which of them nothing may be ordered from now."""
    current = (SupplierDocument.supplier_id == Row.id) & SupplierDocument.replaced_by_id.is_(None)
    query = (
        sa.select(Row, Party, SupplierDocument)
        .join(Party, Party.id == Row.party_id)
        .outerjoin(SupplierDocument, current)
        .where(Row.id.in_(ids))
    )
    found: dict[int, Row] = {}
    whose: dict[int, Party] = {}
    papers: defaultdict[int, list[SupplierDocument]] = defaultdict(list)
    for row, party, paper in ctx.session.execute(query):
        found[row.id], whose[row.id] = row, party
        papers[row.id] += [] if paper is None else [paper]
    return found, {id for id in found if why_not_order_from(whose[id], papers[id], ctx.today)}


def _coming(ctx: Context, site_id: int) -> Coming:
    """What is ordered and has not come, and what is asked for and not yet ordered: when it should be there."""
    day = sa.func.coalesce(OrderLine.promised_on, OrderLine.need_by)
    ordered = (
        sa.select(OrderLine.item_id, Order.store_id, day, MISSING)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.site_id == site_id, is_coming(), MISSING > 0)
    )
    asked = (
        sa.select(RequisitionLine.item_id, Requisition.store_id, Requisition.need_by, UNORDERED)
        .join(Requisition, Requisition.id == RequisitionLine.requisition_id)
        .where(Requisition.site_id == site_id, is_wanted(), UNORDERED > 0)
    )
    found: Coming = defaultdict(list)
    for item_id, store_id, when, much in (*ctx.session.execute(ordered), *ctx.session.execute(asked)):
        if item_id is not None and store_id is not None:
            found[item_id, store_id].append((when, float(much)))
    return found
