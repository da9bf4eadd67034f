"""`plantops purchasing replenish`: what to order in which week, so that the stores never run low."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from plantops import cli, stock, stock_use
from plantops.core import House
from plantops.stock import Line
from purchasing import replenishing, requisition_approval, requisitions
from purchasing.requisition_lines import NewLine
from tests.houses import NOW, Someone
from tests.purchasing.shop import TODAY, D, Shop, open_shop

pytestmark = pytest.mark.db
Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shell(plant: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """`plantops purchasing replenish ...` on the plant's database: exit code, stdout, stderr."""
    monkeypatch.setenv("PLANTOPS_DATABASE_URL", plant.database.url)
    monkeypatch.setattr("plantops.command.open_house", lambda *_a, **_k: plant)

    def run(*words: str) -> tuple[int, str, str]:
        code = cli.main(["purchasing", "replenish", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def kept(shop: Shop) -> None:
    """1,000 gloves came in, 260 were handed out, 60 of these came back, 100 went to Kessling; 500 should lie there."""
    ctx = shop.someone()

    def gloves(much: int) -> list[Line]:
        return [Line(shop.gloves_id, D(much), "each")]

    stock.receive(ctx, shop.store_id, gloves(1000), origin="core_store:1", key="in")
    stock.issue(ctx, shop.store_id, gloves(260), origin="core_store:1", key="out")
    stock.hand_back(ctx, shop.store_id, gloves(60), origin="core_store:1", key="back")
    stock.send_back(ctx, shop.store_id, gloves(100), origin="core_store:1", key="away")
    stock.set_level(ctx, shop.gloves_id, shop.store_id, minimum=D(500), target=D(1500))


def test_use_is_what_was_handed_out_and_did_not_come_back(shop: Shop) -> None:
    kept(shop)
    (use,) = stock_use.list_use(shop.someone(), shop.site_id, NOW - timedelta(weeks=13))
    assert (use.used, use.on_hand, use.minimum) == (D(200), D(700), D(500))
    assert replenishing.weekly_use(use, TODAY) == 200.0


def test_a_long_history_is_a_mean_of_thirteen_weeks() -> None:
    use = stock_use.Use(1, 1, "G", "Gloves", "Main", "each", D(0), D(0), D(130), NOW - timedelta(days=400))
    assert replenishing.weekly_use(use, TODAY) == 10.0
    assert [replenishing.week_of(TODAY + timedelta(days=days), TODAY) for days in (-9, 0, 1, 7, 8)] == [0, 0, 1, 1, 2]


def test_what_somebody_only_writes_down_is_not_on_its_way(shop: Shop) -> None:
    kept(shop)
    head = shop.head(store_id=shop.store_id)

    def coming() -> list[float]:
        (item,) = replenishing.ask(shop.buyer, shop.site_id, 8).problem.items
        return sorted(much for _, much in item.coming)

    mine = requisitions.start(shop.asker, head, (NewLine(D(500), shop.gloves_id),))
    assert coming() == []
    house = shop.asker.as_system()
    requisitions.start(house, head, (NewLine(D(300), shop.gloves_id),), raised_by="core_stock_balance:1:1")
    assert coming() == [300.0]
    requisition_approval.submit(shop.asker, mine.id, mine.version)
    assert coming() == [300.0, 500.0]


def test_it_is_ordered_in_time_in_whole_boxes(plant: House, shell: Shell) -> None:
    """200 a week of 700, 500 of which should stay: the first boxes come before the second week is over."""
    with plant.database.transaction() as session:
        shop = open_shop(Someone(plant, session))
        kept(shop)
    code, out, err = shell("--weeks", "8", "--seconds", "5", "--json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert {"status", "cost", "baseline", "saving", "bound", "gap", "orders", "shortages", "left_out"} <= set(told)
    assert told["bound"] <= told["cost"] <= told["baseline"]
    assert (told["shortages"], told["left_out"]) == ([], [])
    assert {one["supplier_id"] for one in told["orders"]} == {shop.supplier_id}
    assert all(one["quantity"] % 100 == 0 for one in told["orders"])
    assert min(date.fromisoformat(one["there_on"]) for one in told["orders"]) <= TODAY + timedelta(weeks=2)
    code, out, _ = shell("--weeks", "8", "--seconds", "2")
    assert "cheaper than filling up at the minimum" in out


def test_what_is_on_its_way_is_not_ordered_again(shop: Shop) -> None:
    kept(shop)
    order = shop.issued(store_id=shop.store_id)
    asked = replenishing.ask(shop.buyer, shop.site_id, 8)
    (item,) = asked.problem.items
    (line,) = order.lines
    assert item.coming == ((replenishing.week_of(line.promised_on or line.need_by, TODAY), 500.0),)


def test_what_cannot_be_planned_says_why(plant: House, shell: Shell) -> None:
    with plant.database.transaction() as session:
        shop = open_shop(Someone(plant, session))
    code, _, err = shell()
    assert code != 0
    assert "minimum" in err
    with plant.database.transaction() as session:
        shop.someone = Someone(plant, session)
        kept(shop)
    code, _, err = shell("--weeks", "0")
    assert code == 2
    assert "1 to 52 weeks" in err
    assert shell("--seconds", "0")[0] == 2


def test_where_nothing_is_used_nothing_has_to_be_ordered(plant: House, shell: Shell) -> None:
    with plant.database.transaction() as session:
        shop = open_shop(Someone(plant, session))
        ctx = shop.someone()
        stock.receive(ctx, shop.store_id, [Line(shop.gloves_id, D(1000), "each")], origin="core_store:1", key="in")
        stock.set_level(ctx, shop.gloves_id, shop.store_id, minimum=D(500), target=D(1500))
    code, out, _ = shell("--weeks", "4", "--seconds", "2")
    assert (code, out.splitlines()[0]) == (0, "Nothing has to be ordered in these weeks.")
