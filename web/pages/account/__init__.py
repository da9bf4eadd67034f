"""My account: password, how I sign in, and where I am signed in."""

from pathlib import Path

from web.menu import Pages
from web.pages.account import account, confirm, factors, tokens

PAGES = Pages(
    name="account",
    title="",
    routers=(account.router, factors.router, tokens.router, confirm.router),
    templates=Path(__file__).parent / "templates",
    order=2,
)
