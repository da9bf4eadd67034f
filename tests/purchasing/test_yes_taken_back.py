"""A yes of a moment ago is taken back: the requisition waits again, and somebody can say yes anew."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plantops import approvals, lifecycle
from plantops.errors import Conflict
from purchasing import requisition_approval
from purchasing.models import Requisition
from purchasing.models.orders import RequisitionState as State
from purchasing.requisition_lines import NewLine
from tests.houses import NOW
from tests.purchasing.shop import D, Shop

pytestmark = pytest.mark.db

CRANE = NewLine(D(1), description="A crane", unit="each", price=D("9000"))


def approved(shop: Shop) -> Requisition:
    made = shop.requisition(CRANE)
    return requisition_approval.approve(shop.approver, made.id, made.version)


def test_it_waits_again_and_can_be_approved_again(shop: Shop) -> None:
    done = approved(shop)
    back = requisition_approval.take_step_back(shop.approver, done.id, done.version)
    assert back.state is State.SUBMITTED and back.approved_at is None
    standing = approvals.state_of(shop.approver, f"purchasing_requisition:{back.id}")
    assert standing and standing.state == "waiting" and standing.decisions == ()
    assert shop.broken() == []
    again = requisition_approval.approve(shop.approver, back.id, back.version)
    assert again.state is State.APPROVED
    steps = [(step.source, step.target, step.reason) for step in lifecycle.steps(shop.approver, again)]
    assert steps[1:] == [
        ("submitted", "approved", ""),
        ("approved", "submitted", "Undone."),
        ("submitted", "approved", ""),
    ]


def test_a_yes_of_weeks_ago_stays_though_its_giver_changed_the_requisition_a_moment_ago(shop: Shop) -> None:
    done = approved(shop)
    weeks_later = shop.someone(as_="approver,employee", login="aron", now=NOW + timedelta(days=20))
    for deed in (requisition_approval.take_yes_back, requisition_approval.take_step_back):
        with pytest.raises(Conflict, match="too long ago"):
            deed(weeks_later, done.id, done.version)
    assert done.state is State.APPROVED


def test_not_somebody_elses_and_not_what_is_on_an_order(shop: Shop) -> None:
    done = approved(shop)
    other = shop.someone(as_="approver,employee", login="olga")
    with pytest.raises(Conflict, match="somebody else did it"):
        requisition_approval.take_yes_back(other, done.id, done.version)
    done.lines[0].allocated = D(1)
    shop.approver.session.flush()
    with pytest.raises(Conflict, match="on an order"):
        requisition_approval.take_yes_back(shop.approver, done.id, done.version)
