"""What approval tests need: people, rules, and a document that asks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from plantops import approvals
from plantops.approval_records import Approval
from plantops.approval_rules import Approver, Rule, RuleFacts, add_rule
from plantops.context import Context
from plantops.places import CostCentre, Site

KIND, ORIGIN, HASH = "purchasing_paper", "purchasing_paper:17", "as it was submitted"


def verrin(ctx: Context) -> int:
    return ctx.session.scalars(sa.select(Site.id).where(Site.code == "VER")).one()


def centre(ctx: Context, code: str = "4100") -> CostCentre:
    return ctx.session.scalars(sa.select(CostCentre).where(CostCentre.code == code)).one()


def rule(ctx: Context, role: str | None = "plant_manager", **facts: Any) -> Rule:
    approver = Approver.ROLE if role else facts.pop("approver")
    return add_rule(ctx, RuleFacts(kind=KIND, role=role, approver=approver, **facts))


def ask(ctx: Context, amount: str = "900", *, content: str = HASH, **more: Any) -> Approval:
    asked = {"site_id": verrin(ctx), "currency": "EUR", "requested_by_id": ctx.user.id, **more}
    return approvals.request(ctx, KIND, ORIGIN, amount=Decimal(amount), content_hash=content, **asked)


def yes(ctx: Context, content: str = HASH) -> Approval:
    return approvals.decide(ctx, ORIGIN, True, content)


def no(ctx: Context, reason: str) -> Approval:
    return approvals.decide(ctx, ORIGIN, False, HASH, reason)


def names(ctx: Context) -> tuple[str, ...]:
    standing = approvals.state_of(ctx, ORIGIN)
    assert standing is not None
    return standing.waits_for
