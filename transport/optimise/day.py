"""The same day as plain arrays and whole money, for the parts that count in millions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transport.optimise.model import FOREVER, NO_ROAD, Kind, Order, Problem, Stop, Vehicle

Ints = NDArray[np.int64]
Small = NDArray[np.int32]
RELOAD = -1  # in a sequence of visits: back to the start for a new load
MAX_SCALE = 10**7

# what a visit does to the load
DELIVER, COLLECT, LOAD, UNLOAD = 0, 1, 2, 3


class Arrays(NamedTuple):
    """Compiled form. V visits, N orders, K vehicle types, D load measures, P profiles, S places.

    Money is in 1/scale (see `Day`); `windows` of visit v are rows window_at[v] to window_at[v + 1].
    """

    distance: Ints  # P x S x S, metres
    duration: Ints  # P x S x S, ticks
    place: Small  # V
    order: Small  # V
    action: Small  # V: DELIVER, COLLECT, LOAD or UNLOAD
    service: Ints  # V
    window_at: Small  # V + 1
    opens: Ints  # windows
    closes: Ints  # windows
    loads: Ints  # N x D
    ready: Ints  # N
    allowed: NDArray[np.bool_]  # K x N
    start: Small  # K
    end: Small  # K
    profile: Small  # K
    capacity: Ints  # K x D
    leaves: Ints  # K: earliest start
    returns: Ints  # K: latest end
    max_duration: Ints  # K
    max_distance: Ints  # K
    trips: Small  # K
    break_lasts: Ints  # K, 0 for a driver without rules
    break_driving: Ints  # K
    break_work: Ints  # K
    drives_at_most: Ints  # K
    service_rests: NDArray[np.bool_]  # K
    fixed: Ints  # K, money
    per_metre: Ints  # K, money
    per_tick: Ints  # K, money


@dataclass(frozen=True, eq=False)
class Day:
    """A problem ready to be counted with. `types` holds one vehicle per type, `members` the ids of each type,
    `visits` what each visit number stands for, `prefix` the frozen visits with which a type begins."""

    problem: Problem
    arrays: Arrays
    types: tuple[Vehicle, ...]
    members: tuple[tuple[str, ...], ...]
    prefix: tuple[tuple[int, ...], ...]
    visits: tuple[tuple[Order, Kind, Stop], ...]
    visits_of: tuple[tuple[int, ...], ...]
    scale: int
    prize: Ints

    @property
    def counts(self) -> list[int]:
        return [len(ids) for ids in self.members]

    def money(self, whole: float) -> float:
        """Whole money back in the problem's currency."""
        return whole / self.scale

    def served(self, sequence: Sequence[int]) -> tuple[int, ...]:
        """The orders of a sequence of visits, each once, by number."""
        return tuple(sorted({int(self.arrays.order[visit]) for visit in sequence if visit != RELOAD}))


def prepare(problem: Problem) -> Day:
    """Group like vehicles, number the visits, turn money into whole numbers. The problem must be admitted."""
    visits = tuple(
        (order, kind, stop)
        for order in problem.orders
        for kind, stop in ((Kind.PICKUP, order.pickup), (Kind.DELIVERY, order.delivery))
        if stop is not None
    )
    number = {order.id: at for at, order in enumerate(problem.orders)}
    of: list[list[int]] = [[] for _ in problem.orders]
    for at, (order, _, _) in enumerate(visits):
        of[number[order.id]].append(at)
    types, members, prefix, allowed = _types(problem, of, number)
    scale = money_scale(types, problem.ticks_per_minute)
    arrays = _arrays(problem, visits, number, types, allowed, scale)
    return Day(
        problem=problem,
        arrays=arrays,
        types=types,
        members=members,
        prefix=prefix,
        visits=visits,
        visits_of=tuple(tuple(own) for own in of),
        scale=scale,
        prize=_prizes(problem, arrays, [len(ids) for ids in members]),
    )


