"""The plan of the day: search, choose among all good routes, prove how good it is, say what was left out."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from plantops.engines import (
    Limits,
    Outcome,
    Progress,
    ProgressReport,
    ShouldStop,
    Status,
    Stopwatch,
    relative_gap,
)
from transport.optimise.admit import admit
from transport.optimise.climbing import MANY, Climber, Finding
from transport.optimise.columns import choose
from transport.optimise.day import Day, prepare
from transport.optimise.docks import fit, pinned, within_hours
from transport.optimise.explain import insert_what_fits, reasons
from transport.optimise.heuristic import Search, Tour
from transport.optimise.model import BadProblem, Plan, Problem, Route
from transport.optimise.parts import Parts
from transport.optimise.pool import Pool, whole_cost
from transport.optimise.proof import EXACT, TOO_LONG, Proof, compile_ahead
from transport.optimise.reach import renumbered, within_reach
from transport.optimise.relaxing import routes_of
from transport.optimise.schedule import timetable, try_route
from transport.optimise.turns import Rest, Turns, Way

DEFAULT_ITERATIONS = 2_000
FIRST_SHARE = 0.4  # of the time, at most, for the first search, from nothing
PORTION = 0.15  # of the iterations for each search, when they are the limit
PROOF_SHARE = 0.12  # of the time for the bound, at most, in one turn
CLOSING_SHARE = 0.5  # of what is left for the proof behind it
FEW_ORDERS = 40  # up to which an exact bound is tried however long the routes are
LONG_ROUTES = 10  # orders per route beyond which it is rarely to be had ...
LONG_PROOF_SHARE = 0.2  # ... and only a coarse one is tried, in this share
LEAST_LONG_PROOF = 8.0  # seconds below which it comes to nothing and the search needs them
PROOF_PER_ORDER = 0.02  # seconds of a turn below which a bound of many orders comes to nothing
SEARCHES = 3.0  # seconds of search in many orders for each second of their bound
SLICE_SHARE = 0.3  # of the time, at most, for each search after that, from the best plan so far
CHOICE_SHARE = 0.5  # of a search's time for the choice among the routes that it brought
LEAST_CHOICE = 0.3  # seconds
NODES = 500  # of one integer program, when iterations are the limit
STEPS_PER_ITERATION = 100_000  # of labelling, when iterations are the limit


@dataclass
class Run:
    """One planning run: the best plan so far and what is known about it."""

    day: Day
    limits: Limits
    watch: Stopwatch
    progress: Progress | None
    should_stop: ShouldStop | None
    pool: Pool = field(init=False)
    tours: list[Tour] = field(init=False)
    cost: int = field(init=False)
    proof: Proof = field(init=False)
    begun: bool = False  # from a plan as it stands
    iterations: int = 0
    searched: float = 0.0  # seconds of the last search
    searching: float = 0.0  # seconds of all searches
    bounding: float = 0.0  # seconds of the bound
    vain: bool = False  # the last search brought nothing
    bounded: bool = False  # a bound was tried, or is out of reach
    turns: Turns = field(init=False)
    rest: Rest = field(default_factory=Rest)  # of the choice among routes
    pins: tuple[tuple[int, int], ...] = ()  # appointments at docks: visit, tick

    def __post_init__(self) -> None:
        self.proof = Proof(self.day)
        self.pool = Pool(self.day)
        self.turns = Turns(alike=len(self.day.types) == 1)
        self.tours = [(k, prefix) for k, prefix in enumerate(self.day.prefix) if prefix]
        self.cost = whole_cost(self.day, self.tours)
        if self.day.problem.docks:
            fitted = fit(self.day, self.tours)
            self.tours, self.cost, self.pins = list(fitted.tours), fitted.cost, fitted.pins

    @property
    def stopped(self) -> bool:
        if self.watch.over or (self.should_stop is not None and self.should_stop()):
            return True
        most = self.limits.iterations
        return self.proved or (most is not None and self.iterations >= most)

    @property
    def proved(self) -> bool:
        return self.proof.lower is not None and self.proof.lower >= self.cost

    def offer(self, tours: Sequence[Tour], message: str) -> None:
        """Take a plan whose tours hold when it is better than the one in hand, with appointments where there are
        docks."""
        cost, pins = whole_cost(self.day, tours), self.pins
        if cost < self.cost and self.day.problem.docks:
            fitted = fit(self.day, tours)
            tours, cost, pins = fitted.tours, fitted.cost, fitted.pins
        if cost < self.cost:
            self.tours, self.cost, self.pins = list(tours), cost, pins
            self.report(message)

    def report(self, message: str) -> None:
        if self.progress is None:
            return
        served = sum(len(self.day.served(sequence)) for _, sequence in self.tours)
        left = len(self.day.problem.orders) - served
        cost = self.cost - self.prizes_left()
        bound = self.money_bound()
        text = message if not left else f"{message}, {left} orders left out"
        money = self.day.money(cost)
        self.progress(ProgressReport(money, bound, relative_gap(money, bound), text, self.watch.seconds))

    def prizes_left(self) -> int:
        served = {n for _, sequence in self.tours for n in self.day.served(sequence)}
        return sum(int(self.day.prize[n]) for n in range(len(self.day.problem.orders)) if n not in served)

    def money_bound(self) -> float | None:
        """The bound on the cost of routes. When orders are left out it speaks of plans that leave out no more,
        and only when leaving out less is proved impossible."""
        if self.proof.lower is None:
            return None
        whole = min(self.proof.lower, self.cost) - self.prizes_left()
        if self.prizes_left() and whole <= 0:
            return None
        return self.day.money(max(whole, 0))


def solve(
    problem: Problem,
    limits: Limits,
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
    start: Sequence[Tour] = (),
) -> Plan:
    """Plan a day within `limits` (seconds, or iterations of the local search; 2,000 when neither is given).

    Serving one more order beats any cost. From a `start`, tours that hold with frozen stops in front, the plan is
    never worse than that. Loading and compiling count neither as seconds nor as CPU seconds.
    Raises BadProblem with one sentence when the question itself is wrong.
    """
    admit(problem)
    whole = prepare(within_hours(problem))
    _refuse_frozen(whole)
    day = within_reach(whole)
    compile_ahead()
    if limits.seconds is None and limits.iterations is None:
        limits = replace(limits, iterations=DEFAULT_ITERATIONS)
    run = Run(day, limits, Stopwatch(limits.seconds, limits.cpu), progress, should_stop, begun=bool(start))
    if start:
        run.offer(renumbered(start, whole, day), "the plan as it stands")
        run.offer(insert_what_fits(run.day, run.tours), "insertion")
    _improve(run)
    run.offer(insert_what_fits(run.day, run.tours), "insertion")
    return _plan(run, whole)


def _refuse_frozen(day: Day) -> None:
    for k, prefix in enumerate(day.prefix):
        verdict = try_route(day, k, prefix) if prefix else None
        if verdict is not None and not verdict.holds:
            raise BadProblem(
                f"The frozen stops of vehicle {day.members[k][0]} do not hold any more; free some of them."
            )


def _improve(run: Run) -> None:
    """Search from nothing, try to prove, then in turns search on from the best plan, as a whole or in parts, and
    choose out of all routes met; a proof is tried again when a better plan has made the gap smaller."""
    climber = Climber(Search(run.day, optional=run.begun and run.prizes_left() > 0), run.limits.seed, run.pool.add)
    parts = Parts(climber.world, run.limits.seed, run.pool.add)
    turn = 0
    while not run.stopped:
        began, before = run.watch.spent, run.cost
        way = _way(run, turn, climber, parts)
        found = _search(run, way, climber, parts)
        run.searched = run.watch.spent - began
        run.iterations += max(found.iterations, 1)
        if found.tours is not None:
            run.offer(that_hold(run.day, found.tours), "local search")
        elif not climber.world.optional:  # not all orders can be served, or it is hard to
            climber = Climber(Search(run.day, optional=True), run.limits.seed, run.pool.add)
        run.offer(insert_what_fits(run.day, run.tours), "insertion")
        run.vain = run.cost == before
        run.searching += run.searched
        if turn == 0 or len(run.day.problem.orders) <= MANY or run.rest.over():
            _choose(run)
        if way is not None:
            run.turns.note(way, before - run.cost)
        _bound(run)
        _close(run)
        turn += 1


def that_hold(day: Day, tours: Sequence[Tour]) -> list[Tour]:
    """The tours that hold; of one that does not, its frozen stops."""
    held = [(k, sequence if try_route(day, k, sequence).holds else day.prefix[k]) for k, sequence in tours]
    return [(k, sequence) for k, sequence in held if sequence]


def _way(run: Run, turn: int, climber: Climber, parts: Parts) -> Way | None:
    """Who searches now; None is a climb from nothing."""
    left_out = bool(run.prizes_left())
    fresh = left_out and turn % 2 == 1  # a plan in hand that leaves something out may be the wrong one to begin from
    if climber.stuck or not (climber.begun or (run.begun and not fresh)):
        return None
    ways = [Way.WARM, Way.PARTS] if parts.fit(run.tours) else [Way.WARM]
    if climber.begun and (climber.many or left_out):
        return run.turns.next([Way.ON, *ways])
    return Way.WARM if turn % 2 else ways[-1]


def _search(run: Run, way: Way | None, climber: Climber, parts: Parts) -> Finding:
    watch, most = _slice(run, FIRST_SHARE if way is None else SLICE_SHARE), _portion(run)
    if way is Way.PARTS:
        return parts.search(watch, most, run.tours, climber.penalties, run.should_stop)
    if way is Way.ON:
        return climber.go_on(watch, most, run.tours, run.should_stop)
    return climber.search(watch, most, None if way is None else run.tours, run.should_stop)


def _slice(run: Run, share: float) -> Stopwatch:
    if run.watch.limit is None or run.watch.left is None:
        return Stopwatch()
    return Stopwatch(min(run.watch.left, max(0.2, share * run.watch.limit)), run.watch.cpu)


def _portion(run: Run) -> int | None:
    most = run.limits.iterations
    return None if most is None else min(most - run.iterations, max(10, int(PORTION * most)))


def _for(run: Run, seconds: float | None) -> Limits:
    """Limits of one integer program: seconds of the run's kind, or nodes when iterations are the limit."""
    nodes = None if seconds is not None else NODES
    return Limits(seconds=seconds, seed=run.limits.seed, iterations=nodes, cpu=run.watch.cpu)


