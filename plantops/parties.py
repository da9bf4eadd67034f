"""Parties: the companies that we buy from, that carry for us and that work on our grounds."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plantops.context import Context, requires, within
from plantops.db import Base, Id, SortKey, Versioned, bump, get
from plantops.errors import Conflict, Invalid
from plantops.findable import found_by
from plantops.permissions import Can
from plantops.places import sort_key
from plantops.wording import country, say

ALIKE = 0.88  # of 1: "Kessling Hygiene" and "Kesling Hygiene" are 0.97, "Novak Safety" and "Novak Paper" 0.73
COMPANY_FORMS = re.compile(
    r"ag|asbl|bv|co|company|corp|corporation|gbr|gmbh|inc|kg|limited|llc|llp|ltd|mbh|nv|ohg|oy|plc|sa|sarl|sas|se|spa|srl"
    r"|the|und|and"
)
LOOKS_ALIKE = "looks_alike"


class PartyKind(StrEnum):
    SUPPLIER = "supplier"
    CARRIER = "carrier"
    CONTRACTOR = "contractor"


# --- Tables


class Party(Versioned, Base):
    """A company (or a person as a trader). It may be supplier, carrier and contractor at once."""

    __tablename__ = "core_party"
    __table_args__ = (
        *found_by("core_party", "name", "town", "vat_id"),
        sa.CheckConstraint("is_supplier OR is_carrier OR is_contractor", name="is_something"),
        sa.CheckConstraint("NOT blocked OR blocked_reason <> ''", name="blocked_with_a_reason"),
    )

    id: Mapped[Id]
    name: Mapped[str]
    sort_key: Mapped[SortKey] = mapped_column(index=True)
    match_key: Mapped[SortKey] = mapped_column(index=True)
    """The name without legal form, spaces and accents: to find the same company entered twice."""
    is_supplier: Mapped[bool] = mapped_column(default=False)
    is_carrier: Mapped[bool] = mapped_column(default=False)
    is_contractor: Mapped[bool] = mapped_column(default=False)
    is_one_time: Mapped[bool] = mapped_column(default=False)
    """Bought from once, without the papers of a real supplier."""
    legal_name: Mapped[str] = mapped_column(default="")
    street: Mapped[str] = mapped_column(default="")
    postcode: Mapped[str] = mapped_column(default="")
    town: Mapped[str] = mapped_column(default="")
    country: Mapped[str | None] = mapped_column(sa.CHAR(2))
    vat_id: Mapped[str | None] = mapped_column(index=True)
    email: Mapped[str | None]
    phone: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="en")
    blocked: Mapped[bool] = mapped_column(default=False)
    blocked_reason: Mapped[str] = mapped_column(default="")
    archived: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())

    @property
    def kinds(self) -> frozenset[PartyKind]:
        return frozenset(kind for kind in PartyKind if getattr(self, f"is_{kind}"))

    @property
    def address(self) -> str:
        """Street, town and country in lines, as a letter has them."""
        lines = (self.street, f"{self.postcode} {self.town}".strip(), country(self.country) if self.country else "")
        return "\n".join(line for line in lines if line)


@dataclass(frozen=True)
class PartyFacts:
    """What somebody writes down about a party."""

    name: str
    kinds: frozenset[PartyKind] = frozenset({PartyKind.SUPPLIER})
    legal_name: str = ""
    street: str = ""
    postcode: str = ""
    town: str = ""
    country: str | None = None
    vat_id: str | None = None
    email: str | None = None
    phone: str | None = None
    language: str = "en"
    is_one_time: bool = False


@dataclass(frozen=True)
class PartyRow:
    id: int
    name: str
    town: str
    country: str | None
    vat_id: str | None
    email: str | None
    blocked: bool
    archived: bool


# --- Rules


def match_key(name: str) -> str:
    """`Kessling Hygiene GmbH & Co. KG` and `KESSLING-HYGIENE` are the same name."""
    words = re.findall(r"\w+", sort_key(name).replace("s.a r.l", "sarl").replace("s.a.", "sa"))
    kept = [word for word in words if not COMPANY_FORMS.fullmatch(word)] or words
    return "".join(kept)


def plain_vat_id(text: str | None) -> str | None:
    """`lu 123-456.78` becomes `LU12345678`; nothing becomes None."""
    kept = re.sub(r"[\s.\-/]", "", text or "").upper()
    return kept or None


def wrong_facts(facts: PartyFacts) -> dict[str, str]:
    """Each field that cannot be, with its sentence."""
    wrong: dict[str, str] = {}
    if not facts.name.strip():
        wrong["name"] = say("A party needs a name.")
    elif len(facts.name) > 200:
        wrong["name"] = say("The name is longer than 200 characters. Shorten it.")
    if not facts.kinds:
        wrong["kinds"] = say("Say whether it is a supplier, a carrier or a contractor.")
    if facts.country is not None and not re.fullmatch(r"[A-Z]{2}", facts.country):
        wrong["country"] = say("A country is written as two capital letters, such as LU or DE.")
    if facts.email is not None and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", facts.email):
        wrong["email"] = say("This is not a mail address. Write it as name@company.example.")
    if facts.vat_id is not None and not re.fullmatch(r"[A-Z]{2}[A-Z0-9+*]{2,13}", plain_vat_id(facts.vat_id) or ""):
        wrong["vat_id"] = say("A VAT number begins with two letters of the country, such as LU12345678.")
    return wrong


def why_not_use(party: Party, kind: PartyKind) -> str | None:
    """Why nothing new may be ordered from or given to this party; None when it may."""
    if party.blocked:
        return say("{name} is blocked: {blocked_reason}", name=party.name, blocked_reason=party.blocked_reason)
    if party.archived:
        return say("{name} was archived", name=party.name)
    if kind not in party.kinds:
        return say("{name} is not a {kind}", name=party.name, kind=kind)
    return None


# --- Questions


def visible(ctx: Context) -> sa.Select[Party]:
    """Parties belong to the whole company: who may read parties reads all of them."""
    every = sa.select(Party)
    return every if ctx.may(Can.READ_PARTIES) else every.where(sa.false())


def _rows(query: sa.Select[Party]) -> sa.Select[*tuple[Any, ...]]:
    return query.with_only_columns(
        Party.id, Party.name, Party.town, Party.country, Party.vat_id, Party.email, Party.blocked, Party.archived
    )


@requires(Can.READ_PARTIES)
def list_parties(
    ctx: Context, *, search: str = "", kind: PartyKind | None = None, archived: bool = False, limit: int = 200
) -> list[PartyRow]:
    query = _rows(visible(ctx)).order_by(Party.sort_key, Party.id).limit(limit)
    if not archived:
        query = query.where(~Party.archived)
    if kind:
        query = query.where(getattr(Party, f"is_{kind}"))
    if search:
        query = query.where(Party.sort_key.contains(sort_key(search), autoescape=True))
    return [PartyRow(*row) for row in ctx.session.execute(query)]


@requires(Can.READ_PARTIES)
def read_party(ctx: Context, id: int) -> Party:
    return get(ctx.session, visible(ctx).where(Party.id == id), what="party")


@within("other actions name the party that they are about")
def party(ctx: Context, id: int) -> Party:
    return get(ctx.session, sa.select(Party).where(Party.id == id), what="party")


@requires(Can.MANAGE_PARTIES)
def look_alikes(ctx: Context, facts: PartyFacts, *, besides: int | None = None) -> list[PartyRow]:
    """Parties that may be the same company: same VAT number, same mail address, or nearly the same name."""
    key, vat_id = match_key(facts.name), plain_vat_id(facts.vat_id)
    near = sa.or_(
        Party.match_key.startswith(key[:3], autoescape=True),
        Party.vat_id == vat_id if vat_id else sa.false(),
        sa.func.lower(Party.email) == facts.email.lower() if facts.email else sa.false(),
    )
    found: list[PartyRow] = []
    for row in ctx.session.execute(_rows(sa.select(Party)).add_columns(Party.match_key).where(near)):
        same_paper = (vat_id and row.vat_id == vat_id) or (
            facts.email and (row.email or "").lower() == facts.email.lower()
        )
        if row.id != besides and (same_paper or SequenceMatcher(None, key, row.match_key).ratio() >= ALIKE):
            found.append(PartyRow(*row[:-1]))
    return found


# --- Actions


def _check(ctx: Context, facts: PartyFacts, sure: bool, besides: int | None = None) -> None:
    if wrong := wrong_facts(facts):
        raise Invalid(say("Some of what was entered cannot be."), fields=wrong)
    alike = [] if sure else look_alikes(ctx, facts, besides=besides)
    if alike:
        names = ", ".join(f"{row.name}{f' in {row.town}' if row.town else ''}" for row in alike[:3])
        raise Conflict(
            say("This may be there already: {names}. Use that one, or say that you are sure.", names=names),
            code=LOOKS_ALIKE,
            field="name",
            details={"alike": [asdict(row) for row in alike[:10]]},
        )


def _write(party: Party, facts: PartyFacts) -> None:
    for field, value in asdict(facts).items():
        if field != "kinds":
            setattr(party, field, value.strip() if isinstance(value, str) else value)
    party.vat_id = plain_vat_id(facts.vat_id)
    party.sort_key, party.match_key = sort_key(facts.name), match_key(facts.name)
    for kind in PartyKind:
        setattr(party, f"is_{kind}", kind in facts.kinds)


@requires(Can.MANAGE_PARTIES)
def add_party(ctx: Context, facts: PartyFacts, *, sure: bool = False) -> Party:
    """A new party. Raises Conflict with code `looks_alike` when it may be there already, unless `sure`."""
    _check(ctx, facts, sure)
    new = Party()
    _write(new, facts)
    ctx.session.add(new)
    ctx.session.flush()
    return new


@requires(Can.MANAGE_PARTIES)
def change_party(ctx: Context, id: int, version: int, facts: PartyFacts, *, sure: bool = False) -> Party:
    changed = get(ctx.session, visible(ctx).where(Party.id == id), what="party", version=version, lock=True)
    _check(ctx, facts, sure or match_key(facts.name) == changed.match_key, besides=id)
    _write(changed, facts)
    bump(changed)
    ctx.session.flush()
    return changed


@requires(Can.MANAGE_PARTIES)
def block(ctx: Context, id: int, version: int, reason: str) -> Party:
    """Nothing new may be ordered from it; what runs goes on."""
    if not reason.strip():
        raise Invalid(say("Say why it is blocked: the buyers will read it."), field="reason")
    blocked = get(ctx.session, visible(ctx).where(Party.id == id), what="party", version=version, lock=True)
    blocked.blocked, blocked.blocked_reason = True, reason.strip()
    bump(blocked)
    ctx.session.flush()
    return blocked


@requires(Can.MANAGE_PARTIES)
def unblock(ctx: Context, id: int, version: int) -> Party:
    freed = get(ctx.session, visible(ctx).where(Party.id == id), what="party", version=version, lock=True)
    freed.blocked, freed.blocked_reason = False, ""
    bump(freed)
    ctx.session.flush()
    return freed


@requires(Can.MANAGE_PARTIES)
def archive(ctx: Context, id: int, version: int, *, archived: bool = True) -> Party:
    """Out of the lists and pickers; every document that names it stays. `archived=False` brings it back."""
    kept = get(ctx.session, visible(ctx).where(Party.id == id), what="party", version=version, lock=True)
    kept.archived = archived
    bump(kept)
    ctx.session.flush()
    return kept
