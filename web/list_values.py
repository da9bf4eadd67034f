"""Single values typed into a list: which field each kind has, and what was typed as a value of that kind."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from plantops.context import Context
from plantops.errors import Invalid
from plantops.listing import Kind
from web.forms import Form, Wrong, day, decimal, integer, moment, yes_or_no

FIELDS = {
    Kind.NUMBER: "number",
    Kind.MONEY: "money",
    Kind.QUANTITY: "quantity",
    Kind.DATE: "date",
    Kind.TIME: "datetime",
    Kind.YES_NO: "select",
    Kind.CHOICE: "select",
}
Value = str | int | bool | Decimal | date | datetime | None


def asked_as(kind: Kind) -> str:
    """The field that asks for a value of this kind."""
    return FIELDS.get(kind, "text")


def typed(ctx: Context, kind: Kind, form: Form, name: str) -> Value:
    """What stands in the field; None where it was emptied, but empty text for text."""
    given = form.text(name)
    if not given:
        return "" if kind is Kind.TEXT else None
    try:
        match kind:
            case Kind.NUMBER:
                return integer(given)
            case Kind.MONEY | Kind.QUANTITY:
                return decimal(given)
            case Kind.DATE:
                return day(given)
            case Kind.TIME:
                return moment(given, ctx.zone)
            case Kind.YES_NO:
                return yes_or_no(given)
            case _:
                return given
    except Wrong as error:
        raise Invalid(str(error), field=name) from error
