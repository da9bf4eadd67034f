"""Housekeeping as people see it: the code at a door, the desk, a work order, a roster on a phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from housekeeping import requests, rosters
from housekeeping.requests import NewRequest
from plantops import places
from plantops.places import Kind
from tests.browser import Client, Served, axe
from tests.housekeeping import making
from tests.housekeeping.making import MONDAY, Crew

pytestmark = [pytest.mark.db, pytest.mark.browser]

Open = Callable[..., Page]
Enter = Callable[..., Client]


def picture() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (40, 30), "orange").save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def door(served: Served) -> str:
    """The token of a hall."""
    with served.house.acting() as ctx:
        site = places.list_sites(ctx)[0]
        return places.add_place(ctx, site.id, "H7", "Hall 7", Kind.BUILDING).token


@pytest.fixture(scope="module")
def crew(served: Served) -> Crew:
    with served.house.acting() as ctx:
        return making.crew(ctx)


def reported(served: Served, text: str = "The tap drips.") -> int:
    with served.house.acting() as ctx:
        site = places.list_sites(ctx)[0]
        return requests.report(ctx, site.id, NewRequest("Water and drains", text)).id


def test_a_report_by_the_code_at_a_door_with_photo_and_its_status(browser: Open, client: Enter, door: str) -> None:
    page = browser(width=390)
    page.goto(f"/r/{door}")
    expect(page.get_by_text("You are at")).to_contain_text("Hall 7")
    assert axe(page) == []
    page.get_by_label("What is wrong?").fill("Water under the rack")
    page.get_by_label("What is it about?").select_option("Water and drains")
    page.get_by_label("Photo").set_input_files({"name": "leak.jpg", "mimeType": "image/jpeg", "buffer": picture()})
    page.get_by_role("button", name="Send the report").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you RQ-")
    expect(page.locator("main")).to_contain_text("waits for the desk")
    assert axe(page) == []
    number = (page.get_by_role("heading", level=1).text_content() or "").split()[-1]
    assert "/r/status/" in page.url
    desk = client("facility_manager")
    link = desk.page(f"/housekeeping/requests?q={number}").xpath(f"//a[contains(., '{number}')]/@href")[0]
    answer = desk.get(f"{link}/photo")
    assert answer.headers["content-security-policy"].startswith("sandbox")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "image/jpeg"
    assert Image.open(BytesIO(answer.content)).size == (40, 30)
    assert client("employee", "stranger").get(f"{link}/photo").status_code == 404
    assert client("employee", "stranger").get(link).status_code == 404


def test_a_report_that_is_sent_again_over_a_poor_network_is_there_once(
    client: Enter, served: Served, door: str
) -> None:
    nobody, here = client(), f"/r/{door}"
    form = nobody.page(here).xpath("//form[@id='report']")[0]
    fields = {name: value or "" for name, value in form.form_values()}
    fields |= {"category": "Water and drains", "text": "It runs down the wall of the stairs."}
    first, again = [nobody.send(here, fields, came_from=here) for _ in range(2)]
    assert first.status_code == 200 and first.headers["hx-redirect"] == again.headers["hx-redirect"]
    with served.house.acting() as ctx:
        told = [row for row in requests.list_requests(ctx, limit=100) if "down the wall of the stairs" in row.text]
    assert len(told) == 1


def test_a_wrong_code_and_an_empty_report_say_so(client: Enter, door: str) -> None:
    assert client().get("/r/nothing-here").status_code == 404
    answer = client().submit(f"/r/{door}", "report", text="", category="Cleaning")
    assert answer.status_code == 422
    assert "Say in a few words" in answer.text or "fill this in" in answer.text


def test_the_desk_accepts_and_opens_work_that_a_cleaner_finishes(browser: Open, served: Served, client: Enter) -> None:
    id = reported(served, "Lamp dark over line 4")
    same = reported(served, "Lamp still dark")
    page = browser("facility_manager")
    page.goto(f"/housekeeping/requests/{id}")
    assert axe(page) == []
    expect(page.get_by_label("Similar and open")).to_contain_text("Lamp still dark")
    page.get_by_role("button", name="Accept").click()
    page.get_by_label("2: today").check()
    page.locator("#accept-dialog").get_by_role("button", name="Accept").click()
    expect(page.locator("#toasts")).to_contain_text("priority 2")
    page.wait_for_load_state()
    page.get_by_role("button", name="Open a work order").click()
    page.get_by_label("What is to be done?").fill("Change the lamp")
    page.get_by_label("Tasks").fill("Lock the line\nChange the lamp")
    page.locator("#open-work-dialog").get_by_role("button", name="Open a work order").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Change the lamp")
    url = page.url
    worker = browser("cleaner", width=390)
    worker.goto(url)
    worker.get_by_role("button", name="Start").click()
    expect(worker.locator(".head")).to_contain_text("In progress")
    for left in ("2 of its tasks are", "1 of its tasks is"):
        expect(worker.locator("main")).to_contain_text(left)
        worker.get_by_role("button", name="Tick off").first.click()
    worker.get_by_label("What was done?").fill("New lamp in")
    assert axe(worker) == []
    worker.get_by_label("Minutes of work").fill("25")
    worker.get_by_role("button", name="Finish").click()
    expect(worker.locator("#toasts")).to_contain_text("is done")
    page.goto(f"/housekeeping/requests/{id}")
    expect(page.locator("main")).to_contain_text("New lamp in")
    desk = client("facility_manager")
    number = desk.page(f"/housekeeping/requests/{id}").xpath("//h1")[0].text_content().strip()
    assert desk.submit(f"/housekeeping/requests/{same}", "duplicate", number=number).status_code == 200
    assert number in desk.page(f"/housekeeping/requests/{same}").text_content()


def test_tabs_tell_new_from_overdue(client: Enter, served: Served) -> None:
    id = reported(served, "Door squeaks")
    desk = client("facility_manager")
    href = f"/housekeeping/requests/{id}"
    assert desk.page("/housekeeping/requests?state=new").xpath(f"//a[@href='{href}']")
    assert not desk.page("/housekeeping/requests?overdue=yes").xpath(f"//a[@href='{href}']")
    before = served.house.clock
    served.house.clock = lambda: before() + timedelta(days=10)
    assert client("facility_manager").page("/housekeeping/requests?overdue=yes").xpath(f"//a[@href='{href}']")


def test_an_employee_reports_by_page_and_sees_the_own_only(client: Enter) -> None:
    anna = client("employee", "anna")
    answer = anna.submit("/housekeeping/requests/new", "new", text="Chair broken", category="Furniture")
    url = answer.headers["hx-redirect"]
    assert "Chair broken" in anna.page(url).text_content()
    assert not anna.page(url).xpath("//*[@id='refuse-dialog']")
    assert anna.page("/housekeeping/requests/new").xpath(f"//a[@href='{url}']")
    assert client("employee", "berta").get(url).status_code == 404
    refused = anna.get("/housekeeping/requests")
    assert refused.status_code == 403
    assert "It takes the right" in refused.text
    assert "Ask the person" not in refused.text  # who gives it was just said


def test_a_roster_says_who_is_missing_what_changes_and_scrolls_in_its_box(
    browser: Open, served: Served, crew: Crew
) -> None:
    with served.house.acting() as ctx:
        first = making.proposal(ctx, crew, making.whole_week(crew))
        rosters.publish(ctx, first.id, first.version)
        second = making.proposal(ctx, crew, {MONDAY + timedelta(days=n): [crew.people[1]] for n in range(1, 5)})
        second.base_id, second.penalty = first.id, 100
        url = f"/housekeeping/rosters/{second.id}"
    page = browser("facility_manager", width=390)
    page.goto(url)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    table = page.get_by_role("region", name="Who works when, table")
    expect(table.get_by_role("row", name="1 missing").first).to_contain_text("Clean")
    assert table.evaluate("box => box.scrollWidth > box.clientWidth")
    table.focus()
    expect(table).to_be_focused()
    expect(page.get_by_label("What changes")).to_contain_text("Ann Arbour: Mon 30 Nov: E Clean → off")
    expect(table.locator("del").first).to_have_text("E")
    assert axe(page) == []
    page.get_by_role("button", name="Reject").click()
    page.locator("#reject-dialog").get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Accept and publish").click()
    page.locator("#publish-dialog").get_by_role("button", name="Accept and publish").click()
    expect(page.locator("#toasts")).to_contain_text("the shifts are planned")
    page.goto("/housekeeping/rosters")
    expect(page.locator("main")).to_contain_text("Superseded")
    assert axe(page) == []


def test_a_line_manager_reads_rosters_and_decides_nothing(client: Enter, served: Served, crew: Crew) -> None:
    with served.house.acting() as ctx:
        made = making.proposal(ctx, crew, making.whole_week(crew))
    page = client("line_manager").page(f"/housekeeping/rosters/{made.id}")
    assert "Ann Arbour" in page.text_content()
    assert not page.xpath("//*[@id='publish-dialog' or @id='reject-dialog']")
    sent = client("line_manager").post(f"/housekeeping/rosters/{made.id}/publish", _version=made.version)
    assert sent.status_code == 403
