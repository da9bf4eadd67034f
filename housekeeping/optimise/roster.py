"""The roster engine: the best roster that can be found in the time given, and how far from the best it can be."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np

from housekeeping.optimise import check
from housekeeping.optimise.arrays import compile_problem
from housekeeping.optimise.closing import Closing
from housekeeping.optimise.compact import CompactRoster
from housekeeping.optimise.explain import clash, first_line
from housekeeping.optimise.generation import Generation
from housekeeping.optimise.lines import LinePricer
from housekeeping.optimise.model import Cells, Clash, Person, Plan, Problem, Shift
from housekeeping.optimise.neighbourhoods import Neighbourhoods, Pool
from housekeeping.optimise.search import Lines, Search, dive, respond, rounded
from housekeeping.optimise.validity import refuse
from plantops.solving import (
    Limits,
    Outcome,
    Progress,
    ProgressReport,
    ShouldStop,
    Status,
    Stopwatch,
    relative_gap,
)

UNLIMITED_STEPS = 2000  # without any limit a run ends after so many relaxations
SMALL_CELLS = 400  # up to so many open cells the compact program may close the gap by itself
COMPACT_SHARE = 0.3
ROUNDS = 10_000
TRIES = 10  # rosters that are drawn from the first mixture
# Of a dive: rounds of pricing in a step, share of the mixed cells that is settled at once, least share of such a cell.
DIVE = (10, 0.3, 0.5)
# Where a dive ends is luck: after so many times the work of the first without gain another one begins, and in turns
# the best roster is taken up again; each time this patience grows.
PATIENCE, MORE_PATIENCE = 1.0, 1.25
# Work on the proof beside that on better rosters: small problems are proved quickly, of large ones most never.
FEW_CELLS, PROVING_FEW, PROVING_MANY = 2000, 2.0, 0.1
TELL_EVERY = 0.5


def solve(
    problem: Problem,
    limits: Limits,
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> Plan:
    """The best roster found within the limits, with a proved bound and what stays uncovered.

    `limits.seconds` is wall time after compilation, `limits.iterations` a number of relaxations solved, `limits.gap` a
    proved gap that is enough; the same seed and iterations with no seconds give the same plan. A first whole roster
    exists within two seconds and every later one is better. When somebody has no line that meets the hard rules, the
    status is infeasible: `clashes` says which rules and the cheapest way out, and `cells` holds a roster of the others.
    Raises Invalid with one sentence when the problem cannot be read.
    """
    refuse(problem)
    compile_ahead()
    run = _Run(problem, limits, progress, should_stop)
    return run.plan()


class _Run:
    """One run of the engine, from the first roster to the answer."""

    def __init__(
        self, problem: Problem, limits: Limits, progress: Progress | None, should_stop: ShouldStop | None
    ) -> None:
        self.problem, self.limits, self.progress, self.should_stop = problem, limits, progress, should_stop
        self.watch = Stopwatch(limits.seconds, limits.cpu)
        self.told = 0.0
        steps = limits.iterations
        if steps is None and limits.seconds is None:
            steps = UNLIMITED_STEPS
        self.most_steps = steps

    def plan(self) -> Plan:
        arrays = compile_problem(self.problem)
        pricer = LinePricer(arrays)
        first = {e: first_line(arrays, pricer, e) for e in range(arrays.people)}
        without = [self.problem.people[e] for e, line in first.items() if line is None]
        found = tuple(clash(self.problem, person) for person in without)
        if len(found) == arrays.people:
            return self._infeasible(found, {})
        if found:
            arrays = compile_problem(_without(self.problem, without))
        lines = [line for line in first.values() if line is not None]
        self.search = Search(arrays, np.random.default_rng(self.limits.seed), self._stop, self._tell)
        self.search.offer(dict(enumerate(lines)), "everybody's own wishes")
        self._improve()
        cells = self.search.arrays.cells(self.search.lines)
        if found:
            return self._infeasible(found, cells)
        penalty = check.penalty(self.problem, cells)
        bound = self._bound()
        status = Status.OPTIMAL if bound is not None and penalty <= bound else Status.FEASIBLE
        outcome = self._outcome(status, penalty, bound)
        return Plan(outcome, penalty, cells, check.shortfalls(self.problem, cells))

    def _infeasible(self, found: tuple[Clash, ...], cells: Cells) -> Plan:
        planned = tuple(person for person in self.problem.people if person.id in cells)
        missed = check.shortfalls(replace(self.problem, people=planned), cells)
        return Plan(self._outcome(Status.INFEASIBLE, None, None), None, cells, missed, found)

    def _outcome(self, status: Status, penalty: int | None, bound: int | None) -> Outcome:
        gap = relative_gap(penalty, bound)
        seconds, cpu_seconds = self.watch.seconds, self.watch.cpu_seconds
        return Outcome(status, penalty, bound, gap, seconds, cpu_seconds)

    def _improve(self) -> None:
        search = self.search
        search.offer(respond(search, {}), "everybody's best line in turn")
        search.prove(search.arrays.cheapest_cells())
        if self.problem.published and not self._over():
            Neighbourhoods(search, Pool(search, np.zeros(len(search.arrays.required)))).mend()
        if self._over():
            return
        root = Generation(search.arrays, search.master, search.pricer, search.possible).run(
            self._stop, ROUNDS, whole=True
        )
        search.prove(root.bound)
        search.duals = root.duals
        self._tell("bound")
        rounded(search, search.master, root.relaxation, TRIES)
        pool = Pool(search, root.duals)
        before = self._work()
        self._dive(search.penalty)
        self.patience = PATIENCE * (self._work() - before)
        pool.add(search.master)
        self._prove_and_search(Closing(search, search.master, root), Neighbourhoods(search, pool))

    def _prove_and_search(self, closing: Closing, around: Neighbourhoods) -> None:
        """Work on the bound and on better rosters in turns, until nothing is left or the time is over."""
        search, proof, other, since = self.search, 0, 0, 0
        share = PROVING_FEW if search.possible[:, :, :-1].sum() <= FEW_CELLS else PROVING_MANY
        again = False
        while not self._over():
            before, best = self._work() + around.work, search.penalty
            proving = not closing.over and proof <= share * other
            if proving:
                closing.step()
                search.prove(closing.bound)
                if closing.over:
                    self._compact()
                if search.penalty < best:
                    around.begin(search.lines)
            elif since > self.patience:
                again, since, self.patience = not again, 0, MORE_PATIENCE * self.patience
                around.begin((self._dive(search.penalty + search.master.no_line / 2) if again else {}) or search.lines)
            elif around.step():
                since = 0
            else:
                since += self._work() + around.work - before
            done = self._work() + around.work - before
            proof, other = (proof + done, other) if proving else (proof, other + done)
            self._tell_sometimes()

    def _work(self) -> int:
        """What was done for the bound and in dives so far, without a clock."""
        return self.search.pricer.work + self.search.master.work

    def _dive(self, target: float) -> Lines:
        """A roster below the target by a dive from the first mixture; empty when there is none."""
        search, every = self.search, np.zeros(len(self.search.arrays.required))
        if self._over():
            return {}
        search.master.confine(every, every + search.arrays.people)
        rounds, width, sure = DIVE
        found = dive(search, search.master, search.possible, target, rounds, width, misses=3, sure=sure)
        search.offer(found, "dive")
        return found if len(found) == search.arrays.people else {}

    def _compact(self) -> None:
        """Small problems: the compact program often proves what the lines cannot."""
        search, left = self.search, self.watch.left
        if self._over() or search.possible[:, :, :-1].sum() > SMALL_CELLS:
            return
        limits = Limits(seconds=None if left is None else COMPACT_SHARE * left, seed=self.limits.seed)
        if left is None:
            limits = replace(limits, iterations=1000)
        outcome, lines = CompactRoster(search.arrays, search.possible).solve(limits, self.should_stop)
        search.offer(lines, "compact program")
        if outcome.bound is not None:
            search.prove(outcome.bound)

    def _over(self) -> bool:
        search = self.search
        bound = self._bound()
        enough = bound is not None and search.penalty - bound <= self.limits.gap * abs(search.penalty)
        return self._stop() or search.done or enough

    def _stop(self) -> bool:
        spent = self.most_steps is not None and self.search.steps >= self.most_steps
        return spent or self.watch.over or (self.should_stop is not None and self.should_stop())

    def _bound(self) -> int | None:
        return None if self.search.bound == -np.inf else round(self.search.bound)

    def _tell_sometimes(self) -> None:
        if self.watch.seconds - self.told >= TELL_EVERY:
            self._tell("searching")

    def _tell(self, how: str) -> None:
        if self.progress is not None:
            self.told = self.watch.seconds
            penalty, bound = self.search.penalty, self._bound()
            self.progress(ProgressReport(penalty, bound, relative_gap(penalty, bound), how, self.told))


def _without(problem: Problem, people: list[Person]) -> Problem:
    """The problem of everybody else."""
    out = {person.id for person in people}
    return replace(
        problem,
        people=tuple(person for person in problem.people if person.id not in out),
        requests=tuple(request for request in problem.requests if request.person not in out),
        published={name: line for name, line in problem.published.items() if name not in out},
    )


def get_ready(_nothing: None, _limits: Limits, _progress: Progress, _should_stop: ShouldStop) -> None:
    """`compile_ahead` as an engine of its own, which leaves the processor to everybody else."""
    os.nice(10)
    compile_ahead()


def compile_ahead() -> None:
    """Compile the inner loops (or load them from the cache) before the clock starts."""
    day = Problem(2, (Shift("d", 60),), (Person("p", frozenset({"d"}), {"d": 1}, min_minutes=60, max_weekends=1),))
    search = Search(compile_problem(day), np.random.default_rng(0), lambda: False, lambda _: None)
    respond(search, {})
    search.pricer.through(0, search.arrays.base[0])
