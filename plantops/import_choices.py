"""What a person chose on the mapping page: kept as a map in TOML, remembered for the next file with these heads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plantops import import_guess, import_maps
from plantops.context import Context, within
from plantops.db import Base, Id
from plantops.import_guess import NUMBERS, ORDERS
from plantops.import_kinds import ImportKind

AS_IN_MAP = "as in the map"
MOST_REMEMBERED = 200


class RememberedMap(Base):
    """A map that was used: under its name, or as the last one for files with these heads."""

    __tablename__ = "core_import_map"
    __table_args__ = (
        sa.Index("uq_core_import_map_name", "kind", "name", unique=True, postgresql_where=sa.text("name <> ''")),
        sa.Index("uq_core_import_map_heads", "kind", "heads", unique=True, postgresql_where=sa.text("name = ''")),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    heads: Mapped[str] = mapped_column(sa.CHAR(64))
    """A digest of the heads of the file that it was made for."""
    map_text: Mapped[str]
    saved_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"), index=True)
    saved_at: Mapped[datetime]


@dataclass(frozen=True)
class Choices:
    """What the mapping page asks: which column is which, and how the file writes things."""

    targets: Mapping[str, str] = field(default_factory=dict)
    """Head of the file -> our column; several heads may make one text."""
    constants: Mapping[str, str] = field(default_factory=dict)
    """Our column -> one value for every row."""
    days: str = import_guess.DAY_FIRST
    numbers: str = "1234.5"
    sheet: str = ""
    header_row: int = 1
    encoding: str = ""
    delimiter: str = ""
    site: str = ""


# --- Rules


def digest(heads: Sequence[str]) -> str:
    """The same for files with the same heads, in whatever order."""
    return hashlib.sha256("\x1f".join(sorted(head.casefold() for head in heads)).encode()).hexdigest()


def as_map(choices: Choices, kind: ImportKind, base: str = "") -> str:
    """The choices as a map. What `base` says beyond them, such as words of a column, stays as it is."""
    raw = dict(import_maps.plain(base)) if base else {}
    before = raw.get("columns", {})
    columns: dict[str, Any] = {}
    for head, name in choices.targets.items():
        given = before.get(name)
        kept = {key: value for key, value in given.items() if key != "from"} if isinstance(given, dict) else {}
        sources = [*_sources(columns.get(name)), head]
        columns[name] = {"from": sources[0] if len(sources) == 1 else sources, **kept}
    raw["kind"] = kind.name
    raw["columns"] = {name: how["from"] if set(how) == {"from"} else how for name, how in columns.items()}
    raw["constants"] = {name: value for name, value in choices.constants.items() if value and name not in columns}
    if choices.days in ORDERS:
        raw["dates"] = list(ORDERS[choices.days])
    if choices.numbers in NUMBERS:
        form = NUMBERS[choices.numbers]
        raw["decimal_comma"], raw["thousands"] = form.decimal == ",", form.thousands
    _place(raw, choices)
    return as_toml(raw)


def _place(raw: dict[str, Any], choices: Choices) -> None:
    given = {
        "sheet": choices.sheet,
        "header_row": choices.header_row if choices.header_row != 1 else "",
        "encoding": choices.encoding,
        "delimiter": choices.delimiter,
        "site": choices.site,
    }
    for name, value in given.items():
        raw.pop(name, None)
        if value:
            raw[name] = value


def _sources(how: object) -> list[str]:
    given = how.get("from", ()) if isinstance(how, dict) else how or ()
    return [given] if isinstance(given, str) else [str(one) for one in given] if isinstance(given, list | tuple) else []


def of_map(text: str, heads: Sequence[str]) -> Choices:
    """The choices that a map makes for a file with these heads."""
    raw = import_maps.plain(text)
    targets = {head: name for name, how in raw.get("columns", {}).items() for head in _sources(how) if head in heads}
    form = (("," if raw.get("decimal_comma", False) else "."), raw.get("thousands", ""))
    dates = tuple(raw.get("dates", ()))
    return Choices(
        targets={head: targets[head] for head in heads if head in targets},
        constants={name: str(value) for name, value in raw.get("constants", {}).items()},
        days=next((order for order, forms in ORDERS.items() if forms == dates), AS_IN_MAP if dates else "")
        or import_guess.DAY_FIRST,
        numbers=next((name for name, one in NUMBERS.items() if (one.decimal, one.thousands) == form), "1234.5"),
        sheet=str(raw.get("sheet", "")),
        header_row=int(raw.get("header_row", 1)),
        encoding=str(raw.get("encoding", "")),
        delimiter=str(raw.get("delimiter", "")),
        site=str(raw.get("site", "")),
    )


def with_word(text: str, name: str, theirs: str, ours: str) -> str:
    """The map, which from now on reads this word of a column as that one."""
    raw = import_maps.plain(text)
    how = raw.get("columns", {}).get(name)
    if how is None:
        return text
    whole = dict(how) if isinstance(how, dict) else {"from": how}
    whole["values"] = {**whole.get("values", {}), theirs: ours}
    raw["columns"][name] = whole
    return as_toml(raw)


def as_toml(raw: Mapping[str, Any]) -> str:
    """Maps have texts, numbers, yes or no, lists of texts, and tables of those."""
    lines = [f"{_key(name)} = {_value(value)}" for name, value in raw.items() if not isinstance(value, dict)]
    for name, table in raw.items():
        if isinstance(table, dict) and table:
            lines += ["", f"[{_key(name)}]"]
            lines += [f"{_key(inner)} = {_value(value)}" for inner, value in table.items()]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if name.isascii() and name.replace("_", "").replace("-", "").isalnum() else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(name)} = {_value(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    return str(value)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


# --- Questions


@within("the import that it is for is seen")
def remembered(ctx: Context, kind: str, heads: Sequence[str]) -> str | None:
    """The map that was last used for a file with these heads."""
    query = sa.select(RememberedMap.map_text).where(RememberedMap.kind == kind, RememberedMap.heads == digest(heads))
    return ctx.session.scalars(query.order_by(RememberedMap.saved_at.desc(), RememberedMap.id.desc()).limit(1)).first()


@within("the import that it is for is seen")
def named(ctx: Context, kind: str) -> dict[str, str]:
    """The maps of a kind that have a name."""
    query = sa.select(RememberedMap.name, RememberedMap.map_text).where(
        RememberedMap.kind == kind, RememberedMap.name != ""
    )
    return {row.name: row.map_text for row in ctx.session.execute(query.order_by(RememberedMap.name))}


@within("the import that it is for is seen")
def heads_known(ctx: Context, kind: str) -> dict[str, str]:
    """What single heads meant in earlier files of a kind, the newest first to count."""
    query = sa.select(RememberedMap.map_text).where(RememberedMap.kind == kind).order_by(RememberedMap.saved_at.desc())
    found: dict[str, str] = {}
    for text in ctx.session.scalars(query.limit(MOST_REMEMBERED)):
        for name, how in import_maps.plain(text).get("columns", {}).items():
            for head in _sources(how):
                found.setdefault(head.casefold(), name)
    return found


# --- Actions


@within("the import that it is for is begun")
def remember(ctx: Context, kind: str, heads: Sequence[str], map_text: str, name: str = "") -> None:
    """For the next file with these heads, and under its name when it has one."""
    for each in dict.fromkeys(("", name.strip())):
        same = RememberedMap.heads == digest(heads) if not each else sa.true()
        query = sa.select(RememberedMap).where(RememberedMap.kind == kind, RememberedMap.name == each, same)
        known = ctx.session.scalars(query.with_for_update()).first()
        if known is None:
            known = RememberedMap(kind=kind, name=each)
            ctx.session.add(known)
        known.heads, known.map_text = digest(heads), map_text
        known.saved_by_id, known.saved_at = ctx.user.id, ctx.now
        ctx.session.flush()


@within("the import that it is for is being mended")
def remember_words(ctx: Context, kind: str, map_text: str) -> None:
    """What words mean is kept with the last map for these heads."""
    raw = import_maps.plain(map_text)
    heads = {source for how in raw.get("columns", {}).values() for source in _sources(how)}
    query = sa.select(RememberedMap).where(RememberedMap.kind == kind)
    for known in ctx.session.scalars(query.with_for_update().limit(MOST_REMEMBERED)):
        before = import_maps.plain(known.map_text).get("columns", {})
        if {source for how in before.values() for source in _sources(how)} == heads:
            known.map_text = map_text
    ctx.session.flush()
