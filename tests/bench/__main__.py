"""`./run bench [NAME ...] [--quick]`: measures, prints the tables and keeps them in files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from plantops.embedded_programs import CannotStart
from plantops.errors import PlantopsError
from plantops.settings import Settings
from tests.bench import awards, boards, imports, lighthouse, lists, palette, rosters, routes, web
from tests.bench.load import Wrong
from tests.bench.tables import Asked, run

TABLES = {
    table.name: table
    for table in (
        web.TABLE,
        routes.TABLE,
        boards.TABLE,
        rosters.TABLE,
        awards.TABLE,
        palette.TABLE,
        lists.TABLE,
        imports.TABLE,
        lighthouse.TABLE,
    )
}
BAD_INPUT, FAILURE = 2, 1


def main(words: Sequence[str] | None = None) -> int:
    asked = argparse.ArgumentParser(prog="./run bench", description="Measure, beside peers and limits.")
    asked.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(TABLES)}; all when none is named")
    asked.add_argument("--quick", action="store_true", help="short rounds: whether it works, and roughly how fast")
    asked.add_argument("--out", type=Path, help="folder of the tables; `bench` in the data folder when not given")
    asked.add_argument("--data", type=Path, help="folder in which the measured plant is kept")
    asked.add_argument("--instances", type=Path, help="folder with more days or rosters than the project brings")
    asked.add_argument("--only", default="", help="measure only what has this in its name, the rest in a later run")
    given = asked.parse_args(words)
    unknown = [name for name in given.names if name not in TABLES]
    if unknown:
        print(f"There is no table {', '.join(unknown)}. Known: {', '.join(TABLES)}.", file=sys.stderr)
        return BAD_INPUT
    try:
        data = Settings.read(given.data).data / "bench"
        data.mkdir(parents=True, exist_ok=True)
        out = (given.out or data).absolute()
        out.mkdir(parents=True, exist_ok=True)
        for name in given.names or TABLES:
            print(run(TABLES[name], Asked(data, out, given.quick, given.instances, given.only)), flush=True)
    except (PlantopsError, CannotStart, Wrong, OSError) as error:
        print(error, file=sys.stderr)
        return FAILURE
    print(f"Kept in {out}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
