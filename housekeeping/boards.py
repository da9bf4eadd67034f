"""What a planner, the desk and a worker look at: a roster as a grid, a request or an order with all that is by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import sqlalchemy as sa

from housekeeping import requests, rosters, rounds, workorders
from housekeeping.desk_models import Pause, Request, WorkOrder
from housekeeping.permissions import Can
from housekeeping.requests import RequestRow
from housekeeping.roster_models import Roster, RosterCell
from housekeeping.weeks import Wanted
from personnel import api as personnel
from plantops import files, people, places, sight
from plantops.context import Context, anyone, requires, within
from plantops.places import Place
from plantops.sight import RecordSeen
from plantops.wording import say

OFF = "off"


@dataclass(frozen=True)
class DoorCode:
    """A place and the address behind the code on its door."""

    id: int
    code: str
    name: str
    url: str


@dataclass(frozen=True)
class BoardCell:
    """One person on one day: a shift or off; what it was before, where that differs."""

    text: str
    uncovered: bool = False
    before: str | None = None


@dataclass(frozen=True)
class BoardRow:
    name: str
    cells: tuple[BoardCell, ...]
    work: str = ""
    """The one work that this person does on the whole roster; said once beside the name instead of in each cell."""


@dataclass(frozen=True)
class CoverCell:
    """How many stand in a shift of a day, of how many."""

    there: int
    needed: int

    @property
    def missing(self) -> int:
        return max(0, self.needed - self.there)


@dataclass(frozen=True)
class CoverRow:
    label: str
    cells: tuple[CoverCell, ...]


@dataclass(frozen=True)
class Change:
    """A cell that a proposal changes."""

    name: str
    day: date
    before: str
    after: str


@dataclass(frozen=True)
class RosterBoard:
    """A roster as its page shows it."""

    roster: Roster
    site: str
    days: tuple[date, ...]
    cover: tuple[CoverRow, ...]
    rows: tuple[BoardRow, ...]
    changes: tuple[Change, ...]
    clashes: tuple[str, ...]
    legend: tuple[tuple[str, str], ...] = ()
    """What each shift code means: name and times."""

    @property
    def missing(self) -> int:
        return sum(cell.missing for row in self.cover for cell in row.cells)


@dataclass(frozen=True)
class RequestSheet:
    """A request with what the desk needs beside it."""

    request: Request
    site: str
    place: str
    reported_by: str
    duplicate_of: tuple[int, str] | None
    paused: Pause | None
    orders: tuple[WorkOrder, ...]
    similar: tuple[RequestRow, ...]


@dataclass(frozen=True)
class WorkSheet:
    """A work order with its names."""

    order: WorkOrder
    place: str
    assigned_to: str
    asked_by: tuple[int, str] | None


@dataclass(frozen=True)
class Door:
    """A place as the code at its door tells it: its name and nothing else."""

    place: str


# --- Rules

Cells = Mapping[tuple[int, date], RosterCell]


def by_person(cells: Iterable[RosterCell]) -> dict[tuple[int, date], RosterCell]:
    return {(cell.employee_id, cell.day): cell for cell in cells}


def cover_rows(
    days: Sequence[date], wanted: Sequence[Wanted], cells: Iterable[RosterCell], codes: Mapping[int, str]
) -> list[CoverRow]:
    """One row for each work and shift: who is there of how many. Cells without cover do not count."""
    there = Counter((cell.day, cell.template_id, cell.work) for cell in cells if not cell.uncovered)
    needed = {(one.day, one.template_id, one.work): one.needed for one in wanted}
    kinds = sorted({(work, template) for _day, template, work in [*needed, *there]})
    return [
        CoverRow(
            f"{work.capitalize()}, {codes.get(template, template)}",
            tuple(CoverCell(there[day, template, work], needed.get((day, template, work), 0)) for day in days),
        )
        for work, template in kinds
    ]


def in_words(penalty: int | None, bound: Decimal | None, gap: Decimal | None) -> str:
    """How good a roster is, in a sentence."""
    if penalty is None:
        return say("There is no whole roster yet.")
    if bound is None or gap is None:
        return say(
            "It has {penalty:,} penalty points. By how much another roster could be better is not known: the "
            "time was too short to prove it. Ask again with more seconds to know.",
            penalty=penalty,
        )
    if gap == 0:
        return say("It has {penalty:,} penalty points, and no roster can have fewer: this is proved.", penalty=penalty)
    return say(
        "It has {penalty:,} penalty points, and it is proved that none can have fewer than {bound:,.0f}: "
        "at most {gap:.1%} could still be gained.",
        penalty=penalty,
        bound=bound,
        gap=gap,
    )


def shown(cell: RosterCell | None, codes: Mapping[int, str]) -> str:
    return f"{codes.get(cell.template_id, '?')} {cell.work.capitalize()}" if cell else OFF


# --- Questions: rosters


@requires(Can.READ_ROSTERS)
def roster_board(ctx: Context, id: int) -> RosterBoard:
    """A roster with names, cover and, when it changes another one, what it changes."""
    whole = rosters.roster(ctx, id)
    days = tuple(whole.first_day + timedelta(days=n) for n in range((whole.last_day - whole.first_day).days + 1))
    templates = personnel.templates(ctx, whole.site_id)
    codes = {template.id: template.code for template in templates}
    now = by_person(whole.cells)
    compare = whole.base_id is not None and bool(whole.cells)
    before = by_person(_cells_of(ctx, whole.base_id)) if compare and whole.base_id is not None else now
    everybody = {employee for employee, _day in [*now, *before]}
    names = personnel.names(ctx, everybody | {int(clash["person"]) for clash in whole.clashes})
    order = sorted(everybody, key=lambda one: (names.get(one, "").casefold(), one))
    wanted = rosters.wanted_of(ctx, whole.site_id, whole.first_day, whole.last_day)
    return RosterBoard(
        roster=whole,
        site=places.site(ctx, whole.site_id).name,
        days=days,
        cover=tuple(cover_rows(days, wanted, whole.cells, codes)) if whole.cells else (),
        rows=tuple(_board_row(one, names, days, now, before, codes) for one in order),
        changes=tuple(_changes(order, names, days, now, before, codes)),
        clashes=tuple(_clashes(whole, names)),
        legend=tuple((one.code, say("{name}, {start} to {end}", name=one.name, start=clock(one.start_minute),
                                     end=clock(one.start_minute + one.minutes)))
                     for one in templates),
    )  # fmt: skip


def _cells_of(ctx: Context, roster_id: int) -> list[RosterCell]:
    return list(ctx.session.scalars(sa.select(RosterCell).where(RosterCell.roster_id == roster_id)))


def clock(minute: int) -> str:
    """Minutes from local midnight as people say them; a night ends on the next morning."""
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


def _board_row(
    one: int, names: Mapping[int, str], days: Sequence[date], now: Cells, before: Cells, codes: Mapping[int, str]
) -> BoardRow:
    cells = [cell for day in days for cell in (now.get((one, day)), before.get((one, day))) if cell is not None]
    works = {cell.work for cell in cells}
    only = works.pop().capitalize() if len(works) == 1 else ""
    return BoardRow(names.get(one, f"{one}"), tuple(_row(one, days, now, before, codes, only)), only)


def _row(
    one: int, days: Sequence[date], now: Cells, before: Cells, codes: Mapping[int, str], only: str
) -> Iterable[BoardCell]:
    for day in days:
        cell = now.get((one, day))
        old, new = shown(before.get((one, day)), codes), shown(cell, codes)
        short_old, short_new = old.removesuffix(f" {only}"), new.removesuffix(f" {only}")
        yield BoardCell(short_new, cell is not None and cell.uncovered, short_old if old != new else None)


def _changes(
    order: Sequence[int],
    names: Mapping[int, str],
    days: Sequence[date],
    now: Cells,
    before: Cells,
    codes: Mapping[int, str],
) -> Iterable[Change]:
    for one in order:
        for day in days:
            old, new = shown(before.get((one, day)), codes), shown(now.get((one, day)), codes)
            if old != new:
                yield Change(names.get(one, f"{one}"), day, old, new)


def _clashes(whole: Roster, names: Mapping[int, str]) -> Iterable[str]:
    for clash in whole.clashes:
        name = names.get(int(clash["person"]), str(clash["person"]))
        yield say(
            "{name}: {clash} cannot hold together. {clash2}",
            name=name,
            clash=", ".join(clash["rules"]),
            clash2=" ".join(clash["way_out"]),
        )


# --- Questions: the desk


@requires(Can.READ_REQUESTS, Can.REPORT)
def request_sheet(ctx: Context, id: int) -> RequestSheet:
    """A request with its place, photo, work orders and, for the desk, what looks like it."""
    found = requests.request(ctx, id)
    original = ctx.session.get(Request, found.duplicate_of_id) if found.duplicate_of_id else None
    running = sa.select(Pause).where(Pause.request_id == id, Pause.ends_at.is_(None))
    orders = workorders.list_of_request(ctx, id) if ctx.may(Can.READ_REQUESTS) or ctx.may(Can.WORK) else []
    return RequestSheet(
        request=found,
        site=places.site(ctx, found.site_id).name,
        place=places.place(ctx, found.place_id).name if found.place_id else "",
        reported_by=people.name_of(ctx, found.reported_by_id),
        duplicate_of=(original.id, original.number) if original else None,
        paused=ctx.session.scalar(running),
        orders=tuple(orders),
        similar=tuple(requests.similar(ctx, id)) if ctx.may(Can.TRIAGE, site_id=found.site_id) else (),
    )


@requires(Can.READ_REQUESTS, Can.REPORT)
def photo(ctx: Context, id: int) -> tuple[str, str, bytes] | None:
    """Name, media type and bytes of a request's photo, for who sees the request."""
    found = requests.request(ctx, id)
    if found.photo_id is None:
        return None
    file = files.readable(ctx, found.photo_id)
    return file.name, file.media_type, files.content(ctx, file.id)


