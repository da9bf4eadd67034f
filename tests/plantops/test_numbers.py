"""Numbers: plain ones never wait for each other, gapless ones never leave a hole."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from plantops import numbers
from plantops.core import House
from plantops.db import tried
from plantops.errors import Conflict, Invalid
from plantops.places import Site
from tests.houses import Someone

pytestmark = pytest.mark.db


def site_id(session: Session) -> int:
    return session.scalars(sa.select(Site.id).where(Site.code == "VER")).one()


def test_numbers_count_up_per_kind_site_and_year(ctx: Someone) -> None:
    system = ctx()
    here = site_id(system.session)
    assert numbers.plain(system, "PO", here) == "PO-VER-26-00001"
    assert numbers.plain(system, "PO", here) == "PO-VER-26-00002"
    assert numbers.plain(system, "PR", here) == "PR-VER-26-00001"
    assert numbers.plain(system, "PO", here, year=2025) == "PO-VER-25-00001"
    assert numbers.plain_many(system, "PO", here, 3)[-1] == "PO-VER-26-00005"


def test_what_is_tried_out_takes_no_number(ctx: Someone) -> None:
    system = ctx()
    here = site_id(system.session)
    assert numbers.plain(system, "PO", here) == "PO-VER-26-00001"
    with tried(system.session):
        assert numbers.plain_many(system, "PO", here, 2) == ["PO-VER-26--0001", "PO-VER-26--0002"]
        assert numbers.plain(system, "PR", here) == "PR-VER-26--0003"
    with pytest.raises(Invalid), tried(system.session):
        numbers.plain(system, "PO", 999_999)
    assert numbers.plain(system, "PO", here) == "PO-VER-26-00002"


def test_a_kind_and_a_site_must_be_known(ctx: Someone) -> None:
    system = ctx()
    with pytest.raises(ValueError, match="capital letters"):
        numbers.plain(system, "po; drop table", site_id(system.session))
    with pytest.raises(Invalid, match="no site"):
        numbers.plain(system, "PO", 999_999)


def test_the_first_documents_of_a_year_at_the_same_time_get_different_numbers(plant: House) -> None:
    taken: list[str] = []
    start = threading.Barrier(6)

    def order() -> None:
        start.wait()
        with plant.acting() as ctx:
            taken.append(numbers.plain(ctx, "PO", site_id(ctx.session)))

    people = [threading.Thread(target=order) for _ in range(6)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(taken) == [f"PO-VER-26-{n:05d}" for n in range(1, 7)]


def test_plain_numbers_do_not_wait_for_a_slow_document(plant: House) -> None:
    with plant.acting() as ctx:
        numbers.plain(ctx, "PO", site_id(ctx.session))
    with plant.acting() as slow, plant.acting() as quick:
        assert numbers.plain(slow, "PO", site_id(slow.session)).endswith("2")
        quick.session.execute(sa.text("SET LOCAL lock_timeout = '500ms'"))
        assert numbers.plain(quick, "PO", site_id(quick.session)).endswith("3")


def failing_post(plant: House) -> None:
    with plant.acting() as ctx:
        assert numbers.gapless(ctx, "CN", site_id(ctx.session)) == "CN-VER-26-00002"
        raise Conflict("the posting fails after the number was taken")


def test_a_posting_that_fails_gives_its_gapless_number_back(plant: House) -> None:
    def post() -> str:
        with plant.acting() as ctx:
            return numbers.gapless(ctx, "CN", site_id(ctx.session))

    assert post() == "CN-VER-26-00001"
    with pytest.raises(Conflict):
        failing_post(plant)
    assert post() == "CN-VER-26-00002"


def test_two_postings_at_once_take_gapless_numbers_one_after_the_other(plant: House) -> None:
    taken: list[str] = []
    start = threading.Barrier(5)

    def post() -> None:
        start.wait()
        with plant.acting() as ctx:
            taken.append(numbers.gapless(ctx, "CN", site_id(ctx.session)))

    people = [threading.Thread(target=post) for _ in range(5)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(taken) == [f"CN-VER-26-{n:05d}" for n in range(1, 6)]
