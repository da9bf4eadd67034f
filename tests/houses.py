"""Houses to test in: one database per test process, made from a template that is migrated once."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from plantops import people, places
from plantops.context import SYSTEM_ID, Context
from plantops.core import House, initialise, open_house
from plantops.db import Database
from plantops.settings import Settings

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday morning at the plant
ROOM = 4_000_000_000  # bytes; the databases of a whole run take 2.5 GB


def admin_engine(server_url: str) -> sa.Engine:
    return sa.create_engine(server_url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)


def url_of(server_url: str, database: str) -> str:
    return sa.make_url(server_url).set(database=database).render_as_string(hide_password=False)


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def make_template(server_url: str, shared: Path, settings: Settings) -> str:
    """The name of the template database with every module and a site; the first process of a run makes it."""
    marker = shared / "template-name"
    with one_at_a_time(shared / "template-lock"):
        if marker.exists():
            return marker.read_text()
        name = f"plantops_template_{uuid4().hex[:8]}"
        with admin_engine(server_url).connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {bare(name)}"))
        initialise(url_of(server_url, bare(name)), settings).database.dispose()
        copy_database(server_url, bare(name), name)
        house = open_house(url_of(server_url, name), settings)
        with house.acting() as ctx:
            plant = places.add_site(ctx, "VER", "Plant Verrin", zone="Europe/Luxembourg", currency="EUR", country="LU")
            places.add_cost_centre(ctx, plant.id, "4100", "Maintenance")
            places.add_cost_centre(ctx, plant.id, "4200", "Cleaning")
        house.database.dispose()
        marker.write_text(name)
        return name


def bare(template: str) -> str:
    """The template without any site: for tests that make their own."""
    return template.replace("_template_", "_bare_")


def copy_database(server_url: str, template: str, name: str) -> None:
    with admin_engine(server_url).connect() as connection:
        # Copying its files takes a third of the time of writing each page to the log as well.
        connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"))


def make_database(server_url: str, template: str, shared: Path) -> str:
    """A fresh copy of the template; returns its URL."""
    name = f"plantops_test_{os.getpid()}_{uuid4().hex[:8]}"
    with one_at_a_time(shared / "copy-lock"):
        copy_database(server_url, template, name)
    return url_of(server_url, name)


SPENT: list[str] = []
"""Databases of this process that nobody uses any more."""


def drop_database(url: str, server_url: str) -> None:
    """Nobody gets in any more; its files go when the run ends.

    ext4 passes over the inodes that were freed in the last minutes one by one: after ten dropped databases of 1,000
    files each, the next one takes 2 s to make instead of 0.1 s.
    """
    name = sa.make_url(url).database
    with admin_engine(server_url).connect() as connection:
        if shutil.disk_usage(tempfile.gettempdir()).free < ROOM:
            connection.execute(sa.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            return
        connection.execute(sa.text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        connection.execute(
            sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": name}
        )
    SPENT.append(str(name))


def clear_away(server_url: str) -> None:
    """What this process no longer uses, for a server that stays."""
    with admin_engine(server_url).connect() as connection:
        while SPENT:
            connection.execute(sa.text(f"DROP DATABASE IF EXISTS {SPENT.pop()} WITH (FORCE)"))


def house_on(url: str, settings: Settings, now: datetime = NOW) -> House:
    house = open_house(url, settings)
    house.clock = lambda: now
    return house


@dataclass
class Someone:
    """`ctx(as_="buyer")`: contexts of people with these roles in one transaction that is rolled back."""

    house: House
    session: Session
    now: datetime = NOW
    known: dict[str, int] = field(default_factory=dict)

    def __call__(self, as_: str = "system", *, login: str | None = None, **more: Any) -> Context:
        """A person with the roles named in `as_` (commas between), the same person for the same `login`."""
        self.session.flush()
        if as_ == "system":
            return self._context(SYSTEM_ID, **more)
        login = login or as_.replace(",", "-")
        if login not in self.known:
            system = self._context(SYSTEM_ID)
            user = people.add_user(system, login, login.title(), email=f"{login}@marenfeld.example")
            for role in as_.split(","):
                people.grant(system, user.id, role)
            self.known[login] = user.id
        return self._context(self.known[login], **more)

    def _context(self, user: int, *, now: datetime | None = None, **more: Any) -> Context:
        return people.context_for(
            self.session,
            user,
            registry=self.house.registry,
            database=self.house.database,
            settings=self.house.settings,
            now=now or self.now,
            **more,
        )


@contextmanager
def rolled_back(database: Database) -> Iterator[Session]:
    """A session whose every change is gone afterwards."""
    with database.engine.connect() as connection:
        outer = connection.begin()
        session = Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        try:
            yield session
        finally:
            session.close()
            outer.rollback()
