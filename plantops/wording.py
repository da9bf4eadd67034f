"""Words that follow a number: 1 order, 2 orders. Every sentence with a count is said in here."""

from __future__ import annotations

from decimal import Decimal


def plural(one: str, many: str, count: int | Decimal) -> str:
    """`plural("{n} order", "{n} orders", 2)` is `2 orders`.

    Both forms are whole phrases, as a catalogue of another language needs them (the order of gettext's `ngettext`);
    `{n}` stands where the number is to be, and may be left out.
    """
    return (one if count == 1 else many).replace("{n}", f"{count:,}")
