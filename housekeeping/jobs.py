"""What the worker does for housekeeping."""

from __future__ import annotations

from housekeeping import boards, rosters
from housekeeping.optimise.model import Plan
from plantops import codes, documents, files, places
from plantops.context import Context, within
from plantops.engines import EngineFailed, Limits, ProgressReport, in_child
from plantops.errors import Invalid
from plantops.jobs import Computation, Done, Reporter
from plantops.wording import day_and_month, plural, say

ENGINE = "housekeeping.optimise.roster:solve"
MEMORY_MB = 2000
GETTING_READY = "housekeeping.optimise.roster:get_ready"


@within("the job of a roster that somebody or an absence asked for")
def propose_roster(ctx: Context, roster_id: int) -> Computation[Plan | str]:
    """Reads the weeks, computes with no transaction open, keeps the answer as a proposal."""
    problem, seconds, seed = rosters.begin(ctx, roster_id)

    def compute(reporter: Reporter) -> Plan | str:
        def tell(news: ProgressReport) -> None:
            reporter.found(news.seconds, news.incumbent, news.bound)
            reporter.thinks(news.seconds, seconds, news.message)

        try:
            answer: Plan = in_child(
                ENGINE, problem, Limits(seconds=seconds, seed=seed), tell, lambda: reporter.stop, MEMORY_MB
            )
        except (Invalid, EngineFailed) as error:
            return str(error)
        return answer

    def then(ctx: Context, answer: Plan | str) -> Done:
        link = f"/housekeeping/rosters/{roster_id}"
        if isinstance(answer, str):
            rosters.fail(ctx, roster_id, answer)
            return Done(say("No roster: {answer}", answer=answer), link)
        kept = rosters.keep(ctx, roster_id, answer)
        missing = sum(hole.missing for hole in kept.holes)
        unfilled = plural("{n} place not filled", "{n} places not filled", missing)
        return Done(
            say(
                "Roster {first_day} to {last_day}: {unfilled}.",
                first_day=day_and_month(kept.first_day),
                last_day=day_and_month(kept.last_day),
                unfilled=unfilled,
            ),
            link,
        )

    return Computation(compute, then)


@within("the sheet of codes that somebody asked for")
def print_codes(ctx: Context, site_id: int) -> Computation[bytes]:
    """Every place of a site with the code for its door, to be cut out; drawn with no transaction open."""
    doors = boards.door_codes(ctx, site_id)
    title, zone = say("Codes of {site}", site=places.site(ctx, site_id).name), ctx.zone

    def draw(_telling: Reporter) -> bytes:
        pictures = {str(door.id): codes.qr_png(door.url, scale=6) for door in doors}
        paper = documents.Paper("housekeeping", "codes.html", title, {"doors": doors}, pictures, zone=zone)
        return documents.pdf(paper)

    def then(later: Context, content: bytes) -> Done:
        boards.door_codes(later, site_id)  # the right to print them may have been taken back meanwhile
        file = files.keep(later, f"codes-{later.today}.pdf", content)
        return Done(
            plural("{n} code is ready to be printed.", "{n} codes are ready to be printed.", len(doors)),
            f"/files/{file.id}",
        )

    return Computation(draw, then)


@within("the first work of a new plant's worker")
def get_ready(_ctx: Context) -> Computation[None]:
    """Compiles the planner's inner loops, half a minute of work, before somebody waits for them."""

    def compute(reporter: Reporter) -> None:
        in_child(GETTING_READY, None, Limits(), None, lambda: reporter.stop, MEMORY_MB)

    def then(_later: Context, _nothing: None) -> Done:
        return Done(say("The roster planner is ready."))

    return Computation(compute, then)
