"""Signing in and out."""

from pathlib import Path

from web.menu import Pages
from web.pages.login import login

PAGES = Pages(
    name="login",
    title="",
    routers=(login.router, login.leaving),
    templates=Path(__file__).parent / "templates",
    order=1,
)
