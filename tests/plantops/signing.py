"""Signing in for tests that are about something else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp

from plantops import authenticators, signing_in
from plantops.context import SYSTEM_ID, Context
from plantops.core import House
from plantops.entering import enter
from plantops.signing_in import Door, Opened, Waits
from tests.houses import NOW

PASSWORD = "correct horse battery"
HERE = Door("10.0.0.7", "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0")


def sign_in(house: House, login: str, password: str, *, address: str = "", now: datetime | None = None) -> str:
    """The cookie's value of a new session, by password alone."""
    with house.database.transaction() as session:
        ctx = house.context(session, SYSTEM_ID)
        ctx.now = now or ctx.now
        came = signing_in.by_password(ctx, login, password, Door(address, "test"))
        assert isinstance(came, Opened), "This account has a second factor."
        return came.token


@dataclass
class Person:
    """Somebody of a plant, and the phone in their hand."""

    plant: House
    id: int
    login: str
    secret: str = ""
    codes: tuple[str, ...] = ()

    @contextmanager
    def door(self, now: datetime = NOW) -> Iterator[Context]:
        """Somebody stands before the house: no rights, as the pages see it."""
        self.plant.clock = lambda: now
        with self.plant.acting(SYSTEM_ID, channel="public") as ctx:
            yield ctx

    def digits(self, now: datetime = NOW) -> str:
        return pyotp.TOTP(self.secret).at(now)

    def get_phone(self) -> None:
        """An app, confirmed a minute ago."""
        before = NOW - timedelta(minutes=1)
        self.plant.clock = lambda: before
        with self.plant.acting(self.id) as ctx:
            authenticators.begin(ctx, "Phone")
            found = authenticators.pending(ctx)
            assert found is not None
            self.secret = found.secret
            self.codes = tuple(authenticators.confirm(ctx, self.digits(before)))
        self.plant.clock = lambda: NOW

    def comes(self, now: datetime = NOW) -> Opened | Waits:
        with self.door(now) as ctx:
            return signing_in.by_password(ctx, self.login, PASSWORD, HERE)

    def half(self, now: datetime = NOW) -> str:
        came = self.comes(now)
        assert isinstance(came, Waits)
        return came.note

    def shows(self, note: str, code: str, now: datetime = NOW) -> Opened:
        with self.door(now) as ctx:
            return signing_in.by_code(ctx, signing_in.half_way(ctx, note), code, HERE)

    def enters(self, token: str, now: datetime = NOW) -> Context:
        with self.plant.database.transaction() as session:
            rest = {name: getattr(self.plant, name) for name in ("registry", "database", "settings")}
            return enter(session, token, now=now, address="10.0.0.7", **rest)
