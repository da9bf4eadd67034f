"""The bench in small: it makes its plant, both sides do the same work, and a table comes out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench import plant, tables, web
from tests.bench.__main__ import main
from tests.bench.plant import Size
from tests.bench.tables import Asked
from tests.houses import admin_engine

SMALL = Size(orders=3_050, wishes=60, suppliers=20, centres=2)


@pytest.fixture
def asked(server_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    monkeypatch.setenv("PLANTOPS_TEST_DATABASE_URL", server_url)
    for name, value in (("QUICK_ROUNDS", 1), ("QUICK_SECONDS", 0.3), ("MOST", 4)):
        monkeypatch.setattr(web, name, value)
    yield Asked(tmp_path, tmp_path, quick=True, size=SMALL)
    with admin_engine(server_url).connect() as admin:
        admin.exec_driver_sql(f"DROP DATABASE IF EXISTS {plant.name_of(SMALL)} WITH (FORCE)")


@pytest.mark.db
def test_a_tiny_run_measures_both_sides_and_goes_on_where_it_stopped(asked: Asked) -> None:
    text = tables.run(web.TABLE, asked)
    kept = json.loads((asked.out / "web.json").read_text())
    assert kept["whole"]
    assert list(kept["rows"]) == list(web.AIMS)
    for ours, floor in kept["rows"].values():
        assert (ours["server"], floor["server"]) == ("plantops", "floor")
        assert ours["done"] > 0 < floor["done"]
        assert ours["p50_ms"] <= ours["p95_ms"]
    assert text.count("| floor") == 3
    # As an interrupted run leaves it: the first two rows are there and are not measured again.
    kept["whole"] = False
    del kept["rows"]["create and issue, 5 lines"]
    kept["rows"]["list of 50 orders"][0]["done"] = -17
    (asked.out / "web.json").write_text(json.dumps(kept))
    assert tables.unfinished(asked.out / "web.json", asked) == kept["rows"]
    assert tables.unfinished(asked.out / "web.json", Asked(asked.data, asked.out, quick=False)) == {}


def test_an_unknown_table_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["web", "wibble"]) == 2
    said = capsys.readouterr().err.strip()
    assert said.startswith("There is no table wibble. Known: web")
    assert "\n" not in said
