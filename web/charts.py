"""Charts as geometry: numbers in, points and labels out; the macro draws them, a table below says them again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from plantops import wording
from plantops.wording import plural, say

Value = Decimal | float | int | None

WIDTH = 520
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 10, 26
LABEL_WIDTH = 150
BAR_HEIGHT = 18


@dataclass(frozen=True)
class Series:
    """One row of numbers with a name; None is a gap. The tone (s1 to s8, s-ok, s-bad ...) is given or counted."""

    name: str
    values: Sequence[Value]
    tone: str = ""


@dataclass(frozen=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True)
class Line:
    name: str
    tone: str
    dash: str
    path: str
    dots: tuple[tuple[float, float, str], ...]


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    tone: str
    label: str
    """What the bar says when it is pointed at or read out."""
    shown: str
    """The number beside the bar; empty where there is no room."""


@dataclass(frozen=True)
class Chart:
    """A drawn chart and the table that says the same."""

    title: str
    kind: str
    width: int
    height: int
    left: int
    right: int
    top: int
    bottom: int
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]
    bars: tuple[Bar, ...]
    target_at: float | None
    target_label: str
    legend: tuple[tuple[str, str, str], ...]
    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Spark:
    """A line of the size of a word."""

    path: str
    last_x: float
    last_y: float
    text: str


def number(value: Value, unit: str = "", least: int = 0) -> str:
    """A number for a label: at most three digits that matter after the point, or `least` where values lie close."""
    if value is None:
        return "–"
    exact = float(value)
    digits = 0 if abs(exact) >= 100 or exact == int(exact) else 1 if abs(exact) >= 10 else 2
    shown = f"{exact:.{max(digits, least)}f}"
    kept = len(shown.rstrip("0").partition(".")[2])
    return f"{wording.number(exact, f',.{kept}f')} {unit}".strip()


def _decimals(steps: Sequence[float]) -> int:
    """How many digits after the point the steps of an axis have."""
    return next(
        n for n in range(11) if n == 10 or all(math.isclose(step, round(step, n), abs_tol=1e-10) for step in steps)
    )


def ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Round numbers (1, 2, 2.5 or 5 times a power of ten) that enclose low and high."""
    if high <= low:
        high = low + (abs(low) or 1.0)
    raw = (high - low) / max(wanted - 1, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= raw * 0.999)
    first = math.floor(low / step) * step
    count = math.ceil((high - first) / step - 1e-9) + 1
    return [round(first + n * step, 10) for n in range(count)]


