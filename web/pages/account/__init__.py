"""My account: password."""

from pathlib import Path

from web.menu import Pages
from web.pages.account import account

PAGES = Pages(
    name="account", title="", routers=(account.router,), templates=Path(__file__).parent / "templates", order=2
)
