"""`plantops transport plan`: the plant's own day, planned at once and kept as a draft."""

import json
from collections.abc import Callable
from decimal import Decimal

import pytest
import sqlalchemy as sa

from plantops import cli, people
from plantops.core import House
from plantops.engines import Limits
from tests.transport import making
from transport import boards, orders, plans
from transport.models import Plan, PlanState
from transport.optimise.routes import solve

pytestmark = pytest.mark.db
Shell = Callable[..., tuple[int, str, str]]
DAY = making.DAY.isoformat()


@pytest.fixture
def shell(plant: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """`plantops transport plan ...` on the plant's database: exit code, stdout, stderr."""
    monkeypatch.setenv("PLANTOPS_DATABASE_URL", plant.database.url)
    monkeypatch.setattr("plantops.command.open_house", lambda *_a, **_k: plant)

    def run(*words: str) -> tuple[int, str, str]:
        code = cli.main(["transport", "plan", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def a_day(plant: House) -> dict[str, int]:
    """A van, a depot and three orders of which one is too heavy; order numbers with their ids."""
    with plant.acting() as ctx:
        making.address(ctx, "D", "49.6", "6.1", is_depot=True)
        making.van(ctx, capacity_kg=Decimal(500))
        here, there = making.address(ctx, "A", "49.7", "6.2"), making.address(ctx, "B", "49.65", "6.15")
        asked = [making.order(ctx, here), making.order(ctx, here), making.order(ctx, there, kg="900")]
        return {one.number: one.id for one in asked}


def test_the_day_is_planned_and_stands_as_a_draft(plant: House, shell: Shell) -> None:
    numbers = a_day(plant)
    code, out, err = shell("--day", DAY, "--seconds", "1", "--seed", "3", "--json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert {"status", "cost", "bound", "gap", "seconds", "cpu_seconds", "routes", "unassigned"} <= set(told)
    *fits, too_heavy = sorted(numbers, key=lambda number: numbers[number])
    assert [route["vehicle"] for route in told["routes"]] == ["VAN-1"]
    assert sorted(told["routes"][0]["stops"]) == sorted(fits)
    assert told["unassigned"] == [{"id": too_heavy, "reasons": ["VAN-1: weight would be 600 kg over its 500 kg"]}]
    with plant.acting() as ctx:
        sheet = boards.sheet(ctx, told["plan_id"])
        assert sheet.plan.state is PlanState.DRAFT
        assert float(sheet.plan.cost or 0) == pytest.approx(told["cost"], abs=0.0001)
        assert sorted(stop.number for stop in sheet.trips[0].stops) == sorted(fits)
        assert [(left.number, left.reasons) for left in sheet.left_out] == [
            (too_heavy, ("VAN-1: weight would be 600 kg over its 500 kg",))
        ]


def test_a_person_can_read_it(plant: House, shell: Shell) -> None:
    a_day(plant)
    code, out, _ = shell("--day", DAY, "--seconds", "1", "--site", "VER")
    assert code == 0
    assert "VAN-1: weight would be 600 kg over its 500 kg" in out
    assert "Kept as draft" in out


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--day", "31-12-2026"], 2, "'31-12-2026' is not a day; write it as 2026-11-23."),
        (["--day", DAY, "--seconds", "0"], 2, "may think for 1 to 600 seconds"),
        (["--day", DAY, "--seconds", "nan"], 2, "must be a number"),
        (["--day", DAY, "--site", "X"], 2, "There is no site X. Known: VER."),
        (["--day", DAY, "--as", "nobody"], 2, "There is no account nobody."),
        (["--day", "2026-12-24"], 1, "nothing to move on 24 Dec 2026"),
        (["--day", DAY, "--as", "dan"], 1, "You may not "),
    ],
)
def test_what_is_wrong_is_one_sentence_and_nothing_is_kept(
    plant: House, shell: Shell, words: list[str], code: int, sentence: str
) -> None:
    a_day(plant)
    with plant.acting() as ctx:
        dan = people.add_user(ctx, "dan", "Dan Driver")
        for role in ("driver", "employee"):
            people.grant(ctx, dan.id, role)
    found, out, err = shell(*words)
    assert (found, out) == (code, "")
    assert sentence in err
    assert err.count("\n") == 1
    with plant.acting() as ctx:
        assert ctx.session.scalar(sa.select(sa.func.count()).select_from(Plan)) == 0


def test_without_a_vehicle_there_is_no_plan(plant: House, shell: Shell) -> None:
    with plant.acting() as ctx:
        making.address(ctx, "D", "49.6", "6.1", is_depot=True)
        making.order(ctx, making.address(ctx, "A", "49.7", "6.2"))
    code, out, err = shell("--day", DAY, "--seconds", "1")
    assert (code, out) == (1, "")
    assert "No plan: " in err


def test_an_order_that_is_cancelled_while_it_is_planned_does_not_undo_the_plan(plant: House) -> None:
    numbers = a_day(plant)
    with plant.acting() as ctx:
        asked = plans.ask_at_once(ctx, making.site_id(ctx), making.DAY, 1)
    answer = solve(asked.problem, Limits(iterations=50))
    with plant.acting() as ctx:
        gone = orders.order(ctx, min(numbers.values()))
        orders.cancel(ctx, gone.id, gone.version, "not needed")
    with plant.acting() as ctx:
        kept = plans.keep_at_once(ctx, making.site_id(ctx), making.DAY, 1, asked, answer)
        assert gone.id in {stop.order_id for trip in kept.trips for stop in trip.stops}
        assert [(trip.capacity_kg, trip.capacity_m3) for trip in kept.trips] == [(Decimal(500), Decimal(5))]
        planned = {stop.order_id for trip in kept.trips for stop in trip.stops}
        still_open = {order.id for order in orders.open_orders(ctx, kept.site_id, making.DAY)}
        assert "1 of its orders was cancelled" in str(plans.why_not_publish(kept, still_open, planned))
