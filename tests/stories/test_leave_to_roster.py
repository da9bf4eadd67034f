"""Ann takes three days off: the roster gets holes, the least change closes them, and a colleague is told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from housekeeping import needs, rosters
from housekeeping.needs import Wanted
from personnel import certificates, organisation
from personnel.certificates import NewCertificate
from plantops.context import Context
from tests.browser import Served
from tests.housekeeping.making import Crew, proposal, whole_week
from tests.personnel.office import HIRED, office
from tests.stories.stage import COMPUTED_MS, press, toast, wait_until, waiting, working

pytestmark = [pytest.mark.db, pytest.mark.browser]

Open = Callable[..., Page]
DAYS_OFF = ("1 Dec 2026 06:00", "2 Dec 2026 06:00", "3 Dec 2026 06:00")
NAMES = {"ann": "Ann Arbour", "bo": "Bo Bolt", "cy": "Cy Cogg"}


@pytest.fixture(scope="module")
def crew(served: Served) -> Crew:
    """Three who clean, one is needed each early shift; Ann is told the whole first week of December."""
    for login in ("lea", *NAMES):
        served.person("line_manager" if login == "lea" else "employee", login)
    with served.house.acting() as ctx:
        return published_crew(ctx, served.logins)


def published_crew(ctx: Context, logins: dict[str, int]) -> Crew:
    small = office(ctx)
    cleaning = organisation.add_department(ctx, small.site_id, "CLEAN", "Cleaning").id
    lead = small.hire("Lea Lead", user_id=logins["lea"])
    people = [
        small.hire(name, user_id=logins[login], department_id=cleaning, manager_id=lead.id, entitled=True).id
        for login, name in NAMES.items()
    ]
    briefing = certificates.add_type(ctx, "BRIEF", "Site briefing").id
    certificates.require(ctx, briefing, work="clean")
    certificates.record_many(ctx, [NewCertificate(one, briefing, HIRED) for one in people])
    needs.set_need(ctx, small.site_id, 0, Wanted(cleaning, range(5), small.shifts["E"], "clean", 1))
    crew = Crew(small, cleaning, people)
    told = proposal(ctx, crew, whole_week(crew))
    rosters.publish(ctx, told.id, told.version)
    return crew


def test_a_leave_makes_holes_and_the_least_change_closes_them(served: Served, crew: Crew, browser: Open) -> None:
    ann = browser("employee", "ann", width=390)
    asks_for_three_days(ann)

    with working(served.house):
        approves_by_keyboard(browser("line_manager", "lea"))
        fred = browser("facility_manager", "fred")
        sees_the_holes(fred)
        who = accepts_the_least_change(fred)

    (login,) = [login for login, name in NAMES.items() if name == who]
    colleague = browser("employee", login, width=390)
    waiting(colleague, "Shifts in the next two weeks", "3")
    shifts = colleague.get_by_label("My shifts")
    for day in DAYS_OFF:
        expect(shifts).to_contain_text(day)
    waiting(ann, "Shifts in the next two weeks", "2")
    expect(ann.get_by_label("Balance")).to_contain_text("22.0 days left")
    off = ann.get_by_label("My shifts").get_by_role("listitem").filter(has_text="You are off")
    expect(off).to_contain_text(list(DAYS_OFF))


def asks_for_three_days(ann: Page) -> None:
    ann.goto("/personnel/leave")
    ann.get_by_label("First day").fill("2026-12-01")
    ann.get_by_label("Last day").fill("2026-12-03")
    ann.get_by_role("button", name="See what it takes").click()
    preview = ann.locator("#preview")
    expect(preview).to_contain_text("3 days")
    expect(preview).to_contain_text("clean would have 0 of 1 people on the roster")
    ann.get_by_role("button", name="Send").click()
    toast(ann, "is sent to whoever leads you")


def approves_by_keyboard(lea: Page) -> None:
    waiting(lea, "Leave to decide", "1", keyboard=True)
    expect(lea.locator("main")).to_contain_text("Ann Arbour, 1 Dec 2026 to 3 Dec 2026")
    expect(lea.locator("main")).to_contain_text("Tue 1 Dec: clean would have 0 of 1 people on the roster.")
    press(lea, "Approve")
    toast(lea, "is approved")


def sees_the_holes(fred: Page) -> None:
    """Before the proposal is taken the published roster says who is away and how many are missing."""
    waiting(fred, "places not filled on published rosters", "3")
    row = fred.get_by_role("row").filter(has_text="Published")
    expect(row).to_contain_text("3")
    row.get_by_role("link").click()
    table = fred.get_by_role("region", name="Who works when, table")
    expect(table.get_by_text("away", exact=False)).to_have_count(3)
    expect(table.get_by_text("1 missing")).to_have_count(3)


def accepts_the_least_change(fred: Page) -> str:
    """Waits for the worker's proposal, reads it, publishes it; returns who takes over."""

    def proposed() -> bool:
        fred.goto("/housekeeping/rosters")
        return fred.get_by_role("row").filter(has_text="Proposed").count() == 1

    wait_until(proposed, COMPUTED_MS)
    waiting(fred, "roster proposal to look at", "1")
    fred.get_by_role("row").filter(has_text="Proposed").get_by_role("link").click()
    changes = fred.get_by_label("What changes").get_by_role("listitem")
    expect(changes, "nobody else's day moves").to_have_count(6)
    takers = {one.split(":")[0] for one in changes.all_inner_texts() if "off → E Clean" in one}
    given = [one for one in changes.all_inner_texts() if one.startswith("Ann Arbour") and "E Clean → off" in one]
    assert len(given) == 3
    expect(fred.locator("main")).to_contain_text("This proposal changes as little as it can.")
    fred.get_by_role("button", name="Accept and publish").click()
    fred.get_by_role("dialog").get_by_role("button", name="Accept and publish").click()
    toast(fred, "the shifts are planned")
    (who,) = takers
    return who
