"""The bound of days of long routes, over routes that may go in circles.

The linear program is first solved over real routes, which are found fast (see `beaming`): plans are made of these. Then
come the routes of the relaxation (see `sweeping`), and the bound with them. Near its end cuts say how many routes must
enter a set of visits (see `gates`); they cost the pricing nothing. When there are no more, the orders on circles that
are still used remember more, which does.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from plantops.engines import Stopwatch
from transport.optimise.beaming import BREADTHS, rewarding
from transport.optimise.gates import Gate, Gates, Rebates, rebates
from transport.optimise.generation import CLOSE, FEW, ROUNDS, SMOOTH, USED, Bound, Generation
from transport.optimise.network import Floats, Network
from transport.optimise.pricing import Offer, Pricer
from transport.optimise.subsets import Route
from transport.optimise.sweeping import Sweeper

OFFERS = 40  # columns per type and round
REAL_OFFERS = 30  # real routes per type and round
REAL_WORK = 1_000_000  # steps that one search for real routes counts as
REAL_SHARE = 0.08  # of the time, at most, for real routes
WORTHLESS = 1e-6  # of the value: what a route must save at least
EXACT_EVERY = 3  # rounds
GATES = 0.03  # of the value: so near to its end the linear program is given cuts ...
NEARLY = 2e-3  # ... and told to remember more
MOST, KEPT = 6_000, 2_500  # columns; with more, only the best are kept


class Taken(NamedTuple):
    """A column: the number of its network, its rows there, and what it costs."""

    at: int
    rows: tuple[int, ...]
    cost: float


@dataclass
class LongRoutes(Generation):
    """A run over networks whose pricers are sweepers."""

    offers: int = OFFERS
    _taken: dict[int, Taken] = field(default_factory=dict)

    def run(self, upper: int) -> Bound:
        """As `Generation.run`; what no prices at all prove is no bound."""
        columns = self._begin()
        self._gates = Gates(self.day, self.networks)
        self._centre_now = np.zeros(int(self._means[-1]))
        self._enter(columns)
        if not self._grain:
            return self.best
        if not any(len(own) == 2 for own in self.day.visits_of):
            share = None if self.watch.left is None else REAL_SHARE * self.watch.left
            self._real_rounds(Stopwatch(share, self.watch.cpu))
        return self._loop(upper)

    def _real_rounds(self, watch: Stopwatch) -> None:
        """The linear program over real routes: narrow searches for more of them as long as they find any, then wider
        ones."""
        level = 0
        while level < len(BREADTHS) and not watch.over and (self.most_work is None or self.work < self.most_work):
            solved = self._partition.solve(self.watch, self.should_stop)
            if solved is None:
                return
            value, prices, others = solved
            before = len(self._known)
            for network in self.networks:
                toll, more = float(others[network.k]), WORTHLESS * abs(value)
                found = rewarding(network, prices, toll, BREADTHS[level], REAL_OFFERS, more)
                for route in found:
                    self._to_pool(network, [int(network.visits[row]) for row in route])
                self.work += REAL_WORK
            self._enter(self.pool.fresh())
            self._tidy()
            level += len(self._known) - before < FEW

    def _loop(self, upper: int) -> Bound:
        weight, heuristic, since = SMOOTH, True, 0
        for rounds in range(1, ROUNDS + 1):
            solved = self._solve()
            if solved is None:
                break
            value, target = solved
            smooth = self._mixed(self._centre_now, target, weight)
            since += 1
            if heuristic and since < EXACT_EVERY:
                heuristic = self._heuristic_round(smooth) > 0
                if heuristic:
                    continue
            since = 0
            exact = self._exact_round(smooth)
            if exact is None:
                break
            added, lower, least = exact
            if self._improves(lower, smooth, least, rounds, 0.0):
                self._centre_now = smooth
            complete = value - lower <= CLOSE * abs(value) or (smooth is target and not added)
            self.best = replace(self.best, complete=self.best.complete or complete, rounds=rounds)
            if self.best.lower is not None and self.best.lower >= upper:
                break
            far = value - lower
            if (far <= GATES * abs(value) and self._gate()) or (
                (complete or far <= NEARLY * abs(value)) and self._widen()
            ):
                weight, heuristic = SMOOTH, True
            elif complete:
                self._ended = True
                break
            else:
                weight = SMOOTH if added > 0 else weight * 0.4
                heuristic = added > 0
            self._tidy()
        return self.best

    def _gate(self) -> bool:
        """Cuts that the last linear program breaks; False when there are none."""
        values, size = self._partition.master.values, len(self._prizes)
        flows = {network.k: np.zeros((size + 1, size + 1)) for network in self.networks}
        for number, taken in self._taken.items():
            if number < len(values) and values[number] > USED:
                route = self._routes[number]
                np.add.at(flows[self.networks[taken.at].k], ([size, *route[:-1]], list(route)), values[number])
        new = self._gates.search(flows) if flows else []
        self._push(new)
        self._centre_now = np.concatenate([self._centre_now, np.zeros(len(new))])
        return bool(new)

    def _push(self, gates: Sequence[Gate]) -> None:
        """Cuts as rows over all columns."""
        routes = list(self._routes.values())
        numbers, types = list(self._routes), np.array([self.networks[t.at].k for t in self._taken.values()], np.int64)
        nodes = np.array(list(itertools.chain.from_iterable(routes)), np.int64)
        begins = np.cumsum([0, *(len(route) for route in routes)])
        for gate in gates:
            times = gate.counts(types, nodes, begins, len(self._prizes))
            counted = [(numbers[at], -int(times[at])) for at in np.flatnonzero(times)]
            unserved = [(visit, -gate.least) for visit in gate.visits] if gate.least else []
            self._partition.cut([*counted, *unserved], -gate.least)

    def _tidy(self) -> None:
        """When there are many columns, only the best are kept, and the cuts that cost anything."""
        if len(self._taken) <= MOST:
            return
        reduced, first = self._partition.master.reduced_costs, int(self._means[-1])
        best = sorted(self._taken, key=lambda number: reduced[number] if number < len(reduced) else 0.0)[:KEPT]
        paid = self._centre_now[first:] > 0
        duals = self._partition.master.duals[len(self._partition.master.rows) - len(paid) :]
        paid[: len(duals)] |= duals < 0
        paid[len(duals) :] = True
        kept, gates = [self._taken[number] for number in best], self._gates.keep(paid)
        self._centre_now = np.concatenate([self._centre_now[:first], self._centre_now[first:][paid]])
        self._partition = self._empty()
        self._known.clear()
        self._taken, self._routes = {}, {}
        for at, (network, pricer) in enumerate(zip(self.networks, self.pricers, strict=True)):
            self._add(network, pricer, [(taken.cost, taken.rows) for taken in kept if taken.at == at])
        self._gates.found = gates
        self._push(gates)

    def _widen(self) -> bool:
        """Routes of the linear program that go in circles: the orders on their circles remember more, and what is no
        route any more is forbidden. False when nobody had anything to learn."""
        values = self._partition.master.values
        learned = False
        for number, taken in self._taken.items():
            pricer = self._sweeper(taken.at)
            if number < len(values) and values[number] > USED:
                learned = pricer.remember(pricer.circles(taken.rows)) or learned
        passing = [self._sweeper(taken.at).lets_pass(taken.rows) for taken in self._taken.values()]
        gone = [number for number, passes in zip(self._taken, passing, strict=True) if not passes]
        self._partition.master.forbid(gone)
        for number in gone:
            del self._taken[number], self._routes[number]
        return learned

    def _sweeper(self, at: int) -> Sweeper:
        pricer = self.pricers[at]
        assert isinstance(pricer, Sweeper)
        return pricer

    def _add(self, network: Network, pricer: Pricer | Sweeper, offers: Sequence[Offer]) -> int:
        first = len(self._partition.master.variables)
        fresh = list({rows: cost for cost, rows in offers if (network.k, rows) not in self._known}.items())
        count = super()._add(network, pricer, offers)
        at = next(at for at, other in enumerate(self.networks) if other is network)
        self._taken.update((first + n, Taken(at, rows, cost)) for n, (rows, cost) in enumerate(fresh))
        return count

    def _counts(self, k: int, route: Route) -> list[tuple[int, int]]:
        times = self._gates.counts(k, route)
        return [(int(at), -int(times[at])) for at in np.flatnonzero(times)]

    def _certain(self, prices: Floats) -> float:
        own, paid = prices[: len(self._prizes)], prices[int(self._means[-1]) :]
        least = np.array([gate.least for gate in self._gates.found], float)
        spared = self._prizes - own - (paid * least) @ self._gates.members()
        return float(own.sum() + paid @ least + np.minimum(spared, 0).sum())

    def _cuts(self, network: Network, paid: Floats) -> Rebates:
        return rebates(network, self._gates, paid)
