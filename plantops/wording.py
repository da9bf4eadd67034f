"""What is said to a person, in their language: sentences, counts, names of states, days. English is the source."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

from babel import Locale
from babel.dates import format_skeleton
from babel.numbers import get_decimal_symbol, get_group_symbol
from markupsafe import Markup, escape

from plantops.catalogues import ENGLISH, catalogue

Declared = TypeVar("Declared")

UNIT = "unit"
LABEL = "label"
"""The gettext context of states and kinds: "Open" as a state, not as a command."""
RIGHT = "right"
"""The gettext context of what somebody may do, and of the parts of the house that a right belongs to."""

_LANGUAGE: ContextVar[str] = ContextVar("language", default=ENGLISH)


def language() -> str:
    """The language that is spoken just now: of who asked, or of who will read the mail."""
    return _LANGUAGE.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """`with speaking(reader.language):` what is said inside is said in that language."""
    mark = _LANGUAGE.set(language)
    try:
        yield
    finally:
        _LANGUAGE.reset(mark)


def say(sentence: str, **values: Any) -> str:
    """`say("There is no order {number}.", number=17)`, in the language that is spoken; values stand in braces.

    Numbers get the language's separators (`{count:,}`, `{share:.1f}`), days its order. The sentence is always a
    literal, so that it is found for the catalogues; a text without values may contain braces.
    """
    found = _translated("", sentence)
    return _FORMATTER.vformat(found, (), values) if values else found


def say_html(sentence: str, **values: Any) -> str:
    """`_("Order {number} of {supplier}", ...)` of the templates: values are escaped, tags of the sentence are kept."""
    if "<" not in sentence and not any(isinstance(value, Markup) for value in values.values()):
        return say(sentence, **values)
    safe = {name: value if isinstance(value, _NUMBERS) else escape(value) for name, value in values.items()}
    return Markup(say(sentence, **safe))  # noqa: S704 (sentences are the program's own)


def mark(sentence: str) -> str:
    """A sentence that is kept in a constant and said later by `say(THAT)`."""
    return sentence


def says(*names: str) -> Callable[[type[Declared]], type[Declared]]:
    """`@says("title")` above a dataclass: who reads that field reads it in the language that is spoken.

    For what is declared once and shown to everybody: columns, roles, lines of the menu.
    """

    def translate(declared: type[Declared]) -> type[Declared]:
        for name in names:
            setattr(declared, name, _SaidField(name))
        return declared

    return translate


class _SaidField:
    """Keeps the English of a field and gives it back translated."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        kept = vars(instance)[self.name]
        if language() == ENGLISH or not kept:
            return kept
        if isinstance(kept, Mapping):
            return {key: _translated("", words) for key, words in kept.items()}
        return _translated("", kept) if isinstance(kept, str) else kept

    def __set__(self, instance: Any, value: Any) -> None:
        vars(instance)[self.name] = value


def label(value: object) -> str:
    """`not_received` is "Not received": a state or a kind for people."""
    return _translated(LABEL, label_source(str(value)))


def unit_name(code: str) -> str:
    """The code of a unit as people write it behind a number: 12 each, 12 Stück."""
    return _translated(UNIT, code)


def right(code: str) -> str:
    """`purchasing.requisition.approve` is "approve requisition": what somebody may do, for people."""
    return _translated(right_context(code), right_source(code))


def right_source(code: str) -> str:
    """The English of a right."""
    _, *subject, verb = code.split(".")
    return f"{verb} {' '.join(subject)}".replace("_", " ").strip()


def right_context(code: str) -> str:
    """Two modules may each have a right to `read order`, of other things."""
    return f"{RIGHT} of {code.partition('.')[0]}"


def room_name(module: str) -> str:
    """The part of the house that a right belongs to, within a sentence."""
    return _translated(RIGHT, module)


def label_source(value: str) -> str:
    """The English of a state or kind."""
    text = value.replace("_", " ")
    return sentence(text)


def sentence(words: str) -> str:
    """What stands within another sentence, alone: `it names no order` is `It names no order`."""
    return words[:1].upper() + words[1:]


def plural(one: str, many: str, count: int | Decimal, **values: Any) -> str:
    """`plural("{n} order", "{n} orders", 2)` is `2 orders`.

    Both forms are whole phrases, as a catalogue of another language needs them (the order of gettext's `ngettext`);
    `{n}` stands where the number is to be, and may be left out.
    """
    known = catalogue(language())
    forms = known.counted.get(one)
    if forms is None:
        found = one if count == 1 else many
    else:
        found = forms[known.which_form(int(count) if count == int(count) else 2)]
    return _FORMATTER.vformat(found.replace("{n}", "{n:,}"), (), {**values, "n": count})


def number(value: Decimal | float | int, spec: str = "") -> str:
    """As `format(value, spec)`, with the separators of the language."""
    text = format(value, spec)
    group, point = _separators(language())
    return text if (group, point) == (",", ".") else text.translate({ord(","): group, ord("."): point})


def country(code: str) -> str:
    """The name of a country of ISO 3166, as letters have it; a code without a name stays as it is."""
    return str(Locale.parse(language()).territories.get(code, code))


def inside(title: str) -> str:
    """A title within a sentence: English writes it small, German does not."""
    return title[:1].lower() + title[1:] if language() == ENGLISH else title


def listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return say("{first} and {last}", first=", ".join(words[:-1]), last=words[-1])


def either(words: Sequence[str]) -> str:
    """`a, b or c`."""
    if len(words) < 2:
        return "".join(words)
    return say("{first} or {last}", first=", ".join(words[:-1]), last=words[-1])


def day_and_month(day: date) -> str:
    """4 Dec: as a person says a near day, without the year."""
    if language() == ENGLISH:
        return f"{day.day} {day:%b}"
    return str(format_skeleton("MMMd", day, locale=language()))


def whole_day(day: date) -> str:
    """4 Dec 2026: no two countries read it differently."""
    if language() == ENGLISH:
        return f"{day.day} {day:%b} {day.year}"
    return str(format_skeleton("yMMMd", day, locale=language()))


def weekday_and_day(day: date) -> str:
    """Fri 4 Dec."""
    if language() == ENGLISH:
        return f"{day:%a} {day_and_month(day)}"
    return str(format_skeleton("MMMEd", day, locale=language()))


def weekday(day: date) -> str:
    """Friday."""
    return _weekdays(language())[day.weekday()]


_NUMBERS = (int, float, Decimal, date)


class _Formatter(string.Formatter):
    """Values by plain names only: a sentence never reaches into an object."""

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Any, str]:  # noqa: ARG002
        return kwargs[field_name], field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, (Decimal, float)) or (isinstance(value, int) and format_spec):
            return number(value, format_spec)
        if isinstance(value, date) and not format_spec:
            return whole_day(value)
        return format(value, format_spec)


_FORMATTER = _Formatter()


def _translated(context: str, sentence: str) -> str:
    spoken = language()
    return sentence if spoken == ENGLISH else catalogue(spoken).sentences.get((context, sentence), sentence)


@lru_cache
def _weekdays(language: str) -> tuple[str, ...]:
    wide = Locale.parse(language).days["format"]["wide"]
    return tuple(str(wide[number]) for number in range(7))


@lru_cache
def _separators(language: str) -> tuple[str, str]:
    return get_group_symbol(language), get_decimal_symbol(language)
