"""Places: sites, buildings, floors, rooms and zones, and the cost centres that pay for them."""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plantops import calendar
from plantops.context import Context, anyone, requires, within
from plantops.db import Base, Currency, Id, SortKey, Versioned, bump, get, one_at_a_time
from plantops.errors import Conflict, Invalid
from plantops.money import why_not_currency
from plantops.permissions import Can
from plantops.wording import say

SITES = "places.sites"
LARGEST_AREA = 1_000_000_000


class Kind(StrEnum):
    BUILDING = "building"
    FLOOR = "floor"
    ROOM = "room"
    ZONE = "zone"
    STORE = "store"
    DOCK = "dock"
    YARD = "yard"


# --- Tables


class Site(Versioned, Base):
    """A plant or depot with its own time, money and holidays; sample sites stay out of the totals."""

    __tablename__ = "core_site"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    zone: Mapped[str]
    """IANA name of the plant's time zone."""
    currency: Mapped[Currency]
    country: Mapped[str] = mapped_column(sa.CHAR(2))
    subdivision: Mapped[str | None]
    """Subdivision for public holidays, as the `holidays` library names it."""
    address: Mapped[str] = mapped_column(default="")
    latitude: Mapped[Decimal | None] = mapped_column(sa.Numeric(9, 6))
    longitude: Mapped[Decimal | None] = mapped_column(sa.Numeric(9, 6))
    in_totals: Mapped[bool] = mapped_column(default=True)


class Place(Versioned, Base):
    """A node of a site's tree of places. The code at the door carries its token."""

    __tablename__ = "core_place"
    __table_args__ = (
        sa.UniqueConstraint("site_id", "code"),
        sa.CheckConstraint("area_m2 IS NULL OR area_m2 >= 0", name="area_not_negative"),
        sa.CheckConstraint("parent_id IS NULL OR parent_id <> id", name="not_its_own_parent"),
    )

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"), index=True)
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_place.id"), index=True)
    kind: Mapped[str]
    code: Mapped[str]
    name: Mapped[str]
    sort_key: Mapped[SortKey]
    area_m2: Mapped[Decimal | None] = mapped_column(sa.Numeric(12, 2))
    token: Mapped[str] = mapped_column(unique=True)
    """Random 128 bits for the public link behind the QR code."""
    archived: Mapped[bool] = mapped_column(default=False)


class CostCentre(Versioned, Base):
    __tablename__ = "core_cost_centre"
    __table_args__ = (sa.UniqueConstraint("site_id", "code"),)

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"), index=True)
    code: Mapped[str]
    name: Mapped[str]
    holder_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_user.id"))
    """The budget holder."""
    archived: Mapped[bool] = mapped_column(default=False)


# --- Rules


