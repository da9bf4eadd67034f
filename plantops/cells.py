"""One cell, read as a date, a number or a yes: only in the form that the map states, never by guessing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from plantops.errors import Invalid
from plantops.sheets import Cell, short
from plantops.wording import say

MAX_DIGITS = 15  # before the point; more fits no column of ours
EXAMPLE = datetime(2026, 12, 31, 14, 30, 5, tzinfo=UTC)
FIRST_YEAR, LAST_YEAR = 1900, 2200
_YES = frozenset({"yes", "y", "true", "1", "x", "ja", "oui"})
_NO = frozenset({"no", "n", "false", "0", "", "nein", "non"})
_PLAIN = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_OTHER_MARK = re.compile(r"[+-]?[0-9]+(\.[0-9]{3})*,[0-9]+")


class BadCell(Exception):
    """A cell that cannot be read; the text says why, for the person who has the file."""


@dataclass(frozen=True, slots=True)
class NumberForm:
    """How the file writes numbers: its decimal sign, and the sign between thousands if it uses one."""

    decimal: str = "."
    thousands: str = ""

    def __post_init__(self) -> None:
        if (
            self.decimal not in (".", ",")
            or self.thousands not in ("", ".", ",", " ", "'")
            or self.decimal == self.thousands
        ):
            raise Invalid(
                say(
                    "The decimal sign is '.' or ','; the sign for thousands is another of '.', ',', space and "
                    "apostrophe."
                ),
                field="numbers",
            )


def number(cell: Cell, form: NumberForm = NumberForm()) -> Decimal:
    """A number exactly as written. Raises BadCell for anything else: a word, two points, the wrong comma."""
    if isinstance(cell, bool) or not isinstance(cell, str | Decimal):
        raise BadCell(say("a number is needed here"))
    plain = str(cell) if isinstance(cell, Decimal) else _plain(cell, form)
    found = Decimal(plain)
    if found.adjusted() >= MAX_DIGITS:
        raise BadCell(
            say("the number is too large: at most {max_digits} digits before the point", max_digits=MAX_DIGITS)
        )
    return found


def _plain(text: str, form: NumberForm) -> str:
    body = text.replace("\u00a0", " ").replace("\u202f", " ").strip()
    plain = body
    if form.thousands:
        whole, point, rest = body.partition(form.decimal)
        groups = whole.lstrip("+-").split(form.thousands)
        if len(groups) > 1 and (not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:])):
            raise BadCell(
                say(
                    "'{text}' has the sign for thousands '{thousands}' in the wrong place",
                    text=short(text),
                    thousands=form.thousands,
                )
            )
        plain = whole.replace(form.thousands, "") + point + rest
    if form.decimal == ",":
        if "." in plain:
            raise BadCell(
                say(
                    "'{text}' has a point, but the map says that this file writes decimals with a comma",
                    text=short(text),
                )
            )
        plain = plain.replace(",", ".")
    if _PLAIN.fullmatch(plain):
        return plain
    if form.decimal == "." and _OTHER_MARK.fullmatch(body):
        raise BadCell(f"'{short(text)}' has a comma: say decimal_comma = true in the map if it is the decimal sign")
    raise BadCell(say("'{text}' is not a number", text=short(text)))


def whole_number(cell: Cell, form: NumberForm = NumberForm()) -> int:
    found = number(cell, form)
    if found != found.to_integral_value():
        raise BadCell(say("'{cell}' is not a whole number", cell=short(str(cell))))
    return int(found)


def moment(cell: Cell, formats: Sequence[str]) -> datetime:
    """
    A date or time in one of the stated forms, as a naive local time. A real date cell of a workbook needs no form.

    Two forms that read the same cell as different days (02/03/2026) refuse it: nobody can know which was meant.
    """
    if isinstance(cell, datetime):
        return _within(cell.replace(tzinfo=None), cell)
    if isinstance(cell, date):
        return _within(datetime(cell.year, cell.month, cell.day), cell)  # noqa: DTZ001
    if not isinstance(cell, str):
        raise BadCell(say("a date is needed here: format the cell as a date"))
    found: dict[datetime, str] = {}
    for form in formats:
        try:
            found.setdefault(datetime.strptime(cell, form).replace(tzinfo=None), form)  # noqa: DTZ007
        except ValueError:
            continue
    if not found:
        likely = " or ".join(f"'{EXAMPLE.strftime(form)}'" for form in formats)
        raise BadCell(say("'{cell}' is not a date that exists, written like {likely}", cell=short(cell), likely=likely))
    if len({when.date() for when in found}) > 1:
        readings = " or ".join(f"{when:%d %b %Y}" for when in found)
        raise BadCell(
            say("'{cell}' could be {readings}: leave one form of dates in the map", cell=short(cell), readings=readings)
        )
    return _within(next(iter(found)), cell)


def _within(when: datetime, cell: Cell) -> datetime:
    if not FIRST_YEAR <= when.year <= LAST_YEAR:
        raise BadCell(
            say(
                "'{cell}' lies outside the years {first_year} to {last_year}",
                cell=short(str(cell)),
                first_year=FIRST_YEAR,
                last_year=LAST_YEAR,
            )
        )
    return when


def day(cell: Cell, formats: Sequence[str]) -> date:
    return moment(cell, formats).date()


def instant(cell: Cell, formats: Sequence[str], tz: ZoneInfo) -> datetime:
    """A moment in the file's time zone, as UTC."""
    return moment(cell, formats).replace(tzinfo=tz).astimezone(UTC)


def yes(cell: Cell) -> bool:
    word = str(cell).strip().casefold() if not isinstance(cell, bool) else str(cell).casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise BadCell(say("'{cell}' is neither yes nor no", cell=short(str(cell))))


def text(cell: Cell, longest: int) -> str:
    """Words as they stand; a number or date of a workbook as a person would type it."""
    if isinstance(cell, Decimal):
        words = f"{cell:f}"
    elif isinstance(cell, datetime):
        words = cell.date().isoformat() if cell.time() == cell.time().min else cell.isoformat(" ")
    else:
        words = str(cell)
    if len(words) > longest:
        raise BadCell(
            say("it has {words:,} characters, at most {longest:,} fit here", words=len(words), longest=longest)
        )
    return words
