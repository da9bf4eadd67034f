"""Certificates: who may drive, lift, climb and weld, and until when."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from personnel import employees
from personnel.accrual import add_months
from personnel.assignments import holds_on
from personnel.events import CertificateRecorded
from personnel.models import Assignment, Certificate, CertificateType, Employee, Requirement
from personnel.organisation import needed_text
from personnel.permissions import Can
from plantops.context import Context, requires, within
from plantops.db import bump, get
from plantops.errors import Conflict, Invalid, NotFound
from plantops.events import DueItem
from plantops.places import sort_key
from plantops.wording import say


class Standing(StrEnum):
    VALID = "valid"
    SOON = "soon"
    EXPIRED = "expired"
    MISSING = "missing"


@dataclass(frozen=True)
class Held:
    """One certificate of one person; valid from issued_on up to, not including, expires_on."""

    employee_id: int
    type_id: int
    issued_on: date
    expires_on: date | None
    withdrawn_on: date | None = None


@dataclass(frozen=True)
class NewCertificate:
    employee_id: int
    type_id: int
    issued_on: date
    expires_on: date | None = None
    """None: by the type's validity."""
    reference: str = ""


# --- Rules


def covers(held: Held, first: date, last: date) -> bool:
    """Is it valid on every day from first to last?"""
    end = min((day for day in (held.expires_on, held.withdrawn_on) if day is not None), default=None)
    return held.issued_on <= first and (end is None or last < end)


def is_qualified(held: Iterable[Held], needed: Collection[int], first: date, last: date) -> bool:
    """Every needed type is held through the whole range, by one paper or by several that follow one another."""
    papers = list(held)
    return all(_covered([h for h in papers if h.type_id == type_id], first, last) for type_id in needed)


def _covered(held: Sequence[Held], first: date, last: date) -> bool:
    day = first
    for paper in sorted(held, key=lambda h: h.issued_on):
        if covers(paper, day, day):
            end = min((d for d in (paper.expires_on, paper.withdrawn_on) if d is not None), default=None)
            if end is None or last < end:
                return True
            day = end
    return False


def standing_of(held: Iterable[Held], today: date, remind_days: int) -> Standing:
    """How a person stands with one type: the longest of their papers counts."""
    papers = list(held)
    if not papers:
        return Standing.MISSING
    if not any(covers(paper, today, today) for paper in papers):
        return Standing.EXPIRED
    return Standing.VALID if _covered(papers, today, today + timedelta(days=remind_days)) else Standing.SOON


def expiry_of(issued_on: date, validity_months: int | None) -> date | None:
    return None if validity_months is None else add_months(issued_on, validity_months)


# --- Questions


@dataclass(frozen=True)
class TypeRow:
    id: int
    code: str
    name: str
    validity_months: int | None
    blocks_assignment: bool
    remind_days: int


@dataclass(frozen=True)
class CertificateRow:
    id: int
    employee_id: int
    employee: str
    type_id: int
    type: str
    reference: str
    issued_on: date
    expires_on: date | None
    withdrawn_on: date | None
    version: int


@dataclass(frozen=True)
class MatrixLine:
    """A person and their standing with each type, in the order of the types."""

    employee_id: int
    employee: str
    department: str
    cells: tuple[tuple[Standing, date | None], ...]


@dataclass(frozen=True)
class Matrix:
    types: tuple[TypeRow, ...]
    lines: tuple[MatrixLine, ...]


def visible(ctx: Context) -> sa.Select[Certificate]:
    return sa.select(Certificate).where(Certificate.employee_id.in_(employees.visible_ids(ctx)))


@requires(Can.READ_DIRECTORY)
def certificate_types(ctx: Context) -> list[TypeRow]:
    """Names of certificates are no secret; who holds one is."""
    found = ctx.session.scalars(
        sa.select(CertificateType).where(~CertificateType.archived).order_by(CertificateType.sort_key)
    )
    return [TypeRow(t.id, t.code, t.name, t.validity_months, t.blocks_assignment, t.remind_days) for t in found]


