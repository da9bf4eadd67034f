"""Pages are tested through the real web process, stories in a real browser."""

from tests.browser import browser, chromium, client, served

__all__ = ["browser", "chromium", "client", "served"]
