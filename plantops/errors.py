"""What can go wrong, said to a person: a stable code, a sentence, and the field it is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class PlantopsError(Exception):
    """Base of every error that a person is told about. Knows nothing of HTTP."""

    code = "error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        field: str | None = None,
        fields: Mapping[str, str] | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.fields: dict[str, str] = dict(fields or {})
        if field is not None:
            self.fields.setdefault(field, message)
        self.field = field
        self.details: dict[str, Any] = dict(details or {})


class Invalid(PlantopsError):
    """What was entered cannot be: `fields` maps each field path to its sentence."""

    code = "invalid"


class NotFound(PlantopsError):
    """It does not exist, or this person may not know that it does."""

    code = "not_found"


class Forbidden(PlantopsError):
    """This person may not do that."""

    code = "forbidden"


class Unauthenticated(PlantopsError):
    """Nobody is signed in, or the session or token has ended."""

    code = "unauthenticated"


class Conflict(PlantopsError):
    """It could be done, but not now: the state of things is against it."""

    code = "conflict"


class Stale(Conflict):
    """Somebody else changed it meanwhile. `details` may hold yours, theirs and base per field."""

    code = "stale_version"


class Throttled(PlantopsError):
    """Too many tries; `details['wait_seconds']` says how long to wait."""

    code = "throttled"


class Unavailable(PlantopsError):
    """Something that we depend on (database, mail server, solver process) does not answer."""

    code = "unavailable"
