"""Stock, items and companies as a browser sees them: what the plant keeps, knows and deals with."""

from pathlib import Path

from plantops.permissions import Can
from web.menu import Entry, Pages
from web.pages.stock import counts, items, parties, stock, stores

PAGES = Pages(
    name="stock",
    title="Stock and companies",
    routers=(counts.router, stock.router, stores.router, items.router, parties.router),
    templates=Path(__file__).parent / "templates",
    menu=(
        Entry("Stock", "/stock", "building-warehouse", (Can.READ_STOCK,)),
        Entry("Movements", "/stock/moves", "arrows-sort", (Can.READ_STOCK,)),
        Entry("Stores", "/stores", "layout-grid", (Can.READ_STOCK,)),
        Entry("Items", "/items", "list", (Can.MANAGE_ITEMS, Can.READ_STOCK)),
        Entry("Companies", "/parties", "building-factory-2", (Can.READ_PARTIES,)),
    ),
    order=60,
)
