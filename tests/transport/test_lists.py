"""Vehicles and addresses are corrected in their lists, by who may, and with a sentence where that cannot be."""

from __future__ import annotations

from decimal import Decimal

import pytest

from plantops import listing_edits, listing_pages, listing_params
from plantops.errors import Forbidden, Invalid
from tests.houses import Someone
from tests.transport import making
from transport import vehicles
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


def test_the_note_for_the_gate_is_written_in_the_list(ctx: Someone) -> None:
    desk = ctx(as_="administrator")
    gate = making.address(desk, "G-1", "49.6", "6.1")
    listing_edits.change(desk, ADDRESSES, gate.id, "gate_note", gate.version, "Ring twice")
    assert gate.gate_note == "Ring twice"
    with pytest.raises(Invalid):
        listing_edits.change(desk, ADDRESSES, gate.id, "name", gate.version, "")
    with pytest.raises(Forbidden):
        listing_edits.change(ctx(as_="auditor", login="ann"), ADDRESSES, gate.id, "phone", gate.version, "1")
