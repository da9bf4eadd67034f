"""Without network: rounds, receiving and trips go on; what was done is sent once, as its maker, and nothing is lost."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Error, Locator, Page, expect

from housekeeping import rounds
from housekeeping.round_models import Outcome, RoundState
from plantops.context import Context
from plantops.core import House
from plantops.idempotency import Sending
from purchasing.models import Receipt
from tests.browser import Served, axe
from tests.housekeeping.touring import planned, ticks_of
from tests.houses import Someone
from tests.purchasing.shop import open_shop
from web.session import cookie_name

pytestmark = [pytest.mark.db, pytest.mark.browser]

Open = Callable[..., Page]
PHONE = 390
PATIENT_MS = 60_000  # sixty sendings on a machine that does other things, too
CONTROLLED = "() => navigator.serviceWorker.controller !== null"
KEPT_PAGE = """async (path) => { for (const name of await caches.keys()) if (name.startsWith("pages-") &&
  await (await caches.open(name)).match(location.origin + path)) return true; return false; }"""
WAITING_IS = "n => plantopsQueue.all().then(all => all.length === n)"
TAP_EVERYWHERE = (
    """() => { for (const button of document.querySelectorAll(".ticks button[type=submit]")) button.click(); }"""
)
ON_TOP = """() => { const { x, y, width, height } = document.querySelector("#sync summary").getBoundingClientRect();
  return document.elementFromPoint(x + width / 2, y + height / 2)?.closest("#sync") !== null; }"""
TAP_ALL = """zone => zone.querySelectorAll(".ticks button[type=submit]").forEach(one => one.click())"""


def until(page: Page, holds: str, value: object = None) -> None:
    """Waits for what only a promise tells."""
    deadline = time.monotonic() + 10
    while not told(page, holds, value):
        assert time.monotonic() < deadline, holds
        page.wait_for_timeout(25)


def told(page: Page, holds: str, value: object) -> bool:
    """No, while the page is being drawn anew."""
    try:
        return bool(page.evaluate(holds, value))
    except Error as error:
        if "context was destroyed" not in str(error):
            raise
        return False


def ready(page: Page, path: str, now: datetime) -> None:
    """The page is open and stays on the device, whose clock goes as the plant's."""
    page.clock.install(time=now)
    page.goto(path)
    until(page, CONTROLLED)
    until(page, KEPT_PAGE, path)


def bar(page: Page) -> Locator:
    return page.locator("[data-sync-text]")


def sign_in(page: Page, served: Served, token: str) -> None:
    """Somebody else sits down, or nobody: the cookie is all that a browser knows."""
    page.context.add_cookies([{"name": cookie_name(served.house.settings), "value": token, "url": served.url}])


def sendings(ctx: Context, route: str) -> int:
    return int(ctx.session.scalar(sa.select(sa.func.count()).where(Sending.route == route)) or 0)


def changes(ctx: Context, ids: list[int]) -> int:
    """How often these ticks were changed at all, by the audit trail."""
    query = sa.text(
        "SELECT count(*) FROM core_audit WHERE table_name = 'housekeeping_round_tick' AND operation = 'U'"
        " AND row_id = ANY(:ids)"
    )
    return int(ctx.session.scalar(query, {"ids": [str(id) for id in ids]}) or 0)


def made(house: House, name: str, zones: int = 1, tasks: int = 3) -> int:
    with house.acting() as ctx:
        return planned(ctx, name, zones, tasks).id


def outcomes(house: House, id: int) -> list[Outcome | None]:
    with house.acting() as ctx:
        return [tick.outcome for tick in ticks_of(ctx, id)]


