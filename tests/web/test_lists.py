"""What every list can do: copies of exactly what is filtered."""

from __future__ import annotations

import csv
import io
from urllib.parse import urlsplit

import pytest
from openpyxl import load_workbook

from plantops import exports, jobs, worker
from plantops.parties import PartyFacts, PartyKind, add_party
from tests.browser import Client, Served
from tests.web.test_purchasing_pages import Enter, text

pytestmark = [pytest.mark.db, pytest.mark.browser]


@pytest.fixture(scope="module", autouse=True)
def companies(served: Served) -> None:
    with served.house.acting() as ctx:
        for number in range(1, 6):
            add_party(
                ctx,
                PartyFacts(
                    f"Kessling {number}", town="Trier" if number % 2 else "Metz", kinds=frozenset({PartyKind.CARRIER})
                ),
                sure=True,
            )
        add_party(ctx, PartyFacts("=HYPERLINK(1)", town="Metz", kinds=frozenset({PartyKind.CARRIER})), sure=True)


def offered(keeper: Client, path: str) -> dict[str, str]:
    """The copies that a list page offers, by their label."""
    links = keeper.page(path).xpath("//summary[contains(., 'Export')]/following-sibling::ul//a")
    return {str(link.text_content()).strip(): str(link.get("href")) for link in links}


def test_a_list_is_taken_along_exactly_as_it_is_filtered(client: Enter) -> None:
    keeper = client("buyer,administrator")
    found = offered(keeper, "/parties?carrier=yes&q=metz&sort=-name&columns=name,town")
    answer = keeper.get(found["CSV"])
    assert answer.headers["content-type"].startswith("text/csv")
    assert "core-parties-2026-11-23.csv" in answer.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0] == ["Name", "Town"]
    assert {tuple(row) for row in rows[1:]} == {
        ("Kessling 4", "Metz"),
        ("Kessling 2", "Metz"),
        ("'=HYPERLINK(1)", "Metz"),
    }
    book = load_workbook(io.BytesIO(keeper.get(found["Excel (XLSX)"]).content))
    cells = [cell for row in book.worksheets[0].iter_rows(min_row=2) for cell in row]
    assert len(cells) == 6 and all(cell.data_type == "s" for cell in cells), "no cell is a formula"
    paper = keeper.page(found["Print"])
    assert len(paper.xpath("//tbody/tr")) == 3 and "q: metz" in str(paper.text_content())


def test_a_copy_needs_the_right_to_the_list_and_known_filters(client: Enter) -> None:
    nobody = client("employee")
    for end in ("export.csv", "export.xlsx", "print"):
        assert nobody.get(f"/lists/core.parties/{end}").status_code == 403
        assert client("administrator").get(f"/lists/core.parties/{end}?stat=1").status_code == 422
    assert nobody.post("/lists/core.parties/export.csv", asked="").status_code == 403
    assert client("administrator").get("/lists/core.nothing/export.csv").status_code == 422


def test_a_long_list_is_written_by_the_worker_and_its_owner_is_told(
    client: Enter, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    keeper = client("administrator", "ada")
    path = "/lists/core.parties/export.csv?q=kessling&columns=name"
    answer = keeper.submit(path, "write")
    run = int(urlsplit(answer.headers["hx-redirect"]).path.rpartition("/")[2])
    worker.run(served.house, run)
    page = keeper.page(f"/jobs/{run}")
    (link,) = page.xpath("//a[starts-with(@href, '/files/')]/@href")
    assert len(keeper.get(str(link)).text.splitlines()) == 1 + 5
    assert client("administrator", "eve").get(str(link)).status_code == 404, "a copy is its owner's"
    assert "is ready to be downloaded" in text(keeper, "/")
    refused = keeper.get("/lists/core.parties/print?q=kessling")
    assert refused.status_code == 422 and "not printed" in refused.text
    with served.house.acting() as ctx:
        ctx.now += exports.KEEP * 2
        assert exports.forget_old(ctx).message == "1 old exports removed"
        assert jobs.one(ctx, run).link is None
    assert keeper.get(str(link)).status_code == 404