@requires(Can.READ_REQUESTS, Can.WORK)
def work_sheet(ctx: Context, id: int) -> WorkSheet:
    order = workorders.workorder(ctx, id)
    asked = ctx.session.get(Request, order.request_id) if order.request_id else None
    return WorkSheet(
        order=order,
        place=places.place(ctx, order.place_id).name if order.place_id else "",
        assigned_to=people.name_of(ctx, order.assigned_to_id) if order.assigned_to_id else "",
        asked_by=(asked.id, asked.number) if asked else None,
    )


@anyone("who stands at a place and scans its code may read the place's name")
def door(ctx: Context, place_token: str) -> Door:
    return Door(places.place_of_token(ctx, place_token).name)


@requires(Can.TRIAGE)
def door_codes(ctx: Context, site_id: int) -> list[DoorCode]:
    """What hangs at each place of a site: its name, and the address that its code leads to."""
    ctx.need(Can.TRIAGE, site_id=site_id)
    places.site(ctx, site_id)
    rows = ctx.session.execute(
        sa.select(Place.id, Place.code, Place.name, Place.token)
        .where(Place.site_id == site_id, ~Place.archived)
        .order_by(Place.sort_key, Place.id)
    )
    return [DoorCode(id, code, name, f"{ctx.settings.public_url}/r/{token}") for id, code, name, token in rows]


@requires(Can.TRIAGE)
def ask_codes(ctx: Context, site_id: int) -> int:
    """Puts the sheet of codes on the queue, to be printed; returns the job."""
    ctx.need(Can.TRIAGE, site_id=site_id)
    places.site(ctx, site_id)
    return ctx.enqueue("housekeeping.print_codes", site_id=site_id, lock=f"housekeeping.codes:{site_id}")


OWNED: sight.Owned = {
    "housekeeping_request": (None, requests.visible),
    "housekeeping_workorder": (None, workorders.visible),
    "housekeeping_round": (Can.READ_CLEANING, rounds.visible),
    "housekeeping_roster": (Can.READ_ROSTERS, rosters.visible),
}


@within("the core asks who may see a record's files")
def record_seen(ctx: Context, question: RecordSeen) -> list[sight.Sight]:
    """Who may see a request may see its photo; the same of work orders and rosters."""
    return sight.answer(ctx, question, OWNED)
