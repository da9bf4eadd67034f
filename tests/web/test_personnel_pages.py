"""Personnel as people see it: my leave, the decision, who is missing, the page of a person, the matrix."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from personnel import absences, certificates, cover, leave_accounts
from personnel.absences import NewAbsence
from personnel.certificates import NewCertificate
from tests.browser import Client, Served, axe
from tests.personnel.office import Office, office

pytestmark = [pytest.mark.db, pytest.mark.browser]

Open = Callable[..., Page]
Enter = Callable[..., Client]
TODAY = date(2026, 11, 23)


@dataclass
class Hall:
    """Bo leads Ada and Eve; Hanna is the personnel office. Eve is missing today."""

    ada_id: int
    eve_id: int
    licence_id: int
    office: Office


@pytest.fixture(scope="module")
def hall(served: Served) -> Hall:
    for roles, login in (("line_manager", "bo"), ("employee", "ada"), ("hr", "hanna"), ("employee", "stranger")):
        served.person(roles, login)
    with served.house.acting() as ctx:
        made = office(ctx)
        boss = made.hire("Bo Bearing", user_id=served.logins["bo"])
        ada = made.hire("Ada Anvil", user_id=served.logins["ada"], manager_id=boss.id, entitled=True)
        eve = made.hire("Eve Edge", manager_id=boss.id, entitled=True)
        cover.add_need(ctx, made.site_id, made.department_id, 3)
        licence = certificates.add_type(ctx, "FORK", "Forklift licence", validity_months=12)
        certificates.record(ctx, NewCertificate(ada.id, licence.id, date(2025, 12, 8)))
        absences.report(ctx, NewAbsence(eve.id, TODAY, reason="influenza"))
        return Hall(ada.id, eve.id, licence.id, made)


def words(client: Client, path: str) -> str:
    return " ".join(client.page(path).get_element_by_id("main").text_content().split())


# --- the story: asked, looked at, approved


def test_a_leave_is_looked_at_sent_and_approved_with_its_holes_named(
    browser: Open, client: Enter, hall: Hall, served: Served
) -> None:
    page = browser("employee", "ada", width=390, dark=True)
    page.goto("/personnel/leave")
    expect(page.get_by_role("heading", level=1)).to_have_text("My leave")
    expect(page.locator("main")).to_contain_text("25.0 days left")
    assert axe(page) == []
    page.get_by_label("First day").fill("2026-12-07")
    page.get_by_label("Last day").fill("2026-12-11")
    page.get_by_role("button", name="See what it takes").click()
    expect(page.locator("#preview")).to_contain_text("5 days")
    expect(page.locator("#preview")).to_contain_text("20 days")
    expect(page.locator("#preview")).to_contain_text("Mon 7 Dec in Assembly: 1 of 3")
    assert axe(page) == []
    page.get_by_role("button", name="Send").click()
    expect(page.locator("main")).to_contain_text("Asked")
    boss = browser("line_manager", "bo")
    boss.goto("/personnel/leave/decide")
    expect(boss.locator("main")).to_contain_text("Ada Anvil, 7 Dec 2026 to 11 Dec 2026")
    expect(boss.locator("main")).to_contain_text("20 days")
    expect(boss.locator("main")).to_contain_text("Under cover")
    assert axe(boss) == []
    boss.get_by_role("button", name="Approve").click()
    expect(boss.locator("main")).to_contain_text("No leave waits for you")
    page.goto("/personnel/leave")
    page.get_by_role("link", name=re.compile("LV-VER-26-")).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ada Anvil")
    expect(page.locator("main")).to_contain_text("Approved")
    assert axe(page) == []
    with served.house.acting() as ctx:
        (left,) = leave_accounts.balances(ctx, hall.ada_id, date(2026, 12, 31))
        assert left.minutes == 20 * 480


def test_what_cannot_be_asked_says_why_and_keeps_what_was_typed(client: Enter, hall: Hall) -> None:
    ada = client("employee", "ada")
    weekend = {"first_day": "2026-12-19", "last_day": "2026-12-20"}
    answer = ada.submit("/personnel/leave", "wish", **weekend)
    assert answer.status_code == 200
    assert "there is no working time in these days" in answer.text
    answer = ada.submit("/personnel/leave", "wish", first_day="31.02.2026", last_day="2026-12-20")
    assert answer.status_code == 422
    asked = {"leave_type_id": hall.office.vacation_id, "part": "whole days"}
    assert ada.post("/personnel/leave", first_day="2026-12-19", last_day="2026-12-20", **asked).status_code == 409
    assert ada.post("/personnel/leave", first_day="2026-12-22", last_day="2026-12-21", **asked).status_code == 422


def test_a_refusal_needs_a_reason_and_nobody_decides_their_own(client: Enter, hall: Hall) -> None:
    ada, boss = client("employee", "ada"), client("line_manager", "bo")
    asked = {"leave_type_id": hall.office.vacation_id, "part": "first half of the first day"}
    assert ada.post("/personnel/leave", first_day="2027-02-01", last_day="2027-02-01", **asked).status_code == 200
    form = boss.page("/personnel/leave/decide").xpath("//form[starts-with(@id, 'refuse-')]")[0]
    assert boss.submit("/personnel/leave/decide", form.get("id"), reason="").status_code == 422
    path = form.get("action").removesuffix("/refuse")
    assert ada.post(f"{path}/approve", _version=1).status_code == 403
    assert client("employee", "stranger").get(path).status_code == 404
    assert boss.submit("/personnel/leave/decide", form.get("id"), reason="Stocktaking").status_code == 200
    assert "Stocktaking" in words(ada, path)
    assert "Refused" in words(ada, path)


# --- today and sick


def test_today_names_the_missing_for_who_leads_and_no_reason_for_anybody(client: Enter, hall: Hall) -> None:
    boss = words(client("line_manager", "bo"), f"/personnel?day={TODAY}")
    assert "Eve Edge" in boss
    assert "1 short" in boss
    assert "influenza" not in boss
    assert "Eve Edge" not in words(client("dispatcher"), f"/personnel?day={TODAY}")
    assert "influenza" not in words(client("line_manager", "bo"), "/personnel/sick")
    assert "influenza" in words(client("hr", "hanna"), f"/personnel/employees/{hall.eve_id}")


def test_sick_is_reported_in_two_fields_and_closed_by_who_leads(client: Enter, hall: Hall) -> None:
    ada, boss = client("employee", "ada"), client("line_manager", "bo")
    assert ada.submit("/personnel/sick", "me-sick").status_code == 200
    assert "Ada Anvil" in words(boss, "/personnel/sick")
    assert ada.submit("/personnel/sick", "me-sick").status_code == 409
    form = boss.page("/personnel/sick").xpath("//form[starts-with(@id, 'back-')][.//ancestor::tr[contains(., 'Ada')]]")[
        0
    ]
    assert boss.submit("/personnel/sick", form.get("id"), last_day=str(TODAY)).status_code == 200
    other = {"employee_id": hall.ada_id, "first_day": str(TODAY + timedelta(days=3)), "kind": "unexcused"}
    assert client("employee", "stranger").post("/personnel/sick", **other).status_code == 404
    assert boss.post("/personnel/sick", **other).status_code == 200


# --- people


def test_the_list_shows_each_role_its_people(client: Enter, hall: Hall) -> None:
    assert all(name in words(client("hr", "hanna"), "/personnel/employees") for name in ("Ada Anvil", "Bo Bearing"))
    mine = words(client("employee", "ada"), "/personnel/employees")
    assert "Ada Anvil" in mine
    assert "Eve Edge" not in mine
    assert "Eve Edge" in words(client("line_manager", "bo"), "/personnel/employees?q=eve")
    assert client("employee", "ada").get(f"/personnel/employees/{hall.eve_id}").status_code == 404


def test_the_personnel_office_hires_moves_and_certifies(browser: Open, hall: Hall) -> None:
    page = browser("hr", "hanna")
    page.goto("/personnel/employees/new")
    page.get_by_label("Personnel number").fill("N001")
    page.get_by_label("Name", exact=False).nth(0).fill("Nina Nozzle")
    page.get_by_label("First day of work").fill("2026-11-02")
    page.get_by_label("Position").select_option("Fitter")
    page.get_by_label("Department").select_option("Assembly")
    page.get_by_label("Work calendar").select_option("Day work")
    assert axe(page) == []
    page.get_by_role("button", name="Hire").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nina Nozzle")
    page.get_by_role("button", name="Change position or hours").click()
    page.locator("#move-since").fill("2026-11-23")
    page.get_by_label("Hours a week").fill("20")
    page.get_by_role("button", name="Change", exact=True).click()
    expect(page.locator("main")).to_contain_text("20.0")
    page.get_by_role("button", name="Record a certificate").click()
    page.locator("#paper-type_id").select_option("Forklift licence")
    page.get_by_label("Issued on").fill("2026-11-02")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("main")).to_contain_text("Valid")
    assert axe(page) == []


def test_a_stale_form_tells_and_saves_nothing(client: Enter, hall: Hall) -> None:
    hr = client("hr", "hanna")
    path = f"/personnel/employees/{hall.eve_id}"
    seat = {
        "since": "2027-03-01",
        "position_id": hall.office.position_id,
        "department_id": hall.office.department_id,
        "work_calendar_id": hall.office.calendar_id,
        "weekly_hours": "30",
    }
    assert hr.post(f"{path}/move", _version=99, **seat).status_code == 409
    assert client("line_manager", "bo").post(f"{path}/move", _version=1, **seat).status_code == 403
    assert hr.submit(path, "move", **seat).status_code == 200
    assert "30.0" in words(hr, path)


# --- certificates, organisation, incidents


def test_matrix_tree_and_incidents_read_well(browser: Open, client: Enter, hall: Hall) -> None:
    asked = {"leave_type_id": hall.office.vacation_id, "part": "whole days"}
    client("employee", "ada").post("/personnel/leave", first_day="2027-03-01", last_day="2027-03-01", **asked)
    page = browser("hr", "hanna")
    for path, text in (
        ("/personnel", "Assembly"),
        ("/personnel/certificates", "Soon"),
        ("/personnel/certificates/list", "Ada Anvil"),
        ("/personnel/organisation", "led by Bo Bearing"),
        ("/personnel/leave/requests", "LV-VER"),
        ("/personnel/sick", "Eve Edge"),
        (f"/personnel/employees/{hall.ada_id}", "Forklift licence"),
        ("/personnel/incidents", "Nothing happened"),
    ):
        page.goto(path)
        expect(page.locator("main")).to_contain_text(text)
    assert axe(page) == []
    page.goto("/personnel/incidents/new")
    page.get_by_label("Injury").check()
    page.get_by_label("What happened?").fill("A forklift touched a foot.")
    page.get_by_role("button", name="Tell it").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("IN-VER-26-")
    page.get_by_role("button", name="Classify").click()
    page.locator("#class-outcome").select_option("Days away")
    page.get_by_role("dialog").get_by_role("button", name="Classify").click()
    expect(page.get_by_role("dialog")).to_contain_text("need their number")
    page.get_by_label("Days away from work").fill("3")
    page.get_by_role("dialog").get_by_role("button", name="Classify").click()
    expect(page.locator("main")).to_contain_text("Days away")


def test_the_first_page_says_what_waits_for_whom(client: Enter, hall: Hall) -> None:
    assert "within 60 days" in words(client("hr", "hanna"), "/")
    assert "away today" in words(client("line_manager", "bo"), "/")
    assert "My leave" in words(client("employee", "ada"), "/")


def test_forms_meet_hostile_words(client: Enter, hall: Hall) -> None:
    hr = client("hr", "hanna")
    text = "<script>alert(1)</script> \u202e; DROP TABLE personnel_employee --"
    told = {"site_id": hall.office.site_id, "kind": "near_miss", "happened_on": str(TODAY)}
    answer = hr.post("/personnel/incidents", what=text, **told)
    assert answer.status_code == 200
    assert "<script>alert(1)" not in hr.get("/personnel/incidents").text
    assert hr.post("/personnel/incidents", what="x" * 5000, **told).status_code == 422
    assert hr.get("/personnel/certificates?department=99999999999999999999").status_code in (200, 422)
    assert hr.get("/personnel?day=2026-02-31").status_code == 200
