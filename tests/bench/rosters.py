"""Rosters beside a compact model in PuLP and HiGHS and beside CP-SAT, each with the same processor time."""

from __future__ import annotations

import csv
import importlib
import importlib.metadata
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from housekeeping.instances import read
from housekeeping.optimise.model import Cells, Problem
from plantops.engines import Limits, ProgressReport
from tests.bench.rosters_check import broken, penalty
from tests.bench.rosters_made import drawn_anew, plant_half_hours, plant_month
from tests.bench.tables import ROOT, Asked, Row, Table

OWN = ROOT / "tests" / "data" / "housekeeping"
OURS, COMPACT, CP_SAT = "plantops", "PuLP + HiGHS", "CP-SAT, 8 workers"
PEERS = (COMPACT, CP_SAT)
ENGINES = (OURS, *PEERS)
LONG = {"8": 300.0, "16": 300.0, "18": 300.0}
DRAWN = {"8": 36, "12": 120, "14": 45, "18": 40}  # people drawn from those of a published roster
USUAL, PLANT, LARGE, QUICK, SEED = 60.0, 120.0, 600.0, 5.0, 1


@dataclass(frozen=True)
class Case:
    """A roster to be made: a file, people drawn from a file's, or a plant that is made up from a seed."""

    family: str
    name: str
    seconds: float
    path: Path | None = None
    best: int | None = None
    count: int = 0
    seed: int = 0

    def problem(self) -> Problem:
        if self.path is not None:
            return drawn_anew(read(self.path), self.count, self.seed) if self.count else read(self.path)
        return (
            plant_half_hours(self.seed, self.count)
            if self.family == "half hours"
            else plant_month(self.seed, self.count)
        )


@dataclass(frozen=True)
class Ran:
    """What an engine found: `penalty` None when no roster held, `first` the seconds until its first one."""

    penalty: int | None
    bound: float | None
    cpu_seconds: float
    first: float | None = None
    wrong: str = ""


def cases(asked: Asked) -> list[Case]:
    """The files of the project, or those of `--instances`, then the made-up plants; a quick round takes some."""
    folder = asked.instances or OWN
    with (folder / "best_known.csv").open(encoding="utf-8") as file:
        best = {row["instance"]: int(row["best"]) for row in csv.DictReader(file)}
    paths = {path.stem.removeprefix("Instance"): path for path in folder.glob("Instance*.txt")}
    names = sorted(paths, key=lambda name: (len(name), name))
    found = [Case("Curtois and Qu", n, LONG.get(n, USUAL), paths[n], best.get(n)) for n in names]
    plants = [
        Case("plant", f"{count} people, seed {seed}", PLANT, None, None, count, seed)
        for count in (40, 60)
        for seed in (1, 2)
    ]
    anew = [
        Case("drawn anew", f"{count} people like {n}, seed 1", USUAL, paths[n], None, count, 1)
        for n, count in DRAWN.items()
        if n in paths
    ]
    large = [Case("half hours", "250 people, seed 1", LARGE, None, None, 250, 1)]
    return [*found[:3], *plants[:1]] if asked.quick else [*found, *anew, *plants, *large]


# --- One engine on one roster, in a process of its own


def run(engine: str, case: Case, seconds: float) -> Ran:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as child:
        return child.submit(_run, engine, case, seconds).result()


def _run(engine: str, case: Case, seconds: float) -> Ran:
    problem = case.problem()
    began = time.process_time()
    cells, bound, first = answer(engine, problem, seconds)
    spent = time.process_time() - began
    faults = broken(problem, cells) if cells else ["no roster"]
    return Ran(None if faults else penalty(problem, cells), bound, spent, first, "; ".join(faults[:2]))


Answer = tuple[Cells, float | None, float | None]


def answer(engine: str, problem: Problem, seconds: float) -> Answer:
    """Cells, bound and the seconds until the first roster. In a process with one engine: their libraries quarrel."""
    return {OURS: _ours, COMPACT: _compact, CP_SAT: _cp_sat}[engine](problem, seconds)


def _ours(problem: Problem, seconds: float) -> Answer:
    news: list[float] = []

    def heard(report: ProgressReport) -> None:
        news.append(report.seconds)

    solve: Any = importlib.import_module("housekeeping.optimise.roster").solve
    plan = solve(problem, Limits(seconds=seconds, seed=SEED, cpu=True), heard)
    return plan.cells, plan.outcome.bound, news[0] if news else None


