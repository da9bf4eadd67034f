"""Imports in the browser: staged at once, loaded and taken back by the worker, stopped without a trace."""

from __future__ import annotations

from io import BytesIO

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from plantops import items, worker
from plantops.import_kinds import kinds
from plantops.jobs import JobRun
from plantops.listing import listings
from tests.browser import Client, Served
from tests.web.test_purchasing_pages import Enter, Shop, button, shop, text, went

__all__ = ["shop"]
pytestmark = [pytest.mark.db, pytest.mark.browser]


def brought(client: Client, name: str, *lines: str, kind: str = "items", head: str = "sku,name,cat,unit") -> str:
    """The mapping page of a file that was sent."""
    csv = "\n".join((head, *lines))
    sent = client.submit("/admin/imports/new", "bring", kind=kind, file=(f"{name}.csv", csv.encode(), "text/csv"))
    return went(sent)


def staged(served: Served, client: Client, name: str, *lines: str) -> str:
    mapping = brought(client, name, *lines)
    path = went(client.submit(mapping, "map", **{"heads.2.to": "category", "heads.3.to": "stock_unit"}))
    worker.run(served.house, waiting(served))
    return path


def waiting(served: Served) -> int:
    """The run that waits for the worker."""
    with served.house.acting() as ctx:
        queued = sa.select(JobRun.id).where(JobRun.state == "queued", JobRun.name.like("core.%_import"))
        return ctx.session.scalars(queued).one()


def known(served: Served, sku: str) -> bool:
    with served.house.acting() as ctx:
        return items.by_sku(ctx, sku) is not None


def test_a_file_is_loaded_by_the_worker_and_taken_back(client: Enter, served: Served, shop: Shop) -> None:
    buyer = client("buyer")
    path = staged(served, buyer, "tools", "SAW-1,Saw,GOODS,each", "SAW-2,,GOODS,each", "SAW-3,Plane,GOODS,furlong")
    assert "SAW-1" not in text(buyer, path), "only what is wrong is listed"
    handed = load_workbook(BytesIO(buyer.get(f"{path}/refused.xlsx").content)).worksheets[0]
    assert [row[4].value for row in handed.iter_rows(min_row=2)] == ["name: it is empty", handed[3][4].value]
    refused = buyer.get(f"{path}/refused.csv")
    assert refused.headers["content-type"].startswith("text/csv") and "furlong" in refused.text
    assert went(button(buyer, path, "load")) == path
    page = buyer.page(path)
    assert page.xpath("//section[contains(@id, 'work-')]//progress")
    assert "the worker is busy with it" in text(buyer, path)
    assert buyer.post(f"{path}/load").status_code == 409, "once is enough"
    assert not known(served, "SAW-1")
    worker.run(served.house, waiting(served))
    assert known(served, "SAW-1") and not known(served, "SAW-2")
    assert "1 of 3 rows are loaded, 2 refused" in text(buyer, path)
    went(button(buyer, path, "undo"))
    worker.run(served.house, waiting(served))
    assert "Undone" in text(buyer, path) and "tools.csv is taken back" in text(buyer, path)


