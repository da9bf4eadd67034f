"""Totals straight from the ledgers by plain SQL, to reconcile every report against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from plantops.context import Context, requires, within
from plantops.errors import Invalid
from plantops.module import Figure
from plantops.permissions import Can
from plantops.wording import say


@dataclass(frozen=True)
class Total:
    """One total of a kind: what it counts, how much, in which unit or currency."""

    name: str
    value: Decimal
    unit: str


@within("the command line and the report ask for the kinds")
def kinds(ctx: Context) -> dict[str, Figure]:
    return {figure.kind: figure for module in ctx.registry.modules for figure in module.figures}


@requires(Can.READ_WEEKLY)
def totals(ctx: Context, kind: str, first_day: date | None = None, last_day: date | None = None) -> list[Total]:
    """The totals of a kind from `first_day` to `last_day`, both included; without them: everything.

    Each figure's query takes :from and :to (half-open) and returns name, value, unit.
    """
    known = kinds(ctx)
    if kind not in known:
        raise Invalid(
            say("There is no figure {kind}. Known: {known}.", kind=kind, known=", ".join(sorted(known))), field="kind"
        )
    if first_day and last_day and last_day < first_day:
        raise Invalid(say("The last day is before the first."), field="to")
    after = date.fromordinal(last_day.toordinal() + 1) if last_day else date.max
    rows = ctx.session.execute(known[kind].query, {"from": first_day or date.min, "to": after})
    return [Total(str(row[0]), Decimal(row[1] or 0), str(row[2])) for row in rows]
