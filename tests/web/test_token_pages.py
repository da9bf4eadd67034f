"""API tokens as their owner and an administrator see them."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest

from tests.browser import Client, Served

pytestmark = pytest.mark.db

Come = Callable[..., Client]


def test_a_token_is_made_shown_once_calls_and_is_ended(served: Served, client: Come) -> None:
    tessa = client("requester", "tessa")
    page = tessa.page("/account/tokens")
    offered = page.xpath("//input[@name='scopes']/@value")
    assert {"purchasing", "core.item.read"} <= set(offered) and "core.user.manage" not in offered
    refused = tessa.submit("/account/tokens", "new-token", name="Wishes")
    assert refused.status_code == 422 and "at least one scope" in refused.text
    asked = tessa.submit("/account/tokens", "new-token", name="Wishes", scopes="purchasing.requisition")
    assert asked.headers["HX-Redirect"] == "/account/tokens/made"
    shown = tessa.get("/account/tokens/made")
    [text] = re.findall(r"po_[\w-]{43}", shown.text)
    assert text not in tessa.get("/account/tokens/made").text

    def call(path: str) -> int:
        return httpx.get(f"{served.url}/api/v1{path}", headers={"Authorization": f"Bearer {text}"}).status_code

    assert (call("/requisitions"), call("/items")) == (200, 403)
    listed = tessa.get("/account/tokens").text
    assert "Wishes" in listed and text not in listed
    boss = client("administrator", "boss")
    account = f"/admin/users/{served.logins['tessa']}"
    ends = re.search(rf"{account}/tokens/\d+/end", boss.get(account).text)
    assert ends
    boss.post(ends[0])
    assert call("/requisitions") == 401
    assert "Wishes" not in tessa.get("/account/tokens").text
