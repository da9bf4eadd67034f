"""The embedded PostgreSQL: shared while anybody uses it, gone when nobody does, and the data survive every end."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from plantops import embedded, embedded_watch
from plantops.embedded import CannotStart, running, start
from tests.plantops.embedded_users import (
    ANOTHER,
    PROJECT,
    Another,
    connect,
    eventually,
    is_ready,
    remember,
    remembered,
    server_of,
    watcher_of,
)

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root meets this")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a remembered word in it. Making one is slow, so the tests pass it on in good order."""
    data = tmp_path_factory.mktemp("made") / "data"
    with running(data, unsafe_for_tests=True) as url:
        remember(url, "first")
    return data


@pytest.fixture
def data(made: Path) -> Iterator[Path]:
    yield made
    # Whatever a failed test left behind must not run on.
    embedded_watch.end(made / "postgres")


@pytest.fixture
def moved(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Path]]:
    """The data folder under another name, and back again after the test."""
    runtime = Path(tempfile.mkdtemp())
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))  # for the links that long names need
    places: list[Path] = []

    def move(name: str) -> Path:
        places.append(data.rename(tmp_path / name))
        return places[-1]

    yield move
    for place in places:
        embedded_watch.end(place / "postgres")
        place.rename(data)
    shutil.rmtree(runtime)


# --- A server as a plant needs it
def test_a_new_server_speaks_utf8_sorts_by_code_point_and_knows_letters(made: Path) -> None:
    with running(made, unsafe_for_tests=True) as url, connect(url) as session:
        assert session.execute("show server_encoding").fetchone() == ("UTF8",)
        assert session.execute("show timezone").fetchone() == ("UTC",)
        words = session.execute("select w from unnest(array['Ärger', 'Zimmer', 'apfel']) w order by w").fetchall()
        assert [word for (word,) in words] == ["Zimmer", "apfel", "Ärger"]
        assert session.execute("select 'ÄRGER' ilike 'ärger'").fetchone() == (True,)
        assert int(session.execute("select current_setting('server_version_num')").fetchone()[0]) >= 150000  # type: ignore[index]


