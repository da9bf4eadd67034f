"""`plantops housekeeping roster`: the plant's own weeks, rostered at once and kept as a proposal."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from housekeeping import rosters
from housekeeping.roster_models import Roster, RosterState
from plantops import cli, people
from plantops.core import House
from tests.housekeeping import making
from tests.housekeeping.making import MONDAY, SUNDAY, Crew

pytestmark = pytest.mark.db
Shell = Callable[..., tuple[int, str, str]]
WEEK = ("--from", MONDAY.isoformat(), "--to", SUNDAY.isoformat())


@pytest.fixture
def shell(plant: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """`plantops housekeeping roster ...` on the plant's database: exit code, stdout, stderr."""
    monkeypatch.setenv("PLANTOPS_DATABASE_URL", plant.database.url)
    monkeypatch.setattr("plantops.command.open_house", lambda *_a, **_k: plant)

    def run(*words: str) -> tuple[int, str, str]:
        code = cli.main(["housekeeping", "roster", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def crew(plant: House) -> Crew:
    with plant.acting() as ctx:
        return making.crew(ctx)


def test_the_week_is_rostered_and_stands_as_a_proposal(plant: House, shell: Shell) -> None:
    small = crew(plant)
    code, out, err = shell(*WEEK, "--seconds", "2", "--seed", "1", "--json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert {"status", "penalty", "bound", "gap", "seconds", "cpu_seconds", "roster"} <= set(told)
    assert set(told["roster"]) == {str(id) for id in small.people}
    assert set(told["people"].values()) == {"Ann Arbour", "Bo Bolt", "Cy Cogg"}
    cells = [(day, cell) for line in told["roster"].values() for day, cell in line.items()]
    assert sorted(cells) == [(str(day), "E/clean") for day in range(5)]
    with plant.acting() as ctx:
        kept = rosters.roster(ctx, told["roster_id"])
        assert kept.state is RosterState.PROPOSED
        assert kept.penalty == told["penalty"]
        assert {(str(cell.employee_id), str((cell.day - MONDAY).days)) for cell in kept.cells} == {
            (person, day) for person, line in told["roster"].items() for day in line
        }
        assert kept.holes == []


def test_a_person_can_read_it(plant: House, shell: Shell) -> None:
    crew(plant)
    code, out, _ = shell(*WEEK, "--seconds", "1")
    assert code == 0
    assert "Ann Arbour" in out and "E/clean" in out and "Kept as proposal" in out


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--from", "30.11.2026", "--to", "2026-12-06"], 2, "'30.11.2026' is not a day; write it as 2026-11-23."),
        (["--from", "2026-12-06", "--to", "2026-11-30"], 2, "The last day is before the first."),
        (["--from", "2026-12-06", "--to", "2027-11-30"], 2, "spans at most 62 days"),
        ([*WEEK, "--seconds", "0"], 2, "may think for 1 to 600 seconds"),
        ([*WEEK, "--seconds", "nan"], 2, "must be a number"),
        ([*WEEK, "--site", "X"], 2, "There is no site X. Known: VER."),
        (["--from", "2026-12-05", "--to", "2026-12-06"], 1, "Nobody is needed on these days yet."),
        ([*WEEK, "--as", "cleo"], 1, "You may not "),
    ],
)
def test_what_is_wrong_is_one_sentence_and_nothing_is_kept(
    plant: House, shell: Shell, words: list[str], code: int, sentence: str
) -> None:
    crew(plant)
    with plant.acting() as ctx:
        cleo = people.add_user(ctx, "cleo", "Cleo Cleaner")
        for role in ("cleaner", "employee"):
            people.grant(ctx, cleo.id, role)
    found, out, err = shell(*words)
    assert (found, out) == (code, "")
    assert sentence in err
    assert err.count("\n") == 1
    with plant.acting() as ctx:
        assert ctx.session.scalar(sa.select(sa.func.count()).select_from(Roster)) == 0
