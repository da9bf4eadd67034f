"""The small line of a figure on paper, drawn by matplotlib in the worker; pages draw their own SVG."""

from __future__ import annotations

import io
from collections.abc import Sequence

import matplotlib as mpl
from matplotlib.figure import Figure

INK, QUIET, ALARM = "#1b3a57", "#8a97a3", "#b3261e"
GAP = float("nan")

mpl.rcParams.update({"svg.hashsalt": "plantops"})


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
    out = io.BytesIO()
    figure.savefig(out, format="svg", metadata={"Date": None})  # without its date: the same figures, the same bytes
    return out.getvalue()


def _gaps(values: Sequence[float | None]) -> list[float]:
    return [GAP if value is None else float(value) for value in values]
