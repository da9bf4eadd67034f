"""Words that follow a number: 1 order, 2 orders, 4 Dec. Every sentence with a count is said in here."""

from __future__ import annotations

from datetime import date
from decimal import Decimal


def plural(one: str, many: str, count: int | Decimal) -> str:
    """`plural("{n} order", "{n} orders", 2)` is `2 orders`.

    Both forms are whole phrases, as a catalogue of another language needs them (the order of gettext's `ngettext`);
    `{n}` stands where the number is to be, and may be left out.
    """
    return (one if count == 1 else many).replace("{n}", f"{count:,}")


def day_and_month(day: date) -> str:
    """4 Dec: as a person says a near day, without the year."""
    return f"{day.day} {day:%b}"


def whole_day(day: date) -> str:
    """4 Dec 2026: no two countries read it differently."""
    return f"{day_and_month(day)} {day.year}"
