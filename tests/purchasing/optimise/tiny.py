"""Awards small enough to try everything."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import combinations, product

from hypothesis import strategies as st

from purchasing.optimise.award_check import costs, faults
from purchasing.optimise.award_model import (
    Bundle,
    Costs,
    Line,
    Lock,
    Minimum,
    Offer,
    Position,
    Problem,
    Supplier,
    Tier,
)

Found = tuple[Position, ...]


@st.composite
def problems(draw: st.DrawFn, lines: int = 3, suppliers: int = 3) -> Problem:
    """Every kind of rule, in numbers so small that they meet each other."""

    def number(low: int, high: int) -> Decimal:
        return Decimal(draw(st.integers(low, high)))

    def some(of: st.SearchStrategy[Decimal], chance: int = 4) -> Decimal | None:
        return draw(of) if draw(st.integers(1, chance)) == 1 else None

    needed = tuple(_line(draw, at) for at in range(draw(st.integers(1, lines))))
    sellers = tuple(
        Supplier(
            f"S{at}",
            order_cost=number(0, 9),
            minimum_rule=draw(st.sampled_from(Minimum)),
            minimum_value=number(0, 60),
            charge=number(0, 12),
            max_value=some(st.integers(20, 90).map(Decimal)),
            max_lines=draw(st.sampled_from((None, None, None, 1, 2))),
            max_share=some(st.sampled_from((Decimal("0.4"), Decimal("0.7")))),
        )
        for at in range(draw(st.integers(1, suppliers)))
    )
    offers = tuple(_offer(draw, line.id, one.id) for line in needed for one in sellers if draw(st.integers(1, 6)) > 1)
    whole = [line.id for line in needed if line.max_suppliers == 1]
    bundles: tuple[Bundle, ...] = ()
    if len(whole) > 1 and draw(st.integers(1, 4)) == 1:
        bundles = (Bundle("B", sellers[0].id, tuple(whole[:2]), number(5, 60), number(0, 4)),)
    locks = tuple(Lock(one.line, one.supplier) for one in offers[:1] if draw(st.integers(1, 5)) == 1)
    return Problem(
        needed,
        sellers,
        offers,
        bundles,
        locks,
        max_suppliers=draw(st.sampled_from((None, None, 1, 2))),
        budget=some(st.integers(30, 150).map(Decimal), 5),
    )


def _line(draw: st.DrawFn, at: int) -> Line:
    quantity = draw(st.integers(1, 6))
    if draw(st.integers(1, 4)) == 1:
        return Line(
            f"L{at}", Decimal(quantity), max_suppliers=2, max_share=draw(st.sampled_from((Decimal("0.6"), Decimal(1))))
        )
    most = Decimal(quantity + draw(st.integers(1, 4))) if draw(st.integers(1, 3)) == 1 else None
    return Line(f"L{at}", Decimal(quantity), most=most, need_in_days=7)


def _offer(draw: st.DrawFn, line: str, supplier: str) -> Offer:
    price = draw(st.integers(3, 14))
    tiers = [Tier(Decimal(0), Decimal(price))]
    if draw(st.booleans()):
        tiers.append(Tier(Decimal(draw(st.integers(2, 7))), Decimal(price - draw(st.integers(0, 3)))))
    return Offer(
        line,
        supplier,
        tuple(tiers),
        least=Decimal(draw(st.sampled_from((0, 0, 3)))),
        pack=Decimal(draw(st.sampled_from(("1", "2", "1.5")))),
        capacity=draw(st.sampled_from((None, None, Decimal(4)))),
        freight_per_unit=Decimal(draw(st.sampled_from(("0", "0.25")))),
        late_cost=Decimal(draw(st.sampled_from((0, 0, 5)))),
        lead_days=draw(st.sampled_from((3, 3, 9))),
    )


def best_of_all(problem: Problem) -> Costs | None:
    """The cheapest of all awards that the checker allows; None when it allows none."""
    best: Costs | None = None
    for parts in product(*(_ways(problem, line) for line in problem.lines)):
        positions = tuple(position for part in parts for position in part)
        found = costs(problem, positions)
        if (best is None or found.total < best.total) and not faults(problem, positions):
            best = found
    return best


def _ways(problem: Problem, line: Line) -> list[Found]:
    """Every way to cover one line that is allowed when no other line matters."""
    free = tuple(
        replace(one, minimum_rule=Minimum.NONE, max_value=None, max_lines=None, max_share=None)
        for one in problem.suppliers
    )
    locks = tuple(lock for lock in problem.locks if lock.line == line.id)
    alone = Problem((line,), free, tuple(one for one in problem.offers if one.line == line.id), locks=locks)
    single: dict[str, list[Position]] = {}
    for offer in alone.offers:
        most = int(max(line.most or 0, line.quantity, offer.least, offer.tiers[-1].from_quantity) / offer.pack) + 2
        single[offer.supplier] = [
            Position(line.id, offer.supplier, packs, packs * offer.pack) for packs in range(1, most + 1)
        ]
    found: list[Found] = []
    for size in range(1, line.max_suppliers + 1):
        for group in combinations(single, size):
            found += [parts for parts in product(*(single[name] for name in group)) if not faults(alone, parts)]
    for bundle in problem.bundles:
        if line.id in bundle.lines:
            found.append((Position(line.id, bundle.supplier, 1, line.quantity, bundle.id),))
    return found
