"""Which rules count for which document."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from plantops import approval_rules
from plantops.approval_rules import Approver, Rule, RuleFacts, Subject, chosen
from plantops.errors import Forbidden, Invalid, Stale
from tests.houses import Someone
from tests.plantops.approving import KIND, rule


def made(name: str, level: int = 1, min_amount: int = 0, **conditions: Any) -> Rule:
    return Rule(kind=KIND, level=level, min_amount=Decimal(min_amount), approver=Approver.ROLE, role=name, **conditions)


def roles(rules: list[Rule], amount: int = 100, **more: Any) -> list[str | None]:
    return [rule.role for rule in chosen(rules, Subject(KIND, more.pop("site_id", 1), Decimal(amount), **more))]


@pytest.mark.parametrize(
    ("amount", "expected"), [(0, ["a"]), (499, ["a"]), (500, ["a", "b"]), (5000, ["a", "b"]), (10_000, ["c", "b"])]
)
def test_levels_begin_at_their_amount_and_a_higher_rule_of_the_same_level_takes_over(
    amount: int, expected: list[str]
) -> None:
    rules = [made("a"), made("b", level=2, min_amount=500), made("c", min_amount=10_000)]
    assert roles(rules, amount) == expected


def test_the_rule_that_names_more_of_the_document_counts() -> None:
    rules = [made("all"), made("it", category="it"), made("it here", category="it", cost_centre_id=7)]
    assert roles(rules) == ["all"]
    assert roles(rules, category="it") == ["it"]
    assert roles(rules, category="it", cost_centre_id=7) == ["it here"]
    assert roles(rules, category="food", cost_centre_id=7) == ["all"]


def test_rules_that_name_different_things_are_needed_together() -> None:
    rules = [made("it", category="it"), made("hall", cost_centre_id=7)]
    assert roles(rules, category="it", cost_centre_id=7) == ["it", "hall"]


def test_a_rule_of_another_site_or_kind_says_nothing() -> None:
    assert roles([made("there", site_id=2)]) == []
    assert chosen([made("a")], Subject("something_else", 1, Decimal(5))) == []


@pytest.mark.db
@pytest.mark.parametrize(
    ("facts", "field"),
    [
        (RuleFacts(kind=" ", role="plant_manager"), "kind"),
        (RuleFacts(kind=KIND, role="emperor"), "role"),
        (RuleFacts(kind=KIND, role="plant_manager", level=0), "level"),
        (RuleFacts(kind=KIND, role="plant_manager", min_amount=Decimal("NaN")), "min_amount"),
        (RuleFacts(kind=KIND, role="plant_manager", min_amount=Decimal(-1)), "min_amount"),
        (RuleFacts(kind=KIND, role="plant_manager", quorum=0), "quorum"),
        (RuleFacts(kind=KIND, approver=Approver.USER), "user_id"),
        (RuleFacts(kind=KIND, approver=Approver.USER, user_id=999_999), "user_id"),
        (RuleFacts(kind=KIND, approver=Approver.BUDGET_HOLDER, quorum=2), "quorum"),
    ],
)
def test_a_rule_that_cannot_be_names_its_field(ctx: Someone, facts: RuleFacts, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        approval_rules.add_rule(ctx(), facts)
    assert list(refused.value.fields) == [field]


@pytest.mark.db
def test_only_who_manages_approvals_changes_rules(ctx: Someone) -> None:
    there = rule(ctx(as_="administrator"))
    for change in (
        lambda: rule(ctx(as_="plant_manager")),
        lambda: approval_rules.list_rules(ctx(as_="plant_manager")),
        lambda: approval_rules.archive_rule(ctx(as_="plant_manager"), there.id, 1),
    ):
        with pytest.raises(Forbidden):
            change()


@pytest.mark.db
def test_a_rule_is_changed_with_its_version_and_leaves_the_list_when_archived(ctx: Someone) -> None:
    admin = ctx(as_="administrator")
    there = rule(admin)
    facts = RuleFacts(kind=KIND, role="auditor", min_amount=Decimal(50))
    assert approval_rules.change_rule(admin, there.id, 1, facts).role == "auditor"
    with pytest.raises(Stale):
        approval_rules.change_rule(admin, there.id, 1, facts)
    approval_rules.archive_rule(admin, there.id, 2)
    assert approval_rules.list_rules(admin, KIND) == []
