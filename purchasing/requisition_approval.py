"""Asking and deciding: a requisition is submitted, money is reserved, a budget holder says yes or no."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from plantops import approvals, lifecycle, numbers, options, stock, undo
from plantops.approval_records import ApprovalState
from plantops.approval_rules import company_currency
from plantops.context import SYSTEM_ID, Context, requires, within
from plantops.db import bump, get
from plantops.errors import Conflict, Forbidden
from plantops.items import Category, Item
from plantops.wording import mark, say, whole_day
from purchasing import budgets, prices, rates
from purchasing.budgets import Target
from purchasing.events import RequisitionApproved
from purchasing.models import Requisition
from purchasing.models.orders import RequisitionState as State
from purchasing.models.sources import Stage
from purchasing.permissions import Can
from purchasing.requisitions import KIND, check_head, content_hash, draft, head_of, origin, read, visible

# --- Rules


def why_not_submit(requisition: Requisition, today: date) -> str | None:
    if requisition.state is not State.DRAFT:
        return say("it is {spoken} already", spoken=lifecycle.spoken(requisition.state))
    if not requisition.lines:
        return say("it has no lines yet")
    if any(line.item_id is not None and not line.from_catalogue and line.price == 0 for line in requisition.lines):
        return say("nobody quotes a price for a line: estimate one")
    if requisition.need_by < today:
        return say("it was needed by {need_by}: choose a day from today on", need_by=whole_day(requisition.need_by))
    return None


def why_not_take_back(requisition: Requisition, user_id: int) -> str | None:
    if requisition.state is not State.SUBMITTED:
        return say("it is {spoken}, not waiting", spoken=lifecycle.spoken(requisition.state))
    if user_id not in (requisition.asked_by_id, requisition.entered_by_id):
        return say("somebody else asked for it")
    return None


def why_not_take_yes_back(requisition: Requisition) -> str | None:
    if requisition.state not in (State.SUBMITTED, State.APPROVED):
        return say("it is {spoken}", spoken=lifecycle.spoken(requisition.state))
    if any(line.allocated for line in requisition.lines):
        return say("a part of it is on an order: take it off there first")
    return None


def why_not_cancel(requisition: Requisition) -> str | None:
    if requisition.state not in (State.DRAFT, State.SUBMITTED, State.APPROVED):
        return say("it is {spoken}", spoken=lifecycle.spoken(requisition.state))
    if any(line.allocated for line in requisition.lines):
        return say("a part of it is on an order: take it off there first")
    return None


# --- Actions


@requires(Can.ASK)
def submit(ctx: Context, id: int, version: int) -> Requisition:
    """Asks for approval and reserves the money. Small catalogue requisitions approve themselves."""
    requisition = draft(ctx, id, version)
    if reason := why_not_submit(requisition, ctx.today):
        raise Conflict(say("Cannot submit this requisition: {reason}.", reason=reason))
    if requisition.asked_by_id == SYSTEM_ID and ctx.user.id != SYSTEM_ID:
        requisition.asked_by_id = ctx.user.id
    check_head(ctx, head_of(requisition))
    balance = budgets.balance(ctx, requisition.cost_centre_id, requisition.need_by.year, lock=True)
    if reason := budgets.why_not_spend(balance, requisition.total, requisition.currency):
        raise Conflict(
            say("Cannot submit this requisition: {reason}. Ask the budget holder.", reason=reason), code="over_budget"
        )
    requisition.over_budget = balance.over_by(requisition.total)
    requisition.number = requisition.number or numbers.plain(ctx, "PR", requisition.site_id)
    requisition.submitted_at, requisition.content_hash = ctx.now, content_hash(requisition)
    lifecycle.move(ctx, requisition, State.SUBMITTED)
    bring_reserved(ctx, requisition, [line.amount for line in requisition.lines])
    approval = approvals.request(
        ctx,
        KIND,
        origin(requisition),
        site_id=requisition.site_id,
        amount=_in_company_currency(ctx, requisition),
        currency=company_currency(ctx),
        category=_category(ctx, requisition),
        cost_centre_id=requisition.cost_centre_id,
        requested_by_id=requisition.asked_by_id,
        content_hash=requisition.content_hash,
        automatic_up_to=_approves_itself_up_to(ctx, requisition),
    )
    if approval.state is ApprovalState.APPROVED:
        requisition.approves_itself = approval.automatic
        _approved(ctx, requisition)
    return requisition


@within("submit, cancel and the orders bring the reserved money to what is still to be ordered")
def bring_reserved(ctx: Context, requisition: Requisition, amounts: list[Decimal]) -> None:
    targets = [
        Target(
            Stage.RESERVED,
            amount,
            requisition.site_id,
            requisition.cost_centre_id,
            requisition.need_by.year,
            requisition_line_id=line.id,
        )
        for line, amount in zip(requisition.lines, amounts, strict=True)
    ]
    budgets.bring(ctx, f"{origin(requisition)}:v{requisition.version}", targets)


def _in_company_currency(ctx: Context, requisition: Requisition) -> Decimal:
    rate = rates.rate(ctx, requisition.currency, company_currency(ctx), ctx.today)
    return (requisition.total * rate).quantize(prices.PRICE_STEP, ROUND_HALF_UP)


def _category(ctx: Context, requisition: Requisition) -> str | None:
    """The category of all lines, when it is one."""
    ids = [line.item_id for line in requisition.lines]
    if None in ids:
        return None
    query = sa.select(Category.code).join(Item, Item.category_id == Category.id).where(Item.id.in_(ids)).distinct()
    codes = ctx.session.scalars(query).all()
    return codes[0] if len(codes) == 1 else None


def _approves_itself_up_to(ctx: Context, requisition: Requisition) -> Decimal | None:
    """The plant's limit, when every line comes from the catalogue in a category that approves itself."""
    if requisition.over_budget or not all(line.from_catalogue for line in requisition.lines):
        return None
    ids = [line.item_id for line in requisition.lines]
    stubborn = (
        sa.select(Item.id)
        .join(Category, Category.id == Item.category_id)
        .where(Item.id.in_(ids), ~Category.approves_itself)
    )
    if ctx.session.scalar(stubborn.limit(1)):
        return None
    return options.amount(ctx, "purchasing.approves_itself_up_to", requisition.site_id)