def money_scale(vehicles: Sequence[Vehicle], ticks_per_minute: int) -> int:
    """The smallest number that makes every price per metre, tick and day whole, at most 10^7 (then rounded)."""
    scale = 1
    for vehicle in vehicles:
        for price, per in _prices(vehicle, ticks_per_minute):
            scale = math.lcm(scale, (Fraction(str(price)) / per).denominator)
            if scale > MAX_SCALE:
                return MAX_SCALE
    return scale


def _prices(vehicle: Vehicle, ticks_per_minute: int) -> list[tuple[float, int]]:
    return [
        (vehicle.cost_fixed, 1),
        (vehicle.cost_per_km, 1000),
        (vehicle.cost_per_hour, 60 * ticks_per_minute),
    ]


def _types(
    problem: Problem, visits_of: Sequence[Sequence[int]], number: dict[str, int]
) -> tuple[tuple[Vehicle, ...], tuple[tuple[str, ...], ...], tuple[tuple[int, ...], ...], NDArray[np.bool_]]:
    """Vehicles that differ in nothing but their id are one type."""
    owner = {name: fixed.vehicle for fixed in problem.fixed for name in fixed.orders}
    frozen = {fixed.vehicle: fixed.orders for fixed in problem.fixed if fixed.frozen}
    groups: dict[object, list[Vehicle]] = {}
    serves: dict[object, NDArray[np.bool_]] = {}
    starts: dict[object, tuple[int, ...]] = {}
    for vehicle in problem.vehicles:
        may = np.array([why_not_serve(vehicle, order, owner.get(order.id)) is None for order in problem.orders])
        begin = _prefix(frozen.get(vehicle.id, ()), visits_of, number)
        key = (replace(vehicle, id="", forbidden=frozenset(), skills=frozenset()), may.tobytes(), begin)
        groups.setdefault(key, []).append(vehicle)
        serves[key], starts[key] = may, begin
    return (
        tuple(group[0] for group in groups.values()),
        tuple(tuple(vehicle.id for vehicle in group) for group in groups.values()),
        tuple(starts.values()),
        np.array(list(serves.values()), np.bool_).reshape(len(groups), len(problem.orders)),
    )


def _prefix(names: Sequence[str], visits_of: Sequence[Sequence[int]], number: dict[str, int]) -> tuple[int, ...]:
    seen: dict[str, int] = {}
    begin = []
    for name in names:
        begin.append(visits_of[number[name]][seen.get(name, 0)])
        seen[name] = seen.get(name, 0) + 1
    return tuple(begin)


def why_not_serve(vehicle: Vehicle, order: Order, owner: str | None) -> str | None:
    """What speaks against this vehicle for this order whatever else it does (loads and times apart)."""
    if owner is not None and owner != vehicle.id:
        return f"it is fixed to {owner}"
    if order.id in vehicle.forbidden:
        return "this vehicle may not serve this customer"
    if missing := order.skills - vehicle.skills:
        return f"it lacks {', '.join(sorted(missing))}"
    return None


