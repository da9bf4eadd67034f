"""Jobs: nothing runs before the commit, nothing counts twice, and a dead worker's job runs again once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from plantops import jobs, people, worker
from plantops.core import House
from plantops.errors import Conflict, Forbidden, Invalid, NotFound
from plantops.jobs import JobRun, State
from plantops.places import CostCentre
from plantops.worker import Worker
from tests.houses import Someone
from tests.plantops import job_house
from tests.plantops.job_house import QUICK, with_jobs

pytestmark = pytest.mark.db


@pytest.fixture
def shop(plant: House) -> House:
    job_house.FAILURES.clear()
    job_house.GATE.clear()
    return with_jobs(plant)


@contextmanager
def working(house: House) -> Iterator[Worker]:
    made = Worker(house, QUICK)
    thread = threading.Thread(target=made.forever)
    thread.start()
    try:
        yield made
    finally:
        made.stop()
        thread.join(40)
        assert not thread.is_alive()


def enqueue(house: House, name: str, *, lock: str | None = None, **arguments: Any) -> int:
    with house.acting() as ctx:
        return ctx.enqueue(f"testing.{name}", lock=lock, **arguments)


def run_of(house: House, run_id: int) -> JobRun:
    with house.acting() as ctx:
        return jobs.one(ctx, run_id)


def until(house: House, run_id: int, *states: State, seconds: float = 40) -> JobRun:
    end = time.monotonic() + seconds
    while (run := run_of(house, run_id)).state not in states:
        assert time.monotonic() < end, f"the job is {run.state}: {run.message} {run.error}"
        time.sleep(0.05)
    return run


def marks(house: House, code: str) -> int:
    with house.acting() as ctx:
        return ctx.session.scalar(sa.select(sa.func.count()).where(CostCentre.code == code)) or 0


def abandoned(house: House) -> None:
    with house.acting() as ctx:
        ctx.enqueue("testing.mark", code="LOST")
        raise Conflict("the action fails after it enqueued")


def test_a_job_runs_after_the_commit_and_tells_what_came_out(shop: House) -> None:
    with pytest.raises(Conflict):
        abandoned(shop)
    run_id = enqueue(shop, "mark", code="M1")
    with working(shop):
        run = until(shop, run_id, State.DONE)
    assert (run.message, run.link, run.result, run.attempts) == ("made M1", "/somewhere", {"code": "M1"}, 1)
    assert run.started_at
    assert run.finished_at
    assert marks(shop, "M1") == 1
    assert marks(shop, "LOST") == 0
    with shop.acting() as ctx:
        assert len(jobs.list_runs(ctx)) == 1
        assert ctx.session.scalar(sa.text("SELECT count(*) FROM procrastinate_jobs")) == 0


def test_a_job_runs_with_the_rights_of_who_asked_for_it(shop: House) -> None:
    with shop.acting() as ctx:
        bob = people.add_user(ctx, "bob", "Bob")
    with shop.acting(bob.id) as ctx:
        own = ctx.enqueue("testing.mark", code="BOB")
        listener = ctx.as_system().enqueue("testing.mark", code="SYS")
    with working(shop):
        until(shop, own, State.DONE)
        until(shop, listener, State.DONE)
    with shop.acting() as ctx:
        names = {made.code: made.name for made in ctx.session.scalars(sa.select(CostCentre))}
        assert (names["BOB"], names["SYS"]) == ("by bob", "by system")
        assert {run.asked_by_id for run in jobs.list_runs(ctx)} == {bob.id}


def test_what_is_told_too_soon_after_a_question_is_noted_with_the_next(shop: House) -> None:
    """Engines ask twenty times a second whether to stop; what they tell in between must not get lost."""
    run_id = enqueue(shop, "mark", code="M2")
    telling = jobs.Reporter(shop.database, run_id)
    assert not telling.stop
    assert telling.tell(0.4, "4 of 10")
    assert run_of(shop, run_id).progress is None
    time.sleep(jobs.TELL_EVERY_SECONDS)
    assert not telling.stop
    run = run_of(shop, run_id)
    assert (float(run.progress or 0), run.message) == (0.4, "4 of 10")


def test_an_engine_with_a_limit_gets_on_while_it_finds_nothing(shop: House) -> None:
    run_id = enqueue(shop, "mark", code="M3")
    telling = jobs.Reporter(shop.database, run_id)
    telling.thinks(5.0, 10.0, "Best so far 110.60.")
    first = run_of(shop, run_id).progress or 0
    time.sleep(jobs.TELL_EVERY_SECONDS)
    assert not telling.stop
    assert 0.5 <= first < (run_of(shop, run_id).progress or 0) <= 1


def test_an_unknown_name_is_refused(ctx: Someone) -> None:
    with pytest.raises(Invalid, match=r"no job purchasing\.does_not_exist"):
        ctx().enqueue("purchasing.does_not_exist")


def test_two_with_the_same_lock_are_one_while_the_first_waits(shop: House) -> None:
    first = enqueue(shop, "mark", lock="plan:7", code="L1")
    assert enqueue(shop, "mark", lock="plan:7", code="L2") == first
    assert enqueue(shop, "mark", lock="plan:8", code="L3") != first
    with working(shop):
        until(shop, first, State.DONE)
    assert (marks(shop, "L1"), marks(shop, "L2")) == (1, 0)
    assert enqueue(shop, "mark", lock="plan:7", code="L2") != first


def test_two_with_the_same_lock_never_run_at_the_same_time(shop: House) -> None:
    with working(shop):
        first = enqueue(shop, "wait_at_gate", lock="plan:9", code="G1")
        until(shop, first, State.RUNNING)
        second = enqueue(shop, "mark", lock="plan:9", code="G2")
        time.sleep(0.6)
        assert run_of(shop, second).state is State.QUEUED
        job_house.GATE.set()
        until(shop, first, State.DONE)
        until(shop, second, State.DONE)


def test_several_who_ask_at_once_ask_for_one(shop: House) -> None:
    together = threading.Barrier(4)

    def ask(number: int) -> int:
        with shop.acting() as ctx:
            together.wait(10)
            return ctx.enqueue("testing.mark", lock="plan:12", code=f"A{number}")

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(ask, range(4)))) == 1
    with shop.acting() as ctx:
        assert ctx.session.scalar(sa.select(sa.func.count()).where(JobRun.lock == "plan:12")) == 1


def test_what_was_asked_for_again_begins_after_that_is_committed(shop: House) -> None:
    """Else it would not see what the second one did, and nobody would look again."""
    first = enqueue(shop, "mark", lock="plan:13", code="B1")
    with ThreadPoolExecutor(1) as pool:
        with shop.acting() as ctx:
            assert ctx.enqueue("testing.mark", lock="plan:13", code="B1") == first
            attempt = pool.submit(worker.run, shop, first)
            wait_until(lambda: somebody_waits(shop) or attempt.done())
            assert run_of(shop, first).state is State.QUEUED
        attempt.result(20)
    assert run_of(shop, first).state is State.DONE


def test_a_job_that_is_tried_again_keeps_its_lock(shop: House) -> None:
    slow = replace(QUICK, first_retry=60)
    run_id = enqueue(shop, "fail_twice", lock="plan:10", code="R1")
    with pytest.raises(worker.TryAgain):
        worker.run(shop, run_id, pace=slow)
    assert run_of(shop, run_id).lock == "plan:10"
    assert enqueue(shop, "mark", lock="plan:10", code="R2") == run_id


def test_a_job_that_is_tried_again_stands_beside_a_newer_one_with_its_lock(shop: House) -> None:
    first, stopping = enqueue(shop, "wait_for_stop", lock="plan:11", keep=True), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        attempt = pool.submit(worker.run, shop, first, stopping=stopping)
        until(shop, first, State.RUNNING)
        newer = enqueue(shop, "mark", lock="plan:11", code="R3")
        stopping.set()
        with pytest.raises(worker.TryAgain):
            attempt.result(20)
    waiting = [run_of(shop, first), run_of(shop, newer)]
    assert first != newer
    assert [(run.state, run.lock, run.attempts) for run in waiting] == [(State.QUEUED, "plan:11", 0)] * 2
    assert enqueue(shop, "mark", lock="plan:11", code="R4") == first


def test_a_passing_fault_is_tried_again_and_leaves_nothing_behind(shop: House) -> None:
    run_id = enqueue(shop, "fail_twice", code="F1")
    with working(shop):
        run = until(shop, run_id, State.DONE)
    assert (run.attempts, run.error, marks(shop, "F1")) == (3, None, 1)


def test_a_job_that_is_broken_fails_visibly_and_can_be_repeated(shop: House) -> None:
    run_id = enqueue(shop, "fail_always", code="F2")
    with working(shop):
        run = until(shop, run_id, State.FAILED)
    assert (run.attempts, marks(shop, "F2")) == (2, 0)
    assert run.error == "The program failed: RuntimeError: it is broken"
    with shop.acting() as ctx:
        repeated = jobs.again(ctx, run_id)
        assert jobs.one(ctx, repeated).arguments == {"code": "F2"}
        with pytest.raises(Conflict, match="this one is queued"):
            jobs.again(ctx, repeated)


def test_a_refusal_is_not_tried_again(shop: House) -> None:
    run_id = enqueue(shop, "refuse")
    with working(shop):
        run = until(shop, run_id, State.FAILED)
    assert (run.attempts, run.error) == (1, "The order is closed already.")


@pytest.mark.parametrize(("keep", "state", "kept"), [(True, State.DONE, 1), (False, State.CANCELLED, 0)])
def test_a_running_job_is_told_to_stop(shop: House, keep: bool, state: State, kept: int) -> None:
    run_id = enqueue(shop, "wait_for_stop", keep=keep)
    with working(shop):
        until(shop, run_id, State.RUNNING)
        end = time.monotonic() + 10
        while not (run := run_of(shop, run_id)).progress:
            assert time.monotonic() < end
            time.sleep(0.05)
        assert run.message.startswith("step ")
        with shop.acting() as ctx:
            jobs.cancel(ctx, run_id)
        until(shop, run_id, state)
    assert marks(shop, "STOPPED") == kept


def test_a_waiting_job_that_is_stopped_never_starts(shop: House) -> None:
    run_id = enqueue(shop, "mark", code="C1")
    with shop.acting() as ctx:
        assert jobs.cancel(ctx, run_id).state is State.CANCELLED
        with pytest.raises(Conflict, match="it is cancelled"):
            jobs.cancel(ctx, run_id)
    with working(shop):
        until(shop, enqueue(shop, "mark", code="C2"), State.DONE)
    assert marks(shop, "C1") == 0


def test_long_thinking_holds_no_transaction_open(shop: House) -> None:
    run_id = enqueue(shop, "think", code="T1")
    with working(shop):
        run = until(shop, run_id, State.DONE)
    assert (run.message, marks(shop, "T1")) == ("102", 1)


def test_a_run_that_is_over_does_nothing_when_it_is_delivered_twice(shop: House) -> None:
    run_id = enqueue(shop, "mark", code="D1")
    worker.run(shop, run_id)
    worker.run(shop, run_id)
    assert (run_of(shop, run_id).attempts, marks(shop, "D1")) == (1, 1)


def test_a_worker_that_was_thought_dead_does_not_count(shop: House) -> None:
    run_id = enqueue(shop, "wait_at_gate", code="S1")
    slow = threading.Thread(target=worker.run, args=(shop, run_id))
    slow.start()
    until(shop, run_id, State.RUNNING)
    with shop.database.transaction() as session:  # another worker claims it meanwhile
        session.execute(sa.update(JobRun).values(attempts=JobRun.attempts + 1))
    job_house.GATE.set()
    slow.join()
    assert (run_of(shop, run_id).state, marks(shop, "S1")) == (State.RUNNING, 0)


def test_a_job_of_a_killed_worker_runs_again_once(shop: House, tmp_path: Path) -> None:
    started = tmp_path / "started"
    run_id = enqueue(shop, "mark_slowly", code="K1", started=str(started))
    command = [sys.executable, "-m", "tests.plantops.job_house", shop.database.url, str(tmp_path)]
    killed = subprocess.Popen(command)
    try:
        wait_until(started.exists)
    finally:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    (tmp_path / "started.again").touch()
    assert run_of(shop, run_id).state is State.RUNNING
    with working(shop):
        run = until(shop, run_id, State.DONE)
    assert (run.attempts, marks(shop, "K1")) == (2, 1)


def test_a_stopped_worker_leaves_its_job_for_the_next_one(shop: House) -> None:
    run_id = enqueue(shop, "wait_for_stop", keep=True)
    with working(shop):
        until(shop, run_id, State.RUNNING)
    run = run_of(shop, run_id)
    assert (run.state, run.attempts, marks(shop, "STOPPED")) == (State.QUEUED, 0, 0)
    with shop.acting() as ctx:
        jobs.cancel(ctx, run_id)


def test_a_run_that_the_queue_forgot_is_brought_back(shop: House) -> None:
    run_id = enqueue(shop, "mark", code="Q1")
    with shop.database.transaction() as session:
        session.execute(sa.text("DELETE FROM procrastinate_jobs"))
        session.execute(sa.update(JobRun).values(queued_at=sa.text("now() - interval '1 minute'")))
    with working(shop):
        until(shop, run_id, State.DONE)
    assert marks(shop, "Q1") == 1


def test_the_worker_waits_for_a_database_that_goes_away(shop: House) -> None:
    with working(shop):
        until(shop, enqueue(shop, "mark", code="W1"), State.DONE)
        with shop.database.engine.connect() as connection:
            connection.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        shop.database.dispose()  # the test's own connections are dead too, and it is no worker
        until(shop, enqueue(shop, "mark", code="W2"), State.DONE, seconds=60)


def test_people_see_and_stop_their_own_jobs_only(ctx: Someone) -> None:
    system = ctx()
    system.registry = with_jobs(House(system.registry, system.database, system.settings)).registry
    asker, other, manager = ctx("employee"), ctx("employee", login="other"), ctx("administrator")
    asker.registry = system.registry
    run_id = asker.enqueue("testing.mark", code="P1")
    assert [run.id for run in jobs.list_runs(asker, only_open=True)] == [run_id]
    assert jobs.list_runs(other) == []
    with pytest.raises(NotFound):
        jobs.cancel(other, run_id)
    with pytest.raises(Forbidden, match="It takes the right “manage job”"):
        jobs.cancel(ctx("auditor"), run_id)
    assert jobs.cancel(manager, run_id).state is State.CANCELLED


def test_jobs_that_nobody_takes_are_noticed(shop: House) -> None:
    enqueue(shop, "mark", code="O1")
    with shop.acting() as ctx:
        ctx.session.execute(sa.update(JobRun).values(queued_at=sa.text("now() - interval '10 minutes'")))
        assert jobs.overdue(ctx) == 1


def somebody_waits(house: House) -> bool:
    waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with house.acting() as ctx:
        return bool(ctx.session.scalar(sa.text(waits)))


def wait_until(done: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_old_jobs_are_forgotten(ctx: Someone) -> None:
    system = ctx()
    for name, state, days, lock in (
        ("core.seal_audit", State.DONE, 3, "schedule:core.seal_audit@0"),
        ("core.seal_audit", State.DONE, 1, "schedule:core.seal_audit@0"),
        ("core.send_mail", State.DONE, 3, None),
        ("core.send_mail", State.DONE, 91, None),
        ("core.send_mail", State.FAILED, 91, None),
    ):
        ended = system.now - timedelta(days=days)
        system.session.add(
            JobRun(
                name=name, arguments={}, state=state, lock=lock, acts_as_id=1, asked_by_id=1, queued_at=ended,
                finished_at=ended,
            )
        )  # fmt: skip
    system.session.flush()
    assert jobs.tidy(system).message == "2 jobs forgotten"
    assert len(jobs.list_runs(system)) == 3


def test_the_worker_command_works_and_ends_when_it_is_told(plant: House, tmp_path: Path) -> None:
    with plant.acting() as ctx:
        run_id = ctx.enqueue("core.tidy_jobs")
    environ = {**os.environ, "PLANTOPS_DATABASE_URL": plant.database.url, "PLANTOPS_DATA": str(tmp_path)}
    worker = subprocess.Popen([sys.executable, "-m", "plantops.cli", "worker"], env=environ, stderr=subprocess.PIPE)
    try:
        assert until(plant, run_id, State.DONE, seconds=90).message == "0 jobs forgotten"
        worker.send_signal(signal.SIGTERM)
        _, log = worker.communicate(timeout=40)
    finally:
        worker.kill()
        worker.wait()
    assert worker.returncode == 0, log.decode()[-2000:]
    assert b"the worker ends" in log
