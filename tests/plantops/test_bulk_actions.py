"""One action on many rows: tried out without a trace, refused row by row, stale rows left alone."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from housekeeping import requests
from housekeeping.desk_models import Request, RequestState
from housekeeping.lists import REQUESTS
from housekeeping.requests import NewRequest
from plantops import bulk_actions, jobs, listing_params, people, places, undo, worker
from plantops.context import Context
from plantops.core import House
from plantops.errors import Conflict, Forbidden, Invalid, NotFound
from plantops.listing import BulkAction
from plantops.places import Site
from tests.houses import NOW, Someone

pytestmark = pytest.mark.db

ACCEPT = bulk_actions.action_of(REQUESTS, "accept")
REFUSE = bulk_actions.action_of(REQUESTS, "refuse")
RESOLVE = bulk_actions.action_of(REQUESTS, "resolve")


def reported(ctx: Context, count: int) -> list[Request]:
    site_id = ctx.session.scalars(sa.select(Site.id).where(Site.code == "VER")).one()
    return [requests.report(ctx, site_id, NewRequest("Water and drains", f"Tap {n} drips.")) for n in range(count)]


def states(ctx: Context, ids: list[int]) -> list[RequestState]:
    ctx.session.expire_all()
    return [requests.request(ctx, id).state for id in ids]


def test_a_trial_tells_what_would_be_refused_and_changes_nothing(ctx: Someone) -> None:
    boss = ctx(as_="facility_manager")
    made = reported(boss, 4)
    requests.refuse(boss, made[3].id, made[3].version, "Not ours")
    ids = [one.id for one in made]
    numbers, asked = [one.number for one in made], listing_params.read(REQUESTS, {"state": "new,refused"})
    assert set(bulk_actions.matching(boss, REQUESTS, asked)) >= set(ids)
    trial = bulk_actions.try_out(boss, REQUESTS, ACCEPT, [*ids, 10**12])
    assert [id for id, _version in trial.rows] == ids[:3] and trial.untried == 0
    assert [id for id, _version in trial.asked] == ids, "what is refused now is tried again: the end tells of it, too"
    assert [(one.label, "refused" in one.reason) for one in trial.refused] == [(numbers[3], True)]
    assert states(boss, ids) == [RequestState.NEW] * 3 + [RequestState.REFUSED]


def test_the_worker_does_what_it_can_and_tells_the_rest(ctx: Someone) -> None:
    boss = ctx(as_="facility_manager")
    made = reported(boss, 3)
    rows = [[one.id, one.version] for one in made]
    requests.accept(boss, made[1].id, made[1].version, 2)  # somebody was quicker
    number = made[1].number
    done = bulk_actions.act_by_worker(boss, REQUESTS.name, "refuse", rows, "We move out").piece(boss, {})
    assert isinstance(done, jobs.Done)
    assert done.message == "Refuse: 2 done, 1 refused."
    assert done.result == {"done": 2, "refused": 1, number: done.result[number]}
    assert "changed" in done.result[number]
    wanted = [RequestState.REFUSED, RequestState.ACCEPTED, RequestState.REFUSED]
    assert states(boss, [row[0] for row in rows]) == wanted


def test_a_trial_ends_in_time_and_says_what_it_did_not_look_at(ctx: Someone, monkeypatch: pytest.MonkeyPatch) -> None:
    boss = ctx(as_="facility_manager")
    ids = [one.id for one in reported(boss, 3)]
    monkeypatch.setattr(bulk_actions, "TRIED_SECONDS", 0.0)
    assert bulk_actions.try_out(boss, REQUESTS, ACCEPT, ids).untried == 0, "what fits a page is always tried"
    monkeypatch.setattr(bulk_actions, "TRIED_ANYWAY", 1)
    trial = bulk_actions.try_out(boss, REQUESTS, ACCEPT, ids)
    assert (len(trial.rows), trial.tried, trial.untried) == (3, 1, 2)


def test_how_many_are_tried_does_not_depend_on_how_long_one_waits_for_the_machine(
    ctx: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = ctx(as_="facility_manager")
    ids = [one.id for one in reported(boss, 3)]
    monkeypatch.setattr(bulk_actions, "TRIED_ANYWAY", 1)
    monkeypatch.setattr(bulk_actions, "TRIED_SECONDS", 0.5)

    def waits(ctx: Context, id: int, version: int, reason: str) -> None:
        time.sleep(0.3)

    trial = bulk_actions.try_out(boss, REQUESTS, replace(ACCEPT, act=waits), ids)
    assert trial.untried == 0


def begun(plant: House, count: int) -> tuple[int, list[int]]:
    """The run of a facility manager who accepts so many requests, and their ids."""
    with plant.acting() as ctx:
        boss = people.add_user(ctx, "boss", "Boss").id
        people.grant(ctx, boss, "facility_manager")
    with plant.acting(boss) as ctx:
        rows = tuple((one.id, one.version) for one in reported(ctx, count))
        return bulk_actions.begin(ctx, REQUESTS, ACCEPT, rows), [id for id, _version in rows]


def accepted(plant: House, ids: list[int]) -> list[int]:
    """How often each was accepted."""
    steps = sa.text(
        "SELECT count(t.id) FROM unnest(CAST(:ids AS bigint[])) AS wanted (id) LEFT JOIN core_transition t"
        " ON t.kind = 'housekeeping_request' AND t.row_id = wanted.id AND t.target = 'accepted'"
        " GROUP BY wanted.id ORDER BY wanted.id"
    )
    with plant.acting() as ctx:
        return list(ctx.session.scalars(steps, {"ids": ids}))


def waiting_for_a_row(plant: House) -> list[int]:
    """The backends of this database that wait for somebody's lock."""
    waits = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with plant.acting() as ctx:
        return list(ctx.session.scalars(sa.text(waits)))


