"""Units and packs: what a number of something means, so that 10 pieces are never 10 boxes."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pint

from plantops.errors import Invalid
from plantops.money import Money, Rounding
from plantops.wording import say, says, unit_name

QUANTITY_DIGITS = 6  # numeric(18,6)
LARGEST_QUANTITY = Decimal("999999999999.999999")
PRICE_QUANTITIES = (1, 100, 1000)


@says("title", "plural")
@dataclass(frozen=True)
class Unit:
    """A unit of measure: our code, its words, the UNECE Rec 20 code for e-invoices, and its definition in pint."""

    code: str
    title: str
    plural: str
    rec20: str
    definition: str


# Every counted unit has a dimension of its own: nothing but an item's own pack says how many pieces a box holds.
UNITS: dict[str, Unit] = {
    unit.code: unit
    for unit in (
        Unit("each", "piece", "pieces", "C62", "[piece]"),
        Unit("pair", "pair", "pairs", "PR", "2 * each"),
        Unit("dozen", "dozen", "dozens", "DZN", "12 * each"),
        Unit("set", "set", "sets", "SET", "[set]"),
        Unit("pack", "pack", "packs", "XPK", "[pack]"),
        Unit("box", "box", "boxes", "XBX", "[box]"),
        Unit("carton", "carton", "cartons", "XCT", "[carton]"),
        Unit("bag", "bag", "bags", "XBG", "[bag]"),
        Unit("bottle", "bottle", "bottles", "XBO", "[bottle]"),
        Unit("can", "can", "cans", "XCX", "[can]"),
        Unit("drum", "drum", "drums", "XDR", "[drum]"),
        Unit("roll", "roll", "rolls", "XRO", "[roll]"),
        Unit("sheet", "sheet", "sheets", "ST", "[sheet]"),
        Unit("pallet", "pallet", "pallets", "XPX", "[pallet]"),
        Unit("g", "gram", "grams", "GRM", "[mass]"),
        Unit("kg", "kilogram", "kilograms", "KGM", "1000 * g"),
        Unit("t", "tonne", "tonnes", "TNE", "1000 * kg"),
        Unit("m", "metre", "metres", "MTR", "[length]"),
        Unit("mm", "millimetre", "millimetres", "MMT", "m / 1000"),
        Unit("cm", "centimetre", "centimetres", "CMT", "m / 100"),
        Unit("km", "kilometre", "kilometres", "KMT", "1000 * m"),
        Unit("m2", "square metre", "square metres", "MTK", "m ** 2"),
        Unit("m3", "cubic metre", "cubic metres", "MTQ", "m ** 3"),
        Unit("l", "litre", "litres", "LTR", "m3 / 1000"),
        Unit("ml", "millilitre", "millilitres", "MLT", "l / 1000"),
        Unit("h", "hour", "hours", "HUR", "[time]"),
        Unit("min", "minute", "minutes", "MIN", "h / 60"),
        Unit("day", "day", "days", "DAY", "[working_day]"),
        Unit("month", "month", "months", "MON", "[month]"),
        Unit("kwh", "kilowatt hour", "kilowatt hours", "KWH", "[energy]"),
        Unit("lump", "lump sum", "lump sums", "LS", "[lump]"),
    )
}


def _registry() -> pint.UnitRegistry[Fraction]:
    """Only our units, in exact fractions: a third of a box is a third, not 0.333."""
    registry: pint.UnitRegistry[Fraction] = pint.UnitRegistry(None, non_int_type=Fraction)
    for unit in UNITS.values():
        registry.define(f"{unit.code} = {unit.definition}")
    return registry


_PINT = _registry()


def why_not_unit(code: str) -> str | None:
    if code not in UNITS:
        return say("'{code}' is not a unit that is known here; use one of {units}", code=code, units=", ".join(UNITS))
    return None


def meant(words: str) -> str:
    """The code of a unit that is written in the reader's words, such as Karton; else the words as they are."""
    asked = words.strip().casefold()
    ways = ((unit.code, {unit.code, unit.title, unit.plural, unit_name(unit.code)}) for unit in UNITS.values())
    return next((code for code, names in ways if asked in {name.casefold() for name in names}), words)


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact number of a unit: Quantity(Decimal(10), "box")."""

    value: Decimal
    unit: str

    def __post_init__(self) -> None:
        if not isinstance(self.value, Decimal):
            raise TypeError(f"A quantity takes a Decimal, not {type(self.value).__name__}.")
        if reason := why_not_unit(self.unit):
            raise Invalid(say("The unit is wrong: {reason}.", reason=reason), field="unit")
        if not self.value.is_finite() or abs(self.value) > LARGEST_QUANTITY:
            raise Invalid(say("The quantity {value} is too large to be kept.", value=self.value), field="quantity")

    def __str__(self) -> str:
        unit = UNITS[self.unit]
        return f"{plain(self.value)} {unit.title if abs(self.value) == 1 else unit.plural}"


@dataclass(frozen=True, slots=True)
class Pack:
    """How an item is packed: one `unit` (a box) holds `holds` of `of` (100 pieces)."""

    unit: str
    holds: Decimal
    of: str

    def __post_init__(self) -> None:
        for field, code in (("unit", self.unit), ("of", self.of)):
            if reason := why_not_unit(code):
                raise Invalid(say("The pack is wrong: {reason}.", reason=reason), field=field)
        if not self.holds.is_finite() or self.holds <= 0:
            raise Invalid(
                say("A {unit} must hold more than nothing, not {holds}.", unit=self.unit, holds=self.holds),
                field="holds",
            )
        if same_dimension(self.unit, self.of):
            raise Invalid(
                say(
                    "A {unit} and a {of} measure the same thing: a pack cannot change how many there are.",
                    unit=self.unit,
                    of=self.of,
                ),
                field="of",
            )

    def __str__(self) -> str:
        return say("{title} of {holds}", title=UNITS[self.unit].title, holds=Quantity(self.holds, self.of))


def plain(number: Decimal) -> str:
    """A number without needless zeros and never in powers of ten: 100, 2.5."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@functools.cache