def _arrays(
    problem: Problem,
    visits: Sequence[tuple[Order, Kind, Stop]],
    number: dict[str, int],
    types: Sequence[Vehicle],
    allowed: NDArray[np.bool_],
    scale: int,
) -> Arrays:
    def per_type(values: Sequence[int | None]) -> Ints:
        return np.array([FOREVER if value is None else value for value in values], np.int64)

    windows = [window for _, _, stop in visits for window in stop.windows]
    counts = [len(stop.windows) for _, _, stop in visits]
    prices = [[_whole(p, per, scale) for p, per in _prices(v, problem.ticks_per_minute)] for v in types]
    return Arrays(
        distance=np.ascontiguousarray(np.stack(problem.distance_m).astype(np.int64)),
        duration=np.ascontiguousarray(np.stack(problem.duration).astype(np.int64)),
        place=np.array([stop.place for _, _, stop in visits], np.int32),
        order=np.array([number[order.id] for order, _, _ in visits], np.int32),
        action=np.array([_action(order, kind) for order, kind, _ in visits], np.int32),
        service=np.array([stop.service for _, _, stop in visits], np.int64),
        window_at=np.cumsum([0, *counts]).astype(np.int32),
        opens=np.array([window.opens for window in windows], np.int64),
        closes=np.array([min(window.closes, FOREVER) for window in windows], np.int64),
        loads=np.array([order.loads for order in problem.orders], np.int64).reshape(len(number), -1),
        ready=np.array([order.ready for order in problem.orders], np.int64),
        allowed=allowed,
        start=np.array([v.start for v in types], np.int32),
        end=np.array([v.end for v in types], np.int32),
        profile=np.array([v.profile for v in types], np.int32),
        capacity=np.array([v.capacities for v in types], np.int64).reshape(len(types), -1),
        leaves=np.array([v.window.opens for v in types], np.int64),
        returns=np.array([min(v.window.closes, FOREVER) for v in types], np.int64),
        max_duration=per_type([v.max_duration for v in types]),
        max_distance=per_type([v.max_distance_m for v in types]),
        trips=np.array([min(v.trips, 1000) for v in types], np.int32),
        break_lasts=np.array([v.breaks.lasts if v.breaks else 0 for v in types], np.int64),
        break_driving=per_type([v.breaks.after_driving if v.breaks else None for v in types]),
        break_work=per_type([v.breaks.after_work if v.breaks else None for v in types]),
        drives_at_most=per_type([v.breaks.drives_at_most if v.breaks else None for v in types]),
        service_rests=np.array([v.breaks is not None and v.breaks.service_rests for v in types], np.bool_),
        fixed=np.array([p[0] for p in prices], np.int64),
        per_metre=np.array([p[1] for p in prices], np.int64),
        per_tick=np.array([p[2] for p in prices], np.int64),
    )


def _whole(price: float, per: int, scale: int) -> int:
    return round(Fraction(str(price)) / per * scale)


def _action(order: Order, kind: Kind) -> int:
    if len(order.stops) == 2:
        return LOAD if kind is Kind.PICKUP else UNLOAD
    return COLLECT if kind is Kind.PICKUP else DELIVER


def _prizes(problem: Problem, arrays: Arrays, counts: Sequence[int]) -> Ints:
    """Money per unserved order: more than any plan can cost, so that serving one more always pays.

    No plan costs more than the dearest leg into each visit and the dearest way home from each, and every
    vehicle's day and longest hours.
    """
    legs, days = 0, 0
    for k, count in enumerate(counts):
        distance = arrays.distance[arrays.profile[k]]
        roads = np.where(distance < NO_ROAD, distance, 0)
        dearest = roads.max(axis=0)[arrays.place].sum() + roads[arrays.place, arrays.end[k]].sum()
        legs = max(legs, int(dearest) * int(arrays.per_metre[k]))
        shift = int(min(arrays.returns[k] - arrays.leaves[k], arrays.max_duration[k]))
        hours = shift if shift < FOREVER // 2 else no_longer_than(arrays)
        if arrays.break_lasts[k]:
            often = hours // int(min(arrays.break_driving[k], arrays.break_work[k])) + 1
            hours += often * int(arrays.break_lasts[k])
        used = min(count, len(problem.orders))
        days += used * (int(arrays.fixed[k]) + hours * int(arrays.per_tick[k]))
    return np.array([(legs + days + 1) * (order.priority + 1) for order in problem.orders], np.int64)


def no_longer_than(arrays: Arrays) -> int:
    """Ticks that no route needs to exceed when nothing else limits it."""
    finite = arrays.duration[arrays.duration < NO_ROAD]
    latest = arrays.leaves.max(initial=0) + arrays.opens.max(initial=0) + arrays.ready.max(initial=0)
    return int(latest + arrays.service.sum() + finite.max(initial=0) * (2 * len(arrays.place) + 2))
