"""Settings: where the data lies, which database, which mail server; read from PLANTOPS_ variables."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult, urlsplit

import platformdirs

from plantops.catalogues import ENGLISH, languages
from plantops.errors import Invalid

LOG_LEVELS = ("debug", "info", "warning", "error")
SECRET_BYTES_AT_LEAST = 32
SHORTEST_TOKEN = 20


class BadSetting(Invalid):
    """A setting that cannot be used. The text is a sentence for the person who set it."""

    code = "bad_setting"


@dataclass(frozen=True)
class CompanyAccounts:
    """The company's own sign-in service (OpenID Connect), and how far it is believed."""

    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    name: str = "the company account"
    links_by_mail: bool = False
    """An address that the service has verified leads to the account with that address, once."""
    makes_accounts: bool = False
    """Who is known there but not here gets an account with the role employee."""
    shows_second_factor: bool = False
    """The service itself asks everybody for a second factor."""


@dataclass(frozen=True)
class Settings:
    """What this process was told. `database_url` None means the embedded PostgreSQL in `data`."""

    database_url: str | None = field(repr=False)
    data: Path
    public_url: str
    smtp_url: str | None = field(repr=False)
    mail_from: str
    log_level: str
    given_secret: bytes | None = field(default=None, repr=False)
    metrics_token: str | None = field(default=None, repr=False)
    """Who asks for /metrics from elsewhere brings it; None: only this host asks."""
    company: CompanyAccounts | None = None
    language: str = ENGLISH
    """Of what the house writes for everybody: the week as it is kept."""
    webhooks_inside: bool = False
    """Webhooks may call addresses inside the company, and without TLS."""

    @classmethod
    def read(cls, data: Path | None = None, environ: Mapping[str, str] | None = None) -> Self:
        """`data` is what the command line asked for; it goes before PLANTOPS_DATA."""
        given = _Given(os.environ if environ is None else environ)
        secret = given.get("PLANTOPS_SECRET")
        return cls(
            database_url=_database_url(given.get("PLANTOPS_DATABASE_URL")),
            data=_data_folder(data, given.get("PLANTOPS_DATA")),
            public_url=_public_url(given.get("PLANTOPS_PUBLIC_URL")),
            smtp_url=_smtp_url(given.get("PLANTOPS_SMTP_URL")),
            mail_from=_mail_from(given.get("PLANTOPS_MAIL_FROM")),
            log_level=_log_level(given.get("PLANTOPS_LOG_LEVEL")),
            given_secret=None if secret is None else _given_secret(secret),
            metrics_token=_metrics_token(given.get("PLANTOPS_METRICS_TOKEN")),
            company=_company(given),
            language=_language(given.get("PLANTOPS_LANGUAGE")),
            webhooks_inside=_yes(given, "PLANTOPS_WEBHOOKS_INSIDE"),
        )

    def secret(self) -> bytes:
        """The key that signs what leaves the house: PLANTOPS_SECRET, else a file made once in the data folder."""
        return self.given_secret or _kept_secret(self.data / "secret")


