"""Approval rules: which documents need whose yes, from which amount on. Data that an administrator changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plantops import places
from plantops.context import Context, requires, within
from plantops.db import Base, Id, Money, Versioned, bump, choice, get
from plantops.errors import Invalid
from plantops.people import User
from plantops.permissions import Can
from plantops.wording import say


class Approver(StrEnum):
    ROLE = "role"
    USER = "user"
    BUDGET_HOLDER = "budget_holder"


class Rule(Versioned, Base):
    """Documents of this kind, from this amount on, need `quorum` yeses at this level."""

    __tablename__ = "core_approval_rule"
    __table_args__ = (
        sa.CheckConstraint("level BETWEEN 1 AND 9", name="level_1_to_9"),
        sa.CheckConstraint("quorum BETWEEN 1 AND 20", name="quorum_1_to_20"),
        sa.CheckConstraint("min_amount >= 0", name="amount_not_negative"),
        sa.CheckConstraint(
            "(approver = 'role') = (role IS NOT NULL) AND (approver = 'user') = (user_id IS NOT NULL)",
            name="one_approver",
        ),
        sa.Index("ix_core_approval_rule_kind", "kind", "level"),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    """The document's table name, e.g. purchasing_requisition."""
    level: Mapped[int] = mapped_column(sa.Integer, default=1)
    min_amount: Mapped[Money] = mapped_column(default=Decimal(0))
    """In the company's currency."""
    category: Mapped[str | None]
    cost_centre_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_cost_centre.id"))
    site_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_site.id"))
    approver: Mapped[Approver] = mapped_column(choice(Approver))
    role: Mapped[str | None]
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_user.id"))
    quorum: Mapped[int] = mapped_column(sa.Integer, default=1)
    archived: Mapped[bool] = mapped_column(default=False)


@dataclass(frozen=True)
class RuleFacts:
    """What an administrator says when adding or changing a rule."""

    kind: str
    level: int = 1
    min_amount: Decimal = Decimal(0)
    category: str | None = None
    cost_centre_id: int | None = None
    site_id: int | None = None
    approver: Approver = Approver.ROLE
    role: str | None = None
    user_id: int | None = None
    quorum: int = 1


@dataclass(frozen=True)
class Subject:
    """What the rules look at in a document."""

    kind: str
    site_id: int
    amount: Decimal
    category: str | None = None
    cost_centre_id: int | None = None


# --- Rules


def covers(rule: Rule, subject: Subject) -> bool:
    """Does the rule speak of this document? A condition that is not named holds for all."""
    return (
        rule.kind == subject.kind
        and rule.min_amount <= subject.amount
        and rule.category in (None, subject.category)
        and rule.cost_centre_id in (None, subject.cost_centre_id)
        and rule.site_id in (None, subject.site_id)
    )


def chosen(rules: Iterable[Rule], subject: Subject) -> list[Rule]:
    """The rules that count, by level.

    At each level those that name the most conditions; among rules with the same conditions the highest amount.
    What is left at one level is needed together: several rules with other conditions, or several with the same.
    """
    found = [rule for rule in rules if covers(rule, subject)]
    kept: list[Rule] = []
    for level in sorted({rule.level for rule in found}):
        here = [rule for rule in found if rule.level == level]
        most = max(named(rule) for rule in here)
        here = [rule for rule in here if named(rule) == most]
        kept += [r for r in here if not any(same_conditions(r, o) and o.min_amount > r.min_amount for o in here)]
    return kept


def named(rule: Rule) -> int:
    return sum(value is not None for value in (rule.category, rule.cost_centre_id, rule.site_id))


def same_conditions(one: Rule, other: Rule) -> bool:
    return (one.category, one.cost_centre_id, one.site_id) == (other.category, other.cost_centre_id, other.site_id)


