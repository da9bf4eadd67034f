"""Every component in every state, for who builds pages."""

from pathlib import Path

from web.menu import Pages
from web.pages.design import design

PAGES = Pages(
    name="design", title="", routers=(design.router,), templates=Path(__file__).parent / "templates", order=99
)
