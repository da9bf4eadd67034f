"""Stock, items and companies as a browser sees them: what the plant keeps, knows and deals with."""

from pathlib import Path

from plantops.permissions import Can
from web.menu import Entry, Pages
from web.pages.stock import api, counts, items, parties, stock, stores

PAGES = Pages(
    name="stock",
    title="Stock and companies",
    routers=(counts.router, stock.router, stores.router, items.router, parties.router),
    api=api.ROUTERS,
    templates=Path(__file__).parent / "templates",
    menu=(
        Entry("Stock", "/stock", "building-warehouse", (Can.READ_STOCK,), words="store inventory on hand", key="k"),
        Entry("Movements", "/stock/moves", "arrows-sort", (Can.READ_STOCK,), words="issues receipts history"),
        Entry("Stores", "/stores", "layout-grid", (Can.READ_STOCK,), words="warehouse"),
        Entry(
            "Items", "/items", "list", (Can.MANAGE_ITEMS, Can.READ_STOCK), words="articles materials spares products"
        ),
        Entry(
            "Companies",
            "/parties",
            "building-factory-2",
            (Can.READ_PARTIES,),
            words="suppliers carriers contractors customers partners",
        ),
    ),
    actions=(
        Entry("New item", "/items/new", "list", (Can.MANAGE_ITEMS,), words="article material"),
        Entry(
            "Keep an item in a store",
            "/stock/new",
            "building-warehouse",
            (Can.MANAGE_STOCK,),
            words="new stock level minimum",
        ),
        Entry("New store", "/stores/new", "layout-grid", (Can.MANAGE_STOCK,), words="warehouse"),
        Entry(
            "New company",
            "/parties/new",
            "building-factory-2",
            (Can.MANAGE_PARTIES,),
            words="supplier carrier contractor",
        ),
    ),
    order=60,
)
