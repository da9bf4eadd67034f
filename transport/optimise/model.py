"""A day of transport as the planner sees it: vehicles, orders, a travel matrix, and the plan that comes back.

Units: distances are whole metres. Times are whole ticks (`Problem.ticks_per_minute`; seconds unless said
otherwise) since the start of the day. Loads are whole numbers of the smallest part of their unit
(`Measure`). Money is a float per kilometre, hour or day.
"""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from plantops.engines import Outcome

Matrix = NDArray[np.int64]
NO_ROAD = 1 << 40  # a matrix cell of this size or more: there is no way from here to there
FOREVER = 1 << 40  # the end of a window that does not end
MAX_ORDERS = 2000
MAX_BUCKETS = 10_000  # parts of a day of one dock


class BadProblem(ValueError):
    """The question itself is wrong; the text is one sentence for the person who asked."""


@dataclass(frozen=True)
class Window:
    """Service may start at `opens`, at `closes`, and at any tick between."""

    opens: int = 0
    closes: int = FOREVER


@dataclass(frozen=True)
class Stop:
    """A place (row of the matrices) that must be visited, the ticks of work there, and when it may start."""

    place: int
    service: int = 0
    windows: tuple[Window, ...] = (Window(),)


@dataclass(frozen=True)
class Order:
    """Something to be moved. Delivery only: loaded where the vehicle starts. Pickup only: brought to where it
    ends. Both: from the one to the other on one vehicle.

    `ready`: earliest tick at which the goods can leave the start. `priority`: an order of priority p weighs
    p + 1 when not all can be served.
    """

    id: str
    loads: tuple[int, ...]
    delivery: Stop | None = None
    pickup: Stop | None = None
    ready: int = 0
    skills: frozenset[str] = frozenset()
    priority: int = 0

    @property
    def stops(self) -> tuple[Stop, ...]:
        """Pickup first."""
        return tuple(stop for stop in (self.pickup, self.delivery) if stop is not None)


@dataclass(frozen=True)
class Breaks:
    """When a driver must rest, in ticks. A break of `lasts` is due at the latest after so much driving, and after so
    much work (driving and service), since the last one; it is taken on the road or at a stop, and standing still
    for as long is one. `drives_at_most`: in the day. `service_rests`: a service of that length is a break from
    driving (not from work)."""

    lasts: int
    after_driving: int = FOREVER
    after_work: int = FOREVER
    drives_at_most: int = FOREVER
    service_rests: bool = False


@dataclass(frozen=True)
class Vehicle:
    """A vehicle on this day. `profile` is the number of its travel matrices; `trips` how often it may leave
    its start with a new load; `forbidden` the ids of orders it may not serve; `breaks` those of its driver."""

    id: str
    start: int
    end: int
    capacities: tuple[int, ...]
    window: Window = field(default_factory=Window)
    cost_fixed: float = 0.0
    cost_per_km: float = 0.0
    cost_per_hour: float = 0.0
    max_duration: int | None = None
    max_distance_m: int | None = None
    skills: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    profile: int = 0
    trips: int = 1
    breaks: Breaks | None = None


@dataclass(frozen=True)
class Dock:
    """At this place at most so many vehicles are served at any moment: `capacity[b]` of them in the b-th part of the
    day, each `bucket` ticks long, and as in the last part afterwards. A vehicle takes a dock from the start to the end
    of service; waiting takes none, and no more does reloading."""

    place: int
    capacity: tuple[int, ...]
    bucket: int = FOREVER


@dataclass(frozen=True)
class Fixed:
    """What a dispatcher has decided: these orders go with this vehicle.

    `frozen`: they are its first stops, in this order (an order with pickup and delivery stands twice).
    """

    vehicle: str
    orders: tuple[str, ...]
    frozen: bool = False


@dataclass(frozen=True)
class Measure:
    """One dimension of load: its name, its unit, and how many whole numbers make one unit."""

    name: str
    unit: str
    per_unit: int = 1

    def say(self, amount: float) -> str:
        return f"{amount / self.per_unit:.6g} {self.unit}".strip()