def sort_key(text: str) -> str:
    """Folded for sorting and searching alike everywhere: no accents, no case (the database has no ICU)."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("ø", "o").replace("æ", "ae"))
    return "".join(ch for ch in decomposed if not unicodedata.combining(ch)).casefold().strip()


def wrong_site(name: str, currency: str, country: str, where: tuple[Decimal | None, Decimal | None]) -> dict[str, str]:
    wrong: dict[str, str] = {}
    latitude, longitude = where
    if not name.strip():
        wrong["name"] = say("A site needs a name.")
    if why := why_not_currency(currency):
        wrong["currency"] = f"{why}."
    if not (len(country) == 2 and country.isascii() and country.isupper()):
        wrong["country"] = say("A country is two capital letters, such as LU.")
    if latitude is not None and not -90 <= latitude <= 90:
        wrong["latitude"] = say("A latitude is between -90 and 90.")
    if longitude is not None and not -180 <= longitude <= 180:
        wrong["longitude"] = say("A longitude is between -180 and 180.")
    return wrong


def why_not_above(place: Place, site_id: int) -> str | None:
    """Why nothing of a site can be hung under a place."""
    if place.site_id != site_id:
        return say("the place above is on another site")
    return say("the place {name} was closed", name=place.name) if place.archived else None


# --- Questions


@dataclass(frozen=True)
class SiteRow:
    """A site among which somebody chooses; samples lie outside the totals."""

    id: int
    name: str
    currency: str
    in_totals: bool


@dataclass(frozen=True)
class PlaceRow:
    id: int
    parent_id: int | None
    site_id: int
    kind: str
    code: str
    name: str
    area_m2: Decimal | None


def visible(ctx: Context) -> sa.Select[Place]:
    """Places carry no secret: everybody who is signed in sees where things are."""
    sites = ctx.sites(Can.READ_PLACES)
    every = sa.select(Place)
    return every if sites is None else every.where(Place.site_id.in_(sites))


def visible_sites(ctx: Context) -> sa.Select[Site]:
    sites = ctx.sites(Can.READ_PLACES)
    every = sa.select(Site)
    return every if sites is None else every.where(Site.id.in_(sites))


@requires(Can.READ_PLACES)
def list_sites(ctx: Context) -> list[Site]:
    return list(ctx.session.scalars(visible_sites(ctx).order_by(Site.in_totals.desc(), Site.id)))


@requires(Can.READ_PLACES)
def list_places(ctx: Context, site_id: int, *, kind: str | None = None) -> list[PlaceRow]:
    query = (
        visible(ctx)
        .with_only_columns(Place.id, Place.parent_id, Place.site_id, Place.kind, Place.code, Place.name, Place.area_m2)
        .where(Place.site_id == site_id, ~Place.archived)
        .order_by(Place.sort_key, Place.id)
    )
    if kind:
        query = query.where(Place.kind == kind)
    return [PlaceRow(*row) for row in ctx.session.execute(query)]


@requires(Can.READ_PLACES)
def list_cost_centres(ctx: Context, site_id: int) -> list[CostCentre]:
    here = sa.select(Site.id).where(Site.id == site_id, Site.id.in_(visible_sites(ctx).with_only_columns(Site.id)))
    query = sa.select(CostCentre).where(CostCentre.site_id.in_(here), ~CostCentre.archived).order_by(CostCentre.code)
    return list(ctx.session.scalars(query))


@anyone("the code at a door is public; it gives the place's name and nothing else")
def place_of_token(ctx: Context, token: str) -> Place:
    return get(ctx.session, sa.select(Place).where(Place.token == token, ~Place.archived), what="place")


@within("other actions name the place that they are about")
def place(ctx: Context, id: int) -> Place:
    return get(ctx.session, sa.select(Place).where(Place.id == id), what="place")


@within("other actions name the site that they are about")
def site(ctx: Context, id: int) -> Site:
    return get(ctx.session, sa.select(Site).where(Site.id == id), what="site")


def _every_site(ctx: Context) -> tuple[SiteRow, ...]:
    """The company's own site first. Read once in a transaction, by who comes in: every page and document asks."""
    found: tuple[SiteRow, ...] | None = ctx.session.info.get(SITES)
    if found is None:
        columns = (Site.id, Site.name, Site.currency, Site.in_totals)
        rows = ctx.session.execute(sa.select(*columns).order_by(Site.in_totals.desc(), Site.id))
        found = ctx.session.info[SITES] = tuple(SiteRow(*row) for row in rows)
    return found


@requires(Can.READ_PLACES)
def site_names(ctx: Context) -> list[SiteRow]:
    """The sites among which this person may choose."""
    sites = ctx.sites(Can.READ_PLACES)
    return [site for site in _every_site(ctx) if sites is None or site.id in sites]


@within("documents stand in the currency of their site, limits in the company's")
def currencies(ctx: Context) -> dict[int, str]:
    """Every site's currency, the company's own site first."""
    return {site.id: site.currency for site in _every_site(ctx)}


@within("documents stand in the currency of their site")
def currency_of(ctx: Context, site_id: int) -> str:
    found = currencies(ctx)
    return found[site_id] if site_id in found else site(ctx, site_id).currency


@within("roles and approval rules hold for a site, a cost centre, or both")
def wrong_reach(ctx: Context, site_id: int | None, cost_centre_id: int | None) -> dict[str, str]:
    """A site or cost centre that does not exist, or a cost centre of another site, with its sentence."""
    wrong: dict[str, str] = {}
    if site_id is not None and ctx.session.get(Site, site_id) is None:
        wrong["site_id"] = say("There is no such site. Choose one of the list.")
    centre = None if cost_centre_id is None else ctx.session.get(CostCentre, cost_centre_id)
    if cost_centre_id is not None and centre is None:
        wrong["cost_centre_id"] = say("There is no such cost centre. Choose one of the list.")
    elif centre is not None and site_id is not None and centre.site_id != site_id:
        wrong["cost_centre_id"] = say("This cost centre is of another site. Choose one of this site.")
    return wrong


# --- Actions


