"""A clerk who reads German types a long order without a mouse, faster than the answers come; it holds exactly that."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, Route, expect

from plantops import items, people
from plantops.items import ItemFacts
from purchasing import catalogue, orders
from purchasing.catalogue import OfferFacts
from tests.browser import Client, Served
from tests.stories.stage import press
from tests.web.test_purchasing_pages import Enter, Open, Shop, lines_form, shop

__all__ = ["shop"]
pytestmark = [pytest.mark.db, pytest.mark.browser]

CLERK = "german-clerk"
LATE_MS = 150
"""So long the list of items is on its way: longer than a quick hand needs for the next field."""
SERVER_SECONDS = 0.1
MOST_LATE = 40
"""Every line's list may be late; so many are, for a test cannot wait for all of 200."""


@dataclass(frozen=True)
class Typed:
    """A line as the clerk types it, and as the order must hold it."""

    words: str
    quantity: str
    unit: str
    price: str
    need_by: date
    holds: tuple[str, Decimal, str, Decimal]

    @property
    def kept(self) -> tuple[object, ...]:
        return (*self.holds, self.need_by)


def lines(count: int, first_day: date) -> Iterator[Typed]:
    """Items whose names begin alike and words of the clerk's own, with the comma and the point of German."""
    for n in range(1, count + 1):
        day = first_day + timedelta(days=n % 28)
        if n % 2:
            name = f"Regal {n}"
            yield Typed(name.lower(), str(n), "", "", day, (name, Decimal(n), "each", Decimal(n) / 4))
        else:
            price = Decimal("1234.56") + n
            words = f"{price:,}".translate({ord(","): ".", ord("."): ","})
            holds = (f"Sonderbau {n} & Größe L", Decimal(n) + Decimal("0.5"), "box", price)
            yield Typed(holds[0], f"{n},5", "Karton", words, day, holds)


def stocked(served: Served, shop: Shop, count: int) -> None:
    """The catalogue knows `Regal 1`, `Regal 3` ... so that the words of one always find several."""
    with served.house.acting() as ctx:
        known = set(ctx.session.scalars(sa.select(items.Item.name)))
        kind = ctx.session.scalars(sa.select(items.Item.category_id).limit(1)).one()
        since = ctx.today - timedelta(days=400)
        for n in range(1, count + 1, 2):
            if f"Regal {n}" not in known:
                made = items.add_item(ctx, ItemFacts(f"R-{n:03}", f"Regal {n}", kind))
                catalogue.set_offer(ctx, OfferFacts(shop.supplier_id, made.id, "each", Decimal(n) / 4, since))


def reads_german(served: Served) -> None:
    served.person("buyer", CLERK)
    with served.house.acting() as ctx:
        ctx.session.execute(sa.update(people.User).where(people.User.login == CLERK).values(language="de"))


def begins(page: Page) -> str:
    page.goto("/purchasing/orders/new")
    expect(page.get_by_label("Lieferant *")).to_be_focused()
    page.keyboard.type("Kess")
    press(page, "Weiter zu den Positionen")
    expect(page.get_by_role("combobox", name="Was")).to_be_visible()
    return page.url


def day_first(page: Page) -> bool:
    """In which order this browser's own field for a day wants it: that is the browser's language, not the page's."""
    page.set_content("<input type=date autofocus>")
    page.keyboard.type("01022026")
    return page.locator("input").input_value() == "2026-02-01"


def type_line(page: Page, line: Typed, keys_of_day: str) -> None:
    """Words, Tab, number, Tab, unit, Tab, price, Tab, day, Enter, without a look at the page in between."""
    page.keyboard.type(line.words)
    page.keyboard.press("Tab")
    page.keyboard.type(line.quantity)
    page.keyboard.press("Tab")
    page.keyboard.type(line.unit)
    page.keyboard.press("Tab")
    page.keyboard.type(line.price)
    page.keyboard.press("Tab")
    page.keyboard.type(line.need_by.strftime(keys_of_day))
    page.keyboard.press("Enter")


