"""What every list can do: be seen as somebody wants it, taken along, and worked through many rows at a time."""

from pathlib import Path

from web.menu import Pages
from web.pages.lists import api, cells, copies, many, moves, seen

PAGES = Pages(
    name="lists",
    title="",
    routers=(many.router, copies.router, seen.router, cells.router, moves.router),
    api=(api.router,),
    templates=Path(__file__).parent / "templates",
    order=90,
)
