"""Transport orders: what may be asked for, who sees it, what becomes of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from plantops.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from tests.houses import Someone
from tests.transport import making
from transport import orders, plans
from transport.models import OrderState

pytestmark = pytest.mark.db


def good(ctx: Someone) -> orders.NewOrder:
    boss = ctx(as_="dispatcher")
    where = making.address(boss, "A", "49.6", "6.1")
    return orders.NewOrder(making.site_id(boss), making.DAY, where.id, "Boxes", Decimal(10))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("what", "  "),
        ("weight_kg", Decimal(-1)),
        ("weight_kg", Decimal("1e12")),
        ("volume_m3", Decimal(-1)),
        ("to_minute", -5),
        ("service_minutes", Decimal(5000)),
        ("priority", 12),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(ctx: Someone, field: str, value: object) -> None:
    with pytest.raises(Invalid) as caught:
        orders.request(ctx(as_="requester"), replace(good(ctx), **{field: value}))  # type: ignore[arg-type]
    assert field in caught.value.fields


def test_a_day_that_is_over_cannot_be_asked_for(ctx: Someone) -> None:
    with pytest.raises(Invalid, match="This day is over"):
        orders.request(ctx(as_="requester"), replace(good(ctx), day=ctx().today - timedelta(days=1)))


def test_numbers_run_on_and_the_requester_sees_only_the_own(ctx: Someone) -> None:
    new = good(ctx)
    one = orders.request(ctx(as_="requester", login="ann"), new)
    two = orders.request(ctx(as_="requester", login="bob"), new)
    assert one.number != two.number
    assert orders.order(ctx(as_="requester", login="ann"), one.id).id == one.id
    with pytest.raises(NotFound):
        orders.order(ctx(as_="requester", login="ann"), two.id)
    assert len(orders.list_orders(ctx(as_="dispatcher"), new.site_id, making.DAY)) == 2


def test_only_the_requester_or_the_dispatcher_cancels_and_says_why(ctx: Someone) -> None:
    asked = orders.request(ctx(as_="requester", login="ann"), good(ctx))
    with pytest.raises(NotFound):
        orders.cancel(ctx(as_="requester", login="bob"), asked.id, asked.version, "mine now")
    with pytest.raises(Invalid, match="Say why"):
        orders.cancel(ctx(as_="requester", login="ann"), asked.id, asked.version, "")
    with pytest.raises(Stale):
        orders.cancel(ctx(as_="requester", login="ann"), asked.id, asked.version + 1, "changed")
    assert orders.cancel(ctx(as_="dispatcher"), asked.id, asked.version, "not needed").state is OrderState.CANCELLED


def published(ctx: Someone) -> tuple[int, int]:
    """A stop of a published plan and its order."""
    boss = ctx(as_="dispatcher")
    van = making.van(boss)
    asked = making.order(boss, making.address(boss, "A", "49.6", "6.1"))
    plan = making.draft(boss, van, [asked])
    plans.publish(boss, plan.id, plan.version, "the agency drives")
    return plan.trips[0].stops[0].id, asked.id


def test_a_stop_is_reported_once_whatever_is_pressed_twice(ctx: Someone) -> None:
    stop, order = published(ctx)
    driver = ctx(as_="driver")
    first = orders.arrive(driver, stop).arrived_at
    again = ctx(as_="driver", now=ctx.now + timedelta(minutes=5))
    assert orders.arrive(again, stop).arrived_at == first
    with pytest.raises(Invalid, match="Who took the goods"):
        orders.finish(driver, stop, OrderState.DELIVERED)
    done = orders.finish(driver, stop, OrderState.DELIVERED, signed_by="Gate")
    version = done.version
    assert orders.finish(driver, stop, OrderState.DELIVERED, signed_by="Gate").version == version
    assert orders.order(ctx(as_="dispatcher"), order).state is OrderState.DELIVERED
    with pytest.raises(Conflict):
        orders.finish(driver, stop, OrderState.NOBODY)


def test_a_refused_delivery_needs_a_reason_and_a_stop_ends_only_as_a_stop_can(ctx: Someone) -> None:
    stop, _order = published(ctx)
    with pytest.raises(Invalid, match="Say why"):
        orders.finish(ctx(as_="driver"), stop, OrderState.REFUSED)
    with pytest.raises(Invalid, match="ends as"):
        orders.finish(ctx(as_="driver"), stop, OrderState.CANCELLED)


def test_a_requester_does_not_report_stops(ctx: Someone) -> None:
    stop, _order = published(ctx)
    with pytest.raises(Forbidden):
        orders.arrive(ctx(as_="requester"), stop)