def wrong_facts(facts: RuleFacts, roles: Iterable[str]) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if not facts.kind.strip():
        wrong["kind"] = say("Say which kind of document needs the approval.")
    if not 1 <= facts.level <= 9:
        wrong["level"] = say("A level is 1 to 9; 1 decides first.")
    if not facts.min_amount.is_finite() or not 0 <= facts.min_amount < Decimal(10) ** 15:
        wrong["min_amount"] = say("The amount is 0 or more.")
    if not 1 <= facts.quorum <= 20:
        wrong["quorum"] = say("Between 1 and 20 people must say yes.")
    if facts.approver is Approver.ROLE and facts.role not in set(roles):
        wrong["role"] = say("There is no role {role}. Choose one of the list.", role=facts.role)
    if facts.approver is Approver.USER and facts.user_id is None:
        wrong["user_id"] = say("Choose the person who approves.")
    if facts.approver is not Approver.ROLE and facts.quorum > 1:
        wrong["quorum"] = say("One person cannot say yes twice: a quorum above 1 needs a role.")
    return wrong


# --- Questions


def visible(ctx: Context) -> sa.Select[Rule]:
    """Rules hold for the whole company; who manages approvals sees them."""
    every = sa.select(Rule)
    return every if ctx.may(Can.MANAGE_APPROVALS) else every.where(sa.false())


@within("documents convert their amount before they ask for approval")
def company_currency(ctx: Context) -> str:
    """The currency in which limits are compared: that of the company's first site."""
    return next(iter(places.currencies(ctx).values()), "EUR")


OF_KIND = sa.select(Rule).where(Rule.kind == sa.bindparam("kind"), ~Rule.archived).order_by(Rule.level, Rule.id)


@within("an approval asks which rules count")
def rules_for(ctx: Context, subject: Subject) -> tuple[list[Rule], bool]:
    """The rules that count for a document, and whether there is any rule for its kind at all."""
    every = ctx.session.scalars(OF_KIND, {"kind": subject.kind}).all()
    return chosen(every, subject), bool(every)


@requires(Can.MANAGE_APPROVALS)
def list_rules(ctx: Context, kind: str | None = None) -> list[Rule]:
    query = visible(ctx).where(~Rule.archived).order_by(Rule.kind, Rule.level, Rule.min_amount, Rule.id)
    return list(ctx.session.scalars(query.where(Rule.kind == kind) if kind else query))


# --- Actions


def _write(ctx: Context, rule: Rule, facts: RuleFacts) -> None:
    wrong = wrong_facts(facts, ctx.registry.role_titles())
    if wrong := wrong | places.wrong_reach(ctx, facts.site_id, facts.cost_centre_id):
        raise Invalid(say("Some of what was entered cannot be."), fields=wrong)
    if facts.user_id and not ctx.session.scalar(sa.select(User.id).where(User.id == facts.user_id, User.active)):
        raise Invalid(say("This account does not exist or was closed. Choose somebody else."), field="user_id")
    rule.kind, rule.level, rule.min_amount, rule.quorum = (
        facts.kind.strip(),
        facts.level,
        facts.min_amount,
        facts.quorum,
    )
    rule.category, rule.cost_centre_id, rule.site_id = facts.category, facts.cost_centre_id, facts.site_id
    rule.approver = facts.approver
    rule.role = facts.role if facts.approver is Approver.ROLE else None
    rule.user_id = facts.user_id if facts.approver is Approver.USER else None


@requires(Can.MANAGE_APPROVALS)
def add_rule(ctx: Context, facts: RuleFacts) -> Rule:
    """Holds for documents that are submitted from now on; what waits goes on under the old rules."""
    ctx.need_everywhere(Can.MANAGE_APPROVALS, to="change who approves")
    new = Rule()
    _write(ctx, new, facts)
    ctx.session.add(new)
    ctx.session.flush()
    return new


@requires(Can.MANAGE_APPROVALS)
def change_rule(ctx: Context, id: int, version: int, facts: RuleFacts) -> Rule:
    ctx.need_everywhere(Can.MANAGE_APPROVALS, to="change who approves")
    changed = get(ctx.session, visible(ctx).where(Rule.id == id), what="rule", version=version, lock=True)
    _write(ctx, changed, facts)
    bump(changed)
    ctx.session.flush()
    return changed


@requires(Can.MANAGE_APPROVALS)
def archive_rule(ctx: Context, id: int, version: int) -> Rule:
    ctx.need_everywhere(Can.MANAGE_APPROVALS, to="change who approves")
    closed = get(ctx.session, visible(ctx).where(Rule.id == id), what="rule", version=version, lock=True)
    closed.archived = True
    bump(closed)
    ctx.session.flush()
    return closed
