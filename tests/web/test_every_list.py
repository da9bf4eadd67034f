"""Every list of the house has a page, and every such page offers the same: filters, views, columns, copies, API."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from lxml.html import HtmlElement

from plantops import tokens
from plantops.listing import Listing, listings
from tests.browser import Served
from tests.web.test_purchasing_pages import Enter
from tests.web.test_routes import routes
from tests.web.world import LOGIN, ROLES
from web.app import create
from web.page import PlantRoute

pytestmark = [pytest.mark.db, pytest.mark.browser]

MOST_NODES = 1500
NAMED = re.compile(r"/lists/([a-z_.]+)/export\.csv")
WITHOUT_PAGE: dict[str, str] = {}
"""Lists that have no page of their own, and why not."""


def pages(client: Enter, served: Served) -> dict[str, HtmlElement]:
    """Every page that is a list, by the name of its list."""
    eva = client(ROLES, LOGIN)
    found: dict[str, HtmlElement] = {}
    for method, path in routes(create(served.house), PlantRoute):
        if method != "GET" or "{" in path or path.endswith(("/lookup", "/new")):
            continue
        answer = eva.get(f"{path}?view=0")
        if answer.status_code == 200 and "data-list" in answer.text and (name := NAMED.search(answer.text)):
            found[name[1]] = eva.page(f"{path}?view=0")
    return found


def missing(listing: Listing[object], page: HtmlElement) -> list[str]:
    """What this page does not offer."""
    folds = {" ".join(str(one.text_content()).split()) for one in page.xpath("//summary")}
    copies = {
        str(url).partition("?")[0].rpartition("/")[2] for url in page.xpath("//a[contains(@href, '/lists/')]/@href")
    }
    wanted = {
        "filters": {facet.title for facet in listing.facets} <= folds and bool(listing.facets),
        "search": bool(page.xpath("//input[@data-search]")) and bool(listing.search),
        "views": "Views" in folds and bool(page.xpath("//form[@id='list-save-view']")),
        "columns": "Columns" in folds and len(page.xpath("//form[@id='list-columns']//input[@name='columns']")) > 1,
        "groups": not listing.groupings or "Group" in folds,
        "few nodes": len(page.xpath("//*")) <= MOST_NODES,
        "copies": {"export.csv", "export.xlsx", "print"} <= copies,
        "an empty state": bool(listing.empty) and listing.empty != Listing.empty,
        "keyboard": bool(page.xpath("//tr[@data-row]")) or bool(page.xpath("//*[@class='empty']")),
        "many at once": not listing.bulk
        or not page.xpath("//tr[@data-row]")
        or bool(page.xpath("//button[contains(@formaction, '/bulk/')]")),
    }
    return [f"{listing.name} has no {what}" for what, is_there in wanted.items() if not is_there]


def test_every_list_has_its_page_and_every_page_offers_everything(client: Enter, served: Served) -> None:
    known, found = listings(served.house.registry), pages(client, served)
    assert set(known) - set(found) == set(WITHOUT_PAGE), "a list without a page says why"
    assert [one for name, page in found.items() for one in missing(known[name], page)] == []


def test_the_example_for_contributors_is_a_list_of_the_house() -> None:
    whole = Path("CONTRIBUTING.md").read_text()
    example = re.findall(r"```python\n(.*?)```", whole, re.DOTALL)[0]
    lines = [line for line in example.splitlines() if line.strip()]
    assert len(lines) < 45 and len([line for line in lines if not line.startswith("#")]) < 40
    for part in re.split(r"^(?=# \S+\.py)", example, flags=re.MULTILINE):
        if not part.strip():
            continue
        head, _, code = part.partition("\n")
        real = "".join(Path(head.removeprefix("# ").partition(",")[0]).read_text().split())
        assert "".join(code.split()) in real, f"{head} has other lines now"


def test_every_list_is_read_by_programs_with_the_same_filters(client: Enter, served: Served) -> None:
    served.person(ROLES, LOGIN)
    with served.house.acting() as ctx:
        bearer = {"Authorization": f"Bearer {tokens.add(ctx, served.logins[LOGIN], '*')}"}
    eva = client()
    told = eva.http.get("/api/v1/lists", headers=bearer).json()
    assert {one["name"] for one in told} == set(listings(served.house.registry))
    for one in told:
        answer = eva.http.get(f"/api/v1/lists/{one['name']}?limit=2&sort={one['sortable'][0]}", headers=bearer)
        assert answer.status_code == 200, answer.text
        for row in answer.json()["rows"]:
            assert set(row) == {"id", *(column["key"] for column in one["columns"])}
        wrong = eva.http.get(f"/api/v1/lists/{one['name']}?nonsense=1", headers=bearer)
        assert wrong.status_code == 422 and wrong.headers["content-type"] == "application/problem+json"
    first = eva.http.get("/api/v1/lists/core.users?limit=1", headers=bearer).json()
    after = eva.http.get("/api/v1/lists/core.users", params={"limit": 1, "after": first["next"]}, headers=bearer).json()
    assert first["total"] >= 2 and after["total"] is None and first["rows"] != after["rows"]
    assert eva.http.get("/api/v1/lists").status_code == 401
