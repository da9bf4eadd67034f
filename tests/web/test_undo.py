"""Half a minute to take a step back: who took it, nobody else, and only when nothing came after."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from plantops import activity, links, undo
from plantops.core import everything
from plantops.db import Base
from plantops.undo import LastChange
from purchasing.models import Requisition
from purchasing.models.orders import RequisitionState as State
from tests.browser import Client, Served
from tests.web.test_purchasing_pages import Enter, Open, Shop, button, lines_form, shop, text, went

__all__ = ["shop"]
pytestmark = [pytest.mark.db, pytest.mark.browser]
SUBMITTED = {"state": ("draft", "submitted"), "version": (3, 4)}


def drafted(asker: Client, shop: Shop) -> str:
    path = went(
        asker.submit("/purchasing/requisitions/new", "head", cost_centre_id=shop.centre_id, need_by=shop.need_by)
    )
    asker.send(f"{path}/lines", lines_form(asker, path, item_id_text="A crane", quantity=1, price="9000.00"))
    return path


@pytest.mark.parametrize(
    ("last", "why"),
    [
        (LastChange(5, 3.0, SUBMITTED), None),
        (LastChange(5, 31.0, SUBMITTED), "more than 30 seconds have passed"),
        (LastChange(6, 3.0, SUBMITTED), "somebody else did it"),
        (LastChange(5, 3.0, {"state": ("approved", "ordered")}), "others were told of it already"),
        (LastChange(5, 3.0, {"note": (None, "x")}), "something else was changed since"),
        (None, "something else was changed since"),
    ],
)
def test_what_can_be_undone(last: LastChange | None, why: str | None) -> None:
    assert undo.why_not_undo(last, Requisition.lifecycle, 5) == why


def test_each_lifecycle_that_can_be_undone_has_its_action_and_the_other_way_round() -> None:
    undoing = everything().undoing()  # which imports every module
    declared = {
        mapper.local_table.name: mapper.class_.lifecycle.undo
        for mapper in Base.registry.mappers
        if getattr(mapper.class_, "lifecycle", None) and mapper.class_.lifecycle.undo
    }
    assert set(declared) == set(undoing)
    for kind, steps in declared.items():
        columns = Base.metadata.tables[kind].c
        assert not [one.name for one in columns if one.info.get("hidden")], f"{kind}: the trail cannot give it back"
        follow = next(m.class_.lifecycle.follow for m in Base.registry.mappers if m.local_table.name == kind)
        assert all(target in follow[source] for source, target in steps), kind


def test_a_submitted_requisition_is_taken_back_and_who_was_told_is_untold(
    client: Enter, shop: Shop, served: Served
) -> None:
    rita, anna = client("requester", "rita"), client("approver,auditor", "anna")
    path = drafted(rita, shop)
    went(button(anna, path, "follow"))
    went(button(rita, path, "submit"))
    assert rita.page(path).xpath("//*[@id='toasts']//button[contains(., 'Undo')]")
    assert not anna.page(path).xpath("//form[@action='/undo']"), "it was not anna who did it"
    (form, _here) = rita.page(path).xpath("//form[@action='/undo']")
    fields = {name: value or "" for name, value in form.form_values()}
    del fields["_csrf"], fields["_key"]
    refused = anna.post("/undo", **fields)
    assert refused.status_code in (403, 409)
    assert rita.post("/undo", **(fields | {"_version": "1"})).status_code == 409, "changed since"
    assert rita.post("/undo", **fields).status_code in (200, 303)
    assert "Draft" in text(rita, path) and rita.page(path).xpath("//form[@id='new-line']")
    with served.house.acting(served.logins["anna"]) as ctx:
        mine = [row for row in activity.waiting(ctx) if row.origin == links.shown_at(ctx.registry, path)]
        assert mine == []


def test_after_half_a_minute_by_the_databases_clock_it_is_too_late(
    client: Enter, shop: Shop, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    rita = client("requester", "rita")
    path = drafted(rita, shop)
    went(button(rita, path, "submit"))
    monkeypatch.setattr(undo, "SECONDS", 0)
    assert not rita.page(path).xpath("//form[@action='/undo']")
    id = int(path.rpartition("/")[2])
    with served.house.acting() as ctx:
        version = ctx.session.scalar(sa.select(Requisition.version).where(Requisition.id == id))
    refused = rita.post("/undo", origin=f"purchasing_requisition:{id}", _version=version)
    assert refused.status_code == 409 and "seconds have passed" in refused.text
    with served.house.acting() as ctx:
        assert ctx.session.scalar(sa.select(Requisition.state).where(Requisition.id == id)) is State.SUBMITTED


def test_undo_is_reached_by_keyboard(browser: Open, client: Enter, shop: Shop) -> None:
    path = drafted(client("requester", "rita"), shop)
    page = browser("requester", "rita")
    page.goto(path)
    page.get_by_role("button", name="Submit", exact=True).press("Enter")
    offer = page.locator("#toasts").get_by_role("button", name="Undo")
    expect(offer).to_be_visible()
    offer.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Undone.")
    expect(page.get_by_role("button", name="Submit", exact=True)).to_be_visible()
