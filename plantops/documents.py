"""Documents on paper: a template and its values become HTML, and in the worker an accessible PDF."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from plantops.module import load
from plantops.money import Money
from plantops.units import UNITS, Quantity
from plantops.wording import label, language, plural, say_html, speaking

FOLDER = "documents"
PDF = "application/pdf"
LOCALES = {"en": "en_GB"}  # day before month, 24 hours


@dataclass(frozen=True)
class Paper:
    """
    One document to be printed: `template` lies in the folder `documents` of `package` and extends `paper.html`.

    `pictures` are bytes that the template names as `picture:NAME` (a QR code, a chart); SVG or PNG.
    """

    package: str
    template: str
    title: str
    values: Mapping[str, Any] = field(default_factory=dict)
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    language: str = field(default_factory=language)
    """Of what the template says; the title and the values are said in it already."""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))


def html(paper: Paper) -> str:
    """The document as HTML; a value that the template misses is an error, never a gap on paper."""
    template = _environment(paper.package, paper.language, paper.zone.key).get_template(paper.template)
    with speaking(paper.language):
        return template.render(title=paper.title, language=paper.language, **paper.values)


def pdf(paper: Paper) -> bytes:
    """
    The document as PDF/UA-1. For the worker: WeasyPrint is loaded by the first call and needs 200 MB.

    Raises Invalid when the template asks for anything but the packaged files and its own pictures.
    """
    rendered: bytes = load("plantops.pdf:render")(html(paper), paper.package, dict(paper.pictures))
    return rendered


@cache
def _environment(package: str, language: str, zone: str) -> Environment:
    own = [] if package == "plantops" else [PackageLoader(package, FOLDER)]
    places = ChoiceLoader([*own, PackageLoader("plantops", "paper")])
    environment = Environment(loader=places, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    locale, tz = LOCALES.get(language, language.replace("-", "_")), ZoneInfo(zone)

    # 22 Nov 2026 and 22 Nov 2026 14:05 on every paper, as on every page.
    def day(value: date | str) -> str:
        """A date, or one as it was kept in a report."""
        return str(format_date(date.fromisoformat(str(value)), "d MMM y", locale=locale))

    def moment(value: datetime) -> str:
        return str(format_datetime(value.astimezone(tz), "d MMM y HH:mm", tzinfo=tz, locale=locale))

    def money(value: Money) -> str:
        return value.shown(locale)

    def number(value: Decimal | int, decimals: int | None = None) -> str:
        pattern = None if decimals is None else f"#,##0.{'0' * decimals}" if decimals else "#,##0"
        return str(format_decimal(value, format=pattern, locale=locale, decimal_quantization=decimals is not None))

    def quantity(value: Quantity) -> str:
        unit = UNITS[value.unit]
        return f"{number(value.value.normalize())} {unit.title if abs(value.value) == 1 else unit.plural}"

    environment.globals.update(plural=plural, _=say_html)
    environment.filters["words"] = label
    for show in (day, moment, money, number, quantity):
        environment.filters[show.__name__] = _or_blank(show)
    return environment


def _or_blank(show: Callable[..., str]) -> Callable[..., str]:
    """None is an empty cell; a value that the template misses is an error also under a filter."""

    def shown(value: Any, *more: Any) -> str:
        str(value)  # StrictUndefined raises here
        return "" if value is None else show(value, *more)

    return shown
