"""Routes from declarations: an order and goods in a store, all by calls of a program."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from plantops import people
from tests.browser import Served
from tests.web.test_api import problem
from tests.web.test_purchasing_pages import Shop, shop

__all__ = ["shop"]
pytestmark = pytest.mark.db


@pytest.fixture(scope="module")
def program(served: Served, shop: Shop) -> Iterator[httpx.Client]:
    """A program with the rights of a buyer who also keeps the store."""
    served.person("buyer,storekeeper", "rob")
    with served.house.acting() as ctx:
        token = people.add_token(ctx, served.logins["rob"], "purchasing core")
    with httpx.Client(
        base_url=f"{served.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=20
    ) as http:
        yield http


def test_an_order_goes_its_way(program: httpx.Client, shop: Shop) -> None:
    line = {
        "item_id": shop.gloves_id,
        "quantity": "2",
        "unit": "box",
        "need_by": shop.need_by,
        "cost_centre_id": shop.centre_id,
    }
    new = {"site_id": shop.site_id, "supplier_id": shop.supplier_id, "lines": [line], "head": {"note": "by a program"}}
    made = program.post("/orders", json=new)
    assert made.status_code == 201, made.text
    where, order = f"/orders/{made.json()['id']}", made.json()
    assert (order["state"], order["total"], order["note"]) == ("draft", "19.0000", "by a program")
    assert made.headers["etag"] == f'"{order["version"]}"'

    problem(program.post(f"{where}/place"), 422, "version_needed")
    issued = program.post(f"{where}/place", headers={"If-Match": made.headers["etag"]})
    assert issued.status_code == 200 and issued.json()["state"] == "issued" and issued.json()["number"]
    problem(program.post(f"{where}/chase", headers={"If-Match": made.headers["etag"]}), 409, "stale_version")

    promised = {"reference": "K-17", "promised": {str(order["lines"][0]["id"]): shop.need_by}}
    known = program.post(f"{where}/acknowledge", json=promised, headers={"If-Match": issued.headers["etag"]})
    assert known.json()["supplier_reference"] == "K-17" and known.json()["lines"][0]["promised_on"] == shop.need_by
    assert program.get(where).json() == known.json()
    listed = program.get("/orders", params={"state": "acknowledged", "limit": "1"}).json()
    assert [row["id"] for row in listed["rows"]] == [order["id"]] and listed["total"] == 1


def test_a_name_that_the_call_does_not_know_is_refused(program: httpx.Client, shop: Shop) -> None:
    body = problem(
        program.post("/orders", json={"site_id": shop.site_id, "supplier_id": shop.supplier_id, "line": []}),
        422,
        "invalid",
    )
    assert [error["field"] for error in body["errors"]] == ["line"]  # type: ignore[attr-defined]
    body = problem(program.get("/orders", params={"colour": "red"}), 422, "invalid")
    assert [error["field"] for error in body["errors"]] == ["colour"]  # type: ignore[attr-defined]


def test_goods_are_booked_once_under_the_callers_own_key(program: httpx.Client, shop: Shop) -> None:
    counted = {"counted": [{"item_id": shop.gloves_id, "quantity": "50"}], "reason": "Found behind the rack"}
    where = f"/stores/{shop.store_id}"
    problem(program.post(f"{where}/count", json=counted), 422, "key_needed")
    first = program.post(f"{where}/count", json=counted, headers={"Idempotency-Key": "count-1"})
    assert first.status_code == 201 and [move["quantity"] for move in first.json()] == ["50.000000"]
    taken = {"lines": [{"item_id": shop.gloves_id, "quantity": "20"}]}
    for _ in range(2):
        gone = program.post(f"{where}/issue", json=taken, headers={"Idempotency-Key": "issue-1"})
        assert gone.status_code == 201, gone.text
    rows = program.get(f"{where}/stock").json()
    assert [(row["sku"], row["on_hand"]) for row in rows] == [("GL-L", "30.000000")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ('{"counted": [{"item_id": 1, "quantity": 1e13}], "reason": "x"}', "counted.0.quantity"),
        ('{"counted": [{"item_id": 1, "quantity": "0.0000001"}], "reason": "x"}', "counted.0.quantity"),
        ('{"counted": [{"item_id": 9223372036854775808, "quantity": 1}], "reason": "x"}', "counted.0.item_id"),
        (
            '{"counted": [{"item_id": 1, "quantity": 1, "counted_at": "2026-11-23T10:00:00"}], "reason": "x"}',
            "counted.0.counted_at",
        ),
    ],
)
def test_numbers_and_times_that_a_form_would_refuse(program: httpx.Client, shop: Shop, body: str, field: str) -> None:
    headers = {"Idempotency-Key": "wild", "Content-Type": "application/json"}
    told = problem(program.post(f"/stores/{shop.store_id}/count", content=body, headers=headers), 422, "invalid")
    assert [error["field"] for error in told["errors"]] == [field]  # type: ignore[attr-defined]


def test_the_description_names_scopes_problems_and_versions(program: httpx.Client) -> None:
    described = program.get("/openapi.json").json()
    issue = described["paths"]["/api/v1/orders/{id}/issue"]["post"]
    assert issue["security"] == [{"token": ["purchasing.order.buy"]}] or issue["security"][0]["token"]
    assert issue["responses"]["409"]["content"]["application/problem+json"]["schema"]["$ref"].endswith("/Problem")
    assert "ETag" in issue["responses"]["200"]["headers"]
    assert {each["name"] for each in issue["parameters"]} >= {"id", "if-match"}
    assert described["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    rows = {each["name"] for each in described["paths"]["/api/v1/orders"]["get"]["parameters"]}
    assert rows >= {"q", "sort", "limit", "after", "state"}