def test_wrong_cells_are_set_right_in_place_and_loaded_later(client: Enter, served: Served, shop: Shop) -> None:
    buyer = client("buyer")
    lines = [f"PIN-{n},Pin {n},GOODS,{'furlong' if n < 4 else 'each'}" for n in range(6)]
    path = staged(served, buyer, "pins", *lines, "PIN-8,,GOODS,each", "PIN-9,,GOODS,each")
    page = buyer.page(path)
    assert len(page.xpath("//*[@data-wrong]")) == 6
    assert "4 rows" in text(buyer, path) and "furlong" in text(buyer, path)
    went(button(buyer, path, "load"))
    worker.run(served.house, waiting(served))
    assert known(served, "PIN-5") and not known(served, "PIN-0")
    assert went(buyer.submit(path, "replace-1", new="each", remember="true")) == path
    assert len(buyer.page(path).xpath("//*[@data-wrong]")) == 2
    still = buyer.submit(path, "cell-8-2-form", value="").text
    assert "it is empty" in still, "judged at once, and still wrong"
    mended = buyer.submit(path, "cell-8-2-form", value="Long pin").text
    assert "Ready" in mended and "data-wrong" not in mended
    buyer.submit(path, "skip-9")
    assert "Load 5 rows" in text(buyer, path)
    went(button(buyer, path, "load"))
    worker.run(served.house, waiting(served))
    assert known(served, "PIN-0") and known(served, "PIN-8") and not known(served, "PIN-9")
    assert buyer.post(f"{path}/rows/8", head="name", value="no more").status_code == 409, "it is loaded"
    went(button(buyer, path, "undo"))
    worker.run(served.house, waiting(served))
    assert "Undone" in text(buyer, path)
    next_one = brought(buyer, "pins", "PIN-20,Pin,GOODS,furlong")
    assert "brought before" in text(buyer, next_one)
    went(buyer.submit(next_one, "map"))
    worker.run(served.house, waiting(served))
    assert "Load 1 row" in text(buyer, next_one.removesuffix("/map")), "the word is remembered"


def test_trying_it_says_what_would_be_made_and_changes_nothing(client: Enter, served: Served, shop: Shop) -> None:
    buyer = client("buyer")
    path = staged(served, buyer, "trial", "NAIL-1,Nail,GOODS,each", "NAIL-1,Nail again,GOODS,each")
    went(button(buyer, path, "try"))
    worker.run(served.house, waiting(served))
    page = text(buyer, path)
    assert "1 row would load, 1 would be refused" in page and "Item: made" in page
    assert "this item number is there already" in page, "what loading would refuse is to be set right before"
    assert not known(served, "NAIL-1") and "Load 1 row" in page


def test_the_mapping_page_guesses_and_shows_what_is_understood(client: Enter, served: Served, shop: Shop) -> None:
    buyer = client("buyer")
    head = "Item number;Txt 1;Category;Price;Supplier;Price valid from"
    path = brought(buyer, "prices", "GLUE;Glue;GOODS;1.234,50;Kessling;03/12/2026", head=head)
    page = buyer.page(path)
    chosen = page.xpath("//tbody//select/option[@selected]/@value")
    assert chosen == ["sku", "category", "price", "supplier", "valid_from"]
    assert "Every row needs these" in text(buyer, path) and "1,234.50" in text(buyer, path)
    assert "3 Dec 2026" in text(buyer, path) and "can be read in two ways" in text(buyer, path)
    form = {str(field.name): str(field.value or "") for field in page.get_element_by_id("map").inputs if field.name}
    looked = buyer.send(f"{path}/look", form | {"days": "month first", "heads.1.to": "name"}, came_from=path).text
    assert "12 Mar 2026" in looked and "Every row needs these" not in looked
    refused = buyer.submit(path, "map")
    assert refused.status_code == 422 and "Name" in refused.text
    assert went(buyer.submit(path, "map", **{"heads.1.to": "name", "name": "Price list"})) == path.removesuffix("/map")
    worker.run(served.house, waiting(served))
    other = brought(buyer, "more", "TAPE;Tape;GOODS;2,5;Kessling;04.12.2026;x", head=f"{head};Note")
    assert "Price list" in text(buyer, other)
    assert "name" in buyer.page(f"{other}?map=Price+list").xpath("//tbody//select/option[@selected]/@value")
    assert went(buyer.post(other.replace("/map", "/discard"))) == "/admin/imports"
    assert buyer.get(other).status_code == 404


def test_what_is_no_table_is_refused_before_it_is_kept(client: Enter, served: Served) -> None:
    buyer = client("buyer")
    for content, why in ((b"%PDF-1.7 x", "is a PDF"), (b"", "empty")):
        sent = buyer.submit("/admin/imports/new", "bring", kind="items", file=("a.csv", content, "text/csv"))
        assert sent.status_code == 422 and why in sent.text
    for other in ("requester", ""):
        files = {"file": ("a.csv", b"a,b", "text/csv")}
        assert client(other).send("/admin/imports", {"kind": "items"}, files=files).status_code in (401, 403)


