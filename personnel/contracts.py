"""Contracts: the paper behind an employment, its probation and its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa

from personnel import employees
from personnel.models import Assignment, Contract, ContractKind, Employee, Employment, EndReason
from personnel.permissions import Can
from plantops.context import Context, requires, within
from plantops.db import bump, get
from plantops.errors import Conflict, Invalid
from plantops.events import DueItem
from plantops.wording import say

WARN_DAYS = 42


@dataclass(frozen=True)
class NewContract:
    kind: ContractKind
    starts_on: date
    ends_on: date | None = None
    probation_ends_on: date | None = None
    notice_days: int = 30
    renewal_of_id: int | None = None


# --- Rules


def why_not_contract(new: NewContract, hired_on: date, ended_on: date | None, before: Contract | None) -> str | None:
    if new.starts_on < hired_on or (ended_on is not None and new.starts_on >= ended_on):
        return say("it starts outside the employment")
    if ended_on is not None and (new.ends_on is None or new.ends_on > ended_on):
        return say("it ends after the employment")
    if new.ends_on is not None and new.ends_on <= new.starts_on:
        return say("it ends before it starts")
    if new.kind is ContractKind.FIXED_TERM and new.ends_on is None:
        return say("a fixed-term contract needs an end")
    if new.probation_ends_on is not None and new.probation_ends_on <= new.starts_on:
        return say("its probation ends before it starts")
    if new.renewal_of_id is not None and before is None:
        return say("the contract that it renews is somebody else's")
    if before is not None and before.ends_on != new.starts_on:
        return say(
            "a renewal starts on the day after the old contract's last day, {ends_on}",
            ends_on=before.ends_on or "which has none",
        )
    return None


# --- Questions


@dataclass(frozen=True)
class ContractRow:
    id: int
    kind: str
    starts_on: date
    ends_on: date | None
    probation_ends_on: date | None
    probation_decided_on: date | None
    decided_on: date | None
    version: int


def visible(ctx: Context) -> sa.Select[Contract]:
    """Contracts are for the personnel office and for the person: a manager sees when one ends, not the paper."""
    own = sa.select(Employee.id).where(Employee.user_id == ctx.user.id)
    ids = employees.visible_ids(ctx) if ctx.may(Can.READ_EMPLOYEES) else own
    return sa.select(Contract).where(Contract.employee_id.in_(ids))


@requires(Can.READ_EMPLOYEES, Can.READ_OWN)
def list_contracts(ctx: Context, employee_id: int) -> list[ContractRow]:
    found = ctx.session.scalars(
        visible(ctx).where(Contract.employee_id == employee_id).order_by(Contract.starts_on.desc())
    )
    return [
        ContractRow(
            one.id,
            one.kind,
            one.starts_on,
            one.ends_on,
            one.probation_ends_on,
            one.probation_decided_on,
            one.decided_on,
            one.version,
        )
        for one in found
    ]


@within("what falls due is asked by the core with the reader's rights")
def due(ctx: Context, until: date) -> list[DueItem]:
    """Probations and fixed terms that end soon and are not decided."""
    if not ctx.may(Can.READ_EMPLOYEES):
        return []
    query = (
        visible(ctx)
        .join(Employee, Employee.id == Contract.employee_id)
        .add_columns(Employee.name)
        .where(
            sa.or_(
                sa.and_(Contract.probation_ends_on <= until, Contract.probation_decided_on.is_(None)),
                sa.and_(Contract.ends_on <= until, Contract.decided_on.is_(None)),
            )
        )
    )
    items = []
    for contract, name in ctx.session.execute(query):
        probation = contract.probation_ends_on
        href = f"/personnel/employees/{contract.employee_id}"
        if probation and probation <= until and contract.probation_decided_on is None:
            items.append(DueItem(say("Probation of {name} ends", name=name), probation, href, kind="probation"))
        elif contract.ends_on:
            items.append(DueItem(say("Contract of {name} ends", name=name), contract.ends_on, href, kind="contract"))
    return items


# --- Actions


@requires(Can.MANAGE_EMPLOYEES)
def add_contract(ctx: Context, employee_id: int, new: NewContract) -> Contract:
    person = get(ctx.session, employees.visible(ctx).where(Employee.id == employee_id), what="employee", lock=True)
    ctx.need(Can.MANAGE_EMPLOYEES, site_id=person.site_id)
    employment = ctx.session.scalar(
        sa.select(Employment).where(
            Employment.employee_id == employee_id,
            Employment.hired_on <= new.starts_on,
            Employment.ended_on.is_(None) | (Employment.ended_on > new.starts_on),
        )
    )
    if employment is None:
        raise Conflict(
            say("{name} is not employed on {starts_on}.", name=person.name, starts_on=new.starts_on), field="starts_on"
        )
    before = None
    if new.renewal_of_id is not None:
        before = ctx.session.scalar(
            sa.select(Contract).where(Contract.id == new.renewal_of_id, Contract.employee_id == employee_id)
        )
    if reason := why_not_contract(new, employment.hired_on, employment.ended_on, before):
        raise Invalid(
            say("Cannot record this contract of {name}: {reason}.", name=person.name, reason=reason), field="starts_on"
        )
    if before is not None:
        before.decided_on = before.decided_on or ctx.today
        bump(before)
    made = Contract(
        employee_id=employee_id,
        kind=new.kind,
        starts_on=new.starts_on,
        ends_on=new.ends_on,
        probation_ends_on=new.probation_ends_on,
        notice_days=new.notice_days,
        renewal_of_id=new.renewal_of_id,
    )
    ctx.session.add(made)
    ctx.session.flush()
    return made


@requires(Can.MANAGE_EMPLOYEES)
def add_first(ctx: Context, site_id: int, first: Mapping[int, NewContract]) -> int:
    """First contracts of many people at once (cut-over); each lies inside the employment of its person."""
    ctx.need(Can.MANAGE_EMPLOYEES, site_id=site_id)
    employed = ctx.session.execute(
        sa.select(Employment.employee_id, Employment.hired_on, Employment.ended_on)
        .join(Employee, Employee.id == Employment.employee_id)
        .where(Employment.employee_id.in_(first), Employee.site_id == site_id)
    )
    spans = {row.employee_id: (row.hired_on, row.ended_on) for row in employed}
    for id, new in first.items():
        if id not in spans:
            raise Invalid(say("Employee {id} is not employed on this site.", id=id), field="employee_id")
        if reason := why_not_contract(new, *spans[id], None):
            raise Invalid(
                say("Cannot record this contract of employee {id}: {reason}.", id=id, reason=reason), field="starts_on"
            )
    if first:
        ctx.session.execute(sa.insert(Contract), [{"employee_id": id, **vars(new)} for id, new in first.items()])
    return len(first)


@requires(Can.MANAGE_EMPLOYEES)
def decide_probation(ctx: Context, contract_id: int, version: int) -> Contract:
    """The person stays: the probation is passed."""
    found = get(
        ctx.session, visible(ctx).where(Contract.id == contract_id), what="contract", version=version, lock=True
    )
    if found.probation_ends_on is None:
        raise Conflict(say("This contract has no probation."))
    if found.probation_decided_on is not None:
        raise Conflict(
            say(
                "This probation was decided on {probation_decided_on}.", probation_decided_on=found.probation_decided_on
            )
        )
    found.probation_decided_on = ctx.today
    bump(found)
    ctx.session.flush()
    return found


@requires(Can.MANAGE_EMPLOYEES)
def let_end(ctx: Context, contract_id: int, version: int) -> Contract:
    """A fixed-term contract will not be renewed."""
    found = get(
        ctx.session, visible(ctx).where(Contract.id == contract_id), what="contract", version=version, lock=True
    )
    if found.ends_on is None or found.decided_on is not None:
        raise Conflict(say("There is nothing to decide about this contract."))
    found.decided_on = ctx.today
    bump(found)
    ctx.session.flush()
    return found


@requires(Can.MANAGE_EMPLOYEES)
def end_employment(ctx: Context, id: int, version: int, last_day: date, reason: EndReason) -> Employment:
    """The person's last day here. Versions and contracts that run longer end with it; later ones fall away."""
    person = get(
        ctx.session, employees.visible(ctx).where(Employee.id == id), what="employee", version=version, lock=True
    )
    ctx.need(Can.MANAGE_EMPLOYEES, site_id=person.site_id)
    employment = ctx.session.scalar(
        sa.select(Employment).where(
            Employment.employee_id == id, Employment.hired_on <= last_day, Employment.ended_on.is_(None)
        )
    )
    if employment is None:
        raise Conflict(
            say("{name} has no open employment on {last_day}.", name=person.name, last_day=last_day), field="last_day"
        )
    after = last_day + timedelta(days=1)
    employment.ended_on, employment.end_reason = after, reason
    _end_versions(ctx, id, after)
    contract = ctx.session.scalar(
        sa.select(Contract).where(
            Contract.employee_id == id,
            Contract.starts_on < after,
            Contract.ends_on.is_(None) | (Contract.ends_on > after),
        )
    )
    if contract is not None:
        contract.ends_on, contract.decided_on = after, contract.decided_on or ctx.today
        bump(contract)
    bump(person)
    ctx.session.flush()
    return employment


def _end_versions(ctx: Context, employee_id: int, after: date) -> None:
    standing = sa.update(Assignment).where(Assignment.employee_id == employee_id, Assignment.superseded_at.is_(None))
    ctx.session.execute(standing.where(Assignment.valid_from >= after).values(superseded_at=ctx.now))
    longer = Assignment.valid_to.is_(None) | (Assignment.valid_to > after)
    ctx.session.execute(standing.where(Assignment.valid_from < after, longer).values(valid_to=after))
