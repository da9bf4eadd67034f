"""What the worker does for transport."""

from __future__ import annotations

from plantops.context import Context, within
from plantops.engines import EngineFailed, Limits, ProgressReport, in_child
from plantops.jobs import Computation, Done, Reporter
from transport import plans
from transport.optimise.model import BadProblem
from transport.optimise.model import Plan as Answer

ENGINE = "transport.optimise.routes:solve"
MEMORY_MB = 2000


@within("the job of a plan that somebody asked for")
def plan_day(ctx: Context, plan_id: int) -> Computation[Answer | str]:
    """Reads the day, computes with no transaction open, keeps the answer as a draft."""
    asked, seconds, seed = plans.begin(ctx, plan_id)

    def compute(reporter: Reporter) -> Answer | str:
        def tell(news: ProgressReport) -> None:
            reporter.tell(min(1.0, news.seconds / seconds), plans.in_words(news.incumbent, news.bound, news.gap))

        limits = Limits(seconds=seconds, seed=seed)
        try:
            answer: Answer = in_child(ENGINE, asked.problem, limits, tell, lambda: reporter.stop, MEMORY_MB)
        except (BadProblem, EngineFailed) as error:
            return str(error)
        return answer

    def then(ctx: Context, answer: Answer | str) -> Done:
        if isinstance(answer, str):
            plans.fail(ctx, plan_id, answer)
            return Done(f"No plan: {answer}", f"/transport/plans/{plan_id}")
        kept = plans.keep(ctx, plan_id, asked, answer)
        return Done(
            f"Plan for {kept.day:%d %b %Y}: {len(kept.trips)} trips, {len(kept.left_out)} orders left out.",
            f"/transport/plans/{plan_id}",
        )

    return Computation(compute, then)
