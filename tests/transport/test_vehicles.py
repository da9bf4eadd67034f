"""Vehicles: who stays in, and why."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from plantops import people, places
from plantops.errors import Conflict, Forbidden, Invalid, Stale
from plantops.import_kinds import ImportRun
from tests.houses import Someone
from tests.personnel.office import office
from tests.transport import making
from transport import plans, vehicles
from transport.imports import fleet
from transport.models import Driver, Outage, VehicleDocument

pytestmark = pytest.mark.db

TODAY = date(2026, 11, 23)


def test_what_cannot_be_is_said_field_by_field(ctx: Someone) -> None:
    with pytest.raises(Invalid) as caught:
        making.van(ctx(as_="dispatcher"), code=" ", capacity_kg=Decimal(-1), from_minute=600, to_minute=600)
    assert set(caught.value.fields) == {"code", "capacity_kg", "to_minute"}


def test_a_code_is_taken_once_per_site(ctx: Someone) -> None:
    making.van(ctx(as_="dispatcher"))
    with pytest.raises(Conflict, match="VAN-1"):
        making.van(ctx(as_="dispatcher"))


def test_a_driver_may_not_add_vehicles(ctx: Someone) -> None:
    with pytest.raises(Forbidden):
        making.van(ctx(as_="driver"))


@pytest.mark.parametrize(
    ("first", "last", "day", "stays"),
    [
        (TODAY, None, TODAY, True),
        (TODAY, None, TODAY + timedelta(days=400), True),
        (TODAY, TODAY, TODAY + timedelta(days=1), False),
        (TODAY, TODAY, TODAY - timedelta(days=1), False),
    ],
)
def test_an_outage_holds_on_its_days_only(first: date, last: date | None, day: date, stays: bool) -> None:
    outage = Outage(first_day=first, last_day=last, reason="gearbox")
    why = vehicles.why_not_out([outage], [], day)
    assert (why == "it is out of service: gearbox") if stays else why is None


def test_an_expired_inspection_keeps_the_vehicle_in_from_the_day_after() -> None:
    inspection = VehicleDocument(title="inspection", expires_on=TODAY)
    assert vehicles.why_not_out([], [inspection], TODAY) is None
    assert vehicles.why_not_out([], [inspection], TODAY + timedelta(days=1)) == "its inspection expired on 23 Nov 2026"


def test_a_renewed_document_replaces_the_expired_one(ctx: Someone) -> None:
    boss = ctx(as_="dispatcher")
    van = making.van(boss)
    vehicles.file_document(boss, van.id, van.version, "inspection", TODAY - timedelta(days=1))
    site = making.site_id(boss)
    assert vehicles.list_vehicles(boss, site, TODAY)[0].reason == "its inspection expired on 22 Nov 2026"
    vehicles.file_document(boss, van.id, van.version, "inspection", TODAY + timedelta(days=365))
    assert vehicles.list_vehicles(boss, site, TODAY)[0].reason is None


def test_taking_out_needs_a_reason_and_the_version_that_was_seen(ctx: Someone) -> None:
    boss = ctx(as_="dispatcher")
    van = making.van(boss)
    with pytest.raises(Invalid, match="Say why"):
        vehicles.take_out(boss, van.id, van.version, " ", TODAY)
    vehicles.take_out(boss, van.id, van.version, "flat tyre", TODAY)
    with pytest.raises(Stale):
        vehicles.take_out(boss, van.id, van.version - 1, "again", TODAY)


def test_taking_out_a_vehicle_marks_the_plans_that_use_it(ctx: Someone) -> None:
    boss = ctx(as_="dispatcher")
    van, other = making.van(boss), making.van(boss, code="VAN-2")
    depot = making.address(boss, "D", "49.6", "6.1", is_depot=True)
    touched = making.draft(boss, van, [making.order(boss, depot)])
    untouched = making.draft(boss, other, [])
    vehicles.take_out(boss, van.id, van.version, "gearbox", making.DAY)
    assert "taken out" in plans.plan(boss, touched.id).note
    assert plans.plan(boss, untouched.id).note == ""


def test_bringing_back_ends_what_runs_and_drops_what_lies_ahead(ctx: Someone) -> None:
    boss = ctx(as_="dispatcher")
    van = making.van(boss)
    vehicles.take_out(boss, van.id, van.version, "gearbox", TODAY - timedelta(days=3))
    vehicles.bring_back(boss, van.id, van.version)
    site = making.site_id(boss)
    assert vehicles.list_vehicles(boss, site, TODAY)[0].reason is None
    assert vehicles.list_vehicles(boss, site, TODAY - timedelta(days=1))[0].reason == "it is out of service: gearbox"


def test_undoing_an_import_keeps_vehicles_of_which_more_was_entered_meanwhile(ctx: Someone) -> None:
    boss = ctx(as_="dispatcher")
    run = ImportRun(7, "vehicles", making.site_id(boss), boss.zone, "fleet.csv", {})
    codes = ("FREE", "PAPERS", "SHOP", "HOME", "PLANNED")
    free, papers, shop, home, planned = (making.van(boss, code=code) for code in codes)
    for one in (free, papers, shop, home, planned):
        one.import_id = run.id
    vehicles.file_document(boss, papers.id, papers.version, "inspection", TODAY)
    vehicles.take_out(boss, shop.id, shop.version, "gearbox", TODAY)
    who = office(ctx()).hire("Dee Driver").id
    boss.session.add(Driver(site_id=home.site_id, employee_id=who, home_vehicle_id=home.id))
    making.draft(boss, planned, [])
    kept = {one.made_id: one.why for one in fleet.undo_vehicles(boss, run)}
    assert set(kept) == {papers.id, shop.id, home.id, planned.id}
    assert kept[planned.id].startswith("it is in plans") and kept[home.id].startswith("it has papers")
    assert {row.code for row in vehicles.list_vehicles(boss, home.site_id, TODAY)} == {*codes} - {"FREE"}


def test_a_dispatcher_of_another_site_sees_a_vehicle_and_leaves_it_alone(ctx: Someone) -> None:
    system = ctx()
    van = making.van(system)
    north = places.add_site(system, "NOR", "Depot North", zone="Europe/Oslo", currency="NOK", country="NO")
    nora = ctx(as_="auditor,employee", login="nora")
    people.grant(system, nora.user.id, "dispatcher", site_id=north.id)
    nora = ctx(as_="auditor,employee", login="nora")
    assert vehicles.vehicle(nora, van.id).code == van.code
    with pytest.raises(Forbidden, match="this site"):
        vehicles.take_out(nora, van.id, van.version, "flat tyre", making.DAY)
    with pytest.raises(Forbidden, match="this site"):
        vehicles.bring_back(nora, van.id, van.version)
