"""The demo's purchasing, on ten weeks instead of two years: every invariant holds, and the first morning is there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from plantops import activity, verify
from plantops.core import House
from plantops.demo import Demo, plant
from plantops.events import Waiting
from plantops.settings import Settings
from purchasing.demo import add_budgets, add_sources, open_the_morning, write_years
from tests import houses

pytestmark = pytest.mark.db


class ShortDemo(Demo):
    @property
    def first_day(self) -> date:
        return self.today - timedelta(days=70 + self.today.weekday())


@pytest.fixture
def demo(server_url: str, template: str, shared_folder: Path, settings: Settings) -> Iterator[Demo]:
    """An empty house: the demo makes its own sites."""
    house = houses.house_on(houses.make_database(server_url, houses.bare(template), shared_folder), settings)
    yield ShortDemo(house)
    house.database.dispose()
    houses.drop_database(house.database.url, server_url)


def cards(house: House, user_id: int) -> dict[str, int]:
    with house.acting(user_id) as ctx:
        return {card.title: card.count for card in ctx.ask(Waiting(""))}


def test_ten_weeks_and_the_first_morning(demo: Demo) -> None:
    plant.build(demo)
    sources = add_sources(demo)
    write_years(demo, sources)
    add_budgets(demo)
    open_the_morning(demo, sources)
    with demo.house.acting() as ctx:
        assert verify.verify(ctx).broken == ()
        weekly = ctx.session.scalar(sa.text("SELECT count(*) / 10 FROM purchasing_order")) or 0
        assert 40 <= weekly <= 60
        assert ctx.session.scalar(sa.text("SELECT count(*) FROM purchasing_supplier")) == 60
    buyer = cards(demo.house, demo.users["buyer"])
    assert (buyer["lines to order"], buyer["orders late"]) == (14, 6)
    assert cards(demo.house, demo.users["approver"])["to approve"] == 5
    receiver = cards(demo.house, demo.users["receiver"])
    assert (receiver["deliveries due"], receiver["parked deliveries"]) == (9, 1)
    payable = cards(demo.house, demo.users["accounts_payable"])
    assert (payable["bills that differ"], payable["EUR discount ends today"]) == (7, 310)
    assert cards(demo.house, demo.users["requester"])["of your wishes arrived"] == 1
    keeper = cards(demo.house, demo.users["storekeeper"])
    assert (keeper["things to pick"], keeper["items low"], keeper["count due"]) == (12, 2, 1)
    with demo.house.acting(demo.users["requester"]) as ctx:
        asked = [row.author for row in activity.waiting(ctx) if row.kind is not activity.ActivityKind.STEP]
        assert asked == ["Bea Buyer"], "one question"
