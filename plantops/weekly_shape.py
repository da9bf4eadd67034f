"""Shaping the week's figures with pandas: last weeks beside each other, what is unusual, what to say in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import pandas as pd

from plantops.weekly import Better, Cause, Indicator, Span, WeekTotal
from plantops.wording import number, say

LINE_WEEKS = 13
BASE_WEEKS = 26  # weeks that tell what is usual
UNUSUAL = 3.5  # robust z-score beyond which a week is unusual (Iglewicz and Hoaglin 1993)
SAYS_SIGMA = 0.6745  # the median absolute deviation of a normal distribution in standard deviations
FEWEST = 8  # weeks of history below which nothing is called unusual


@dataclass(frozen=True)
class Shaped:
    """One figure beside its own past. Values are in the figure's unit; None where there is nothing to divide by.

    `line` are the 13 weeks up to this one, oldest first. `unusual` is the robust z-score where it is beyond 3.5.
    `outside` tells by how much the target is missed beyond the tolerance, 0 when it is not.
    """

    value: Decimal | None
    previous: Decimal | None
    year_ago: Decimal | None
    line: tuple[Decimal | None, ...]
    unusual: float | None
    outside: Decimal


def frame(weeks: Sequence[WeekTotal], indicator: Indicator, span: Span) -> pd.DataFrame:
    """Weeks (index: Mondays without gaps, up to this one) with numerator, denominator and value.

    A week without any row counts as numerator 0 (and denominator 0 where there is one): no row is no fact.
    """
    first = min([span.first, *(week.monday for week in weeks)])
    mondays = pd.Index(
        [first + timedelta(days=7 * n) for n in range((span.first - first).days // 7 + 1)], name="monday"
    )
    known = {week.monday: week for week in weeks}
    ratio = any(week.denominator is not None for week in weeks)
    rows = []
    for monday in mondays:
        week = known.get(monday, WeekTotal(monday, Decimal(0), Decimal(0) if ratio else None))
        rows.append((week.numerator, week.denominator, indicator.value(week)))
    return pd.DataFrame(rows, index=mondays, columns=["numerator", "denominator", "value"], dtype=object)


def shape(table: pd.DataFrame, indicator: Indicator, span: Span) -> Shaped:
    """This week, the week before, the same ISO week a year ago, the line, and what is out of the ordinary."""
    values = table["value"]
    value = at(values, span.first)
    return Shaped(
        value=value,
        previous=at(values, span.first - timedelta(days=7)),
        year_ago=at(values, span.first - timedelta(days=364)),
        line=tuple(none_if_missing(one) for one in values.iloc[-LINE_WEEKS:]),
        unusual=robust_z(values),
        outside=outside(value, indicator),
    )


def at(values: pd.Series, monday: date) -> Decimal | None:
    return none_if_missing(values.get(monday))


def none_if_missing(value: object) -> Decimal | None:
    return value if isinstance(value, Decimal) else None


def robust_z(values: pd.Series) -> float | None:
    """How far the last week lies from the median of the weeks before it, in median absolute deviations made
    comparable to standard deviations. None when it is within 3.5, or when there is too little to compare with."""
    numbers = pd.to_numeric(values, errors="coerce")
    before = numbers.iloc[-BASE_WEEKS - 1 : -1].dropna()
    last = numbers.iloc[-1]
    if len(before) < FEWEST or pd.isna(last):
        return None
    middle = float(before.median())
    spread = float((before - middle).abs().median())
    if spread == 0:
        return None
    score = SAYS_SIGMA * (float(last) - middle) / spread
    return round(score, 1) if abs(score) > UNUSUAL else None


def outside(value: Decimal | None, indicator: Indicator) -> Decimal:
    """By how much a value misses the target beyond the tolerance; 0 when it does not."""
    if value is None:
        return Decimal(0)
    worse = value - indicator.target if indicator.better is Better.LOW else indicator.target - value
    return max(Decimal(0), worse - indicator.tolerance)


def severity(shaped: Shaped, indicator: Indicator) -> float:
    """How bad a miss is, comparable across figures: misses in tolerances."""
    scale = indicator.tolerance or (abs(indicator.target) / 10) or Decimal(1)
    return float(shaped.outside / scale)


# --- In words


def spoken(value: Decimal | None, indicator: Indicator) -> str:
    """A value with its unit, as it stands in a sentence."""
    if value is None:
        return say("no value")
    shown = number(round(value, indicator.digits) if indicator.digits else round(value), ",")
    return f"{shown} {indicator.unit}".strip()


def shares(causes: Sequence[Cause], total: Decimal) -> list[tuple[str, int]]:
    """The largest contributors with their share of the total in whole percent."""
    if not total:
        return []
    return [(cause.name, round(100 * cause.amount / total)) for cause in causes if cause.amount > 0][:3]


def fact(indicator: Indicator, shaped: Shaped, found: Sequence[tuple[str, int]]) -> str:
    """`Overtime 6.1 %, target 4; 71 % from Store.` Only what the figures say."""
    said = {"title": indicator.title, "value": spoken(shaped.value, indicator), "target": shown_target(indicator)}
    if found:
        where, share = found[0]
        return say("{title} {value}, target {target}; {share} % from {where}.", **said, share=share, where=where)
    return say("{title} {value}, target {target}.", **said)


def best_sentence(indicator: Indicator, shaped: Shaped) -> str:
    """The figure that stands best against its target."""
    said = {"title": indicator.title, "value": spoken(shaped.value, indicator), "target": shown_target(indicator)}
    if shaped.value is not None and shaped.previous is not None and shaped.value != shaped.previous:
        previous = spoken(shaped.previous, indicator)
        return say("Best: {title} {value}, target {target}; {previous} the week before.", **said, previous=previous)
    return say("Best: {title} {value}, target {target}.", **said)


def shown_target(indicator: Indicator) -> str:
    return number(indicator.target.normalize(), "f")


def margin(shaped: Shaped, indicator: Indicator) -> float:
    """How far a figure is on the good side of its target, in tolerances."""
    if shaped.value is None:
        return float("-inf")
    good = indicator.target - shaped.value if indicator.better is Better.LOW else shaped.value - indicator.target
    return float(good / (indicator.tolerance or (abs(indicator.target) / 10) or Decimal(1)))
