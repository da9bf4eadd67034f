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

MAP = 'kind = "items"\n[columns]\nsku = "sku"\nname = "name"\ncategory = "cat"\nstock_unit = "unit"\n'


def staged(client: Client, name: str, *lines: str) -> str:
    csv = "\n".join(("sku,name,cat,unit", *lines))
    return went(
        client.submit(
            "/admin/imports/new",
            "bring",
            kind="items",
            file=(f"{name}.csv", csv.encode(), "text/csv"),
            map=("map.toml", MAP.encode(), "application/toml"),
        )
    )


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
    path = staged(buyer, "tools", "SAW-1,Saw,GOODS,each", "SAW-2,,GOODS,each", "SAW-3,Plane,GOODS,furlong")
    assert "SAW-1" not in text(buyer, path), "only what is wrong is listed"
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


def test_stopped_in_the_middle_nothing_of_it_is_there(client: Enter, served: Served, shop: Shop) -> None:
    buyer = client("buyer")
    path = staged(buyer, "many", *(f"BOLT-{n},Bolt {n},GOODS,each" for n in range(2500)))
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
    path = staged(client("buyer"), "more", "NUT-1,Nut,GOODS,each")
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
