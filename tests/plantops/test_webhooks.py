"""Webhooks: told after the commit, signed, again after a failure; who may say so, and the secret that changes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from plantops import calling, webhooks, worker
from plantops.context import Context
from plantops.core import House
from plantops.errors import Conflict, Forbidden, Invalid, Stale
from plantops.events import StockReceived
from plantops.jobs import JobRun
from plantops.webhooks import State, Webhook, WebhookDelivery, WebhookFacts
from tests.plantops.test_calling import listening

pytestmark = pytest.mark.db
Someone = Callable[..., Context]

ARRIVED = StockReceived(1, 2, Decimal("3.50"), "purchasing_receipt:9")
FACTS = WebhookFacts("Partner", "https://partner.example/plantops", ("core.stock_received",))


def told(ctx: Context) -> list[WebhookDelivery]:
    return list(ctx.session.scalars(sa.select(WebhookDelivery).order_by(WebhookDelivery.id)))


def key_of(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix("whsec_"))


# --- Rules


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The example of the specification's own libraries."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    found = webhooks.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_waits_grow_and_end() -> None:
    waits = [webhooks.after_failure(tries) for tries in range(1, 8)]
    assert waits[0] == timedelta(minutes=1) and waits[-1] is None and None not in waits[:-1]
    assert sorted(each for each in waits if each) == waits[:-1]


def test_every_module_has_events_with_a_meaning(ctx: Someone) -> None:
    known = webhooks.known_events(ctx().registry)
    assert {"core.low_stock", "purchasing.order_issued", "transport.plan_published"} <= set(known)
    assert all(known.values())


# --- Who is told


def test_an_event_is_written_down_with_what_it_tells_of(ctx: Someone) -> None:
    boss = ctx(as_="administrator")
    hook = webhooks.subscribe(boss, FACTS)
    everything = webhooks.subscribe(boss, replace(FACTS, title="All", events=()))
    webhooks.subscribe(boss, replace(FACTS, title="Other", events=("core.low_stock",)))
    off = webhooks.subscribe(boss, replace(FACTS, title="Off"))
    webhooks.switch(boss, off.id, off.version, False)
    boss.emit(ARRIVED)
    rows = told(boss)
    assert [row.webhook_id for row in rows] == [hook.id, everything.id]
    body = json.loads(rows[0].body)
    assert body["type"] == "core.stock_received" and body["data"]["quantity"] == "3.50"
    jobs = boss.session.scalars(sa.select(JobRun.name).where(JobRun.name == "core.send_webhook")).all()
    assert len(jobs) == 2


def test_what_is_undone_is_not_told(ctx: Someone) -> None:
    boss = ctx(as_="administrator")
    webhooks.subscribe(boss, FACTS)
    with pytest.raises(Conflict), boss.session.begin_nested():
        boss.emit(ARRIVED)
        raise Conflict("No.")
    assert told(boss) == []


def test_only_administrators_of_the_whole_company(ctx: Someone) -> None:
    hook = webhooks.subscribe(ctx(as_="administrator"), FACTS)
    for role in ("auditor", "buyer", "employee"):
        somebody = ctx(as_=role, login=role)
        with pytest.raises(Forbidden):
            webhooks.subscribe(somebody, FACTS)
        with pytest.raises(Forbidden):
            webhooks.secret_of(somebody, hook.id)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        (replace(FACTS, url="http://partner.example/"), "url"),
        (replace(FACTS, url="https://192.168.1.1/"), "url"),
        (replace(FACTS, events=("core.nothing",)), "events"),
        (replace(FACTS, title=""), "title"),
    ],
)
def test_what_cannot_be_is_refused_by_field(ctx: Someone, facts: WebhookFacts, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        webhooks.subscribe(ctx(as_="administrator"), facts)
    assert set(refused.value.fields) == {field}


def test_a_change_needs_the_version_that_was_read(ctx: Someone) -> None:
    boss = ctx(as_="administrator")
    hook = webhooks.subscribe(boss, FACTS)
    seen = hook.version
    assert webhooks.change(boss, hook.id, seen, replace(FACTS, events=())).events == []
    with pytest.raises(Stale):
        webhooks.change(boss, hook.id, seen, FACTS)


def test_the_secret_is_sealed(ctx: Someone) -> None:
    boss = ctx(as_="administrator")
    hook = webhooks.subscribe(boss, FACTS)
    secret = key_of(webhooks.secret_of(boss, hook.id))
    assert len(secret) == 32 and secret not in hook.secret
    trail = boss.session.execute(sa.text("SELECT CAST(array_agg(a) AS text) FROM core_audit a")).scalar_one()
    assert hook.secret.hex() not in trail


# --- Sending


def sent(house: House, delivery_id: int) -> None:
    """The worker takes the newest job of this delivery."""
    with house.acting() as ctx:
        name = sa.select(JobRun.id).where(JobRun.arguments["delivery_id"].as_integer() == delivery_id)
        run_id = ctx.session.scalars(name.order_by(JobRun.id.desc())).first()
    assert run_id is not None
    worker.run(house, run_id)


@pytest.fixture
def inside(plant: House) -> House:
    """A house that may call what runs on this machine."""
    plant.settings = replace(plant.settings, webhooks_inside=True)
    return plant


def begun(house: House, url: str) -> tuple[int, int, str]:
    """A webhook, an event for it, and its secret."""
    with house.acting() as ctx:
        hook = webhooks.subscribe(ctx, replace(FACTS, url=url))
        ctx.emit(ARRIVED)
        return hook.id, told(ctx)[-1].id, webhooks.secret_of(ctx, hook.id)


def test_the_message_comes_signed_and_with_both_secrets_while_one_changes(inside: House) -> None:
    with listening(b"HTTP/1.1 204 Yes\r\n\r\n") as (url, heard):
        hook_id, delivery_id, old = begun(inside, url)
        with inside.acting() as ctx:
            webhooks.roll_secret(ctx, hook_id, 1)
            new = webhooks.secret_of(ctx, hook_id)
        sent(inside, delivery_id)
    head, _, body = heard[0].partition(b"\r\n\r\n")
    given = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    signed = f"{given['webhook-id']}.{given['webhook-timestamp']}.".encode() + body
    wanted = [
        f"v1,{base64.b64encode(hmac.digest(key_of(each), signed, hashlib.sha256)).decode()}" for each in (new, old)
    ]
    assert new != old and given["webhook-signature"].split() == wanted
    with inside.acting() as ctx:
        row = webhooks.delivery(ctx, delivery_id)
        assert (row.state, row.tries, row.status) == (State.SENT, 1, 204)


def test_a_failure_is_tried_again_later_and_by_hand(inside: House) -> None:
    with listening(b"HTTP/1.1 503 Later\r\nContent-Length: 4\r\n\r\nbusy") as (url, _):
        _, delivery_id, _ = begun(inside, url)
        sent(inside, delivery_id)
    with inside.acting() as ctx:
        row = webhooks.delivery(ctx, delivery_id)
        assert (row.state, row.tries, row.status, row.answer) == (State.WAITING, 1, 503, "busy")
        assert row.next_try_at == ctx.now + timedelta(minutes=1)
        with pytest.raises(Conflict):
            webhooks.send_again(ctx, delivery_id)
        row.tries, row.next_try_at = len(webhooks.WAITS), ctx.now
        webhooks._noted(ctx, delivery_id, calling.Answer(error="It does not answer."))
        assert row.state is State.FAILED
        again = webhooks.send_again(ctx, delivery_id)
        assert (again.state, again.tries) == (State.WAITING, 0)


def test_a_secret_that_cannot_be_read_is_a_failure_like_any_other(inside: House) -> None:
    hook_id, delivery_id, _ = begun(inside, "http://127.0.0.1:9/x")
    with inside.acting() as ctx:
        ctx.session.get_one(Webhook, hook_id).secret = b"sealed under another secret of the house"
    sent(inside, delivery_id)
    with inside.acting() as ctx:
        row = webhooks.delivery(ctx, delivery_id)
        assert (row.state, row.tries) == (State.WAITING, 1)
        assert "another secret" in (row.error or "")


def test_who_is_gone_is_not_called_again(inside: House) -> None:
    with listening(b"HTTP/1.1 410 Gone\r\n\r\n") as (url, _):
        hook_id, delivery_id, _ = begun(inside, url)
        sent(inside, delivery_id)
    with inside.acting() as ctx:
        assert webhooks.delivery(ctx, delivery_id).state is State.FAILED
        assert not ctx.session.get_one(Webhook, hook_id).active
        with pytest.raises(Conflict):
            webhooks.send_again(ctx, delivery_id)


def test_what_waits_without_a_job_is_found(ctx: Someone) -> None:
    boss = ctx(as_="administrator")
    webhooks.subscribe(boss, FACTS)
    boss.emit(ARRIVED)
    boss.session.execute(sa.delete(JobRun).where(JobRun.name == "core.send_webhook"))
    assert "1 deliver" in webhooks.look(boss).message
    assert boss.session.scalar(sa.select(sa.func.count()).where(JobRun.name == "core.send_webhook")) == 1


def test_old_deliveries_are_forgotten(ctx: Someone) -> None:
    boss = ctx(as_="administrator")
    webhooks.subscribe(boss, FACTS)
    boss.emit(ARRIVED)
    boss.emit(ARRIVED)
    first, second = told(boss)
    first.state, first.created_at = State.SENT, boss.now - timedelta(days=31)
    second.created_at = boss.now - timedelta(days=31)
    boss.session.flush()
    webhooks.look(boss)
    assert [row.id for row in told(boss)] == [second.id]
