"""A person who reads German: pages, refusals, numbers and days."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser import Client

pytestmark = pytest.mark.db

Opened = Callable[..., Client]


def test_everybody_chooses_the_language_that_they_read(client: Opened) -> None:
    boss = client("administrator", "sabine")
    assert "My account" in boss.get("/account").text
    boss.submit("/account", "language", language="de")
    page = boss.get("/account").text
    assert '<html lang="de"' in page
    assert "Mein Konto" in page
    assert "My account" not in page
    refused = boss.submit("/account", "language", language="xx")
    assert refused.status_code == 422
    assert "Diese Sprache" in refused.text
    boss.submit("/account", "language", language="en")
    assert '<html lang="en"' in boss.get("/account").text
