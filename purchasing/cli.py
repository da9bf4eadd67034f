"""The commands of purchasing: `plantops purchasing ...`."""

from __future__ import annotations

import argparse
import json
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from plantops.command import steps
from plantops.engines import Limits
from plantops.errors import Invalid
from plantops.module import load
from purchasing import awarding
from purchasing.awarding import Asked
from purchasing.optimise.award_check import tier_of
from purchasing.optimise.award_model import Award, Position

ENGINE = "purchasing.optimise.award:solve"
USUAL_SECONDS = 10.0
CENT = Decimal("0.01")


def register(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the group `purchasing` to the command line."""
    group = commands.add_parser("purchasing", help="awards")
    verbs = group.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    text = "from whom to buy what a requisition asks for, by the price lists that hold today; nothing is ordered"
    award = verbs.add_parser("award", help=text, description=text)
    award.add_argument("rfq", metavar="RFQ", help="the number of the requisition that was sent out for quotation")
    award.add_argument("--seconds", type=float, default=USUAL_SECONDS, help="wall time to think")
    award.add_argument("--seed", type=int, default=0)
    award.add_argument("--json", action="store_true", help="the whole award as JSON")
    award.add_argument("--as", dest="as_login", metavar="LOGIN", help="act as this person")
    award.add_argument("--data", type=Path, help="folder of the embedded database and the files")
    award.set_defaults(run=award_request)


def award_request(args: argparse.Namespace) -> int:
    """Ask the engine and print its answer."""
    try:
        limits = Limits(seconds=args.seconds, seed=args.seed)
    except ValueError as error:
        raise Invalid(str(error)) from error
    with steps(args) as step:
        asked: Asked = step(lambda ctx: awarding.ask(ctx, args.rfq))
    found: Award = load(ENGINE)(asked.problem, limits)
    print(json.dumps(as_answer(found, asked)) if args.json else as_text(found, asked))
    return 0


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