@requires(Can.READ_EMPLOYEES, Can.READ_TEAM, Can.READ_OWN)
def list_certificates(
    ctx: Context, *, employee_id: int | None = None, expiring_until: date | None = None, limit: int = 200
) -> list[CertificateRow]:
    """Papers that were not replaced by a newer one, those that expire first at the top."""
    query: sa.Select[*tuple[Any, ...]] = (
        visible(ctx)
        .with_only_columns(
            Certificate.id,
            Certificate.employee_id,
            Employee.name,
            Certificate.type_id,
            CertificateType.name,
            Certificate.reference,
            Certificate.issued_on,
            Certificate.expires_on,
            Certificate.withdrawn_on,
            Certificate.version,
        )
        .join(Employee, Employee.id == Certificate.employee_id)
        .join(CertificateType, CertificateType.id == Certificate.type_id)
        .where(Certificate.renewed_by_id.is_(None))
        .order_by(Certificate.expires_on.asc().nulls_last(), Employee.sort_key, Certificate.id)
        .limit(limit)
    )
    if employee_id is not None:
        query = query.where(Certificate.employee_id == employee_id)
    if expiring_until is not None:
        query = query.where(Certificate.expires_on <= expiring_until, Certificate.withdrawn_on.is_(None))
    return [CertificateRow(*row) for row in ctx.session.execute(query)]


@requires(Can.READ_EMPLOYEES, Can.READ_TEAM, Can.READ_OWN)
def certificate(ctx: Context, id: int) -> CertificateRow:
    """One paper with the names of its holder and its type."""
    query: sa.Select[*tuple[Any, ...]] = (
        visible(ctx)
        .with_only_columns(Certificate, Employee.name, CertificateType.name)
        .join(Employee, Employee.id == Certificate.employee_id)
        .join(CertificateType, CertificateType.id == Certificate.type_id)
        .where(Certificate.id == id)
    )
    found = ctx.session.execute(query).first()
    if found is None:
        raise NotFound(say("There is no such certificate, or you may not see it."))
    c, person, type = found
    dates = (c.issued_on, c.expires_on, c.withdrawn_on)
    return CertificateRow(c.id, c.employee_id, person, c.type_id, type, c.reference, *dates, c.version)


@within("neighbours only learn yes or no from it")
def held_by(
    ctx: Context, employee_ids: Collection[int], type_ids: Collection[int] | None = None
) -> dict[int, list[Held]]:
    """Every paper of these people, in one query."""
    query = sa.select(
        Certificate.employee_id,
        Certificate.type_id,
        Certificate.issued_on,
        Certificate.expires_on,
        Certificate.withdrawn_on,
    ).where(Certificate.employee_id.in_(employee_ids))
    if type_ids is not None:
        query = query.where(Certificate.type_id.in_(type_ids))
    found: dict[int, list[Held]] = {id: [] for id in employee_ids}
    for row in ctx.session.execute(query):
        found[row.employee_id].append(Held(*row))
    return found


@within("neighbours only learn yes or no from it")
def needed_for(ctx: Context, work: str) -> frozenset[int]:
    """Types without which nobody may do this work; `work` may also be the code of a certificate itself.

    Raises Invalid for a word that nobody described: an unknown need must not look like no need.
    """
    rows = ctx.session.execute(
        sa.select(Requirement.type_id, CertificateType.blocks_assignment)
        .join(CertificateType, CertificateType.id == Requirement.type_id)
        .where(Requirement.work == work)
    ).all()
    if rows:
        return frozenset(row.type_id for row in rows if row.blocks_assignment)
    type_id = ctx.session.scalar(sa.select(CertificateType.id).where(CertificateType.code == work))
    if type_id is None:
        raise Invalid(
            say("Nobody recorded what '{work}' requires. Record a requirement for it in personnel.", work=work)
        )
    return frozenset({type_id})