class _Given:
    """The environment, in which an empty variable counts as not set."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ

    def get(self, name: str) -> str | None:
        return self.environ.get(name, "").strip() or None


def default_data_folder() -> Path:
    # A root's home must stay private, and PostgreSQL, which may not run as root, could not reach into it.
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/plantops")
    return platformdirs.user_data_path("plantops", appauthor=False)


def _data_folder(asked: Path | None, configured: str | None) -> Path:
    folder = asked or (Path(configured) if configured else default_data_folder())
    try:
        folder = folder.expanduser().resolve()
        occupied = folder.exists() and not folder.is_dir()
    except (RuntimeError, ValueError, OSError) as error:
        raise BadSetting(f"The data folder {folder} cannot be used: {error}. Name another one.") from error
    if occupied:
        raise BadSetting(f"The data folder {folder} is a file: name a folder in --data or PLANTOPS_DATA.")
    return folder


def _metrics_token(text: str | None) -> str | None:
    if text is not None and not (len(text) >= SHORTEST_TOKEN and text.isascii() and text.isprintable()):
        raise BadSetting(
            f"PLANTOPS_METRICS_TOKEN is too short or no plain text: use {SHORTEST_TOKEN} letters and digits or more."
        )
    return text


def _split(name: str, text: str, form: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        _ = parts.port  # urlsplit only looks at the port when asked for it
    except ValueError as error:
        # The text itself is not repeated: it may hold a password.
        raise BadSetting(f"{name} cannot be read: {error}. Write it as {form}.") from error
    return parts


def _database_url(text: str | None) -> str | None:
    form = "postgresql://USER:PASSWORD@HOST:5432/DATABASE"
    if text is None:
        return None
    parts = _split("PLANTOPS_DATABASE_URL", text, form)
    if parts.scheme not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise BadSetting(f"PLANTOPS_DATABASE_URL must name a PostgreSQL 15 or newer: write it as {form}.")
    if len(parts.path) < 2:
        raise BadSetting(f"PLANTOPS_DATABASE_URL names no database: write it as {form}.")
    return "postgresql+psycopg" + text[len(parts.scheme) :]


def _public_url(text: str | None) -> str:
    if text is None:
        return "http://localhost:8000"
    form = "https://plantops.example.com"
    parts = _split("PLANTOPS_PUBLIC_URL", text, form)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise BadSetting(f"PLANTOPS_PUBLIC_URL must be the address people type, such as {form}; it is {text}.")
    return text.rstrip("/")


def _company(given: _Given) -> CompanyAccounts | None:
    issuer = given.get("PLANTOPS_OIDC_ISSUER")
    if issuer is None:
        return None
    client_id = given.get("PLANTOPS_OIDC_CLIENT_ID")
    if client_id is None:
        raise BadSetting("PLANTOPS_OIDC_ISSUER is set, so PLANTOPS_OIDC_CLIENT_ID is needed as well.")
    return CompanyAccounts(
        issuer=_issuer(issuer),
        client_id=client_id,
        client_secret=given.get("PLANTOPS_OIDC_CLIENT_SECRET"),
        name=given.get("PLANTOPS_OIDC_NAME") or CompanyAccounts.name,
        links_by_mail=_yes(given, "PLANTOPS_OIDC_LINK_BY_MAIL"),
        makes_accounts=_yes(given, "PLANTOPS_OIDC_NEW_ACCOUNTS"),
        shows_second_factor=_yes(given, "PLANTOPS_OIDC_SECOND_FACTOR"),
    )


def _issuer(text: str) -> str:
    form = "https://login.example.com/realms/plant"
    parts = _split("PLANTOPS_OIDC_ISSUER", text, form)
    is_own = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not (parts.scheme == "https" or is_own) or not parts.hostname or parts.query or parts.fragment:
        raise BadSetting(f"PLANTOPS_OIDC_ISSUER must be the service's https address, such as {form}; it is {text}.")
    return text


def _yes(given: _Given, name: str) -> bool:
    word = (given.get(name) or "no").lower()
    if word not in ("yes", "no"):
        raise BadSetting(f"{name} must be yes or no; it is {word}.")
    return word == "yes"


def _smtp_url(text: str | None) -> str | None:
    form = "smtp://USER:PASSWORD@HOST:587 (or smtps://... for TLS from the first byte)"
    if text is None:
        return None
    parts = _split("PLANTOPS_SMTP_URL", text, form)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise BadSetting(f"PLANTOPS_SMTP_URL does not name a mail server: write it as {form}.")
    return text


def _mail_from(text: str | None) -> str:
    if text is None:
        return "plantops@localhost"
    if "@" not in text or any(c in text for c in "\r\n"):
        raise BadSetting(f"PLANTOPS_MAIL_FROM must be a mail address, such as plantops@example.com; it is {text!r}.")
    return text


def _log_level(text: str | None) -> str:
    level = (text or "info").lower()
    if level not in LOG_LEVELS:
        raise BadSetting(f"PLANTOPS_LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}; it is {text}.")
    return level


def _language(text: str | None) -> str:
    if text and text not in languages():
        raise BadSetting(f"PLANTOPS_LANGUAGE must be one of {', '.join(languages())}; it is {text}.")
    return text or ENGLISH


def _given_secret(text: str) -> bytes:
    secret = text.encode()
    if len(secret) < SECRET_BYTES_AT_LEAST:
        raise BadSetting(
            f"PLANTOPS_SECRET has {len(secret)} characters and needs {SECRET_BYTES_AT_LEAST} or more: "
            "make one with `openssl rand -hex 32`."
        )
    return secret


def _kept_secret(file: Path) -> bytes:
    """Read the file; where there is none, make it once even when two processes start together."""
    try:
        if not file.exists():
            _make_secret(file)
        secret = file.read_bytes().strip()
    except OSError as error:
        raise BadSetting(
            f"The secret in {file} cannot be read or made: {error.strerror}. "
            "Give this user the right to the folder, or set PLANTOPS_SECRET."
        ) from error
    if len(secret) < SECRET_BYTES_AT_LEAST:
        raise BadSetting(
            f"The secret in {file} is damaged: restore it from a backup, or delete it and all sign in again."
        )
    return secret


def _make_secret(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".secret-{os.getpid()}-{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(secrets.token_hex(32) + "\n")
        out.flush()
        os.fsync(out.fileno())
    try:
        # A hard link appears whole or not at all, and never replaces the secret of a faster process.
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
