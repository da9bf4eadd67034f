"""What the worker does for transport."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from plantops import documents, files
from plantops.context import Context, within
from plantops.engines import EngineFailed, Limits, ProgressReport, in_child
from plantops.errors import Stale
from plantops.jobs import Computation, Done, Reporter
from plantops.wording import plural, say
from transport import boards, plans, replans
from transport.models import Plan
from transport.optimise.model import BadProblem
from transport.optimise.model import Plan as Answer

ENGINE = "transport.optimise.routes:solve"
REST = "transport.optimise.replanning:replan"
GETTING_READY = "transport.optimise.proof:get_ready"
MEMORY_MB = 2000


@within("the job of a plan that somebody asked for")
def plan_day(ctx: Context, plan_id: int) -> Computation[Answer | str]:
    """Reads the day, computes with no transaction open, keeps the answer as a draft."""
    asked, seconds, seed = plans.begin(ctx, plan_id)

    def keep(ctx: Context, answer: Answer) -> Plan:
        return plans.keep(ctx, plan_id, asked, answer)

    return _computing(plan_id, Thinking(ENGINE, asked.problem, seconds, seed), keep)


@within("the job of a plan whose rest somebody asked to be planned anew")
def plan_anew(ctx: Context, plan_id: int) -> Computation[Answer | str]:
    """Reads the day and the plan as it stands, computes with no transaction open, keeps the answer beside it."""
    question, day, seconds, seed = replans.begin(ctx, plan_id)

    def keep(ctx: Context, answer: Answer) -> Plan:
        return replans.keep(ctx, plan_id, day, answer)

    return _computing(plan_id, Thinking(REST, question, seconds, seed), keep)


@dataclass(frozen=True)
class Thinking:
    """What a child process is asked: an engine, its question, the seconds to think, and the seed."""

    engine: str
    question: object
    seconds: int
    seed: int


def _computing(plan_id: int, asked: Thinking, keep: Callable[[Context, Answer], Plan]) -> Computation[Answer | str]:
    def compute(reporter: Reporter) -> Answer | str:
        def tell(news: ProgressReport) -> None:
            reporter.found(news.seconds, news.incumbent, news.bound)
            reporter.thinks(news.seconds, asked.seconds, plans.in_words(news.incumbent, news.bound, news.gap))

        limits = Limits(seconds=asked.seconds, seed=asked.seed)
        try:
            answer = in_child(asked.engine, asked.question, limits, tell, lambda: reporter.stop, MEMORY_MB)
        except (BadProblem, EngineFailed) as error:
            return str(error)
        return answer if isinstance(answer, Answer) else cast(Answer, answer.plan)

    def then(ctx: Context, answer: Answer | str) -> Done:
        if isinstance(answer, str):
            plans.fail(ctx, plan_id, answer)
            return Done(say("No plan: {answer}", answer=answer), f"/transport/plans/{plan_id}")
        kept = keep(ctx, answer)
        return Done(
            say(
                "Plan for {day} {day2:%b %Y}: {trips}, {orders} left out.",
                day=kept.day.day,
                day2=kept.day,
                trips=plural("{n} trip", "{n} trips", len(kept.trips)),
                orders=plural("{n} order", "{n} orders", len(kept.left_out)),
            ),
            f"/transport/plans/{plan_id}",
        )

    return Computation(compute, then)


@within("the manifest of a plan that was published or that somebody wants on paper")
def print_manifest(ctx: Context, plan_id: int) -> Computation[bytes]:
    """Draws the manifest with no transaction open and hangs it on the plan, unless that changed meanwhile."""
    sheet = boards.sheet(ctx, plan_id)

    def clock(moment: datetime) -> str:
        return f"{moment.astimezone(ctx.zone):%H:%M}"

    paper = documents.Paper(
        "transport",
        "manifest.html",
        say("Manifest {day}", day=sheet.plan.day),
        {"sheet": sheet, "clock": clock},
        zone=ctx.zone,
    )

    def draw(_telling: Reporter) -> bytes:
        return documents.pdf(paper)

    def then(later: Context, content: bytes) -> Done:
        if boards.sheet(later, plan_id).plan.version != sheet.plan.version:
            raise Stale(say("The plan was changed while its manifest was drawn. It is drawn again."))
        file = files.keep(later, f"manifest-{sheet.plan.day}-plan-{plan_id}.pdf", content)
        files.attach(later, f"transport_plan:{plan_id}", file.id)
        return Done(say("The manifest is ready."), f"/transport/plans/{plan_id}")

    return Computation(draw, then)


@within("the first work of a new plant's worker")
def get_ready(_ctx: Context) -> Computation[None]:
    """Compiles the planner's inner loops, half a minute of work, before somebody waits for them."""

    def compute(reporter: Reporter) -> None:
        in_child(GETTING_READY, None, Limits(), None, lambda: reporter.stop, MEMORY_MB)

    def then(_later: Context, _nothing: None) -> Done:
        return Done(say("The route planner is ready."))

    return Computation(compute, then)