def same_dimension(one: str, other: str) -> bool:
    return bool(_PINT.Unit(one).dimensionality == _PINT.Unit(other).dimensionality)


@functools.cache
def _of_one(unit: str, to: str) -> Fraction:
    """How many `to` one `unit` is, by measure."""
    return Fraction(_PINT.Quantity(Fraction(1), unit).to(to).magnitude)


def _measured(value: Fraction, unit: str, to: str) -> Fraction:
    return value * _of_one(unit, to)


def _exact(value: Fraction, asked: Quantity, to: str) -> Decimal:
    scaled = value * 10**QUANTITY_DIGITS
    if scaled.denominator != 1:
        raise Invalid(
            say(
                "{asked} cannot be said exactly in {plural}: it lies between {value} and "
                "{decimal}. Enter a quantity that comes out whole.",
                asked=asked,
                plural=UNITS[to].plural,
                value=plain(Decimal(int(value))),
                decimal=plain(Decimal(int(value) + 1)),
            ),
            field="quantity",
        )
    exact = Decimal(scaled.numerator).scaleb(-QUANTITY_DIGITS)
    return exact.quantize(Decimal(1), ROUND_HALF_UP) if exact == exact.to_integral_value() else exact.normalize()


def ratio(from_unit: str, to_unit: str, packs: Sequence[Pack] = ()) -> Fraction:
    """
    How many `to_unit` one `from_unit` is, exactly, by measure or through the item's own packs.

    Packs chain: a pallet of 40 boxes of 100 pieces is 4,000 pieces. Raises Invalid when nothing says it.
    """
    for code in (from_unit, to_unit):
        if reason := why_not_unit(code):
            raise Invalid(say("The unit is wrong: {reason}.", reason=reason), field="unit")
    reached: dict[str, Fraction] = {from_unit: Fraction(1)}
    to_visit = [from_unit]
    while to_visit:
        here = to_visit.pop(0)
        if same_dimension(here, to_unit):
            return _measured(reached[here], here, to_unit)
        for near, far, factor in _steps(packs):
            if same_dimension(here, near) and far not in reached:
                reached[far] = _measured(reached[here], here, near) * factor
                to_visit.append(far)
    raise Invalid(
        say(
            "Nothing says how many {plural} a {title} is: add a pack to the item, or use {plural2}.",
            plural=UNITS[to_unit].plural,
            title=UNITS[from_unit].title,
            plural2=UNITS[from_unit].plural,
        ),
        field="unit",
    )


