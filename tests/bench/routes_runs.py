"""One engine on one day in a process of its own: what it found, driven again by the checker."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from plantops.engines import Limits
from tests.bench.routes_check import Step, Tour, checked
from tests.bench.routes_made import made
from transport.instances import Format, read
from transport.optimise.model import Plan, Problem

OURS = "plantops"
PEERS = {"PyVRP alone": "peer_pyvrp", "VROOM": "peer_vroom", "OR-Tools": "peer_ortools"}
ENGINES = (OURS, *PEERS)


@dataclass(frozen=True)
class Case:
    """A day: a file, the day or number of customers in it, and the best cost that anybody has published."""

    family: str
    name: str
    path: Path | None
    format: Format | None = None
    day: str | None = None
    customers: int | None = None
    best: float | None = None
    seed: int = 1

    def problem(self) -> Problem:
        if self.path is None:
            return made(self.seed)
        return read(self.path, self.format, self.day, self.customers)


@dataclass(frozen=True)
class Ran:
    """What an engine said. `cost` is None when it cannot express the day or found nothing that holds."""

    cost: float | None
    served: int = 0
    orders: int = 0
    bound: float | None = None
    cpu_seconds: float = 0.0
    wrong: str = ""


def run(engine: str, case: Case, seconds: float, seed: int) -> Ran:
    """In a fresh process, so that no engine finds another's memory or clock."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as child:
        return Ran(**child.submit(_run, engine, case, seconds, seed).result())


def _run(engine: str, case: Case, seconds: float, seed: int) -> dict[str, Any]:
    problem = case.problem()
    if engine == OURS:
        return asdict(_ours(problem, seconds, seed))
    module = importlib.import_module(f"tests.bench.{PEERS[engine]}")
    lacks: Callable[[Problem], str | None] = getattr(module, "why_not", lambda _: None)
    if missing := lacks(problem):
        return asdict(Ran(None, orders=len(problem.orders), wrong=f"knows no {missing}"))
    began = time.process_time()
    tours = module.solve(problem, seconds, seed)
    return asdict(_judged(problem, tours, time.process_time() - began, None))


def _ours(problem: Problem, seconds: float, seed: int) -> Ran:
    solve: Callable[[Problem, Limits], Plan] = importlib.import_module("transport.optimise.routes").solve
    plan = solve(problem, Limits(seconds=seconds, seed=seed, cpu=True))
    tours: list[Tour] = [(route.vehicle, [_step(v.order, v.kind.value) for v in route.visits]) for route in plan.routes]
    return _judged(problem, tours, plan.outcome.cpu_seconds, plan.outcome.bound)


def _step(order: str | None, kind: str) -> Step:
    return None if order is None else (order, kind)


def _judged(problem: Problem, tours: list[Tour], cpu_seconds: float, bound: float | None) -> Ran:
    found = checked(problem, tours)
    held = not found.broken and bool(tours)
    return Ran(
        cost=found.cost if held else None,
        served=found.served,
        orders=len(problem.orders),
        bound=bound,
        cpu_seconds=cpu_seconds,
        wrong="; ".join(found.broken[:2]) if found.broken else ("" if tours else "no plan"),
    )
