"""The four real days: every order served, checked against the raw files and apart from the reader."""

import csv
import math
from pathlib import Path

import pytest

from plantops.engines import Limits
from transport.instances import Format, read
from transport.optimise.check import broken
from transport.optimise.model import Route
from transport.optimise.routes import solve

BIH = Path(__file__).parents[3] / "transport" / "demo" / "data" / "bih"


def rows(name: str, day: str) -> list[dict[str, str]]:
    with (BIH / name).open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["route_id"] == day]


def circle(a: tuple[float, float], b: tuple[float, float]) -> float:
    (la, lo), (lb, lp) = (tuple(map(math.radians, point)) for point in (a, b))
    half = math.sin((la - lb) / 2) ** 2 + math.cos(la) * math.cos(lb) * math.sin((lo - lp) / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(half))


class Raw:
    """One day straight from the files, in kilometres and minutes."""

    def __init__(self, day: str) -> None:
        depot = rows("depot.csv", day)[0]
        home = (float(depot["depot_latitude"]), float(depot["depot_longitude"]))
        self.orders = {row["customer_code"]: row for row in rows("orders.csv", day)}
        self.vehicles = {row["vehicle_code"]: row for row in rows("vehicles.csv", day)}
        self.barred = {
            (r["sdvrp_constraint_vehicle_code"], r["sdvrp_constraint_customer_code"])
            for r in rows("forbidden.csv", day)
        }
        self.at = {
            code: (float(row["customer_latitude"]), float(row["customer_longitude"]))
            for code, row in self.orders.items()
        }
        self.legs: dict[tuple[str, str], tuple[float, float]] = {}
        for row in rows("depot_distances.csv", day):
            pair = ("", row["customer_code"])
            pair = pair if row["direction"] == "DEPOT->CUSTOMER" else pair[::-1]
            self.legs[pair] = float(row["distance_km"]), float(row["time_distance_min"])
        km = sum(leg[0] for leg in self.legs.values())
        self.detour = km / sum(2 * circle(home, point) for point in self.at.values())
        self.pace = sum(leg[1] for leg in self.legs.values()) / km

    def leg(self, a: str, b: str) -> tuple[float, float]:
        if (a, b) not in self.legs:
            km = circle(self.at[a], self.at[b]) * self.detour
            self.legs[a, b] = km, km * self.pace
        return self.legs[a, b]

    def cost(self, route: Route) -> float:
        """Drives the route and asserts that it holds."""
        vehicle, codes = self.vehicles[route.vehicle], list(route.orders)
        own = [self.orders[code] for code in codes]
        for column, most in (
            ("total_weight_kg", "vehicle_total_weight_kg"),
            ("total_volume_m3", "vehicle_total_volume_m3"),
        ):
            assert sum(float(row[column]) for row in own) <= float(vehicle[most]) + 1e-9
        assert not {(route.vehicle, code) for code in codes} & self.barred
        clock, km, here = max(420.0, float(vehicle["vehicle_available_time_from_min"])), 0.0, ""
        for code, row in zip(codes, own, strict=True):
            way, minutes = self.leg(here, code)
            clock = max(clock + minutes, float(row["customer_time_window_from_min"]))
            assert clock <= float(row["customer_time_window_to_min"]) + 1e-9
            clock += float(row["customer_delivery_service_time_min"])
            km, here = km + way, code
        way, minutes = self.leg(here, "")
        assert clock + minutes <= float(vehicle["vehicle_available_time_to_min"]) + 1e-9
        return (km + way) * float(vehicle["vehicle_variable_cost_km"])


@pytest.mark.parametrize("day", ["2946091", "2922001", "2939484", "2604001"])
def test_all_orders_of_a_real_day_are_served_by_routes_that_hold(day: str) -> None:
    problem = read(BIH, Format.BIH, day)
    plan = solve(problem, Limits(iterations=500, seed=1))
    assert broken(problem, plan) == []
    assert plan.unassigned == ()
    raw = Raw(day)
    assert sorted(code for route in plan.routes for code in route.orders) == sorted(raw.orders)
    assert sum(raw.cost(route) for route in plan.routes) == pytest.approx(plan.outcome.objective, abs=0.01)