def test_it_is_reached_by_its_socket_only_and_by_this_user_only(made: Path) -> None:
    with running(made, unsafe_for_tests=True) as url, connect(url) as session:
        assert session.execute("show listen_addresses").fetchone() == ("",)
    for folder in (made, made / "postgres", made / "locks", made / "log"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder


def test_only_a_test_may_run_it_unsafe(data: Path) -> None:
    def safety(url: str) -> list[str]:
        with connect(url) as session:
            return [
                session.execute(f"show {name}").fetchone()[0]  # type: ignore[index]
                for name in ("fsync", "synchronous_commit", "full_page_writes")
            ]

    with running(data, unsafe_for_tests=True) as url:
        assert safety(url) == ["off", "off", "off"]
    with running(data) as url:
        assert safety(url) == ["on", "on", "on"]


def test_a_dump_is_made_and_restored_by_the_programs_that_came_with_it(data: Path, tmp_path: Path) -> None:
    with running(data, unsafe_for_tests=True) as url:
        address = url.replace("postgresql+psycopg", "postgresql")
        dump = tmp_path / "dump"
        subprocess.run([embedded.binary("pg_dump"), "-Fc", "-f", dump, address], check=True)
        with connect(url, "postgres") as session:
            session.execute("create database second")
        second = address.replace("/plantops?", "/second?")
        subprocess.run([embedded.binary("pg_restore"), "-d", second, dump], check=True)
        assert "first" in remembered(second)


def test_a_program_that_does_not_come_with_it_is_named() -> None:
    with pytest.raises(CannotStart, match="pg_nothing is missing"):
        embedded.binary("pg_nothing")


# --- Start, stop, together
def test_the_data_survive_and_nothing_runs_on(data: Path) -> None:
    with running(data, unsafe_for_tests=True) as url:
        remember(url, "second")
        watcher = watcher_of(data)
    assert server_of(data) is None
    assert not (data / "postgres" / "postmaster.pid").exists()
    assert eventually(lambda: not Path(f"/proc/{watcher}").exists() or not Path("/proc/self").exists())
    with running(data, unsafe_for_tests=True) as url:
        assert {"first", "second"} <= set(remembered(url))


def test_a_second_process_joins_and_the_last_one_ends_the_server(data: Path) -> None:
    server = start(data, unsafe_for_tests=True)
    pid = server_of(data)
    other = Another(data)
    assert other.url == server.url
    assert server_of(data) == pid
    assert server.stop() is False
    assert "first" in remembered(other.url)
    assert other.leaves() is True
    assert server_of(data) is None
    assert server.stop() is False, "a second stop does nothing"


def test_one_process_may_use_it_twice(data: Path) -> None:
    with running(data, unsafe_for_tests=True) as outer:
        with running(data, unsafe_for_tests=True) as inner:
            assert inner == outer
        assert "first" in remembered(outer)


def test_many_start_a_new_folder_at_once_and_all_get_the_same_server(tmp_path: Path) -> None:
    data = tmp_path / "not" / "yet" / "there"
    with ThreadPoolExecutor(4) as pool:
        others = list(pool.map(Another, [data] * 4))
    assert [other.url for other in others] == [others[0].url] * 4
    remember(others[0].url, "together")
    assert [remembered(other.url) for other in others] == [["together"]] * 4
    assert [other.leaves() for other in others] == [False, False, False, True]


def test_starting_while_the_last_one_leaves_gives_a_running_server(data: Path) -> None:
    for _ in range(4):
        first = start(data, unsafe_for_tests=True)
        with ThreadPoolExecutor(2) as pool:
            leaving, coming = pool.submit(first.stop), pool.submit(start, data, unsafe_for_tests=True)
            leaving.result()
            second = coming.result()
        assert "first" in remembered(second.url)
        second.stop()
        assert server_of(data) is None


def test_a_forked_child_does_not_take_the_server_from_its_parent(data: Path) -> None:
    server = start(data, unsafe_for_tests=True)
    child = os.fork()
    if child == 0:
        os._exit(3 if server.stop() else 4)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 4
    assert "first" in remembered(server.url)
    assert server.stop() is True


# --- Ends that nobody planned
@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_the_server_ends_however_its_user_dies(data: Path, sign: signal.Signals) -> None:
    other = Another(data)
    remember(other.url, f"before {sign.name}")
    other.gets(sign)
    assert eventually(lambda: server_of(data) is None)
    with running(data, unsafe_for_tests=True) as url:
        assert f"before {sign.name}" in remembered(url)


def test_a_killed_user_does_not_take_the_server_from_the_others(data: Path) -> None:
    killed = Another(data)
    with running(data, unsafe_for_tests=True) as url:
        killed.gets(signal.SIGKILL)
        time.sleep(0.5)
        assert "first" in remembered(url)
    assert server_of(data) is None


def test_an_orphan_is_ended_by_the_next_start(data: Path) -> None:
    other = Another(data)
    remember(other.url, "before the orphan")
    orphan = server_of(data)
    os.kill(watcher_of(data), signal.SIGKILL)
    other.gets(signal.SIGKILL)
    time.sleep(0.5)
    assert server_of(data) == orphan, "without its watcher it runs on"
    with running(data, unsafe_for_tests=True) as url:
        assert server_of(data) not in (None, orphan)
        assert "before the orphan" in remembered(url)
    assert server_of(data) is None


def test_the_last_user_ends_the_server_when_the_watcher_was_killed(data: Path) -> None:
    server = start(data, unsafe_for_tests=True)
    os.kill(watcher_of(data), signal.SIGKILL)
    assert "first" in remembered(server.url)
    assert server.stop() is True
    assert server_of(data) is None


def test_a_crashed_server_is_started_again_while_it_is_used(data: Path) -> None:
    with running(data) as url:
        remember(url, "before the crash")
        crashed = server_of(data)
        assert crashed is not None
        os.kill(crashed, signal.SIGKILL)
        assert eventually(lambda: server_of(data) not in (None, crashed) and is_ready(data))
        assert "before the crash" in remembered(url)
    assert server_of(data) is None


def test_a_server_that_was_paused_is_not_taken_for_a_crashed_one(data: Path) -> None:
    with running(data, unsafe_for_tests=True) as url:
        pid = server_of(data)
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        time.sleep(0.3)
        os.kill(pid, signal.SIGCONT)
        assert "first" in remembered(url)
        assert server_of(data) == pid
    assert server_of(data) is None


def test_a_server_that_somebody_ended_on_purpose_stays_ended_until_the_next_start(data: Path) -> None:
    server = start(data, unsafe_for_tests=True)
    pid = server_of(data)
    assert pid is not None
    os.kill(pid, signal.SIGINT)
    assert eventually(lambda: server_of(data) is None)
    time.sleep(1.5)
    assert server_of(data) is None
    server.stop()
    with running(data, unsafe_for_tests=True) as url:
        assert "first" in remembered(url)


def test_a_process_number_used_again_is_not_taken_for_the_server(data: Path) -> None:
    innocent = subprocess.Popen(["sleep", "60"])
    try:
        (data / "postgres" / "postmaster.pid").write_text(f"{innocent.pid}\n{data}/postgres\n1\n5432\n.\n\n\nready\n")
        with running(data, unsafe_for_tests=True) as url:
            assert "first" in remembered(url)
        assert innocent.poll() is None
    finally:
        innocent.kill()
        innocent.wait()


def test_another_plants_server_under_the_old_number_is_left_alone(data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(data, other)
    with running(other, unsafe_for_tests=True) as theirs:
        (data / "postgres" / "postmaster.pid").write_text((other / "postgres" / "postmaster.pid").read_text())
        with running(data, unsafe_for_tests=True) as url:
            assert "first" in remembered(url)
            assert server_of(data) != server_of(other)
        assert "first" in remembered(theirs)


def test_a_set_up_that_was_cut_off_is_begun_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    other = subprocess.Popen([sys.executable, "-c", ANOTHER, str(data)], cwd=PROJECT, stdin=subprocess.PIPE)
    assert eventually(lambda: any(data.glob("postgres.new-*/base")))
    other.kill()
    other.communicate()
    assert not (data / "postgres").exists()
    with running(data, unsafe_for_tests=True) as url:
        remember(url, "whole")
        assert remembered(url) == ["whole"]
    assert list(data.glob("postgres.new-*")) == []


WRITER = """
import pathlib, sys
folder = pathlib.Path(sys.argv[1])
print(flush=True)
for n in range(100_000):
    (folder / str(n)).mkdir()
"""


def test_what_a_killed_set_up_left_is_removed_while_its_program_still_writes(tmp_path: Path) -> None:
    cut_off = tmp_path / "postgres.new-1"
    cut_off.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(cut_off)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        embedded._remove(cut_off)
        assert not cut_off.exists()
        assert writer.wait(20) != 0, "its folder is gone for good"
    assert not cut_off.exists()


# --- Places
@pytest.mark.parametrize("name", ['it\'s "quoted" 100% Größe', "with space, comma", "d" * 150])
def test_any_folder_name_will_do(moved: Callable[[str], Path], name: str) -> None:
    data = moved(name)
    with running(data, unsafe_for_tests=True) as url:
        assert "first" in remembered(url)
    assert server_of(data) is None


def test_a_place_for_links_that_is_itself_too_long_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / ("d" * 150)
    place.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(place))
    assert len(str(embedded._place_for_links())) < 54


def test_a_strangers_link_in_the_way_of_a_long_path_is_not_followed(
    moved: Callable[[str], Path], tmp_path: Path
) -> None:
    data = moved("d" * 150)
    with running(data, unsafe_for_tests=True):
        (link,) = Path(os.environ["XDG_RUNTIME_DIR"]).iterdir()
    link.unlink()
    link.symlink_to(tmp_path)
    with pytest.raises(CannotStart, match="is in the way"):
        start(data, unsafe_for_tests=True)
    assert server_of(data) is None


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match="cannot be used: Not a directory"):
        start(tmp_path / "file" / "data")


