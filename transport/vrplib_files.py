"""Routing files in PyVRP's dialect of VRPLIB (CVRP, VRPTW, HFVRP, SDVRPTW, MTVRPTWR)."""

import re
import warnings
from pathlib import Path

import numpy as np
import pyvrp

from plantops.wording import say
from transport.optimise.model import (
    FOREVER,
    NO_ROAD,
    BadProblem,
    Matrix,
    Measure,
    Order,
    Problem,
    Stop,
    Vehicle,
    Window,
)

# How the tables of best known values of each family count; everything else is rounded.
ROUNDING = {"VRPTW": "dimacs", "MTVRPTWR": "dimacs", "SDVRPTW": "exact"}
TICKS = {"dimacs": 10, "exact": 1000, "round": 1}


def read_vrplib(path: Path) -> Problem:
    """What the file says, in the whole numbers of `pyvrp.read` (its unit of length is the metre, of time the
    tick); cost is in those numbers too. Stops are named by location, the depot being 0, as in `.sol` files.

    Raises BadProblem for a file that cannot be read and for what the planner cannot express: client groups,
    optional clients, a client with a delivery and a pickup, pickup-and-delivery files.
    """
    found = re.search(r"^\s*TYPE\s*:\s*(\w+)", path.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
    rounding = ROUNDING.get(found.group(1) if found else "", "round")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data = pyvrp.read(path, round_func=rounding)
    except (ValueError, KeyError, IndexError, TypeError, RuntimeError, OverflowError) as error:
        raise BadProblem(
            say("{path} is not a VRPLIB file that can be read: {error}.", path=path, error=str(error).rstrip("."))
        ) from error
    _refuse(path, data)
    depots = [depot.location for depot in data.depots()]
    return Problem(
        name=path.stem,
        places=tuple(str(at) for at in range(data.num_locations)),
        vehicles=tuple(_vehicles(data, depots)),
        orders=tuple(_order(client) for client in data.clients()),
        distance_m=tuple(_matrix(matrix) for matrix in data.distance_matrices()),
        duration=tuple(_matrix(matrix) for matrix in data.duration_matrices()),
        measures=tuple(Measure(f"load {d + 1}", "") for d in range(data.num_load_dimensions)),
        ticks_per_minute=TICKS[rounding],
    )


def _refuse(path: Path, data: pyvrp.ProblemData) -> None:
    if data.groups() or data.shipments():
        raise BadProblem(
            say("{path} has groups of clients or pickups with deliveries, which are not read from VRPLIB.", path=path)
        )
    if any(not client.required for client in data.clients()):
        raise BadProblem(say("{path} has optional clients with prizes, which are not read from VRPLIB.", path=path))
    if any(any(client.delivery) and any(client.pickup) for client in data.clients()):
        raise BadProblem(
            say("{path} has clients with both a delivery and a pickup, which are not read from VRPLIB.", path=path)
        )


def _matrix(raw: object) -> Matrix:
    matrix = np.asarray(raw)
    return np.where(matrix >= pyvrp.constants.MAX_VALUE, NO_ROAD, matrix).astype(np.int64)


def _window(early: int, late: int) -> Window:
    return Window(int(early), min(int(late), FOREVER))


def _order(client: pyvrp.Client) -> Order:
    stop = Stop(client.location, int(client.service_duration), (_window(client.tw_early, client.tw_late),))
    loads = tuple(int(d) or int(p) for d, p in zip(client.delivery, client.pickup, strict=True))
    if any(client.pickup):
        return Order(str(client.location), loads, pickup=stop)
    return Order(str(client.location), loads, delivery=stop, ready=int(client.release_time))


def _vehicles(data: pyvrp.ProblemData, depots: list[int]) -> list[Vehicle]:
    """In the order of the file; PyVRP keeps the numbers of a type's vehicles in its name."""
    vehicles: dict[int, Vehicle] = {}
    for kind in data.vehicle_types():
        reloads = len(kind.reload_depots) > 0
        for number in map(int, kind.name.split(",")):
            vehicles[number] = Vehicle(
                id=str(number + 1),
                start=depots[kind.start_depot],
                end=depots[kind.end_depot],
                capacities=tuple(min(int(c), FOREVER) for c in kind.capacity),
                window=_window(kind.tw_early, kind.tw_late),
                cost_fixed=float(kind.fixed_cost),
                cost_per_km=1000.0 * kind.unit_distance_cost,
                max_duration=_limit(kind.shift_duration),
                max_distance_m=_limit(kind.max_distance),
                profile=kind.profile,
                trips=min(int(kind.max_trips), data.num_clients) if reloads else 1,
            )
    return [vehicles[number] for number in sorted(vehicles)]


def _limit(value: int) -> int | None:
    return None if value >= FOREVER else int(value)
