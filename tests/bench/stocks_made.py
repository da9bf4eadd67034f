"""Stocks of consumables and spares as plants keep them, made from a seed, with every limit that ties items together."""

from __future__ import annotations

import random

from purchasing.optimise.award_model import Minimum
from purchasing.optimise.replenish_model import Budget, Item, Problem, Supplier

RULES = (Minimum.NONE, Minimum.REFUSE, Minimum.SURCHARGE, Minimum.FREE_FREIGHT)
WEEKS_OF_MONTH = 4


def made(items: int, weeks: int, seed: int) -> Problem:
    """About twelve items to a supplier; use with seasons, gaps and peaks; the dock and the monthly budgets are a
    little above what an even spread would need, so that they bind in some weeks."""
    dice = random.Random(f"{items} x {weeks}, {seed}")
    sellers = [_supplier(dice, at) for at in range(max(3, round(items / 12)))]
    goods = [_item(dice, at, weeks, dice.choice(sellers)) for at in range(items)]
    worth = sum(max(0.0, sum(item.demand) + item.safety - item.stock) * item.price for item in goods)
    load = sum(max(0.0, sum(item.demand) + item.safety - item.stock) / item.pack * item.load for item in goods)
    months = [(first, min(weeks, first + WEEKS_OF_MONTH) - 1) for first in range(0, weeks, WEEKS_OF_MONTH)]
    budgets = tuple(
        Budget(first, last, round(worth * (last - first + 1) / weeks * dice.uniform(1.0, 1.25), 2))
        for first, last in months
    )
    dock = tuple(round(load / weeks * dice.uniform(1.15, 1.9), 1) for _ in range(weeks))
    return Problem(weeks, tuple(goods), tuple(sellers), budgets, dock)


def _supplier(dice: random.Random, at: int) -> Supplier:
    rule = RULES[at % 4]
    return Supplier(
        f"S{at + 1}",
        order_cost=dice.choice((25.0, 40.0, 60.0, 90.0)),
        lead_weeks=dice.choice((0, 1, 1, 2, 3)),
        minimum_rule=rule,
        minimum_value=0.0 if rule is Minimum.NONE else float(dice.choice((150, 250, 400, 600))),
        charge=float(dice.choice((20, 35, 50))) if rule in (Minimum.SURCHARGE, Minimum.FREE_FREIGHT) else 0.0,
    )


def _item(dice: random.Random, at: int, weeks: int, seller: Supplier) -> Item:
    price = round(dice.lognormvariate(1.5, 1.1) + 0.2, 2)
    usual = dice.choice((2, 4, 6, 10, 15, 25, 40, 60))
    season = dice.uniform(0.0, 0.4)
    demand = []
    for week in range(weeks):
        swing = 1.0 + season * (1 if (week // 6) % 2 else -1)
        gap = dice.random() < (0.4 if usual <= 4 else 0.08)
        demand.append(0.0 if gap else float(max(0, round(dice.gauss(usual * swing, usual * 0.35)))))
    pack = float(dice.choice((1, 2, 5, 6, 10, 12)))
    safety = float(round(usual * dice.choice((0.0, 0.5, 1.0, 2.0))))
    return Item(
        f"I{at + 1}",
        seller.id,
        tuple(demand),
        price,
        stock=float(round(usual * (seller.lead_weeks + dice.uniform(0.5, 3.0)) + safety)),
        coming=((seller.lead_weeks, pack * dice.randint(1, 3)),) if dice.random() < 0.15 else (),
        pack=pack,
        least=float(dice.choice((0, 0, 0, 2, 3))) * pack,
        line_cost=dice.choice((2.0, 4.0, 6.0)),
        holding=round(price * 0.25 / 52 + 0.01, 4),
        safety=safety,
        safety_cost=round(price * 0.05 + 0.05, 3),
        shortage_cost=round(price * 0.5 + 2.0, 2),
        shelf_weeks=dice.choice((6, 8)) if dice.random() < 0.1 else None,
        load=round(pack * dice.uniform(0.002, 0.02), 4),
    )
