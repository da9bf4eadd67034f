"""Passwords: what may be one, and checking them slowly without letting a flood of guesses take the house's hands."""

from __future__ import annotations

import secrets
import threading
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from plantops.errors import Throttled
from plantops.wording import say

SHORTEST = 10
LONGEST = 1000
CHECKED_AT_ONCE = 2  # each check takes 64 MB and every core for a moment
MOST_IN_LINE = 24  # a web process has 40 hands: the others go on with their work while a shift signs in
MOST_OF_ADDRESS = 16  # of those: a whole plant may stand behind one address, but it is never the whole line
MOST_OF_LOGIN = 5  # as many tries as it has before it waits

HASHER = PasswordHasher()


def _nobodys() -> str:
    """A hash that no password has: only its costs count, and to compute one takes each command 0.2 s."""
    salt, digest = (
        b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (HASHER.salt_len, HASHER.hash_len)
    )
    return f"$argon2id$v=19$m={HASHER.memory_cost},t={HASHER.time_cost},p={HASHER.parallelism}${salt}${digest}"


DUMMY_HASH = _nobodys()
_checking = threading.BoundedSemaphore(CHECKED_AT_ONCE)
_line = threading.Lock()
_standing: Counter[tuple[str, str]] = Counter()
"""How many stand in line, in all, of each login and of each address."""


def why_not_password(password: str) -> str | None:
    if len(password) < SHORTEST:
        return say("it is shorter than {shortest} characters", shortest=SHORTEST)
    if len(password) > LONGEST:
        return say("it is longer than {longest} characters", longest=LONGEST)
    return None


@contextmanager
def in_line(login: str, address: str | None = None) -> Iterator[None]:
    """A place among those whose password is being checked. Raises Throttled at once when the line is too long.

    One login and one address have only some of the places: who floods the line stands in nobody else's way.
    """
    wanted = {("login", login): MOST_OF_LOGIN, ("everybody", ""): MOST_IN_LINE}
    if address is not None:
        wanted[("address", address)] = MOST_OF_ADDRESS
    with _line:
        if any(_standing[who] >= most for who, most in wanted.items()):
            raise Throttled(say("Too many people sign in just now. Wait a moment, then try again."))
        _standing.update(wanted.keys())
    try:
        yield
    finally:
        with _line:
            _standing.subtract(wanted.keys())
            for who in [who for who in wanted if not _standing[who]]:
                del _standing[who]


def matches(stored: str | None, password: str) -> bool:
    """Takes as long for no password at all as for a wrong one; a few are looked at together, the others wait."""
    if len(password) > LONGEST:
        return False
    with _checking:
        try:
            return HASHER.verify(stored or DUMMY_HASH, password) and stored is not None
        except (VerifyMismatchError, InvalidHashError):
            return False


def hashed(password: str) -> str:
    with _checking:
        return HASHER.hash(password)