def test_a_worker_that_dies_on_its_way_is_followed_by_one_that_goes_on_and_does_no_row_twice(
    plant: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_actions, "IN_ONE_PIECE", 3)
    run_id, ids = begun(plant, 8)
    with ThreadPoolExecutor(1) as pool:
        with plant.acting() as holding:
            holding.session.execute(sa.select(Request.id).where(Request.id == ids[4]).with_for_update())
            attempt = pool.submit(worker.run, plant, run_id)
            until = time.monotonic() + 60
            while not attempt.done() and time.monotonic() < until:
                for backend in waiting_for_a_row(plant):  # in the second three
                    with plant.acting() as ctx:
                        ctx.session.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": backend})
                time.sleep(0.05)
        with pytest.raises(worker.TryAgain):
            attempt.result(20)
    assert accepted(plant, ids) == [1, 1, 1, 0, 0, 0, 0, 0]
    worker.run(plant, run_id)
    assert accepted(plant, ids) == [1] * 8
    with plant.acting() as ctx:
        run = ctx.session.get_one(jobs.JobRun, run_id)
        assert (run.state, run.message) == (jobs.State.DONE, "Accept: 8 done, 0 refused.")


def test_stopped_on_its_way_what_is_done_stays_and_the_rest_is_told(
    plant: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_actions, "IN_ONE_PIECE", 3)
    monkeypatch.setattr(jobs, "TELL_EVERY_SECONDS", 0.0)
    run_id, ids = begun(plant, 8)
    with ThreadPoolExecutor(1) as pool:
        with plant.acting() as holding:
            holding.session.execute(sa.select(Request.id).where(Request.id == ids[4]).with_for_update())
            attempt = pool.submit(worker.run, plant, run_id)
            until = time.monotonic() + 60
            while not waiting_for_a_row(plant) and time.monotonic() < until:
                time.sleep(0.05)
            with plant.acting() as ctx:
                jobs.cancel(ctx, run_id)
        attempt.result(20)
    assert accepted(plant, ids) == [1, 1, 1, 1, 1, 0, 0, 0]
    with plant.acting() as ctx:
        run = ctx.session.get_one(jobs.JobRun, run_id)
        assert (run.state, run.message) == (jobs.State.DONE, "Accept: 5 done, 0 refused, 3 left as they were.")


def test_who_may_not_and_what_cannot_begin(ctx: Someone) -> None:
    boss, crew = ctx(as_="facility_manager"), ctx(as_="employee")
    (made,) = reported(boss, 1)
    rows = ((made.id, made.version),)
    with pytest.raises(Forbidden):
        bulk_actions.try_out(crew, REQUESTS, ACCEPT, [made.id])
    with pytest.raises(Forbidden):
        bulk_actions.begin(crew, REQUESTS, ACCEPT, rows)
    with pytest.raises(Forbidden):
        bulk_actions.act_by_worker(crew, REQUESTS.name, "accept", rows)
    assert bulk_actions.offered(crew, REQUESTS) == ()
    with pytest.raises(Invalid, match="Say why"):
        bulk_actions.begin(boss, REQUESTS, REFUSE, rows)
    with pytest.raises(Invalid, match="Pick 1 to"):
        bulk_actions.begin(boss, REQUESTS, ACCEPT, ())
    with pytest.raises(NotFound):
        bulk_actions.action_of(REQUESTS, "burn")
    run = bulk_actions.begin(boss, REQUESTS, ACCEPT, rows)
    assert bulk_actions.run_of(boss, run).run_at is None, "it can be undone afterwards"
    with pytest.raises(Conflict, match="it is not done"):
        bulk_actions.begin_undo(boss, run)
    run = bulk_actions.begin(boss, REQUESTS, RESOLVE, rows, "Sealed")
    waiting = bulk_actions.run_of(boss, run)
    assert waiting.run_at == boss.now + bulk_actions.HELD and waiting.state is jobs.State.QUEUED
    with pytest.raises(NotFound):
        bulk_actions.run_of(ctx(as_="facility_manager", login="other"), run)