def _every(labels: Sequence[str], room: float, width_of_one: float = 7.5) -> int:
    """Show each n-th label, so that none lies on another."""
    longest = max((len(label) for label in labels), default=1) * width_of_one + 12
    fit = max(1, int(room // longest))
    return max(1, math.ceil(len(labels) / fit))


def _tone(series: Series, place: int) -> str:
    return series.tone or f"s{place % 8 + 1}"


def _table(
    labels: Sequence[str], series: Sequence[Series], unit: str, least: int = 0
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((label, tuple(number(one.values[n], unit, least) for one in series)) for n, label in enumerate(labels))


def _check(labels: Sequence[str], series: Sequence[Series]) -> None:
    for one in series:
        if len(one.values) != len(labels):
            raise ValueError(f"{one.name} has {len(one.values)} values for {len(labels)} labels.")


def line_chart(
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    unit: str = "",
    target: Value = None,
    from_zero: bool = True,
    height: int = 220,
) -> Chart:
    """Values over time: one line per series, a dashed line for the target, gaps where nothing is known."""
    _check(labels, series)
    known = [float(v) for one in series for v in one.values if v is not None] + ([float(target)] if target else [])
    y_values = ticks(min([0.0, *known] if from_zero else known or [0.0]), max(known or [1.0]))
    low, high, least = y_values[0], y_values[-1], _decimals(y_values)
    room_x, room_y = WIDTH - LEFT - RIGHT, height - TOP - BOTTOM

    def x(place: int) -> float:
        return round(LEFT + room_x * (place / max(len(labels) - 1, 1)), 1)

    def y(value: float) -> float:
        return round(TOP + room_y * (1 - (value - low) / (high - low)), 1)

    lines = []
    for place, one in enumerate(series):
        points = [
            (x(n), y(float(v)), number(v, unit, least)) if v is not None else None for n, v in enumerate(one.values)
        ]
        dots = tuple(
            (px, py, f"{labels[n]}: {text}")
            for n, point in enumerate(points)
            if point and (len(labels) <= 26)
            for px, py, text in [point]
        )
        dash = f"dash-{place + 1}" if 0 < place < 4 else ""
        lines.append(Line(one.name, _tone(one, place), dash, _path(points), dots))
    step = _every(labels, room_x)
    return Chart(
        title, "line", WIDTH, height, LEFT, RIGHT, TOP, BOTTOM,
        y_ticks=tuple(Tick(y(v), number(v, least=least)) for v in y_values),
        x_ticks=tuple(Tick(x(n), label) for n, label in enumerate(labels) if n % step == 0),
        lines=tuple(lines), bars=(),
        target_at=y(float(target)) if target is not None else None,
        target_label=say("Target {target}", target=number(target, unit)) if target is not None else "",
        legend=tuple((line.name, line.tone, line.dash) for line in lines) if len(series) > 1 else (),
        heads=tuple(one.name for one in series), rows=_table(labels, series, unit, least),
    )  # fmt: skip


def _path(points: Sequence[tuple[float, float, str] | None]) -> str:
    """An SVG path that lifts the pen at gaps."""
    parts, down = [], False
    for point in points:
        if point is None:
            down = False
            continue
        parts.append(f"{'L' if down else 'M'}{point[0]:g} {point[1]:g}")
        down = True
    return "".join(parts)


def column_chart(
    title: str,
    labels: Sequence[str],
    series: Sequence[Series],
    *,
    unit: str = "",
    stacked: bool = False,
    height: int = 220,
) -> Chart:
    """Upright bars, side by side or stacked: few labels, often weeks or months."""
    _check(labels, series)
    totals = [
        [float(one.values[n] or 0) for one in series] for n in range(len(labels))
    ]  # fmt: skip
    tops = [sum(values) for values in totals] if stacked else [v for values in totals for v in values]
    y_values = ticks(min([0.0, *tops]), max([*tops, 0.0]) or 1.0)
    low, high = y_values[0], y_values[-1]
    room_x, room_y = WIDTH - LEFT - RIGHT, height - TOP - BOTTOM
    slot = room_x / max(len(labels), 1)
    wide = slot * 0.72 / (1 if stacked else max(len(series), 1))

    def y(value: float) -> float:
        return round(TOP + room_y * (1 - (value - low) / (high - low)), 1)

    bars = []
    for n, label in enumerate(labels):
        base = 0.0
        for place, one in enumerate(series):
            value = totals[n][place]
            from_value, to_value = (base, base + value) if stacked else (0.0, value)
            x = LEFT + slot * n + slot * 0.14 + (0 if stacked else wide * place)
            top, bottom = y(max(from_value, to_value)), y(min(from_value, to_value))
            said = f"{label}, {one.name}: {number(one.values[n], unit)}"
            bars.append(Bar(round(x, 1), top, round(wide, 1), round(bottom - top, 1), _tone(one, place), said, ""))
            base = to_value
    step = _every(labels, room_x)
    return Chart(
        title, "column", WIDTH, height, LEFT, RIGHT, TOP, BOTTOM,
        y_ticks=tuple(Tick(y(v), number(v, least=_decimals(y_values))) for v in y_values),
        x_ticks=tuple(Tick(round(LEFT + slot * (n + 0.5), 1), labels[n]) for n in range(0, len(labels), step)),
        lines=(), bars=tuple(bars), target_at=None, target_label="",
        legend=tuple((one.name, _tone(one, n), "") for n, one in enumerate(series)) if len(series) > 1 else (),
        heads=tuple(one.name for one in series), rows=_table(labels, series, unit),
    )  # fmt: skip


def bar_chart(title: str, labels: Sequence[str], values: Sequence[Value], *, unit: str = "", tone: str = "s1") -> Chart:
    """Lying bars, longest label first to read: a ranking of suppliers, causes, zones."""
    series = Series(title, values, tone)
    _check(labels, [series])
    largest = max((float(v) for v in values if v is not None), default=0.0) or 1.0
    room = WIDTH - LABEL_WIDTH - 80
    height = TOP + len(labels) * (BAR_HEIGHT + 8) + 4
    bars = tuple(
        Bar(
            LABEL_WIDTH,
            TOP + n * (BAR_HEIGHT + 8),
            round(max(float(value or 0), 0.0) / largest * room, 1),
            BAR_HEIGHT,
            tone,
            f"{labels[n]}: {number(value, unit)}",
            number(value, unit),
        )
        for n, value in enumerate(values)
    )
    return Chart(
        title, "bar", WIDTH, height, LABEL_WIDTH, RIGHT, TOP, 4,
        y_ticks=tuple(Tick(TOP + n * (BAR_HEIGHT + 8) + 13, _short(label)) for n, label in enumerate(labels)),
        x_ticks=(), lines=(), bars=bars, target_at=None, target_label="", legend=(),
        heads=(title,), rows=_table(labels, [series], unit),
    )  # fmt: skip


def _short(label: str, longest: int = 22) -> str:
    return label if len(label) <= longest else label[: longest - 1] + "…"


def sparkline(values: Sequence[Value], unit: str = "") -> Spark:
    """A line in 112 by 24; what it says in words is its first, lowest, highest and last value."""
    known = [(n, float(v)) for n, v in enumerate(values) if v is not None]
    if not known:
        return Spark("", 0, 12, say("no values"))
    low, high = min(v for _, v in known), max(v for _, v in known)
    spread = (high - low) or 1.0

    def at(n: int, value: float) -> tuple[float, float, str]:
        return round(2 + 108 * n / max(len(values) - 1, 1), 1), round(21 - 18 * (value - low) / spread, 1), ""

    points = [at(n, float(v)) if v is not None else None for n, v in enumerate(values)]
    last_x, last_y, _ = at(*known[-1])
    said = plural(
        "{n} value, from {first} to {last}, lowest {low}, highest {high}",
        "{n} values, from {first} to {last}, lowest {low}, highest {high}",
        len(values),
        first=number(known[0][1], unit),
        last=number(known[-1][1], unit),
        low=number(low, unit),
        high=number(high, unit),
    )
    return Spark(_path(points), last_x, last_y, said)
