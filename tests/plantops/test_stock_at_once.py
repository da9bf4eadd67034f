"""Many hands in one store at the same time."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest

from plantops import stock, stores
from plantops.context import Context
from plantops.core import House
from plantops.errors import Conflict, Invalid
from plantops.stock_ledger import Move
from tests.plantops.stocking import bearing, broken, left, main_store, put, take

pytestmark = pytest.mark.db
D = Decimal


def test_two_hands_never_take_the_same_last_piece(plant: House) -> None:
    with plant.acting() as ctx:
        store, item = main_store(ctx), bearing(ctx)
        put(ctx, store, item, 7)
    start = Barrier(8)

    def hand(_: int) -> int:
        start.wait()
        got = 0
        for _try in range(2):
            try:
                plant.run(lambda ctx: take(ctx, store, item, 1))
                got += 1
            except Conflict:
                pass
        return got

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(hand, range(8))) == 7
    with plant.acting() as ctx:
        assert left(ctx, store, item) == 0


def test_the_same_click_from_two_windows_counts_once(plant: House) -> None:
    with plant.acting() as ctx:
        store, item = main_store(ctx), bearing(ctx)
        put(ctx, store, item, 7)
    start = Barrier(4)

    def click(_: int) -> int:
        start.wait()
        return plant.run(lambda ctx: take(ctx, store, item, 1, "one click"))[0].id

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(click, range(4)))) == 1
    with plant.acting() as ctx:
        assert left(ctx, store, item) == 6


def test_lines_in_any_order_never_block_each_other(plant: House) -> None:
    """Each transaction runs once: a deadlock would fail it."""
    with plant.acting() as ctx:
        one, two = main_store(ctx), main_store(ctx, "VAN")
        parts = [bearing(ctx, f"part {n}") for n in range(6)]
        for part in parts:
            put(ctx, one, part, 1000)
            put(ctx, two, part, 1000)
    start = Barrier(6)

    def hand(number: int) -> None:
        order = random.Random(number)
        start.wait()
        for round_ in range(8):
            lines = [stock.Line(part.id, D(1)) for part in order.sample(parts, 6)]
            there, to = (one, two) if order.random() < 0.5 else (two, one)

            def work(ctx: Context, lines: list[stock.Line] = lines, key: str = f"{number}-{round_}") -> list[Move]:
                return stock.transfer(ctx, there.id, to.id, lines, key=key)  # noqa: B023  run at once

            plant.database.run(lambda session: work(plant.context(session, 1)), tries=1)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(hand, range(6)))
    with plant.acting() as ctx:
        assert sum(left(ctx, store, part) for store in (one, two) for part in parts) == 12_000
        assert broken(ctx) == []


def test_nothing_is_posted_to_a_store_that_is_being_closed(plant: House) -> None:
    with plant.acting() as ctx:
        store, item = main_store(ctx), bearing(ctx)
    with ThreadPoolExecutor(1) as pool, plant.acting() as closing:
        stock.close_store(closing, store.id, store.version)
        receipt = pool.submit(plant.run, lambda ctx: put(ctx, store, item, 3))
        with pytest.raises(TimeoutError):
            receipt.result(0.4)
        closing.session.commit()
        with pytest.raises(Invalid, match="was closed"):
            receipt.result(10)
    with plant.acting() as ctx:
        assert left(ctx, store, item) == 0


def test_a_store_is_not_closed_over_a_receipt_that_is_being_posted(plant: House) -> None:
    with plant.acting() as ctx:
        store, item = main_store(ctx), bearing(ctx)
        put(ctx, store, item, 1)
        take(ctx, store, item, 1)
    with ThreadPoolExecutor(1) as pool, plant.acting() as receiving:
        put(receiving, store, item, 3)
        closing = pool.submit(plant.run, lambda ctx: stock.close_store(ctx, store.id, store.version))
        with pytest.raises(TimeoutError):
            closing.result(0.4)
        receiving.session.commit()
        with pytest.raises(Conflict, match="1 item lies in it"):
            closing.result(10)
    with plant.acting() as ctx:
        assert not stores.store(ctx, store.id).archived