def types_all(page: Page, wanted: list[Typed], keys_of_day: str) -> None:
    def late(route: Route) -> None:
        page.wait_for_timeout(LATE_MS)
        route.continue_()

    page.route("**/purchasing/items/lookup*", late, times=MOST_LATE)
    what = page.get_by_role("combobox", name="Was")
    what.focus()
    for number, line in enumerate(wanted, start=1):
        type_line(page, line, keys_of_day)
        expect(page.locator("#line-rows tr")).to_have_count(number)
        expect(what).to_be_focused()


def kept(served: Served, id: int) -> list[tuple[object, ...]]:
    with served.house.acting() as ctx:
        order = orders.read(ctx, id)
        return [(one.description, one.quantity, one.unit, one.price, one.need_by) for one in order.lines]


def seconds_of_the_server(clerk: Client, path: str, shop: Shop) -> float:
    """For one more line."""
    said = {"need_by": shop.need_by, "cost_centre_id": shop.centre_id}
    fields = lines_form(clerk, path, item_id_text="Noch eine", quantity="1", price="1,00", **said)
    before = time.process_time()
    assert clerk.send(f"{path}/lines", fields).status_code == 200
    return time.process_time() - before


def tell(served: Served, shop: Shop, page: Page, count: int) -> str:
    """Types the order; its address."""
    stocked(served, shop, count)
    keys_of_day = "%d%m%Y" if day_first(page) else "%m%d%Y"
    url = begins(page)
    with served.house.acting() as ctx:
        wanted = list(lines(count, ctx.today + timedelta(days=3)))
    types_all(page, wanted, keys_of_day)
    assert kept(served, int(url.rsplit("/", 1)[1])) == [line.kept for line in wanted]
    last = page.locator("#line-rows tr").last
    expect(last).to_contain_text("1.")
    expect(last).to_contain_text(f"{wanted[-1].need_by:%Y}")
    return url


@pytest.fixture
def clerk_page(served: Served, browser: Open) -> Page:
    reads_german(served)
    return browser("buyer", CLERK)


def test_six_lines_are_typed_in_german_without_a_mouse(served: Served, shop: Shop, clerk_page: Page) -> None:
    tell(served, shop, clerk_page, 6)


def test_what_is_typed_before_the_answer_is_the_next_line(served: Served, shop: Shop, clerk_page: Page) -> None:
    """The clerk does not look up: the server is slower than the hand, and no key of the next line is lost."""
    page = clerk_page
    stocked(served, shop, 6)
    url = begins(page)

    def slow(route: Route) -> None:
        page.wait_for_timeout(LATE_MS)
        route.continue_()

    page.route("**/lines", slow)
    page.get_by_role("combobox", name="Was").focus()
    wanted = list(lines(4, date(2026, 12, 1)))
    for line in wanted:
        for field in (line.words, line.quantity, line.unit):
            page.keyboard.type(field)
            page.keyboard.press("Tab")
        page.keyboard.type(line.price)
        page.keyboard.press("Enter")
    expect(page.locator("#line-rows tr")).to_have_count(4)
    expect(page.get_by_role("combobox", name="Was")).to_be_focused()
    assert [line[:4] for line in kept(served, int(url.rsplit("/", 1)[1]))] == [line.holds for line in wanted]


@pytest.mark.slow
def test_two_hundred_lines_are_typed_each_under_a_tenth_of_a_second(
    served: Served, shop: Shop, clerk_page: Page, client: Enter
) -> None:
    url = tell(served, shop, clerk_page, 200)
    clerk = client("buyer", CLERK)
    path = url.removeprefix(served.url)
    assert min(seconds_of_the_server(clerk, path, shop) for _ in range(3)) < SERVER_SECONDS, (
        "server and client together"
    )
