"""What housekeeping and the facility desk announce."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from plantops.events import Event


@dataclass(frozen=True)
class RosterPublished(Event):
    """Who works when, from first to last day, both included, has been told to the people."""

    roster_id: int
    site_id: int
    first_day: date
    last_day: date


@dataclass(frozen=True)
class RequestRaised(Event):
    """Somebody reported an issue at a place."""

    request_id: int
    site_id: int


@dataclass(frozen=True)
class RequestResolved(Event):
    """An issue is settled."""

    request_id: int
    site_id: int


@dataclass(frozen=True)
class WorkOrderDone(Event):
    """A work order is finished."""

    workorder_id: int
    site_id: int
