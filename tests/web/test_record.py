"""What hangs on every record's page: log, talk, to-dos, files and followers; for nobody who may not see the record."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from plantops import activity, bell, links
from plantops.core import everything
from plantops.db import Base
from tests.browser import Client, Served
from tests.web.test_purchasing_drafts import change
from tests.web.test_purchasing_pages import Enter, Open, Shop, button, lines_form, shop, text, went

__all__ = ["shop"]
pytestmark = [pytest.mark.db, pytest.mark.browser]
MACHINERY = {"core_job_run", "core_outbox", "core_import", "core_webhook_delivery"}
"""Their pages show work of the house, not a document of the plant."""


def asked(requester: Client, shop: Shop) -> str:
    return went(
        requester.submit("/purchasing/requisitions/new", "head", cost_centre_id=shop.centre_id, need_by=shop.need_by)
    )


def origin_of(path: str) -> str:
    return links.shown_at(everything(), path)


def test_every_kind_of_record_with_a_page_is_a_document() -> None:
    registry = everything()
    for module in registry.modules:
        for kind in set(module.links) - MACHINERY:
            document = registry.document(kind)
            assert document is not None, f"{kind} has a page, but its manifest says nothing of it in `documents`"
            table = Base.metadata.tables[kind]
            assert {*document.fields, *document.owners} <= set(table.c.keys()), kind
            for lines in document.lines:
                columns = Base.metadata.tables[lines.table].c.keys()
                assert {*lines.fields, lines.parent, lines.name, "id"} <= set(columns), lines.table
    assert not MACHINERY & {kind for module in registry.modules for kind in module.documents}


def test_what_was_changed_said_and_hung_on_stands_in_one_log(client: Enter, shop: Shop) -> None:
    rita, ben = client("requester", "rita"), client("buyer", "ben")
    path = asked(rita, shop)
    rita.send(f"{path}/lines", lines_form(rita, path, item_id_text="A shelf", quantity=1, price="80.00"))
    assert "Line added: A shelf" in text(rita, path)
    went(rita.submit(path, "talk", text="@ben which shelf is good?"))
    went(rita.submit(path, "todo", text="Measure the wall", due_on="2026-11-30"))
    went(rita.submit(path, "attach", file=("wall.txt", b"2.4 m wide", "text/plain")))
    found = text(rita, path)
    assert "@ben which shelf is good?" in found and "Measure the wall" in found and "wall.txt" in found
    assert "Ben, Rita" in found, "who speaks and who is called in follow it"
    page = ben.page("/bell")
    assert "which shelf is good?" in page.text_content()


def test_a_field_is_told_with_old_and_new(client: Enter, shop: Shop) -> None:
    buyer = client("buyer")
    draft = went(
        buyer.submit(
            "/purchasing/orders/new", "head", supplier_id=shop.supplier_id, cost_centre_id=shop.centre_id, freight=12
        )
    )
    buyer.send(f"{draft}/lines", order_line(buyer, draft, shop))
    went(buyer.submit(f"{draft}/head", "head", freight=5, note="Ring at gate 2"))
    assert change(buyer, draft, shop, quantity=2, price="70.00").status_code == 200
    found = text(buyer, draft)
    assert "Freight: 12 5Note: empty Ring at gate 2" in found, found
    assert "A shelf, Price: 80 70" in found and "A shelf, Quantity: 1 2" in found
    assert "content_hash" not in found and "version" not in found.lower()


def order_line(buyer: Client, draft: str, shop: Shop) -> dict[str, str]:
    return lines_form(
        buyer, draft, item_id_text="A shelf", quantity=1, price="80.00", need_by=shop.need_by,
        cost_centre_id=shop.centre_id,
    )  # fmt: skip


def test_who_may_not_see_it_neither_speaks_nor_hears(client: Enter, shop: Shop, served: Served) -> None:
    rita, carl = client("requester", "rita"), client("cleaner", "carl")
    path = asked(rita, shop)
    origin = origin_of(path)
    for address in ("/talk", "/talk/todo", "/talk/follow", "/talk/files"):
        assert carl.post(address, origin=origin, text="Hello", on="yes").status_code == 404, address
    went(rita.submit(path, "talk", text="@carl look"))
    went(rita.submit(path, "talk", text="A second word"))
    with served.house.acting(served.logins["carl"]) as ctx:
        told, asked_of = bell.notices(ctx), bell.asked(ctx)
    assert [one.text for one in told] == ["You may not see what this is about."], "called in, and no word of it told"
    assert [(one.text, one.origin) for one in asked_of] == [("You may not see what this is about.", "")]
    home = carl.get("/").text
    assert "You may not see what this is about." in home and "@carl look" not in home


def test_who_follows_hears_of_each_step_until_they_no_longer_follow(client: Enter, shop: Shop, served: Served) -> None:
    rita, anna = client("requester", "rosa"), client("approver,auditor", "anna")
    path = asked(rita, shop)
    rita.send(f"{path}/lines", lines_form(rita, path, item_id_text="A shelf", quantity=1, price="80.00"))
    went(button(anna, path, "follow"))
    went(button(rita, path, "submit"))

    def heard() -> list[str]:
        with served.house.acting(served.logins["anna"]) as ctx:
            return [row.text for row in activity.waiting(ctx) if row.origin == origin_of(path)]

    assert heard() == ["It is now submitted."]
    assert "It is now submitted." in anna.get("/bell").text
    assert "It is now submitted." not in anna.get("/").text, "nobody is asked for anything by a step"
    went(button(anna, path, "follow"))
    went(button(rita, path, "take-back"))
    assert heard() == ["It is now submitted."]


def test_a_file_is_taken_off_by_who_put_it_there(client: Enter, shop: Shop) -> None:
    rita, anna = client("requester", "rita"), client("approver,auditor", "anna")
    path = asked(rita, shop)
    went(rita.submit(path, "attach", file=("wall.txt", b"2.4 m wide", "text/plain")))
    (form,) = rita.page(path).xpath("//form[starts-with(@id, 'take-off-')]")
    fields = {name: value or "" for name, value in form.form_values()}
    assert not anna.page(path).xpath("//form[starts-with(@id, 'take-off-')]")
    del fields["_csrf"]
    refused = anna.post(str(form.get("action")), **fields)
    assert refused.status_code == 409 and "somebody else put it there" in refused.text
    went(button(rita, path, "remove"))
    assert "wall.txt" not in text(rita, path)


def test_somebody_is_called_in_from_the_list_while_one_types(browser: Open, client: Enter, shop: Shop) -> None:
    client("buyer", "ben")
    path = asked(client("requester", "rita"), shop)
    page = browser("requester", "rita")
    page.goto(path)
    page.get_by_label("Say something").press_sequentially("Dear @be")
    expect(page.get_by_role("option", name="Ben")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Say something")).to_have_value("Dear @ben ")
    page.keyboard.type("look")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#record .log")).to_contain_text("Dear @ben look")