def test_stopped_in_the_middle_nothing_of_it_is_there(client: Enter, served: Served, shop: Shop) -> None:
    buyer = client("buyer")
    path = staged(served, buyer, "many", *(f"BOLT-{n},Bolt {n},GOODS,each" for n in range(2500)))
    went(button(buyer, path, "load"))
    run_id = waiting(served)
    with served.house.acting() as ctx:
        ctx.session.execute(sa.update(JobRun).where(JobRun.id == run_id).values(cancel_asked=True))
    worker.run(served.house, run_id)
    page = text(buyer, path)
    assert "stopped, nothing was changed" in page and "Load 2,500 rows" in page
    assert not known(served, "BOLT-0")
    went(button(buyer, path, "load"))
    went(button(buyer, path, "cancel"))
    assert "stopped before it began" in text(buyer, path)


def test_who_may_not_import_gets_nowhere(client: Enter, served: Served, shop: Shop) -> None:
    path = staged(served, client("buyer"), "more", "NUT-1,Nut,GOODS,each")
    for other in ("requester", "receiver"):
        assert client(other).get(path).status_code == 403
        assert client(other).post(f"{path}/load").status_code == 403
        assert client(other).get(f"{path}/refused.csv").status_code == 403


def test_each_list_leads_to_its_imports_and_to_a_file_to_fill_in(client: Enter, served: Served, shop: Shop) -> None:
    buyer = client("buyer")
    ways = {str(url) for url in buyer.page("/items").xpath("//a/@href")}
    assert "/admin/imports/new?kind=items" in ways
    assert "/admin/imports/new?kind=items" not in client("requester").get("/items").text
    chosen = buyer.page("/admin/imports/new?kind=items").xpath("//select[@name='kind']/option[@selected]/@value")
    assert chosen == ["items"]
    book = load_workbook(BytesIO(buyer.get("/admin/imports/template/items.xlsx").content))
    assert [cell.value for cell in book.worksheets[0][1]][:3] == ["Item number", "Name", "Category"]
    assert book.worksheets[0][2][0].value and book.sheetnames[1] == "Columns"
    assert client("requester").get("/admin/imports/template/items.xlsx").status_code == 403
    known = set(listings(served.house.registry))
    for kind in kinds(served.house.registry).values():
        assert set(kind.lists) <= known, f"{kind.name} names a list that there is not"


def test_what_only_loading_finds_is_answered_once_for_all_rows(client: Enter, served: Served, shop: Shop) -> None:
    buyer = client("buyer")
    head = "Article;Description;Group;Price;Vendor"
    lines = [f"CLIP-{n};Clip;GOODS;1.50;{'Kesling' if n < 3 else 'Kessling Hygiene'}" for n in range(5)]
    mapping = brought(buyer, "clips", *lines, "CLIP-7;Clip;GOODS;2;Nobody", "CLIP-8;Clip;GOODS;2;Nobody", head=head)
    ours = {f"heads.{n}.to": to for n, to in enumerate(("sku", "name", "category", "price", "supplier"))}
    path = went(buyer.submit(mapping, "map", **ours))
    worker.run(served.house, waiting(served))
    went(button(buyer, path, "try"))
    worker.run(served.house, waiting(served))
    assert "2 rows would load, 5 would be refused" in text(buyer, path)
    sifted = text(buyer, f"{path}?show=fix&head=Vendor")
    assert "CLIP-0" in sifted and "Nobody" in sifted
    assert went(buyer.submit(path, "replace-1", new="Kessling Hygiene")) == path
    assert went(buyer.post(f"{path}/skip-value", head="Vendor", old="Nobody")) == path
    assert "Load 5 rows" in text(buyer, path)
    assert "Items and prices" in text(buyer, "/admin/imports"), "kinds have names"
