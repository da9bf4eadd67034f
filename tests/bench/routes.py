"""Plans of delivery days beside PyVRP alone, VROOM and OR-Tools, each with the same processor time."""

from __future__ import annotations

import importlib.metadata
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.routes_runs import ENGINES, OURS, Case, Ran, run
from tests.bench.tables import ROOT, Asked, Row, Table
from transport.instances import Format

OWN = ROOT / "tests" / "data" / "transport"
BIH = ROOT / "transport" / "demo" / "data" / "bih"
DAYS = ("2946091", "2922001", "2939484", "2604001")
MADE = range(1, 6)
SECONDS = {"solomon 25": 5.0, "solomon 50": 15.0, "solomon 50, type 2": 60.0, "bih": 120.0}
USUAL, QUICK, SEED = 60.0, 5.0, 1
FOLDERS = {
    "lilim": ("lilim100", "lilim"),
    "homberger": ("homberger200",),
    "x": ("x",),
    "hfvrp": ("hfvrp",),
    "sdvrptw": ("sdvrptw",),
    "mtvrptwr": ("mtvrptwr",),
}


def cases(asked: Asked) -> list[Case]:
    """The files of the project, or those of `--instances`; a quick round takes the first of each family."""
    found = [*_solomon(asked), *_files(asked)]
    found += [Case("bih", day, BIH, Format.BIH, day) for day in DAYS]
    found += [Case("made", f"made {seed}", None, seed=seed) for seed in MADE]
    if not asked.quick:
        return found
    first: dict[str, Case] = {}
    for case in found:
        first.setdefault(case.family, case)
    return list(first.values())


def _solomon(asked: Asked) -> Iterator[Case]:
    folder = asked.instances / "solomon" if asked.instances else OWN / "solomon"
    best = json.loads((OWN / "solomon" / "best_known_x10.json").read_text())
    for customers in (25, 50, 100):
        for path in sorted(folder.glob("*.txt")):
            known = best.get(f"{path.stem}.{customers}", {}).get("cost_x10")
            two = ", type 2" if re.search(r"[A-Z]2", path.stem) else ""
            family = f"solomon {customers}" + (two if customers > 25 else "")
            name = f"{path.stem}.{customers}"
            yield Case(family, name, path, Format.SOLOMON, None, customers, known and known / 10)


def _files(asked: Asked) -> Iterator[Case]:
    if asked.instances is None:
        names = {"PR01": "sdvrptw", "R203R0.5": "mtvrptwr", "X-n101-k25": "x", "X110-HD": "hfvrp"}
        for path in sorted((OWN / "vrplib").glob("*.vrp")):
            yield Case(names[path.stem], path.stem, path, best=_published(path))
        for path in sorted((OWN / "lilim").glob("*.txt")):
            yield Case("lilim", path.stem, path, Format.LILIM)
        return
    for family, folders in FOLDERS.items():
        for folder in folders:
            for path in sorted((asked.instances / folder).glob("*.[vt][rx][pt]")):
                kind = Format.LILIM if family == "lilim" else Format.SOLOMON if path.suffix == ".txt" else None
                yield Case(family, path.stem, path, kind, best=_published(path))


def _published(path: Path) -> float | None:
    solution = path.with_suffix(".sol")
    if not solution.is_file():
        return None
    cost = re.search(r"^Cost:?\s+([\d.]+)", solution.read_text(), re.MULTILINE)
    if cost is None:
        return None
    return float(cost[1]) * (100 if "." in cost[1] else 1)  # the mixed fleets' files count in hundredths


def seconds_of(case: Case, asked: Asked) -> float:
    if asked.quick:
        return QUICK
    return SECONDS.get(case.family, USUAL)


# --- One row per day


def names(asked: Asked) -> list[str]:
    return [f"{case.family}: {case.name}" for case in cases(asked)]


@contextmanager
def opened(asked: Asked) -> Iterator[Callable[[str], Row]]:
    known = {f"{case.family}: {case.name}": case for case in cases(asked)}

    def measure(name: str) -> Row:
        case = known[name]
        seconds = seconds_of(case, asked)
        return [line(case, seconds, {engine: run(engine, case, seconds, SEED) for engine in ENGINES})]

    yield measure


def line(case: Case, seconds: float, ran: dict[str, Ran]) -> dict[str, Any]:
    """Costs of all; `worse` is by how much ours is dearer than PyVRP alone, in per cent."""
    ours, alone = ran[OURS], ran["PyVRP alone"]
    row: dict[str, Any] = {"family": case.family, "day": case.name, "orders": ours.orders, "seconds": seconds}
    for engine, one in ran.items():
        row[engine] = _cost(one)
        if one.wrong:
            row[f"{engine} wrong"] = one.wrong
    row["bound"], row["gap_percent"] = ours.bound, None
    if ours.bound is not None and ours.cost:
        row["gap_percent"] = round(100 * (ours.cost - ours.bound) / ours.cost, 2)
    row["worse_percent"] = _over(ours, alone.cost) if alone.served == ours.served else None
    row["over_best_percent"] = _over(ours, case.best)
    row["cpu_seconds"] = round(ours.cpu_seconds, 1)
    return row


def _cost(one: Ran) -> float | str | None:
    if one.cost is None:
        return one.wrong or None
    short = "" if one.served == one.orders else f" ({one.orders - one.served} left out)"
    return f"{one.cost:.2f}{short}"


def _over(one: Ran, other: float | None) -> float | None:
    return None if one.cost is None or not other else round(100 * (one.cost / other - 1), 2)


def notes(rows: Row) -> str:
    """Per family: how many are proved, the mean and worst gap, and where ours is dearer than PyVRP alone."""
    lines = []
    for family in dict.fromkeys(row["family"] for row in rows):
        own = [row for row in rows if row["family"] == family]
        gaps = [row["gap_percent"] for row in own if row["gap_percent"] is not None]
        worse = [row["worse_percent"] for row in own if row["worse_percent"] is not None]
        text = f"- {family}: {sum(gap < 0.005 for gap in gaps)} of {len(own)} proved"
        if gaps:
            text += f", gap {sum(gaps) / len(gaps):.2f} % mean, {max(gaps):.2f} % worst over {len(gaps)} with a bound"
        if worse:
            text += f"; against PyVRP alone {sum(worse) / len(worse):+.2f} % mean, {max(worse):+.2f} % worst"
        lines.append(text + ".")
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("pyvrp", "pyvroom", "ortools", "highspy")
    )
    lines.append(
        f"\nOne core, seed {SEED}, CPU seconds as given. Every plan was driven again by a checker. {versions}."
    )
    return "\n".join(lines)


TABLE = Table(
    name="routes",
    title="Plans of delivery days",
    columns=(
        ("family", "family"), ("day", "day"), ("orders", "orders"), ("seconds", "CPU s"),
        *((engine, engine) for engine in ENGINES), ("bound", "bound"), ("gap_percent", "gap %"),
        ("worse_percent", "dearer than PyVRP alone %"), ("over_best_percent", "over best known %"),
        ("cpu_seconds", "CPU s used"),
    ),
    names=names,
    open=opened,
    notes=notes,
)  # fmt: skip
