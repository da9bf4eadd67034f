"""Awards and replenishment on made problems: cost, proved bound and CPU seconds, beside what is done without."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from plantops.engines import Limits
from purchasing.optimise import award, award_check, replenish, replenish_check
from purchasing.optimise.award_model import Baseline
from purchasing.optimise.award_program import AwardProgram
from purchasing.optimise.choices import Choices
from tests.bench import awards_made, stocks_made
from tests.bench.load import Wrong
from tests.bench.tables import Asked, Row, Table

SEEDS = range(1, 6)
AWARDS = {"award 60 x 12 x 4": (60, 12, 3.0), "award 500 x 20 x 4": (500, 20, 30.0)}
PLANS = {"replenish 60 x 13": (60, 13, 15.0), "replenish 500 x 26": (500, 26, 120.0)}
QUICK = ("award 60 x 12 x 4", "replenish 60 x 13")
BREAKS = 4


def until(cpu_seconds: float) -> Callable[[], bool]:
    """Says stop once this process has used so many CPU seconds more."""
    end = time.process_time() + cpu_seconds
    return lambda: time.process_time() >= end


def measured_award(name: str, seed: int) -> Row:
    lines, suppliers, seconds = AWARDS[name]
    problem = awards_made.made(lines, suppliers, BREAKS, seed)
    found = award.solve(problem, Limits(), None, until(seconds))
    if found.costs is None or award_check.faults(problem, found.positions):
        raise Wrong(f"{name}, seed {seed}: no award that the checker allows.")
    best = found.baseline
    compact = AwardProgram(choices := Choices(problem), range(len(choices.ways)))
    outcome, _ = compact.solve(Limits(), start=False, should_stop=until(seconds))
    return [
        row(name, seed, found.outcome.objective, found.outcome.bound, found.outcome.cpu_seconds)
        | {"usual": cost_of(best), "compact": rounded(outcome.objective), "compact_cpu": round(outcome.cpu_seconds, 1)}
    ]


def measured_plan(name: str, seed: int) -> Row:
    items, weeks, seconds = PLANS[name]
    problem = stocks_made.made(items, weeks, seed)
    found = replenish.solve(problem, Limits(), None, until(seconds))
    if replenish_check.faults(problem, found.orders):
        raise Wrong(f"{name}, seed {seed}: a plan that the checker does not allow.")
    usual = None if found.minmax is None else rounded(found.minmax.total)
    return [row(name, seed, found.outcome.objective, found.outcome.bound, found.outcome.cpu_seconds) | {"usual": usual}]


def row(name: str, seed: int, cost: float | None, bound: float | None, cpu: float) -> dict[str, Any]:
    gap = None if cost is None or bound is None else round(100 * (cost - bound) / cost, 3)
    return {
        "work": name, "seed": seed, "cost": rounded(cost), "bound": rounded(bound), "gap": gap, "cpu": round(cpu, 1)
    }  # fmt: skip


def rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def cost_of(baseline: Baseline | None) -> float | None:
    return None if baseline is None or baseline.costs is None else rounded(float(baseline.costs.total))


def names(asked: Asked) -> list[str]:
    chosen = QUICK if asked.quick else (*AWARDS, *PLANS)
    seeds = SEEDS if not asked.quick else range(1, 3)
    return [f"{name}, seed {seed}" for name in chosen for seed in seeds]


@contextmanager
def opened(_asked: Asked) -> Iterator[Callable[[str], Row]]:
    def measure(name: str) -> Row:
        work, _, seed = name.rpartition(", seed ")
        return measured_award(work, int(seed)) if work in AWARDS else measured_plan(work, int(seed))

    yield measure


def notes(rows: list[dict[str, Any]]) -> str:
    worst = {
        work: max((line["gap"] for line in rows if line["work"] == work and line["gap"] is not None), default=None)
        for work in dict.fromkeys(line["work"] for line in rows)
    }
    said = "; ".join(f"{work} {gap} %" for work, gap in worst.items())
    return (
        f"Worst proved gap: {said}.\n"
        "CPU seconds of one core; the limits are 3, 30, 15 and 120. Without planning: the best of cheapest per line\n"
        "repaired, one supplier and greedy by saving; for replenishment min/max, topped up to minimum values.\n"
        "Compact: the award as one program given to HiGHS whole, with the same CPU seconds.\n"
        "The value of the goods is in every cost, and nobody can plan it away."
    )


TABLE = Table(
    name="awards",
    title="Awards and replenishment",
    columns=(
        ("work", "work"), ("seed", "seed"), ("cost", "cost"), ("bound", "bound"), ("gap", "gap %"), ("cpu", "CPU s"),
        ("usual", "without planning"), ("compact", "compact"), ("compact_cpu", "CPU s"),
    ),
    names=names,
    open=opened,
    notes=notes,
)  # fmt: skip
