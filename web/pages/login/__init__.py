"""Signing in and out."""

from pathlib import Path

from web.menu import Pages
from web.pages.login import login, second

PAGES = Pages(
    name="login",
    title="",
    routers=(login.router, second.router, login.leaving),
    templates=Path(__file__).parent / "templates",
    order=1,
)