def _bound(run: Run) -> None:
    """Column generation, a slice of the time in each turn as long as it brings a bound, and one more choice, because
    it brings routes that no search has met. That of many orders waits until searches have had SEARCHES times as
    long; that of long routes goes on only after searches in vain."""
    if run.stopped or not run.proof.possible or (run.bounded and not run.proof.unfinished):
        return
    if run.bounded and run.proof.long and not run.vain:
        return
    orders = sum(len(run.day.served(sequence)) for _, sequence in run.tours)
    routes = sum(len(routes_of(run.day, k, sequence)) for k, sequence in run.tours)
    long = orders > max(FEW_ORDERS, LONG_ROUTES * max(1, routes))
    watch = Stopwatch()
    if run.watch.left is not None and run.watch.limit is not None:
        seconds = (LONG_PROOF_SHARE if long else PROOF_SHARE) * run.watch.limit
        if seconds < _least_proof(orders, long):
            run.bounded, run.proof.note = True, TOO_LONG
            return
        if orders > MANY and run.searching < SEARCHES * (run.bounding + seconds):
            return
        watch = Stopwatch(min(run.watch.left, seconds), run.watch.cpu)
    if not run.bounded:
        work = None if run.limits.iterations is None else run.limits.iterations * STEPS_PER_ITERATION
        run.proof.generate(run.pool, run.cost, watch, work, run.should_stop, long)
    else:
        run.proof.go_on(run.cost, watch)
    run.bounded = True
    run.bounding += watch.spent
    run.report("bound")
    _choose(run)


