"""Ask the solver a question written in PuLP and get an answer that claims no more than was proved."""

import contextlib
from collections.abc import Sequence

import highspy
import numpy as np
import pulp
from numpy.typing import NDArray

from plantops.engines import (
    EngineFailed,
    Limits,
    Outcome,
    Progress,
    ProgressReport,
    ShouldStop,
    Status,
    Stopwatch,
    in_child,
    relative_gap,
)

__all__ = [
    "EngineFailed",
    "Limits",
    "Master",
    "Outcome",
    "Progress",
    "ProgressReport",
    "Session",
    "ShouldStop",
    "Status",
    "Stopwatch",
    "in_child",
    "relative_gap",
    "solve",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
PROVED = 1e-6  # HiGHS works to 1e-6 (feasibility and mip_abs_gap): closer than this is equal
REPORT_EVERY = 0.5
ASK_EVERY = 0.02
DUAL_SIMPLEX, PRIMAL_SIMPLEX = 1, 4  # values of the HiGHS option simplex_strategy
Model = highspy.HighsModelStatus
Call = highspy.cb.HighsCallbackType
BROKEN = {
    Model.kLoadError: "could not load the model",
    Model.kModelError: "found the model malformed (a bound or coefficient is not a number, or a bound is crossed)",
    Model.kPresolveError: "failed while presolving",
    Model.kSolveError: "failed while solving",
    Model.kPostsolveError: "failed after solving",
    Model.kMemoryLimit: "ran out of memory",
}


def solve(
    problem: pulp.LpProblem,
    limits: Limits,
    *,
    start: bool = False,
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> Outcome:
    """Solve a PuLP problem with HiGHS and fill `varValue` of its variables (None when there is no solution).

    `objective` and `bound` contain the objective's constant and have the problem's own sense. `optimal` means
    proved to 1e-6; a limit, a cancel or `limits.gap` with a solution in hand gives `feasible`. `iterations`
    counts branch-and-bound nodes for integer problems and simplex iterations else. With `start`, present
    values of the variables (`setInitialValue`) are the first incumbent; those that are None are completed by
    the solver. `should_stop` is asked every 20 ms and keeps the best solution so far.
    Raises EngineFailed when HiGHS itself fails and ValueError for what HiGHS cannot express (SOS).
    """
    watch = Stopwatch(limits.seconds, limits.cpu)  # telling HiGHS the problem takes of the same seconds
    session = Session(problem, integer=True)
    if start:
        session.offer(np.array([np.nan if v.varValue is None else v.varValue for v in session.variables]))
    return session.run(watch.rest(limits), progress, should_stop)


class _Ear:
    """Hears HiGHS while it works: passes news on, passes a cancel in, and keeps an exception for later."""

    def __init__(
        self, sign: float, watch: Stopwatch, progress: Progress | None, should_stop: ShouldStop | None
    ) -> None:
        self.sign, self.watch, self.progress, self.should_stop = sign, watch, progress, should_stop
        self.stopped = False
        self.error: Exception | None = None
        self._asked = self._told = -1.0
        self._best = float("inf")

    def hear(self, kind: Call, _message: str, out: object, back: object, _: object) -> None:
        try:
            if kind in (Call.kCallbackMipLogging, Call.kCallbackMipImprovingSolution):
                self._tell(out)
            elif self._wants_stop():
                back.user_interrupt = True  # type: ignore[attr-defined]
        except Exception as error:  # an exception must not cross the C++ frames of HiGHS
            self.error = error
            self.stopped = True

    def _wants_stop(self) -> bool:
        now = self.watch.seconds
        if not self.stopped and now - self._asked >= ASK_EVERY:
            self._asked = now
            self.stopped = self.watch.over or (self.should_stop is not None and self.should_stop())
        return self.stopped

    def _tell(self, out: object) -> None:
        if self.progress is None:
            return
        primal, dual = out.mip_primal_bound, out.mip_dual_bound  # type: ignore[attr-defined]
        now = self.watch.seconds
        if primal >= self._best - PROVED and now - self._told < REPORT_EVERY:
            return
        self._told, self._best = now, min(primal, self._best)
        incumbent = self.sign * primal if abs(primal) < highspy.kHighsInf else None
        bound = self.sign * dual if abs(dual) < highspy.kHighsInf else None
        self.progress(ProgressReport(incumbent, bound, relative_gap(incumbent, bound), "branch and bound", now))


class Session(pulp.HiGHS):  # type: ignore[misc]
    """One HiGHS model under a PuLP problem, built in bulk (PuLP's own adds column by column).

    `variables` is the order of columns, `rows` the order of constraints.
    """

    def __init__(self, problem: pulp.LpProblem, *, integer: bool) -> None:
        super().__init__(msg=False, mip=integer)
        if problem.sos1 or problem.sos2:
            raise ValueError("HiGHS knows no special ordered sets; write them with binary variables.")
        self.problem = problem
        self.sign = -1.0 if problem.sense == pulp.LpMaximize else 1.0
        self.variables: list[pulp.LpVariable] = list(problem.variables())
        self.rows: list[pulp.LpConstraint] = list(problem.constraints())
        self.highs = highspy.Highs()  # type: ignore[no-untyped-call]
        self.highs.setOptionValue("output_flag", False)
        self._column = {variable: at for at, variable in enumerate(self.variables)}
        self._add_initial()

    def _add_initial(self) -> None:
        objective = self.problem.objective or pulp.LpAffineExpression()
        n, none = len(self.variables), np.zeros(0)
        cost = np.array([self.sign * objective.get(v, 0.0) for v in self.variables], dtype=float)
        low, up = _bounds(self.variables)
        empty = np.zeros(0, np.int32)
        if n:
            self._check(self.highs.addCols(n, cost, low, up, 0, np.zeros(n, np.int32), empty, none))
        self._check(self.highs.changeObjectiveOffset(self.sign * float(objective.constant)))
        if self.mip:
            self._make_integer(range(n))
        self.push_rows(self.rows)

    def push_rows(self, rows: Sequence[pulp.LpConstraint]) -> None:
        """Send constraints, whose variables are all known, to HiGHS."""
        if not rows:
            return
        low = np.array([-highspy.kHighsInf if r.getLb() is None else r.getLb() for r in rows])
        up = np.array([highspy.kHighsInf if r.getUb() is None else r.getUb() for r in rows])
        starts = np.cumsum([0] + [len(r) for r in rows])
        index = np.array([self._column[v] for r in rows for v in r.keys()], np.int32)  # noqa: SIM118
        value = np.array([c for r in rows for c in r.values()], float)
        self._check(self.highs.addRows(len(rows), low, up, len(index), starts[:-1].astype(np.int32), index, value))

    def _make_integer(self, columns: Sequence[int]) -> None:
        integer = np.array([c for c in columns if self.variables[c].cat == pulp.LpInteger], np.int32)
        if len(integer):
            kinds = np.full(len(integer), int(highspy.HighsVarType.kInteger), np.uint8)
            self._check(self.highs.changeColsIntegrality(len(integer), integer, kinds))

    def offer(self, values: Floats) -> None:
        """Offer a first incumbent by column; NaN is left to the solver. An infeasible one is ignored."""
        known = np.flatnonzero(~np.isnan(values)).astype(np.int32)
        if len(known) == len(values):
            solution = highspy.HighsSolution()
            solution.col_value = [float(value) for value in values]
            self.highs.setSolution(solution)
        elif len(known):
            self.highs.setSolution(len(known), known, values[known])

    def run(self, limits: Limits, progress: Progress | None = None, should_stop: ShouldStop | None = None) -> Outcome:
        """Run, read what is true, write it into the PuLP problem."""
        watch = Stopwatch(limits.seconds, limits.cpu)
        integer = bool(self.mip) and any(v.cat == pulp.LpInteger for v in self.variables)
        self._configure(limits, integer)
        ear = _Ear(self.sign, watch, progress, should_stop)
        with self._listening(ear, integer):
            self.highs.run()
        if ear.error is not None:
            raise ear.error
        status = self.highs.getModelStatus()
        if status in BROKEN:
            raise EngineFailed(f"HiGHS {BROKEN[status]}: {self.problem.name}.")
        if status == Model.kUnboundedOrInfeasible:
            status = self._which_of_both(watch)
        return self._read(status, integer, watch)

    def _configure(self, limits: Limits, integer: bool) -> None:
        # HiGHS compares its limit with the time of all runs of the session
        left = highspy.kHighsInf if limits.seconds is None or limits.cpu else self.highs.getRunTime() + limits.seconds
        nodes = highspy.kHighsIInf if limits.iterations is None else limits.iterations
        options: dict[str, float | int | str] = {
            "time_limit": left,
            "random_seed": limits.seed,
            "threads": limits.threads,
            "mip_rel_gap": limits.gap,
            "mip_abs_gap": PROVED,
            "mip_max_nodes" if integer else "simplex_iteration_limit": nodes,
        }
        if not integer and limits.threads == 1:
            options["solver"] = "simplex"
        for name, value in options.items():
            self._check(self.highs.setOptionValue(name, value))

    @contextlib.contextmanager
    def _listening(self, ear: _Ear, integer: bool):  # type: ignore[no-untyped-def]
        calls = [Call.kCallbackMipInterrupt, Call.kCallbackSimplexInterrupt]
        if ear.progress is not None and integer:
            calls += [Call.kCallbackMipLogging, Call.kCallbackMipImprovingSolution]
        heard = ear.progress is not None or ear.should_stop is not None or ear.watch.limit is not None
        if heard:
            self.highs.setCallback(ear.hear, None)
            for call in calls:
                self.highs.startCallback(call)
        try:
            yield
        finally:
            if heard:
                for call in calls:
                    self.highs.stopCallback(call)
                self.highs.setCallback(None, None)

    def _which_of_both(self, watch: Stopwatch) -> Model:
        """HiGHS stopped at "unbounded or infeasible": the same rows without a cost tell which."""
        n = len(self.variables)
        index, costs = np.arange(n, dtype=np.int32), np.array(self.highs.getLp().col_cost_)
        self.highs.changeColsCost(n, index, np.zeros(n))
        if watch.left is not None:
            self.highs.setOptionValue("time_limit", self.highs.getRunTime() + watch.left)
        self.highs.run()
        found = self.highs.getModelStatus()
        self.highs.changeColsCost(n, index, costs)
        return {Model.kOptimal: Model.kUnbounded, Model.kInfeasible: found}.get(found, Model.kUnknown)

    def _read(self, status: Model, integer: bool, watch: Stopwatch) -> Outcome:
        info = self.highs.getInfo()
        has_values = info.primal_solution_status == highspy.kSolutionStatusFeasible
        if status in (Model.kInfeasible, Model.kUnbounded):
            has_values = False
        if status == Model.kModelEmpty:
            return self._empty(watch)
        objective = self.sign * float(info.objective_function_value) if has_values else None
        bound = self._bound(status, integer, objective)
        told = Status.FEASIBLE if has_values else Status.UNKNOWN
        if status == Model.kInfeasible:
            told = Status.INFEASIBLE
        elif status == Model.kUnbounded:
            told = Status.UNBOUNDED
        elif objective is not None and bound is not None and _met(objective, bound):
            told = Status.OPTIMAL
        self._write(told, has_values)
        return Outcome(told, objective, bound, relative_gap(objective, bound), watch.seconds, watch.cpu_seconds)

    def _bound(self, status: Model, integer: bool, objective: float | None) -> float | None:
        if not integer:
            return objective if status == Model.kOptimal else None
        bound = float(self.highs.getInfo().mip_dual_bound)
        if status in (Model.kInfeasible, Model.kUnbounded) or not abs(bound) < highspy.kHighsInf:
            return None
        if objective is not None:  # rounding in HiGHS may lift the bound a hair above the incumbent
            bound = min(bound, self.sign * objective)
        return self.sign * bound

    def _empty(self, watch: Stopwatch) -> Outcome:
        """No columns: rows are constants, which either hold or not."""
        holds = all(
            (r.getLb() is None or r.getLb() <= PROVED) and (r.getUb() is None or r.getUb() >= -PROVED)
            for r in self.rows
        )
        value = float(self.problem.objective.constant) if holds and self.problem.objective is not None else 0.0
        told = Status.OPTIMAL if holds else Status.INFEASIBLE
        self._write(told, has_values=False)
        known = value if holds else None
        return Outcome(told, known, known, relative_gap(known, known), watch.seconds, watch.cpu_seconds)

    def _write(self, told: Status, has_values: bool) -> None:
        values = self.highs.getSolution().col_value if has_values else [None] * len(self.variables)
        for variable, value in zip(self.variables, values, strict=True):
            variable.varValue = value
        self.problem.assignStatus(*PULP_STATUS[told])

    def _check(self, answer: highspy.HighsStatus) -> None:
        if answer == highspy.HighsStatus.kError:
            raise EngineFailed(f"HiGHS refused a part of the model {self.problem.name}: a value is not a number?")


PULP_STATUS = {
    Status.OPTIMAL: (pulp.constants.LpStatusOptimal, pulp.constants.LpSolutionOptimal),
    Status.FEASIBLE: (pulp.constants.LpStatusOptimal, pulp.constants.LpSolutionIntegerFeasible),
    Status.INFEASIBLE: (pulp.constants.LpStatusInfeasible, pulp.constants.LpSolutionInfeasible),
    Status.UNBOUNDED: (pulp.constants.LpStatusUnbounded, pulp.constants.LpSolutionUnbounded),
    Status.UNKNOWN: (pulp.constants.LpStatusNotSolved, pulp.constants.LpSolutionNoSolutionFound),
}


class Master(Session):
    """The master of a column generation: an LP under PuLP that grows and is solved again from its last basis.

    Integer variables are relaxed until `solve_integer`. The PuLP problem grows with it, so it can be read,
    written to a file or given to `solve` at any time.
    """

    def __init__(self, problem: pulp.LpProblem) -> None:
        super().__init__(problem, integer=False)
        self._new_rows = True

    def add_column(
        self,
        name: str,
        cost: float,
        entries: Sequence[tuple[int, float]],
        *,
        low: float = 0.0,
        up: float | None = None,
        category: str = pulp.LpInteger,
    ) -> int:
        """One column with `entries` (row, coefficient); see `add_columns`."""
        return self.add_columns([name], [cost], [entries], low=low, up=up, category=category)[0]

    def add_columns(
        self,
        names: Sequence[str],
        costs: Sequence[float],
        entries: Sequence[Sequence[tuple[int, float]]],
        *,
        low: float = 0.0,
        up: float | None = None,
        category: str = pulp.LpInteger,
    ) -> range:
        """Columns with a cost and (row number, coefficient) entries; returns their numbers. Names are new."""
        first, count = len(self.variables), len(names)
        if not count:
            return range(first, first)
        objective = self.problem.objective
        starts, index, value = np.zeros(count, np.int32), list[int](), list[float]()
        for at, (name, cost, column) in enumerate(zip(names, costs, entries, strict=True)):
            variable = self.problem.add_variable(name, low, up, category)
            starts[at] = len(index)
            objective.addterm(variable, cost)
            for row, coefficient in column:
                self.rows[row].expr.addterm(variable, coefficient)
                index.append(row)
                value.append(coefficient)
            self._column[variable] = first + at
            self.variables.append(variable)
        lows, ups = _bounds(self.variables[first:])
        cost_array = self.sign * np.asarray(costs, float)
        entry_arrays = (starts, np.array(index, np.int32), np.array(value, float))
        self._check(self.highs.addCols(count, cost_array, lows, ups, len(index), *entry_arrays))
        return range(first, first + count)

    def add_row(self, row: pulp.LpConstraint, name: str) -> int:
        """One more row (a cut, a branch) over known columns; returns its number."""
        self.problem.addConstraint(row, name)
        self.rows.append(row)
        self.push_rows([row])
        self._new_rows = True
        return len(self.rows) - 1

    def forbid(self, columns: Sequence[int]) -> None:
        """Columns that are no longer wanted: their upper bound becomes 0 (their lower bound must be 0)."""
        index, zeros = np.array(columns, np.int32), np.zeros(len(columns))
        for column in columns:
            self.variables[column].bounds(0, 0)
        self._check(self.highs.changeColsBounds(len(index), index, zeros, zeros))

    def solve(self, limits: Limits, should_stop: ShouldStop | None = None) -> Outcome:
        """Solve the relaxation from the last basis; fills `duals`, `values` and the PuLP variables."""
        # after new columns the last basis stays primal feasible, after new rows dual feasible: go on from it
        self.highs.setOptionValue("simplex_strategy", DUAL_SIMPLEX if self._new_rows else PRIMAL_SIMPLEX)
        self._new_rows = False
        return self.run(limits, None, should_stop)

    @property
    def duals(self) -> Floats:
        """By row: change of the objective (in the problem's own sense) per unit of right-hand side."""
        return self.sign * np.array(self.highs.getSolution().row_dual)

    @property
    def reduced_costs(self) -> Floats:
        """By column, in the problem's own sense."""
        return self.sign * np.array(self.highs.getSolution().col_dual)

    @property
    def values(self) -> Floats:
        """By column."""
        return np.array(self.highs.getSolution().col_value)

    def solve_integer(
        self,
        limits: Limits,
        start: Floats | None = None,
        progress: Progress | None = None,
        should_stop: ShouldStop | None = None,
    ) -> Outcome:
        """Solve over the columns in hand with integrality; `start` is an incumbent by column (NaN: unknown)."""
        whole = Session(self.problem, integer=True)
        if start is not None:
            value = dict(zip(self.variables, start, strict=True))
            whole.offer(np.array([value[variable] for variable in whole.variables]))
        return whole.run(limits, progress, should_stop)


def _met(objective: float, bound: float) -> bool:
    return abs(objective - bound) <= PROVED * max(1.0, abs(objective))


def _bounds(variables: Sequence[pulp.LpVariable]) -> tuple[Floats, Floats]:
    low = [-highspy.kHighsInf if v.lowBound is None else v.lowBound for v in variables]
    up = [highspy.kHighsInf if v.upBound is None else v.upBound for v in variables]
    return np.array(low, float), np.array(up, float)