@requires(Can.READ_EMPLOYEES, Can.READ_TEAM)
def matrix(ctx: Context, *, department_id: int | None = None, limit: int = 500) -> Matrix:
    """People and certificates: who holds what, amber before it expires, red after. Only people who hold or
    need something are listed."""
    types = tuple(certificate_types(ctx))
    needs = _needed_by_position(ctx)
    people = employees.list_employees(ctx, department_id=department_id, limit=limit).rows
    held = held_by(ctx, [person.id for person in people])
    positions = _positions_of(ctx, [person.id for person in people])
    lines = []
    for person in people:
        needed = needs.get(positions.get(person.id, 0), frozenset())
        if not held[person.id] and not needed:
            continue
        cells = tuple(_cell(ctx, type, [h for h in held[person.id] if h.type_id == type.id]) for type in types)
        lines.append(MatrixLine(person.id, person.name, person.department, cells))
    return Matrix(types, tuple(lines))


def _cell(ctx: Context, type: TypeRow, held: Sequence[Held]) -> tuple[Standing, date | None]:
    last = max((h.expires_on or date.max for h in held), default=None)
    return standing_of(held, ctx.today, type.remind_days), None if last == date.max else last


def _needed_by_position(ctx: Context) -> Mapping[int, frozenset[int]]:
    found: dict[int, set[int]] = {}
    for row in ctx.session.scalars(sa.select(Requirement).where(Requirement.position_id.is_not(None))):
        found.setdefault(row.position_id or 0, set()).add(row.type_id)
    return {position: frozenset(types) for position, types in found.items()}


def _positions_of(ctx: Context, employee_ids: Collection[int]) -> dict[int, int]:
    rows = ctx.session.execute(
        sa.select(Assignment.employee_id, Assignment.position_id).where(
            holds_on(ctx.today), Assignment.employee_id.in_(employee_ids)
        )
    )
    return dict(rows.all())


@within("what falls due is asked by the core with the reader's rights")
def due(ctx: Context, until: date) -> list[DueItem]:
    """Certificates that expire and were not renewed; people who left are left out."""
    if not (ctx.may(Can.READ_EMPLOYEES) or ctx.may(Can.READ_TEAM) or ctx.may(Can.READ_OWN)):
        return []
    here = sa.select(Assignment.employee_id).where(holds_on(ctx.today))
    query = (
        visible(ctx)
        .with_only_columns(Employee.id, Employee.name, CertificateType.name, Certificate.expires_on)
        .join(Employee, Employee.id == Certificate.employee_id)
        .join(CertificateType, CertificateType.id == Certificate.type_id)
        .where(
            Certificate.expires_on <= until,
            Certificate.renewed_by_id.is_(None),
            Certificate.withdrawn_on.is_(None),
            Certificate.employee_id.in_(here),
        )
        .order_by(Certificate.expires_on, Employee.sort_key)
    )
    return [
        DueItem(
            say("{type} of {name} expires", type=type, name=name), day, f"/personnel/employees/{id}", kind="certificate"
        )
        for id, name, type, day in ctx.session.execute(query)
        if day is not None
    ]


# --- Actions


@requires(Can.MANAGE_ORGANISATION)
def add_type(
    ctx: Context,
    code: str,
    name: str,
    *,
    validity_months: int | None = None,
    blocks_assignment: bool = True,
    remind_days: int = 60,
) -> CertificateType:
    code, name = needed_text(code, say("The code"), "code"), needed_text(name, say("The name"), "name")
    if validity_months is not None and not 0 < validity_months <= 600:
        raise Invalid(say("A certificate is valid for 1 to 600 months, or for ever."), field="validity_months")
    if ctx.session.scalar(sa.select(CertificateType.id).where(CertificateType.code == code)):
        raise Conflict(say("The code {code} is taken. Choose another.", code=code), field="code")
    new = CertificateType(
        code=code,
        name=name,
        sort_key=sort_key(name),
        validity_months=validity_months,
        blocks_assignment=blocks_assignment,
        remind_days=remind_days,
    )
    ctx.session.add(new)
    ctx.session.flush()
    return new


@requires(Can.MANAGE_ORGANISATION)
def require(ctx: Context, type_id: int, *, position_id: int | None = None, work: str | None = None) -> Requirement:
    """Whoever holds the position, or does the work, needs the certificate."""
    if (position_id is None) == (work is None):
        raise Invalid(say("Name either a position or a kind of work."), field="work")
    new = Requirement(type_id=type_id, position_id=position_id, work=work)
    ctx.session.add(new)
    ctx.session.flush()
    return new