def _compact(problem: Problem, seconds: float) -> Answer:
    arrays: Any = importlib.import_module("housekeeping.optimise.arrays").compile_problem(problem)
    model: Any = importlib.import_module("housekeeping.optimise.compact").CompactRoster(arrays, arrays.possible)
    outcome, lines = model.solve(Limits(seconds=seconds, seed=SEED, cpu=True))
    return (arrays.cells(lines) if lines else {}), outcome.bound, None


def _cp_sat(problem: Problem, seconds: float) -> Answer:
    found: tuple[Cells, float | None] = importlib.import_module("tests.bench.peer_cpsat").solve(problem, seconds, SEED)
    return *found, None


# --- The table


def names(asked: Asked) -> list[str]:
    """Each engine on each roster, ours first: a run that is interrupted has the most of them."""
    return [f"{engine}: {case.family}: {case.name}" for engine in ENGINES for case in cases(asked)]


@contextmanager
def opened(asked: Asked) -> Iterator[Callable[[str], Row]]:
    known = {f"{engine}: {case.family}: {case.name}": (engine, case) for engine in ENGINES for case in cases(asked)}

    def measure(name: str) -> Row:
        engine, case = known[name]
        seconds = QUICK if asked.quick else case.seconds
        return [line(case, seconds, engine, run(engine, case, seconds))]

    yield measure


def line(case: Case, seconds: float, engine: str, ran: Ran) -> dict[str, Any]:
    """What one engine found on one roster."""
    row: dict[str, Any] = {"family": case.family, "roster": case.name, "seconds": seconds, "best": case.best}
    row[engine] = ran.wrong if ran.penalty is None else ran.penalty
    row[f"{engine} bound"], row[f"{engine} cpu"] = ran.bound, round(ran.cpu_seconds, 1)
    if engine == OURS:
        row["first"] = None if ran.first is None else round(ran.first, 1)
        if ran.penalty is not None:
            row["gap"] = _over(ran.penalty, ran.bound)
            row["over"] = _over(ran.penalty, case.best)
    return row


def joined(lines: Row) -> Row:
    """One line per roster, with what each engine found that was measured on it."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for one in lines:
        key = one["family"], one["roster"]
        found[key] = {**found.get(key, {}), **one}
    return list(found.values())


def _over(found: int, known: float | None) -> float | None:
    """How far `found` is above `known`, in per cent of `found`."""
    return None if known is None else round(100 * (found - known) / max(found, 1e-9), 2)


def notes(rows: Row) -> str:
    """Per family: how many are proved, mean and worst gap, and where a peer found a better roster."""
    lines = []
    for family in dict.fromkeys(row["family"] for row in rows):
        own = [row for row in rows if row["family"] == family]
        gaps = [row["gap"] for row in own if row.get("gap") is not None]
        text = f"- {family}: {sum(gap == 0 for gap in gaps)} of {len(own)} proved"
        if gaps:
            text += f", gap {sum(gaps) / len(gaps):.2f} % mean, {max(gaps):.2f} % worst"
        over = [row["over"] for row in own if row.get("over") is not None]
        if over:
            text += f"; over the best known {sum(over) / len(over):.2f} % mean, {max(over):.2f} % worst"
        for peer in PEERS:
            better = [
                r["roster"]
                for r in own
                if isinstance(r.get(peer), int) and (not isinstance(r.get(OURS), int) or r[peer] < r[OURS])
            ]
            measured = sum(peer in row for row in own)
            text += f"; {peer} measured on {measured}, better on {', '.join(better) or 'none'}"
        lines.append(text + ".")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("pulp", "highspy", "ortools"))
    lines.append(
        f"\nSeed {SEED}, CPU seconds of one core. Every roster was read again by a checker of its own. {versions}."
    )
    return "\n".join(lines)


TABLE = Table(
    name="rosters",
    title="Rosters",
    columns=(
        ("family", "family"), ("roster", "roster"), ("seconds", "CPU s"), ("best", "best known"),
        (OURS, OURS), (f"{OURS} bound", "bound"), ("gap", "gap %"), ("over", "over best %"),
        (f"{OURS} cpu", "CPU s used"), ("first", "first roster s"), *((peer, peer) for peer in PEERS),
    ),
    names=names,
    open=opened,
    notes=notes,
    joined=joined,
)  # fmt: skip
