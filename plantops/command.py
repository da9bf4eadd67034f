"""What every command of the command line uses: the database, a person's context, JSON."""

from __future__ import annotations

import argparse
import json
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import date
from typing import Any, Protocol, TypeVar

from sqlalchemy.orm import Session

from plantops import embedded, people, places
from plantops.context import SYSTEM_ID, Context, within
from plantops.core import House, open_house
from plantops.errors import Invalid, NotFound
from plantops.settings import Settings
from plantops.wording import say, speaking

T = TypeVar("T")


class Step(Protocol):
    """Runs `work(ctx)` in a transaction of its own."""

    def __call__(self, work: Callable[[Context], T], /) -> T: ...


@contextmanager
def interrupts() -> Iterator[Callable[[], bool]]:
    """Within it an interrupt (SIGINT) ends nothing: it is what the given question, "should I stop?", answers."""
    interrupted = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: interrupted.set())
    try:
        yield interrupted.is_set
    finally:
        signal.signal(signal.SIGINT, before)


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
        ctx = opened.context(session, _whose(args, session), channel="cli")
        with speaking(ctx.user.language):
            yield ctx


@contextmanager
def steps(args: argparse.Namespace) -> Iterator[Step]:
    """For commands that think for long between reading and writing: no transaction is open meanwhile. Each step
    is of the person named by `--as`, else of the system."""
    with house(args) as opened:

        def step(work: Callable[[Context], T], /) -> T:
            def within_it(session: Session) -> T:
                ctx = opened.context(session, _whose(args, session), channel="cli")
                with speaking(ctx.user.language):
                    return work(ctx)

            return opened.database.run(within_it)

        yield step


def _whose(args: argparse.Namespace, session: Session) -> int | people.User:
    login = getattr(args, "as_login", None)
    if not login:
        return SYSTEM_ID
    return account_named(session, login)


def account_named(session: Session, login: str) -> people.User:
    """The account of this login. Raises NotFound."""
    user = people.by_login(session, login)
    if user is None:
        raise NotFound(say("There is no account {login}.", login=login))
    return user


@within("a command finds out which site it is about; what it then does asks for the right")
def site_named(ctx: Context, code: str | None) -> places.Site:
    """The site with this code; without one the plant itself, as long as there is only one."""
    sites = places.list_sites(ctx)
    if code is not None:
        found = [site for site in sites if site.code == code]
        if not found:
            raise NotFound(
                say(
                    "There is no site {code}. Known: {sites}.",
                    code=code,
                    sites=", ".join(site.code for site in sites),
                )
            )
        return found[0]
    own = [site for site in sites if site.in_totals]
    if len(own) == 1:
        return own[0]
    raise Invalid(say("Say for which site: --site {sites}.", sites=" or ".join(site.code for site in sites) or "CODE"))


def day_of(text: str) -> date:
    """A day as it is written on the command line."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid(f"'{text}' is not a day; write it as 2026-11-23.") from None


def as_json(value: Any) -> str:
    def plain(thing: Any) -> Any:
        return asdict(thing) if is_dataclass(thing) and not isinstance(thing, type) else str(thing)

    return json.dumps(value, default=plain, ensure_ascii=False)
