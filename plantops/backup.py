"""Backup and restore: the database and the stored files in one archive with checksums."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

import sqlalchemy as sa

from plantops import audit
from plantops.db import Database
from plantops.embedded import binary
from plantops.errors import Conflict, Invalid, Unavailable
from plantops.migrations import runner
from plantops.wording import say

FORMAT = 1
SETTING, HEADING = re.compile(rb"SET ([a-z_]+) = "), (b"--", b"\\", b"SELECT pg_catalog.set_config(")
DUMP, MANIFEST, FILES = "database.dump", "manifest.json", "files"


@dataclass(frozen=True)
class Backup:
    """What an archive holds."""

    made_at: str
    modules: dict[str, str]
    checksums: dict[str, str]


def make(url: str, files: Path, target: Path, *, now: datetime) -> Backup:
    """Writes database and files to `target`. The archive appears under its name only when it is whole.

    Files are never changed once stored, so copying them after the dump misses none that the dump names.
    """
    if not target.parent.is_dir():
        raise Invalid(say("There is no folder {parent}. Make it first or choose another place.", parent=target.parent))
    database = Database(url, pool_size=1)
    modules = {name: revision_of(database, name) for name in runner.installed(database)}
    database.dispose()
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        dump = Path(scratch) / DUMP
        run_tool("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={dump}", url=url)
        stored = sorted(path for path in files.rglob("*") if path.is_file()) if files.is_dir() else []
        checksums = {DUMP: checksum(dump)}
        checksums |= {f"{FILES}/{path.relative_to(files).as_posix()}": checksum(path) for path in stored}
        backup = Backup(now.isoformat(), modules, checksums)
        manifest = Path(scratch) / MANIFEST
        manifest.write_text(json.dumps({"format": FORMAT, **backup.__dict__}, indent=1))
        half = Path(scratch) / "half"
        half.touch(mode=0o600)  # it holds everything that anybody may not see
        with tarfile.open(half, "w") as archive:
            archive.add(manifest, MANIFEST)
            archive.add(dump, DUMP)
            for path in stored:
                archive.add(path, f"{FILES}/{path.relative_to(files).as_posix()}")
        with half.open("rb") as written:
            os.fsync(written.fileno())
        half.replace(target)
    return backup


def restore(url: str, files: Path, source: Path) -> Backup:
    """Brings an archive back into an empty database. Checks every checksum before anything is written."""
    database = Database(url, pool_size=1)
    try:
        if runner.installed(database):
            raise Conflict(say("This database is not empty. Restore into a new one, so that nothing is overwritten."))
    finally:
        database.dispose()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        backup = unpack(source, folder)
        # The database comes last: cut off before it, a restore is simply begun again.
        for name in backup.checksums:
            if name != DUMP:
                target = files / name.removeprefix(f"{FILES}/")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(folder / name, target)
        load(url, folder / DUMP)
    return backup


def load(url: str, dump: Path) -> None:
    """Brings a dump back and lets the audit chain go on, in one transaction, into any PostgreSQL from 15 on."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        known = set(connection.scalars(sa.text("SELECT name FROM pg_settings")))
    ready = dump.with_name("ready.sql")
    command = [str(binary("pg_restore")), "--no-owner", "--no-privileges", "--file=-", str(dump)]
    with said_by(command) as lines, ready.open("wb") as kept:
        kept.writelines(without_strange_settings(lines, known))
        kept.write(audit.BEGIN_AGAIN.encode())
    run_tool("psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--file={ready}",
             url=url, into=True)  # fmt: skip


def without_strange_settings(lines: Iterable[bytes], known: set[str]) -> Iterator[bytes]:
    """A dump begins with settings of the PostgreSQL that made it; an older server does not know them all."""
    heading = True
    for line in lines:
        setting = SETTING.match(line) if heading else None
        if setting and setting[1].decode() not in known:
            continue
        heading = heading and (setting is not None or not line.strip() or line.startswith(HEADING))
        yield line


def unpack(source: Path, folder: Path) -> Backup:
    """Unpacks an archive and compares every checksum. Raises Invalid when it is not whole."""
    try:
        with tarfile.open(source) as archive:
            archive.extractall(folder, filter="data")
        manifest = json.loads((folder / MANIFEST).read_text())
        found = manifest.get("format")
        backup = Backup(manifest["made_at"], manifest["modules"], manifest["checksums"])
    except FileNotFoundError as error:
        raise Invalid(say("There is no backup {source}.", source=source)) from error
    except (tarfile.TarError, OSError, ValueError, KeyError, AttributeError) as error:
        raise Invalid(
            say("{name} is not a whole backup of plantops: {error}.", name=source.name, error=error)
        ) from error
    if found != FORMAT:
        raise Invalid(
            say(
                "{name} has format {found}; this program reads format {format}.",
                name=source.name,
                found=found,
                format=FORMAT,
            )
        )
    if DUMP not in backup.checksums:
        raise Invalid(
            say("{name} is damaged: it does not say what its database was. Use another backup.", name=source.name)
        )
    for name, expected in backup.checksums.items():
        path = folder / name
        plain = PurePosixPath(name)  # files//etc is another place once files/ is taken off
        inside = name == DUMP or (plain.as_posix() == name and plain.parts[:1] == (FILES,) and ".." not in plain.parts)
        if not inside or not path.is_file() or checksum(path) != expected:
            raise Invalid(
                say(
                    "{name} is damaged: {name2} is not what was saved. Use another backup.",
                    name=source.name,
                    name2=name,
                )
            )
    return backup


def revision_of(database: Database, module: str) -> str:
    with database.engine.connect() as connection:
        return str(connection.scalar(sa.text(f"SELECT version_num FROM {module}_version")) or "")  # noqa: S608


def checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def said_by(command: list[str]) -> Iterator[IO[bytes]]:
    """What a PostgreSQL program writes, line by line, so that a whole dump never lies on the disk twice."""
    with tempfile.TemporaryFile() as errors:
        try:
            program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors)  # noqa: S603
        except FileNotFoundError as missing:
            raise Unavailable(
                say("{command} is not there. It comes with PostgreSQL's client programs.", command=command[0])
            ) from missing
        with program:
            yield program.stdout  # type: ignore[misc]
        if program.returncode:
            errors.seek(0)
            raise Unavailable(
                say(
                    "The backup could not be read: {strip}", strip=errors.read().decode(errors="replace").strip()[-500:]
                )
            )


def run_tool(name: str, *arguments: str, url: str = "", into: bool = False) -> None:
    """Runs a PostgreSQL program, on a database if one is given; its own words are the error."""
    command, environ = [str(binary(name)), *arguments], None
    if url:
        where = sa.make_url(url)
        # Everybody on the machine can read a command's arguments, so the password does not stand among them.
        environ = {**os.environ, "PGPASSWORD": str(where.password)} if where.password else None
        plain = where._replace(drivername="postgresql", password=None).render_as_string()
        command += ["--dbname", plain]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, env=environ)  # noqa: S603
    except FileNotFoundError as missing:
        raise Unavailable(
            say("{name} is not there. It comes with PostgreSQL's client programs.", name=name)
        ) from missing
    except subprocess.CalledProcessError as failed:
        verb = "restored" if into else "saved"
        raise Unavailable(
            say(
                "The database could not be {verb}: {splitlines}",
                verb=verb,
                splitlines=failed.stderr.strip().splitlines()[-1],
            )
        ) from failed