def test_a_round_done_offline_for_an_hour_with_60_ticks_and_synced_twice(served: Served, browser: Open) -> None:
    id = made(served.house, "Night", zones=12, tasks=5)
    began = served.house.clock()
    page = browser("cleaner", width=PHONE)
    ready(page, f"/housekeeping/rounds/{id}", served.house.clock())
    second = page.context.new_page()
    second.goto(f"/housekeeping/rounds/{id}")
    page.context.set_offline(True)
    expect(bar(page)).to_have_text("Offline: what you do is kept on this device")
    for n in range(12):
        zone = page.locator("[data-zone]").nth(n)
        expect(zone).to_have_attribute("open", "")
        page.clock.fast_forward("05:00")
        zone.evaluate(TAP_ALL)
        until(page, WAITING_IS, 5 * n + 5)
    expect(bar(page)).to_have_text("Offline: 60 entries wait")
    page.reload()
    expect(bar(page)).to_have_text("Offline: 60 entries wait")
    served.house.clock = lambda: began + timedelta(hours=3)
    page.context.set_offline(False)
    page.evaluate("() => { plantopsQueue.send(); }")
    second.evaluate("() => { plantopsQueue.send(); }")
    expect(bar(page)).to_have_text("All sent", timeout=PATIENT_MS)
    expect(bar(second)).to_have_text("All sent", timeout=PATIENT_MS)
    expect(page.get_by_text("Everything of this round is ticked off.")).to_be_visible()
    with served.house.acting() as ctx:
        ticks = ticks_of(ctx, id)
        assert [tick.outcome for tick in ticks] == [Outcome.DONE] * 60
        assert rounds.whole(ctx, id).state is RoundState.DONE
        times = sorted(tick.done_at for tick in ticks if tick.done_at)
        assert timedelta(minutes=5) <= times[0] - began < timedelta(minutes=8)
        assert timedelta(minutes=60) <= times[-1] - began < timedelta(minutes=63)
        assert sendings(ctx, f"/housekeeping/rounds/{id}/ticks") == 60
        assert changes(ctx, [tick.id for tick in ticks]) == 60


def test_what_stands_against_an_entry_is_said_and_nothing_is_dropped(served: Served, browser: Open) -> None:
    id = made(served.house, "Closed")
    page = browser("cleaner", width=PHONE)
    ready(page, f"/housekeeping/rounds/{id}", served.house.clock())
    page.context.set_offline(True)
    page.get_by_role("button", name="Task 1").click()
    expect(bar(page)).to_have_text("Offline: 1 entry waits")
    with served.house.acting() as ctx:
        rounds.miss(ctx, id, rounds.whole(ctx, id).version, "Nobody came.")
    page.context.set_offline(False)
    expect(bar(page)).to_have_text("1 entry needs you")
    bar(page).click()
    expect(page.locator("[data-message]")).to_contain_text("closed as missed; tell your crew lead")
    assert axe(page) == []
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("[data-message]")).to_contain_text("closed as missed; tell your crew lead")
    page.get_by_role("button", name="Throw away").click()
    expect(bar(page)).to_have_text("All sent", timeout=PATIENT_MS)
    assert outcomes(served.house, id) == [None] * 3


def test_another_person_does_not_send_it_and_does_not_see_the_pages(served: Served, browser: Open) -> None:
    id = made(served.house, "Mine")
    path = f"/housekeeping/rounds/{id}"
    page = browser("cleaner", width=PHONE)
    ready(page, path, served.house.clock())
    page.context.set_offline(True)
    page.get_by_role("button", name="Task 1").click()
    expect(bar(page)).to_have_text("Offline: 1 entry waits")
    sign_in(page, served, "")
    page.context.set_offline(False)
    page.goto(path)
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    expect(bar(page)).to_have_text("1 entry of somebody else waits on this device. It is sent when they sign in here.")
    sign_in(page, served, served.token("buyer"))
    page.goto("/")
    expect(bar(page)).to_have_text("All sent", timeout=PATIENT_MS)
    expect(page.locator("[data-sync-others]")).to_contain_text("1 entry of somebody else waits")
    until(page, f"async path => !(await ({KEPT_PAGE})(path))", path)
    assert outcomes(served.house, id) == [None] * 3
    sign_in(page, served, served.token("cleaner"))
    page.goto("/")
    until(page, WAITING_IS, 0)
    assert outcomes(served.house, id) == [Outcome.DONE, None, None]


def test_signing_out_wipes_the_pages_and_an_ended_session_keeps_the_queue(served: Served, browser: Open) -> None:
    id = made(served.house, "Left")
    path = f"/housekeeping/rounds/{id}"
    page = browser("cleaner", width=PHONE)
    ready(page, path, served.house.clock())
    sign_in(page, served, "ended")
    page.get_by_role("button", name="Task 1").click()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    sign_in(page, served, served.token("cleaner"))
    page.goto(path)
    until(page, WAITING_IS, 0)
    expect(page.get_by_text("1 of 3", exact=True)).to_be_visible()
    assert outcomes(served.house, id) == [Outcome.DONE, None, None]
    page.get_by_role("button", name="account").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    until(page, "async () => (await caches.keys()).every(name => !name.startsWith('pages-'))")
    page.context.set_offline(True)
    page.goto(path)
    expect(page.get_by_role("heading", name="No network here")).to_be_visible()
    assert axe(page) == []


