"""What every list can do: be taken along as a file or on paper."""

from pathlib import Path

from web.menu import Pages
from web.pages.lists import copies

PAGES = Pages(
    name="lists",
    title="",
    routers=(copies.router,),
    templates=Path(__file__).parent / "templates",
    order=90,
)