@requires(Can.MANAGE_CERTIFICATES)
def record(ctx: Context, new: NewCertificate) -> Certificate:
    """A paper was shown. An older one of the same type that it replaces is marked as renewed."""
    person = get(ctx.session, employees.visible(ctx).where(Employee.id == new.employee_id), what="employee", lock=True)
    ctx.need(Can.MANAGE_CERTIFICATES, site_id=person.site_id)
    type = get(
        ctx.session, sa.select(CertificateType).where(CertificateType.id == new.type_id), what="certificate type"
    )
    if new.issued_on > ctx.today:
        raise Invalid(say("A certificate cannot be issued in the future."), field="issued_on")
    expires_on = new.expires_on or expiry_of(new.issued_on, type.validity_months)
    if expires_on is not None and expires_on <= new.issued_on:
        raise Invalid(say("It expires before it was issued."), field="expires_on")
    made = Certificate(
        employee_id=person.id,
        type_id=type.id,
        reference=new.reference.strip(),
        issued_on=new.issued_on,
        expires_on=expires_on,
    )
    ctx.session.add(made)
    ctx.session.flush()
    older = ctx.session.scalars(
        sa.select(Certificate).where(
            Certificate.employee_id == person.id,
            Certificate.type_id == type.id,
            Certificate.id != made.id,
            Certificate.renewed_by_id.is_(None),
            Certificate.issued_on <= made.issued_on,
        )
    )
    for paper in older:
        paper.renewed_by_id = made.id
        bump(paper)
    ctx.session.flush()
    ctx.emit(CertificateRecorded(person.id, type.id))
    return made


@requires(Can.MANAGE_CERTIFICATES)
def record_many(ctx: Context, papers: Sequence[NewCertificate]) -> int:
    """First papers of many people at once, set-wise (cut-over); no older ones are looked for."""
    months = dict(ctx.session.execute(sa.select(CertificateType.id, CertificateType.validity_months)).all())
    ctx.session.execute(
        sa.insert(Certificate),
        [
            {
                "employee_id": paper.employee_id,
                "type_id": paper.type_id,
                "reference": paper.reference,
                "issued_on": paper.issued_on,
                "expires_on": paper.expires_on or expiry_of(paper.issued_on, months[paper.type_id]),
            }
            for paper in papers
        ],
    )
    return len(papers)


@requires(Can.MANAGE_CERTIFICATES)
def correct(
    ctx: Context, id: int, version: int, reference: str, issued_on: date, expires_on: date | None
) -> Certificate:
    """What was written down wrongly. A renewal is recorded as a new paper instead."""
    found = get(ctx.session, visible(ctx).where(Certificate.id == id), what="certificate", version=version, lock=True)
    person = get(ctx.session, employees.visible(ctx).where(Employee.id == found.employee_id), what="employee")
    ctx.need(Can.MANAGE_CERTIFICATES, site_id=person.site_id)
    if issued_on > ctx.today:
        raise Invalid(say("A certificate cannot be issued in the future."), field="issued_on")
    if expires_on is not None and expires_on <= issued_on:
        raise Invalid(say("It expires before it was issued."), field="expires_on")
    found.reference, found.issued_on, found.expires_on = reference.strip(), issued_on, expires_on
    bump(found)
    ctx.session.flush()
    ctx.emit(CertificateRecorded(found.employee_id, found.type_id))
    return found


@requires(Can.MANAGE_CERTIFICATES)
def withdraw(ctx: Context, id: int, version: int, on: date) -> Certificate:
    """A licence was taken away before it expired."""
    found = get(ctx.session, visible(ctx).where(Certificate.id == id), what="certificate", version=version, lock=True)
    if found.withdrawn_on is not None:
        raise Conflict(
            say("This certificate was withdrawn on {withdrawn_on} already.", withdrawn_on=found.withdrawn_on)
        )
    if on < found.issued_on:
        raise Invalid(say("It cannot be withdrawn before it was issued."), field="on")
    found.withdrawn_on = on
    bump(found)
    ctx.session.flush()
    ctx.emit(CertificateRecorded(found.employee_id, found.type_id))
    return found