WAITS = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
LOCK = sa.text("LOCK TABLE housekeeping_round_tick IN ACCESS EXCLUSIVE MODE")


def test_what_was_on_its_way_when_somebody_signed_out_is_not_kept(served: Served, browser: Open) -> None:
    path = f"/housekeeping/rounds/{made(served.house, 'Ahead')}"
    page = browser("cleaner", width=PHONE)
    page.goto("/")
    page.evaluate("() => navigator.serviceWorker.register('/sw.js')")
    until(page, CONTROLLED)
    with served.house.database.transaction() as session:
        session.execute(LOCK)  # the page that is fetched ahead is being made until this ends
        page.evaluate("path => navigator.serviceWorker.controller.postMessage({ keep: [path] })", path)
        deadline = time.monotonic() + 10
        while not session.scalar(WAITS):
            assert time.monotonic() < deadline, "it is asked for"
            page.wait_for_timeout(25)
        page.get_by_role("button", name="account").click()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    page.wait_for_timeout(500)
    page.context.set_offline(True)
    page.goto(path)
    expect(page.get_by_role("heading", name="No network here")).to_be_visible()


@pytest.fixture(scope="module")
def deliveries(served: Served) -> tuple[int, int]:
    """Two orders that are to come."""
    with served.house.database.transaction() as session:
        shop = open_shop(Someone(served.house, session))
        return shop.issued().id, shop.issued().id


def test_a_delivery_is_received_offline_once(served: Served, browser: Open, deliveries: tuple[int, int]) -> None:
    order = deliveries[0]
    page = browser("receiver", width=PHONE)
    ready(page, "/purchasing/receive", served.house.clock())
    until(page, KEPT_PAGE, f"/purchasing/receive/{order}")
    page.context.set_offline(True)
    page.goto(f"/purchasing/receive/{order}")
    page.get_by_label("Number of the delivery note").fill("LS-77")
    page.get_by_role("button", name="All received").click()
    expect(bar(page)).to_have_text("Offline: 1 entry waits")
    expect(page.get_by_role("button", name="All received")).to_be_hidden()
    page.context.set_offline(False)
    expect(bar(page)).to_have_text("All sent", timeout=PATIENT_MS)
    with served.house.acting() as ctx:
        notes = ctx.session.scalars(sa.select(Receipt.delivery_note).where(Receipt.order_id == order)).all()
    assert notes == ["LS-77"]


def test_a_refused_delivery_is_put_right_in_its_form(
    served: Served, browser: Open, deliveries: tuple[int, int]
) -> None:
    """What was counted stands in the form again, with the reason; the bar is not hidden by the buttons."""
    order = deliveries[1]
    page = browser("receiver", width=PHONE)
    path = f"/purchasing/receive/{order}"
    ready(page, path, served.house.clock())
    page.context.set_offline(True)
    page.get_by_label("Number of the delivery note").fill("LS-78")
    page.get_by_label("Good").first.fill("99999")
    page.get_by_role("button", name="Post what I counted").click()
    expect(bar(page)).to_have_text("Offline: 1 entry waits")
    until(page, ON_TOP)
    page.context.set_offline(False)
    expect(bar(page)).to_have_text("1 entry needs you", timeout=PATIENT_MS)
    page.goto(path)
    expect(page.locator("#receive [data-refusal]")).to_contain_text("Cannot receive this")
    until(page, ON_TOP)
    expect(page.get_by_label("Number of the delivery note")).to_have_value("LS-78")
    expect(page.get_by_label("Good").first).to_have_value("99999")
    assert axe(page) == []
    page.get_by_label("Good").first.fill("1")
    page.get_by_role("button", name="Post what I counted").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("GR-")
    until(page, WAITING_IS, 0)
    with served.house.acting() as ctx:
        notes = ctx.session.scalars(sa.select(Receipt.delivery_note).where(Receipt.order_id == order)).all()
    assert notes == ["LS-78"]
