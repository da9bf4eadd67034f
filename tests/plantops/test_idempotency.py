"""What is sent twice is done once, also when both arrive at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import sqlalchemy as sa

from plantops import idempotency
from plantops.context import Context
from plantops.core import House
from plantops.errors import Conflict
from plantops.idempotency import Answer
from plantops.places import Site
from tests.houses import NOW, Someone

pytestmark = pytest.mark.db
ROUTE, BODY = "POST /orders", b"hash of the body"


def send(ctx: Context, key: str, done: list[str]) -> Answer | None:
    """A request that counts how often it was really done."""
    before = idempotency.begin(ctx, key, ROUTE, BODY)
    if before is None:
        done.append(key)
        idempotency.finish(ctx, key, 201, [("Location", "/orders/1")], b"made")
    return before


def test_the_second_sending_gets_the_first_ones_answer(ctx: Someone) -> None:
    done: list[str] = []
    ana = ctx(as_="employee", login="ana")
    assert send(ana, "k", done) is None
    assert send(ana, "k", done) == Answer(201, (("Location", "/orders/1"),), b"made")
    assert done == ["k"]


def test_a_key_is_ones_own(ctx: Someone) -> None:
    done: list[str] = []
    send(ctx(as_="employee", login="ana"), "k", done)
    assert send(ctx(as_="employee", login="bob"), "k", done) is None


@pytest.mark.parametrize(("route", "body"), [("POST /invoices", BODY), (ROUTE, b"another body")])
def test_a_key_is_for_one_thing_only(ctx: Someone, route: str, body: bytes) -> None:
    send(ctx(), "k", [])
    with pytest.raises(Conflict, match="sent before with other contents"):
        idempotency.begin(ctx(), "k", route, body)


def test_of_two_at_once_one_is_done_and_the_other_gets_its_answer(plant: House) -> None:
    done: list[str] = []
    start = Barrier(4)

    def press(_: int) -> Answer | None:
        start.wait()
        return plant.run(lambda ctx: send(ctx, "k", done))

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(press, range(4)))
    assert done == ["k"]
    assert [answer.status for answer in answers if answer] == [201, 201, 201]


def test_what_failed_is_done_at_the_second_try(plant: House) -> None:
    done: list[str] = []
    with pytest.raises(RuntimeError), plant.acting() as ctx:
        send(ctx, "k", done)
        ctx.session.add(Site(code="X", name="X", zone="UTC", currency="EUR", country="LU"))
        raise RuntimeError("the order could not be printed")
    with plant.acting() as ctx:
        assert send(ctx, "k", done) is None
        assert ctx.session.scalar(sa.select(sa.func.count()).where(Site.code == "X")) == 0
    assert done == ["k", "k"]


def test_keys_are_forgotten_after_thirty_days(ctx: Someone) -> None:
    done: list[str] = []
    send(ctx(now=NOW - timedelta(days=31)), "old", done)
    send(ctx(now=NOW - timedelta(days=29)), "young", done)
    assert idempotency.forget_old(ctx()) == 1
    assert send(ctx(), "old", done) is None
    assert send(ctx(), "young", done) is not None
