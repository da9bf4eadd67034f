"""Purchasing's three weekly figures on a hand-made week: each equals the ledger and the sum of its rows."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from plantops import weekly_report
from plantops.weekly import Indicator, Part, Span, WeekTotal
from purchasing import amendments, budgets, invoices, receipts, settlement
from purchasing.models.sources import Check
from purchasing.receipt_rules import Came
from purchasing.receipts import NewReceipt
from purchasing.reports.blocked import BLOCKED_INVOICES, unposted
from purchasing.reports.budget import BUDGET_FORECAST, money
from purchasing.reports.on_time import ON_TIME_IN_FULL
from purchasing.requisition_lines import NewLine
from tests.purchasing.shop import TODAY, D, Shop

pytestmark = pytest.mark.db

WEEK = Span.of_day(TODAY)


def total_of(shop: Shop, indicator: Indicator, span: Span = WEEK, today: date | None = None) -> WeekTotal:
    """The week's total, after it was compared with the ledger and with its own rows."""
    ctx = shop.someone() if today is None else shop.someone(now=shop.someone.now + (today - TODAY))
    found = {one.monday: one for one in indicator.weeks(ctx, Span(span.first - timedelta(days=91), span.after))}
    total = found.get(span.first) or WeekTotal(span.first, D(0), None)
    assert weekly_report.equals(total, weekly_report._in_ledger(ctx, indicator, span))
    for part, expected in ((Part.NUMERATOR, total.numerator), (Part.DENOMINATOR, total.denominator)):
        if expected is not None:
            rows = indicator.rows(ctx, span, part, 500)
            assert rows.total == expected == sum((row["amount"] for row in rows.rows), D(0))
            assert {column.key for column in rows.columns} <= set(rows.rows[0]) if rows.rows else True
    return total


def test_on_time_in_full_is_measured_at_the_first_confirmed_date(shop: Shop) -> None:
    kept = shop.issued(NewLine(D(500), shop.gloves_id), need_by=TODAY)
    late = shop.issued(NewLine(D(500), shop.gloves_id), need_by=TODAY)
    moved = shop.issued(NewLine(D(500), shop.gloves_id), need_by=TODAY)
    shop.issued(NewLine(D(500), shop.gloves_id), need_by=TODAY + timedelta(days=30))
    shop.receive(kept, 5)
    shop.receive(late, 4)
    late = amendments.acknowledge(shop.buyer, late.id, receipts.expected_order(shop.receiver, late.id).version)
    amendments.promise(shop.buyer, late.id, late.version, {late.lines[0].id: TODAY + timedelta(days=9)})
    amendments.promise(shop.buyer, moved.id, moved.version, {moved.lines[0].id: TODAY}, by_us=True)
    total = total_of(shop, ON_TIME_IN_FULL)
    assert (total.numerator, total.denominator) == (D(1), D(2))
    assert [one.name for one in ON_TIME_IN_FULL.causes(shop.someone(), WEEK)] == ["Kessling Hygiene"]  # type: ignore[misc]
    assert ON_TIME_IN_FULL.rows(shop.someone(), WEEK, Part.EXCLUDED, 10).total == D(1)


def test_the_budget_forecast_adds_what_is_billed_due_and_planned(shop: Shop) -> None:
    months = [D(100)] * 12
    budgets.set_budget(shop.someone(), shop.centre_id, TODAY.year, D(1200), rule=Check.WARN, months=months)
    order = shop.issued(NewLine(D(500), shop.gloves_id), need_by=TODAY)
    shop.issued(NewLine(D(500), shop.gloves_id), need_by=TODAY + timedelta(days=20))
    shop.issued(NewLine(D(500), shop.gloves_id), need_by=TODAY, cost_centre_id=shop.other_centre_id)
    # By Sunday 29 November: the due order, a day of November, and December.
    planned = D("100") / 30 * 1 + 100
    total = total_of(shop, BUDGET_FORECAST)
    assert (total.numerator, total.denominator) == (D("47.50") + planned.quantize(D("0.01")), D(1200))
    shop.receive(order, 5)
    shop.bill(order)
    assert total_of(shop, BUDGET_FORECAST).numerator == total.numerator
    strip = {title: value for title, value, _, _ in money(shop.someone(), WEEK)}
    assert strip["Billed"] == D("47.50")
    assert strip["Open orders"] == D(95)
    assert strip["Forecast"] == total.numerator


def test_bills_count_as_blocked_after_five_working_days(shop: Shop) -> None:
    order = shop.issued(NewLine(D(500), shop.gloves_id), NewLine(D(40), shop.bearing_id))
    shop.receive(order, 5, 40)
    came = WEEK.after - timedelta(days=11)  # the Thursday of the week before
    lines = invoices.open_lines(shop.payable, order.id)
    old = shop.capture(lines[:1], "R-1", order_id=order.id, invoice_date=came, arrived_on=came)
    shop.capture(lines[1:], "R-2", order_id=order.id, invoice_date=came, arrived_on=came + timedelta(days=1))
    assert total_of(shop, BLOCKED_INVOICES).numerator == D("47.50")
    assert total_of(shop, BLOCKED_INVOICES, WEEK.back(1)).numerator == D(0)
    disputed = settlement.dispute(shop.payable, old.id, old.version, True)
    assert total_of(shop, BLOCKED_INVOICES).numerator == D(0)
    assert BLOCKED_INVOICES.rows(shop.someone(), WEEK, Part.EXCLUDED, 10).total == D("47.50")
    freed = settlement.dispute(shop.payable, disputed.id, disputed.version, False)
    settlement.approve(shop.payable, freed.id, freed.version)
    assert total_of(shop, BLOCKED_INVOICES).numerator == D(0)


def test_receipts_that_nobody_posted_are_told(shop: Shop) -> None:
    order = shop.issued()
    receipts.start(shop.receiver, NewReceipt(order.id, (Came(order.lines[0].id, Decimal(1)),), TODAY))
    assert [row[1] for row in unposted(shop.someone(), WEEK)] == [1]
