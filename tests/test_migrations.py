"""Every allowed set of modules installs from nothing, and the models say what the database has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import pytest
import sqlalchemy as sa

from plantops.core import CORE, everything, initialise, open_house
from plantops.db import Base, Database
from plantops.errors import Invalid
from plantops.migrations import runner
from plantops.module import Module, ordered
from plantops.settings import Settings
from tests import houses

pytestmark = pytest.mark.db

NAMES = tuple(name for name in everything().names if name != "core")


def allowed(names: tuple[str, ...]) -> bool:
    try:
        everything().only(names)
    except Invalid:
        return False
    return True


SUBSETS = [chosen for size in range(len(NAMES) + 1) for chosen in combinations(NAMES, size) if allowed(chosen)]


@pytest.fixture
def empty(server_url: str, shared_folder: Path) -> Iterator[str]:
    url = houses.make_database(server_url, "template0", shared_folder)
    yield url
    houses.drop_database(url, server_url)


@dataclass
class Nursery:
    """Databases with modules in them, each grown from the one with all but its last module, the first from nothing.

    That is what an upgrade from nothing does: one module after the other, each in a transaction of its own.
    """

    server_url: str
    shared_folder: Path
    settings: Settings
    grown: dict[tuple[str, ...], str] = field(default_factory=dict)

    def database(self, chosen: tuple[str, ...]) -> str:
        names = tuple(name for name in everything().only(chosen).names if name != "core")
        if names not in self.grown:
            assert names == () or everything().only(names[:-1]).names[1:] == names[:-1], "it is the same way there"
            before = sa.make_url(self.database(names[:-1])).database if names else "template0"
            url = houses.make_database(self.server_url, before or "", self.shared_folder)
            initialise(url, self.settings, names).database.dispose()
            self.grown[names] = url
        return self.grown[names]


@pytest.fixture(scope="module")
def nursery(server_url: str, shared_folder: Path, settings: Settings) -> Iterator[Nursery]:
    made = Nursery(server_url, shared_folder, settings)
    yield made
    for url in made.grown.values():
        houses.drop_database(url, server_url)


@pytest.mark.parametrize("chosen", SUBSETS, ids="+".join)
def test_every_allowed_subset_installs_from_nothing(
    nursery: Nursery, chosen: tuple[str, ...], settings: Settings
) -> None:
    house = open_house(nursery.database(chosen), settings)
    assert set(house.registry.names) == {"core", *chosen}
    assert runner.behind(house.database, house.registry) == []
    with house.database.engine.connect() as connection:
        tables = set(sa.inspect(connection).get_table_names())
        for module in house.registry.modules:
            assert runner.drift(connection, module) == []
    foreign = [name for name in NAMES if name not in chosen]
    assert [table for table in tables if table.startswith(tuple(f"{name}_" for name in foreign))] == []
    house.database.dispose()


def test_no_migration_runs_code_that_may_change() -> None:
    """What a migration did yesterday it does tomorrow: it names tables and functions itself."""
    ours = re.compile(rf"^\s*(from|import) ({'|'.join(('plantops', *NAMES))})\b", re.MULTILINE)
    written = [file for name in ("plantops", *NAMES) for file in Path(name).glob("migrations/versions/*.py")]
    assert len(written) > 20
    assert [str(file) for file in written if ours.search(file.read_text(encoding="utf-8"))] == []


def test_upgrading_twice_does_nothing(empty: str, settings: Settings) -> None:
    initialise(empty, settings).database.dispose()
    database = Database(empty)
    assert runner.upgrade(database, everything()) == []
    database.dispose()


def test_a_missing_dependency_is_named() -> None:
    with pytest.raises(Invalid, match="Module roof needs module walls, which is not installed"):
        ordered([CORE, Module(name="roof", title="Roof", depends=("walls",))])


def test_a_circle_is_named() -> None:
    one, two = Module(name="one", title="1", depends=("two",)), Module(name="two", title="2", depends=("one",))
    with pytest.raises(Invalid, match=r"circle: (one -> two -> one|two -> one -> two)"):
        ordered([CORE, one, two])


def test_tables_carry_their_module_as_prefix() -> None:
    prefixes = tuple(f"{name}_" for name in everything().names)
    assert [table for table in Base.metadata.tables if not table.startswith(prefixes)] == []


def test_foreign_keys_go_along_depends_and_to_id_only() -> None:
    registry = everything()
    wrong = []
    for table in Base.metadata.tables.values():
        module = registry[table.name.split("_")[0]]
        for key in table.foreign_keys:
            target = registry[key.column.table.name.split("_")[0]]
            if target.name != module.name and (key.column.name != "id" or target.name not in {"core", *module.depends}):
                wrong.append(f"{table.name}.{key.parent.name} -> {key.column}")
    assert wrong == []


def test_every_table_is_audited_or_says_why_not(house_tables: set[str], triggers: set[str]) -> None:
    expected = {table.name for table in Base.metadata.tables.values() if table.info.get("audit", True)}
    assert expected & house_tables <= triggers


@pytest.fixture
def house_tables(house: houses.House) -> set[str]:
    with house.database.engine.connect() as connection:
        return set(sa.inspect(connection).get_table_names())


@pytest.fixture
def triggers(house: houses.House) -> set[str]:
    with house.database.engine.connect() as connection:
        rows = connection.scalars(
            sa.text(
                "SELECT event_object_table FROM information_schema.triggers WHERE trigger_name = 'core_audit_row'"
                " INTERSECT SELECT event_object_table FROM information_schema.triggers"
                " WHERE trigger_name = 'core_audit_added'"
            )
        )
        return set(rows)
