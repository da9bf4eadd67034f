"""The plant's own settings: a stated default in the module, a value per site where the plant wants another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plantops import places
from plantops.context import Context, requires, within
from plantops.db import Base, Id
from plantops.errors import Invalid
from plantops.permissions import Can
from plantops.wording import say, says

Value = Decimal | int | str | bool


@says("title", "unit")
@dataclass(frozen=True)
class Option:
    """A setting that a module declares in its manifest under a short name."""

    default: Value
    title: str
    unit: str = ""
    least: Decimal | None = None
    most: Decimal | None = None


class OptionValue(Base):
    """A site's own value; the row without site holds for all sites that have none."""

    __tablename__ = "core_option"
    __table_args__ = (sa.UniqueConstraint("key", "site_id", postgresql_nulls_not_distinct=True),)

    id: Mapped[Id]
    key: Mapped[str]
    site_id: Mapped[int | None] = mapped_column(sa.ForeignKey("core_site.id"))
    value: Mapped[str]
    changed_at: Mapped[datetime]


# --- Rules


def read(option: Option, text: str, field: str = "value") -> Value:
    """The text as a value of the default's kind, inside the option's limits."""
    kind = type(option.default)
    try:
        if kind is bool:
            value: Value = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[text.lower()]
        else:
            value = kind(text)
    except (KeyError, ValueError, InvalidOperation) as error:
        raise Invalid(
            say(
                "{title} cannot be {text}. Enter a {lower}.",
                title=option.title,
                text=repr(text),
                lower=kind.__name__.lower(),
            ),
            field=field,
        ) from error
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        if option.least is not None and value < option.least:
            raise Invalid(
                say(
                    "{title} is at least {least} {unit}.", title=option.title, least=option.least, unit=option.unit
                ).replace(" .", "."),
                field=field,
            )
        if option.most is not None and value > option.most:
            raise Invalid(
                say(
                    "{title} is at most {most} {unit}.", title=option.title, most=option.most, unit=option.unit
                ).replace(" .", "."),
                field=field,
            )
    return value


def declared(modules: Mapping[str, Mapping[str, Any]], key: str) -> Option:
    module, _, name = key.partition(".")
    option = modules.get(module, {}).get(name)
    if not isinstance(option, Option):
        raise Invalid(say("There is no setting {key}.", key=key), field="key")
    return option


@within("rules and the settings page read what modules declare")
def catalogue(ctx: Context) -> dict[str, Mapping[str, Any]]:
    return {module.name: module.settings for module in ctx.registry.modules}


# --- Questions


@within("rules read the plant's settings")
def value(ctx: Context, key: str, site_id: int | None = None) -> Value:
    """The site's value, else that of all sites, else the module's default. `key` is `module.name`."""
    option = declared(catalogue(ctx), key)
    query = (
        sa.select(OptionValue.value)
        .where(OptionValue.key == key, OptionValue.site_id.is_(None) | (OptionValue.site_id == site_id))
        .order_by(OptionValue.site_id.nulls_last())
        .limit(1)
    )
    text = ctx.session.scalar(query)
    return option.default if text is None else read(option, text)


AMOUNTS = sa.text(
    "SELECT key, value FROM core_option WHERE key = ANY(:keys) AND (site_id IS NULL OR site_id = CAST(:site AS bigint))"
    " ORDER BY site_id NULLS FIRST"
)


@within("rules read the plant's settings")
def amounts(ctx: Context, keys: Sequence[str], site_id: int | None = None) -> list[Decimal]:
    """Several settings that are numbers, with one look."""
    known = catalogue(ctx)
    rows = ctx.session.execute(AMOUNTS, {"keys": list(keys), "site": site_id})
    texts = {row.key: row.value for row in rows}
    found = {key: declared(known, key) for key in keys}
    return [
        Decimal(str(option.default if key not in texts else read(option, texts[key]))) for key, option in found.items()
    ]


@within("rules read the plant's settings")
def amount(ctx: Context, key: str, site_id: int | None = None) -> Decimal:
    """A setting that is a number."""
    return Decimal(str(value(ctx, key, site_id)))


# --- Actions


@requires(Can.MANAGE_SETTINGS)
def change(ctx: Context, key: str, text: str, site_id: int | None = None) -> Value:
    """Sets a value for a site, or for all sites without one of their own."""
    new = read(declared(catalogue(ctx), key), text)
    if site_id is None:
        ctx.need_everywhere(Can.MANAGE_SETTINGS, to="change a setting of all sites")
    else:
        ctx.need(Can.MANAGE_SETTINGS, site_id=site_id, to="change this site's settings")
        places.site(ctx, site_id)
    ctx.session.execute(
        sa.text(
            "INSERT INTO core_option (key, site_id, value, changed_at) VALUES (:key, :site, :value, :now)"
            " ON CONFLICT (key, site_id) DO UPDATE SET value = :value, changed_at = :now"
        ),
        {"key": key, "site": site_id, "value": str(new).lower() if isinstance(new, bool) else str(new), "now": ctx.now},
    )
    return new
