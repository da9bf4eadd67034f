"""Backup and restore: what was there is there again, and a damaged or foreign archive changes nothing."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from plantops import audit, backup, cli, files, places, verify
from plantops.context import SYSTEM_ID, mark_actor
from plantops.core import House
from plantops.db import Database
from plantops.errors import Conflict, Invalid
from plantops.migrations import runner
from plantops.module import Registry
from plantops.settings import Settings
from tests import houses

pytestmark = pytest.mark.db

LETTER = b"The quarterly terms of a supplier."


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def lived_in(plant: House, data: Path) -> House:
    plant.settings = Settings.read(data, environ={})
    with plant.acting() as ctx:
        files.keep(ctx, "terms.txt", LETTER)
    return plant


@pytest.fixture
def empty(server_url: str, shared_folder: Path) -> Iterator[str]:
    url = houses.make_database(server_url, "template0", shared_folder)
    yield url
    houses.drop_database(url, server_url)


@pytest.fixture
def saved(lived_in: House, data: Path, tmp_path: Path) -> Path:
    target = tmp_path / "plant.backup"
    backup.make(lived_in.database.url, data / backup.FILES, target, now=houses.NOW)
    return target


def rewritten(saved: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The same archive with some of its parts changed."""
    with tarfile.open(saved) as archive:
        parts = {one.name: archive.extractfile(one).read() for one in archive.getmembers()}  # type: ignore[union-attr]
    change(parts)
    forged = saved.with_name("forged.backup")
    folder = saved.with_name("parts")
    with tarfile.open(forged, "w") as archive:
        for number, (name, content) in enumerate(parts.items()):
            folder.mkdir(exist_ok=True)
            (folder / str(number)).write_bytes(content)
            archive.add(folder / str(number), name)
    return forged


