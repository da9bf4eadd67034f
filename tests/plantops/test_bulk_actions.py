"""One action on many rows: tried out without a trace, refused row by row, stale rows left alone."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from housekeeping import requests
from housekeeping.desk_models import Request, RequestState
from housekeeping.lists import REQUESTS
from housekeeping.requests import NewRequest
from plantops import bulk_actions, jobs, listing_params
from plantops.context import Context
from plantops.errors import Forbidden, Invalid, NotFound
from plantops.places import Site
from tests.houses import Someone

pytestmark = pytest.mark.db

ACCEPT = bulk_actions.action_of(REQUESTS, "accept")
REFUSE = bulk_actions.action_of(REQUESTS, "refuse")


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
    assert [(one.label, "refused" in one.reason) for one in trial.refused] == [(numbers[3], True)]
    assert states(boss, ids) == [RequestState.NEW] * 3 + [RequestState.REFUSED]


def test_the_worker_does_what_it_can_and_tells_the_rest(ctx: Someone) -> None:
    boss = ctx(as_="facility_manager")
    made = reported(boss, 3)
    rows = [[one.id, one.version] for one in made]
    requests.accept(boss, made[1].id, made[1].version, 2)  # somebody was quicker
    number = made[1].number
    done = bulk_actions.act_by_worker(boss, REQUESTS.name, "refuse", rows, "We move out")
    assert done.message == "Refuse: 2 done, 1 refused." and list(done.result) == [number]
    assert "changed" in done.result[number]
    wanted = [RequestState.REFUSED, RequestState.ACCEPTED, RequestState.REFUSED]
    assert states(boss, [row[0] for row in rows]) == wanted


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
