"""What a buyer would do without the engine: three usual ways, each brought within the same limits."""

from __future__ import annotations

from collections.abc import Callable

from purchasing.optimise.award_check import costs, faults
from purchasing.optimise.award_model import Baseline, Position
from purchasing.optimise.baskets import Basket, Market, Option

CHEAPEST, ONE_SUPPLIER, GREEDY = "cheapest per line, repaired", "one supplier", "greedy by saving"
FIRST_WEIGHT, WEIGHTS = 0.3, 8
MOST_ROUNDS = 6
EPSILON = 1e-6
MOST_OPTIONS = 24

Over = Callable[[], bool]


def baselines(market: Market, over: Over) -> tuple[Baseline, ...]:
    """The three of them; what was not found, or not in time, has no costs."""
    every = market.options
    if not all(every):
        return tuple(Baseline(name, (), None) for name in (CHEAPEST, ONE_SUPPLIER, GREEDY))
    cheapest = [options[0] for options in every]
    repaired = repair(Basket(market, cheapest, FIRST_WEIGHT), over)
    greedy = save(Basket(market, cheapest, 1.0), over)
    return (
        _kept(market, CHEAPEST, [repaired.positions()]),
        _kept(market, ONE_SUPPLIER, [basket.positions() for basket in single(market)]),
        _kept(market, GREEDY, [repair(greedy, over).positions()]),
    )


def _kept(market: Market, name: str, found: list[tuple[Position, ...]]) -> Baseline:
    """The cheapest of those that break nothing, looked at by the independent checker."""
    problem = market.choices.problem
    allowed = [(costs(problem, one), one) for one in found if not faults(problem, one)]
    if not allowed:
        return Baseline(name, (), None)
    best, positions = min(allowed, key=lambda pair: pair[0].total)
    return Baseline(name, positions, best)


def single(market: Market) -> list[Basket]:
    """Everything from one supplier, for each who offers everything."""
    found = []
    for supplier in range(len(market.suppliers)):
        chosen: list[Option] = []
        for options in market.options:
            mine = [one for one in options if all(part.supplier == supplier for part in one.parts)]
            if not mine:
                break
            chosen.append(mine[0])
        if len(chosen) == len(market.options):
            basket = Basket(market, chosen, 1.0)
            found += [basket, repair_within(basket, supplier)]
    return found


def repair_within(basket: Basket, supplier: int) -> Basket:
    """Larger packs from the same supplier until its minimum is met."""
    market = basket.market
    topped = Basket(market, basket.chosen, 1e3)
    for line, options in enumerate(market.options):
        mine = [one for one in options if all(part.supplier == supplier for part in one.parts)]
        _try(topped, line, mine)
    return topped


def repair(basket: Basket, over: Over) -> Basket:
    """Change what breaks a limit, the cheapest change first, until nothing is broken or nothing helps."""
    weight = FIRST_WEIGHT
    for _ in range(WEIGHTS):
        basket.weight = weight
        while basket.breaks and not over():
            if not (_some_lines(basket, over) or _best_closing(basket)):
                break
        if not basket.breaks or over():
            break
        weight *= 4
    return basket


def save(basket: Basket, over: Over) -> Basket:
    """The change that saves most, again and again: one line elsewhere, or one supplier with nothing left."""
    for _ in range(MOST_ROUNDS):
        moved = False
        while not over() and _best_closing(basket):
            moved = True
        for line, options in enumerate(basket.market.options):
            if over():
                return basket
            moved |= _try(basket, line, options)
        if not moved:
            break
    return basket


def _try(basket: Basket, line: int, options: list[Option]) -> bool:
    """Take the best option of a line when it is better than the present one."""
    now, kept = basket.worth, basket.chosen[line]
    best, least = kept, now - EPSILON
    for option in options:
        if option.cost - kept.cost > now:
            break
        basket.swap(line, option)
        worth = basket.worth
        if worth < least:
            best, least = option, worth
    basket.swap(line, best)
    return best is not kept


def _some_lines(basket: Basket, over: Over) -> bool:
    """Changes of single lines that touch an order with something broken, the most helpful first."""
    now, gains = basket.worth, []
    for line, options in enumerate(basket.market.options):
        kept = basket.chosen[line]
        least = now - EPSILON
        for option in options[:MOST_OPTIONS]:
            basket.swap(line, option)
            least = min(least, basket.worth)
        basket.swap(line, kept)
        if least < now - EPSILON:
            gains.append((least - now, line))
        if over():
            break
    moved = False
    for _, line in sorted(gains):
        if not basket.breaks or over():
            break
        moved |= _try(basket, line, basket.market.options[line])
    return moved


def _best_closing(basket: Basket) -> bool:
    """Take everything from one supplier and put it where it costs least, when that is the better."""
    now, best = basket.worth - EPSILON, None
    for supplier, tally in enumerate(basket.tallies):
        if not tally.lines:
            continue
        changes = _without(basket, supplier)
        if changes is None:
            continue
        before = [(line, basket.swap(line, option)) for line, option in changes]
        if basket.worth < now:
            now, best = basket.worth, changes
        for line, option in before:
            basket.swap(line, option)
    for line, option in best or []:
        basket.swap(line, option)
    return best is not None


def _without(basket: Basket, supplier: int) -> list[tuple[int, Option]] | None:
    """For each line of a supplier the cheapest option at others, those that have an order first."""
    open_ones = {at for at, tally in enumerate(basket.tallies) if tally.lines and at != supplier}
    changes = []
    for line, chosen in enumerate(basket.chosen):
        if all(part.supplier != supplier for part in chosen.parts):
            continue
        others = [one for one in basket.market.options[line] if all(part.supplier != supplier for part in one.parts)]
        if not others:
            return None
        near = [one for one in others if all(part.supplier in open_ones for part in one.parts)]
        changes.append((line, (near or others)[0]))
    return changes
