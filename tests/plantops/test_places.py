"""Sites, places and cost centres: every code once, nothing hung across sites, one site's keeper keeps to it."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest

from plantops import jobs, options, outbox, people, places
from plantops.approval_rules import RuleFacts, add_rule
from plantops.context import Context
from plantops.core import House
from plantops.errors import Conflict, Forbidden, Invalid, NotFound
from plantops.permissions import Can
from plantops.places import Kind, Site
from tests.houses import Someone
from tests.plantops.approving import centre, verrin

pytestmark = pytest.mark.db
WHERE = {"zone": "Europe/Oslo", "currency": "NOK", "country": "NO"}


def north(ctx: Context) -> Site:
    return places.add_site(ctx, "NOR", "Depot North", **WHERE)  # type: ignore[arg-type]


def keeper_of(ctx: Someone, site_id: int) -> Context:
    """An administrator of one site only."""
    keeper = people.add_user(ctx(), "kim", "Kim")
    people.grant(ctx(), keeper.id, "administrator", site_id=site_id)
    ctx.known["kim"] = keeper.id
    return ctx("employee", login="kim")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("zone", "Europe/Nowhere"),
        ("zone", "../../etc/passwd"),
        ("currency", "EURO"),
        ("country", "lux"),
        ("name", "  "),
        ("latitude", Decimal(91)),
        ("longitude", Decimal(-181)),
        ("code", " "),
    ],
)
def test_a_site_that_cannot_be_is_refused_by_field(ctx: Someone, field: str, value: object) -> None:
    facts: dict[str, object] = {"code": "NOR", "name": "Depot North", **WHERE, field: value}
    with pytest.raises(Invalid) as refused:
        places.add_site(ctx(), **facts)  # type: ignore[arg-type]
    assert field in refused.value.fields


def test_a_code_is_taken_once(ctx: Someone) -> None:
    with pytest.raises(Conflict, match="The code VER is taken"):
        places.add_site(ctx(), " VER ", "Another", **WHERE)  # type: ignore[arg-type]
    with pytest.raises(Conflict, match="The code 4100 is taken on this site"):
        places.add_cost_centre(ctx(), verrin(ctx()), "4100", "Again")
    assert places.add_cost_centre(ctx(), north(ctx()).id, "4100", "Theirs").code == "4100"


def test_two_who_choose_the_same_code_get_one_place_and_one_sentence(plant: House) -> None:
    with plant.acting() as ctx:
        site_id = verrin(ctx)
    both, found = threading.Barrier(2), []

    def choose(name: str) -> None:
        def work(ctx: Context) -> str:
            both.wait(10)
            return places.add_place(ctx, site_id, "H9", name, Kind.ROOM).name

        try:
            found.append(plant.run(work))
        except Conflict as refused:
            found.append(refused.message)

    threads = [threading.Thread(target=choose, args=("Hall nine",)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(found) == ["Hall nine", "The code H9 is taken on this site. Choose another."]


def test_a_place_is_hung_under_no_place_of_another_site(ctx: Someone) -> None:
    here, there = verrin(ctx()), north(ctx()).id
    hall = places.add_place(ctx(), here, "H1", "Hall 1", Kind.BUILDING)
    shed = places.add_place(ctx(), there, "S1", "Shed", Kind.BUILDING)
    with pytest.raises(Invalid, match="another site"):
        places.move_place(ctx(), hall.id, hall.version, shed.id)
    with pytest.raises(Invalid, match="another site"):
        places.add_place(ctx(), there, "S2", "Room", Kind.ROOM, parent_id=hall.id)
    with pytest.raises(NotFound):
        places.add_place(ctx(), 999_999, "X", "Nowhere", Kind.ROOM)
    room = places.add_place(ctx(), here, "H1-1", "Room", Kind.ROOM, parent_id=hall.id)
    with pytest.raises(Conflict, match="under itself"):
        places.move_place(ctx(), hall.id, hall.version, room.id)
    shed.archived = True
    with pytest.raises(Invalid, match="was closed"):
        places.add_place(ctx(), there, "S3", "Room", Kind.ROOM, parent_id=shed.id)


def test_the_keeper_of_one_site_changes_no_other(ctx: Someone) -> None:
    here, there = verrin(ctx()), north(ctx()).id
    hall = places.add_place(ctx(), here, "H1", "Hall 1", Kind.BUILDING)
    keeper = keeper_of(ctx, there)
    assert places.add_place(keeper, there, "S1", "Shed", Kind.BUILDING).site_id == there
    with pytest.raises(Forbidden, match="every site"):
        places.add_site(keeper, "WES", "Depot West", **WHERE)  # type: ignore[arg-type]
    with pytest.raises(Forbidden):
        places.add_place(keeper, here, "H2", "Hall 2", Kind.BUILDING)
    with pytest.raises(Forbidden):
        places.add_cost_centre(keeper, here, "4900", "Mine")
    with pytest.raises(NotFound):
        places.move_place(keeper, hall.id, hall.version, None)
    with pytest.raises(Forbidden, match="all sites"):
        options.change(keeper, "core.approval_sample_percent", "7")
    with pytest.raises(Forbidden):
        options.change(keeper, "core.approval_sample_percent", "7", here)
    assert options.change(keeper, "core.approval_sample_percent", "7", there)


def test_a_role_or_rule_names_only_what_there_is(ctx: Someone) -> None:
    there, user = north(ctx()).id, people.add_user(ctx(), "ana", "Ana")
    for site_id, centre_id, field in (
        (999_999, None, "site_id"),
        (None, 999_999, "cost_centre_id"),
        (there, centre(ctx()).id, "cost_centre_id"),
    ):
        with pytest.raises(Invalid) as refused:
            people.grant(ctx(), user.id, "buyer", site_id=site_id, cost_centre_id=centre_id)
        assert set(refused.value.fields) == {field}
        facts = RuleFacts("purchasing_requisition", role="buyer", site_id=site_id, cost_centre_id=centre_id)
        with pytest.raises(Invalid) as refused:
            add_rule(ctx(), facts)
        assert set(refused.value.fields) == {field}
    with pytest.raises(NotFound):
        options.change(ctx(), "core.approval_sample_percent", "7", 999_999)
    with pytest.raises(Invalid, match="closed"):
        places.add_cost_centre(ctx(), there, "1", "Nobody's", holder_id=999_999)


def test_jobs_and_mails_belong_to_no_site_so_one_site_s_administrator_sees_the_own(ctx: Someone) -> None:
    bob, keeper = ctx("administrator"), keeper_of(ctx, verrin(ctx()))
    job = bob.enqueue("core.seal_audit")
    letter = outbox.write(bob, to="ana@novak.example", subject="Prices", text="...", origin="core_party:1")
    assert {run.id for run in jobs.list_runs(bob)} == {job, *_queued_by(letter, bob)}
    assert [each.id for each in outbox.list_mails(bob)] == [letter.id]
    assert jobs.list_runs(keeper) == []
    assert outbox.list_mails(keeper) == []
    assert outbox.count(keeper).waiting == 0
    for look in (
        lambda: jobs.one(keeper, job),
        lambda: jobs.cancel(keeper, job),
        lambda: outbox.one(keeper, letter.id),
    ):
        with pytest.raises(NotFound):
            look()
    with pytest.raises(NotFound):
        outbox.recall(keeper, letter.id)
    own = keeper.enqueue("core.seal_audit")
    assert [run.id for run in jobs.list_runs(keeper)] == [own]
    assert keeper.may(Can.READ_JOBS)
    assert not keeper.may_everywhere(Can.READ_JOBS)


@pytest.mark.parametrize(
    ("name", "key"), [("Ørsted", "orsted"), ("ÆRØ", "aero"), ("Straße", "strasse"), ("Ärger", "arger")]
)
def test_a_name_sorts_and_is_found_without_case_and_accents(name: str, key: str) -> None:
    assert places.sort_key(name) == places.sort_key(name.upper()) == key


def _queued_by(letter: outbox.OutgoingMail, ctx: Context) -> set[int]:
    return {run.id for run in jobs.list_runs(ctx) if run.arguments == {"mail_id": letter.id}}
