"""`plantops transport solve`: files in, the promised JSON out, one sentence for what cannot be read."""

import argparse
import json
from pathlib import Path

import pytest

from transport import cli
from transport.instances import read
from transport.optimise.day import prepare
from transport.optimise.schedule import try_route

DATA = Path(__file__).parents[1] / "data" / "transport"
BIH = Path(__file__).parents[2] / "transport" / "demo" / "data" / "bih"


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    cli.register(parser.add_subparsers())
    args = parser.parse_args(["transport", "solve", *words])
    return int(args.run(args))


def test_a_small_file_is_proved(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(DATA / "solomon" / "R101.txt")
    assert run(file, "--format", "solomon", "--customers", "25", "--seconds", "20", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["status"], answer["cost"], answer["bound"]) == ("optimal", 617.1, 617.1)
    assert sorted(int(stop) for route in answer["routes"] for stop in route["stops"]) == list(range(1, 26))
    assert answer["unassigned"] == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere.txt"], "There is no file"),
        ([str(DATA / "vrplib" / "PR01.vrp"), "--customers", "3"], "solomon only"),
        ([str(BIH), "--day", "1"], "has no day 1"),
        ([str(BIH)], "choose one with --day"),
        ([str(DATA / "vrplib" / "PR01.sol")], "looks like none of"),
    ],
)
def test_bad_input_is_one_sentence(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*words, "--seconds", "1") == 2
    said = capsys.readouterr().err.strip()
    assert sentence in said
    assert "\n" not in said


def test_a_file_that_was_cut_off_within_a_line_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cut = tmp_path / "cut.txt"
    cut.write_text((DATA / "solomon" / "R101.txt").read_text().rstrip().rsplit(maxsplit=3)[0])
    assert run(str(cut), "--seconds", "1") == 2
    assert "4 numbers among those of 7" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "cost"), [("PR01", 1655420), ("X-n101-k25", 27591), ("R203R0.5", 13728)])
def test_known_plans_cost_what_their_authors_say(name: str, cost: int) -> None:
    day = prepare(read(DATA / "vrplib" / f"{name}.vrp"))
    visit = {int(place): at for at, place in enumerate(day.arrays.place)}
    kind = {member: k for k, members in enumerate(day.members) for member in members}
    total = 0
    for line in (DATA / "vrplib" / f"{name}.sol").read_text().splitlines():
        if line.startswith("Route"):
            number, stops = line.removeprefix("Route #").split(":")
            verdict = try_route(day, kind[number], [visit.get(int(s), -1) for s in stops.split()])
            assert verdict.holds
            total += verdict.cost if stops.split() else 0
    assert day.money(total) == cost
