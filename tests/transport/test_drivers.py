"""Drivers: enrolled at their own site, put on a trip by somebody who saw the plan as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from personnel.models import Employee
from plantops import people, places
from plantops.context import Context
from plantops.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from plantops.places import Site
from tests.houses import Someone
from tests.personnel.office import Office, office
from tests.transport import making
from transport import addresses, drivers, vehicles
from transport.models import Plan, Vehicle, VehicleKind

pytestmark = pytest.mark.db


@dataclass
class Fleet:
    boss: Context
    office: Office
    van: Vehicle
    people: list[Employee]
    plan: Plan


@pytest.fixture
def fleet(ctx: Someone) -> Fleet:
    """A van with a plan for today, and two people with a shift."""
    boss = ctx(as_="dispatcher")
    small = office(ctx())
    people = [small.hire(name) for name in ("Ada Axle", "Bo Brake")]
    van = making.van(boss)
    where = making.address(boss, "A", "49.7", "6.2")
    plan = making.draft(boss, van, [making.order(boss, where)])
    return Fleet(boss, small, van, people, plan)


@pytest.fixture
def elsewhere(ctx: Someone) -> Site:
    return places.add_site(ctx(), "OST", "Osterby", zone="Europe/Luxembourg", currency="EUR", country="LU")


def test_two_dispatchers_choose_a_driver_and_the_second_looks_again(fleet: Fleet) -> None:
    ada, bo = (drivers.enrol(fleet.boss, fleet.van.site_id, one.id, fleet.van.id) for one in fleet.people)
    trip, seen = fleet.plan.trips[0], fleet.plan.version
    drivers.put_on(fleet.boss, trip.id, seen, ada.id)
    with pytest.raises(Stale, match="changed this plan meanwhile"):
        drivers.put_on(fleet.boss, trip.id, seen, bo.id)
    assert trip.driver_id == ada.id
    drivers.put_on(fleet.boss, trip.id, fleet.plan.version, bo.id)
    assert trip.driver_id == bo.id


def test_a_driver_is_somebody_of_the_site_with_a_vehicle_of_the_site(fleet: Fleet, elsewhere: Site) -> None:
    ada, bo = fleet.people
    new = vehicles.NewVehicle("V9", "V9", VehicleKind.VAN, Decimal(1), Decimal(1), Decimal(1))
    foreign = vehicles.add(fleet.office.ctx, elsewhere.id, new, "EUR")
    with pytest.raises(Invalid) as refused:
        drivers.enrol(fleet.boss, fleet.van.site_id, ada.id, foreign.id)
    assert refused.value.field == "home_vehicle_id"
    for site_id, employee_id in ((elsewhere.id, ada.id), (fleet.van.site_id, 10**9)):
        with pytest.raises(Invalid, match="Nobody of this site"):
            drivers.enrol(fleet.boss, site_id, employee_id)
    drivers.enrol(fleet.boss, fleet.van.site_id, ada.id)
    with pytest.raises(Conflict, match="driver already"):
        drivers.enrol(fleet.boss, fleet.van.site_id, ada.id)
    late = fleet.office.hire("Cy Clutch", hired_on=fleet.boss.today + timedelta(days=1))
    with pytest.raises(Invalid, match="works here today"):
        drivers.enrol(fleet.boss, fleet.van.site_id, late.id)
    assert bo.id not in set(fleet.boss.session.scalars(sa.select(drivers.Driver.employee_id)))


def test_a_vehicle_is_kept_away_from_addresses_of_its_site(fleet: Fleet, elsewhere: Site) -> None:
    there = addresses.add(fleet.office.ctx, elsewhere.id, "X", "Over there", Decimal("55.6"), Decimal("13.0"))
    for wrong in (there.id, 10**9):
        with pytest.raises(Invalid) as refused:
            addresses.ban(fleet.boss, fleet.van.id, wrong)
        assert refused.value.field == "address_id"
    with pytest.raises(NotFound):
        addresses.ban(fleet.boss, 10**9, there.id)
    assert addresses.banned(fleet.boss, [fleet.van.id]) == {}


def test_ways_are_measured_within_a_site_by_somebody_of_that_site(fleet: Fleet, elsewhere: Site, ctx: Someone) -> None:
    one, other = (making.address(fleet.boss, code, "49.6", "6.1") for code in ("M", "N"))
    there = addresses.add(fleet.office.ctx, elsewhere.id, "X", "Over there", Decimal("55.6"), Decimal("13.0"))
    for way, reason in (
        ((one.id, there.id, Decimal(1), Decimal(1)), "two sites"),
        ((one.id, 10**9, Decimal(1), Decimal(1)), "no address"),
        ((one.id, other.id, Decimal(-1), Decimal(1)), "0 or more"),
        ((one.id, other.id, Decimal("NaN"), Decimal(1)), "0 or more"),
    ):
        with pytest.raises(Invalid, match=reason):
            addresses.measure(fleet.boss, [way])
    ctx(as_="employee", login="oda")
    people.grant(ctx(), ctx.known["oda"], "dispatcher", site_id=elsewhere.id)
    guest = ctx(as_="employee", login="oda")
    with pytest.raises(Forbidden):
        addresses.measure(guest, [(one.id, other.id, Decimal(1), Decimal(1))])
    assert addresses.measure(fleet.boss, [(one.id, other.id, Decimal(7), Decimal(9))]) == 1
    assert addresses.ways_between(fleet.boss, [one.id, other.id]).km[0][1] == 7
