"""Forms: what was typed becomes the values that an action takes, or one sentence for each field."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import re
import types
import typing
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from babel import Locale
from starlette.datastructures import FormData, UploadFile

from plantops.catalogues import ENGLISH
from plantops.errors import Invalid
from plantops.wording import language, say

T = TypeVar("T")
U = TypeVar("U")

LARGEST_INTEGER = 2**63 - 1
LARGEST_NUMBER = Decimal(10) ** 12
DIGITS = 6
LONGEST_TEXT = 20_000
ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
POINT_DAY = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
YES, NO = {"true", "on", "yes", "1"}, {"", "false", "off", "no", "0"}


class Wrong(ValueError):
    """A value that cannot be read; its text is the sentence for the field."""


# --- One value


def plain_text(given: str) -> str:
    """Trimmed, in one Unicode form, line ends alike; characters that cannot be stored or shown are refused."""
    value = unicodedata.normalize("NFC", given.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(value) > LONGEST_TEXT:
        raise Wrong(
            say(
                "This is too long: {value:,} characters of at most {longest_text:,}.",
                value=len(value),
                longest_text=LONGEST_TEXT,
            )
        )
    for ch in value:
        if (ord(ch) < 32 and ch not in "\n\t") or ord(ch) == 127 or 0xD800 <= ord(ch) <= 0xDFFF:
            raise Wrong(say("This holds a character that cannot be stored. Type it again instead of pasting it."))
    return value


def decimal(given: str) -> Decimal:
    """1234.5, 1234,5, 1,234.50 and 1.234,50; refuses 1,234, which two people read as two numbers."""
    written = given.replace("\N{NO-BREAK SPACE}", "").replace("\N{NARROW NO-BREAK SPACE}", "").replace(" ", "")
    written = written.replace("\N{MINUS SIGN}", "-").replace("'", "")
    try:
        value = Decimal(_with_point(written))
    except InvalidOperation as error:
        raise Wrong(say("“{given}” is not a number.", given=_short(given))) from error
    if not value.is_finite():
        raise Wrong(say("“{given}” is not a number.", given=_short(given)))
    if abs(value) >= LARGEST_NUMBER:
        raise Wrong(say("This number is too large: at most twelve digits before the point."))
    if isinstance(exponent := value.as_tuple().exponent, int) and -exponent > DIGITS:
        raise Wrong(say("At most {digits} digits after the point.", digits=DIGITS))
    return value


def _with_point(written: str) -> str:
    if not re.fullmatch(r"[+-]?[\d.,]*\d[\d.,]*(?:[eE][+-]?\d{1,3})?", written, re.ASCII):
        return "?"
    points, commas = written.count("."), written.count(",")
    if points and commas:
        last_is_comma = written.rfind(",") > written.rfind(".")
        group, point = (".", ",") if last_is_comma else (",", ".")
        if written.count(point) > 1 or not re.fullmatch(
            rf"[+-]?\d{{1,3}}(?:{re.escape(group)}\d{{3}})*{re.escape(point)}\d+", written
        ):
            return "?"
        return written.replace(group, "").replace(point, ".")
    mark = "," if commas else "."
    if commas + points > 1:
        groups_of_three = re.fullmatch(rf"[+-]?\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+", written)
        return written.replace(mark, "") if groups_of_three else "?"
    group, point = (",", ".") if language() == ENGLISH else (".", ",")
    if mark == group and re.fullmatch(rf"[+-]?[1-9]\d{{0,2}}{re.escape(group)}\d{{3}}", written):
        plain, exact = written.replace(group, ""), written.replace(group, point)
        raise Wrong(
            say(
                "“{written}” can be read in two ways. Write {plain} or {exact}0.",
                written=written,
                plain=plain,
                exact=exact,
            )
        )
    return written.replace(",", ".")


def integer(given: str) -> int:
    value = decimal(given)
    if value != value.to_integral_value():
        raise Wrong(say("This must be a whole number."))
    if abs(value) > LARGEST_INTEGER:
        raise Wrong(say("This number is too large."))
    return int(value)


def real(given: str) -> float:
    value = float(decimal(given))
    if not math.isfinite(value):
        raise Wrong(say("“{given}” is not a number.", given=_short(given)))
    return value


def day(given: str) -> date:
    """2026-11-23 or 23.11.2026."""
    if found := ISO_DAY.fullmatch(given.strip()):
        year, month, day_of_month = (int(part) for part in found.groups())
    elif found := POINT_DAY.fullmatch(given.strip()):
        day_of_month, month, year = (int(part) for part in found.groups())
    else:
        raise Wrong(say("“{given}” is not a date. Write it like 2026-11-23.", given=_short(given)))
    try:
        value = date(year, month, day_of_month)
    except ValueError as error:
        if 1 <= month <= 12 and year >= 1:
            raise Wrong(
                say(
                    "There is no {day_of_month} {month} {year}.",
                    day_of_month=day_of_month,
                    month=Locale.parse(language()).months["format"]["wide"][month],
                    year=year,
                )
            ) from error
        raise Wrong(say("“{given}” is not a date. Write it like 2026-11-23.", given=_short(given))) from error
    if not 1900 <= value.year <= 2200:
        raise Wrong(say("The year must lie between 1900 and 2200."))
    return value


def clock(given: str) -> time:
    try:
        value = time.fromisoformat(given.strip())
    except ValueError as error:
        raise Wrong(say("“{given}” is not a time of day. Write it like 14:05.", given=_short(given))) from error
    if value.tzinfo is not None:
        raise Wrong(say("A time of day has no time zone."))
    return value


def moment(given: str, zone: ZoneInfo) -> datetime:
    """A local day and time at the plant; one that the spring change leaves out is refused."""
    written, _, rest = given.strip().replace(" ", "T").partition("T")
    on, at = day(written), clock(rest or "00:00")
    value = datetime.combine(on, at, tzinfo=zone)
    if value.astimezone(ZoneInfo("UTC")).astimezone(zone).replace(tzinfo=None) != value.replace(tzinfo=None):
        raise Wrong(
            say(
                "{at:%H:%M} does not exist on {isoformat}: the clocks are put forward then.",
                at=at,
                isoformat=on.isoformat(),
            )
        )
    return value


def yes_or_no(given: str) -> bool:
    word = given.strip().lower()
    if word not in YES | NO:
        raise Wrong(say("This must be yes or no."))
    return word in YES


def _short(given: str, longest: int = 40) -> str:
    shown = "".join(ch if ch.isprintable() else "?" for ch in given)
    return shown if len(shown) <= longest else shown[:longest] + "…"


# --- A whole form

READERS: Mapping[type, Callable[[str], Any]] = {
    str: plain_text,
    int: integer,
    float: real,
    Decimal: decimal,
    date: day,
    time: clock,
    bool: yes_or_no,
}


@dataclasses.dataclass(frozen=True)
class Part:
    """One field of a dataclass: what is in it, and whether it may be left empty."""

    name: str
    kind: Any
    is_optional: bool
    is_many: bool
    default: Any


@lru_cache
def parts_of(form: type) -> tuple[Part, ...]:
    hints = typing.get_type_hints(form)
    return tuple(_part(field, hints[field.name]) for field in dataclasses.fields(form) if field.init)


def _part(field: dataclasses.Field[Any], hint: Any) -> Part:
    default: Any = field.default
    if field.default_factory is not dataclasses.MISSING:
        default = field.default_factory()
    kind, is_optional = hint, False
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        inner = [one for one in typing.get_args(hint) if one is not type(None)]
        kind, is_optional = inner[0], len(inner) < len(typing.get_args(hint))
    is_many = typing.get_origin(kind) in (tuple, list, frozenset, set)
    if is_many:
        kind = typing.get_args(kind)[0]
    return Part(field.name, kind, is_optional, is_many, default)


class Form:
    """What a browser sent. `form.version` and `form.into(NewLine)` are all that a page needs."""

    def __init__(self, data: FormData, zone: ZoneInfo) -> None:
        self.data = data
        self.zone = zone

    @property
    def key(self) -> str:
        """The key that makes a second sending of the same form do nothing."""
        return self._text("_key")[:80]

    @property
    def sending(self) -> str:
        """The key of what is posted once for ever: without one, the second posting would be taken for the first."""
        if not self.key.strip():
            raise Invalid(
                say("This form came without its number, so nothing was done. Load the page again, then send it.")
            )
        return self.key

    @property
    def done_at(self) -> datetime | None:
        """When the person tapped, by the device's clock; None where no script ran."""
        given = self._text("_at")
        if not given:
            return None
        try:
            said = datetime.fromisoformat(given)
        except ValueError as error:
            raise Invalid(say("The time at which this was done cannot be read. Load the page again.")) from error
        if said.tzinfo is None or not 2000 <= said.year <= 2200:
            raise Invalid(say("The time at which this was done cannot be read. Load the page again."))
        return said

    @property
    def csrf(self) -> str:
        return self._text("_csrf")

    @property
    def version(self) -> int:
        """The version of the document that the person saw."""
        given = self._text("_version")
        if not given.isascii() or not given.isdigit() or len(given) > 9:
            raise Invalid(say("This form does not say which version it was made for. Load the page again."))
        return int(given)

    def fingerprint(self) -> bytes:
        """What was typed, without what differs in each drawing of the same form."""
        # A page and the queue of a device send the same form in different wrappings.
        digest = hashlib.sha256()
        for name, value in sorted(self.data.multi_items(), key=lambda item: item[0]):
            if name in ("_csrf", "_key") or not (isinstance(value, str) or value.filename):
                continue
            shown = value.replace("\r\n", "\n") if isinstance(value, str) else f"{value.filename} {value.size}"
            digest.update(f"{name}\0{shown}\0".encode(errors="surrogatepass"))
        return digest.digest()

    def _text(self, name: str) -> str:
        value = self.data.get(name, "")
        return value if isinstance(value, str) else ""

    def text(self, name: str, *, required: bool = False) -> str:
        """One text field, for forms too small for a dataclass."""
        value = self._read(name, lambda: plain_text(self._text(name)))
        if required and not value:
            raise Invalid(say("Please fill this in."), field=name)
        return str(value)

    def number(self, name: str) -> int:
        """One whole number that must be there."""
        if not self._text(name).strip():
            raise Invalid(say("Please fill this in."), field=name)
        return int(self._read(name, lambda: integer(self._text(name))))

    def ids(self, name: str = "ids") -> tuple[int, ...]:
        """The rows that were picked in a list."""
        found = [value for value in self.data.getlist(name) if isinstance(value, str)]
        return tuple(self._read(name, lambda one=one: integer(one)) for one in found)  # type: ignore[misc]

    def file(self, name: str = "file") -> UploadFile:
        value = self.data.get(name)
        if not isinstance(value, UploadFile) or not value.filename:
            raise Invalid(say("Choose a file first."), field=name)
        return value

    def _read(self, name: str, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except Wrong as error:
            raise Invalid(str(error), field=name) from error

    def into(self, form: type[T], **known: Any) -> T:
        """The form as a (frozen) dataclass; `known` are fields that the page knows itself.

        Raises Invalid with one sentence per field, all of them at once.
        """
        errors: dict[str, str] = {}
        values = self._values(form, "", errors, known)
        _refuse(errors)
        return form(**values)

    def into_both(self, one: type[T], other: type[U]) -> tuple[T, U]:
        """One form that is read as two dataclasses: what is wrong in either is told at once."""
        errors: dict[str, str] = {}
        values = self._values(one, "", errors, {}), self._values(other, "", errors, {})
        _refuse(errors)
        return one(**values[0]), other(**values[1])

    def _values(self, form: type, prefix: str, errors: dict[str, str], known: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        names = {part.name for part in parts_of(form)}
        for part in parts_of(form):
            if part.name in known:
                values[part.name] = known[part.name]
                continue
            path = f"{prefix}{part.name}"
            try:
                if f"{part.name}_text" not in names:  # a form that reads the words itself knows better
                    self._need_chosen(path)
                values[part.name] = self._value(part, path, errors)
            except Wrong as error:
                errors[path] = str(error)
        return values

    def _value(self, part: Part, path: str, errors: dict[str, str]) -> Any:
        if part.is_many and dataclasses.is_dataclass(part.kind):
            return self._rows(typing.cast(type, part.kind), path, errors)
        if part.is_many:
            given = [value for value in self.data.getlist(path) if isinstance(value, str) and value.strip()]
            return tuple(self._one(part.kind, value) for value in given)
        raw = self.data.get(path)
        if part.kind is UploadFile:
            if isinstance(raw, UploadFile) and raw.filename:
                return raw
            return self._left_empty(part)
        given_text = raw if isinstance(raw, str) else ""
        if part.kind is bool:
            return yes_or_no(given_text)
        if not given_text.strip():
            return self._left_empty(part)
        return self._one(part.kind, given_text)

    def _need_chosen(self, path: str) -> None:
        """Words of which nothing was chosen are told, never dropped."""
        words = self._text(f"{path}_text").strip()
        if words and not self._text(path).strip():
            raise Wrong(say("“{words}” is not in the list: choose one of it, or clear the field.", words=words[:80]))

    def _left_empty(self, part: Part) -> Any:
        if part.default is not dataclasses.MISSING:
            return part.default
        if part.is_optional:
            return None
        raise Wrong(say("Please fill this in."))

    def _one(self, kind: Any, given: str) -> Any:
        if kind is datetime:
            return moment(given, self.zone)
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            try:
                return kind(given.strip())
            except ValueError as error:
                raise Wrong(say("Choose one of the options.")) from error
        if kind not in READERS:
            raise TypeError(f"A form cannot hold {kind}.")
        return READERS[kind](given)

    def _rows(self, kind: type, path: str, errors: dict[str, str]) -> tuple[Any, ...]:
        """`lines.0.quantity`, `lines.1.quantity` ... as dataclasses, in the order of their numbers."""
        rows = []
        for number in _row_numbers(self.data.keys(), path):
            before = len(errors)
            values = self._values(kind, f"{path}.{number}.", errors, {})
            if len(errors) == before:
                rows.append(kind(**values))
        return tuple(rows)


def _refuse(errors: dict[str, str]) -> None:
    if errors:
        first = next(iter(errors.values()))
        message = first if len(errors) == 1 else say("{errors} fields need another look.", errors=len(errors))
        raise Invalid(message, fields=errors)


def _row_numbers(names: Iterable[str], path: str) -> list[int]:
    found = (re.match(rf"{re.escape(path)}\.(\d{{1,4}})\.", name) for name in names)
    return sorted({int(match[1]) for match in found if match})