def _least_proof(orders: int, long: bool) -> float:
    """Seconds of a turn below which a bound comes to nothing."""
    few = LEAST_LONG_PROOF if long else 0.0
    return max(few, PROOF_PER_ORDER * orders) if orders > MANY else few


def _close(run: Run) -> None:
    if run.stopped or not run.proof.worth_more(run.cost):
        return
    share = PROOF_SHARE if run.proof.relaxed else CLOSING_SHARE  # no plan comes out of a relaxed bound
    seconds = None if run.watch.left is None else share * run.watch.left
    watch = Stopwatch(seconds, run.watch.cpu)
    better = run.proof.tighten(run.cost, watch, _for(run, seconds), run.should_stop)
    if better is not None:
        run.offer(better, "proof")
    run.report("proof")


def _choose(run: Run) -> None:
    """The best plan out of all routes met. Its seconds are always those of the wall: the solver looks at its own
    clock more often than at anybody else's."""
    if run.watch.over or not run.pool.columns:
        return
    limits = _for(run, None)
    if run.watch.left is not None:
        limits = replace(limits, seconds=_choice_seconds(run), iterations=None, cpu=False)
    before = run.cost
    choice = choose(run.pool, run.tours, limits, None, run.should_stop)
    run.offer(choice.tours, "choice among routes")
    run.rest.note(run.cost < before)


def _choice_seconds(run: Run) -> float:
    left = run.watch.left or 0.0
    return max(0.05, min(left, max(LEAST_CHOICE, CHOICE_SHARE * run.searched)))


def _plan(run: Run, whole: Day) -> Plan:
    """The answer; `whole` is the day with the orders that are out of reach."""
    day, timed = run.day, pinned(run.day, run.pins) if run.pins else run.day
    idle = [list(members) for members in day.members]
    assigned = [(idle[k].pop(0), (k, sequence)) for k, sequence in sorted(run.tours)]
    known = [
        (vehicle, tour)
        for (vehicle, _), tour in zip(assigned, renumbered([t for _, t in assigned], day, whole), strict=True)
    ]
    served = {n for _, (_, sequence) in known for n in whole.served(sequence)}
    left = [n for n in range(len(whole.problem.orders)) if n not in served]
    routes: list[Route] = [timetable(timed, k, vehicle, sequence) for vehicle, (k, sequence) in assigned]
    order = {vehicle.id: at for at, vehicle in enumerate(day.problem.vehicles)}
    routes.sort(key=lambda route: order[route.vehicle])
    cost, bound = day.money(run.cost - run.prizes_left()), run.money_bound()
    status = Status.OPTIMAL if run.proved else Status.FEASIBLE
    if not served:
        status = Status.INFEASIBLE
    outcome = Outcome(status, cost, bound, relative_gap(cost, bound), run.watch.seconds, run.watch.cpu_seconds)
    return Plan(outcome, tuple(routes), reasons(whole, known, left), EXACT if run.proved else run.proof.note)
