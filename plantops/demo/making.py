"""Making the demo plant in a database, anew when the last time was broken off."""

from __future__ import annotations

import logging
import shutil
import time

import sqlalchemy as sa

from plantops.core import House, initialise
from plantops.db import Database
from plantops.demo import build
from plantops.errors import Conflict
from plantops.migrations import runner
from plantops.settings import Settings


def prepare(settings: Settings, url: str) -> None:
    """The demo plant in the database; one that was interrupted while being made is made anew."""
    database = Database(url, pool_size=2)
    try:
        if runner.installed(database) and not demo_is_whole(database):
            print("The demo was interrupted while it was made; making it anew.", flush=True)
            clear_away(database, settings)
        elif runner.installed(database):
            initialise(url, settings).database.dispose()
            return
    finally:
        database.dispose()
    make_demo(settings, url)


def clear_away(database: Database, settings: Settings) -> None:
    """What was made of a demo that was broken off: its tables, numbers and files."""
    with database.transaction() as session:
        session.execute(sa.text("DROP SCHEMA public CASCADE"))
        session.execute(sa.text("CREATE SCHEMA public"))
    shutil.rmtree(settings.data / "files", ignore_errors=True)


def make_demo(settings: Settings, url: str) -> None:
    """Tables and demo plant in an empty database. Raises Conflict when a plant is in it, or a part of one."""
    began = time.monotonic()
    logging.getLogger("alembic").setLevel(logging.WARNING)  # each step of each table is no news here
    house = initialise(url, settings)
    refuse_taken(house)
    print("Making the demo plant: two years of history, about half a minute ...", flush=True)
    build(house, lambda text: print(text, flush=True))
    with house.acting() as ctx:
        ctx.session.execute(
            sa.text("INSERT INTO core_option (key, value, changed_at) VALUES ('core.demo', 'whole', :now)"),
            {"now": ctx.now},
        )
    house.database.dispose()
    print(f"Made in {time.monotonic() - began:.0f} s.", flush=True)


def refuse_taken(house: House) -> None:
    """Before any key of its tables is set aside: in a plant where people work that would let in what points nowhere."""
    with house.acting() as ctx:
        taken = ctx.session.scalar(sa.text("SELECT EXISTS (SELECT FROM core_place)"))
    if taken:
        house.database.dispose()
        raise Conflict(
            "A plant is in this database already, or a demo that was broken off while it was made. "
            "Make the demo in an empty database; one that holds half a demo is dropped and created first."
        )


def demo_is_whole(database: Database) -> bool:
    with database.engine.connect() as connection:
        return bool(connection.scalar(sa.text("SELECT count(*) FROM core_option WHERE key = 'core.demo'")))
