"""Approvals: somebody else says yes to a document as it stands; one no stops it, a change voids it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import SQLColumnExpression
from sqlalchemy.orm import aliased, selectinload

from plantops.approval_records import (
    LIVE,
    Approval,
    ApprovalState,
    Claim,
    Decision,
    DecisionRow,
    Standing,
    Step,
    WaitingRow,
)
from plantops.approval_rules import Approver, Rule, Subject, company_currency, rules_for
from plantops.context import SYSTEM_ID, Context, anyone, within
from plantops.db import bump, get
from plantops.delegations import principals
from plantops.errors import Conflict, Forbidden, Invalid
from plantops.events import ManagerOf
from plantops.people import User, UserGrant
from plantops.places import CostCentre
from plantops.wording import mark, say

CHANGED = mark("the document was changed")
STAND_IN_ROLE = "plant_manager"  # decides when the budget holder asked and nobody leads the budget holder


# --- Rules


def why_not_decide(
    approval: Approval, user_id: int, claims: Collection[Claim], content_hash: str, yes: bool, reason: str = ""
) -> str | None:
    """Why this person cannot say yes or no to it now; None when they can. The wrong person comes first."""
    if why := why_not_this_person(approval, user_id, claims):
        return why
    return why_not_now(approval, content_hash, yes, reason)


def why_not_this_person(approval: Approval, user_id: int, claims: Collection[Claim]) -> str | None:
    if user_id == approval.requested_by_id:
        return say("you asked for it yourself")
    if user_id == approval.created_by_id:
        return say("you wrote it yourself")
    if approval.state is not ApprovalState.WAITING:
        return None
    if any(d.decided_by_id == user_id for step in open_steps(approval) for d in step.decisions):
        return say("you have decided already")
    if not claims:
        return say("it waits for somebody else")
    return None


def why_not_now(approval: Approval, content_hash: str, yes: bool, reason: str) -> str | None:
    if approval.state is not ApprovalState.WAITING:
        return say("it is {state} already", state=approval.state)
    if approval.content_hash != content_hash:
        return say(
            "it was changed after its approval was asked for, so that approval is void; it must be submitted again"
        )
    if not yes and not reason.strip():
        return say("a no needs a reason: the requester will read it")
    return None


def open_steps(approval: Approval) -> list[Step]:
    return [step for step in approval.steps if step.level == approval.open_level]


def is_done(step: Step) -> bool:
    return sum(decision.yes for decision in step.decisions) >= step.quorum


def next_level(approval: Approval) -> int | None:
    """The level that decides now: the lowest with a step that lacks a yes. None: everybody said yes."""
    return min((step.level for step in approval.steps if not is_done(step)), default=None)


def why_not_automatic(amount: Decimal, up_to: Decimal | None) -> str | None:
    if up_to is None:
        return say("this kind of document never approves itself")
    return say("it is above {up_to:,.2f}", up_to=up_to) if amount > up_to else None


# --- Questions


def _entitled(person: SQLColumnExpression[int]) -> sa.ColumnElement[bool]:
    """May this person decide this step of this approval (both joined in the query), by role, name or budget?"""
    holds_role = sa.exists().where(
        UserGrant.user_id == person,
        UserGrant.role == Step.role,
        UserGrant.site_id.is_(None) | (UserGrant.site_id == Approval.site_id),
        UserGrant.cost_centre_id.is_(None)
        | Approval.cost_centre_id.is_(None)
        | (UserGrant.cost_centre_id == Approval.cost_centre_id),
    )
    holds_budget = sa.exists().where(CostCentre.id == Approval.cost_centre_id, CostCentre.holder_id == person)
    return sa.and_(
        sa.exists().where(User.id == person, User.active),
        person.not_in((Approval.requested_by_id, Approval.created_by_id)),
        sa.or_(
            sa.and_(Step.approver == Approver.ROLE, holds_role),
            sa.and_(Step.approver == Approver.USER, Step.user_id == person),
            sa.and_(Step.approver == Approver.BUDGET_HOLDER, holds_budget),
        ),
        ~sa.exists().where(
            Decision.step_id == Step.id, sa.or_(Decision.for_id == person, Decision.decided_by_id == person)
        ),
    )


def _open(*columns: SQLColumnExpression[Any]) -> sa.Select[*tuple[Any, ...]]:
    """Steps that can be decided now."""
    done = sa.select(sa.func.count()).where(Decision.step_id == Step.id, Decision.yes).scalar_subquery()
    return (
        sa.select(*columns)
        .select_from(Approval)
        .join(Step, sa.and_(Step.approval_id == Approval.id, Step.level == Approval.open_level))
        .where(Approval.state == ApprovalState.WAITING, done < Step.quorum)
    )


def _claimed(ctx: Context, *columns: SQLColumnExpression[Any]) -> sa.Select[*tuple[Any, ...]]:
    """Open steps that this person may decide today, in their own name first, then on behalf of others."""
    me, behalf, principal = ctx.user.id, principals(ctx), aliased(User)
    return (
        _open(*columns, principal.id.label("for_id"), principal.name.label("for_name"))
        .join(behalf, behalf.c.kind.is_(None) | (behalf.c.kind == Approval.kind))
        .join(principal, principal.id == behalf.c.id)
        .where(
            _entitled(principal.id),
            sa.literal(me) != SYSTEM_ID,
            Approval.requested_by_id != me,
            Approval.created_by_id != me,
            ~sa.exists().where(Decision.step_id == Step.id, Decision.decided_by_id == me),
        )
        .order_by(Approval.asked_at, Approval.id, Step.id, principal.id != me, principal.id)
    )


@within("the document's page asks whether to show the buttons, its action decides by it")
def claims_on(ctx: Context, approval: Approval) -> list[Claim]:
    """The open steps that this person may decide, one claim per step."""
    found: dict[int, Claim] = {}
    for row in ctx.session.execute(_claimed(ctx, Step.id.label("step_id")).where(Approval.id == approval.id)):
        found.setdefault(row.step_id, Claim(row.step_id, row.for_id))
    return list(found.values())


@within("a query for a document asks whether its newest approval waits for this person's yes")
def waits_for_me(ctx: Context, origin: str) -> sa.Exists:
    return _claimed(ctx, Step.id).order_by(None).where(Approval.id == _newest(origin)).exists()


def _newest(origin: str) -> sa.ScalarSelect[int | None]:
    return sa.select(sa.func.max(Approval.id)).where(Approval.origin == origin).scalar_subquery()


@anyone("everybody sees what waits for their own yes")
def waiting_for(ctx: Context, kind: str | None = None) -> list[WaitingRow]:
    """The documents that this person may decide today, the oldest first, each once."""
    asker, centre = aliased(User), aliased(CostCentre)
    query = _claimed(
        ctx, Approval.id, Approval.kind, Approval.origin, Approval.site_id, Approval.amount, Approval.currency,
        Approval.category, asker.name, Approval.asked_at, Step.level, Step.approver, Step.role, centre.code,
        Rule.min_amount,
    ).join(asker, asker.id == Approval.requested_by_id)  # fmt: skip
    query = query.join(Rule, Rule.id == Step.rule_id).outerjoin(centre, centre.id == Approval.cost_centre_id)
    if kind:
        query = query.where(Approval.kind == kind)
    found: dict[int, WaitingRow] = {}
    for row in ctx.session.execute(query):
        behalf = None if row.for_id == ctx.user.id else row.for_name
        values: list[Any] = [*row[:10], behalf, *row[10:-2]]
        found.setdefault(row.id, WaitingRow(*values))
    return list(found.values())


@within("the document's page and its action ask for it; the document is visible there")
def latest(ctx: Context, origin: str, *, lock: bool = False) -> Approval:
    """The newest approval of a document with its steps and decisions. Raises NotFound when none was asked for."""
    query = sa.select(Approval).where(Approval.id == _newest(origin))
    query = query.options(selectinload(Approval.steps).selectinload(Step.decisions))
    return get(ctx.session, query, what="approval", lock=lock)


@within("shown on a document that the person may see")
def state_of(ctx: Context, origin: str) -> Standing | None:
    """Where the newest approval of a document stands; None when none was asked for."""
    asked = sa.exists().where(Approval.origin == origin)
    if not ctx.session.scalar(sa.select(asked)):
        return None
    approval = latest(ctx, origin)
    return Standing(
        state=approval.state,
        content_hash=approval.content_hash,
        automatic=approval.automatic,
        reason=say(approval.reason),
        level=approval.open_level,
        levels=len({step.level for step in approval.steps}),
        waits_for=_may_decide(ctx, approval),
        decisions=_decisions(ctx, approval),
    )


def _may_decide(ctx: Context, approval: Approval) -> tuple[str, ...]:
    person = aliased(User)
    query = _open(person.name).join(person, _entitled(person.id)).where(Approval.id == approval.id)
    return tuple(ctx.session.scalars(query.group_by(person.name, person.sort_key).order_by(person.sort_key)))


def _decisions(ctx: Context, approval: Approval) -> tuple[DecisionRow, ...]:
    who, behalf = aliased(User), aliased(User)
    absent = sa.case((Decision.for_id != Decision.decided_by_id, behalf.name))
    query = (
        sa.select(Step.level, who.name, absent, Decision.yes, Decision.reason, Decision.at)
        .join(Step, Step.id == Decision.step_id)
        .join(who, who.id == Decision.decided_by_id)
        .join(behalf, behalf.id == Decision.for_id)
        .where(Step.approval_id == approval.id)
        .order_by(Decision.id)
    )
    return tuple(DecisionRow(*row) for row in ctx.session.execute(query))


# --- Actions

LIVE_OF = sa.select(Approval).where(Approval.origin == sa.bindparam("origin"), Approval.state.in_(LIVE))


@within("the document's submit action has checked the right")
def request(
    ctx: Context,
    kind: str,
    origin: str,
    *,
    site_id: int,
    amount: Decimal,
    currency: str,
    category: str | None = None,
    cost_centre_id: int | None = None,
    requested_by_id: int,
    content_hash: str,
    automatic_up_to: Decimal | None = None,
    at_once: bool = True,
) -> Approval:
    """Asks for the approvals that the rules want. An earlier one of the same document, with other content, is void.

    Not `at_once`: it is written together with the document's own change, which is flushed by the caller.

    `amount` is in the company's currency, at the document's own rate. Nothing waits below `automatic_up_to`, nor
    where rules for this kind exist and none covers it. Raises Conflict when there is no rule for the kind at all.
    """
    if currency != (own := company_currency(ctx)):
        raise Invalid(say("Limits are compared in {own}. Convert the amount at the document's rate first.", own=own))
    ctx.session.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:origin, 0))"), {"origin": origin})
    live = ctx.session.scalar(LIVE_OF, {"origin": origin})
    if live is not None and live.content_hash == content_hash:
        return live
    if live is not None:
        void(ctx, origin)
    rules, any_rule = rules_for(ctx, Subject(kind, site_id, amount, category, cost_centre_id))
    automatic = why_not_automatic(amount, automatic_up_to) is None
    if not any_rule and not automatic:
        raise Conflict(say("No rule says who approves this kind of document. Ask an administrator to add one."))
    approval = Approval(
        kind=kind,
        origin=origin,
        site_id=site_id,
        amount=amount,
        currency=currency,
        category=category,
        cost_centre_id=cost_centre_id,
        requested_by_id=requested_by_id,
        created_by_id=ctx.on_behalf_of or ctx.user.id,
        content_hash=content_hash,
        state=ApprovalState.WAITING,
        asked_at=ctx.now,
        steps=[],
    )
    if not automatic:
        approval.steps = [_step(ctx, rule, approval) for rule in rules]
    _advance(ctx, approval)
    if approval.state is ApprovalState.APPROVED:
        approval.automatic = True
        approval.reason = mark("below the limit, nobody was asked")
    ctx.session.add(approval)
    if at_once:
        ctx.session.flush()
    return approval


def _step(ctx: Context, rule: Rule, approval: Approval) -> Step:
    """What a rule wants. Where its person is the requester, the one who leads that person decides instead."""
    step = Step(
        level=rule.level,
        rule_id=rule.id,
        approver=rule.approver,
        role=rule.role,
        user_id=rule.user_id,
        quorum=rule.quorum,
        decisions=[],
    )
    if rule.approver is Approver.ROLE:
        return step
    person = rule.user_id
    if rule.approver is Approver.BUDGET_HOLDER:
        centre = ctx.session.get(CostCentre, approval.cost_centre_id) if approval.cost_centre_id else None
        if centre is None:
            raise Conflict(
                say("Its cost centre's budget holder must approve it. Name a cost centre."), field="cost_centre_id"
            )
        if centre.holder_id is None:
            raise Conflict(
                say("Cost centre {code} has no budget holder. Ask an administrator to name one.", code=centre.code)
            )
        person = centre.holder_id
    own = (approval.requested_by_id, approval.created_by_id)
    if person in own:
        leads = [leader for leader in ctx.ask(ManagerOf(person)) if leader not in own]
        step.approver = Approver.USER if leads else Approver.ROLE
        step.user_id, step.role = (leads[0], None) if leads else (None, STAND_IN_ROLE)
        step.note = mark("instead of the person who asked for it")
    return step


def _advance(ctx: Context, approval: Approval) -> None:
    """Opens the next level, or approves when nothing is left to decide."""
    approval.open_level = next_level(approval)
    if approval.open_level is None:
        approval.state, approval.decided_at = ApprovalState.APPROVED, ctx.now


@within("the document's approve or refuse action has checked the right")
def decide(ctx: Context, origin: str, yes: bool, content_hash: str, reason: str = "") -> Approval:
    """This person's yes or no, for themselves or for who delegated to them; `content_hash` of the document as it is.

    Raises Forbidden when it is not theirs to decide, Conflict when it is settled, or changed since it was asked for.
    Look at the state of what comes back: APPROVED only when every level has said yes.
    """
    approval = latest(ctx, origin, lock=True)
    claims = claims_on(ctx, approval)
    if why := why_not_this_person(approval, ctx.user.id, claims):
        raise Forbidden(say("You cannot decide this: {why}.", why=why))
    if why := why_not_now(approval, content_hash, yes, reason):
        raise Conflict(say("This cannot be decided now: {why}.", why=why))
    steps = {step.id: step for step in approval.steps}
    for claim in claims:
        steps[claim.step_id].decisions.append(
            Decision(decided_by_id=ctx.user.id, for_id=claim.for_id, yes=yes, reason=reason.strip(), at=ctx.now)
        )
    if yes:
        _advance(ctx, approval)
    else:
        approval.state, approval.decided_at, approval.open_level = ApprovalState.REFUSED, ctx.now, None
        approval.reason = reason.strip()
    bump(approval)
    ctx.session.flush()
    return approval


@within("the document's own action has found that nothing was done upon the yes")
def take_yes_back(ctx: Context, origin: str, *, since: datetime) -> Approval:
    """This person's last yes is gone, and it waits again. Raises Conflict when another decision came after it, or
    when it was given before `since`: much was done upon it meanwhile.
    """
    approval = latest(ctx, origin, lock=True)
    decisions = [(step, one) for step in approval.steps for one in step.decisions]
    last = max((one.at for _step, one in decisions), default=None)
    mine = [(step, one) for step, one in decisions if one.decided_by_id == ctx.user.id and one.yes and one.at == last]
    if approval.state not in LIVE or not mine:
        raise Conflict(say("This yes cannot be taken back: it is not the last decision."), code="too_late")
    if last is None or last < since:
        raise Conflict(say("This yes cannot be taken back: it was given too long ago."), code="too_late")
    for step, decision in mine:
        step.decisions.remove(decision)
        ctx.session.delete(decision)
    approval.state, approval.decided_at, approval.open_level = ApprovalState.WAITING, None, next_level(approval)
    bump(approval)
    ctx.session.flush()
    return approval


@within("the document's change or cancel action has checked the right")
def void(ctx: Context, origin: str, reason: str = CHANGED) -> None:
    """What was approved, or waited for it, no longer counts: the document changed or was withdrawn.

    `reason` is a sentence that the house marked: it is said in the language of who reads it.
    """
    query = sa.select(Approval).where(Approval.origin == origin, Approval.state.in_(LIVE))
    query = query.with_for_update().execution_options(populate_existing=True)
    for approval in ctx.session.scalars(query):
        approval.state, approval.open_level, approval.reason = ApprovalState.VOID, None, reason
        bump(approval)
    ctx.session.flush()
