"""When something was really done: a phone without network tells it later, and its clock may be a little wrong."""

from __future__ import annotations

from datetime import datetime, timedelta

from plantops.errors import Invalid
from plantops.wording import say, whole_day

AHEAD = timedelta(minutes=10)
"""So much may a phone's clock run ahead; such a time is taken as now."""
LONGEST_OFFLINE = timedelta(days=7)


def why_not_then(said: datetime, now: datetime, earliest: datetime | None = None) -> str | None:
    """Why a time that a phone tells cannot be when it was done; None when it can."""
    if said > now + AHEAD:
        return say("it lies in the future")
    if said < now - LONGEST_OFFLINE:
        return say("it is more than a week ago")
    if earliest is not None and said < earliest:
        return say("nobody could have begun by then")
    return None


def when(said: datetime | None, now: datetime, earliest: datetime | None = None) -> datetime:
    """The moment to keep: now where nothing was said. Raises Invalid for one that cannot be."""
    if said is None:
        return now
    if why := why_not_then(said, now, earliest):
        raise Invalid(
            say(
                "The phone says that this was done on {day} at {said:%H:%M} UTC, but {why}. Check its clock.",
                day=whole_day(said.date()),
                said=said,
                why=why,
            )
        )
    return min(said, now)
