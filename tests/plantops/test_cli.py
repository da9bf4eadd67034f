"""The command line: each command does its thing, and errors are one sentence with the right exit code."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from plantops import cli
from plantops.core import House
from tests import houses

pytestmark = pytest.mark.db

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """`run(url, "modules")`: exit code, stdout, stderr."""
    monkeypatch.setenv("PLANTOPS_DATA", str(tmp_path / "data"))

    def command(url: str, *words: str) -> tuple[int, str, str]:
        monkeypatch.setenv("PLANTOPS_DATABASE_URL", url)
        capsys.readouterr()
        try:
            code = cli.main(words)
        except SystemExit as ended:  # argparse's own way out
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


@pytest.fixture
def empty(server_url: str, shared_folder: Path) -> Iterator[str]:
    url = houses.make_database(server_url, "template0", shared_folder)
    yield url
    houses.drop_database(url, server_url)


def test_from_an_empty_database_to_a_house_with_chosen_modules(run: Command, empty: str) -> None:
    assert run(empty, "upgrade")[0] == 2
    code, _out, err = run(empty, "verify")
    assert (code, err) == (1, "plantops: This database is empty. Run `plantops init` first.\n")
    assert run(empty, "init", "--modules", "purchasing")[:2] == (0, "Ready: core, purchasing.\n")
    assert run(empty, "upgrade")[1] == "Nothing to do: every module is at its newest version.\n"
    lines = {line.split()[0]: line for line in run(empty, "modules")[1].splitlines()}
    assert " installed" in lines["purchasing"] and "not installed" in lines["transport"]
    assert "needs personnel" in lines["transport"]
    code, _out, err = run(empty, "init", "--modules", "transport,kitchen")
    assert code == 2 and "There is no module kitchen. Known: " in err


def test_an_account_and_its_token(run: Command, plant: House, tmp_path: Path) -> None:
    url = plant.database.url
    secret = tmp_path / "secret"
    secret.write_text("a plant of one's own\n")
    added = run(url, "user", "add", "ana", "--name", "Ana Axle", "--role", "buyer", "--password-file", str(secret))
    assert added[:2] == (0, "Added ana.\n")
    code, _out, err = run(url, "user", "add", "ana")
    assert code == 1 and "taken" in err
    code, _out, err = run(url, "user", "add", "bo", "--role", "emperor")
    assert code == 2 and "administrator" in err
    code, token, _err = run(url, "token", "add", "ana", "--scope", "purchasing.requisition")
    assert code == 0 and token.startswith("po_")
    assert run(url, "token", "add", "nobody", "--scope", "purchasing")[0] == 2
    code, _out, err = run(url, "token", "add", "ana", "--scope", "kitchen")
    assert code == 2 and "There is no scope “kitchen”." in err
    held = json.loads(run(url, "token", "list", "ana", "--json")[1])
    assert [row["scopes"] for row in held] == [["purchasing.requisition"]]
    assert run(url, "token", "end", "ana", str(held[0]["id"]))[:2] == (0, "The token has ended.\n")
    assert run(url, "token", "list", "ana")[:2] == (0, "")
    assert run(url, "user", "add", "cy", "--as", "ana")[0] == 1, "a buyer may not add accounts on the command line"
    assert run(url, "user", "add", "cy", "--as", "nobody")[0] == 2
    assert run(url, "user", "add", "cy", "--password-file", str(tmp_path / "none"))[0] == 2


def test_what_the_house_says_of_itself(run: Command, plant: House) -> None:
    url = plant.database.url
    assert "personnel.events.LeaveApproved -> housekeeping.rosters." in run(url, "events")[1]
    assert run(url, "conform", "personnel") == (0, "personnel keeps to the rules of the house.\n", "")
    code, out, _err = run(url, "verify", "--json")
    found = json.loads(out)
    assert code == 0 and found["checked"] > 50 and found["broken"] == []
    assert "0 rows break one" in run(url, "verify")[1]
    code, out, _err = run(url, "audit", "verify")
    assert code == 0 and "The chain holds." in out
    assert set(json.loads(run(url, "audit", "verify", "--json")[1])) >= {"sealed_rows", "unsealed_rows", "broken"}


def test_the_week_as_files(run: Command, plant: House, tmp_path: Path) -> None:
    week = ("report", "weekly", "--week", "2026-W46")
    code, out, _err = run(plant.database.url, *week, "--format", "html,pdf,xlsx", "--out", str(tmp_path), "--json")
    assert code == 0 and json.loads(out)
    written = {path.suffix: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    assert written[".pdf"].startswith(b"%PDF") and written[".xlsx"].startswith(b"PK") and b"<html" in written[".html"]
    assert run(plant.database.url, *week, "--format", "docx", "--out", str(tmp_path))[0] == 2
    assert run(plant.database.url, *week, "--format", "pdf", "--out", str(tmp_path / "none"))[0] == 2
    assert run(plant.database.url, "report", "weekly", "--week", "2026-W60", "--out", str(tmp_path))[0] == 2


def test_totals_from_the_ledger(run: Command, plant: House) -> None:
    code, out, _err = run(plant.database.url, "figures", "purchase-value", "--json")
    assert code == 0 and json.loads(out)["kind"] == "purchase-value"
    code, _out, err = run(plant.database.url, "figures", "luck")
    assert code == 2 and "purchase-value" in err


@pytest.mark.parametrize("words", [(), ("fly",), ("import",), ("report", "weekly", "--week")])
def test_a_command_that_is_none_shows_what_there_is(run: Command, words: tuple[str, ...]) -> None:
    code, _out, err = run("postgresql+psycopg://nobody@127.0.0.1:1/none", *words)
    assert code == 2 and "usage: plantops" in err


def test_a_database_that_does_not_answer(run: Command) -> None:
    code, _out, err = run("postgresql+psycopg://nobody@127.0.0.1:1/none", "modules")
    assert code == 1 and err.startswith("plantops: The database does not answer: ") and err.count("\n") == 1
