"""Purchasing of the demo plant: 60 suppliers, 300 items, two years of orders and bills, and this morning."""

from __future__ import annotations

from importlib.resources import as_file, files

from plantops import imports
from plantops.demo import Demo
from purchasing.demo.morning import open_the_morning
from purchasing.demo.sources import add_budgets, add_sources
from purchasing.demo.years import write_years


def build(demo: Demo) -> None:
    """Leaves in `demo.kept["purchasing"]` the ids of suppliers, items and the main store for those after it."""
    sources = add_sources(demo)
    write_years(demo, sources)
    add_budgets(demo)
    open_the_morning(demo, sources)
    demo.kept["purchasing"] = {
        "suppliers": {name: one.id for name, one in sources.suppliers.items()},
        "items": {item.sku: item.id for item in sources.items},
        "store": sources.store_id,
    }


def load_the_real_file(demo: Demo) -> None:
    """7,754 real order lines go to the sample site, through the product's own import."""
    folder = files("purchasing.demo")
    map_text = (folder / "maps" / "scms.toml").read_text(encoding="utf-8")
    with as_file(folder / "data" / "scms_orders_2006_2013.csv") as path, demo.house.acting() as ctx:
        imports.bring(ctx, "purchase-orders", path, map_text, site="SAM")
