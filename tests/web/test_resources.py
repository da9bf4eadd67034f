"""Routes from declarations: an order and goods in a store, all by calls of a program."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from plantops import tokens
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
        token = tokens.add(ctx, served.logins["rob"], "purchasing core")
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

    problem(program.post(f"{where}/place"), 428, "version_needed")
    issued = program.post(f"{where}/place", headers={"If-Match": made.headers["etag"]})
    assert issued.status_code == 200 and issued.json()["state"] == "issued" and issued.json()["number"]
    problem(program.post(f"{where}/chase", headers={"If-Match": made.headers["etag"]}), 412, "stale_version")

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
    rows = program.get(f"{where}/stock").json()["rows"]
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


def test_a_text_that_no_index_takes_is_refused_in_words(program: httpx.Client, shop: Shop) -> None:
    endless = "".join(map(chr, random.Random(1).choices(range(0x4E00, 0x9000), k=6000)))
    category = problem(program.post("/item-categories", json={"code": endless, "name": "Endless"}), 422, "invalid")
    assert category["detail"] == "A text is too long here. Shorten the longest one."
    given = {"kind": "suppliers", "file_name": f"{endless}.csv", "content": "QQ==", "map_text": "x"}
    assert program.post("/imports", json=given).status_code == 422


def test_a_limit_below_one_is_refused(program: httpx.Client) -> None:
    told = problem(program.get("/certificate-matrix?limit=-1"), 422, "invalid")
    assert [error["field"] for error in told["errors"]] == ["limit"]  # type: ignore[attr-defined]
    assert program.get("/certificate-matrix?limit=5").status_code == 403  # well asked, and not for a buyer


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
    for path, operations in described["paths"].items():
        for operation in operations.values():
            named = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path)), path


@pytest.mark.slow
def test_the_description_is_valid_openapi(program: httpx.Client) -> None:
    OpenAPIV31SpecValidator(program.get("/openapi.json", timeout=120).json()).validate()


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"colour": "red"}, "colour"), ({"price": "2.00", "breaks": [{"from": 1}]}, "breaks")],
)
def test_a_body_that_is_one_thing_refuses_unknown_names_too(
    program: httpx.Client, shop: Shop, changes: dict[str, object], field: str
) -> None:
    offer = {
        "supplier_id": shop.supplier_id, "item_id": shop.gloves_id, "unit": "box", "price": "9.00",
        "valid_from": shop.need_by,
    }  # fmt: skip
    told = problem(program.post("/offers", json=offer | changes), 422, "invalid")
    assert field in str(told["errors"])
    line = {"item_id": shop.gloves_id, "quantity": "1", "colour": "red"}
    new = {"site_id": shop.site_id, "supplier_id": shop.supplier_id, "lines": [line]}
    assert "colour" in str(problem(program.post("/orders", json=new), 422, "invalid")["errors"])


def test_what_gives_several_things_gives_them_a_page_at_a_time(program: httpx.Client, shop: Shop) -> None:
    first = program.get("/item-categories", params={"limit": "1"}).json()
    assert first["total"] == len(first["rows"]) == 1 and first["next"] is None
    where, seen, after = f"/sites/{shop.site_id}/cost-centres", [], ""
    whole = program.get(where).json()
    while after is not None:
        page = program.get(where, params={"limit": "1", "after": after}).json()
        seen += page["rows"]
        after = page["next"]
    assert seen == whole["rows"] and len(seen) == whole["total"] > 1
    problem(program.get(where, params={"after": "nonsense"}), 422, "invalid")
    problem(program.get(where, params={"limit": "501"}), 422, "invalid")


def test_who_has_it_already_is_not_sent_it_again(program: httpx.Client, shop: Shop) -> None:
    for where in (f"/items/{shop.gloves_id}", "/orders", "/catalogue", f"/sites/{shop.site_id}/cost-centres"):
        read = program.get(where)
        assert read.status_code == 200 and read.headers["etag"]
        again = program.get(where, headers={"If-None-Match": f'"other", {read.headers["etag"]}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", read.headers["etag"])
        assert program.get(where, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_file_is_hung_on_a_record_and_handed_out(program: httpx.Client, served: Served, shop: Shop) -> None:
    new = {"site_id": shop.site_id, "supplier_id": shop.supplier_id, "lines": [], "head": {"note": "with a file"}}
    origin = f"purchasing_order:{program.post('/orders', json=new).json()['id']}"
    sent = {"Content-Type": "application/octet-stream", "Idempotency-Key": "file-1"}
    asked = {"origin": origin, "name": "../offer Müller.txt"}
    made = program.post("/files", params=asked, content=b"2 boxes at 9.50", headers=sent)
    assert made.status_code == 201, made.text
    again = program.post("/files", params=asked, content=b"2 boxes at 9.50", headers=sent)
    assert again.json() == made.json() and again.headers["idempotency-replayed"] == "true"
    problem(program.post("/files", params=asked | {"name": "b.txt"}, content=b"x", headers=sent), 422, "key_used")
    hung = program.get("/files", params={"origin": origin}).json()["rows"]
    assert [row["name"] for row in hung] == ["offer Müller.txt"]

    file = program.get(f"/files/{made.json()['file_id']}")
    assert (file.content, file.headers["content-type"].partition(";")[0]) == (b"2 boxes at 9.50", "text/plain")
    assert file.headers["content-disposition"] == "attachment; filename*=UTF-8''offer%20M%C3%BCller.txt"
    known = {"If-None-Match": file.headers["etag"]}
    assert program.get(f"/files/{made.json()['file_id']}", headers=known).status_code == 304

    served.person("cleaner", "clea")
    with served.house.acting() as ctx:
        other = {"Authorization": f"Bearer {tokens.add(ctx, served.logins['clea'], '*')}"}
    problem(program.get(f"/files/{made.json()['file_id']}", headers=other), 404, "not_found")
    problem(program.get("/files", params={"origin": origin}, headers=other), 404, "not_found")
    problem(program.post("/files", params=asked, content=b"mine", headers=other | sent), 404, "not_found")
    taken = program.post(f"/attachments/{made.json()['id']}/take-off", json={"origin": origin})
    assert taken.status_code == 204
    assert program.get("/files", params={"origin": origin}).json()["rows"] == []
