"""A house with a module of test jobs, and a worker process on it that can be killed."""

from __future__ import annotations

import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from plantops import places
from plantops.context import Context
from plantops.core import House, open_house
from plantops.errors import Conflict
from plantops.jobs import Cancelled, Computation, Done, Reporter, reporter
from plantops.module import Job, Module, Registry, Schedule
from plantops.places import CostCentre, Site
from plantops.settings import Settings
from plantops.worker import Pace, Worker

QUICK = Pace(poll=0.2, heartbeat=0.3, dead_after=3.0, sweep=0.3, tick=0.2, first_retry=0.1, grace=1.0, reconnect=0.2)
FAILURES: list[str] = []
GATE = threading.Event()


def note(ctx: Context, code: str) -> None:
    """What a job did: a cost centre with this code."""
    site_id = ctx.session.scalars(sa.select(Site.id).order_by(Site.id)).first()
    places.add_cost_centre(ctx.as_system(), site_id or 0, code, f"by {ctx.user.login}")


def mark(ctx: Context, code: str) -> Done:
    note(ctx, code)
    return Done(f"made {code}", link="/somewhere", result={"code": code})


def mark_slowly(ctx: Context, code: str, started: str) -> None:
    note(ctx, code)
    Path(started).touch()
    time.sleep(60 if not Path(started + ".again").exists() else 0)


def fail_twice(ctx: Context, code: str) -> None:
    note(ctx, code)
    FAILURES.append(code)
    if len(FAILURES) < 3:
        raise RuntimeError("a passing fault")


def fail_always(ctx: Context, code: str) -> None:
    note(ctx, code)
    raise RuntimeError("it is broken")


def refuse(ctx: Context) -> None:
    raise Conflict("The order is closed already.")


def wait_for_stop(ctx: Context, keep: bool) -> Done:
    note(ctx, "STOPPED")
    telling = reporter(ctx)
    step = 0
    while telling.tell(min(step / 1000, 1.0), f"step {step}"):
        step += 1
        time.sleep(0.02)
    if not keep:
        raise Cancelled
    return Done("kept the best so far")


def think(ctx: Context, code: str) -> Computation[int]:
    before = ctx.session.scalar(sa.select(sa.func.count()).select_from(CostCentre)) or 0

    def compute(telling: Reporter) -> int:
        telling.tell(0.5, "thinking")
        return before + 100

    def then(later: Context, thought: int) -> Done:
        assert later.session is not ctx.session
        note(later, code)
        return Done(str(thought))

    return Computation(compute, then)


def wait_at_gate(ctx: Context, code: str) -> None:
    GATE.wait(10)
    note(ctx, code)


JOBS = Module(
    name="testing",
    title="Jobs of the tests",
    jobs={
        "mark": Job(mark, "Mark"),
        "mark_slowly": Job(mark_slowly, "Mark slowly"),
        "fail_twice": Job(fail_twice, "Fail twice"),
        "fail_always": Job(fail_always, "Fail always", retries=1),
        "refuse": Job(refuse, "Refuse"),
        "wait_for_stop": Job(wait_for_stop, "Wait"),
        "think": Job(think, "Think"),
        "wait_at_gate": Job(wait_at_gate, "Wait at the gate"),
    },
    schedules=(Schedule("testing.mark", at="06:00"),),
)


def with_jobs(house: House, module: Module = JOBS) -> House:
    """The same house with the test jobs, once, and without the core's own schedules."""
    quiet = tuple(replace(known, schedules=()) for known in house.registry.modules if known.name != module.name)
    house.registry = Registry((*quiet, module))
    return house


if __name__ == "__main__":
    url, data = sys.argv[1], Path(sys.argv[2])
    Worker(with_jobs(open_house(url, Settings.read(data, environ={}))), QUICK).forever()
