"""The desk: what may be reported, by when it is due, who decides, and that it settles once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from housekeeping import requests, workorders
from housekeeping.desk_models import Request, RequestState, WorkOrder, WorkState
from housekeeping.requests import NewRequest
from housekeeping.workorders import NewWork
from plantops import people, places
from plantops.context import Context
from plantops.core import House
from plantops.errors import Conflict, Forbidden, Invalid, NotFound, Stale, Throttled
from plantops.events import WorkWanted
from plantops.places import Kind, Place, Site
from tests.houses import NOW, Someone

pytestmark = pytest.mark.db

LEAK = NewRequest("Water and drains", "The tap drips.")


def site_id(ctx: Context) -> int:
    return ctx.session.scalars(sa.select(Site.id).where(Site.code == "VER")).one()


def hall(ctx: Someone) -> Place:
    return places.add_place(ctx(), site_id(ctx()), "H9", "Hall 9", Kind.BUILDING)


def test_a_report_without_words_or_category_is_refused_by_field(ctx: Someone) -> None:
    with pytest.raises(Invalid) as caught:
        requests.report(ctx(as_="employee"), site_id(ctx()), NewRequest("Gossip", " ", priority=9))
    assert set(caught.value.fields) == {"category", "text", "priority"}


def test_due_runs_in_desk_hours_and_priority_1_around_the_clock(ctx: Someone) -> None:
    friday = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)  # 16:00 at the plant; the desk closes at 17:00
    boss = ctx(as_="facility_manager", now=friday)
    taken = requests.report(boss, site_id(boss), LEAK)
    urgent = requests.accept(boss, taken.id, taken.version, 1)
    assert urgent.due_at == friday + timedelta(hours=4)
    second = requests.accept(boss, taken.id, taken.version, 2)
    # one hour on Friday, nine on Monday from 07:00: 16:00 at the plant
    assert second.due_at == datetime(2026, 11, 30, 15, 0, tzinfo=UTC)


def test_a_pause_moves_the_due_time_by_open_hours_only(ctx: Someone) -> None:
    friday = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
    boss = ctx(as_="facility_manager", now=friday)
    taken = requests.report(boss, site_id(boss), NewRequest(LEAK.category, LEAK.text, priority=2))
    before = taken.due_at
    requests.pause(boss, taken.id, taken.version, "waits for a part")
    with pytest.raises(Conflict, match="paused already"):
        requests.pause(boss, taken.id, taken.version, "again")
    monday = ctx(as_="facility_manager", now=datetime(2026, 11, 30, 7, 0, tzinfo=UTC))
    requests.resume(monday, taken.id, taken.version)
    # the pause took eight hours on Friday and one on Monday; the weekend does not count
    assert taken.due_at > before
    assert taken.due_at == datetime(2026, 12, 1, 7, 0, tzinfo=UTC)


def test_priority_1_does_not_pause(ctx: Someone) -> None:
    boss = ctx(as_="facility_manager")
    taken = requests.report(boss, site_id(boss), NewRequest(LEAK.category, LEAK.text, priority=1))
    with pytest.raises(Conflict, match="does not pause"):
        requests.pause(boss, taken.id, taken.version, "no part")


def test_reporters_see_their_own_and_decide_nothing(ctx: Someone) -> None:
    made = requests.report(ctx(as_="employee", login="ann"), site_id(ctx()), LEAK)
    assert requests.request(ctx(as_="employee", login="ann"), made.id).number == made.number
    with pytest.raises(NotFound):
        requests.request(ctx(as_="employee", login="bob"), made.id)
    with pytest.raises(Forbidden):
        requests.refuse(ctx(as_="employee", login="ann"), made.id, made.version, "no")


def test_the_code_at_a_place_takes_reports_without_login_and_so_many_an_hour(ctx: Someone) -> None:
    place = hall(ctx)
    made = requests.report_at(ctx(), place.token, NewRequest("Cleaning", "Spilt oil", contact="ext. 12", priority=1))
    assert (made.place_id, made.priority) == (place.id, requests.USUAL_PRIORITY)
    seen = requests.by_token(ctx(), made.token or "")
    assert (seen.place, seen.state) == ("Hall 9", RequestState.NEW)
    assert not hasattr(seen, "contact")
    for _ in range(requests.WITHOUT_LOGIN_PER_HOUR - 1):
        requests.report_at(ctx(), place.token, LEAK)
    with pytest.raises(Throttled, match="Call the gate"):
        requests.report_at(ctx(), place.token, LEAK)
    requests.report_at(ctx(now=NOW + timedelta(hours=1)), place.token, LEAK)


def test_a_wrong_code_tells_nothing(ctx: Someone) -> None:
    with pytest.raises(NotFound):
        requests.report_at(ctx(), "guess", LEAK)
    with pytest.raises(NotFound):
        requests.by_token(ctx(), "guess")


def test_two_at_the_desk_and_the_second_is_told(ctx: Someone) -> None:
    made = requests.report(ctx(as_="employee"), site_id(ctx()), LEAK)
    version = made.version
    requests.accept(ctx(as_="facility_manager"), made.id, version, 2)
    with pytest.raises(Stale):
        requests.refuse(ctx(as_="facility_manager", login="second"), made.id, version, "no")


def test_a_duplicate_names_the_first_and_never_itself(ctx: Someone) -> None:
    boss = ctx(as_="facility_manager")
    one, two = (requests.report(boss, site_id(boss), LEAK) for _ in range(2))
    with pytest.raises(Conflict, match="of itself"):
        requests.mark_duplicate(boss, one.id, one.version, one.number)
    requests.mark_duplicate(boss, two.id, two.version, one.number)
    with pytest.raises(Conflict, match="name the first"):
        requests.mark_duplicate(boss, one.id, one.version, two.number)


def test_the_last_work_order_settles_the_request(ctx: Someone) -> None:
    boss, cleaner = ctx(as_="facility_manager"), ctx(as_="cleaner")
    asked = requests.report(ctx(as_="employee"), site_id(boss), LEAK)
    one = workorders.open_for(boss, asked.id, NewWork("Change the washer", tasks=("Turn off", "Change", " ")))
    two = workorders.open_for(boss, asked.id, NewWork("Paint the wall"))
    assert [task.title for task in one.tasks] == ["Turn off", "Change"]
    workorders.start(cleaner, one.id, one.version)
    with pytest.raises(Conflict, match="2 of its tasks are not done"):
        workorders.finish(cleaner, one.id, one.version, "changed", Decimal(20))
    for task in one.tasks:
        workorders.tick(cleaner, one.id, one.version, task.id, True)
    workorders.finish(cleaner, one.id, one.version, "Washer changed", Decimal(20))
    assert asked.state is RequestState.ACCEPTED
    workorders.finish(boss, two.id, two.version, "Wall painted", Decimal(60))
    assert (asked.state, asked.resolution) == (RequestState.RESOLVED, "Wall painted")
    assert two.state is WorkState.DONE


def test_a_cleaner_sees_only_what_is_theirs_or_nobodys(ctx: Someone) -> None:
    boss = ctx(as_="facility_manager")
    ann, bob = ctx(as_="cleaner", login="ann"), ctx(as_="cleaner", login="bob")
    work = workorders.open_work(boss, site_id(boss), NewWork("Windows"), None, None)
    assert len(workorders.list_work(ann)) == 1
    workorders.assign(boss, work.id, work.version, bob.user.id)
    assert workorders.list_work(ann) == []
    assert workorders.list_work(bob)[0].assigned_to == "Bob"
    with pytest.raises(NotFound):
        workorders.start(ann, work.id, work.version)


def test_the_same_wish_of_another_module_is_asked_once(ctx: Someone) -> None:
    wish = WorkWanted(site_id(ctx()), None, "Repair VAN-1", "Gearbox", "transport_vehicle:1", 1)
    ctx(as_="facility_manager").emit(wish)
    ctx(as_="facility_manager").emit(wish)
    assert len(requests.list_requests(ctx(as_="facility_manager"))) == 1


def test_a_wish_of_two_at_once_is_one_request(plant: House) -> None:
    with plant.acting() as ctx:
        wish = WorkWanted(site_id(ctx), None, "Repair VAN-1", "Gearbox", "transport_vehicle:1", 1)
    both_are_in = threading.Barrier(2)

    def want(_: int) -> None:
        def work(ctx: Context) -> None:
            both_are_in.wait(10)
            ctx.emit(wish)
            time.sleep(0.3)  # neither is committed when the other one looks

        plant.run(work)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(want, range(2)))
    with plant.acting() as ctx:
        assert len(requests.list_requests(ctx)) == 1


def test_the_last_two_work_orders_finished_at_once_settle_the_request(plant: House) -> None:
    with plant.acting() as ctx:
        asked = requests.report(ctx, site_id(ctx), LEAK)
        pair = [workorders.open_for(ctx, asked.id, NewWork(title)) for title in ("Seal it", "Dry it")]
    both_are_in = threading.Barrier(2)

    def finish(order: WorkOrder) -> None:
        def work(ctx: Context) -> None:
            both_are_in.wait(10)
            workorders.finish(ctx, order.id, order.version, "done", Decimal(20))
            time.sleep(0.3)  # neither is committed when the other one looks

        plant.run(work)

    threads = [threading.Thread(target=finish, args=(order,)) for order in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with plant.acting() as ctx:
        assert ctx.session.get_one(Request, asked.id).state is RequestState.RESOLVED


def test_work_is_planned_at_a_place_of_the_site_for_somebody_who_does_it(ctx: Someone) -> None:
    boss = ctx(as_="facility_manager")
    north = places.add_site(ctx(), "NOR", "Depot North", zone="Europe/Oslo", currency="NOK", country="NO")
    dock = places.add_place(ctx(), north.id, "D1", "Dock", Kind.DOCK)
    with pytest.raises(Invalid) as caught:
        workorders.open_work(boss, site_id(boss), NewWork("Windows"), dock.id, None)
    assert set(caught.value.fields) == {"place_id"}
    auditor = ctx(as_="auditor").user.id
    with pytest.raises(Invalid, match="does not do work orders"):
        workorders.open_work(boss, site_id(boss), NewWork("Windows", assigned_to_id=auditor), None, None)


def test_work_is_given_to_who_may_do_it_at_its_site(ctx: Someone) -> None:
    boss = ctx(as_="facility_manager")
    north = places.add_site(ctx(), "NOR", "Depot North", zone="Europe/Oslo", currency="NOK", country="NO")
    bob = ctx(as_="cleaner", login="bob").user.id
    ctx(as_="employee", login="nils")
    nils = ctx.known["nils"]
    people.grant(ctx(), nils, "cleaner", site_id=north.id)
    assert {id for id, _ in workorders.workers(boss, site_id(boss))} == {bob, boss.user.id}
    assert {id for id, _ in workorders.workers(boss, north.id)} == {bob, boss.user.id, nils}
    work = workorders.open_work(boss, site_id(boss), NewWork("Windows"), None, None)
    with pytest.raises(Invalid, match="of this site"):
        workorders.assign(boss, work.id, work.version, nils)
    ctx(as_="employee", login="nora")
    people.grant(ctx(), ctx.known["nora"], "facility_manager", site_id=north.id)
    with pytest.raises(Forbidden):
        workorders.workers(ctx(as_="employee", login="nora"), site_id(boss))


def test_another_priority_moves_the_due_time_and_not_the_state(ctx: Someone) -> None:
    desk = ctx(as_="facility_manager")
    made = requests.report(desk, site_id(desk), NewRequest("Other", "The gate squeaks all day long"))
    before = made.due_at
    changed = requests.prioritise(desk, made.id, made.version, 1)
    assert changed.state is RequestState.NEW and changed.due_at < before
    with pytest.raises(Invalid, match="1 \\(danger\\) to 4"):
        requests.prioritise(desk, made.id, made.version, 5)
    requests.refuse(desk, made.id, made.version, "It is meant to squeak.")
    with pytest.raises(Conflict, match="refused already"):
        requests.prioritise(desk, made.id, made.version, 2)
    with pytest.raises(Forbidden):
        requests.prioritise(ctx(as_="requester", login="rob"), made.id, made.version, 2)


def test_taking_on_is_not_undone_once_work_was_ordered_for_it(ctx: Someone) -> None:
    boss = ctx(as_="facility_manager")
    asked = requests.report(boss, site_id(boss), LEAK)
    requests.accept(boss, asked.id, asked.version, 2)
    workorders.open_for(boss, asked.id, NewWork("Change the washer"))
    with pytest.raises(Conflict, match="there is a work order for it"):
        requests.take_step_back(boss, asked.id, asked.version)
    assert asked.state is RequestState.ACCEPTED


def test_a_cancelled_work_order_comes_back_only_while_its_request_is_open(ctx: Someone) -> None:
    boss = ctx(as_="facility_manager")
    one, two = (requests.report(boss, site_id(boss), LEAK) for _ in range(2))
    kept, dropped = (workorders.open_for(boss, one.id, NewWork(title)) for title in ("A washer", "Paint"))
    other = workorders.open_for(boss, two.id, NewWork("Look at the tap"))
    for order in (dropped, other):
        workorders.cancel(boss, order.id, order.version, "not needed")
    workorders.finish(boss, kept.id, kept.version, "Washer changed", Decimal(20))
    with pytest.raises(Conflict, match=f"request {one.number} is resolved"):
        workorders.take_step_back(boss, dropped.id, dropped.version)
    assert dropped.state is WorkState.CANCELLED
    assert workorders.take_step_back(boss, other.id, other.version).state is WorkState.PLANNED
