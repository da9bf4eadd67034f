"""What personnel announces: absences without their reasons, and changes of who works when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from plantops.events import Event


@dataclass(frozen=True)
class LeaveApproved(Event):
    """Days on which somebody will not be there, the first and the last included."""

    request_id: int
    employee_id: int
    first_day: date
    last_day: date


@dataclass(frozen=True)
class LeaveCancelled(Event):
    """A leave that was approved will not be taken: the person is there after all."""

    request_id: int
    employee_id: int
    first_day: date
    last_day: date


@dataclass(frozen=True)
class AbsenceRecorded(Event):
    """Somebody is away without having asked before: sick or missing, perhaps until nobody knows when.

    `last_day` is None while nobody knows.
    """

    absence_id: int
    employee_id: int
    first_day: date
    last_day: date | None


@dataclass(frozen=True)
class ShiftsPlanned(Event):
    """The planned shifts of these people changed between two days, both included."""

    employee_ids: tuple[int, ...]
    first_day: date
    last_day: date


@dataclass(frozen=True)
class CertificateRecorded(Event):
    """Somebody holds a new or renewed certificate, or one was withdrawn."""

    employee_id: int
    certificate_type_id: int
