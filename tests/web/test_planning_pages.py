"""What planning stands on, as people enter it: staff needed, cover, leave policies, drivers, addresses, codes, dues."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from personnel import leave_accounts
from tests.browser import Client, Served
from tests.housekeeping import making
from tests.housekeeping.making import Crew
from tests.transport import making as driving

pytestmark = pytest.mark.db

Enter = Callable[..., Client]


@pytest.fixture(scope="module")
def crew(served: Served) -> Crew:
    with served.house.acting() as ctx:
        made = making.crew(ctx)
        driving.address(ctx, "DEPOT", "49.60", "6.10", is_depot=True)
        return made


def words(client: Client, path: str) -> str:
    return " ".join(client.page(path).get_element_by_id("main").text_content().split())


def test_who_is_needed_is_entered_for_several_weekdays_at_once(client: Enter, crew: Crew) -> None:
    manager = client("facility_manager")
    typed = {"work": "gate", "department_id": crew.department_id, "template_id": crew.early, "needed": 2}
    answer = manager.submit("/housekeeping/needs", "need", **typed, weekday=0, until=5)
    assert answer.headers["HX-Redirect"] == f"/housekeeping/needs?site={crew.site_id}"
    row = manager.page("/housekeeping/needs").xpath("//tr[th[normalize-space()='Gate, Early']]")[0]
    assert [cell.text_content().strip() for cell in row.xpath("td")] == ["2"] * 6 + ["none"]
    assert manager.submit("/housekeeping/needs", "need", **typed | {"needed": -1}).status_code == 422
    assert client("employee").get("/housekeeping/needs").status_code == 403


def test_a_short_shift_stands_on_the_cover_page(client: Enter, crew: Crew) -> None:
    office = client("hr")
    department = crew.office.department_id
    crew_of_one = {"department_id": crew.department_id, "needed": 5}
    assert office.submit("/personnel/cover", "need", **crew_of_one).headers["HX-Redirect"]
    row = office.page("/personnel/cover").xpath("//tr[th[normalize-space()='Cleaning']]")[0]
    assert [cell.text_content().strip() for cell in row.xpath("td")][:2] == ["5", "3, 2 short"]
    assert office.submit("/personnel/cover", "need", **crew_of_one).status_code == 409
    assert office.submit("/personnel/cover", "need", department_id=department, needed=0).status_code == 422


def test_a_policy_is_recorded_given_and_corrected_line_by_line(client: Enter, served: Served, crew: Crew) -> None:
    office, person = client("hr"), crew.people[0]
    policy = {"leave_type_id": crew.office.vacation_id, "name": "30 days", "key": "vacation-30", "year_days": 30}
    office.submit("/personnel/leave/policies", "policy", **policy)
    assert "30 days" in words(office, "/personnel/leave/policies")
    again = office.submit("/personnel/leave/policies", "policy", **policy)
    assert again.status_code == 409 and "vacation-30 is taken" in again.text
    account = f"/personnel/employees/{person}/leave"
    assert "25.00" in words(office, account)
    wrong = {"leave_type_id": crew.office.vacation_id, "days": "-2", "note": "Counted twice in spring"}
    assert office.submit(account, "correct", **wrong | {"note": ""}).status_code == 422
    office.submit(account, "correct", **wrong)
    assert "Counted twice in spring" in words(office, account)
    with served.house.acting() as ctx:
        assert leave_accounts.balances(ctx, person)[0].minutes == 23 * 480
    assert client("employee", "stranger").get(account).status_code == 404


def test_a_driver_is_enrolled_once(client: Enter, crew: Crew) -> None:
    dispatcher = client("dispatcher")
    typed = {"employee_id": crew.people[1], "employee_id_text": "Bo Bolt"}
    dispatcher.submit("/transport/drivers", "enrol", **typed)
    week = words(dispatcher, "/transport/drivers")
    assert "Bo Bolt" in week and week.count("ready") == 7 and "away" not in week.partition("Away is")[0]
    assert dispatcher.submit("/transport/drivers", "enrol", **typed).status_code == 409


def test_a_vehicle_and_an_address_are_added_and_kept_apart(client: Enter, crew: Crew) -> None:
    dispatcher = client("dispatcher")
    vehicle = {"site_id": crew.site_id, "code": "VAN-9", "name": "Van 9", "kind": "van", "capacity_kg": "900"}
    more = {"capacity_m3": "8", "cost_per_km": "0.30"}
    where = dispatcher.submit("/transport/vehicles/new", "vehicle", **vehicle, **more).headers["HX-Redirect"]
    address = {"code": "C9", "name": "Narrow Yard", "latitude": "49.7", "longitude": "6.2", "opens": "07:30"}
    dispatcher.submit("/transport/addresses", "address", **address)
    assert "Narrow Yard" in words(dispatcher, "/transport/addresses?q=narrow")
    assert "07:30 to 24:00" in words(dispatcher, "/transport/addresses")
    found = dispatcher.get("/transport/addresses/lookup?q=narrow").text
    id = found.split('data-value="')[1].split('"')[0]
    assert dispatcher.submit(where, "ban", address_id=id).headers["HX-Redirect"] == where
    assert dispatcher.submit("/transport/addresses", "address", **address | {"latitude": "95"}).status_code == 422


def test_the_codes_lead_to_the_doors_and_are_printed_by_a_job(client: Enter, served: Served, crew: Crew) -> None:
    manager = client("facility_manager")
    token = manager.submit("/housekeeping/codes", "housekeeping-codes-print").headers["HX-Redirect"]
    assert token.startswith("/jobs/")
    assert client("employee").get("/housekeeping/codes").status_code == 403


def test_what_falls_due_is_one_list_and_only_for_who_may_see_it(client: Enter, crew: Crew) -> None:
    assert "Falls due" in words(client("hr"), "/due?days=366")
    assert "Nothing of yours falls due" in words(client("employee", "stranger"), "/due?days=9999&kind=x")
