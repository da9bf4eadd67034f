"""The commands of purchasing: `plantops purchasing ...`."""

from __future__ import annotations

import argparse
import json
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from plantops.command import site_named, steps
from plantops.engines import Limits
from plantops.errors import Invalid
from plantops.module import load
from purchasing import awarding, replenishing
from purchasing.awarding import Asked
from purchasing.optimise.award_check import tier_of
from purchasing.optimise.award_model import Award, Position
from purchasing.optimise.replenish_model import Order, Plan
from purchasing.replenishing import WEEK

ENGINE = "purchasing.optimise.award:solve"
PLANNER = "purchasing.optimise.replenish:solve"
USUAL_WEEKS = 13
USUAL_SECONDS = 10.0
CENT = Decimal("0.01")


def register(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the group `purchasing` to the command line."""
    group = commands.add_parser("purchasing", help="awards, replenishment")
    verbs = group.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    text = "from whom to buy what a requisition asks for, by the price lists that hold today; nothing is ordered"
    award = verbs.add_parser("award", help=text, description=text)
    award.add_argument("rfq", metavar="RFQ", help="the number of the requisition that was sent out for quotation")
    award.set_defaults(run=award_request)
    text = "what to order of what and when, so that the stores of a site never run low; nothing is ordered"
    replenish = verbs.add_parser("replenish", help=text, description=text)
    replenish.add_argument("--weeks", type=int, default=USUAL_WEEKS, help="how far to plan ahead")
    replenish.add_argument("--site", metavar="CODE", help="the site; needed when the plant has several")
    replenish.set_defaults(run=replenish_stores)
    for each in (award, replenish):
        each.add_argument("--seconds", type=float, default=USUAL_SECONDS, help="wall time to think")
        each.add_argument("--seed", type=int, default=0)
        each.add_argument("--json", action="store_true", help="the whole answer as JSON")
        each.add_argument("--as", dest="as_login", metavar="LOGIN", help="act as this person")
        each.add_argument("--data", type=Path, help="folder of the embedded database and the files")


def _limits(args: argparse.Namespace) -> Limits:
    try:
        return Limits(seconds=args.seconds, seed=args.seed)
    except ValueError as error:
        raise Invalid(str(error)) from error


def award_request(args: argparse.Namespace) -> int:
    """Ask the engine and print its answer."""
    limits = _limits(args)
    with steps(args) as step:
        asked: Asked = step(lambda ctx: awarding.ask(ctx, args.rfq))
    found: Award = load(ENGINE)(asked.problem, limits)
    print(json.dumps(as_answer(found, asked)) if args.json else as_text(found, asked))
    return 0


def replenish_stores(args: argparse.Namespace) -> int:
    """Ask the planner for the weeks ahead and print its plan."""
    limits = _limits(args)
    with steps(args) as step:
        asked: replenishing.Asked = step(lambda ctx: replenishing.ask(ctx, site_named(ctx, args.site).id, args.weeks))
    found: Plan = load(PLANNER)(asked.problem, limits)
    print(json.dumps(as_plan(found, asked)) if args.json else as_calendar(found, asked))
    return 0


def as_plan(found: Plan, asked: replenishing.Asked) -> dict[str, Any]:
    """A replenishment plan in the form that the command line promises. Costs are estimates, rounded to cents."""
    outcome, usual = found.outcome, found.minmax
    return {
        "status": outcome.status.value,
        "cost": round(found.costs.total, 2),
        "baseline": None if usual is None else round(usual.total, 2),
        "saving": None if usual is None else round(usual.total - found.costs.total, 2),
        "bound": outcome.bound,
        "gap": outcome.gap,
        "seconds": round(outcome.seconds, 3),
        "cpu_seconds": round(outcome.cpu_seconds, 3),
        "orders": [_planned(one, asked) for one in found.orders],
        "shortages": [
            {**_thing(one.item, asked), "week": _day(one.week, asked), "missing": one.quantity}
            for one in found.shortages
        ],
        "left_out": [{"item": item, "why": why} for item, why in asked.left_out],
        "binding": list(found.binding),
    }


def as_calendar(found: Plan, asked: replenishing.Asked) -> str:
    """The plan as a person reads it: what to order in which week, then what it costs and what may still be possible."""
    rows = [
        f"{one['order_on']}: {one['quantity']:g} {one['unit']} of {one['item']} from {one['supplier']}"
        f" for {one['store']}, there {one['there_on']}, {one['value']:.2f}"
        for one in (_planned(order, asked) for order in found.orders)
    ]
    rows = rows or ["Nothing has to be ordered in these weeks."]
    rows += [f"Left out: {item}. {why}" for item, why in asked.left_out]
    currency, total = asked.problem.currency, found.costs.total
    rows.append(f"{currency} {total:.2f} in all, of which {found.costs.goods:.2f} are goods.")
    if found.minmax is not None:
        rows.append(f"{currency} {found.minmax.total - total:.2f} cheaper than filling up at the minimum.")
    if found.outcome.bound is not None:
        rows.append(f"At most {currency} {total - found.outcome.bound:.2f} more is possible.")
    return "\n".join(rows)


def _planned(order: Order, asked: replenishing.Asked) -> dict[str, Any]:
    return {
        **_thing(order.item, asked),
        "supplier_id": int(order.supplier),
        "supplier": asked.suppliers[order.supplier],
        "order_on": _day(order.week, asked),
        "there_on": _day(order.arrives, asked),
        "quantity": order.quantity,
        "value": round(order.value, 2),
    }


def _thing(id: str, asked: replenishing.Asked) -> dict[str, Any]:
    use = asked.items[id]
    return {"item_id": use.item_id, "item": use.item, "unit": use.unit, "store_id": use.store_id, "store": use.store}


def _day(week: int, asked: replenishing.Asked) -> str:
    return (asked.first_day + week * WEEK).isoformat()


def as_answer(found: Award, asked: Asked) -> dict[str, Any]:
    """An award in the form that the command line promises; money is rounded to cents."""
    outcome, costs, best, saving = found.outcome, found.costs, found.baseline, found.saving
    return {
        "status": outcome.status.value,
        "cost": None if costs is None else _cents(costs.total),
        "baseline": None if best is None or best.costs is None else _cents(best.costs.total),
        "saving": None if saving is None else _cents(saving.total),
        "bound": outcome.bound,
        "gap": outcome.gap,
        "seconds": round(outcome.seconds, 3),
        "cpu_seconds": round(outcome.cpu_seconds, 3),
        "lines": [_line(one, asked) for one in found.positions],
        "saving_by": None
        if saving is None
        else {"price": _cents(saving.price), "freight": _cents(saving.freight), "minimums": _cents(saving.minimums)},
        "binding": [_spoken(one.sentence, asked) for one in found.binding],
        "clashes": [_spoken(one, asked) for one in found.clashes],
    }


def as_text(found: Award, asked: Asked) -> str:
    """The award as a person reads it: a line each, then what it saves and what may still be possible."""
    rows = [
        f"{one['item']}: {one['quantity']:g} from {one['supplier']}, {one['amount']:.2f}"
        for one in as_answer(found, asked)["lines"]
    ]
    rows += [_spoken(one, asked) for one in found.clashes]
    if found.costs is not None:
        currency, saving = asked.problem.currency, found.saving
        rows.append(f"{currency} {found.costs.total:.2f} in all.")
        if saving is not None:
            rows.append(f"{currency} {saving.total:.2f} cheaper than without planning.")
        if found.outcome.bound is not None:
            rows.append(f"At most {currency} {float(found.costs.total) - found.outcome.bound:.2f} more is possible.")
    return "\n".join(rows)


def _line(one: Position, asked: Asked) -> dict[str, Any]:
    offer = next(o for o in asked.problem.offers if (o.line, o.supplier) == (one.line, one.supplier))
    price = tier_of(offer, one.quantity).price
    return {
        "item_id": int(one.line),
        "item": asked.lines[one.line],
        "supplier_id": int(one.supplier),
        "supplier": asked.suppliers[one.supplier],
        "quantity": float(one.quantity),
        "amount": _cents(one.quantity * price),
    }


def _cents(money: Decimal) -> float:
    return float(money.quantize(CENT, ROUND_HALF_UP))


def _spoken(sentence: str, asked: Asked) -> str:
    """The engine knows numbers; people know names. Every sentence begins with what it is about."""
    first, _, rest = sentence.partition(" ")
    return f"{asked.lines.get(first) or asked.suppliers.get(first) or first} {rest}"
