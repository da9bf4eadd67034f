"""Templates: one environment, the components as `ui`, and what every page may ask for."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import jinja2
from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined, Template
from jinja2.bccache import Bucket, FileSystemBytecodeCache
from jinja2.runtime import Context
from markupsafe import Markup

from plantops import links
from plantops.wording import inside, label, plural, say, say_html, sentence, unit_name, weekday, weekday_and_day
from web import assets, charts, formats, tables
from web.list_values import asked_as
from web.visit import OpenForm, this_visit

COMPONENTS = Path(__file__).parent / "components"
PARTS = ("shell", "about", "buttons", "form", "list", "list_tools", "list_cells", "list_board", "document", "dossier",
         "charts", "plans", "progress", "staged", "partials", "offline")  # fmt: skip


class Compiled(FileSystemBytecodeCache):
    """Compiled templates lie beside the compiled modules, so that no process compiles what another has."""

    def __init__(self, environment: Environment) -> None:
        written = (environment.autoescape, environment.trim_blocks, environment.lstrip_blocks)
        marks = f"{sys.implementation.cache_tag}-jinja-{jinja2.__version__}-{'-'.join(map(str, written))}"
        self.folder = Path(__file__).parent / "__pycache__" / marks
        super().__init__(str(self.folder))

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):  # where nobody may write, as in an image, each process compiles for itself
            self.folder.mkdir(parents=True, exist_ok=True)
            super().dump_bytecode(bucket)


class Plain(Context):
    """A template's values. What templates call here asks for none of them, so nobody looks whether it does."""

    def call(self, called: Callable[..., Any], /, *given: Any, **named: Any) -> Any:
        named.pop("_block_vars", None)
        named.pop("_loop_vars", None)
        return called(*given, **named)


class Components:
    """Every macro of the components by its name: `ui.field`, `ui.table`, `ui.action`."""

    def take(self, template: Template) -> None:
        for name, macro in vars(template.module).items():
            if name.startswith("_"):
                continue
            if hasattr(self, name):
                raise ValueError(f"Two components are called {name}: rename one.")
            setattr(self, name, macro)


def make_environment(folders: Mapping[str, Path]) -> Environment:
    """`folders` maps a page package to its templates: `purchasing/order.html` is in the folder of purchasing."""
    return _environment(tuple(folders.items()))