def test_data_of_a_version_that_did_not_come_along_are_left_alone(data: Path) -> None:
    version = data / "postgres" / "PG_VERSION"
    kept = version.read_text()
    version.write_text("12\n")
    with pytest.raises(CannotStart, match="written by PostgreSQL 12, and this plantops brings PostgreSQL 18"):
        start(data)
    version.write_text(kept)


def test_why_it_did_not_start_is_repeated_from_its_log(data: Path) -> None:
    (data / "postgres" / "postgresql.auto.conf").write_text("shared_buffers = 'many'\n")
    with pytest.raises(CannotStart, match=r"did not start. It said: .*postgresql.auto.conf"):
        start(data)
    (data / "postgres" / "postgresql.auto.conf").write_text("")
    with running(data, unsafe_for_tests=True) as url:
        assert "first" in remembered(url)


def test_a_server_that_is_heard_but_not_seen_is_not_started_twice(data: Path) -> None:
    with socket.socket(socket.AF_UNIX) as elsewhere:
        elsewhere.bind(str(data / "postgres" / ".s.PGSQL.5432"))
        elsewhere.listen()
        with pytest.raises(CannotStart, match="perhaps in another container"):
            start(data)
    (data / "postgres" / ".s.PGSQL.5432").unlink()


# --- Root
@only_root
def test_root_changes_nobodys_permissions(moved: Callable[[str], Path], tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    moved("home/data")
    with running(home / "data", unsafe_for_tests=True) as url:
        assert "first" in remembered(url)
        assert Path(f"/proc/{server_of(home / 'data')}").stat().st_uid not in (0, home.stat().st_uid)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "data").stat().st_mode) == 0o700
