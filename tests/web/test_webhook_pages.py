"""Administrators say who is told what, look at what became of it, and send it again; so does a program."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from plantops import tokens
from plantops.events import StockReceived
from plantops.webhooks import State, WebhookDelivery
from tests.browser import Served
from tests.web.test_purchasing_pages import Enter, button, text, went

pytestmark = pytest.mark.db


def test_a_webhook_from_its_first_day_to_a_replay(served: Served, client: Enter) -> None:
    boss = client("administrator")
    refused = boss.submit("/admin/webhooks/new", "new-webhook", title="Partner", url="http://127.0.0.1/")
    assert refused.status_code == 422 and "must begin with https://" in refused.text
    path = went(
        boss.submit(
            "/admin/webhooks/new",
            "new-webhook",
            title="Partner",
            url="https://partner.example/plantops",
            events="core.stock_received\ncore.low_stock",
        )
    )
    first = boss.page(f"{path}/secret").xpath("string(//code)")
    assert first.startswith("whsec_")
    went(button(boss, path, "roll"))
    assert boss.page(f"{path}/secret").xpath("string(//code)") not in ("", first)

    with served.house.acting() as ctx:
        ctx.emit(StockReceived(1, 1, 5, "core_store:1"))  # type: ignore[arg-type]
        row = ctx.session.scalars(sa.select(WebhookDelivery)).one()
        row.state, row.error, row.tries = State.FAILED, "It answered 500.", 7
        told = f"/admin/webhook-deliveries/{row.id}"
    assert "core.stock_received" in text(boss, "/admin/webhook-deliveries?state=failed")
    assert "It answered 500." in text(boss, told)
    assert boss.page(told).xpath("//main//a[@href='/items/1']") and boss.page(told).xpath(
        "//main//a[@href='/stores/1']"
    )
    assert "leaves the house" in text(boss, path)
    assert went(button(boss, told, "again")) == told
    assert "It answered 500." in text(boss, told) and "waiting" in text(boss, told).lower()

    went(button(boss, path, "off"))
    assert boss.page(path).xpath("//form[@id='on'] | //*[@id='on']")


def test_a_program_with_the_right_scope_and_none_without(served: Served, client: Enter) -> None:
    client("administrator")
    with served.house.acting() as ctx:
        boss = served.logins["administrator"]
        wide, narrow = tokens.add(ctx, boss, "core.webhook"), tokens.add(ctx, boss, "core.stock")
    new = {"title": "Program", "url": "https://partner.example/p", "events": []}
    http = client("").http
    assert http.post("/api/v1/webhooks", json=new, headers={"Authorization": f"Bearer {narrow}"}).status_code == 403
    made = http.post("/api/v1/webhooks", json=new, headers={"Authorization": f"Bearer {wide}"})
    assert made.status_code == 201 and "secret" not in made.text
    off = http.post(
        f"/api/v1/webhooks/{made.json()['id']}/switch",
        json={"active": False},
        headers={"Authorization": f"Bearer {wide}", "If-Match": made.headers["etag"]},
    )
    assert off.json()["active"] is False


@pytest.mark.parametrize("role", ["auditor", "employee"])
def test_nobody_else_sees_them(client: Enter, role: str) -> None:
    assert client(role).get("/admin/webhooks").status_code == 403
    assert client(role).get("/admin/webhooks/new").status_code == 403
