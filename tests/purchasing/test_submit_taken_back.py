"""What was sent off a moment ago is a draft again, and all that the sending wrote on it is gone."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from purchasing import orders, requisition_approval, requisitions, suppliers
from purchasing.models import Requisition, Supplier
from purchasing.models.sources import MinimumRule
from purchasing.requisition_lines import NewLine
from purchasing.suppliers import Terms
from tests.purchasing.shop import D, Shop

pytestmark = pytest.mark.db

CRANE = NewLine(D(1), description="A crane", unit="each", price=D("9000"))


def sent_back(shop: Shop, made: Requisition) -> bool:
    """Whether the home page says "sent back to you"."""
    query = sa.select(Requisition.id).where(Requisition.id == made.id, requisitions.sent_back())
    return shop.asker.session.scalar(query) is not None


def test_a_draft_of_the_house_is_the_houses_again(shop: Shop) -> None:
    keeper = shop.someone(as_="storekeeper,employee", login="stig")
    draft = requisitions.start(keeper.as_system(), shop.head(), (CRANE,), raised_by="core_stock_balance:1:1")
    sent = requisition_approval.submit(keeper, draft.id, draft.version)
    assert sent.asked_by_id == keeper.user.id
    back = requisition_approval.take_step_back(keeper, sent.id, sent.version)
    listed = sa.select(Requisition.id).where(requisitions.drafted_by_house())
    assert back.state == "draft" and keeper.session.scalars(listed).all() == [back.id]


def test_only_who_is_told_no_reads_that_it_was_sent_back(shop: Shop) -> None:
    made = shop.requisition(CRANE)
    back = requisition_approval.take_step_back(shop.asker, made.id, made.version)
    assert back.number and not sent_back(shop, back)
    again = requisition_approval.submit(shop.asker, back.id, back.version)
    taken = requisition_approval.take_back(shop.asker, again.id, again.version)
    assert not sent_back(shop, taken)
    again = requisition_approval.submit(shop.asker, taken.id, taken.version)
    refused = requisition_approval.reject(shop.approver, again.id, again.version, "Rent one.")
    assert sent_back(shop, refused)


def test_what_a_small_order_costs_extra_goes_again(shop: Shop) -> None:
    supplier = shop.fresh(Supplier, shop.supplier_id)
    dear = Terms(minimum_rule=MinimumRule.FREE_FREIGHT, minimum_value=D(10000), charge=D(80))
    suppliers.change_terms(shop.buyer, supplier.id, supplier.version, dear)
    order = shop.draft_order(NewLine(D(1), description="A lift", price=D(6000)))
    sent = orders.submit(shop.buyer, order.id, order.version)
    assert (sent.state, sent.freight, sent.total) == ("pending_approval", D(80), D(6080))
    back = orders.take_step_back(shop.buyer, sent.id, sent.version)
    assert (back.state, back.freight, back.total) == ("draft", D(0), D(6000))
    assert shop.broken() == []