@cache
def _environment(folders: tuple[tuple[str, Path], ...]) -> Environment:
    """One for all applications of a process that have the same pages: what is compiled stays compiled."""
    by_package: dict[str, BaseLoader] = {name: FileSystemLoader(folder) for name, folder in folders}
    environment = Environment(
        loader=ChoiceLoader([PrefixLoader(by_package), FileSystemLoader(COMPONENTS)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.bytecode_cache = Compiled(environment)
    environment.context_class = Plain
    environment.globals.update(
        visit=this_visit,
        asset=assets.address_of,
        icon=assets.icon,
        field_box=field_box,
        open_form=open_form,
        close_form=close_form,
        fresh_key=fresh_key,
        choices=choices,
        with_query=with_query,
        sparkline=charts.sparkline,
        titled=tables.titled,
        plural=plural,
        _=say_html,
        asked_as=asked_as,
    )
    environment.filters.update(
        number=number, money=money, price=price, quantity=quantity, percent=percent, day=day, moment=moment,
        unit=unit_name, weekday=weekday, weekday_and_day=weekday_and_day, clock=clock, hours=formats.hours,
        words=label, said=say, inside=inside, sentence=sentence, told=told, tone=formats.tone, url=url_of,
    )  # fmt: skip
    # Known before the macros are read, because macros use one another.
    environment.globals["ui"] = ui = Components()
    for part in PARTS:
        ui.take(environment.get_template(f"{part}.html"))
    return environment


# --- Filters: the person's language and the plant's zone come from the visit.


def number(value: Decimal | float | int | None, digits: int | None = None) -> str:
    return formats.number(value, digits, this_visit().language)


def money(value: Any, currency: str = "") -> str:
    """A Decimal with the currency beside it, or a plantops Money that knows its own."""
    if hasattr(value, "amount"):
        value, currency = value.amount, value.currency
    return formats.money(value, currency, this_visit().language)


def price(value: Decimal | None) -> str:
    return formats.price(value, this_visit().language)


def quantity(value: Decimal | None, unit: str = "") -> str:
    return formats.quantity(value, unit, this_visit().language)


def percent(share: Decimal | float | None, digits: int = 1) -> str:
    return formats.percent(share, digits, this_visit().language)


def day(value: date | None) -> str:
    return formats.day(value, this_visit().language)


def moment(value: datetime | None) -> str:
    visit = this_visit()
    return formats.moment(value, zone(), visit.language)


def clock(value: datetime | time | None) -> str:
    return formats.clock(value, zone())


def told(value: object) -> str:
    """A value of the log, whatever it is: nothing is said as "empty"."""
    visit = this_visit()
    if value is None or value == "":
        return say("empty")
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if isinstance(value, datetime):
        return formats.moment(value, zone(), visit.language)
    if isinstance(value, date):
        return formats.day(value, visit.language)
    if isinstance(value, Decimal | int):
        return formats.number(value, None, visit.language)
    return label(value) if isinstance(value, StrEnum) else str(value)


def url_of(origin: str, id: int | None = None) -> str:
    """Where a thing is shown: `"purchasing_order:17" | url` or `"purchasing_order" | url(17)`."""
    ctx = this_visit().ctx
    return links.url(ctx.registry, f"{origin}:{id}" if id is not None else origin) if ctx else ""


def zone() -> ZoneInfo:
    ctx = this_visit().ctx
    return ctx.zone if ctx else ZoneInfo("UTC")


def with_query(path: str, **values: object) -> str:
    """A path with a query string; what is None or empty is left out."""
    kept = [(name, str(value)) for name, value in values.items() if value is not None and value != ""]
    return f"{path}?{urlencode(kept)}" if kept else path


# --- Forms: a field finds its form's id, value and error without being told.


def open_form(id: str, values: Any = None, errors: Mapping[str, str] | None = None) -> str:
    this_visit().forms.append(OpenForm(id, values, errors or {}))
    return ""


def close_form() -> str:
    this_visit().forms.pop()
    return ""


def fresh_key() -> str:
    """One key per drawn form: sent twice, the second does nothing."""
    return token_urlsafe(16)


@dataclass(frozen=True)
class FieldBox:
    """What the field macro needs to know of the form around it."""

    id: str
    value: str
    given: Any
    error: str
    form_id: str


def field_box(name: str, value: Any = None, form: str = "") -> FieldBox:
    forms = this_visit().forms
    current = forms[-1] if forms else OpenForm(form)
    given = current.value(name) if value is None else value
    id = f"{form or current.id}-{name}".strip("-")
    return FieldBox(id, formats.entered(given, zone()), given, current.errors.get(name, ""), form or current.id)


def choices(options: Any) -> list[tuple[str, str]]:
    """Options of a select: an enum, pairs of value and label, or rows with id and name."""
    if isinstance(options, type) and issubclass(options, StrEnum):
        return [(member.value, label(member.value)) for member in options]
    pairs: list[tuple[str, str]] = []
    for option in options:
        if isinstance(option, StrEnum):
            pairs.append((option.value, label(option.value)))
        elif isinstance(option, tuple | list):
            pairs.append((str(option[0]), str(option[1])))
        elif hasattr(option, "id"):
            pairs.append((str(option.id), str(option.name)))
        else:
            pairs.append((str(option), str(option)))
    return pairs


def safe(html: str) -> Markup:
    """HTML that this program rendered itself, from templates that escape."""
    return Markup(html)  # noqa: S704
