"""The demo's making: parts side by side that end together, a port looked at first, a broken-off start cleared away."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from plantops import running, verify
from plantops.core import House, everything, initialise
from plantops.db import Database
from plantops.demo import Demo, making, parts_of, plant, together
from plantops.demo.aside import set_aside
from plantops.demo.together import Part
from plantops.errors import Conflict, Invalid, Unavailable
from plantops.migrations import runner
from plantops.module import DemoPart, Module, Registry
from plantops.settings import Settings
from tests import houses

DATABASE = "plantops_test_demo_core"
FORKS = pytest.mark.skipif(together.AT_ONCE == 1, reason="parts run one after the other on this system")


@pytest.fixture
def empty(server_url: str, template: str, shared_folder: Path, settings: Settings) -> Iterator[House]:
    """A house without any site."""
    house = houses.house_on(houses.make_database(server_url, houses.bare(template), shared_folder), settings)
    yield house
    house.database.dispose()
    houses.drop_database(house.database.url, server_url)


def test_a_part_begins_when_what_it_needs_is_done(tmp_path: Path) -> None:
    def write(name: str, *before: str) -> Part:
        def work() -> object:
            assert all((tmp_path / other).exists() for other in before), name
            time.sleep(0.05)
            (tmp_path / name).touch()
            return os.getpid()

        return Part(name, frozenset(before), work)

    results: dict[str, object] = {}
    parts = [write("people"), write("goods"), write("trips", "people", "goods"), write("rosters", "people")]
    together.run(parts, lambda part, result, _seconds: results.update({part.name: result}))
    assert sorted(results) == ["goods", "people", "rosters", "trips"]
    assert (os.getpid() in results.values()) is (together.AT_ONCE == 1)


@FORKS
def test_when_a_part_fails_the_others_end_and_it_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    def slow() -> object:
        (tmp_path / "pid").write_text(str(os.getpid()))
        time.sleep(60)
        return None

    def fails() -> object:
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            time.sleep(0.01)
        raise ValueError("no such supplier")

    parts = [Part("slow", frozenset(), slow), Part("fails", frozenset(), fails)]
    with pytest.raises(Unavailable, match="The part fails of the demo could not be made"):
        together.run(parts, lambda *_all: None)
    assert "no such supplier" in capfd.readouterr().err
    assert is_gone(int((tmp_path / "pid").read_text()))


PARENT = """
import os, sys, time
from plantops.demo import together
def slow():
    print(os.getpid(), flush=True)
    time.sleep(60)
together.run([together.Part("slow", frozenset(), slow)], lambda *_all: None)
"""


@FORKS
def test_a_part_ends_when_the_demo_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        part = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    assert is_gone(part)


CHILDREN = """
import sys, time
from plantops import running, verify
from plantops.settings import Settings
with running.children(Settings.read(), sys.argv[1], int(sys.argv[2])) as begun:
    running.wait_until_ready(f"http://127.0.0.1:{sys.argv[2]}", begun)
    print(*(child.pid for child in begun), flush=True)
    time.sleep(60)
