"""Benchmark files and real delivery days on disk, read into problems for the planner."""

import csv
import math
import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plantops.wording import say
from transport.optimise.model import (
    BadProblem,
    Measure,
    Order,
    Problem,
    Stop,
    Vehicle,
    Window,
)
from transport.vrplib_files import read_vrplib

EARTH_KM = 6371.0088  # mean radius, IUGG
BIH_TICKS = 1000  # per minute: the files give minutes with two or three decimals
BIH_GRAIN = 10**6  # parts of a kilogram and of a cubic metre: the files give six decimals
LILIM_GRAIN = 10_000  # parts of the file's unit of length and time
Floats = NDArray[np.float64]


class Format(StrEnum):
    SOLOMON = "solomon"
    VRPLIB = "vrplib"
    LILIM = "lilim"
    BIH = "bih"


def read(path: Path, kind: Format | None = None, day: str | None = None, customers: int | None = None) -> Problem:
    """Read FILE in the given format, else in the one that it looks like. `day` chooses a day of a bih folder,
    `customers` takes the first N only (solomon). Raises BadProblem with one sentence for whatever is wrong."""
    if not path.exists():
        raise BadProblem(say("There is no file {path}.", path=path))
    kind = kind or guess(path)
    if kind is not Format.BIH and path.is_dir():
        raise BadProblem(say("{path} is a folder; the format {kind} is a file.", path=path, kind=kind))
    if customers is not None and kind is not Format.SOLOMON:
        raise BadProblem("--customers works with the format solomon only.")
    if day is not None and kind is not Format.BIH:
        raise BadProblem("--day works with the format bih only.")
    if kind is Format.BIH:
        return read_bih(path, day)
    if kind is Format.SOLOMON:
        return read_solomon(path, customers)
    return read_lilim(path) if kind is Format.LILIM else read_vrplib(path)


