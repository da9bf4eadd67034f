"""What every test may ask for: a person's context, a plant of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from plantops import embedded, logs
from plantops.core import House
from plantops.settings import Settings
from tests import houses
from tests.browser import browser, chromium, client, served  # noqa: F401  one browser per process, for pages and stories

# Files and folders that take long, in the order in which they begin. The bench of routes compiles what other files use.
LONG = (
    "web/test_every_page", "bench/test_routes", "web/", "stories/", "bench/", "test_",
    "plantops/test_jobs", "plantops/test_people", "housekeeping/",
)  # fmt: skip
# They throw away whole environments and servers: so many freed inodes make each new database slow (see houses.py).
LAST = ("plantops/test_run", "plantops/test_embedded", "web/test_faults")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file is done by one process: the long ones first, so that neither waits for the other at the end."""
    tests = Path(__file__).parent

    def turn(item: pytest.Item) -> tuple[bool, int]:
        name = item.path.relative_to(tests).as_posix()
        return name.startswith(LAST), next(
            (turn for turn, begin in enumerate(LONG) if name.startswith(begin)), len(LONG)
        )

    items.sort(key=turn)


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """The command line sends the log to its stderr, which pytest closes after the test."""
    yield
    structlog.reset_defaults()
    logs.unconfigure()


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this test run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def server_url(shared_folder: Path) -> Iterator[str]:
    """The embedded PostgreSQL, one for all processes of this run, or the server that the variable names."""
    if named := os.environ.get("PLANTOPS_TEST_DATABASE_URL"):
        yield named
        houses.clear_away(named)
        return
    server = embedded.start(shared_folder / "postgresql", unsafe_for_tests=True)
    yield server.url
    with houses.one_at_a_time(shared_folder / "template-lock"):
        if server.stop():  # the last process of the run takes the databases with it, the template too
            shutil.rmtree(shared_folder / "postgresql" / "postgres")
            (shared_folder / "template-name").unlink(missing_ok=True)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings.read(tmp_path_factory.mktemp("data"), environ={})


@pytest.fixture(scope="session")
def template(server_url: str, shared_folder: Path, settings: Settings) -> str:
    return houses.make_template(server_url, shared_folder, settings)


@pytest.fixture(scope="session")
def house(server_url: str, template: str, shared_folder: Path, settings: Settings) -> Iterator[House]:
    """This process's database. Tests on it roll back; what commits takes `plant` instead."""
    url = houses.make_database(server_url, template, shared_folder)
    made = houses.house_on(url, settings)
    yield made
    made.database.dispose()
    houses.drop_database(url, server_url)


@pytest.fixture
def ctx(house: House) -> Iterator[houses.Someone]:
    """`ctx(as_="buyer")`: contexts in one transaction, rolled back after the test."""
    with houses.rolled_back(house.database) as session:
        yield houses.Someone(house, session)


@pytest.fixture
def new_plant(server_url: str, template: str, shared_folder: Path, settings: Settings) -> Iterator[Callable[[], House]]:
    """Makes databases of their own: for races, jobs, browsers and whatever really commits."""
    made: list[House] = []

    def make() -> House:
        made.append(houses.house_on(houses.make_database(server_url, template, shared_folder), settings))
        return made[-1]

    yield make
    for one in made:
        one.database.dispose()
        houses.drop_database(one.database.url, server_url)


@pytest.fixture
def plant(new_plant: Callable[[], House]) -> House:
    return new_plant()
