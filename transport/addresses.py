"""Addresses that are driven to, and the ways between them: measured where known, else estimated from what is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt

import sqlalchemy as sa

from plantops.context import Context, requires, within
from plantops.db import bump, get
from plantops.errors import Conflict, Invalid
from plantops.places import sort_key
from plantops.wording import say
from transport.models import Address, Banned, Road, Vehicle
from transport.permissions import Can

EARTH_KM = 6371.0088
PLAIN_DETOUR = 1.3  # road over great circle where a site has no measured way yet
PLAIN_KM_PER_MINUTE = 0.75
LONGEST = 100_000


@dataclass(frozen=True)
class Ways:
    """Travel between `ids`: kilometres and minutes by position, and how many of them were measured."""

    ids: tuple[int, ...]
    km: tuple[tuple[float, ...], ...]
    minutes: tuple[tuple[float, ...], ...]
    detour: float
    km_per_minute: float
    measured: int


# --- Rules


def great_circle_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Haversine distance of two (latitude, longitude) pairs in degrees, R = 6371.0088 km."""
    lat1, lon1, lat2, lon2 = map(radians, (*one, *other))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(half)))


def ways(places: Sequence[tuple[int, float, float]], measured: dict[tuple[int, int], tuple[float, float]]) -> Ways:
    """Full matrices for (id, latitude, longitude): measured ways as they are, the others great circle x detour
    factor, minutes at the mean speed, both taken over the measured ways (COMMANDS.md, conventions of `bih`)."""
    at = {id: (latitude, longitude) for id, latitude, longitude in places}
    known = {pair: way for pair, way in measured.items() if pair[0] in at and pair[1] in at}
    straight = sum(great_circle_km(at[one], at[other]) for one, other in known)
    km_total = sum(km for km, _ in known.values())
    minutes_total = sum(minutes for _, minutes in known.values())
    detour = km_total / straight if straight else PLAIN_DETOUR
    speed = km_total / minutes_total if minutes_total else PLAIN_KM_PER_MINUTE
    ids = tuple(at)
    rows_km, rows_minutes = [], []
    for one in ids:
        km, minutes = [], []
        for other in ids:
            if one == other:
                way = (0.0, 0.0)
            elif (one, other) in known:
                way = known[one, other]
            else:
                estimate = great_circle_km(at[one], at[other]) * detour
                way = (estimate, estimate / speed)
            km.append(way[0])
            minutes.append(way[1])
        rows_km.append(tuple(km))
        rows_minutes.append(tuple(minutes))
    return Ways(ids, tuple(rows_km), tuple(rows_minutes), detour, speed, len(known))


def why_not_way(way: tuple[int, int, Decimal, Decimal], sites: Mapping[int, int]) -> str | None:
    """Why a measured way (from, to, km, minutes) cannot be; `sites`: address id -> its site."""
    one, other, km, minutes = way
    if one not in sites or other not in sites:
        return say("one of its ends is no address")
    if sites[one] != sites[other]:
        return say("its ends are addresses of two sites")
    if not all(value.is_finite() and 0 <= value < LONGEST for value in (km, minutes)):
        return say("kilometres and minutes are 0 or more")
    return None


# --- Questions


def visible(ctx: Context) -> sa.Select[Address]:
    """Addresses carry no secret within a site."""
    sites = ctx.sites(Can.READ_ORDERS)
    own = ctx.sites(Can.REQUEST)
    every = sa.select(Address)
    if sites is None or own is None:
        return every
    return every.where(Address.site_id.in_(sites | own))


@requires(Can.READ_ORDERS, Can.REQUEST)
def list_addresses(ctx: Context, site_id: int, search: str = "", limit: int = 20) -> list[Address]:
    query = visible(ctx).where(Address.site_id == site_id, ~Address.is_depot)
    if search:
        query = query.where(Address.sort_key.contains(sort_key(search), autoescape=True))
    return list(ctx.session.scalars(query.order_by(Address.sort_key, Address.id).limit(limit)))


@requires(Can.READ_ORDERS, Can.REQUEST)
def one(ctx: Context, id: int) -> Address:
    return get(ctx.session, visible(ctx).where(Address.id == id), what="address")


@within("plans start where the site's vehicles stand")
def depot(ctx: Context, site_id: int) -> Address:
    found = ctx.session.scalar(
        sa.select(Address).where(Address.site_id == site_id, Address.is_depot).order_by(Address.id).limit(1)
    )
    if found is None:
        raise Conflict(say("This site has no depot address yet. Add the place where its vehicles stand first."))
    return found


@within("plans need the ways between the addresses of a day")
def ways_between(ctx: Context, ids: Sequence[int]) -> Ways:
    """The ways between these addresses, in the order of `ids`."""
    found = ctx.session.execute(
        sa.select(Address.id, Address.latitude, Address.longitude).where(Address.id.in_(ids))
    ).all()
    rows = sorted(found, key=lambda row: ids.index(row.id))
    roads = ctx.session.execute(
        sa.select(Road.from_id, Road.to_id, Road.km, Road.minutes).where(Road.from_id.in_(ids), Road.to_id.in_(ids))
    )
    measured = {(one, other): (float(km), float(minutes)) for one, other, km, minutes in roads}
    return ways([(id, float(latitude), float(longitude)) for id, latitude, longitude in rows], measured)