def tables(url: str) -> int:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return int(connection.scalar(sa.text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")) or 0)


def test_what_was_there_is_there_again(saved: Path, empty: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    backup.restore(empty, elsewhere / backup.FILES, saved)
    house = houses.house_on(empty, Settings.read(elsewhere, environ={}))
    with house.acting() as ctx:
        (letter,) = ctx.session.scalars(sa.select(files.File).where(files.File.name == "terms.txt"))
        assert files.content(ctx, letter.id) == LETTER
        assert verify.verify(ctx).broken == ()
    house.database.dispose()


def test_the_audit_chain_goes_on_where_transactions_are_numbered_anew(
    lived_in: House, data: Path, empty: str, tmp_path: Path
) -> None:
    with lived_in.database.engine.begin() as connection:  # a server that has seen a billion transactions
        connection.execute(sa.text(audit.SHIFT.format(by=10**9)))
    with lived_in.acting() as ctx:
        places.add_site(ctx, "OST", "Depot Osterby", zone="Europe/Luxembourg", currency="EUR", country="LU")
    with lived_in.database.engine.begin() as connection:  # and another billion of which none is noted
        connection.execute(sa.text(audit.SHIFT.format(by=2 * 10**9)))
    with lived_in.acting() as ctx:
        assert audit.seal(ctx) > 0
    backup.make(lived_in.database.url, data / backup.FILES, tmp_path / "plant.backup", now=houses.NOW)
    backup.restore(empty, tmp_path / "elsewhere", tmp_path / "plant.backup")
    house = houses.house_on(empty, Settings.read(tmp_path / "elsewhere", environ={}))
    with house.acting() as ctx:
        places.add_site(ctx, "WES", "Depot Westerby", zone="Europe/Luxembourg", currency="EUR", country="LU")
    with house.acting() as ctx:
        assert audit.seal(ctx) > 0
        verdict = audit.verify(ctx.session)
    house.database.dispose()
    assert (verdict.seals, verdict.unsealed_rows, verdict.broken) == (2, 0, ())


def test_a_backup_from_before_the_chain_could_be_shifted_is_brought_up_to_date(
    plant: House, server_url: str, shared_folder: Path, empty: str, tmp_path: Path
) -> None:
    core = plant.registry.modules[0]
    old = houses.make_database(server_url, "template0", shared_folder)
    database = Database(old)
    with database.transaction() as session:
        mark_actor(session, SYSTEM_ID)
        runner.upgrade_module(session.connection(), core, "core_0010")
        # A server that has seen a billion transactions.
        late = "ALTER TABLE core_audit ALTER COLUMN txid SET DEFAULT pg_current_xact_id()::text::bigint + 1000000000"
        session.execute(sa.text(late))
        session.execute(sa.text("UPDATE core_user SET name = 'The system' WHERE id = 1"))
    database.dispose()
    saved = backup.make(old, tmp_path / backup.FILES, tmp_path / "old.backup", now=houses.NOW)
    houses.drop_database(old, server_url)
    assert saved.modules == {"core": "core_0010"}
    backup.restore(empty, tmp_path / "elsewhere", tmp_path / "old.backup")
    house = House(Registry((core,)), Database(empty), plant.settings, plant.clock)
    runner.upgrade(house.database, house.registry)
    with house.acting() as ctx:
        places.add_site(ctx, "OST", "Depot Osterby", zone="Europe/Luxembourg", currency="EUR", country="LU")
    with house.acting() as ctx:
        assert audit.seal(ctx) >= 2
        verdict = audit.verify(ctx.session)
        first = ctx.session.scalar(sa.text("SELECT min(txid) FROM core_audit WHERE table_name = 'core_site'"))
    house.database.dispose()
    assert (verdict.unsealed_rows, verdict.broken) == (0, ())
    assert first is not None and first > 10**9, "it stands behind what was brought"


def test_settings_that_an_older_server_does_not_know_are_left_out_of_a_dump() -> None:
    dump = [b"--\n", b"\n", b"SET new_thing = 0;\n", b"SET row_security = off;\n", b"COPY x FROM stdin;\n",
            b"SET new_thing = 0;\n"]  # fmt: skip
    kept = list(backup.without_strange_settings(dump, {"row_security"}))
    assert kept == [one for number, one in enumerate(dump) if number != 2]


def test_only_its_owner_reads_a_backup_and_nothing_is_left_beside_it(saved: Path) -> None:
    assert saved.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in saved.parent.iterdir()) == ["data", "plant.backup"]


def test_a_house_that_is_lived_in_is_not_overwritten(saved: Path, lived_in: House, data: Path) -> None:
    with pytest.raises(Conflict, match="not empty"):
        backup.restore(lived_in.database.url, data / backup.FILES, saved)


def damage(parts: dict[str, bytes]) -> None:
    parts[backup.DUMP] = parts[backup.DUMP][:-1] + b"x"


def lose_a_file(parts: dict[str, bytes]) -> None:
    del parts[next(name for name in parts if name.startswith(backup.FILES))]


def climb_out(parts: dict[str, bytes]) -> None:
    manifest = json.loads(parts[backup.MANIFEST])
    manifest["checksums"]["files/../../outside"] = "0" * 64
    parts[backup.MANIFEST] = json.dumps(manifest).encode()


def climb_to_the_top(parts: dict[str, bytes]) -> None:
    manifest = json.loads(parts[backup.MANIFEST])
    name = next(name for name in manifest["checksums"] if name.startswith(backup.FILES))
    manifest["checksums"][name.replace("/", "//", 1)] = manifest["checksums"].pop(name)
    parts[backup.MANIFEST] = json.dumps(manifest).encode()


def say_nothing_of_the_database(parts: dict[str, bytes]) -> None:
    manifest = json.loads(parts[backup.MANIFEST])
    del manifest["checksums"][backup.DUMP]
    parts[backup.MANIFEST] = json.dumps(manifest).encode()


def another_format(parts: dict[str, bytes]) -> None:
    parts[backup.MANIFEST] = parts[backup.MANIFEST].replace(b'"format": 1', b'"format": 99')


def no_manifest(parts: dict[str, bytes]) -> None:
    del parts[backup.MANIFEST]


@pytest.mark.parametrize(
    "change",
    [damage, lose_a_file, climb_out, climb_to_the_top, say_nothing_of_the_database, another_format, no_manifest],
)
def test_an_archive_that_is_not_whole_changes_nothing(
    change: Callable[[dict[str, bytes]], None], saved: Path, empty: str, tmp_path: Path
) -> None:
    with pytest.raises(Invalid, match=r"forged\.backup"):
        backup.restore(empty, tmp_path / "elsewhere", rewritten(saved, change))
    assert tables(empty) == 0
    assert not (tmp_path / "elsewhere").exists()


def test_the_commands(
    lived_in: House,
    data: Path,
    empty: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    target = tmp_path / "by-command.backup"
    monkeypatch.setenv("PLANTOPS_DATA", str(data))
    monkeypatch.setenv("PLANTOPS_DATABASE_URL", lived_in.database.url)
    assert cli.main(["backup", str(target)]) == 0
    assert "and 1 files" in capsys.readouterr().out
    assert cli.main(["restore", str(target)]) == 1
    assert "not empty" in capsys.readouterr().err
    monkeypatch.setenv("PLANTOPS_DATABASE_URL", empty)
    monkeypatch.setenv("PLANTOPS_DATA", str(tmp_path / "elsewhere"))
    assert cli.main(["restore", str(tmp_path / "nowhere.backup")]) == 2
    assert "There is no backup" in capsys.readouterr().err
    assert cli.main(["restore", str(target)]) == 0
    assert "Run `plantops verify` next" in capsys.readouterr().out
    assert cli.main(["verify", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["broken"] == []
