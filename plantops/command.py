"""What every command of the command line uses: the database, a person's context, JSON."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from typing import Any

from plantops import embedded, people
from plantops.context import SYSTEM_ID, Context
from plantops.core import House, open_house
from plantops.errors import NotFound
from plantops.settings import Settings


@contextmanager
def database_url(args: argparse.Namespace) -> Iterator[tuple[str, Settings]]:
    """The database of this command: PLANTOPS_DATABASE_URL, else the embedded PostgreSQL in the data folder."""
    settings = Settings.read(getattr(args, "data", None))
    if settings.database_url:
        yield settings.database_url, settings
    else:
        with embedded.running(settings.data) as url:
            yield url, settings


@contextmanager
def house(args: argparse.Namespace) -> Iterator[House]:
    """The house on this command's database."""
    with database_url(args) as (url, settings):
        opened = open_house(url, settings, pool_size=4)
        try:
            yield opened
        finally:
            opened.database.dispose()


@contextmanager
def acting(args: argparse.Namespace) -> Iterator[Context]:
    """One transaction of the person named by `--as`, else of the system."""
    with house(args) as opened, opened.database.transaction() as session:
        login = getattr(args, "as_login", None)
        user = people.by_login(session, login) if login else None
        if login and user is None:
            raise NotFound(f"There is no account {login}.")
        yield opened.context(session, user or SYSTEM_ID, channel="cli")


def as_json(value: Any) -> str:
    def plain(thing: Any) -> Any:
        return asdict(thing) if is_dataclass(thing) and not isinstance(thing, type) else str(thing)

    return json.dumps(value, default=plain, ensure_ascii=False)
