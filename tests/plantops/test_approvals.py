"""Who says yes to what, in which order, and what makes a yes worthless."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa

from plantops import approvals, people, places
from plantops.approval_records import Approval, ApprovalState
from plantops.approval_rules import Approver
from plantops.core import House
from plantops.delegations import delegate, end_delegation, list_delegations
from plantops.errors import Conflict, Forbidden, Invalid, NotFound
from plantops.permissions import Can
from plantops.wording import speaking
from tests.houses import Someone
from tests.plantops.approving import HASH, KIND, ORIGIN, ask, centre, names, no, rule, verrin, yes

pytestmark = pytest.mark.db
TODAY_TO = timedelta(days=3)


# --- One level


def test_one_yes_of_the_role_approves(ctx: Someone) -> None:
    rule(ctx())
    ask(ctx(as_="employee"))
    assert names(ctx()) == ()
    manager = ctx(as_="plant_manager")
    assert names(ctx()) == ("Plant_Manager",)
    assert [row.origin for row in approvals.waiting_for(manager)] == [ORIGIN]
    assert yes(manager).state is ApprovalState.APPROVED
    assert approvals.waiting_for(manager) == []
    standing = approvals.state_of(ctx(), ORIGIN)
    assert standing is not None
    assert standing.holds_for(HASH)
    assert [(d.who, d.on_behalf_of, d.yes) for d in standing.decisions] == [("Plant_Manager", None, True)]


def test_the_requester_never_decides_whatever_roles_they_hold(ctx: Someone) -> None:
    rule(ctx())
    asker = ctx(as_="plant_manager,administrator", login="ana")
    ask(asker)
    assert approvals.waiting_for(asker) == []
    with pytest.raises(Forbidden, match="you asked for it yourself"):
        yes(asker)


def test_who_wrote_it_for_somebody_else_does_not_decide_either(ctx: Someone) -> None:
    rule(ctx())
    clerk = ctx(as_="plant_manager", login="clerk")
    ask(clerk, requested_by_id=ctx(as_="employee").user.id)
    with pytest.raises(Forbidden, match="you wrote it yourself"):
        yes(clerk)


def test_somebody_without_the_role_does_not_decide_nor_does_the_system(ctx: Someone) -> None:
    rule(ctx())
    ask(ctx(as_="employee"))
    for wrong in (ctx(as_="auditor"), ctx()):
        with pytest.raises(Forbidden, match="somebody else"):
            yes(wrong)
    assert approvals.waiting_for(ctx()) == []


def test_the_role_at_another_site_or_cost_centre_does_not_count(ctx: Someone) -> None:
    rule(ctx())
    system = ctx()
    other = places.add_site(system, "OST", "Osterby", zone="Europe/Luxembourg", currency="EUR", country="LU")
    away = ctx(as_="employee", login="away").user.id
    people.grant(system, away, "plant_manager", site_id=other.id)
    people.grant(system, away, "plant_manager", cost_centre_id=centre(system, "4200").id)
    ask(ctx(as_="employee"), cost_centre_id=centre(system).id)
    with pytest.raises(Forbidden):
        yes(ctx(as_="employee", login="away"))
    people.grant(system, away, "plant_manager", site_id=verrin(system), cost_centre_id=centre(system).id)
    assert yes(ctx(as_="employee", login="away")).state is ApprovalState.APPROVED


def test_a_no_needs_a_reason_and_stops_everything(ctx: Someone) -> None:
    rule(ctx())
    rule(ctx(), "auditor", level=2)
    ask(ctx(as_="employee"))
    with pytest.raises(Conflict, match="a no needs a reason"):
        no(ctx(as_="plant_manager"), "  ")
    assert no(ctx(as_="plant_manager"), "too dear").state is ApprovalState.REFUSED
    with pytest.raises(Conflict, match="it is refused already"):
        yes(ctx(as_="auditor"))
    standing = approvals.state_of(ctx(), ORIGIN)
    assert standing is not None
    assert (standing.reason, standing.waits_for) == ("too dear", ())


# --- Levels, quorum, budget holders


def test_levels_decide_one_after_the_other(ctx: Someone) -> None:
    rule(ctx())
    rule(ctx(), "auditor", level=2, min_amount=Decimal(500))
    ask(ctx(as_="employee"))
    second = ctx(as_="auditor")
    assert approvals.waiting_for(second) == []
    with pytest.raises(Forbidden, match="somebody else"):
        yes(second)
    first = yes(ctx(as_="plant_manager"))
    assert (first.state, first.open_level) == (ApprovalState.WAITING, 2)
    assert approvals.waiting_for(second)[0].level == 2
    assert yes(second).state is ApprovalState.APPROVED


def test_a_quorum_needs_different_people(ctx: Someone) -> None:
    rule(ctx(), quorum=2)
    ask(ctx(as_="employee"))
    one, two = ctx(as_="plant_manager", login="one"), ctx(as_="plant_manager", login="two")
    assert yes(one).state is ApprovalState.WAITING
    assert names(ctx()) == ("Two",)
    with pytest.raises(Forbidden, match="you have decided already"):
        yes(one)
    assert yes(two).state is ApprovalState.APPROVED


def test_two_rules_of_one_level_are_both_needed_and_one_person_may_meet_both(ctx: Someone) -> None:
    system = ctx()
    rule(system, category="it")
    rule(system, "auditor", cost_centre_id=centre(system).id)
    about: dict[str, Any] = {"category": "it", "cost_centre_id": centre(system).id}
    ask(ctx(as_="employee"), **about)
    assert yes(ctx(as_="plant_manager")).state is ApprovalState.WAITING
    assert yes(ctx(as_="auditor")).state is ApprovalState.APPROVED
    ask(ctx(as_="employee"), content="again", **about)
    assert yes(ctx(as_="plant_manager,auditor", login="both"), "again").state is ApprovalState.APPROVED


def test_the_budget_holder_of_the_cost_centre_decides(ctx: Someone) -> None:
    system = ctx()
    rule(system, None, approver=Approver.BUDGET_HOLDER)
    with pytest.raises(Conflict, match="Name a cost centre"):
        ask(ctx(as_="employee"))
    with pytest.raises(Conflict, match="4100 has no budget holder"):
        ask(ctx(as_="employee"), cost_centre_id=centre(system).id)
    holder = ctx(as_="employee", login="holder")
    centre(system).holder_id = holder.user.id
    ask(ctx(as_="employee"), cost_centre_id=centre(system).id)
    assert names(system) == ("Holder",)
    assert yes(holder).state is ApprovalState.APPROVED


def test_where_the_budget_holder_asked_the_plant_manager_decides(ctx: Someone) -> None:
    system = ctx()
    rule(system, None, approver=Approver.BUDGET_HOLDER)
    holder = ctx(as_="employee", login="holder")
    centre(system).holder_id = holder.user.id
    asked = ask(holder, cost_centre_id=centre(system).id)
    assert asked.steps[0].note == "instead of the person who asked for it"
    assert yes(ctx(as_="plant_manager")).state is ApprovalState.APPROVED


def test_a_named_person_decides(ctx: Someone) -> None:
    boss = ctx(as_="employee", login="boss")
    rule(ctx(), None, approver=Approver.USER, user_id=boss.user.id)
    ask(ctx(as_="employee"))
    assert yes(boss).state is ApprovalState.APPROVED


# --- Nobody is asked


def test_below_the_limit_it_approves_itself_and_above_not(ctx: Someone) -> None:
    rule(ctx())
    assert ask(ctx(as_="employee"), "250.01", automatic_up_to=Decimal(250)).state is ApprovalState.WAITING
    small = ask(ctx(as_="employee"), "250", content="smaller", automatic_up_to=Decimal(250))
    assert (small.state, small.automatic, small.steps) == (ApprovalState.APPROVED, True, [])


def test_why_nobody_was_asked_is_read_in_ones_own_language(ctx: Someone) -> None:
    rule(ctx())
    with speaking("de"):
        small = ask(ctx(as_="employee"), "250", automatic_up_to=Decimal(250))
        here = approvals.state_of(ctx(), small.origin)
    there = approvals.state_of(ctx(), small.origin)
    assert here is not None and here.reason == "unter der Grenze, niemand wurde gefragt"
    assert there is not None and there.reason == "below the limit, nobody was asked"


def test_where_rules_begin_at_an_amount_less_needs_nobody(ctx: Someone) -> None:
    rule(ctx(), min_amount=Decimal(1000))
    assert ask(ctx(as_="employee"), "999.99").automatic


def test_without_any_rule_nothing_is_waved_through(ctx: Someone) -> None:
    with pytest.raises(Conflict, match="No rule says who approves"):
        ask(ctx(as_="employee"))


def test_limits_are_compared_in_the_companys_currency_only(ctx: Someone) -> None:
    rule(ctx())
    with pytest.raises(Invalid, match="compared in EUR"):
        ask(ctx(as_="employee"), currency="USD")


# --- A change makes it void


def test_a_yes_to_other_content_is_refused(ctx: Someone) -> None:
    rule(ctx())
    ask(ctx(as_="employee"))
    with pytest.raises(Conflict, match="it was changed after its approval was asked for"):
        yes(ctx(as_="plant_manager"), "price doubled")
    assert yes(ctx(as_="plant_manager")).state is ApprovalState.APPROVED


def test_an_approval_holds_only_for_what_was_approved(ctx: Someone) -> None:
    rule(ctx())
    ask(ctx(as_="employee"))
    yes(ctx(as_="plant_manager"))
    standing = approvals.state_of(ctx(), ORIGIN)
    assert standing is not None
    assert not standing.holds_for("price doubled")
    approvals.void(ctx(), ORIGIN)
    with pytest.raises(Conflict, match="it is void already"):
        yes(ctx(as_="plant_manager", login="late"))


def test_asking_again_for_the_same_keeps_the_answer_and_for_other_content_begins_anew(ctx: Someone) -> None:
    rule(ctx())
    asker = ctx(as_="employee")
    first = ask(asker)
    yes(ctx(as_="plant_manager"))
    assert ask(asker).id == first.id
    second = ask(asker, content="changed")
    assert (second.state, first.state) == (ApprovalState.WAITING, ApprovalState.VOID)


def test_what_nobody_asked_for_cannot_be_decided(ctx: Someone) -> None:
    assert approvals.state_of(ctx(), ORIGIN) is None
    with pytest.raises(NotFound):
        yes(ctx(as_="plant_manager"))


# --- Delegation


def test_a_delegate_decides_on_behalf_and_it_is_recorded(ctx: Someone) -> None:
    rule(ctx())
    boss, deputy = ctx(as_="plant_manager", login="boss"), ctx(as_="employee", login="deputy")
    delegate(boss, deputy.user.id, boss.today, boss.today + TODAY_TO)
    ask(ctx(as_="employee"))
    assert [row.on_behalf_of for row in approvals.waiting_for(deputy)] == ["Boss"]
    yes(deputy)
    standing = approvals.state_of(ctx(), ORIGIN)
    assert standing is not None
    assert [(d.who, d.on_behalf_of) for d in standing.decisions] == [("Deputy", "Boss")]


def test_a_delegate_never_decides_what_either_of_them_asked_for(ctx: Someone) -> None:
    rule(ctx())
    boss, deputy = ctx(as_="plant_manager", login="boss"), ctx(as_="employee", login="deputy")
    delegate(boss, deputy.user.id, boss.today, boss.today + TODAY_TO)
    ask(boss)
    with pytest.raises(Forbidden, match="somebody else"):
        yes(deputy)
    ask(deputy, content="deputy's own")
    with pytest.raises(Forbidden, match="you asked for it yourself"):
        yes(deputy, "deputy's own")


@pytest.mark.parametrize("how", ["not yet", "over", "ended", "other kind", "giver's account closed"])
def test_a_delegation_counts_on_its_days_for_its_kind_only(ctx: Someone, how: str) -> None:
    rule(ctx())
    boss, deputy = ctx(as_="plant_manager", login="boss"), ctx(as_="employee", login="deputy")
    start = boss.today + timedelta(days=1) if how == "not yet" else boss.today
    kind = "housekeeping_other" if how == "other kind" else KIND
    given = delegate(boss, deputy.user.id, start, start + TODAY_TO, kind=kind)
    now = boss.now
    if how == "over":
        now += timedelta(days=4)
    elif how == "ended":
        end_delegation(boss, given.id, 1)
    elif how == "giver's account closed":
        people.close_account(ctx(), boss.user.id, 1 + len(boss.user.roles))
    ask(ctx(as_="employee"))
    late = ctx(as_="employee", login="deputy", now=now)
    assert approvals.waiting_for(late) == []
    with pytest.raises(Forbidden):
        yes(late)


def test_a_delegation_is_not_passed_on(ctx: Someone) -> None:
    rule(ctx())
    boss, deputy, third = (
        ctx(as_=role, login=login) for role, login in (("plant_manager", "a"), ("employee", "b"), ("employee", "c"))
    )
    delegate(boss, deputy.user.id, boss.today, boss.today)
    delegate(deputy, third.user.id, boss.today, boss.today)
    ask(ctx(as_="employee"))
    assert approvals.waiting_for(third) == []


def test_a_person_and_their_delegate_are_one_voice(ctx: Someone) -> None:
    rule(ctx(), quorum=2)
    boss = ctx(as_="plant_manager", login="boss")
    deputy = ctx(as_="employee", login="deputy")
    delegate(boss, deputy.user.id, boss.today, boss.today)
    ask(ctx(as_="employee"))
    yes(boss)
    with pytest.raises(Forbidden, match="somebody else"):
        yes(deputy)


def test_delegations_that_cannot_be(ctx: Someone) -> None:
    boss, deputy = ctx(as_="plant_manager", login="boss"), ctx(as_="employee", login="deputy")
    today = boss.today
    for to, first, last in (
        (boss.user.id, today, today),
        (deputy.user.id, today, today - timedelta(days=1)),
        (deputy.user.id, today - TODAY_TO, today - timedelta(days=1)),
        (deputy.user.id, today, today + timedelta(days=400)),
        (999_999, today, today),
    ):
        with pytest.raises(Invalid):
            delegate(boss, to, first, last)
    delegate(boss, deputy.user.id, today, today + TODAY_TO)
    with pytest.raises(Conflict, match="already"):
        delegate(boss, ctx(as_="employee", login="other").user.id, today + TODAY_TO, today + 2 * TODAY_TO)
    with pytest.raises(Forbidden):
        delegate(deputy, boss.user.id, today, today, from_user_id=ctx(as_="employee").user.id)


def test_one_sees_only_ones_own_delegations_and_only_the_giver_ends_one(ctx: Someone) -> None:
    boss, deputy = ctx(as_="plant_manager", login="boss"), ctx(as_="employee", login="deputy")
    given = delegate(boss, deputy.user.id, boss.today, boss.today, note="leave")
    assert [row.from_name for row in list_delegations(deputy)] == ["Boss"]
    assert list_delegations(ctx(as_="employee", login="other")) == []
    assert len(list_delegations(ctx(as_="administrator"))) == 1
    with pytest.raises(NotFound):
        end_delegation(deputy, given.id, 1)
    end_delegation(ctx(as_="administrator"), given.id, 1)
    assert list_delegations(boss) == []


# --- Many at once


def test_a_hundred_at_once_give_exactly_the_quorum(plant: House) -> None:
    with plant.acting() as ctx:
        rule(ctx, quorum=20)
        asker = people.add_user(ctx, "asker", "Asker").id
        voters = [people.add_user(ctx, f"voter{n}", f"Voter {n}").id for n in range(50)]
        for voter in voters:
            people.grant(ctx, voter, "plant_manager")
    with plant.acting(asker) as ctx:
        ask(ctx)
    start = Barrier(10)

    def press(thread: int) -> list[str]:
        start.wait()
        said: list[str] = []
        for voter in voters[thread % 5 * 10 : thread % 5 * 10 + 10]:  # two threads press for the same ten people
            try:
                said.append(str(plant.run(yes, voter).state))
            except (Conflict, Forbidden) as refused:
                said.append(refused.code)
        return said

    with ThreadPoolExecutor(10) as pool:
        said = [each for answers in pool.map(press, range(10)) for each in answers]
    assert len(said) == 100
    assert (said.count("waiting"), said.count("approved")) == (19, 1)
    with plant.acting() as ctx:
        standing = approvals.state_of(ctx, ORIGIN)
        assert standing is not None
        assert len({decision.who for decision in standing.decisions}) == len(standing.decisions) == 20


def test_two_submitting_at_once_ask_once(plant: House) -> None:
    with plant.acting() as ctx:
        rule(ctx)
        asker = people.add_user(ctx, "asker", "Asker").id
    start = Barrier(4)

    def submit(_: int) -> int:
        start.wait()
        return plant.run(ask, asker).id

    with ThreadPoolExecutor(4) as pool:
        ids = set(pool.map(submit, range(4)))
    with plant.acting() as ctx:
        assert list(ctx.session.scalars(sa.select(Approval.id))) == list(ids)


def test_everybody_may_delegate_their_own(ctx: Someone) -> None:
    assert ctx(as_="employee").may(Can.DELEGATE)
