"""A person who reads German: pages, refusals, numbers and days."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from plantops import people, tokens
from tests.browser import Client, Served
from web.templates import make_environment

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


@pytest.fixture
def german(client: Opened) -> Callable[..., Client]:
    """Somebody with these roles who reads German."""

    def open_one(as_: str) -> Client:
        person = client(as_, f"german-{as_}")
        person.submit("/account", "language", language="de")
        return person

    return open_one


def test_what_no_route_answers_is_told_in_the_language_of_who_is_signed_in(german: Callable[..., Client]) -> None:
    boss = german("administrator")
    for answer in (boss.get("/nowhere"), boss.get("/nowhere", partial=True), boss.post("/account")):
        assert answer.status_code in (404, 405)
        assert "gibt keine Seite /nowhere" in answer.text or "kann nicht mit" in answer.text, answer.text


def test_a_missing_right_is_named_in_german(german: Callable[..., Client]) -> None:
    refused = german("cleaner").get("/admin/users")
    assert refused.status_code == 403
    assert "„Benutzer ansehen“" in refused.text
    assert "user" not in refused.text.split("<main")[1].split("</main")[0].lower().replace("/users", "")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"site_id": "x", "supplier_id": 1, "lines": []}', "site_id muss eine ganze Zahl sein"),
        ('{"supplier_id": 1, "lines": []}', "site_id fehlt"),
        ('{"site_id": 1, "supplier_id": 1, "lines": 5}', "lines muss eine Liste sein"),
        ('{"site_id": 1, "supplier_id": 1, "lines": [], "colour": 1}', "colour ist hier nicht bekannt"),
        ("{", "kein lesbares JSON"),
    ],
)
def test_bodies_that_cannot_be_read_are_told_in_the_owners_language(served: Served, body: str, said: str) -> None:
    with served.house.acting() as ctx:
        known = ctx.session.scalar(sa.select(people.User).where(people.User.login == "leser"))
        user = known or people.add_user(ctx, "leser", "Leser")
        user.language = "de"
        people.grant(ctx, user.id, "buyer")
        token = tokens.add(ctx, user.id, "*")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = httpx.post(f"{served.url}/api/v1/orders", content=body, headers=headers)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    assert answer.json()["title"] == "Das muss noch einmal angesehen werden"


def test_no_template_says_what_somebody_typed_as_markup() -> None:
    """`_` takes its sentence for the program's own, tags and all; what was kept is said by the filter `said`."""
    typed = re.compile(r"\b_\(\s*[a-z]")
    templates = [*Path("web").rglob("*.html"), *Path("purchasing").rglob("*.html")]
    assert len(templates) > 80
    assert [str(file) for file in templates if typed.search(file.read_text(encoding="utf-8"))] == []
    drawn = make_environment({}).from_string("{{ error | said }}").render(error="550 <b>bob@x.example</b> unknown")
    assert "<b>" not in drawn and "bob@x.example" in drawn