@within("plans keep vehicles away from where they may not go")
def banned(ctx: Context, vehicle_ids: Sequence[int]) -> dict[int, frozenset[int]]:
    """Vehicle id -> the addresses it may not serve."""
    found: dict[int, set[int]] = {}
    rows = ctx.session.execute(
        sa.select(Banned.vehicle_id, Banned.address_id).where(Banned.vehicle_id.in_(vehicle_ids))
    )
    for vehicle_id, address_id in rows:
        found.setdefault(vehicle_id, set()).add(address_id)
    return {id: frozenset(addresses) for id, addresses in found.items()}


# --- Actions


@requires(Can.MANAGE_ORDERS)
def add(
    ctx: Context,
    site_id: int,
    code: str,
    name: str,
    latitude: Decimal,
    longitude: Decimal,
    *,
    is_depot: bool = False,
    from_minute: int = 0,
    to_minute: int = 1440,
    gate_note: str = "",
    phone: str = "",
) -> Address:
    ctx.need(Can.MANAGE_ORDERS, site_id=site_id)
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise Invalid(say("Latitude is -90 to 90 and longitude -180 to 180."), field="latitude")
    if ctx.session.scalar(sa.select(Address.id).where(Address.site_id == site_id, Address.code == code)):
        raise Conflict(say("There is an address {code} on this site already.", code=code), field="code")
    made = Address(
        site_id=site_id,
        code=code,
        name=name,
        sort_key=sort_key(name),
        latitude=latitude,
        longitude=longitude,
        is_depot=is_depot,
        from_minute=from_minute,
        to_minute=to_minute,
        gate_note=gate_note,
        phone=phone,
    )
    ctx.session.add(made)
    ctx.session.flush()
    return made


@requires(Can.MANAGE_ORDERS)
def correct(
    ctx: Context,
    id: int,
    version: int,
    *,
    name: str | None = None,
    gate_note: str | None = None,
    phone: str | None = None,
) -> Address:
    """Its name, its note for the gate or its phone; None leaves one as it is."""
    found = get(ctx.session, visible(ctx).where(Address.id == id), what="address", version=version, lock=True)
    ctx.need(Can.MANAGE_ORDERS, site_id=found.site_id)
    if name is not None and not name.strip():
        raise Invalid(say("An address needs a name."), field="name")
    found.name = found.name if name is None else name.strip()
    found.sort_key = sort_key(found.name)
    found.gate_note = found.gate_note if gate_note is None else gate_note.strip()
    found.phone = found.phone if phone is None else phone.strip()
    bump(found)
    ctx.session.flush()
    return found


@requires(Can.MANAGE_ORDERS)
def measure(ctx: Context, measured: Sequence[tuple[int, int, Decimal, Decimal]]) -> int:
    """Measured ways (from, to, km, minutes) within a site; a newer measure replaces the earlier one."""
    if not measured:
        return 0
    ends = {id for one, other, _km, _minutes in measured for id in (one, other)}
    known = sa.select(Address.id, Address.site_id).where(Address.id.in_(ends))
    sites = dict(ctx.session.execute(known).all())
    for site_id in set(sites.values()):
        ctx.need(Can.MANAGE_ORDERS, site_id=site_id, to="measure ways of this site")
    if wrong := next((reason for way in measured if (reason := why_not_way(way, sites))), None):
        raise Invalid(say("This way cannot be noted: {wrong}.", wrong=wrong), field="measured")
    insert = sa.dialects.postgresql.insert(Road)
    statement = insert.on_conflict_do_update(
        index_elements=["from_id", "to_id"], set_={"km": insert.excluded.km, "minutes": insert.excluded.minutes}
    )
    rows = [{"from_id": one, "to_id": other, "km": km, "minutes": minutes} for one, other, km, minutes in measured]
    ctx.session.execute(statement, rows)
    return len(rows)


@requires(Can.MANAGE_VEHICLES)
def ban(ctx: Context, vehicle_id: int, address_id: int) -> None:
    """This vehicle does not go there; saying it twice changes nothing."""
    owner = get(ctx.session, sa.select(Vehicle).where(Vehicle.id == vehicle_id), what="vehicle", lock=True)
    ctx.need(Can.MANAGE_VEHICLES, site_id=owner.site_id)
    here = sa.select(Address.id).where(Address.id == address_id, Address.site_id == owner.site_id)
    if ctx.session.scalar(here) is None:
        raise Invalid(say("This address is not of the vehicle's site. Choose another."), field="address_id")
    if ctx.session.get(Banned, (vehicle_id, address_id)) is None:
        ctx.session.add(Banned(vehicle_id=vehicle_id, address_id=address_id))
        ctx.session.flush()
