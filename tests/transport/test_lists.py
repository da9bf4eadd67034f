"""Vehicles and addresses are corrected in their lists, by who may, and with a sentence where that cannot be."""

from __future__ import annotations

from decimal import Decimal

import pytest

from plantops import listing_edits, listing_pages, listing_params, verify
from plantops.errors import Forbidden, Invalid
from tests.houses import Someone
from tests.transport import making
from transport import boards, vehicles
from transport.lists import ADDRESSES, VEHICLES

pytestmark = pytest.mark.db


def test_a_vehicle_is_corrected_in_the_list(ctx: Someone) -> None:
    fleet = ctx(as_="administrator")
    van = making.van(fleet)
    listing_edits.change(fleet, VEHICLES, van.id, "capacity_kg", van.version, Decimal(950))
    assert (van.capacity_kg, van.code) == (Decimal(950), "VAN-1")
    with pytest.raises(Invalid, match="cannot be negative"):
        listing_edits.change(fleet, VEHICLES, van.id, "cost_per_km", van.version, Decimal(-1))
    with pytest.raises(Forbidden):
        listing_edits.change(ctx(as_="auditor", login="ann"), VEHICLES, van.id, "name", van.version, "Mine")
    vehicles.take_out(fleet, van.id, van.version, "Brakes", fleet.today)
    inside = listing_params.read(VEHICLES, {"stays_in": "yes"})
    assert [row.id for row in listing_pages.first_rows(fleet, VEHICLES, inside)] == [van.id]  # type: ignore[attr-defined]


def test_what_a_vehicle_holds_now_changes_no_plan_of_before(ctx: Someone) -> None:
    fleet = ctx(as_="administrator")
    van = making.van(fleet)
    depot = making.address(fleet, "D", "49.6", "6.1", is_depot=True)
    plan = making.draft(fleet, van, [making.order(fleet, depot, kg="900")])
    listing_edits.change(fleet, VEHICLES, van.id, "capacity_kg", van.version, Decimal(500))
    (trip,) = boards.sheet(fleet, plan.id).trips
    assert (trip.weight_kg, trip.capacity_kg) == (Decimal(900), Decimal(1000))
    assert [one.sentence for one in verify.verify(ctx()).broken if "holds" in one.sentence] == []


def test_the_note_for_the_gate_is_written_in_the_list(ctx: Someone) -> None:
    desk = ctx(as_="administrator")
    gate = making.address(desk, "G-1", "49.6", "6.1")
    listing_edits.change(desk, ADDRESSES, gate.id, "gate_note", gate.version, "Ring twice")
    assert gate.gate_note == "Ring twice"
    with pytest.raises(Invalid):
        listing_edits.change(desk, ADDRESSES, gate.id, "name", gate.version, "")
    with pytest.raises(Forbidden):
        listing_edits.change(ctx(as_="auditor", login="ann"), ADDRESSES, gate.id, "phone", gate.version, "1")
