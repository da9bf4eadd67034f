"""Transactions: all or nothing, tried again where that helps, and honest about what nobody can know."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from plantops import places
from plantops.context import Context
from plantops.core import House
from plantops.db import NOTHING_SAVED, PERHAPS_SAVED, TRIES, get, one_at_a_time, sqlstate
from plantops.errors import NotFound, Stale, Unavailable
from plantops.places import CostCentre, Place, Site

pytestmark = pytest.mark.db

DIES = """
import os, signal, sys
import sqlalchemy as sa
from plantops import places
from plantops.core import open_house
from plantops.settings import Settings
from pathlib import Path
house = open_house(sys.argv[1], Settings.read(Path(sys.argv[2]), environ={}))
with house.acting() as ctx:
    sa.event.listen(ctx.session, sys.argv[3], lambda session: os.kill(os.getpid(), signal.SIGKILL))
    places.add_cost_centre(ctx, 1, "9100", "Made by a process that dies")
    places.add_cost_centre(ctx, 1, "9200", "Made by a process that dies")
    ctx.session.flush()
"""


def rename(session: Session, code: str, more: str) -> None:
    session.execute(sa.text("SELECT set_config('plantops.actor', '1', true)"))
    session.execute(
        sa.text("UPDATE core_cost_centre SET name = name || :more WHERE code = :code"), {"more": more, "code": code}
    )


def names(house: House) -> dict[str, str]:
    with house.database.transaction() as session:
        return {row.code: row.name for row in session.execute(sa.select(CostCentre.code, CostCentre.name))}


@pytest.mark.parametrize(("moment", "kept"), [("before_commit", 0), ("after_commit", 2)])
def test_a_process_killed_at_the_commit_leaves_nothing_or_all(plant: House, moment: str, kept: int) -> None:
    folder = str(plant.settings.data)
    died = subprocess.run(
        [sys.executable, "-c", DIES, plant.database.url, folder, moment], capture_output=True, check=False, timeout=60
    )
    assert died.returncode == -9, died.stderr.decode()
    assert len({"9100", "9200"} & names(plant).keys()) == kept
    with plant.acting() as ctx:  # and it holds no lock any more
        rename(ctx.session, "4100", "!")


def test_two_that_wait_for_each_other_are_sorted_out(plant: House) -> None:
    both_hold_one = threading.Barrier(2)
    tries: list[str] = []

    def crosswise(first: str, second: str) -> None:
        def work(session: Session) -> None:
            tries.append(first)
            rename(session, first, "+")
            if tries.count(first) == 1:
                both_hold_one.wait(10)
            rename(session, second, "+")

        plant.database.run(work)

    threads = [threading.Thread(target=crosswise, args=pair) for pair in (("4100", "4200"), ("4200", "4100"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(tries) == 3, "PostgreSQL undid one of them, and that one was done again"
    assert names(plant) == {"4100": "Maintenance++", "4200": "Cleaning++"}


def test_what_never_comes_free_is_told_after_a_few_tries(plant: House) -> None:
    tries: list[int] = []

    def work(session: Session) -> None:
        tries.append(1)
        rename(session, "4100", "?")
        session.execute(sa.text("DO $$ BEGIN RAISE EXCEPTION 'busy' USING ERRCODE = '40001'; END $$"))

    with pytest.raises(DBAPIError) as met:
        plant.database.run(work)
    assert sqlstate(met.value) == "40001"
    assert len(tries) == TRIES
    assert names(plant)["4100"] == "Maintenance"


def ended_by_the_server(session: Session, plant: House) -> None:
    pid = session.scalar(sa.text("SELECT pg_backend_pid()"))
    with plant.database.transaction() as other:
        other.execute(sa.text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})


def test_a_connection_lost_before_the_commit_saved_nothing(plant: House) -> None:
    with pytest.raises(Unavailable) as met, plant.database.transaction() as session:
        rename(session, "4100", "?")
        ended_by_the_server(session, plant)
        rename(session, "4200", "?")
    assert met.value.message == NOTHING_SAVED
    assert names(plant)["4100"] == "Maintenance"


def test_a_dead_connection_costs_a_run_nothing(plant: House) -> None:
    tries: list[int] = []

    def work(session: Session) -> None:
        tries.append(1)
        if len(tries) == 1:
            ended_by_the_server(session, plant)
        rename(session, "4100", "!")

    plant.database.run(work)
    assert (len(tries), names(plant)["4100"]) == (2, "Maintenance!")


def test_a_connection_lost_at_the_commit_does_not_claim_to_know(plant: House) -> None:
    with pytest.raises(Unavailable) as met, plant.database.transaction() as session:
        rename(session, "4100", "?")
        sa.event.listen(session, "before_commit", lambda dying: ended_by_the_server(dying, plant))
    assert met.value.message == PERHAPS_SAVED


def test_any_error_undoes_the_whole_transaction(plant: House) -> None:
    with pytest.raises(ZeroDivisionError), plant.database.transaction() as session:
        rename(session, "4100", "?")
        raise ZeroDivisionError
    assert names(plant)["4100"] == "Maintenance"


def test_one_row_as_the_person_saw_it(ctx: Callable[..., Context]) -> None:
    here = ctx()
    (site_id,) = here.session.scalars(sa.select(Site.id))
    hall = places.add_place(here, site_id, "H9", "Hall nine", places.Kind.BUILDING)
    query = sa.select(Place).where(Place.id == hall.id)
    assert get(here.session, query, what="place", version=hall.version) is hall
    with pytest.raises(Stale) as met:
        get(here.session, query, what="place", version=hall.version + 1, lock=True)
    assert met.value.details == {"current_version": hall.version, "your_version": hall.version + 1}
    with pytest.raises(NotFound, match="There is no such place"):
        get(here.session, sa.select(Place).where(Place.id == 0), what="place")


def test_the_same_words_pass_one_after_the_other(plant: House) -> None:
    inside, passed = threading.Event(), threading.Event()

    def second() -> None:
        inside.wait(10)
        with plant.database.transaction() as session:
            one_at_a_time(session, "testing", 7)
            passed.set()

    thread = threading.Thread(target=second)
    thread.start()
    with plant.database.transaction() as session:
        one_at_a_time(session, "testing", 7)
        inside.set()
        assert not passed.wait(0.5)
    thread.join(10)
    assert passed.is_set()
