"""The production calendar as production publishes it: a file, and the only thing that we take from there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from plantops import cells, sheets
from plantops.cells import BadCell
from plantops.errors import Invalid
from plantops.sheets import SheetRow
from plantops.wording import say

DAY, PLACE, RUNS, NOTE = "date", "place", "runs", "note"
DATES = ("%Y-%m-%d", "%d.%m.%Y")
MOST_FAULTS = 20


@dataclass(frozen=True, slots=True)
class ProductionDay:
    """Whether a place of the plant produces on a day, and why not."""

    day: date
    place: str
    runs: bool
    note: str


@dataclass(frozen=True)
class ProductionCalendar:
    """What the file says; on days and for places that it does not name, it says nothing (None)."""

    days: Mapping[tuple[date, str], ProductionDay]

    def runs(self, day: date, place: str) -> bool | None:
        found = self.days.get((day, place))
        return None if found is None else found.runs

    def stopped(self, first: date, last: date) -> tuple[ProductionDay, ...]:
        """The days and places of a range where nothing is produced, in order: when work can be planned there."""
        return tuple(self.days[key] for key in sorted(self.days) if first <= key[0] <= last and not self.days[key].runs)


def read(path: Path) -> ProductionCalendar:
    """
    A CSV or XLSX with the columns date, place, runs (yes or no) and, if there is one, note.

    All or nothing: a calendar with a hole is worse than last week's. Raises Invalid with a fault per cell in `fields`.
    """
    sheet = sheets.read(path, (DAY, PLACE, RUNS))
    faults: dict[str, str] = {}
    days: dict[tuple[date, str], ProductionDay] = {}
    for row in sheet.rows():
        for column, why in _faults(row):
            faults[f"{row.number}.{column}"] = why
        try:
            found = _day(row)
        except BadCell as error:
            faults[str(row.number)] = str(error)
            continue
        if days.setdefault((found.day, found.place), found) != found:
            faults[f"{row.number}.{RUNS}"] = say(
                "{place} on {day} stands here a second time, and otherwise", place=found.place, day=found.day
            )
    if faults:
        first = "; ".join(say("row {where}: {why}", where=where, why=why) for where, why in list(faults.items())[:3])
        raise Invalid(
            say(
                "The production calendar was not taken, {faults} cells are wrong: {first}.",
                faults=len(faults),
                first=first,
            ),
            fields=dict(list(faults.items())[:MOST_FAULTS]),
        )
    return ProductionCalendar(days)


def _faults(row: SheetRow) -> Iterator[tuple[str, str]]:
    for problem in row.problems:
        yield problem.column, problem.why


def _day(row: SheetRow) -> ProductionDay:
    place = cells.text(row.cells[PLACE], 40)
    if not place:
        raise BadCell("the place is missing")
    return ProductionDay(
        cells.day(row.cells[DAY], DATES), place, cells.yes(row.cells[RUNS]), cells.text(row.cells.get(NOTE, ""), 200)
    )
