"""Budgets and the commitment ledger: asked for, ordered, billed; each step once, never counted twice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from plantops import bulk
from plantops.context import Context, requires, within
from plantops.db import bump, check_seen, get, one_at_a_time
from plantops.errors import Conflict, Invalid
from plantops.places import CostCentre
from plantops.wording import say
from purchasing.models import Budget, BudgetMonth, Commitment
from purchasing.models.sources import Check, Stage
from purchasing.permissions import Can

ZERO = Decimal(0)
CENT = Decimal("0.01")
WRITE = sa.text(
    """
    INSERT INTO purchasing_commitment (key, site_id, cost_centre_id, year, stage, amount, requisition_line_id,
        order_line_id, invoice_line_id, "on")
    SELECT * FROM jsonb_to_recordset(CAST(:entries AS jsonb)) AS new (key text, site_id bigint, cost_centre_id bigint,
        year int, stage text, amount numeric, requisition_line_id bigint, order_line_id bigint, invoice_line_id bigint,
        "on" date)
    ON CONFLICT DO NOTHING RETURNING id
    """
)


@dataclass(frozen=True)
class Balance:
    """What a cost centre may still spend in a year. Without a budget nothing is checked."""

    budget: Decimal | None
    rule: Check
    reserved: Decimal = ZERO
    ordered: Decimal = ZERO
    invoiced: Decimal = ZERO

    @property
    def committed(self) -> Decimal:
        return self.reserved + self.ordered + self.invoiced

    @property
    def left(self) -> Decimal | None:
        return None if self.budget is None else self.budget - self.committed

    def over_by(self, more: Decimal) -> Decimal:
        """By how much `more` would go over the budget; 0 when it fits or nothing is checked."""
        if self.budget is None or self.rule is Check.IGNORE or more <= 0:
            return ZERO
        return max(ZERO, self.committed + more - self.budget)


Standing = dict[tuple[str, Stage, int, int], Decimal]
"""What stands in the ledger, by line, stage, cost centre and year."""


@dataclass(frozen=True)
class BudgetRow:
    id: int
    version: int
    cost_centre_id: int
    code: str
    name: str
    year: int
    rule: Check
    budget: Decimal
    reserved: Decimal
    ordered: Decimal
    invoiced: Decimal
    left: Decimal


@dataclass(frozen=True)
class Target:
    """How much of one line shall stand in one stage of the ledger from now on. Exactly one line is named."""

    stage: Stage
    amount: Decimal
    site_id: int
    cost_centre_id: int
    year: int
    requisition_line_id: int | None = None
    order_line_id: int | None = None
    invoice_line_id: int | None = None

    @property
    def line(self) -> str:
        kinds = {"r": self.requisition_line_id, "o": self.order_line_id, "i": self.invoice_line_id}
        return next(f"{kind}{id}" for kind, id in kinds.items() if id is not None)


# --- Rules


def why_not_spend(balance: Balance, more: Decimal, currency: str) -> str | None:
    """Only a budget with the rule `stop` refuses; `warn` is written on the document."""
    over = balance.over_by(more)
    if over == 0 or balance.rule is not Check.STOP:
        return None
    return say(
        "it goes {over:,.2f} {currency} over the budget, of which {left:,.2f} {currency} are left",
        over=over,
        currency=currency,
        left=balance.left or ZERO,
    )


def share(amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """amount x part / whole to the cent, and all of it for the whole."""
    if part >= whole:
        return amount
    return (amount * part / whole).quantize(CENT, ROUND_HALF_UP) if part > 0 else ZERO


# --- Questions


def visible(ctx: Context) -> sa.Select[Budget]:
    query = sa.select(Budget).options(selectinload(Budget.months))
    return query.where(ctx.reaches(Can.READ_BUDGETS, Budget.site_id, Budget.cost_centre_id))


@within("a document checks its cost centre's budget")
def balance(ctx: Context, cost_centre_id: int, year: int, *, lock: bool = False) -> Balance:
    """With `lock`, nobody else commits money of this budget until the transaction ends."""
    query = sa.select(Budget).where(Budget.cost_centre_id == cost_centre_id, Budget.year == year)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    budget = ctx.session.scalar(query)
    rows = ctx.session.execute(
        sa.select(Commitment.stage, sa.func.sum(Commitment.amount))
        .where(Commitment.cost_centre_id == cost_centre_id, Commitment.year == year)
        .group_by(Commitment.stage)
    )
    sums = {str(stage): amount for stage, amount in rows}
    return Balance(budget.amount if budget else None, budget.rule if budget else Check.IGNORE, **sums)


@requires(Can.READ_BUDGETS)
def list_budgets(ctx: Context, site_id: int, year: int) -> list[BudgetRow]:
    """Each cost centre's budget of a year and where it stands."""
    stages = [sa.func.coalesce(sa.func.sum(Commitment.amount).filter(Commitment.stage == stage), 0) for stage in Stage]
    query: sa.Select[*tuple[Any, ...]] = (
        visible(ctx)
        .join(CostCentre, CostCentre.id == Budget.cost_centre_id)
        .outerjoin(
            Commitment, (Commitment.cost_centre_id == Budget.cost_centre_id) & (Commitment.year == Budget.year)
        )
        .with_only_columns(
            Budget.id, Budget.version, CostCentre.id, CostCentre.code, CostCentre.name, Budget.year, Budget.rule,
            Budget.amount, *stages, Budget.amount - sa.func.coalesce(sa.func.sum(Commitment.amount), 0),
        )
        .where(Budget.site_id == site_id, Budget.year == year)
        .group_by(Budget.id, CostCentre.id)
        .order_by(CostCentre.code)
    )  # fmt: skip
    return [BudgetRow(*row) for row in ctx.session.execute(query)]