@dataclass(frozen=True, eq=False)
class Problem:
    """`distance_m` and `duration` hold one places x places matrix per profile."""

    name: str
    places: tuple[str, ...]
    vehicles: tuple[Vehicle, ...]
    orders: tuple[Order, ...]
    distance_m: tuple[Matrix, ...]
    duration: tuple[Matrix, ...]
    measures: tuple[Measure, ...] = (Measure("load", ""),)
    ticks_per_minute: int = 60
    fixed: tuple[Fixed, ...] = ()
    docks: tuple[Dock, ...] = ()

    def minutes(self, ticks: float) -> float:
        return ticks / self.ticks_per_minute

    def clock(self, ticks: float) -> str:
        """A tick as time of day, 08:05."""
        minutes = int(self.minutes(ticks))
        return f"{minutes // 60:02d}:{minutes % 60:02d}"


class Kind(StrEnum):
    PICKUP = "pickup"
    DELIVERY = "delivery"
    RELOAD = "reload"


@dataclass(frozen=True)
class Visit:
    """One stop of a route in ticks. `slack`: by how much service may start later with the rest still valid.
    `loads`: on board when leaving. `rest`: breaks on the way there. A reload has no order."""

    order: str | None
    kind: Kind
    place: int
    arrival: int
    start: int
    departure: int
    slack: int
    loads: tuple[int, ...]
    rest: int = 0


@dataclass(frozen=True)
class Route:
    """What one vehicle does: leaves at `leaves`, is back at `returns`; cost in money. `rest`: breaks on the way
    home."""

    vehicle: str
    visits: tuple[Visit, ...]
    leaves: int
    returns: int
    distance_m: int
    cost: float
    rest: int = 0

    @property
    def orders(self) -> tuple[str, ...]:
        """The ids in the order of visits; an order with pickup and delivery stands twice."""
        return tuple(visit.order for visit in self.visits if visit.order is not None)


class Constraint(StrEnum):
    """What may break when an order is put into a route."""

    FORBIDDEN = "forbidden"
    SKILL = "skill"
    LOAD = "load"
    WINDOW = "window"
    HOURS = "hours"
    DURATION = "duration"
    DISTANCE = "distance"
    DRIVING = "driving"
    TRIPS = "trips"
    ROAD = "road"
    FIXED = "fixed"
    DOCK = "dock"


@dataclass(frozen=True)
class Reason:
    """Why one vehicle cannot take one order: the constraint that breaks and by how much, in `unit`.

    `extra_cost` is what the least bad place in the route would cost, None when there is none to be found.
    """

    vehicle: str
    constraint: Constraint
    by: float
    unit: str
    text: str
    extra_cost: float | None = None


@dataclass(frozen=True)
class Offer:
    """What one vehicle says to one order.

    It can take it: `extra_cost` (money; the whole plan afterwards less the whole plan now), `stops` (0-based positions
    of the order's visits among those of the new route, reloads counted), `starts` (ticks at which their service
    begins), `leaves` and `returns` (ticks) and `changed`, the new visits of each vehicle that something changes for
    (none: it no longer drives). It cannot: `reason`, with what breaks first at the least bad place and by how much.
    """

    vehicle: str
    extra_cost: float | None
    stops: tuple[int, ...]
    starts: tuple[int, ...]
    leaves: int | None
    returns: int | None
    changed: tuple[tuple[str, tuple[int, ...]], ...]
    reason: Reason | None

    @property
    def holds(self) -> bool:
        return self.reason is None


@dataclass(frozen=True)
class Unassigned:
    """An order that no route holds, with one reason per vehicle that is not like another."""

    id: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Plan:
    """The answer. `outcome.objective` and `.bound` are the cost of the routes in money; `note` says how the
    bound came about, or why there is none."""

    outcome: Outcome
    routes: tuple[Route, ...]
    unassigned: tuple[Unassigned, ...]
    note: str
