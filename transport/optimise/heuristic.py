"""The day as PyVRP sees it, and its solutions as tours."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field

import numpy as np
import pyvrp

from transport.optimise.day import RELOAD, Day, Ints
from transport.optimise.model import FOREVER, NO_ROAD, Kind, Window
from transport.optimise.schedule import try_route

Tour = tuple[int, tuple[int, ...]]  # vehicle type, sequence of visits (RELOAD between trips)
Client = pyvrp.ActivityType.CLIENT
UNLIMITED = int(np.iinfo(np.int64).max)
FINE = 100_000  # PyVRP sees loads in at most this many parts of the largest capacity, rounded to the safe side


@dataclass
class Search:
    """PyVRP's view of a day. `optional`: orders may be left out at the price of their prize."""

    day: Day
    optional: bool = False
    data: pyvrp.ProblemData = field(init=False)
    kinds: list[int] = field(init=False)  # the day's vehicle type behind each of PyVRP's
    client_visit: list[int] = field(init=False)
    shipment_order: list[int] = field(init=False)
    grain: Ints = field(init=False)

    def __post_init__(self) -> None:
        self.grain = np.maximum(1, self.day.arrays.capacity.max(axis=0) // FINE)
        self.client_visit, self.shipment_order = [], []
        self.kinds = list(range(len(self.day.types)))
        held = {visit for prefix in self.day.prefix for visit in prefix}
        depots, depot_of = self._depots()
        clients, groups, shipments = self._orders(held)
        problem = self.day.problem
        profiles, distances, durations = self._profiles()
        self.data = pyvrp.ProblemData(
            [pyvrp.Location(0, 0) for _ in problem.places],
            clients,
            depots,
            [self._vehicle(k, depot_of, profiles[k]) for k in range(len(self.day.types))],
            distances,  # type: ignore[arg-type]
            durations,  # type: ignore[arg-type]
            groups,
            shipments,
        )

    def _coarse(self, loads: Sequence[int]) -> list[int]:
        return [-(-int(load) // int(grain)) for load, grain in zip(loads, self.grain, strict=True)]

    def _begin(self, k: int) -> tuple[int, int, int]:
        """(place, tick, metres) at which the free part of type k's day begins: behind its frozen visits."""
        arrays, prefix = self.day.arrays, self.day.prefix[k]
        if not prefix:
            return int(arrays.start[k]), int(arrays.leaves[k]), 0
        alone = try_route(self.day, k, prefix)
        last = prefix[-1]
        home = int(arrays.duration[arrays.profile[k], arrays.place[last], arrays.end[k]])
        way = int(arrays.distance[arrays.profile[k], arrays.place[last], arrays.end[k]])
        return int(arrays.place[last]), alone.returns - home, alone.metres - way

    def _depots(self) -> tuple[list[pyvrp.Depot], dict[int, int]]:
        arrays = self.day.arrays
        places = [self._begin(k)[0] for k in range(len(self.day.types))]
        unique = sorted({*places, *(int(p) for p in arrays.start), *(int(p) for p in arrays.end)})
        return [pyvrp.Depot(place) for place in unique], {place: at for at, place in enumerate(unique)}

    def _orders(self, held: set[int]) -> tuple[list[pyvrp.Client], list[pyvrp.ClientGroup], list[pyvrp.Shipment]]:
        clients: list[pyvrp.Client] = []
        groups: list[pyvrp.ClientGroup] = []
        shipments: list[pyvrp.Shipment] = []
        for number, (order, own) in enumerate(zip(self.day.problem.orders, self.day.visits_of, strict=True)):
            if own[0] in held:
                continue
            prize = self._prize(order.priority) if self.optional else 0
            if len(own) == 2:
                shipments.append(self._shipment(own, self._coarse(order.loads), prize))
                self.shipment_order.append(number)
                continue
            windows = order.stops[0].windows
            group = len(groups) if len(windows) > 1 else None
            if group is not None:
                members = list(range(len(clients), len(clients) + len(windows)))
                groups.append(pyvrp.ClientGroup(members, required=not self.optional))
            for window in windows:
                clients.append(self._client(own[0], window, self._coarse(order.loads), prize, group))
                self.client_visit.append(own[0])
        return clients, groups, shipments

    def _client(self, visit: int, window: Window, loads: list[int], prize: int, group: int | None) -> pyvrp.Client:
        order, kind, stop = self.day.visits[visit]
        nothing = [0] * len(loads)
        return pyvrp.Client(
            stop.place,
            delivery=loads if kind is Kind.DELIVERY else nothing,
            pickup=loads if kind is Kind.PICKUP else nothing,
            service_duration=stop.service,
            tw_early=window.opens,
            tw_late=min(window.closes, FOREVER),
            release_time=min(order.ready, window.closes) if kind is Kind.DELIVERY else 0,
            prize=prize,
            required=not self.optional and group is None,
            group=group,
        )

    def _shipment(self, own: Sequence[int], loads: list[int], prize: int) -> pyvrp.Shipment:
        (_, _, pickup), (_, _, delivery) = (self.day.visits[visit] for visit in own)
        return pyvrp.Shipment(
            pickup.place,
            delivery.place,
            pickup_tw_early=pickup.windows[0].opens,
            pickup_tw_late=min(pickup.windows[0].closes, FOREVER),
            pickup_service_duration=pickup.service,
            delivery_tw_early=delivery.windows[0].opens,
            delivery_tw_late=min(delivery.windows[0].closes, FOREVER),
            delivery_service_duration=delivery.service,
            amount=loads,
            prize=prize,
            required=not self.optional,
        )

    def _profiles(self) -> tuple[list[int], list[Ints], list[Ints]]:
        """PyVRP knows no forbidden pairs: a set of orders that a type may not serve is a matrix of its own."""
        arrays = self.day.arrays
        number: dict[tuple[int, bytes, float], int] = {}
        distances: list[Ints] = []
        durations: list[Ints] = []
        profiles = []
        for k in range(len(self.day.types)):
            p, allowed = int(arrays.profile[k]), arrays.allowed[k]
            slower = self._slower(k)
            key = (p, allowed.tobytes(), slower)
            if key not in number:
                number[key] = len(distances)
                barred = set(arrays.place[~allowed[arrays.order]]) - set(arrays.place[allowed[arrays.order]])
                distances.append(_without(arrays.distance[p], sorted(barred), len(arrays.place)))
                ticks = arrays.duration[p]
                if slower > 1:
                    ticks = np.where(ticks < NO_ROAD, np.ceil(ticks * slower), NO_ROAD).astype(np.int64)
                durations.append(_without(ticks, sorted(barred), len(arrays.place)))
            profiles.append(number[key])
        return profiles, distances, durations

    def _slower(self, k: int) -> float:
        """PyVRP knows no breaks: where one is due after so much driving, every way takes its part of it longer."""
        arrays = self.day.arrays
        if not arrays.break_lasts[k] or arrays.break_driving[k] >= FOREVER:
            return 1.0
        return 1.0 + float(arrays.break_lasts[k]) / float(arrays.break_driving[k])

    def _latest(self, k: int) -> int:
        """When type k must be back: earlier by the breaks that a full day of work asks for."""
        arrays = self.day.arrays
        if not arrays.break_lasts[k] or max(arrays.break_work[k], arrays.returns[k]) >= FOREVER:
            return int(arrays.returns[k])
        lasts = int(arrays.break_lasts[k])
        day = min(int(arrays.returns[k] - arrays.leaves[k]), int(arrays.max_duration[k]))
        return int(arrays.returns[k]) - day // (int(arrays.break_work[k]) + lasts) * lasts

    def _prize(self, priority: int) -> int:
        """Ten times the dearest way there and back: enough to be worth serving, small enough that penalties
        can grow beyond it."""
        arrays = self.day.arrays
        way = np.where(arrays.distance >= NO_ROAD, 0, arrays.distance).max(axis=(1, 2))
        ticks = np.where(arrays.duration >= NO_ROAD, 0, arrays.duration).max(axis=(1, 2))
        dearest = arrays.per_metre * way[arrays.profile] + arrays.per_tick * ticks[arrays.profile]
        return int(20 * dearest.max() + 10 * arrays.fixed.max() + 1) * (priority + 1)

    def _vehicle(self, k: int, depot_of: dict[int, int], profile: int) -> pyvrp.VehicleType:
        arrays = self.day.arrays
        place, tick, metres = self._begin(k)
        delivered = np.zeros(arrays.loads.shape[1], np.int64)
        for visit in self.day.prefix[k]:
            delivered += arrays.loads[arrays.order[visit]]
        home = depot_of[int(arrays.start[k])]
        reloads = int(arrays.trips[k]) > 1
        used = tick - int(arrays.leaves[k]) if self.day.prefix[k] else 0
        return pyvrp.VehicleType(
            num_available=self.day.counts[k],
            capacity=[max(0, int(c)) for c in (arrays.capacity[k] - delivered) // self.grain],
            start_depot=depot_of[place],
            end_depot=depot_of[int(arrays.end[k])],
            fixed_cost=int(arrays.fixed[k]),
            tw_early=tick,
            tw_late=max(tick, self._latest(k)),
            shift_duration=_rest(int(arrays.max_duration[k]), used),
            max_distance=_rest(int(arrays.max_distance[k]), metres),
            unit_distance_cost=int(arrays.per_metre[k]),
            unit_duration_cost=int(arrays.per_tick[k]),
            profile=profile,
            reload_depots=[home] if reloads else [],
            max_reloads=int(arrays.trips[k]) - 1 if reloads else 0,
        )

    def tours(self, solution: pyvrp.Solution) -> list[Tour]:
        """A PyVRP solution as tours, frozen visits in front; vehicles with only frozen visits included."""
        tours = [(self.kinds[route.vehicle_type()], self.sequence(route)) for route in solution.routes()]
        used = {k for k, _ in tours}
        idle = [(k, prefix) for k, prefix in enumerate(self.day.prefix) if prefix and k not in used]
        return tours + idle

    def sequence(self, route: pyvrp.Route) -> tuple[int, ...]:
        steps = list(self.day.prefix[self.kinds[route.vehicle_type()]])
        for step in route.schedule()[1:-1]:
            if step.is_client():
                steps.append(self.client_visit[step.idx])
            elif step.is_depot():
                steps.append(RELOAD)
            else:
                steps.append(self.day.visits_of[self.shipment_order[step.idx]][0 if step.is_pickup() else 1])
        return tuple(steps)

    def solution(self, tours: Sequence[Tour]) -> pyvrp.Solution:
        """Tours as a PyVRP solution, to start from."""
        copies: dict[int, list[int]] = {}
        for at, visit in enumerate(self.client_visit):
            copies.setdefault(visit, []).append(at)
        shipment = {order: at for at, order in enumerate(self.shipment_order)}
        routes = []
        for k, sequence in tours:
            free = sequence[len(self.day.prefix[k]) :]
            steps = [self._activity(k, visit, copies, shipment) for visit in free]
            if steps:
                routes.append(pyvrp.Route(self.data, steps, self.kinds.index(k)))
        return pyvrp.Solution(self.data, routes)

    def _activity(self, k: int, visit: int, copies: dict[int, list[int]], shipment: dict[int, int]) -> pyvrp.Activity:
        if visit == RELOAD:
            kind = self.data.vehicle_type(self.kinds.index(k))
            return pyvrp.Activity(pyvrp.ActivityType.DEPOT, kind.reload_depots[0])
        if visit in copies:
            return pyvrp.Activity(Client, copies[visit][0])
        order = int(self.day.arrays.order[visit])
        first = self.day.visits_of[order][0] == visit
        step = pyvrp.ActivityType.PICKUP if first else pyvrp.ActivityType.DELIVERY
        return pyvrp.Activity(step, shipment[order])

    @property
    def divisible(self) -> bool:
        """Whether a few routes can be searched apart from the rest: not with shipments, several windows, frozen
        stops or orders that may be left out."""
        plain = not self.data.shipments() and not self.data.groups()
        return plain and not self.optional and not any(self.day.prefix)

    def part(self, tours: Sequence[Tour], idle: Sequence[int]) -> "Search":
        """The orders of these tours only, with their vehicles and the `idle` ones (a number per type)."""
        smaller = copy(self)
        wanted = {visit for _, sequence in tours for visit in sequence}
        kept = [at for at, visit in enumerate(self.client_visit) if visit in wanted]
        counts = [idle[k] + sum(1 for own, _ in tours if own == k) for k in range(len(self.day.types))]
        smaller.client_visit = [self.client_visit[at] for at in kept]
        smaller.kinds = [k for k, count in enumerate(counts) if count]
        smaller.data = self.data.replace(
            clients=[self.data.client(at) for at in kept],
            vehicle_types=[self.data.vehicle_type(k).replace(num_available=counts[k]) for k in smaller.kinds],
        )
        return smaller


def _rest(limit: int, used: int) -> int:
    return UNLIMITED if limit >= FOREVER else max(0, limit - used)


def _without(matrix: Ints, barred: Sequence[int], visits: int) -> Ints:
    """The matrix with ways to and from some places, and ways that are not there, longer than any day."""
    roads = np.where(matrix >= NO_ROAD, 0, matrix)
    wall = 10 * int(roads.max() + 1) * (visits + 10)  # NO_ROAD itself would overflow PyVRP's penalties
    walled = np.where(matrix >= NO_ROAD, wall, matrix)
    walled[barred, :] = wall
    walled[:, barred] = wall
    np.fill_diagonal(walled, 0)
    return walled