"""


@pytest.mark.db
def test_web_and_worker_end_when_the_demo_is_killed(empty: House, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-c", CHILDREN, empty.database.url, str(port)]
    environ = os.environ | {"PLANTOPS_DATA": str(tmp_path)}
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environ) as parent:
        assert parent.stdout is not None
        begun = [int(pid) for pid in parent.stdout.readline().split()]
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    assert len(begun) == 2
    assert all(is_gone(pid) for pid in begun)
    running.refuse_taken(port)


def is_gone(pid: int) -> bool:
    limit = time.monotonic() + 10
    while time.monotonic() < limit:
        try:
            os.kill(pid, 0)
            if " Z " in Path(f"/proc/{pid}/stat").read_text():
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.02)
    return False


def test_a_port_in_use_is_told_before_anything_is_made(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        words = [sys.executable, "-m", "plantops.cli", "demo", "--data", str(tmp_path / "data"), "--port", str(port)]
        environ = {name: value for name, value in os.environ.items() if name != "PLANTOPS_DATABASE_URL"}
        found = subprocess.run(words, capture_output=True, text=True, env=environ, check=False)
    assert found.returncode == 2
    assert f"Port {port} cannot be used" in found.stderr
    assert "--port" in found.stderr
    assert not (tmp_path / "data" / "postgres").exists()
    running.refuse_taken(port)
    with pytest.raises(Invalid, match="cannot be used"):
        running.refuse_taken(70_000)


@pytest.mark.db
def test_what_was_broken_off_is_cleared_away(empty: House, settings: Settings) -> None:
    plant.build(Demo(empty))
    left = settings.data / "files" / "ab" / "left"
    left.parent.mkdir(parents=True, exist_ok=True)
    left.touch()
    assert not making.demo_is_whole(empty.database)
    before = keys_and_indexes(empty.database, ["core_transition"])
    with pytest.raises(Conflict, match="broken off"):
        making.make_demo(settings, empty.database.url)
    assert keys_and_indexes(empty.database, ["core_transition"]) == before
    making.clear_away(empty.database, settings)
    assert runner.installed(empty.database) == ()
    assert not left.exists()
    again = initialise(empty.database.url, settings)
    plant.build(Demo(again))
    with again.acting() as ctx:
        assert ctx.session.scalar(sa.text("SELECT count(*) FROM core_place")) == 130
    again.database.dispose()


@pytest.mark.db
def test_foreign_keys_wait_until_the_history_is_in(empty: House) -> None:
    tables = ["core_transition", "purchasing_order_line", "personnel_attendance_day"]
    before = keys_and_indexes(empty.database, tables)
    with empty.acting() as ctx:
        waiting = set_aside(ctx, tables)
    assert len(keys_and_indexes(empty.database, tables)) < len(before) - 5
    assert "fk_core_transition_actor_id" in broken(empty), "whoever pulls the plug now is told"
    unknown = sa.text(
        "INSERT INTO core_transition (kind, row_id, source, target, actor_id, reason, at)"
        " VALUES ('core_place', 1, 'draft', 'sent', 999999, '', now())"
    )
    with pytest.raises(sa.exc.IntegrityError, match="core_user"), empty.acting() as ctx:
        ctx.session.execute(unknown)  # as long as the key waits nobody minds
        waiting.bring_back(ctx)
    with empty.acting() as ctx:
        waiting.bring_back(ctx)
    assert keys_and_indexes(empty.database, tables) == before
    assert broken(empty) == []


def broken(house: House) -> list[str]:
    """What `verify` says."""
    with house.acting() as ctx:
        return [each.sentence.split()[0] for each in verify.verify(ctx).broken]


def keys_and_indexes(database: Database, tables: list[str]) -> set[str]:
    query = sa.text(
        "SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid::regclass::text = ANY (:tables) UNION ALL"
        " SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY (:tables)"
    )
    with database.transaction() as session:
        return set(session.scalars(query, {"tables": tables}))


def test_what_the_most_wait_for_is_begun_first() -> None:
    def part(name: str, *needs: str) -> Part:
        return Part(name, frozenset(needs), lambda: None)

    behind = together.chains([part("files"), part("people"), part("trips", "people"), part("week", "people", "trips")])
    assert behind == {"files": 0, "people": 2, "trips": 1, "week": 0}


def test_each_part_waits_for_what_it_uses(settings: Settings) -> None:
    nowhere = House(everything(), Database("postgresql+psycopg://nobody@/nowhere"), settings)
    needs = {part.name: part.needs for part in parts_of(Demo(nowhere))}
    assert needs["personnel.plant"] == needs["purchasing.plant"] == needs["purchasing.files"] == frozenset()
    assert needs["transport"] == needs["housekeeping"] == {"personnel.plant"}
    assert needs["the last two weeks"] == {"personnel.plant", "purchasing.plant", "housekeeping", "transport"}


def test_a_demo_of_one_function_waits_for_all_parts_of_the_modules_below(settings: Settings) -> None:
    modules = (
        Module("goods", "Goods", demo=(DemoPart("goods.plant", "goods:a"), DemoPart("goods.files", "goods:b"))),
        Module("bare", "Without a demo", depends=("goods",)),
        Module("trips", "Trips", depends=("bare",), after=("nowhere",), demo="trips:build"),
    )
    nowhere = House(Registry(modules), Database("postgresql+psycopg://nobody@/nowhere"), settings)
    needs = {part.name: part.needs for part in parts_of(Demo(nowhere))}
    assert needs == {
        "goods.plant": frozenset(),
        "goods.files": frozenset(),
        "trips": {"goods.plant", "goods.files"},
        "the last two weeks": {"goods.plant", "goods.files", "trips"},
    }