def _steps(packs: Sequence[Pack]) -> list[tuple[str, str, Fraction]]:
    down = [(pack.unit, pack.of, Fraction(pack.holds)) for pack in packs]
    return down + [(pack.of, pack.unit, 1 / Fraction(pack.holds)) for pack in packs]


def convert(quantity: Quantity, to_unit: str, packs: Sequence[Pack] = ()) -> Quantity:
    """The same amount in another unit, exact to six decimals; refuses to round (7 pieces in boxes of 3)."""
    value = Fraction(quantity.value) * ratio(quantity.unit, to_unit, packs)
    return Quantity(_exact(value, quantity, to_unit), to_unit)


def whole_packs(quantity: Quantity, pack_unit: str, packs: Sequence[Pack]) -> Quantity:
    """The fewest whole packs that hold at least this much: 101 pieces are 2 boxes of 100."""
    value = Fraction(quantity.value) * ratio(quantity.unit, pack_unit, packs)
    whole = -((-value.numerator) // value.denominator)
    return Quantity(Decimal(whole), pack_unit)


def why_not_multiple(quantity: Quantity, pack_unit: str, packs: Sequence[Pack]) -> str | None:
    """Is it a whole number of packs? Else says which two quantities around it are."""
    value = Fraction(quantity.value) * ratio(quantity.unit, pack_unit, packs)
    if value.denominator == 1:
        return None
    one = Fraction(1) / ratio(quantity.unit, pack_unit, packs)
    below, above = value.__floor__() * one, value.__ceil__() * one
    pack = UNITS[pack_unit]
    around = " or ".join(plain(_fraction(each)) for each in (below, above) if each > 0)
    return say(
        "it comes in whole {plural}: {quantity} is not one; take {around} {plural2}",
        plural=pack.plural,
        quantity=quantity,
        around=around,
        plural2=UNITS[quantity.unit].plural,
    )


def _fraction(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.000001"), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Price:
    """A price as suppliers quote it: so much money per 1, 100 or 1,000 of a unit."""

    money: Money
    unit: str
    per: int = 1

    def __post_init__(self) -> None:
        if reason := why_not_unit(self.unit):
            raise Invalid(say("The price's unit is wrong: {reason}.", reason=reason), field="unit")
        if self.per not in PRICE_QUANTITIES:
            raise Invalid(say("A price is per 1, 100 or 1,000, not per {per}.", per=self.per), field="per")

    def __str__(self) -> str:
        unit = UNITS[self.unit]
        return say(
            "{money} per {value}", money=self.money, value=f"{self.per:,} {unit.plural}" if self.per > 1 else unit.title
        )

    def value_of(self, quantity: Quantity, packs: Sequence[Pack] = (), rule: Rounding = Rounding.HALF_UP) -> Money:
        """What that quantity costs: converted to the price's unit exactly, rounded once at the end."""
        exact = (
            Fraction(quantity.value) * ratio(quantity.unit, self.unit, packs) * Fraction(self.money.amount) / self.per
        )
        return _money(exact, self.money.currency, rule)


def _money(exact: Fraction, currency: str, rule: Rounding) -> Money:
    # Twelve decimals cut towards zero with a sticky last digit: enough for every rule to round as the fraction would.
    scale = 10**12
    scaled = abs(exact) * scale
    kept = Decimal(scaled.numerator // scaled.denominator)
    sticky = Decimal("0.1") if scaled.denominator != 1 else Decimal(0)
    return Money((kept + sticky).scaleb(-12) * (1 if exact >= 0 else -1), currency).rounded(rule)
