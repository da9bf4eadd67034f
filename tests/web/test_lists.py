"""What every list can do: copies, views, columns, groups, many rows at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from housekeeping import requests
from housekeeping.requests import NewRequest
from plantops import bulk_actions, exports, jobs, places, worker
from plantops.parties import PartyFacts, PartyKind, add_party
from tests.browser import Client, Served, axe
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


def test_a_view_is_saved_opens_first_and_can_be_left(client: Enter) -> None:
    keeper = client("administrator", "ada")
    dialog = {"title": "In Metz", "role": "employee", "mine_first": "true"}
    saved = keeper.submit("/parties?q=metz&sort=-name", "list-save-view", **dialog)
    page = keeper.page(saved.headers["hx-redirect"])
    assert len(page.xpath("//tr[@data-row]")) == 3
    names = page.xpath("//tbody//th//a/text()")
    assert names == sorted(names, reverse=True), "the order is part of it"
    assert len(keeper.page("/parties").xpath("//tr[@data-row]")) == 3, "it opens first"
    assert "View: In Metz" in text(keeper, "/parties"), "the view in use is named"
    (whole,) = keeper.page("/parties").xpath("//a[contains(., 'Everything')]/@href")
    assert "View: In Metz" not in text(keeper, str(whole))
    assert len(keeper.page(str(whole)).xpath("//tr[@data-row]")) >= 6
    other = client("buyer", "bo")
    assert "In Metz" in text(other, "/parties") and len(other.page("/parties").xpath("//tr[@data-row]")) >= 6
    views = "/lists/core.parties/views"
    kept = other.page(views).xpath("//main//a[contains(@href, 'view=') and not(contains(@href, 'view=menu'))]/@href")
    (number,) = {str(url).rpartition("=")[2] for url in kept}
    assert other.post(f"{views}/{number}/remove").status_code == 403
    went = keeper.submit(f"{views}?back=/parties", f"remove-{number}")
    assert went.headers["hx-redirect"] == f"{views}?back=%2Fparties"
    assert other.get(f"/parties?view={number}").status_code == 404
    assert len(keeper.page("/parties").xpath("//tr[@data-row]")) >= 6


def test_columns_are_chosen_once_and_stay(client: Enter) -> None:
    keeper = client("administrator", "col")
    went = keeper.submit("/parties?q=metz", "list-columns", columns="town")
    assert went.headers["hx-redirect"] == "/parties?q=metz"
    heads = [str(head).strip() for head in keeper.page("/parties").xpath("//thead//th//text()") if str(head).strip()]
    assert heads == ["Name", "Town"]
    copy = keeper.get(offered(keeper, "/parties")["CSV"]).content.decode("utf-8-sig")
    assert copy.splitlines()[0] == "Name,Town", "a copy has the columns that are seen"
    keeper.submit("/parties", "list-columns", all="yes")
    assert len(keeper.page("/parties").xpath("//thead//th")) > 2


def test_a_group_opens_and_shuts_by_keyboard(browser: Callable[..., Page], served: Served) -> None:
    page = browser("administrator", "ada")
    page.goto("/parties?q=kessling&group=town&columns=name,town")
    groups = page.locator("[data-group]")
    expect(groups).to_have_count(2)
    expect(groups.nth(1)).to_contain_text("3")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("tr[data-row*='/parties/']")).to_have_count(3)
    expect(groups.nth(1)).to_have_attribute("aria-expanded", "true")
    assert axe(page) == []
    page.keyboard.press("Enter")
    expect(page.locator("tr[data-row*='/parties/']")).to_have_count(0)
    expect(groups.nth(1)).to_have_attribute("aria-expanded", "false")


def test_many_rows_are_done_at_once_after_a_look_and_can_be_taken_back(client: Enter, served: Served) -> None:
    boss = client("facility_manager", "fay")
    with served.house.acting(served.logins["fay"]) as ctx:
        site = places.list_sites(ctx)[0].id
        made = [requests.report(ctx, site, NewRequest("Water and drains", f"Tap {n}.")) for n in range(4)]
        requests.refuse(ctx, made[0].id, made[0].version, "Not ours")
        numbers = [one.number for one in made]
    assert boss.page("/housekeeping/requests").xpath("//button[contains(@formaction, '/bulk/accept')]")
    look = "/lists/housekeeping.requests/bulk/accept?all=yes&asked=q%3Dtap&back=/housekeeping/requests"
    page = " ".join(str(boss.page(look).text_content()).split())
    assert "3 of 4 can be done, 1 cannot" in page and numbers[0] in page and "it is refused" in page
    assert "When it is done, you have 30 seconds to undo it." in page
    settle = look.replace("accept", "resolve")
    assert "What is done then cannot be undone." in " ".join(str(boss.page(settle).text_content()).split())
    run = boss.submit(settle, "many", reason="Sealed").headers["hx-redirect"]
    assert "Begins at" in text(boss, run) and "Undo" in text(boss, run)
    job = int(run.rpartition("/")[2])
    boss.submit(run, f"cancel-{job}")
    assert "Nothing was changed" in text(boss, run)
    worker.run(served.house, job)
    assert len(boss.page("/housekeeping/requests?q=tap&state=new").xpath("//tr[@data-row]")) == 3
    run = boss.submit(look, "many").headers["hx-redirect"]
    worker.run(served.house, int(run.rpartition("/")[2]))
    assert "Accept: 3 done, 1 refused." in text(boss, run) and numbers[0] in text(boss, run)
    assert len(boss.page("/housekeeping/requests?q=tap&state=accepted").xpath("//tr[@data-row]")) == 3
    with served.house.acting(served.logins["fay"]) as ctx:
        requests.resolve(ctx, made[3].id, requests.request(ctx, made[3].id).version, "Dry")
    undone = boss.submit(run, "undo-many").headers["hx-redirect"]
    assert boss.post(f"{run}/undo").status_code == 409, "once is enough"
    worker.run(served.house, int(undone.rpartition("/")[2]))
    told = text(boss, undone)
    assert "Accept: 2 undone, 1 stays as it is." in told and "something else was changed since" in told
    assert numbers[3] in told and "Undo" not in text(boss, run)
    assert len(boss.page("/housekeeping/requests?q=tap&state=new").xpath("//tr[@data-row]")) == 2
    assert client("facility_manager", "other").post(f"{run}/undo").status_code == 404
    assert boss.submit(look.replace("accept", "refuse"), "many", reason="").status_code == 422
    assert client("employee").get(look).status_code == 403
    assert boss.get("/lists/housekeeping.requests/bulk/accept").status_code == 200, "nothing picked is said"
    picked = look.replace("all=yes&asked=q%3Dtap", f"ids={made[2].id}+{made[3].id}")
    assert "2 of 2 can be done" in text(boss, picked)
    most = " ".join(f"{10**8 + n}:12" for n in range(bulk_actions.MOST))
    assert boss.post("/lists/housekeeping.requests/bulk/accept", rows=most).status_code == 200, (
        "as many as are promised"
    )