def test_nobody_hears_of_a_trial(ctx: Someone) -> None:
    boss = ctx(as_="facility_manager")
    (made,) = reported(boss, 1)
    before = boss.session.scalar(sa.select(sa.func.count()).select_from(jobs.JobRun))
    bulk_actions.try_out(boss, REQUESTS, bulk_actions.action_of(REQUESTS, "resolve"), [made.id])
    after = boss.session.scalar(sa.select(sa.func.count()).select_from(jobs.JobRun))
    assert before == after
    steps = "SELECT count(*) FROM core_transition WHERE kind = 'housekeeping_request' AND row_id = :id"
    assert boss.session.scalar(sa.text(steps), {"id": made.id}) == 0


@pytest.mark.parametrize(
    ("action", "more", "why"),
    [
        (ACCEPT, {}, None),
        (RESOLVE, {}, "others were told of it already"),
        (ACCEPT, {"state": jobs.State.RUNNING}, "it is not done"),
        (ACCEPT, {"name": bulk_actions.BACK}, "it is not done"),
        (ACCEPT, {"finished_at": NOW - timedelta(seconds=31)}, "more than 30 seconds have passed"),
        (ACCEPT, {"result": {"done": 0, "refused": 3}}, "nothing was changed"),
    ],
)
def test_what_many_rows_can_be_undone(action: BulkAction, more: dict[str, object], why: str | None) -> None:
    known = {"name": bulk_actions.JOB, "state": jobs.State.DONE, "finished_at": NOW, "result": {"done": 3}}
    run = jobs.JobRun(**(known | more))
    assert bulk_actions.why_not_take_back(run, action, NOW) == why


def test_who_sends_the_ids_of_others_rows_learns_nothing_of_them(plant: House) -> None:
    with plant.acting() as ctx:
        (made,) = reported(ctx, 1)
        other = places.add_site(ctx, "SEC", "Second plant", zone="Europe/Luxembourg", currency="EUR", country="LU")
        boss = people.add_user(ctx, "boss", "Boss").id
        people.grant(ctx, boss, "facility_manager", site_id=other.id)
    with plant.acting(boss) as ctx:
        run_id = bulk_actions.begin(ctx, REQUESTS, RESOLVE, ((made.id, made.version), (10**6, 1)), "Sealed")
    worker.run(plant, run_id)
    with plant.acting(boss) as ctx:
        told = bulk_actions.run_of(ctx, run_id).result or {}
    assert set(told) == {"done", "refused", f"Request {made.id}", "Request 1000000"}


def test_an_undo_that_was_stopped_cannot_be_repeated_when_its_half_minute_is_over(plant: House) -> None:
    run_id, ids = begun(plant, 2)
    worker.run(plant, run_id)
    with plant.acting() as ctx:
        boss = ctx.session.get_one(jobs.JobRun, run_id).acts_as_id
    with plant.acting(boss) as ctx:
        jobs.cancel(ctx, bulk_actions.begin_undo(ctx, run_id))
        stopped = ctx.session.scalars(sa.select(jobs.JobRun.id).where(jobs.JobRun.name == bulk_actions.BACK)).one()
    plant.clock = lambda: NOW + timedelta(minutes=5)
    with plant.acting(boss) as ctx:
        later = jobs.again(ctx, stopped)
    worker.run(plant, later)
    with plant.acting(boss) as ctx:
        assert states(ctx, ids) == [RequestState.ACCEPTED] * 2
        assert "more than 30 seconds" in str(bulk_actions.run_of(ctx, later).error)


def test_what_was_done_is_undone_though_it_took_long_and_what_was_changed_since_stays(
    plant: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_actions, "IN_ONE_PIECE", 2)
    monkeypatch.setattr(undo, "SECONDS", 0)  # each row by itself is too old by now
    run_id, ids = begun(plant, 4)
    worker.run(plant, run_id)
    with plant.acting() as ctx:
        boss = ctx.session.get_one(jobs.JobRun, run_id).acts_as_id
    with plant.acting(boss) as ctx:
        made = requests.request(ctx, ids[1])
        requests.prioritise(ctx, ids[1], made.version, 1)
        back_id = bulk_actions.begin_undo(ctx, run_id)
    with plant.acting(boss) as ctx, pytest.raises(Conflict, match="undone before"):
        bulk_actions.begin_undo(ctx, run_id)
    worker.run(plant, back_id)
    with plant.acting(boss) as ctx:
        new, accepted_still = RequestState.NEW, RequestState.ACCEPTED
        assert states(ctx, ids) == [new, accepted_still, new, new]
        run = bulk_actions.run_of(ctx, back_id)
        assert run.message == "Accept: 3 undone, 1 stays as it is."
        assert bulk_actions.seconds_to_undo(ctx, bulk_actions.run_of(ctx, run_id)) == 0
