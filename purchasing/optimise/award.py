"""The award engine: who gets what, how far it is at most from the best, what it saves, and what stands in the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial

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
from purchasing.optimise.award_check import costs, faults
from purchasing.optimise.award_explain import binding, way_out, why_no_way
from purchasing.optimise.award_model import Award, Baseline, Costs, Position, Problem
from purchasing.optimise.award_program import AwardProgram
from purchasing.optimise.award_validity import refuse
from purchasing.optimise.baselines import baselines
from purchasing.optimise.baskets import Market
from purchasing.optimise.choices import Choices
from purchasing.optimise.relaxation import Relaxation

SMALL_WAYS = 2500  # so many ways go straight into one program
SHARE_BASELINES, SHARE_POOL, SHARE_CLASH = 0.2, 0.35, 0.5
POOL_GAP, POOL_NODES = 2e-4, 300
PROVED = 1e-6
WORKING = 0.95  # of the time: the rest is for HiGHS, which stops late, and for reading out and checking
# HiGHS does not look at the clock while it presolves. Measured on programs of 5,000 to 21,000 columns: this many times
# what reading their ways takes, for 5,000 of them, and by the square of their number for more. A program that cannot
# have three times as long is not begun.
BLIND, BLIND_WAYS, AT_LEAST = 2.4, 5000, 3.0
MARKET = 4.0  # times what reading takes: the least that what a buyer would do needs


def solve(
    problem: Problem,
    limits: Limits,
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> Award:
    """The cheapest award found within the limits, with a proved bound, the usual ways to award beside it, what it
    saves against the best of them and what binds; costs include being late.

    `limits.seconds` is wall time, `limits.iterations` the nodes of each integer program, `limits.gap` a proved gap
    that is enough; the same seed and iterations with no seconds give the same award. It is never dearer than the best
    baseline. When no award meets all limits the status is infeasible and `clashes` says which limits would have to
    give way, by how much at least; unknown: none was found in time. Raises Invalid with one sentence when the
    problem cannot be read.
    """
    watch = Stopwatch(None if limits.seconds is None else WORKING * limits.seconds, limits.cpu)
    refuse(problem)
    return _Run(problem, limits, watch, progress, should_stop).award()


class _Run:
    """One run of the engine, from the linear program to the answer."""

    def __init__(
        self,
        problem: Problem,
        limits: Limits,
        watch: Stopwatch,
        progress: Progress | None,
        should_stop: ShouldStop | None,
    ) -> None:
        self.problem, self.limits, self.progress, self.should_stop = problem, limits, progress, should_stop
        self.watch, begun = watch, watch.spent
        self.choices = Choices(problem)
        self.per_way = (watch.spent - begun) / max(1, len(self.choices.ways))  # seconds, on this machine as it is now
        self.packs: dict[int, int] | None = None
        self.positions: tuple[Position, ...] = ()
        self.costs: Costs | None = None
        self.bound: float | None = None
        self.known: tuple[Baseline, ...] = ()

    def award(self) -> Award:
        if sentences := why_no_way(self.choices):
            return self._none(Status.INFEASIBLE, sentences)
        relaxation = Relaxation(self.choices)
        relaxation.solve(self._part(1.0), self.should_stop)
        if relaxation.whole and not relaxation.uncovered:
            self._prove(relaxation.bound)
        self._tell("limit")
        self._baselines()
        hopeless = self._improve(relaxation)
        if self.costs is None:
            if not hopeless:
                return self._none(Status.UNKNOWN, ())
            return self._none(Status.INFEASIBLE, way_out(self.choices, self._part(SHARE_CLASH), self.should_stop))
        return self._answer(self.costs)

    def _part(self, share: float) -> Limits:
        left = self.watch.left
        return replace(self.limits, seconds=None if left is None else max(0.001, share * left))

    def _pool_part(self) -> Limits:
        """The program over few ways finds a good award; the proof is another's."""
        part = self._part(SHARE_POOL)
        nodes = min(POOL_NODES, self.limits.iterations or POOL_NODES)
        return replace(part, iterations=nodes, gap=max(POOL_GAP, self.limits.gap))

    # --- Awards

    def _baselines(self) -> None:
        left, reading = self.watch.left, self.per_way * len(self.choices.ways)
        if self._stopped() or (left is not None and left < MARKET * reading):
            return
        until = None if self.watch.left is None else self.watch.spent + SHARE_BASELINES * self.watch.left

        def over() -> bool:
            return self._stopped() or (until is not None and self.watch.spent > until)

        self.known = baselines(Market(self.choices), over)
        for one in self.known:
            if one.costs is not None:
                self._take(one.positions, self.choices.packs(one.positions), one.name)

    def _improve(self, relaxation: Relaxation) -> bool:
        """The integer programs. True when it is proved that there is no award at all."""
        near = self._near(relaxation)
        if len(near) > SMALL_WAYS and not self._done():
            pool = sorted(set(relaxation.ways_in()) | set(self.packs or {}))
            if self._has_time_for(len(pool)):
                more = self._has_time_for(len(near))
                self._program(pool, self._pool_part if more else partial(self._part, 1.0), proves=False)
            near = self._near(relaxation)
        if self._done() or not self._has_time_for(len(near)):
            return False
        return self._program(near, partial(self._part, 1.0), proves=True)

    def _has_time_for(self, ways: int) -> bool:
        """Whether a program of so many ways would come to something, and stop in time."""
        blind = BLIND * self.per_way * ways * (ways / BLIND_WAYS)
        return self.watch.left is None or self.watch.left >= AT_LEAST * blind

    def _near(self, relaxation: Relaxation) -> list[int]:
        best = float("inf") if self.costs is None else float(self.costs.total)
        return sorted(set(relaxation.near(best)) | set(self.packs or {}))

    def _program(self, ways: list[int], limits: Callable[[], Limits], *, proves: bool) -> bool:
        program = AwardProgram(self.choices, ways)
        start = self.packs is not None and program.offer(self.packs)
        outcome, packs = program.solve(
            limits(), start=start, progress=self._pass_on(proves), should_stop=self.should_stop
        )  # what is left after building it
        if packs is not None:
            self._take(self.choices.positions(packs), packs, "program")
        if not proves:
            return False
        if outcome.bound is not None:
            self._prove(outcome.bound)
        if outcome.status is Status.INFEASIBLE and self.costs is not None:
            self._prove(float(self.costs.total))
        return outcome.status is Status.INFEASIBLE

    def _take(self, positions: tuple[Position, ...], packs: dict[int, int], how: str) -> None:
        """Keep an award that the independent checker allows, when it is the cheapest so far."""
        found = costs(self.problem, positions)
        if self.costs is not None and found.total >= self.costs.total:
            return
        if not faults(self.problem, positions):
            self.costs, self.positions, self.packs = found, positions, packs
            self._tell(how)

    # --- Proof and news

    def _prove(self, bound: float | None) -> None:
        if bound is not None:
            # the ways that were left out cannot be in an award cheaper than the best one in hand
            bound = bound if self.costs is None else min(bound, float(self.costs.total))
            self.bound = bound if self.bound is None else max(self.bound, bound)

    def _proved(self) -> float | None:
        if self.bound is None or self.costs is None:
            return self.bound
        return min(self.bound, float(self.costs.total))

    def _gap(self) -> float | None:
        return relative_gap(None if self.costs is None else float(self.costs.total), self._proved())

    def _stopped(self) -> bool:
        return self.watch.over or (self.should_stop is not None and self.should_stop())

    def _done(self) -> bool:
        gap = self._gap()
        return self._stopped() or (gap is not None and gap <= max(self.limits.gap, PROVED))

    def _tell(self, how: str) -> None:
        if self.progress is not None:
            incumbent = None if self.costs is None else float(self.costs.total)
            self.progress(ProgressReport(incumbent, self._proved(), self._gap(), how, self.watch.seconds))

    def _pass_on(self, proves: bool) -> Progress | None:
        """News of a program, in the terms of the whole run."""
        tell = self.progress
        if tell is None:
            return None

        def passed(report: ProgressReport) -> None:
            known = None if self.costs is None else float(self.costs.total)
            found = [one for one in (known, report.incumbent) if one is not None]
            bounds = [one for one in (self.bound, report.bound if proves else None) if one is not None]
            best = min(found, default=None)
            bound = None if not bounds else max(bounds) if best is None else min(best, max(bounds))
            tell(ProgressReport(best, bound, relative_gap(best, bound), report.message, self.watch.seconds))

        return passed

    # --- Answers

    def _answer(self, found: Costs) -> Award:
        total, bound, gap = float(found.total), self._proved(), self._gap()
        status = Status.OPTIMAL if gap is not None and gap <= PROVED else Status.FEASIBLE
        outcome = Outcome(status, total, bound, gap, self.watch.seconds, self.watch.cpu_seconds)
        return Award(outcome, self.positions, found, self.known, binding(self.problem, self.positions))

    def _none(self, status: Status, sentences: tuple[str, ...]) -> Award:
        outcome = Outcome(status, None, None, None, self.watch.seconds, self.watch.cpu_seconds)
        return Award(outcome, baselines=self.known, clashes=sentences)


def most_that_is_left(award: Award) -> Decimal | None:
    """By how much the award could still be cheaper at most, in money; None when nothing is proved."""
    outcome = award.outcome
    if outcome.objective is None or outcome.bound is None:
        return None
    return Decimal(str(round(outcome.objective - outcome.bound, 2)))
