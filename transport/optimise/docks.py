"""Docks: at some places only so many vehicles can be served at a time, so the stops of a plan need appointments.

A plan whose routes hold one by one gets a start of service for every stop at such a place, route by route: the start
that the route would choose by itself when a dock is free then, else one next to it, at which somebody leaves or the
number of docks changes. Of a few ways through a route's docks the cheapest is taken; of several sequences of routes,
the one that serves most at the least cost. An order that finds no dock is put into another route, or left out. Frozen
stops have their appointments first.

It is a heuristic: sequences are those of the search, which knows no docks. A bound without docks is one with them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from transport.optimise.columns import less
from transport.optimise.day import RELOAD, Arrays, Day
from transport.optimise.explain import openings
from transport.optimise.heuristic import Tour
from transport.optimise.model import FOREVER, BadProblem, Dock, Order, Problem, Stop, Window
from transport.optimise.schedule import HOLDS, judge, starts

STARTS, WAYS = 5, 60  # of service looked at for one stop, and of one route through its docks


@dataclass(frozen=True)
class Booking:
    """A vehicle stands at a dock of a place from `start` until before `end`."""

    place: int
    start: int
    end: int


@dataclass(frozen=True)
class Fitted:
    """Tours with a start of service for every stop at a dock (`pins`: visit, tick), and what the plan costs then, with
    the prizes of what it leaves out."""

    tours: tuple[Tour, ...]
    pins: tuple[tuple[int, int], ...]
    cost: int


@dataclass(frozen=True)
class _Way:
    """One route through its docks."""

    cost: int
    pins: tuple[tuple[int, int], ...]


def pinned(day: Day, pins: Sequence[tuple[int, int]]) -> Day:
    """The day in which service at these visits starts at these ticks and at no other."""
    return replace(day, arrays=_pinned(day.arrays, pins))


def _pinned(arrays: Arrays, pins: Sequence[tuple[int, int]]) -> Arrays:
    opens, closes = arrays.opens.copy(), arrays.closes.copy()
    for visit, tick in pins:
        rows = slice(arrays.window_at[visit], arrays.window_at[visit + 1])
        opens[rows], closes[rows] = tick, tick
    return arrays._replace(opens=opens, closes=closes)


def docks_at(dock: Dock, tick: int) -> int:
    """How many there are at a tick; before the first part of the day as in it, and after the last."""
    return dock.capacity[min(max(tick // dock.bucket, 0), len(dock.capacity) - 1)]


def within_hours(problem: Problem) -> Problem:
    """The same problem with windows narrowed to when there is any dock for the whole service, so that the search and
    the bound know when there is none. A stop that no dock could ever serve keeps its windows."""
    hours = {dock.place: _hours(dock) for dock in problem.docks if not all(dock.capacity)}
    if not hours:
        return problem
    return replace(problem, orders=tuple(_order_within(order, hours) for order in problem.orders))


def _hours(dock: Dock) -> list[tuple[int, int]]:
    """(from, before) of each stretch of the day with at least one dock."""
    last = len(dock.capacity) - 1
    found: list[tuple[int, int]] = []
    for part, capacity in enumerate(dock.capacity):
        if not capacity:
            continue
        begin, end = part * dock.bucket, FOREVER if part == last else (part + 1) * dock.bucket
        if found and found[-1][1] == begin:
            found[-1] = (found[-1][0], end)
        else:
            found.append((begin, end))
    return found


def _order_within(order: Order, hours: Mapping[int, list[tuple[int, int]]]) -> Order:
    """Of an order with pickup and delivery each keeps one window, because the search takes no more of those."""
    one = len(order.stops) == 2
    pickup, delivery = (
        _stop_within(stop, hours[stop.place], one)
        if stop is not None and stop.service and stop.place in hours
        else stop
        for stop in (order.pickup, order.delivery)
    )
    return replace(order, pickup=pickup, delivery=delivery)


def _stop_within(stop: Stop, hours: Sequence[tuple[int, int]] | None, one: bool) -> Stop:
    if hours is None or not stop.service:
        return stop
    both = [
        Window(max(window.opens, begin), min(window.closes, end if end == FOREVER else end - stop.service))
        for window in stop.windows
        for begin, end in hours
    ]
    windows = [window for window in both if window.opens <= window.closes]
    if not windows:
        return stop
    if one and len(windows) > 1:
        windows = [Window(windows[0].opens, windows[-1].closes)]
    return replace(stop, windows=tuple(windows))


def fit(day: Day, tours: Sequence[Tour]) -> Fitted:
    """Appointments for all docks. Tours must hold without docks. Raises BadProblem when frozen stops need more docks
    than there are."""
    book = _Book(day)
    for k, prefix in enumerate(day.prefix):
        if prefix:
            book.frozen(k, prefix)
    chosen: Fitted | None = None
    for sequence in _turns(day, tours):
        trial = book.copy()
        fitted = trial.fit(tours, sequence)
        if chosen is None or fitted.cost < chosen.cost:
            chosen = fitted
    assert chosen is not None
    return chosen


def _turns(day: Day, tours: Sequence[Tour]) -> Iterator[list[int]]:
    """Sequences in which routes choose: the earliest first, the latest first, the longest first."""
    back = [int(judge(day.arrays, k, np.array(sequence, np.int32))[6]) for k, sequence in tours]
    numbers = list(range(len(tours)))
    yield sorted(numbers, key=lambda at: back[at])
    if len(tours) > 1:
        yield sorted(numbers, key=lambda at: -back[at])
        yield sorted(numbers, key=lambda at: (-len(tours[at][1]), back[at]))


@dataclass
class _Book:
    """Appointments made so far."""

    day: Day
    bookings: list[Booking] = field(default_factory=list)
    pins: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._dock = {dock.place: dock for dock in self.day.problem.docks}

    def copy(self) -> "_Book":
        return _Book(self.day, list(self.bookings), dict(self.pins))

    def frozen(self, k: int, prefix: Sequence[int]) -> None:
        """Book the frozen stops of a type as the vehicle would drive them alone, which always holds."""
        arrays = self.day.arrays
        leaves = int(judge(arrays, k, np.array(prefix, np.int32))[5])
        ticks = starts(self.day, k, prefix, leaves)
        for visit, tick in zip(prefix, ticks, strict=True):
            if int(arrays.place[visit]) not in self._dock or visit in self.pins:
                continue
            if not self.free(visit, int(tick)):
                raise BadProblem(
                    f"The frozen stops at {self.day.problem.places[arrays.place[visit]]} need more docks than there "
                    f"are at {self.day.problem.clock(int(tick))}; free one of them."
                )
            self._take([(visit, int(tick))])

    def _take(self, pins: Sequence[tuple[int, int]]) -> None:
        arrays = self.day.arrays
        for visit, tick in pins:
            self.pins[visit] = tick
            self.bookings.append(Booking(int(arrays.place[visit]), tick, tick + int(arrays.service[visit])))

    def fit(self, tours: Sequence[Tour], sequence: Sequence[int]) -> Fitted:
        """All tours in this sequence; what finds no dock goes elsewhere in the end."""
        done: list[tuple[Tour, int]] = []
        for at in sequence:
            done.append(self._longest_part(tours[at]))
        done = [(tour, cost) for tour, cost in done if tour[1]]
        done = self._elsewhere(done)
        served = {n for (_, own), _ in done for n in self.day.served(own)}
        cost = sum(cost for _, cost in done)
        cost += sum(int(prize) for n, prize in enumerate(self.day.prize) if n not in served)
        return Fitted(tuple(tour for tour, _ in done), tuple(sorted(self.pins.items())), cost)

    def _longest_part(self, tour: Tour) -> tuple[Tour, int]:
        """The tour, without the orders that find no dock, the least important first."""
        k, sequence = tour
        while sequence:
            way = self.way(k, sequence)
            if way is not None:
                self._take([pin for pin in way.pins if pin[0] not in self.pins])
                return (k, sequence), way.cost
            sequence = self._shorter(k, sequence)
        return (k, ()), 0

    def _shorter(self, k: int, sequence: Sequence[int]) -> tuple[int, ...]:
        """Without the order that is cheapest to leave out among those at docks, behind the frozen stops."""
        arrays, kept = self.day.arrays, len(self.day.prefix[k])
        at_docks = {int(arrays.order[v]) for v in sequence[kept:] if v != RELOAD and int(arrays.place[v]) in self._dock}
        held = {int(arrays.order[v]) for v in sequence[:kept] if v != RELOAD}
        options: list[tuple[bool, int, int, tuple[int, ...]]] = []
        for n in sorted(at_docks - held):
            _, rest = less(self.day, (k, tuple(sequence)), n)
            verdict = judge(arrays, k, np.array(rest, np.int32)) if rest else None
            holds = verdict is None or verdict[0] == HOLDS
            options.append((not holds, int(self.day.prize[n]), 0 if verdict is None else int(verdict[3]), rest))
        if not options:  # nothing else can be the fault; frozen stops alone hold as they were booked
            return tuple(sequence[:kept])
        return min(options)[3]

    def _elsewhere(self, done: list[tuple[Tour, int]]) -> list[tuple[Tour, int]]:
        """Put orders that are left out where they hold with the docks that are free, each where it costs least."""
        served = {n for (_, sequence), _ in done for n in self.day.served(sequence)}
        left = [n for n in range(len(self.day.problem.orders)) if n not in served]
        for n in sorted(left, key=lambda n: -int(self.day.prize[n])):
            places = sorted(openings(self.day, [tour for tour, _ in done], n), key=lambda found: found[2])
            for at, tour, _ in places:
                if self._moved(done, at, tour):
                    break
        return done

    def _moved(self, done: list[tuple[Tour, int]], at: int, tour: Tour) -> bool:
        """Whether tour number `at` can become this one; its appointments are made anew, and kept when it cannot."""
        before = self.copy()
        frozen = set(self.day.prefix[tour[0]])
        for visit in done[at][0][1] if at < len(done) else ():
            if visit not in frozen and (tick := self.pins.pop(visit, None)) is not None:
                place = int(self.day.arrays.place[visit])
                self.bookings.remove(Booking(place, tick, tick + int(self.day.arrays.service[visit])))
        way = self.way(*tour)
        if way is None:
            self.bookings, self.pins = before.bookings, before.pins
            return False
        self._take([pin for pin in way.pins if pin[0] not in self.pins])
        done[at : at + 1] = [(tour, way.cost)]
        return True

    def way(self, k: int, sequence: Sequence[int]) -> _Way | None:
        """The cheapest of a few ways of a route through its docks; None when none holds."""
        steps = np.array(sequence, np.int32)
        stops = [v for v in sequence if v != RELOAD and int(self.day.arrays.place[v]) in self._dock]
        own = [(visit, self.pins[visit]) for visit in stops if visit in self.pins]
        open_stops = [visit for visit in stops if visit not in self.pins]
        best: _Way | None = None
        looked = 0
        stack = [tuple(own)]
        while stack and looked < WAYS:
            pins = stack.pop()
            looked += 1
            arrays = _pinned(self.day.arrays, pins)
            verdict = judge(arrays, k, steps)
            if verdict[0] != HOLDS or (best is not None and int(verdict[3]) >= best.cost):
                continue
            at = len(pins) - len(own)
            if at == len(open_stops):
                best = _Way(int(verdict[3]), pins)
                continue
            visit = open_stops[at]
            natural = starts(replace(self.day, arrays=arrays), k, sequence, int(verdict[5]))
            wanted = int(natural[list(sequence).index(visit)])
            mine = self._mine(pins[len(own) :])
            stack += [(*pins, (visit, tick)) for tick in reversed(self._ticks(visit, wanted, mine))]
        return best

    def _mine(self, pins: Sequence[tuple[int, int]]) -> list[Booking]:
        arrays = self.day.arrays
        return [Booking(int(arrays.place[v]), t, t + int(arrays.service[v])) for v, t in pins]

    def _ticks(self, visit: int, wanted: int, mine: Sequence[Booking]) -> list[int]:
        """Starts at which a dock is free, the nearest to the wanted one first; that alone when it is free."""
        if self.free(visit, wanted, mine):
            return [wanted, *self._others(visit, wanted, mine)[: STARTS // 2]]
        return self._others(visit, wanted, mine)[:STARTS]

    def _others(self, visit: int, wanted: int, mine: Sequence[Booking]) -> list[int]:
        arrays = self.day.arrays
        place, service = int(arrays.place[visit]), int(arrays.service[visit])
        dock, rows = self._dock[place], range(arrays.window_at[visit], arrays.window_at[visit + 1])
        there = [b for b in (*self.bookings, *mine) if b.place == place]
        turns = {part * dock.bucket for part in range(1, len(dock.capacity))}
        ticks = {b.end for b in there} | {b.start - service for b in there} | turns | {t - service for t in turns}
        inside = {t for t in ticks if t != wanted and any(arrays.opens[w] <= t <= arrays.closes[w] for w in rows)}
        found: list[int] = []
        for tick in sorted(inside, key=lambda tick: (abs(tick - wanted), tick)):
            if self.free(visit, tick, mine):
                found.append(tick)
                if len(found) == STARTS:
                    break
        return found

    def free(self, visit: int, tick: int, mine: Sequence[Booking] = ()) -> bool:
        """Whether a dock is free for the whole service of a visit that starts at this tick."""
        arrays = self.day.arrays
        place, end = int(arrays.place[visit]), tick + int(arrays.service[visit])
        dock = self._dock[place]
        there = [b for b in (*self.bookings, *mine) if b.place == place and b.start < end and tick < b.end]
        first, last = tick // dock.bucket + 1, (end - 1) // dock.bucket
        turns = [part * dock.bucket for part in range(max(first, 0), min(last, len(dock.capacity)) + 1)]
        moments = [tick, *(b.start for b in there if b.start > tick), *turns]
        if end == tick:
            return True
        return all(sum(b.start <= m < b.end for b in there) < docks_at(dock, m) for m in moments)
