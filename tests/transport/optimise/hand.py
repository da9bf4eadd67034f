"""Days small enough to reckon by hand: places on a line, one metre and one tick apart per step."""

from collections.abc import Sequence

import numpy as np

from transport.optimise.model import FOREVER, Fixed, Order, Problem, Stop, Vehicle, Window


def line(
    orders: Sequence[Order],
    vehicles: Sequence[Vehicle],
    length: int = 10,
    fixed: Sequence[Fixed] = (),
) -> Problem:
    """Places 0 to length - 1, place p at position p, the depot at 0; a kilometre is a metre dear."""
    ways = np.abs(np.subtract.outer(np.arange(length), np.arange(length))).astype(np.int64)
    return Problem(
        name="line",
        places=tuple(f"p{at}" for at in range(length)),
        vehicles=tuple(vehicles),
        orders=tuple(orders),
        distance_m=(ways * 1000,),
        duration=(ways,),
        ticks_per_minute=1,
        fixed=tuple(fixed),
    )


def delivery(name: str, place: int, load: int = 1, service: int = 0, *windows: tuple[int, int]) -> Order:
    own = tuple(Window(*window) for window in windows) or (Window(0, FOREVER),)
    return Order(name, (load,), delivery=Stop(place, service, own))


def van(name: str = "van", capacity: int = 10, closes: int = 100, **more: object) -> Vehicle:
    return Vehicle(name, 0, 0, (capacity,), Window(0, closes), cost_per_km=1.0, **more)  # type: ignore[arg-type]
