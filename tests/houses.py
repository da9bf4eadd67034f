"""Houses to test in: one database per test process, made from a template that is migrated once."""

from __future__ import annotations

import fcntl
import os
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
    """The name of the template database with every module; the first process of a run makes it."""
    marker = shared / "template-name"
    with one_at_a_time(shared / "template-lock"):
        if marker.exists():
            return marker.read_text()
        name = f"plantops_template_{uuid4().hex[:8]}"
        with admin_engine(server_url).connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        house = initialise(url_of(server_url, name), settings)
        with house.acting() as ctx:
            plant = places.add_site(ctx, "VER", "Plant Verrin", zone="Europe/Luxembourg", currency="EUR", country="LU")
            places.add_cost_centre(ctx, plant.id, "4100", "Maintenance")
            places.add_cost_centre(ctx, plant.id, "4200", "Cleaning")
        house.database.dispose()
        marker.write_text(name)
        return name


def make_database(server_url: str, template: str, shared: Path) -> str:
    """A fresh copy of the template; returns its URL."""
    name = f"plantops_test_{os.getpid()}_{uuid4().hex[:8]}"
    with one_at_a_time(shared / "copy-lock"), admin_engine(server_url).connect() as connection:
        # Copying its files takes a third of the time of writing each page to the log as well.
        connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"))
    return url_of(server_url, name)


def drop_database(url: str, server_url: str) -> None:
    with admin_engine(server_url).connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE IF EXISTS {sa.make_url(url).database} WITH (FORCE)"))


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
