"""Stock, items and companies as people see them: handed out, counted blind, taken back; found, added, changed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from plantops import reservations, stock, stores
from plantops.stock import Line
from tests.browser import Served
from tests.web.test_purchasing_pages import Enter, Shop, shop, text, went

__all__ = ["shop"]
pytestmark = [pytest.mark.db, pytest.mark.browser]


@pytest.fixture(scope="module")
def gloves(served: Served, shop: Shop) -> str:
    """10,000 gloves lie in the main store; the address of their page."""
    with served.house.acting() as ctx:
        line = Line(shop.gloves_id, Decimal(10_000), cost=Decimal(950))
        stock.receive(ctx, shop.store_id, [line], origin="test", key="gloves of the tests")
        return f"/stock/{stock.balance_id(ctx, shop.gloves_id, shop.store_id)}"


def on_hand(client: Enter, gloves: str) -> str:
    (value,) = client("storekeeper").page(gloves).xpath("//dt[normalize-space()='On hand']/following-sibling::dd[1]")
    return " ".join(str(value.text_content()).split())


def test_gloves_are_handed_out_in_boxes_and_brought_back(client: Enter, shop: Shop, gloves: str) -> None:
    keeper = client("storekeeper")
    before = int(on_hand(client, gloves).split()[0].replace(",", ""))
    assert gloves in keeper.get("/stock?q=glov").text
    typed = {"quantity": 3, "unit": "box", "cost_centre_id": shop.centre_id}
    went(keeper.submit(gloves, "issue", **typed))
    assert on_hand(client, gloves) == f"{before - 300:,} each"
    went(keeper.submit(gloves, "back", **(typed | {"quantity": 1})))
    assert on_hand(client, gloves) == f"{before - 200:,} each"
    too_many = keeper.submit(gloves, "issue", **(typed | {"quantity": 10_000}))
    assert too_many.status_code == 409
    assert keeper.submit(gloves, "issue", quantity=1).status_code == 422, "somebody pays for it"


def test_a_form_without_its_number_is_not_said_to_be_done(client: Enter, shop: Shop, gloves: str) -> None:
    """Two of them look like one that was sent twice, so the second would be said to be done and was not."""
    keeper = client("storekeeper,requester")
    before = on_hand(client, gloves)
    form = keeper.page(gloves).xpath("//form[contains(@action, '/issue')]")[0]
    fields = {name: value or "" for name, value in form.form_values() if name not in ("_key", "_csrf")}
    for quantity in (1, 2):
        answer = keeper.post(
            str(form.get("action")), **(fields | {"quantity": quantity, "cost_centre_id": shop.centre_id})
        )
        assert answer.status_code == 422 and "came without its number" in answer.text
    assert on_hand(client, gloves) == before


def test_a_movement_is_taken_back_once(client: Enter, shop: Shop, gloves: str) -> None:
    keeper = client("storekeeper")
    before = on_hand(client, gloves)
    went(keeper.submit(gloves, "issue", quantity=7, cost_centre_id=shop.centre_id))
    (move,) = keeper.page(gloves).xpath("(//a[starts-with(@href, '/stock/moves/')])[1]/@href")
    assert keeper.submit(move, "take-back", reason="").status_code == 422
    went(keeper.submit(move, "take-back", reason="Wrong item"))
    assert on_hand(client, gloves) == before
    assert "it was taken back already" in text(keeper, move)


def test_the_count_is_blind_and_posts_only_what_differs(client: Enter, shop: Shop, gloves: str) -> None:
    keeper = client("storekeeper")
    sheet = f"/stores/{shop.store_id}/count"
    here = on_hand(client, gloves)
    assert here.split()[0] not in text(keeper, sheet)
    assert keeper.submit(sheet, "count").status_code == 422
    (asked,) = keeper.page(sheet).xpath("//form[@id='count']/@hx-confirm")
    assert "set right at once" in asked, "Enter in a field posts nothing by itself"
    went(keeper.submit(sheet, "count", **{"lines.0.quantity": "9000", "reason": "Count of November"}))
    assert on_hand(client, gloves) == "9,000 each"
    assert "Count of November" in text(keeper, f"/stock/moves?store={shop.store_id}&kind=adjust")
    assert client("receiver").get(sheet).status_code == 403


def test_a_store_is_made_changed_and_closed_when_empty(client: Enter, shop: Shop, gloves: str) -> None:
    keeper = client("storekeeper")
    made = went(keeper.submit("/stores/new", "store", code="N", name="North"))
    went(keeper.submit(f"{made}/edit", "store", name="North hall"))
    page = text(keeper, gloves)
    assert "Move to another store" in page and "there is no other store" not in page
    went(keeper.submit(gloves, "transfer", quantity=100, to_store_id=made.rsplit("/", 1)[1]))
    assert "1 item lies in it" in text(keeper, made)
    assert client("receiver").post(f"{made}/close", _version=2).status_code == 403
    assert keeper.submit("/stores/new", "store", code="N", name="Again").status_code == 409
    kept = went(keeper.submit("/stock/new", "keep", item_id=shop.gloves_id, store_id=made.rsplit("/", 1)[1],
                              minimum=500, target=900, bin="B1"))  # fmt: skip
    assert "low" in text(keeper, kept).lower()
    assert kept in keeper.get(made).text


def test_what_is_promised_is_picked(client: Enter, served: Served, shop: Shop, gloves: str) -> None:
    with served.house.acting() as ctx:
        origin = f"core_store:{shop.store_id}"
        reservations.reserve(ctx, shop.store_id, shop.gloves_id, Decimal(40), origin=origin)
    keeper = client("storekeeper")
    before = int(on_hand(client, gloves).split()[0].replace(",", ""))
    store = f"/stores/{shop.store_id}"
    assert "1thing to pick" in text(keeper, "/").lower()
    (one,) = keeper.page(store).xpath("//input[@name='ids']/@value")
    assert keeper.submit(store, "pick").status_code == 409
    went(keeper.submit(store, "pick", ids=one))
    assert on_hand(client, gloves) == f"{before - 40:,} each"


def test_an_item_is_added_packed_and_taken_out(client: Enter, shop: Shop) -> None:
    buyer = client("buyer")
    went(buyer.submit("/items/categories", "category", code="TOOLS", name="Tools"))
    (category,) = buyer.page("/items/new").xpath("//option[normalize-space()='Tools']/@value")
    wrong = buyer.submit("/items/new", "item", sku="", name="Drill", category_id=category)
    assert wrong.status_code == 422
    item = went(buyer.submit("/items/new", "item", sku="DRILL-6", name="Drill 6 mm", category_id=category))
    went(buyer.submit(item, "pack", unit="box", factor=10))
    assert "One box holds 10 each" in text(buyer, item)
    went(buyer.submit(f"{item}/edit", "item", name="Drill 6 mm HSS"))
    assert "Drill 6 mm HSS" in text(buyer, f"/items?category={category}")
    taken = buyer.submit("/items/new", "item", sku="DRILL-6", name="Other", category_id=category)
    assert taken.status_code == 409
    assert client("requester").get("/items/new").status_code == 403


def test_a_company_that_looks_alike_is_asked_about(client: Enter, shop: Shop) -> None:
    buyer = client("buyer")
    nothing = buyer.submit("/parties/new", "company", name="Rivo Lifts")
    assert nothing.status_code == 422 and "carrier or a contractor" in nothing.text
    alike = buyer.submit("/parties/new", "company", name="Kesling Hygiene", is_supplier="true")
    assert alike.status_code == 409 and "Kessling Hygiene" in alike.text
    made = went(buyer.submit("/parties/new", "company", name="Kesling Hygiene", is_supplier="true", sure="true"))
    went(buyer.submit(made, "block", reason="Not the real one"))
    assert "Not the real one" in text(buyer, made)
    assert made in buyer.get("/parties?blocked=yes").text
    assert client("requester").get(made).status_code in (403, 404)
    assert "Kesling" in text(client("auditor"), made)


def test_stores_of_another_site_stay_out_of_sight(served: Served, client: Enter) -> None:
    with served.house.acting() as ctx:
        assert stores.list_stores(ctx)
    assert client("requester").get("/stock").status_code == 403