@requires(Can.APPROVE, Can.ASK)
def approve(ctx: Context, id: int, version: int, reason: str = "") -> Requisition:
    """This person's yes; approved once every level has said yes. Whose yes counts is the approval's matter."""
    requisition = _submitted(ctx, id, version)
    approval = approvals.decide(ctx, origin(requisition), True, content_hash(requisition), reason)
    if approval.state is ApprovalState.APPROVED:
        _approved(ctx, requisition)
    else:
        bump(requisition)
        ctx.session.flush()
    return requisition


@requires(Can.APPROVE, Can.ASK)
def reject(ctx: Context, id: int, version: int, reason: str) -> Requisition:
    """One no stops it: back to its writer, who reads why."""
    requisition = _submitted(ctx, id, version)
    approvals.decide(ctx, origin(requisition), False, content_hash(requisition), reason)
    lifecycle.move(ctx, requisition, State.DRAFT, reason)
    _release(ctx, requisition)
    return requisition


def _submitted(ctx: Context, id: int, version: int) -> Requisition:
    """Locked. Seen by who may read it, and by whoever's yes it waits for, delegates included."""
    query = sa.select(Requisition).options(selectinload(Requisition.lines)).where(Requisition.id == id)
    read(ctx, id)
    requisition = get(ctx.session, query, what="requisition", version=version, lock=True)
    if requisition.state is not State.SUBMITTED:
        state = lifecycle.spoken(requisition.state)
        raise Conflict(
            say(
                "Cannot decide {number}: it is {state}, not submitted.",
                number=requisition.number or say("this draft"),
                state=state,
            )
        )
    return requisition


