"""How numbers, money, days and times are written for the person who reads them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_skeleton
from babel.numbers import get_currency_precision, get_decimal_symbol, get_group_symbol

from plantops.catalogues import ENGLISH
from plantops.wording import language, unit_name

NOTHING = "–"
TONES = {
    **dict.fromkeys(("draft", "new", "planned", "open", "proposed", "archived", "cancelled", "withdrawn"), "plain"),
    **dict.fromkeys(
        ("submitted", "requested", "sent", "ordered", "running", "published", "assigned", "active"), "info"
    ),
    **dict.fromkeys(("waiting", "partly", "partly_received", "held", "paused", "uncovered", "due", "warning"), "warn"),
    **dict.fromkeys(("approved", "received", "done", "paid", "closed", "confirmed", "matched", "delivered"), "ok"),
    **dict.fromkeys(("rejected", "refused", "failed", "late", "overdue", "blocked", "expired", "disputed"), "bad"),
}
"""How states are coloured on every page; a state that is not here is plain."""


@lru_cache
def _separators(language: str) -> tuple[str, str]:
    return get_group_symbol(language), get_decimal_symbol(language)


@lru_cache
def _months(language: str) -> Mapping[int, str]:
    return dict(Locale.parse(language).months["format"]["abbreviated"])


@lru_cache
def _digits(currency: str) -> int:
    return get_currency_precision(currency) if currency else 2


def number(value: Decimal | float | int | None, digits: int | None = None, language: str = "en") -> str:
    """1,234.5 in English, 1.234,5 in German; without `digits` as many as there are, at most six."""
    if value is None:
        return NOTHING
    text = f"{value:,.{6 if digits is None else digits}f}"
    if digits is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    if text.startswith("-"):
        text = "0" if text.strip("-0.,") == "" and digits is None else "−" + text[1:]
    group, point = _separators(language)
    if (group, point) != (",", "."):
        text = text.translate({ord(","): group, ord("."): point})
    return text


def money(value: Decimal | None, currency: str = "", language: str = "en") -> str:
    """1,234.50 EUR: the code stands behind, because a sign is not the same everywhere."""
    if value is None:
        return NOTHING
    amount = number(value, _digits(currency), language)
    return f"{amount}\N{NO-BREAK SPACE}{currency}" if currency else amount


def price(value: Decimal | None, language: str = "en") -> str:
    """Of one piece: 9.20, or 0.0125 when it is finer than a cent."""
    if value is None:
        return NOTHING
    finer = -int(value.normalize().as_tuple().exponent)
    return number(value, max(2, min(finer, 6)), language)


def quantity(value: Decimal | None, unit: str = "", language: str = "en") -> str:
    if value is None:
        return NOTHING
    amount = number(value, None, language)
    return f"{amount}\N{NO-BREAK SPACE}{unit_name(unit)}" if unit else amount


def percent(value: Decimal | float | None, digits: int = 1, language: str = "en") -> str:
    """Of a share: 0.061 is 6.1 %."""
    return NOTHING if value is None else f"{number(value * 100, digits, language)}\N{NO-BREAK SPACE}%"


def day(value: date | None, language: str = "en") -> str:
    """22 Nov 2026: no two countries read it differently."""
    if value is None:
        return NOTHING
    if language == ENGLISH:
        return f"{value.day}\N{NO-BREAK SPACE}{_months(language)[value.month]}\N{NO-BREAK SPACE}{value.year}"
    return str(format_skeleton("yMMMd", value, locale=language)).replace(" ", "\N{NO-BREAK SPACE}")


def month(key: str, language: str = "en") -> str:
    """`2026-11` is Nov 2026."""
    year, _, number = key.partition("-")
    return f"{_months(language)[int(number)]} {year}"


def weekdays(width: str = "wide") -> list[tuple[int, str]]:
    """Monday is 0, as in a plan for each weekday; `abbreviated` is Mon."""
    return sorted(Locale.parse(language()).days["format"][width].items())


def clock(value: datetime | time | None, zone: ZoneInfo | None = None) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, datetime) and zone is not None:
        value = value.astimezone(zone)
    return f"{value:%H:%M}"


def moment(value: datetime | None, zone: ZoneInfo, language: str = "en") -> str:
    """A day and a time of day at the plant."""
    if value is None:
        return NOTHING
    local = value.astimezone(zone)
    return f"{day(local.date(), language)}\N{NO-BREAK SPACE}{local:%H:%M}"


def hours(minutes: float | Decimal | None) -> str:
    """2:05 h for 125 minutes."""
    if minutes is None:
        return NOTHING
    whole = round(minutes)
    sign = "−" if whole < 0 else ""
    return f"{sign}{abs(whole) // 60}:{abs(whole) % 60:02d}\N{NO-BREAK SPACE}h"


def entered(value: object, zone: ZoneInfo) -> str:
    """A value as an input field wants it: never with separators, always as it can be read back."""
    if value is None or value is False:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        text = f"{value:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return text.replace(".", get_decimal_symbol(language()))
    return str(value)


def tone(state: object) -> str:
    return TONES.get(str(state), "plain")
