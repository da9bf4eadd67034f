"""Charts for paper and mail, drawn by matplotlib in the worker; pages draw their own SVG."""

from __future__ import annotations

import io
from collections.abc import Sequence
from enum import StrEnum

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from plantops.wording import say

INK, QUIET, ALARM, GROUND = "#1b3a57", "#8a97a3", "#b3261e", "#ffffff"
INCHES_WIDE, INCHES_HIGH = 6.4, 2.4
MAIL_DOTS = 144
GAP = float("nan")

mpl.rcParams.update({"svg.fonttype": "path", "svg.hashsalt": "plantops", "font.size": 8, "axes.linewidth": 0.6})


class Form(StrEnum):
    """SVG for PDF, PNG for mail."""

    SVG = "svg"
    PNG = "png"


def line(
    labels: Sequence[str],
    values: Sequence[float | None],
    *,
    unit: str,
    target: float | None = None,
    year_ago: Sequence[float | None] = (),
    form: Form = Form.SVG,
) -> bytes:
    """One figure over time: the line, its target dashed, the year before in grey. None is a gap in the line."""
    figure, axes = _frame(INCHES_WIDE, INCHES_HIGH)
    places = range(len(labels))
    if year_ago:
        axes.plot(places, _gaps(year_ago), color=QUIET, linewidth=1, label=say("year before"))
    if target is not None:
        axes.axhline(target, color=QUIET, linewidth=1, linestyle=(0, (4, 3)), label=say("target"))
    axes.plot(places, _gaps(values), color=INK, linewidth=1.8, marker="o", markersize=2.5, label=say("this year"))
    step = max(1, len(labels) // 13)
    axes.set_xticks([place for place in places if place % step == 0], [labels[n] for n in places if n % step == 0])
    axes.set_ylabel(unit)
    if year_ago or target is not None:
        axes.legend(frameon=False, fontsize=7, loc="upper left", ncols=3)
    return _drawn(figure, form)


def bars(names: Sequence[str], values: Sequence[float], *, unit: str, form: Form = Form.SVG) -> bytes:
    """The largest contributors, longest on top, each with its number; negative ones to the left."""
    figure, axes = _frame(INCHES_WIDE, 0.35 + 0.24 * max(len(names), 1))
    drawn = axes.barh(list(names), list(values), color=[ALARM if value < 0 else INK for value in values], height=0.7)
    axes.bar_label(drawn, fmt="{:,.4g}", padding=3, fontsize=7)
    axes.invert_yaxis()
    axes.set_xlabel(unit)
    axes.margins(x=0.12)
    return _drawn(figure, form)


def spark(values: Sequence[float | None], *, target: float | None = None, bad: bool = False) -> bytes:
    """The 13-week line of a row on the week's page: no axes, the last point marked, dashed target. SVG."""
    figure = Figure(figsize=(1.3, 0.28), facecolor="none")
    axes = figure.add_axes((0.02, 0.08, 0.96, 0.84))
    axes.set_axis_off()
    if target is not None:
        axes.axhline(target, color=QUIET, linewidth=0.6, linestyle=(0, (3, 2)))
    axes.plot(range(len(values)), _gaps(values), color=INK, linewidth=1.1)
    if values and values[-1] is not None:
        axes.plot(len(values) - 1, values[-1], "o", color=ALARM if bad else INK, markersize=3)
    axes.margins(x=0.03, y=0.15)
    return _drawn(figure, Form.SVG)


def _gaps(values: Sequence[float | None]) -> list[float]:
    return [GAP if value is None else float(value) for value in values]


def _frame(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), facecolor=GROUND, layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="both", color="#e3e7ea", linewidth=0.5)
    axes.set_axisbelow(True)
    axes.tick_params(length=2, width=0.6)
    return figure, axes


def _drawn(figure: Figure, form: Form) -> bytes:
    out = io.BytesIO()
    # Without its date, the same figures give the same bytes.
    metadata = {"Date": None} if form is Form.SVG else {"Software": None}
    figure.savefig(out, format=str(form), dpi=MAIL_DOTS, metadata=metadata)
    return out.getvalue()