@within("a document's page shows what was committed for it")
def committed_for(ctx: Context, stage: Stage, line: sa.ColumnElement[bool]) -> Decimal:
    query = sa.select(sa.func.coalesce(sa.func.sum(Commitment.amount), 0)).where(Commitment.stage == stage, line)
    return Decimal(ctx.session.scalar(query) or 0)


# --- Actions


@requires(Can.MANAGE_BUDGETS)
def set_budget(
    ctx: Context,
    cost_centre_id: int,
    year: int,
    amount: Decimal,
    *,
    rule: Check = Check.WARN,
    months: Sequence[Decimal] | None = None,
    version: int | None = None,
) -> Budget:
    """What a cost centre may spend in a year, planned by month: equal parts unless `months` says otherwise.

    `version` is that of the budget that the person saw, None when there was none.
    """
    if not amount.is_finite() or not 0 <= amount < 10**12:
        raise Invalid(say("A budget is an amount of 0 or more."), field="amount")
    if months is not None and (len(months) != 12 or sum(months) != amount):
        raise Invalid(say("The plan has twelve months that add up to the budget."), field="months")
    centre = get(ctx.session, sa.select(CostCentre).where(CostCentre.id == cost_centre_id), what="cost centre")
    ctx.need(Can.MANAGE_BUDGETS, site_id=centre.site_id, cost_centre_id=centre.id)
    query = sa.select(Budget).options(selectinload(Budget.months))
    query = query.where(Budget.cost_centre_id == cost_centre_id, Budget.year == year).with_for_update()
    one_at_a_time(ctx.session, "budget", cost_centre_id, year)  # the first entry has no row to lock
    budget = ctx.session.scalar(query.execution_options(populate_existing=True))
    check_seen(budget, version, what="budget")
    if budget is None:
        budget = Budget(site_id=centre.site_id, cost_centre_id=cost_centre_id, year=year, months=[])
        ctx.session.add(budget)
    else:
        bump(budget)
    budget.amount, budget.rule = amount, rule
    budget.months.clear()
    ctx.session.flush()
    budget.months.extend(BudgetMonth(month=month, amount=part) for month, part in plan(amount, months))
    ctx.session.flush()
    return budget


def plan(amount: Decimal, months: Sequence[Decimal] | None) -> list[tuple[int, Decimal]]:
    """Twelve months that add up to the year; the last takes the cents that are left."""
    if months is None:
        part = (amount / 12).quantize(CENT, ROUND_HALF_UP)
        months = [part] * 11 + [amount - part * 11]
    return list(enumerate(months, start=1))


@within("documents commit money while they hold their own row's lock")
def bring(
    ctx: Context, cause: str, targets: Sequence[Target], on: date | None = None, standing: Standing | None = None
) -> None:
    """Writes the entries that bring each line to its target. Run twice it writes nothing the second time.

    `cause` names the step, such as `purchasing_order:17:v4`: with it each entry's key is unique for ever.
    `standing` is what stands in the ledger for these targets, when it has been read already.
    """
    if not targets:
        return
    standing = standing_of(ctx, targets) if standing is None else standing
    entries = []
    for target in targets:
        step = target.amount - standing.get((target.line, target.stage, target.cost_centre_id, target.year), ZERO)
        if step:
            entries.append(_entry(cause, target, step, on or ctx.today))
    _write(ctx, entries)


@within("history is written for lines that were never in the ledger")
def write_first(ctx: Context, cause: str, targets: Sequence[tuple[Target, date]]) -> None:
    """First entries of lines that are new, each on its own day."""
    bulk.insert_many(ctx, Commitment, [_entry(cause, t, t.amount, on) for t, on in targets if t.amount])


def _entry(cause: str, target: Target, amount: Decimal, on: date) -> dict[str, Any]:
    return {
        "key": f"{cause}:{target.stage}:{target.line}",
        "site_id": target.site_id,
        "cost_centre_id": target.cost_centre_id,
        "year": target.year,
        "stage": target.stage,
        "amount": amount,
        "requisition_line_id": target.requisition_line_id,
        "order_line_id": target.order_line_id,
        "invoice_line_id": target.invoice_line_id,
        "on": on,
    }


def _write(ctx: Context, entries: Sequence[dict[str, Any]]) -> None:
    if entries:
        written = ctx.session.execute(WRITE, {"entries": json.dumps(entries, default=str)})
        if len(written.all()) != len(entries):
            raise Conflict(say("This money was committed already. Load the document again."))


@within("what a step adds to the ledger is compared with what stands there")
def standing_of(ctx: Context, targets: Sequence[Target]) -> Standing:
    """What stands for the lines of these targets, by line, stage, cost centre and year."""
    if not targets:
        return {}
    columns = (
        (Commitment.requisition_line_id, {t.requisition_line_id for t in targets}),
        (Commitment.order_line_id, {t.order_line_id for t in targets}),
        (Commitment.invoice_line_id, {t.invoice_line_id for t in targets}),
    )
    wanted = [column.in_(ids - {None}) for column, ids in columns if ids - {None}]
    key = (*(column for column, _ in columns), Commitment.stage, Commitment.cost_centre_id, Commitment.year)
    query: sa.Select[*tuple[Any, ...]] = sa.select(*key, sa.func.sum(Commitment.amount))
    rows = ctx.session.execute(query.where(sa.or_(sa.false(), *wanted)).group_by(*key))
    return {
        (f"r{r}" if r is not None else f"o{o}" if o is not None else f"i{i}", stage, centre, year): amount
        for r, o, i, stage, centre, year, amount in rows
    }
