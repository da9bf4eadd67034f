"""A price list as suppliers send it: goods of the real catalogue, drawn by seed, with cells in it that cannot be."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

REAL = Path(__file__).parents[2] / "purchasing/demo/data/scms_orders_2006_2013.csv"
HEADS = ("Article", "Description", "Group", "Unit", "Price", "Supplier", "Lead time", "EAN")
MAP = """kind = "items"
[columns]
sku = "Article"
name = "Description"
category = "Group"
stock_unit = "Unit"
price = "Price"
supplier = "Supplier"
lead_days = "Lead time"
barcode = "EAN"
"""
SEED = 20261123


@dataclass(frozen=True)
class Wrong:
    """In how many rows which cell is wrong; each row has at most one."""

    units: int = 0
    """A word of the supplier's own for `each`."""
    prices: int = 0
    """No price, but words."""
    days: int = 0
    suppliers: int = 0
    """A name that nobody here has: only loading finds that."""
    typos: int = 0
    """A price with a slip, in each row another one."""

    @property
    def count(self) -> int:
        return self.units + self.prices + self.days + self.suppliers + self.typos


UNIT, PRICE, DAYS, SUPPLIER = "pcs.", "on request", "2 weeks", "Kesling Hygeine"


@dataclass
class PriceList:
    """A written file, and which of its rows (as a spreadsheet counts) are wrong in which way."""

    path: Path
    rows: int
    wrong: dict[str, list[int]] = field(default_factory=dict)
    typos: dict[int, str] = field(default_factory=dict)
    """Row: the price that was meant."""


@cache
def goods() -> tuple[tuple[str, str, str], ...]:
    """What the project really bought: name, group, price of a pack."""
    with REAL.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        found = {(f"{row['Item Description']} ({row['Brand']})"[:300], row["Sub Classification"]): row for row in rows}
    return tuple((name, group[:40], row["Pack Price"]) for (name, group), row in found.items() if row["Pack Price"])


def write(path: Path, rows: int, suppliers: Sequence[str], wrong: Wrong = Wrong(), *, mark: str = "A") -> PriceList:
    """`mark` begins each article's number: lists with different marks name different goods."""
    chance = random.Random(SEED)
    places = iter(chance.sample(range(2, rows + 2), wrong.count))
    made = PriceList(path, rows)
    for name in ("units", "prices", "days", "suppliers", "typos"):
        made.wrong[name] = sorted(next(places) for _ in range(getattr(wrong, name)))
    kind_of = {row: kind for kind, found in made.wrong.items() for row in found}
    with path.open("w", encoding="utf-8", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(HEADS)
        for row in range(2, rows + 2):
            name, group, price = chance.choice(goods())
            price = price if float(price) else "0.05"
            days = str(chance.randint(2, 60))
            line = [f"{mark}-{row:06d}", name, group, "each", price, chance.choice(suppliers), days, f"4{row:012d}"]
            sheet.writerow(_spoilt(made, row, kind_of.get(row), line))
    return made


def _spoilt(made: PriceList, row: int, kind: str | None, line: list[str]) -> list[str]:
    match kind:
        case "units":
            line[3] = UNIT
        case "prices":
            line[4] = PRICE
        case "suppliers":
            line[5] = SUPPLIER
        case "days":
            line[6] = DAYS
        case "typos":
            made.typos[row] = line[4]
            line[4] = f"{line[4]}o{row}"
    return line