@requires(Can.MANAGE_PLACES)
def add_site(
    ctx: Context,
    code: str,
    name: str,
    *,
    zone: str,
    currency: str,
    country: str,
    in_totals: bool = True,
    address: str = "",
    latitude: Decimal | None = None,
    longitude: Decimal | None = None,
) -> Site:
    ctx.need_everywhere(Can.MANAGE_PLACES, to="add a site")
    calendar.zone(zone)
    if wrong := wrong_site(name, currency, country, (latitude, longitude)):
        raise Invalid(say("Some of what was entered cannot be."), fields=wrong)
    new = Site(
        code=_free_code(ctx, code, Site),
        name=name.strip(),
        zone=zone,
        currency=currency,
        country=country,
        in_totals=in_totals,
        address=address,
        latitude=latitude,
        longitude=longitude,
    )
    ctx.session.add(new)
    ctx.session.info.pop(SITES, None)
    ctx.session.flush()
    return new


@requires(Can.MANAGE_PLACES)
def add_place(
    ctx: Context,
    site_id: int,
    code: str,
    name: str,
    kind: Kind,
    *,
    parent_id: int | None = None,
    area_m2: Decimal | None = None,
) -> Place:
    ctx.need(Can.MANAGE_PLACES, site_id=site_id, to="add a place to this site")
    site(ctx, site_id)
    if parent_id is not None and (why := why_not_above(place(ctx, parent_id), site_id)):
        raise Invalid(say("It cannot stand there: {why}.", why=why), field="parent_id")
    if not name.strip():
        raise Invalid(say("A place needs a name."), field="name")
    if area_m2 is not None and not (area_m2.is_finite() and 0 <= area_m2 < LARGEST_AREA):
        raise Invalid(
            say("The area is between 0 and {largest_area} square metres.", largest_area=LARGEST_AREA), field="area_m2"
        )
    new = Place(
        site_id=site_id,
        parent_id=parent_id,
        kind=kind,
        code=_free_code(ctx, code, Place, site_id),
        name=name.strip(),
        sort_key=sort_key(name),
        area_m2=area_m2,
        token=secrets.token_urlsafe(16),
    )
    ctx.session.add(new)
    ctx.session.flush()
    return new


@requires(Can.MANAGE_PLACES)
def move_place(ctx: Context, id: int, version: int, parent_id: int | None) -> Place:
    """Hang a place under another one of its site. Never under itself or something below it."""
    ctx.session.execute(sa.text("LOCK TABLE core_place IN SHARE ROW EXCLUSIVE MODE"))
    moved = get(ctx.session, visible(ctx).where(Place.id == id), what="place", version=version, lock=True)
    ctx.need(Can.MANAGE_PLACES, site_id=moved.site_id, to="move a place of this site")
    if parent_id is not None and (why := why_not_above(place(ctx, parent_id), moved.site_id)):
        raise Invalid(say("It cannot stand there: {why}.", why=why), field="parent_id")
    above, seen = parent_id, 0
    while above is not None:
        if above == id or seen > 100:
            raise Conflict(say("A place cannot stand under itself or under a place below it."), field="parent_id")
        above, seen = place(ctx, above).parent_id, seen + 1
    moved.parent_id = parent_id
    bump(moved)
    ctx.session.flush()
    return moved


@requires(Can.MANAGE_PLACES)
def add_cost_centre(ctx: Context, site_id: int, code: str, name: str, *, holder_id: int | None = None) -> CostCentre:
    ctx.need(Can.MANAGE_PLACES, site_id=site_id, to="add a cost centre to this site")
    site(ctx, site_id)
    if not name.strip():
        raise Invalid(say("A cost centre needs a name."), field="name")
    # Accounts stand above places, so their table is named in words here.
    is_open = sa.text("SELECT active FROM core_user WHERE id = :id")
    if holder_id is not None and not ctx.session.scalar(is_open, {"id": holder_id}):
        raise Invalid(say("This account does not exist or was closed. Choose somebody else."), field="holder_id")
    code = _free_code(ctx, code, CostCentre, site_id)
    new = CostCentre(site_id=site_id, code=code, name=name.strip(), holder_id=holder_id)
    ctx.session.add(new)
    ctx.session.flush()
    return new


def _free_code(ctx: Context, code: str, kind: type[Site | Place | CostCentre], site_id: int | None = None) -> str:
    """The code as it is kept. Raises when it is empty or taken; two who choose the same are asked one by one."""
    code = code.strip()
    if not code:
        raise Invalid(say("A code is needed."), field="code")
    one_at_a_time(ctx.session, kind.__tablename__, "code", site_id)
    taken = sa.select(kind.id).where(kind.code == code)
    if issubclass(kind, Place | CostCentre):
        taken = taken.where(kind.site_id == site_id)
    if ctx.session.scalar(taken):
        raise Conflict(
            say(
                "The code {code} is taken{value}. Choose another.", code=code, value=" on this site" if site_id else ""
            ),
            field="code",
        )
    return code