def _approved(ctx: Context, requisition: Requisition) -> None:
    requisition.approved_at = ctx.now
    lifecycle.move(ctx, requisition, State.APPROVED)
    ctx.emit(RequisitionApproved(requisition.id, requisition.site_id, requisition.cost_centre_id, requisition.origin))


def _release(ctx: Context, requisition: Requisition) -> None:
    bring_reserved(ctx, requisition, [Decimal(0)] * len(requisition.lines))


@requires(Can.ASK)
def take_back(ctx: Context, id: int, version: int) -> Requisition:
    """Back to draft, before anybody has decided; what waited for approval is void."""
    requisition = get(
        ctx.session, visible(ctx).where(Requisition.id == id), what="requisition", version=version, lock=True
    )
    if reason := why_not_take_back(requisition, ctx.user.id):
        raise Conflict(say("Cannot take this requisition back: {reason}.", reason=reason))
    approvals.void(ctx, origin(requisition), mark("taken back"))
    lifecycle.move(ctx, requisition, State.DRAFT)
    _release(ctx, requisition)
    return requisition


@requires(Can.ASK, Can.APPROVE)
def take_step_back(ctx: Context, id: int, version: int) -> Requisition:
    """What was submitted a moment ago is a draft again; what was approved a moment ago waits again."""
    if read(ctx, id).state is State.APPROVED:
        return take_yes_back(ctx, id, version)
    mine = visible(ctx).where(Requisition.id == id)
    requisition = get(ctx.session, mine, what="requisition", version=version, lock=True)
    last = undo.check(ctx, requisition)
    done = take_back(ctx, id, version)
    undo.put_back(done, last, "asked_by_id")  # a draft of the house was nobody's before it was sent off
    ctx.session.flush()
    undo.tell(ctx, done)
    return done


@requires(Can.APPROVE, Can.ASK)
def take_yes_back(ctx: Context, id: int, version: int) -> Requisition:
    """This person's yes of a moment ago is none: it waits again, as long as nothing of it is on an order."""
    read(ctx, id)
    query = sa.select(Requisition).options(selectinload(Requisition.lines)).where(Requisition.id == id)
    requisition = get(ctx.session, query, what="requisition", version=version, lock=True)
    undo.check_own(ctx, requisition)
    if why := why_not_take_yes_back(requisition):
        raise Conflict(say("This yes cannot be taken back: {why}.", why=why))
    approvals.take_yes_back(ctx, origin(requisition), since=undo.since(ctx))
    if requisition.state is State.APPROVED:
        requisition.approved_at = None
        lifecycle.move(ctx, requisition, State.SUBMITTED, undo.SAID)
    else:
        bump(requisition)
        ctx.session.flush()
    undo.tell(ctx, requisition)
    return requisition


@requires(Can.ASK, Can.BUY)
def cancel(ctx: Context, id: int, version: int, reason: str) -> Requisition:
    """No longer needed. The asker, or the buyer as long as nothing of it is on an order."""
    requisition = get(
        ctx.session, visible(ctx).where(Requisition.id == id), what="requisition", version=version, lock=True
    )
    own = ctx.user.id in (requisition.asked_by_id, requisition.entered_by_id)
    if not own and not ctx.may(Can.BUY, site_id=requisition.site_id):
        raise Forbidden(say("Only who asked for it, or a buyer, can cancel it."))
    if why := why_not_cancel(requisition):
        raise Conflict(say("Cannot cancel this requisition: {why}.", why=why))
    approvals.void(ctx, origin(requisition), mark("cancelled"))
    lifecycle.move(ctx, requisition, State.CANCELLED, reason)
    _release(ctx, requisition)
    if requisition.store_id is not None:
        stock.no_longer_asked(ctx, origin(requisition))
    return requisition
