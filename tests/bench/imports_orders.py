"""Order lines for the bench: the real ones, again and again under numbers of their own."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.purchasing.price_list import REAL

LINES = 5
HEADS = ("Order", "Vendor", "Item", "Quantity", "Price", "Ordered", "Due", "Received")
ORDERS_MAP = """kind = "purchase-orders"
site = "VER"
dates = ["%d-%b-%y"]
[options]
create_suppliers = true
[constants]
currency = "EUR"
unit = "pack"
[columns]
number = "Order"
supplier = "Vendor"
item = "Item"
quantity = "Quantity"
price = "Price"
ordered_on = "Ordered"
need_by = "Due"
received_on = "Received"
"""


def order_lines(folder: Path, rows: int) -> Path:
    """Orders of five lines, each of the supplier of its first."""
    with REAL.open(encoding="utf-8", newline="") as file:
        real = [row for row in csv.DictReader(line for line in file if not line.startswith("#")) if row["Pack Price"]]
    path = folder / "order_lines.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(HEADS)
        for n in range(rows):
            row, first = real[n % len(real)], real[n // LINES * LINES % len(real)]
            due = first["Scheduled Delivery Date"]
            sheet.writerow(
                (f"B-{n // LINES:06d}", first["Vendor"], row["Item Description"], row["Line Item Quantity"],
                 row["Pack Price"], due, due, due)
            )  # fmt: skip
    return path
