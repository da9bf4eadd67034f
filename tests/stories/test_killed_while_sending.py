"""What was done offline is being sent when the server is killed: once it is back, each entry is there exactly once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, Page, expect

from housekeeping.round_models import Outcome
from plantops.core import House
from plantops.idempotency import Sending
from plantops.stock_ledger import Move
from purchasing.models import Receipt
from tests.browser import Served, shut
from tests.housekeeping.touring import ticks_of
from tests.houses import Someone
from tests.purchasing.shop import open_shop
from tests.stories.web_process import WebProcess
from tests.web.test_offline import (
    KEPT_PAGE,
    PATIENT_MS,
    PHONE,
    TAP_EVERYWHERE,
    WAITING_IS,
    bar,
    changes,
    made,
    ready,
    sendings,
    until,
)
from web.session import cookie_name

pytestmark = [pytest.mark.db, pytest.mark.browser]

SEND = "() => { plantopsQueue.send(); }"
WAITING = "() => plantopsQueue.all().then(all => all.length)"


@dataclass
class Phone:
    """A device whose server can be killed."""

    house: House
    web: WebProcess
    context: BrowserContext
    page: Page

    def sends_while_killed(self, kills: int = 1) -> None:
        """The network is back and the queue is being sent; some times the server is gone in the middle, and back."""
        waiting = self.page.evaluate(WAITING)
        self.context.set_offline(False)
        for kill in range(1, kills + 1):
            self.page.evaluate(SEND)
            self.wait_until_taken(waiting * kill // (kills + 1))
            self.web.kill()
            assert 0 < self.page.evaluate(WAITING) < waiting, "some were sent, and what was not answered is kept"
            self.web.rise()
        self.page.evaluate(SEND)
        expect(bar(self.page)).to_have_text("All sent", timeout=PATIENT_MS)

    def wait_until_taken(self, count: int) -> None:
        end = time.monotonic() + PATIENT_MS / 1000
        while self.taken() < count:
            assert time.monotonic() < end, "Nothing was sent."
            time.sleep(0.002)

    def taken(self) -> int:
        with self.house.acting() as ctx:
            return ctx.session.scalar(sa.select(sa.func.count()).select_from(Sending)) or 0


@contextmanager
def phone_of(plant: House, chromium: Browser, as_: str, data: Path) -> Iterator[Phone]:
    web = WebProcess(plant.database.url, data)
    context = chromium.new_context(base_url=web.url, viewport={"width": PHONE, "height": 800})
    try:
        token = Served(plant, web.url).token(as_)
        context.add_cookies([{"name": cookie_name(plant.settings), "value": token, "url": web.url}])
        yield Phone(plant, web, context, context.new_page())
    finally:
        shut(context)
        web.kill()


def goes_round(plant: House, chromium: Browser, data: Path, zones: int, tasks: int, kills: int) -> None:
    """All ticks of a round are done offline; the server dies some times while they are sent."""
    done = zones * tasks
    id = made(plant, "Mortal", zones=zones, tasks=tasks)
    with phone_of(plant, chromium, "cleaner", data) as phone:
        ready(phone.page, f"/housekeeping/rounds/{id}", plant.clock())
        phone.context.set_offline(True)
        phone.page.evaluate(TAP_EVERYWHERE)
        until(phone.page, WAITING_IS, done)
        phone.sends_while_killed(kills)
    with plant.acting() as ctx:
        ticks = ticks_of(ctx, id)
        assert [tick.outcome for tick in ticks] == [Outcome.DONE] * done
        assert sendings(ctx, f"/housekeeping/rounds/{id}/ticks") == done
        assert changes(ctx, [tick.id for tick in ticks]) == done


def receives(plant: House, chromium: Browser, data: Path, count: int) -> None:
    """So many deliveries are taken in without network; the server dies while they are sent."""
    with plant.database.transaction() as session:
        shop = open_shop(Someone(plant, session))
        orders = [shop.issued().id for _ in range(count)]
    with phone_of(plant, chromium, "receiver", data) as phone:
        ready(phone.page, "/purchasing/receive", plant.clock())
        for order in orders:
            until(phone.page, KEPT_PAGE, f"/purchasing/receive/{order}")
        phone.context.set_offline(True)
        for at, order in enumerate(orders, 1):
            phone.page.goto(f"/purchasing/receive/{order}")
            phone.page.get_by_label("Number of the delivery note").fill(f"LS-{order}")
            phone.page.get_by_label("Into which store?").select_option("Main store")
            phone.page.get_by_role("button", name="All received").click()
            until(phone.page, WAITING_IS, at)
        phone.sends_while_killed()
    with plant.acting() as ctx:
        notes = sa.select(Receipt.order_id, Receipt.delivery_note).order_by(Receipt.order_id)
        assert [tuple(row) for row in ctx.session.execute(notes)] == [(order, f"LS-{order}") for order in orders]
        moves = sa.select(Move.origin, sa.func.count()).where(Move.origin.like("purchasing_receipt:%"))
        posted = dict(ctx.session.execute(moves.group_by(Move.origin)).all())
        assert list(posted.values()) == [1] * count, "each delivery is in the store once"


def test_a_round_is_sent_while_the_server_is_killed(plant: House, chromium: Browser, tmp_path: Path) -> None:
    goes_round(plant, chromium, tmp_path, 2, 4, kills=1)


@pytest.mark.slow
def test_60_ticks_are_sent_while_the_server_is_killed_again_and_again(
    plant: House, chromium: Browser, tmp_path: Path
) -> None:
    goes_round(plant, chromium, tmp_path, 12, 5, kills=3)


def test_three_deliveries_are_sent_while_the_server_is_killed(plant: House, chromium: Browser, tmp_path: Path) -> None:
    receives(plant, chromium, tmp_path, 3)


@pytest.mark.slow
def test_deliveries_are_sent_while_the_server_is_killed(plant: House, chromium: Browser, tmp_path: Path) -> None:
    receives(plant, chromium, tmp_path, 6)
