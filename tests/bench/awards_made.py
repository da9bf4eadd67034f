"""Requests for quotation as plants send them, made from a seed: everything that ties lines together is in them."""

from __future__ import annotations

import random
from decimal import Decimal

from purchasing.optimise.award_model import Line, Lock, Minimum, Offer, Problem, Supplier, Tier

CENT, STEP = Decimal("0.01"), Decimal("0.0001")
RULES = (Minimum.NONE, Minimum.REFUSE, Minimum.SURCHARGE, Minimum.FREE_FREIGHT)


def made(lines: int, suppliers: int, breaks: int, seed: int) -> Problem:
    """Prices lie around a level per line and per supplier; larger quantities are cheaper; two of three suppliers have
    a minimum value, of the size that a fair share of the award would reach; every tenth line may be shared."""
    dice = random.Random(f"{lines} x {suppliers} x {breaks}, {seed}")
    needs = [_line(dice, at) for at in range(lines)]
    prices = [Decimal(str(round(dice.lognormvariate(1.2, 1.0), 4))) + STEP for _ in needs]
    fair = sum((line.quantity * price for line, price in zip(needs, prices, strict=True)), Decimal(0)) / suppliers
    sellers = [_supplier(dice, at, fair) for at in range(suppliers)]
    levels = [dice.gauss(1.0, 0.03) for _ in sellers]
    offers = []
    for line, price in zip(needs, prices, strict=True):
        some = [at for at in range(suppliers) if dice.random() < 0.75]
        for at in some or [dice.randrange(suppliers)]:
            offers.append(_offer(dice, line, sellers[at], float(price) * levels[at] * dice.gauss(1.0, 0.06), breaks))
    locks = [Lock(one.line, one.supplier) for one in dice.sample(offers, max(1, lines // 30)) if _plain(one)]
    first = {lock.line: lock for lock in locks}
    return Problem(
        tuple(needs),
        tuple(sellers),
        tuple(offers),
        locks=tuple(first.values()),
        max_suppliers=max(3, round(suppliers * 0.6)),
    )


def _line(dice: random.Random, at: int) -> Line:
    quantity = Decimal(dice.choice((1, 2, 5, 8, 10, 20, 24, 40, 50, 75, 100, 150, 250, 400)))
    kind = dice.random()
    if kind < 0.1 and quantity >= 20:
        share = Decimal(dice.choice(("0.6", "0.7", "1")))
        return Line(f"L{at + 1}", quantity, max_suppliers=2, max_share=share, need_in_days=28)
    most = (quantity * 3 / 2).to_integral_value() if kind > 0.7 else None
    return Line(f"L{at + 1}", quantity, most=most, need_in_days=dice.choice((7, 14, 21, 28)))


def _supplier(dice: random.Random, at: int, fair: Decimal) -> Supplier:
    rule = RULES[at % 4] if at < 4 else dice.choice(RULES)
    value = (fair * Decimal(str(round(dice.uniform(0.3, 1.6), 2)))).quantize(Decimal(1))
    return Supplier(
        f"S{at + 1}",
        order_cost=Decimal(dice.choice((15, 25, 35, 60))),
        minimum_rule=rule,
        minimum_value=Decimal(0) if rule is Minimum.NONE else value,
        charge=Decimal(dice.choice((20, 35, 50, 80)))
        if rule in (Minimum.SURCHARGE, Minimum.FREE_FREIGHT)
        else Decimal(0),
        max_value=fair * Decimal(dice.choice((2, 3))) if dice.random() < 0.25 else None,
        max_share=Decimal(dice.choice(("0.35", "0.5"))) if dice.random() < 0.15 else None,
    )


def _offer(dice: random.Random, line: Line, seller: Supplier, price: float, breaks: int) -> Offer:
    size = float(line.quantity)
    steps = sorted({Decimal(max(2, round(size * dice.uniform(0.3, 2.5)))) for _ in range(breaks - 1)})
    tiers, now = [Tier(Decimal(0), Decimal(str(round(max(price, 0.01), 4))))], price
    for step in steps:
        now *= dice.uniform(0.92, 0.985)
        tiers.append(Tier(step, Decimal(str(round(max(now, 0.01), 4)))))
    lead = dice.choice((2, 4, 5, 7, 10, 14, 21))
    need = line.need_in_days or 28
    late = Decimal(0) if lead <= need // 2 else Decimal(str(round(dice.uniform(1, 12), 2)))
    return Offer(
        line.id,
        seller.id,
        tuple(tiers),
        least=Decimal(dice.choice((0, 0, 0, 5, 10, 25))),
        pack=Decimal(dice.choice((1, 1, 1, 2, 5, 10))),
        freight_per_unit=Decimal(str(round(price * dice.choice((0, 0, 0.01, 0.03)), 4))),
        late_cost=late,
        lead_days=min(lead, need) if dice.random() < 0.9 else lead,
    )


def _plain(offer: Offer) -> bool:
    return offer.lead_days <= 7
