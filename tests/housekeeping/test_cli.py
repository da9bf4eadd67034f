"""`plantops housekeeping solve`: the promised JSON, and one sentence for bad input."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from housekeeping.cli import register
from housekeeping.instances import read
from housekeeping.optimise.check import penalty, violations
from tests.housekeeping.test_instances import SMALL

FILES = Path(__file__).parents[1] / "data" / "housekeeping"


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers())
    args = parser.parse_args(["housekeeping", *arguments])
    code: int = args.run(args)
    return code


def test_the_answer_is_the_promised_json_and_a_valid_roster(capsys: pytest.CaptureFixture[str]) -> None:
    file = FILES / "Instance2.txt"
    assert run("solve", str(file), "--seconds", "20", "--seed", "1", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert {"status", "penalty", "bound", "gap", "seconds", "cpu_seconds", "roster"} <= set(answer)
    assert (answer["status"], answer["penalty"], answer["bound"], answer["gap"]) == ("optimal", 828, 828, 0)
    problem = read(file)
    cells = {
        person: tuple(days.get(str(day)) for day in range(problem.days)) for person, days in answer["roster"].items()
    }
    assert not violations(problem, cells)
    assert penalty(problem, cells) == answer["penalty"]


def test_an_impossible_roster_is_an_answer_that_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "impossible.txt"
    file.write_text(SMALL.replace("A,E=7|L=0,4320,3360", "A,E=7|L=0,4320,4320"))
    assert run("solve", str(file), "--seconds", "5", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["status"], answer["penalty"], answer["bound"], answer["gap"]) == ("infeasible", None, None, None)
    assert answer["clashes"][0]["person"] == "A"
    assert run("solve", str(file), "--seconds", "5") == 0
    assert "cannot hold together" in capsys.readouterr().out


def test_an_interrupt_gives_the_best_roster_so_far(capsys: pytest.CaptureFixture[str]) -> None:
    file = FILES / "Instance8.txt"
    threading.Timer(2, os.kill, (os.getpid(), signal.SIGINT)).start()
    assert run("solve", str(file), "--seconds", "300", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["status"] == "feasible"
    assert answer["seconds"] < 100
    assert len(answer["roster"]) == len(read(file).people)


def test_a_person_can_read_the_roster(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("solve", str(FILES / "Instance4.txt"), "--seconds", "20") == 0
    assert "optimal: penalty 1716, bound 1716" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "seconds", "sentence"),
    [
        ("", "5", "The file is empty"),
        (SMALL.replace("4320,3360", "3360,4320"), "5", "A must work at least 4320 and at most 3360 minutes"),
        (SMALL.replace("0,E,5", "0,X,5"), "5", "there is no shift 'X'"),
        (SMALL, "-1", "The time limit must be more than 0 seconds"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, seconds: str, sentence: str
) -> None:
    file = tmp_path / "file.txt"
    file.write_text(text)
    assert run("solve", str(file), f"--seconds={seconds}", "--json") == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert sentence in told.err and told.err.count("\n") == 1


def test_reading_the_command_line_loads_no_solver() -> None:
    code = "import sys, housekeeping.cli; print({'numba', 'pulp', 'highspy', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
