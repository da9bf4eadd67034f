"""Shift patterns: a cycle of days that crews walk through, each crew some days behind the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from plantops.calendar import days as each_day


@dataclass(frozen=True, slots=True)
class ShiftPattern:
    """`days` names the shift of each day of the cycle (None: off), `anchor` is day 0 of the crew without offset.

    Weekdays in `closed_weekdays` (Monday is 0) are off whatever the cycle says: the plant stands still.
    """

    days: tuple[str | None, ...]
    anchor: date
    closed_weekdays: frozenset[int] = frozenset()

    def shift_on(self, day: date, offset_days: int = 0) -> str | None:
        if day.weekday() in self.closed_weekdays:
            return None
        return self.days[((day - self.anchor).days + offset_days) % len(self.days)]


def from_runs(runs: Sequence[tuple[int, str | None]]) -> tuple[str | None, ...]:
    """A cycle written as runs: [(4, "N"), (3, None), ...]."""
    return tuple(shift for length, shift in runs for _ in range(length))


# DuPont: 28 days of twelve-hour shifts, four crews, 42 h on average, one week of 72 h (bmscentral, teambridge).
DUPONT = from_runs([(4, "N"), (3, None), (3, "D"), (1, None), (3, "N"), (3, None), (4, "D"), (7, None)])
# 2-2-3: every second weekend off, four crews, twelve-hour shifts, nights after two weeks of days.
TWO_TWO_THREE = from_runs(
    [
        *[(2, "D"), (2, None), (3, "D"), (2, None), (2, "D"), (3, None)],
        *[(2, "N"), (2, None), (3, "N"), (2, None), (2, "N"), (3, None)],
    ]
)
# Two early, two late, two night, two off: forward, so that eleven hours of rest lie between any two shifts.
TWO_TWO_TWO = from_runs([(2, "E"), (2, "L"), (2, "N"), (2, None)])


def shifts_in(pattern: ShiftPattern, first: date, last: date, offset_days: int) -> Iterator[tuple[date, str]]:
    """(day, shift) of one crew between two dates, both included."""
    for day in each_day(first, last):
        if shift := pattern.shift_on(day, offset_days):
            yield day, shift