def guess(path: Path) -> Format:
    """The format that a file or folder looks like."""
    if path.is_dir():
        return Format.BIH
    text = _text(path)
    if re.search(r"^\s*DIMENSION\s*:", text, re.MULTILINE):
        return Format.VRPLIB
    if re.search(r"^\s*VEHICLE\s*$", text, re.MULTILINE):
        return Format.SOLOMON
    if re.match(r"\s*\d+\s+\d+\s+\d+\s*\n(\s*\d+(\s+-?\d+){8}\s*\n)", text + "\n"):
        return Format.LILIM
    raise BadProblem(
        say("{path} looks like none of {format}; say which with --format.", path=path, format=", ".join(Format))
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadProblem(
            say("{path} is not a text file (byte {start} is not UTF-8).", path=path, start=error.start)
        ) from error
    except OSError as error:
        raise BadProblem(say("{path} cannot be read: {strerror}.", path=path, strerror=error.strerror)) from error


def _numbers(path: Path, width: int) -> tuple[list[list[float]], list[list[float]]]:
    """(short lines of numbers, rows of `width` numbers); words are headings."""
    short: list[list[float]] = []
    rows: list[list[float]] = []
    for line in _text(path).splitlines():
        words = line.split()
        if not words or not re.fullmatch(r"[-+]?\d+(\.\d*)?([eE][-+]?\d+)?", words[0]):
            continue
        try:
            values = [float(word) for word in words]
        except ValueError as error:
            raise BadProblem(
                say(
                    "{path} has a line that mixes numbers and words: {strip}.", path=path, strip=repr(line.strip()[:60])
                )
            ) from error
        if not all(math.isfinite(value) for value in values):
            raise BadProblem(
                say(
                    "{path} has a line with a number that is not finite: {strip}.",
                    path=path,
                    strip=repr(line.strip()[:60]),
                )
            )
        if rows and len(values) != width:
            raise BadProblem(
                say(
                    "{path} has a line of {count} numbers among those of {width}: {strip}.",
                    path=path,
                    count=len(values),
                    width=width,
                    strip=repr(line.strip()[:60]),
                )
            )
        (rows if len(values) == width else short).append(values)
    if len(rows) < 2:
        raise BadProblem(
            say(
                "{path} holds no rows of {width} numbers, as a depot and its customers would be.",
                path=path,
                width=width,
            )
        )
    return short, rows


def _euclid(points: Floats) -> Floats:
    return np.asarray(np.hypot(points[:, None, 0] - points[None, :, 0], points[:, None, 1] - points[None, :, 1]))


# --- solomon


def read_solomon(path: Path, customers: int | None = None) -> Problem:
    """Solomon and Gehring-Homberger files. Every arc is floor(10 d) tenths (DIMACS), cost is the distance.

    A tenth of the file's unit is the metre and the tick of the problem.
    """
    short, rows = _numbers(path, 7)
    fleet = next((line for line in short if len(line) == 2), None)
    if fleet is None:
        raise BadProblem(say("{path} does not say how many vehicles there are and what they hold.", path=path))
    if customers is not None:
        if not 1 <= customers < len(rows):
            raise BadProblem(
                say("{path} has {rows} customers; --customers must be from 1 to that.", path=path, rows=len(rows) - 1)
            )
        rows = rows[: customers + 1]
    table = np.array(rows)
    tenths = np.floor(_euclid(table[:, 1:3]) * 10 + 1e-9).astype(np.int64)
    ids = [str(int(row[0])) for row in rows]
    windows = [Window(int(row[4] * 10), int(row[5] * 10)) for row in rows]
    orders = tuple(
        Order(
            id=ids[at],
            loads=(_whole(path, row[3], "demand"),),
            delivery=Stop(at, int(row[6] * 10), (windows[at],)),
        )
        for at, row in enumerate(rows)
        if at
    )
    vehicles = _fleet(int(fleet[0]), int(fleet[1]), windows[0], cost_per_km=100.0)
    name = path.stem + (f".{customers}" if customers else "")
    return Problem(name, tuple(ids), vehicles, orders, (tenths,), (tenths,), ticks_per_minute=10)


def _fleet(count: int, capacity: int, window: Window, cost_per_km: float) -> tuple[Vehicle, ...]:
    return tuple(
        Vehicle(str(number), 0, 0, (capacity,), window, cost_per_km=cost_per_km) for number in range(1, count + 1)
    )


def _whole(path: Path, value: float, what: str) -> int:
    if value != int(value):
        raise BadProblem(
            say("{path} has a {what} that is not a whole number: {value}.", path=path, what=what, value=value)
        )
    return int(value)


# --- lilim


def read_lilim(path: Path) -> Problem:
    """Li and Lim files: each pickup names its delivery; cost is the distance, as double precision gives it.

    A 10,000th of the file's unit is the metre and the tick; ticks are rounded up, so that a plan that holds
    here holds in double precision.
    """
    short, rows = _numbers(path, 9)
    head = next((line for line in short if len(line) == 3), None)
    if head is None:
        raise BadProblem(say("{path} does not begin with vehicles, capacity and speed.", path=path))
    if head[2] not in (0, 1):  # some files of the set write 0 and mean 1
        raise BadProblem(say("{path} has a speed of {head:g}; only 1 is known.", path=path, head=head[2]))
    table = np.array(rows)
    distance = _euclid(table[:, 1:3]) * LILIM_GRAIN
    ids = [str(int(row[0])) for row in rows]
    place = {name: at for at, name in enumerate(ids)}

    def stop(at: int) -> Stop:
        row = rows[at]
        window = Window(int(row[4] * LILIM_GRAIN), int(row[5] * LILIM_GRAIN))
        return Stop(at, int(row[6] * LILIM_GRAIN), (window,))

    orders = []
    for at, row in enumerate(rows):
        if at == 0 or row[8] == 0:
            continue
        to = place.get(str(int(row[8])))
        if to is None or int(rows[to][7]) != int(row[0]) or rows[to][3] != -row[3]:
            raise BadProblem(
                say(
                    "{path}: pickup {ids} and its delivery {row} do not match.", path=path, ids=ids[at], row=int(row[8])
                )
            )
        load = _whole(path, row[3], "demand")
        orders.append(Order(f"{ids[at]}>{ids[to]}", (load,), delivery=stop(to), pickup=stop(at)))
    window = Window(int(rows[0][4] * LILIM_GRAIN), int(rows[0][5] * LILIM_GRAIN))
    vehicles = _fleet(int(head[0]), int(head[1]), window, cost_per_km=1000.0 / LILIM_GRAIN)
    metres, ticks = np.rint(distance).astype(np.int64), np.ceil(distance - 1e-6).astype(np.int64)
    return Problem(path.stem, tuple(ids), vehicles, tuple(orders), (metres,), (ticks,), ticks_per_minute=LILIM_GRAIN)


# --- bih


def read_bih(folder: Path, day: str | None = None) -> Problem:
    """One real delivery day out of a folder of orders, vehicles, forbidden pairs and depot distances.

    Between customers: great circle times f = sum of given km / sum of great-circle km over all depot legs of
    the day; minutes = km / v with v = sum of km / sum of minutes over the same legs.
    """
    orders, vehicles = _rows(folder, "orders.csv"), _rows(folder, "vehicles.csv")
    days = sorted({row["route_id"] for row in orders})
    if day is None:
        if len(days) != 1:
            raise BadProblem(
                say("{folder} holds the days {days}; choose one with --day.", folder=folder, days=", ".join(days))
            )
        day = days[0]
    if day not in days:
        raise BadProblem(
            say("{folder} has no day {day}; it holds {days}.", folder=folder, day=day, days=", ".join(days))
        )
    own = [row for row in orders if row["route_id"] == day]
    depot = next((row for row in _rows(folder, "depot.csv") if row["route_id"] == day), None)
    if depot is None:
        raise BadProblem(say("{folder}/depot.csv has no depot for day {day}.", folder=folder, day=day))
    km, minutes = _bih_travel(folder, day, depot, own)
    barred: dict[str, set[str]] = {}
    for row in _rows(folder, "forbidden.csv"):
        if row["route_id"] == day:
            vehicle, customer = row["sdvrp_constraint_vehicle_code"], row["sdvrp_constraint_customer_code"]
            barred.setdefault(vehicle, set()).add(customer)
    fleet = [row for row in vehicles if row["route_id"] == day]
    return Problem(
        name=f"bih {day}",
        places=("depot", *_bih_ids(own)),
        vehicles=tuple(_bih_vehicle(row, depot, barred, own) for row in fleet),
        orders=tuple(
            _bih_order(at, row, name) for at, (row, name) in enumerate(zip(own, _bih_ids(own), strict=True), 1)
        ),
        distance_m=(np.rint(km * 1000).astype(np.int64),),
        duration=(np.ceil(minutes * BIH_TICKS - 1e-6).astype(np.int64),),
        measures=(Measure("weight", "kg", BIH_GRAIN), Measure("volume", "m³", BIH_GRAIN)),
        ticks_per_minute=BIH_TICKS,
    )


def _bih_ids(rows: Sequence[dict[str, str]]) -> list[str]:
    """The customer's code; with the customer's number of the day where a code comes twice."""
    codes = [row["customer_code"] for row in rows]
    return [
        code if codes.count(code) == 1 else f"{code}/{row['customer_number']}"
        for code, row in zip(codes, rows, strict=True)
    ]


def _bih_order(place: int, row: dict[str, str], name: str) -> Order:
    opens, closes = _number(row, "customer_time_window_from_min"), _number(row, "customer_time_window_to_min")
    window = Window(math.ceil(opens * BIH_TICKS - 1e-6), math.floor(closes * BIH_TICKS + 1e-6))
    service = math.ceil(_number(row, "customer_delivery_service_time_min") * BIH_TICKS - 1e-6)
    loads = tuple(math.ceil(_number(row, c) * BIH_GRAIN - 1e-3) for c in ("total_weight_kg", "total_volume_m3"))
    return Order(name, loads, delivery=Stop(place, service, (window,)))


def _bih_vehicle(
    row: dict[str, str], depot: dict[str, str], barred: dict[str, set[str]], orders: Sequence[dict[str, str]]
) -> Vehicle:
    opens = max(_number(row, "vehicle_available_time_from_min"), _number(depot, "depot_available_time_from_min"))
    closes = min(_number(row, "vehicle_available_time_to_min"), _number(depot, "depot_available_time_to_min"))
    codes = barred.get(row["vehicle_code"], set())
    capacities = (_number(row, "vehicle_total_weight_kg"), _number(row, "vehicle_total_volume_m3"))
    return Vehicle(
        id=row["vehicle_code"],
        start=0,
        end=0,
        capacities=tuple(math.floor(capacity * BIH_GRAIN + 1e-3) for capacity in capacities),
        window=Window(math.ceil(opens * BIH_TICKS), math.floor(closes * BIH_TICKS)),
        cost_fixed=_number(row, "vehicle_fixed_cost_km"),
        cost_per_km=_number(row, "vehicle_variable_cost_km"),
        forbidden=frozenset(
            name for name, order in zip(_bih_ids(orders), orders, strict=True) if order["customer_code"] in codes
        ),
    )


def _bih_travel(
    folder: Path, day: str, depot: dict[str, str], orders: Sequence[dict[str, str]]
) -> tuple[Floats, Floats]:
    """(km, minutes) between the depot (row 0) and the customers."""
    fields = [("depot_latitude", "depot_longitude")] + [("customer_latitude", "customer_longitude")] * len(orders)
    points = [(_number(row, a), _number(row, b)) for row, (a, b) in zip([depot, *orders], fields, strict=True)]
    circle = great_circle_km(np.array(points))
    given = _bih_depot_legs(folder, day, [row["customer_number"] for row in orders])
    total_km, total_minutes = given[:, :, 0].sum(), given[:, :, 1].sum()
    if not (total_km > 0 and total_minutes > 0 and circle[0].sum() > 0):
        raise BadProblem(say("{folder}: the depot distances of day {day} are all zero.", folder=folder, day=day))
    km = circle * (total_km / (2 * circle[0].sum()))
    minutes = km * (total_minutes / total_km)
    for matrix, column in ((km, 0), (minutes, 1)):
        matrix[0, 1:], matrix[1:, 0] = given[0, :, column], given[1, :, column]
    return km, minutes


def _bih_depot_legs(folder: Path, day: str, customers: Sequence[str]) -> Floats:
    """2 (from, to the depot) x customers x (km, minutes)."""
    legs = np.full((2, len(customers), 2), np.nan)
    place = {number: at for at, number in enumerate(customers)}
    for row in _rows(folder, "depot_distances.csv"):
        if row["route_id"] == day and row["customer_number"] in place:
            way = 0 if row["direction"] == "DEPOT->CUSTOMER" else 1
            legs[way, place[row["customer_number"]]] = _number(row, "distance_km"), _number(row, "time_distance_min")
    if len(holes := np.argwhere(np.isnan(legs[:, :, 0]))):
        way, at = holes[0]
        raise BadProblem(
            say(
                "{folder}/depot_distances.csv: the leg {value} customer number {customers} of day {day} is missing.",
                folder=folder,
                value="to" if way == 0 else "from",
                customers=customers[at],
                day=day,
            )
        )
    return legs


def great_circle_km(points: Floats) -> Floats:
    """Haversine distances in km between all points (latitude, longitude in degrees)."""
    latitude, longitude = np.radians(points[:, 0]), np.radians(points[:, 1])
    half = (
        np.sin((latitude[:, None] - latitude) / 2) ** 2
        + np.cos(latitude[:, None]) * np.cos(latitude) * np.sin((longitude[:, None] - longitude) / 2) ** 2
    )
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(half, 1))))


def _rows(folder: Path, name: str) -> list[dict[str, str]]:
    path = folder / name
    if not path.is_file():
        raise BadProblem(
            say("{folder} has no file {name}, so it is not a folder of the format bih.", folder=folder, name=name)
        )
    rows = list(csv.DictReader(_text(path).lstrip("\ufeff").splitlines()))
    for number, row in enumerate(rows, start=2):
        if "route_id" not in row or None in row.values() or None in row:
            raise BadProblem(
                say(
                    "{path} line {number} does not have the columns that its first line names.",
                    path=path,
                    number=number,
                )
            )
    return rows


def _number(row: dict[str, str], column: str) -> float:
    text = row.get(column, "")
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadProblem(
            say(
                "Day {row}: {column} is {text}, which is not a number.",
                row=row["route_id"],
                column=column,
                text=repr(text),
            )
        )
    return value
