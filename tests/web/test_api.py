"""The API's pattern: tokens with scopes, problems, versions and keys, on real actions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
from fastapi.testclient import TestClient

from plantops import accounts, people, tokens
from plantops.accounts import AccountFacts
from plantops.core import House
from plantops.errors import Invalid
from tests.plantops.signing import sign_in
from web.api import Context, Version, api_router
from web.app import create

pytestmark = pytest.mark.db

router = api_router("accounts")


@dataclass(frozen=True)
class AccountOut:
    id: int
    login: str
    name: str
    version: int
    worth: Decimal


@dataclass(frozen=True)
class NewAccount:
    login: str
    name: str


def out(ctx: Context, id: int) -> AccountOut:
    account = accounts.account(ctx, id)
    return AccountOut(account.id, account.login, account.name, account.version, Decimal("1234.50"))


@router.get("/accounts/{id}")
def show(ctx: Context, id: int) -> AccountOut:
    return out(ctx, id)


@router.post("/accounts", status_code=201)
def add(ctx: Context, new: NewAccount) -> AccountOut:
    return out(ctx, people.add_user(ctx, new.login, new.name).id)


@router.put("/accounts/{id}")
def change(ctx: Context, id: int, version: Version, facts: AccountFacts) -> AccountOut:
    accounts.change(ctx, id, version, facts)
    return out(ctx, id)


@router.delete("/accounts/{id}")
def refuse(ctx: Context, id: int) -> None:
    raise Invalid(f"Account {id} of {ctx.user.login} stays.", fields={"lines.3.quantity": "It is not above zero."})


@pytest.fixture
def api(plant: House) -> Iterator[TestClient]:
    app = create(plant)
    app.include_router(router)
    with TestClient(app) as client:
        yield client


def token(house: House, role: str, scopes: str = "*") -> dict[str, str]:
    with house.acting() as ctx:
        user = people.by_login(ctx.session, role) or people.add_user(ctx, role, role.title())
        people.grant(ctx, user.id, role)
        return {"Authorization": f"Bearer {tokens.add(ctx, user.id, scopes)}"}


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, object] = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


def test_without_a_token_nothing_is_told(api: TestClient) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer po_unknown"},
        {"Authorization": "Basic abc"},
        {"Authorization": "Bearer"},
    ):
        answer = api.get("/api/v1/accounts/1", headers=headers)
        problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"
    problem(
        api.post("/api/v1/accounts", json={"nonsense": 1}, headers={"Authorization": "Bearer x"}),
        401,
        "unauthenticated",
    )


def test_a_cookie_is_no_token(api: TestClient, plant: House) -> None:
    with plant.acting() as ctx:
        user = people.add_user(ctx, "anna", "Anna", password="ten and more")
        people.grant(ctx, user.id, "administrator")
    cookie = sign_in(plant, "anna", "ten and more")
    api.cookies.set("session", cookie)
    problem(api.get("/api/v1/accounts/1"), 401, "unauthenticated")


def test_reading_gives_the_version_as_etag(api: TestClient, plant: House) -> None:
    answer = api.get("/api/v1/accounts/1", headers=token(plant, "administrator"))
    assert answer.json()["login"] == "system"
    assert answer.json()["worth"] == "1234.50"  # not a float
    assert answer.headers["etag"] == f'"{answer.json()["version"]}"'


def test_scopes_narrow_what_the_owner_may(api: TestClient, plant: House) -> None:
    reader = token(plant, "administrator", "core.user.read")
    assert api.get("/api/v1/accounts/1", headers=reader).status_code == 200
    problem(api.post("/api/v1/accounts", json={"login": "x", "name": "X"}, headers=reader), 403, "forbidden")
    problem(api.get("/api/v1/accounts/1", headers=token(plant, "employee")), 403, "forbidden")


def test_a_token_ends_by_itself(api: TestClient, plant: House) -> None:
    with plant.acting() as ctx:
        user = people.add_user(ctx, "timo", "Timo")
        people.grant(ctx, user.id, "administrator")
        short = {"Authorization": f"Bearer {tokens.add(ctx, user.id, '*', days=1)}"}
    assert api.get("/api/v1/accounts/1", headers=short).status_code == 200
    now = plant.clock()
    plant.clock = lambda: now + timedelta(days=1)
    problem(api.get("/api/v1/accounts/1", headers=short), 401, "unauthenticated")


def test_changing_needs_the_version_that_was_read(api: TestClient, plant: House) -> None:
    boss = token(plant, "administrator")
    made = api.post("/api/v1/accounts", json={"login": "nina", "name": "Nina"}, headers=boss)
    assert made.status_code == 201
    where, tag = f"/api/v1/accounts/{made.json()['id']}", made.headers["etag"]
    problem(api.put(where, json={"name": "N"}, headers=boss), 428, "version_needed")
    changed = api.put(where, json={"name": "Nina N"}, headers=boss | {"If-Match": tag})
    assert changed.json()["name"] == "Nina N" and changed.headers["etag"] != tag
    problem(api.put(where, json={"name": "Late"}, headers=boss | {"If-Match": tag}), 412, "stale_version")


def test_wrong_bodies_name_their_fields(api: TestClient, plant: House) -> None:
    boss = token(plant, "administrator")
    body = problem(api.post("/api/v1/accounts", json={"login": 5}, headers=boss), 422, "invalid")
    assert {error["field"] for error in body["errors"]} == {"login", "name"}  # type: ignore[attr-defined]
    problem(
        api.post("/api/v1/accounts", content=b"{", headers=boss | {"Content-Type": "application/json"}), 422, "invalid"
    )
    body = problem(api.delete("/api/v1/accounts/7", headers=boss), 422, "invalid")
    assert body["errors"] == [{"field": "lines.3.quantity", "detail": "It is not above zero."}]


def test_the_same_call_twice_is_done_once(api: TestClient, plant: House) -> None:
    boss = token(plant, "administrator") | {"Idempotency-Key": "order-17"}
    first = api.post("/api/v1/accounts", json={"login": "once", "name": "Once"}, headers=boss)
    again = api.post("/api/v1/accounts", json={"login": "once", "name": "Once"}, headers=boss)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert again.headers["idempotency-replayed"] == "true" and again.headers["etag"] == first.headers["etag"]
    problem(api.post("/api/v1/accounts", json={"login": "other", "name": "Other"}, headers=boss), 422, "key_used")


def test_a_refused_call_may_be_sent_again_with_its_key(api: TestClient, plant: House) -> None:
    boss = token(plant, "administrator") | {"Idempotency-Key": "retry"}
    problem(api.post("/api/v1/accounts", json={"login": "a b", "name": "A"}, headers=boss), 422, "invalid")
    assert api.post("/api/v1/accounts", json={"login": "ab", "name": "A"}, headers=boss).status_code == 201


@pytest.mark.parametrize("spelled", ["\\u0000", "a\\u0000b", "\\ud800", "\\u0007", "x" * 20_001])
def test_text_that_a_form_would_refuse_is_refused(api: TestClient, plant: House, spelled: str) -> None:
    boss = token(plant, "administrator") | {"Content-Type": "application/json"}
    answer = api.post("/api/v1/accounts", content=f'{{"login": "lena", "name": "{spelled}"}}', headers=boss)
    body = problem(answer, 422, "invalid")
    assert [error["field"] for error in body["errors"]] == ["name"]  # type: ignore[attr-defined]
    kept = api.post("/api/v1/accounts", content='{"login": "lena", "name": " Le\\u0301a "}', headers=boss)
    assert kept.json()["name"] == "Léa"


def test_a_token_with_fewer_scopes_does_not_get_the_answer_of_another(api: TestClient, plant: House) -> None:
    key, new = {"Idempotency-Key": "first"}, {"login": "paul", "name": "Paul"}
    wide = api.post("/api/v1/accounts", json=new, headers=token(plant, "administrator") | key)
    assert wide.status_code == 201
    narrow = token(plant, "administrator", "transport") | key
    problem(api.post("/api/v1/accounts", json=new, headers=narrow), 422, "key_used")


def test_missing_things_and_paths_are_problems(api: TestClient, plant: House) -> None:
    boss = token(plant, "administrator")
    problem(api.get("/api/v1/accounts/999999999", headers=boss), 404, "not_found")
    problem(api.get("/api/v1/accounts/x", headers=boss), 404, "not_found")
    problem(api.get("/api/v1/nothing", headers=boss), 404, "not_found")
    problem(api.patch("/api/v1/accounts", headers=boss), 405, "method_not_allowed")


def test_it_describes_itself(api: TestClient) -> None:
    described = api.get("/api/v1/openapi.json").json()
    change = described["paths"]["/api/v1/accounts/{id}"]["put"]
    assert {parameter["name"] for parameter in change["parameters"]} == {"id", "if-match"}
    assert "AccountOut" in described["components"]["schemas"]
    assert all(path.startswith("/api/v1/") for path in described["paths"])
