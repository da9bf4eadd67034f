"""Sealing: secrets that the database keeps but cannot read, and notes that a browser carries but cannot change."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from plantops.errors import Conflict
from plantops.settings import Settings
from plantops.wording import say

KEY_BYTES = 32
NONCE_BYTES = 12


def key_for(settings: Settings, purpose: str) -> bytes:
    """A key of its own for each purpose, from the installation's secret: what one seals no other opens."""
    derived = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"plantops {purpose}".encode())
    return derived.derive(settings.secret())


def seal(settings: Settings, purpose: str, plain: bytes, about: str) -> bytes:
    """Encrypted, and bound to what it is about: copied to another person's row it cannot be opened."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key_for(settings, purpose)).encrypt(nonce, plain, about.encode())


def unseal(settings: Settings, purpose: str, sealed: bytes, about: str) -> bytes:
    """What was sealed. Raises Conflict when the installation has another secret than it had then."""
    try:
        return AESGCM(key_for(settings, purpose)).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about.encode())
    except (InvalidTag, ValueError) as error:
        raise Conflict(
            say(
                "This installation has another secret than when this was kept, so it cannot be read. An administrator "
                "resets the second factor, or brings the old secret back."
            ),
            code="secret_changed",
        ) from error


def keyed_digest(settings: Settings, purpose: str, text: str) -> bytes:
    """A digest that nobody can try out who has the database only."""
    return hmac.digest(key_for(settings, purpose), text.encode(errors="surrogatepass"), hashlib.sha256)


# --- Notes: a cookie's value that only this installation can write and read, and only for some minutes


def note(settings: Settings, purpose: str, facts: Mapping[str, Any], now: datetime, lasts: timedelta) -> str:
    body = json.dumps({**facts, "until": (now + lasts).timestamp(), "once": secrets.token_hex(8)}).encode()
    return base64.urlsafe_b64encode(seal(settings, f"note {purpose}", body, purpose)).decode().rstrip("=")


def read_note(settings: Settings, purpose: str, text: str, now: datetime) -> dict[str, Any] | None:
    """What the note says; None when it was not written here for this purpose, or its time is over."""
    try:
        sealed = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        body = unseal(settings, f"note {purpose}", sealed, purpose)
    except (Conflict, binascii.Error, UnicodeEncodeError, ValueError):
        return None
    facts: dict[str, Any] = json.loads(body)
    return facts if facts["until"] > now.timestamp() else None
