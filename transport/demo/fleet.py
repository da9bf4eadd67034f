"""Marenfeld's fleet and its customers, two years of days gone by, today's orders, and the real days."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from importlib.resources import as_file, files
from itertools import pairwise

from plantops import imports
from plantops.calendar import PlantCalendar
from plantops.context import Context
from plantops.demo import Demo
from plantops.engines import Limits
from transport import addresses, drivers, history, orders, plans, vehicles
from transport.boards import moment
from transport.history import PastStop, PastTrip
from transport.models import OrderState, VehicleKind
from transport.optimise.routes import solve
from transport.orders import NewOrder
from transport.vehicles import NewVehicle

KM_PER_MINUTE = 0.7
DETOUR = 1.3
STOPS_A_DAY = 48
PLAN_SECONDS = 1
SERVICE = 8

FLEET = (
    # code, name, kind, kg, m3, per km, per day, licence
    ("MP-1201", "Truck 12 t", VehicleKind.TRUCK, 6000, 36, "0.62", 95, "C"),
    ("MP-0751", "Truck 7.5 t", VehicleKind.TRUCK, 3200, 24, "0.48", 70, "C"),
    ("MP-V1", "Van 1", VehicleKind.VAN, 1200, 10, "0.29", 38, None),
    ("MP-V2", "Van 2", VehicleKind.VAN, 1200, 10, "0.29", 38, None),
    ("MP-V3", "Van 3", VehicleKind.VAN, 950, 8, "0.26", 34, None),
    ("MP-V4", "Van 4", VehicleKind.VAN, 950, 8, "0.26", 34, None),
    ("MP-Y1", "Electric yard truck", VehicleKind.YARD, 0, 0, "0.10", 0, None),
    ("MP-P1", "Pool car 1", VehicleKind.CAR, 0, 0, "0.18", 0, None),
    ("MP-P2", "Pool car 2", VehicleKind.CAR, 0, 0, "0.18", 0, None),
)


@dataclass(frozen=True, eq=False)
class Spot:
    id: int
    latitude: float
    longitude: float


def build(demo: Demo) -> None:
    with demo.house.acting() as ctx:
        fleet = add_fleet(demo, ctx)
        spots = add_addresses(demo, ctx)
        crew = enrol_drivers(demo, ctx, fleet)
    dice = demo.random("transport")
    for days in in_years(demo):
        with demo.house.acting() as ctx:
            drive_days(ctx, demo, dice, days, fleet, spots, crew)
    with demo.house.acting() as ctx:
        ask_for_today(ctx, demo, dice, spots)
        ctx.enqueue("transport.get_ready", lock="transport.get_ready")
    with demo.house.acting(demo.users["dispatcher"]) as ctx:
        plan_today(ctx, demo)


def add_fleet(demo: Demo, ctx: Context) -> dict[str, int]:
    site = demo.sites["VER"]
    made = {}
    for code, name, kind, kg, m3, per_km, per_day, licence in FLEET:
        new = NewVehicle(
            code, name, kind, Decimal(kg), Decimal(m3), Decimal(per_km), Decimal(per_day),
            licence=licence, co2_g_per_km=Decimal(650 if kind is VehicleKind.TRUCK else 210),
        )  # fmt: skip
        vehicle = vehicles.add(ctx, site, new, "EUR")
        made[code] = vehicle.id
        vehicles.file_document(
            ctx, vehicle.id, vehicle.version, "Inspection", demo.today + timedelta(days=30 + 37 * len(made))
        )
        vehicles.file_document(ctx, vehicle.id, vehicle.version, "Insurance", date(demo.today.year + 1, 3, 31))
    return made


def add_addresses(demo: Demo, ctx: Context) -> list[Spot]:
    """The plant, the depot at Osterby, and 80 customers and suppliers around."""
    site, dice = demo.sites["VER"], demo.random("addresses")
    plant = addresses.add(
        ctx, site, "VERRIN", "Plant Verrin, Dock South", Decimal("49.611600"), Decimal("6.131900"),
        is_depot=True, from_minute=330, to_minute=1200,
    )  # fmt: skip
    spots = [Spot(plant.id, 49.6116, 6.1319)]
    osterby = addresses.add(ctx, site, "OSTERBY", "Depot Osterby", Decimal("49.702300"), Decimal("6.262100"))
    spots.append(Spot(osterby.id, 49.7023, 6.2621))
    for number in range(1, 81):
        angle, far = dice.uniform(0, 2 * math.pi), dice.triangular(3, 38, 11)
        latitude = 49.6116 + far * math.cos(angle) / 111.2
        longitude = 6.1319 + far * math.sin(angle) / (111.2 * math.cos(math.radians(49.6)))
        made = addresses.add(
            ctx, site, f"C{number:03d}", f"Customer {number:03d}",
            Decimal(f"{latitude:.6f}"), Decimal(f"{longitude:.6f}"),
            gate_note=dice.choice(("", "", "Ring at gate 2", "Forklift on site", "Report to reception")),
        )  # fmt: skip
        spots.append(Spot(made.id, latitude, longitude))
    return spots


def enrol_drivers(demo: Demo, ctx: Context, fleet: dict[str, int]) -> list[int]:
    """The plant's drivers, each with a vehicle of their own, if personnel's demo has made them."""
    by_department = demo.kept.get("personnel", {}).get("people", {})
    assert isinstance(by_department, dict)
    people = by_department.get("DRIVE", ())
    homes = [fleet[code] for code in ("MP-1201", "MP-0751", "MP-V1", "MP-V2", "MP-V3")]
    return [
        drivers.enrol(ctx, demo.sites["VER"], int(employee), homes[number % len(homes)]).id
        for number, employee in enumerate(people)
    ]


def in_years(demo: Demo) -> Iterator[list[date]]:
    """The working days gone by, some months at a time."""
    calendar = PlantCalendar("Europe/Luxembourg", "LU")
    days = [
        demo.first_day + timedelta(days=n)
        for n in range((demo.today - demo.first_day).days)
        if calendar.is_working_day(demo.first_day + timedelta(days=n))
    ]
    for start in range(0, len(days), 130):
        yield days[start : start + 130]


def drive_days(
    ctx: Context,
    demo: Demo,
    dice: random.Random,
    days: list[date],
    fleet: dict[str, int],
    spots: list[Spot],
    crew: list[int],
) -> None:
    """Orders of past days, the trips that served them, and how they ended."""
    rounds: list[tuple[date, str, list[tuple[Spot, float]]]] = []
    for day in days:
        pool = dice.sample(spots[1:], STOPS_A_DAY - dice.randrange(8))
        by_angle = sorted(
            pool, key=lambda s: math.atan2(s.latitude - spots[0].latitude, s.longitude - spots[0].longitude)
        )
        codes = [code for code, *_rest in FLEET[:6]]
        size = math.ceil(len(by_angle) / len(codes))
        for number, code in enumerate(codes):
            share = by_angle[number * size : (number + 1) * size]
            if share:
                rounds.append((day, code, timed(spots[0], share)))
    trips = [past_trip(demo, dice, day, code, stops, fleet, crew, spots[0]) for day, code, stops in rounds]
    history.take_over(ctx, demo.sites["VER"], trips)


def angle(centre: Spot, spot: Spot) -> float:
    return math.atan2(spot.latitude - centre.latitude, spot.longitude - centre.longitude)


@cache
def km_between(one: Spot, other: Spot) -> float:
    return addresses.great_circle_km((one.latitude, one.longitude), (other.latitude, other.longitude)) * DETOUR


def timed(start: Spot, share: list[Spot]) -> list[tuple[Spot, float]]:
    """Nearest neighbour first, with the minute of arrival at each."""
    at, left, minute, found = start, list(share), 420.0, []
    while left:
        nearest = min(left, key=lambda spot: km_between(at, spot))
        left.remove(nearest)
        minute += km_between(at, nearest) / KM_PER_MINUTE
        found.append((nearest, minute))
        minute += SERVICE
        at = nearest
    return found


def new_order(demo: Demo, dice: random.Random, day: date, spot: Spot, at: float, top: int) -> NewOrder:
    return NewOrder(
        site_id=demo.sites["VER"],
        day=day,
        address_id=spot.id,
        what=dice.choice(("Pump parts", "Seal kits", "Motors", "Spare impellers", "Returns", "Documents and samples")),
        weight_kg=Decimal(dice.randrange(5, top)),
        volume_m3=Decimal(dice.randrange(1, 8)) / 10,
        from_minute=max(360, int(at) - dice.randrange(30, 120)),
        to_minute=int(at) + dice.randrange(25, 120),
        service_minutes=Decimal(SERVICE),
    )


def past_trip(
    demo: Demo,
    dice: random.Random,
    day: date,
    code: str,
    stops: list[tuple[Spot, float]],
    fleet: dict[str, int],
    crew: list[int],
    start: Spot,
) -> PastTrip:
    top = {"MP-1201": 420, "MP-0751": 260}.get(code, 90)
    served = [new_order(demo, dice, day, spot, at, top) for spot, at in stops]
    km = sum(km_between(a, b) for (a, _), (b, _) in pairwise(stops))
    home = km_between(stops[-1][0], start)
    km += km_between(start, stops[0][0]) + home
    rate = next(Decimal(row[5]) for row in FLEET if row[0] == code)
    fixed = next(Decimal(row[6]) for row in FLEET if row[0] == code)
    number = [row[0] for row in FLEET].index(code)
    # six weeks in the fourth month before today with a van missing: the others ran late
    late = 0.16 if 100 < (demo.today - day).days < 140 else 0.035
    return PastTrip(
        day=day,
        vehicle_id=fleet[code],
        driver_id=crew[number] if number < len(crew) else None,
        leaves_minute=Decimal(415),
        returns_minute=Decimal(round(stops[-1][1] + SERVICE + home / KM_PER_MINUTE)),
        km=Decimal(f"{km:.3f}"),
        empty_km=Decimal(f"{home:.3f}"),
        cost=(Decimal(f"{km:.3f}") * rate + fixed).quantize(Decimal("0.0001"), ROUND_HALF_UP),
        weight_kg=sum((order.weight_kg for order in served), Decimal(0)),
        volume_m3=sum((order.volume_m3 for order in served), Decimal(0)),
        stops=tuple(past_stop(dice, day, order, at, late) for order, (_spot, at) in zip(served, stops, strict=True)),
    )


def past_stop(dice: random.Random, day: date, order: NewOrder, at: float, late: float) -> PastStop:
    arrived: datetime = moment(day, Decimal(round(at)), "Europe/Luxembourg")
    if dice.random() < late:
        arrived = moment(day, order.to_minute, "Europe/Luxembourg") + timedelta(minutes=dice.randrange(1, 50))
    outcome = dice.choices(
        (OrderState.DELIVERED, OrderState.PARTIAL, OrderState.REFUSED, OrderState.NOBODY), (965, 15, 8, 12)
    )[0]
    return PastStop(
        order, Decimal(round(at)), Decimal(round(at + SERVICE)), Decimal(order.to_minute - round(at)),
        arrived, outcome, "Goods in" if outcome is OrderState.DELIVERED else "",
    )  # fmt: skip


def ask_for_today(ctx: Context, demo: Demo, dice: random.Random, spots: list[Spot]) -> None:
    """What is asked for today and tomorrow, waiting to be planned."""
    for day, count in ((demo.today, STOPS_A_DAY), (demo.today + timedelta(days=1), STOPS_A_DAY - 9)):
        pool = dice.sample(spots[1:], count)
        orders.request_many(ctx, [new_order(demo, dice, day, spot, dice.uniform(480, 840), 90) for spot in pool])


def plan_today(ctx: Context, demo: Demo) -> None:
    """The morning's plan is out, made by the same engine as any other; one order is too heavy for every vehicle."""
    site = demo.sites["VER"]
    spot = addresses.list_addresses(ctx, site)[0]
    orders.request(ctx, NewOrder(site, demo.today, spot.id, "Test bench, 11 t", Decimal(11_000)))
    asked = plans.ask_at_once(ctx, site, demo.today, PLAN_SECONDS)
    answer = solve(asked.problem, Limits(seconds=PLAN_SECONDS, seed=1, cpu=True))
    kept = plans.keep_at_once(ctx, site, demo.today, PLAN_SECONDS, asked, answer)
    without = any(trip.driver_id is None for trip in kept.trips)
    plans.publish(ctx, kept.id, kept.version, "The agency sends a driver at seven" if without else "")


def bring_real_days(demo: Demo) -> None:
    """Four real delivery days through the product's own import, onto the sample site."""
    with demo.house.acting() as ctx:
        addresses.add(
            ctx, demo.sites["SAM"], "1000", "Depot", Decimal("43.373918"), Decimal("17.601717"),
            is_depot=True, from_minute=360, to_minute=1080,
        )  # fmt: skip
        folder = files("transport").joinpath("demo")
        for kind, map_name, data in (
            ("transport-orders", "bih.toml", "orders.csv"),
            ("vehicles", "bih_vehicles.toml", "vehicles.csv"),
            ("roads", "bih_roads.toml", "depot_distances.csv"),
            ("forbidden-pairs", "bih_forbidden.toml", "forbidden.csv"),
        ):
            text = folder.joinpath("maps", map_name).read_text(encoding="utf-8")
            with as_file(folder.joinpath("data", "bih", data)) as path:
                imports.bring(ctx, kind, path, text)
