"""People and where they belong: hiring, moves, corrections, the end, and who sees whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from personnel import assignments, contracts, employees, moves, organisation
from personnel.assignments import Led, why_not_lead
from personnel.contracts import NewContract
from personnel.employees import NewEmployee
from personnel.models import Assignment, ContractKind, Employee, EndReason
from plantops.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from plantops.events import ManagerOf
from tests.houses import Someone
from tests.personnel.office import HIRED, office

pytestmark = pytest.mark.db

JULY = date(2026, 7, 1)


# --- rules


def test_a_manager_may_not_stand_below_on_any_day() -> None:
    chain = [Led(2, 3, date(2026, 1, 1), date(2026, 6, 1)), Led(2, 1, date(2026, 6, 1), None)]
    assert why_not_lead(chain, 1, 2, date(2026, 1, 1), date(2026, 6, 1)) is None
    assert why_not_lead(chain, 1, 2, date(2026, 1, 1), None) == "on 1 Jun 2026 this manager works under the person"
    assert why_not_lead([], 1, 1, date(2026, 1, 1), None) is not None


# --- hiring


def test_who_is_hired_has_a_number_for_ever(ctx: Someone) -> None:
    o = office(ctx())
    ada = o.hire("Ada Anvil")
    with pytest.raises(Conflict, match="T001 is taken"):
        employees.hire(ctx(), NewEmployee(o.site_id, ada.number, "Someone Else", HIRED, o.seat()))
    page = employees.list_employees(ctx())
    assert [(row.name, row.position, row.department) for row in page.rows] == [("Ada Anvil", "Fitter", "Assembly")]


def test_many_are_hired_at_once_with_managers_among_them(ctx: Someone) -> None:
    o = office(ctx())
    people = [
        NewEmployee(o.site_id, "X1", "Xenia Xylem", HIRED, o.seat(), manager_number="X2"),
        NewEmployee(o.site_id, "X2", "Yann Yoke", HIRED, o.seat()),
    ]
    ids = employees.hire_many(ctx(), people)
    seat = assignments.seat_on(ctx(), ids["X1"], JULY)
    assert seat is not None
    assert seat.manager_id == ids["X2"]
    assert seat.zone == "Europe/Luxembourg"


def test_managers_that_go_in_a_circle_or_do_not_exist_are_refused(ctx: Someone) -> None:
    o = office(ctx())
    one = NewEmployee(o.site_id, "X1", "Xenia Xylem", HIRED, o.seat(), manager_number="X2")
    with pytest.raises(Conflict, match="managers go in a circle"):
        employees.hire_many(ctx(), [one, replace(one, number="X2", manager_number="X1")])
    with pytest.raises(Invalid, match="no manager with the number X2"):
        employees.hire_many(ctx(), [one])


@pytest.mark.parametrize(
    ("change", "field"),
    [({"weekly_minutes": 99999}, "weekly_minutes"), ({"day_minutes": 0}, "weekly_minutes"), ({"zone": "Mars"}, "zone")],
)
def test_seats_that_make_no_sense_are_refused(ctx: Someone, change: dict[str, object], field: str) -> None:
    o = office(ctx())
    with pytest.raises(Invalid) as refused:
        employees.hire(ctx(), NewEmployee(o.site_id, "X1", "Xenia Xylem", HIRED, o.seat(**change)))
    assert field in refused.value.fields


# --- moves


def test_a_change_adds_a_version_and_leaves_the_past_alone(ctx: Someone) -> None:
    o = office(ctx())
    ada = o.hire("Ada Anvil")
    moves.change_seat(ctx(), ada.id, ada.version, o.seat(weekly_minutes=1200), JULY, "half time")
    before = assignments.seat_on(ctx(), ada.id, date(2026, 6, 30))
    after = assignments.seat_on(ctx(), ada.id, JULY)
    assert before is not None and after is not None
    assert (before.weekly_minutes, after.weekly_minutes) == (2400, 1200)
    assert [row.superseded for row in moves.versions(ctx(), ada.id)] == [False, False]


def test_a_change_before_a_later_version_ends_where_that_one_starts(ctx: Someone) -> None:
    o = office(ctx())
    ada = o.hire("Ada Anvil")
    moves.change_seat(ctx(), ada.id, ada.version, o.seat(weekly_minutes=1200), JULY)
    moves.change_seat(ctx(), ada.id, ada.version, o.seat(weekly_minutes=1800), date(2026, 3, 1))
    days = [date(2026, 2, 1), date(2026, 3, 1), JULY]
    seats = [assignments.seat_on(ctx(), ada.id, day) for day in days]
    assert [seat.weekly_minutes for seat in seats if seat] == [2400, 1800, 1200]


def test_a_correction_keeps_what_was_believed(ctx: Someone) -> None:
    o = office(ctx())
    ada = o.hire("Ada Anvil")
    wrong = moves.versions(ctx(), ada.id)[0]
    with pytest.raises(Invalid, match="Say why"):
        moves.correct_seat(ctx(), ada.id, ada.version, wrong.id, o.seat(weekly_minutes=1200), " ")
    moves.correct_seat(ctx(), ada.id, ada.version, wrong.id, o.seat(weekly_minutes=1200), "typing error")
    rows = moves.versions(ctx(), ada.id)
    assert [(row.weekly_minutes, row.superseded, row.reason) for row in rows] == [
        (1200, False, "typing error"),
        (2400, True, "hired"),
    ]
    with pytest.raises(NotFound):
        moves.correct_seat(ctx(), ada.id, ada.version, wrong.id, o.seat(), "again")


def test_a_change_on_the_day_a_version_starts_is_a_correction(ctx: Someone) -> None:
    o = office(ctx())
    ada = o.hire("Ada Anvil")
    with pytest.raises(Conflict, match="Correct that one instead"):
        moves.change_seat(ctx(), ada.id, ada.version, o.seat(), HIRED)
    with pytest.raises(Conflict, match="is not employed on"):
        moves.change_seat(ctx(), ada.id, ada.version, o.seat(), date(2023, 1, 1))


def test_nobody_is_put_under_somebody_below_them(ctx: Someone) -> None:
    o = office(ctx())
    boss = o.hire("Bo Bearing")
    ada = o.hire("Ada Anvil", manager_id=boss.id)
    with pytest.raises(Conflict, match="works under the person"):
        moves.change_seat(ctx(), boss.id, boss.version, o.seat(manager_id=ada.id), JULY)


def test_the_database_itself_refuses_overlapping_versions(ctx: Someone) -> None:
    o = office(ctx())
    ada = o.hire("Ada Anvil")
    row = assignments.version_of(ctx(), ada.id, replace(o.seat(), zone="UTC"), JULY, None, "twice")
    with pytest.raises(sa.exc.IntegrityError, match="ex_personnel_assignment"):
        ctx.session.execute(sa.insert(Assignment), [row])


def test_two_people_cannot_change_the_same_person_unseen(ctx: Someone) -> None:
    o = office(ctx())
    ada = o.hire("Ada Anvil")
    seen = ada.version
    moves.change_seat(ctx(), ada.id, seen, o.seat(weekly_minutes=1200), JULY)
    with pytest.raises(Stale):
        moves.change_seat(ctx(), ada.id, seen, o.seat(weekly_minutes=1800), date(2026, 8, 1))


def test_the_last_day_ends_versions_and_contract(ctx: Someone) -> None:
    o = office(ctx())
    ada = o.hire("Ada Anvil")
    contracts.add_contract(ctx(), ada.id, NewContract(ContractKind.PERMANENT, HIRED))
    moves.change_seat(ctx(), ada.id, ada.version, o.seat(weekly_minutes=1200), date(2027, 1, 1))
    contracts.end_employment(ctx(), ada.id, ada.version, date(2026, 12, 31), EndReason.RESIGNED)
    assert assignments.seat_on(ctx(), ada.id, date(2026, 12, 31)) is not None
    assert assignments.seat_on(ctx(), ada.id, date(2027, 1, 1)) is None
    assert contracts.list_contracts(ctx(), ada.id)[0].ends_on == date(2027, 1, 1)
    with pytest.raises(Conflict, match="no open employment"):
        contracts.end_employment(ctx(), ada.id, ada.version, date(2026, 12, 31), EndReason.RESIGNED)


# --- contracts


def test_contracts_stand_inside_the_employment_and_renew_without_a_gap(ctx: Someone) -> None:
    o = office(ctx())
    ada = o.hire("Ada Anvil")
    first = contracts.add_contract(
        ctx(), ada.id, NewContract(ContractKind.FIXED_TERM, HIRED, date(2026, 12, 15), probation_ends_on=JULY)
    )
    assert [item.kind for item in contracts.due(ctx(), date(2026, 12, 31))] == ["probation"]
    with pytest.raises(Invalid, match="a renewal starts on the day after"):
        contracts.add_contract(
            ctx(), ada.id, NewContract(ContractKind.PERMANENT, date(2026, 12, 20), renewal_of_id=first.id)
        )
    contracts.decide_probation(ctx(), first.id, first.version)
    assert [item.kind for item in contracts.due(ctx(), date(2026, 12, 31))] == ["contract"]
    contracts.add_contract(
        ctx(), ada.id, NewContract(ContractKind.PERMANENT, date(2026, 12, 15), renewal_of_id=first.id)
    )
    assert contracts.due(ctx(), date(2026, 12, 31)) == []
    with pytest.raises(Conflict, match="was decided on"):
        contracts.decide_probation(ctx(), first.id, first.version)


def test_a_fixed_term_needs_an_end_and_can_be_let_end(ctx: Someone) -> None:
    o = office(ctx())
    ada = o.hire("Ada Anvil")
    with pytest.raises(Invalid, match="needs an end"):
        contracts.add_contract(ctx(), ada.id, NewContract(ContractKind.FIXED_TERM, HIRED))
    with pytest.raises(Conflict, match="is not employed on"):
        contracts.add_contract(ctx(), ada.id, NewContract(ContractKind.PERMANENT, date(2020, 1, 1)))
    made = contracts.add_contract(ctx(), ada.id, NewContract(ContractKind.FIXED_TERM, HIRED, date(2026, 12, 15)))
    contracts.let_end(ctx(), made.id, made.version)
    with pytest.raises(Conflict, match="nothing to decide"):
        contracts.let_end(ctx(), made.id, made.version)


# --- who sees whom


def test_a_manager_sees_the_team_all_the_way_down_and_nobody_else(ctx: Someone) -> None:
    o = office(ctx())
    boss = o.hire("Bo Bearing", user_id=ctx("line_manager,employee", login="bo").user.id)
    lead = o.hire("Cy Clutch", manager_id=boss.id)
    o.hire("Ada Anvil", manager_id=lead.id, user_id=ctx("employee", login="ada").user.id)
    o.hire("Zoe Zinc")
    seen = [row.name for row in employees.list_employees(ctx("line_manager,employee", login="bo")).rows]
    assert seen == ["Ada Anvil", "Bo Bearing", "Cy Clutch"]
    assert [row.name for row in employees.list_employees(ctx("employee", login="ada")).rows] == ["Ada Anvil"]
    assert employees.list_employees(ctx("hr")).total == 4
    with pytest.raises(Forbidden):
        employees.list_employees(ctx("storekeeper"))
    assert employees.managers_of(ctx(), ManagerOf(ctx("employee", login="ada").user.id)) == []
    lead_user = ctx("line_manager,employee", login="cy").user.id
    ctx.session.execute(sa.update(Employee).where(Employee.id == lead.id).values(user_id=lead_user))
    assert employees.managers_of(ctx(), ManagerOf(ctx("employee", login="ada").user.id)) == [lead_user]


def test_pages_of_people_go_on_where_the_last_one_ended(ctx: Someone) -> None:
    o = office(ctx())
    for name in ("Ärger Arm", "Ada Anvil", "Bo Bearing", "Cy Clutch"):
        o.hire(name)
    first = employees.list_employees(ctx(), limit=3)
    assert [row.name for row in first.rows] == ["Ada Anvil", "Ärger Arm", "Bo Bearing"]
    assert first.total == 4
    rest = employees.list_employees(ctx(), limit=3, after=first.next_after)
    assert [row.name for row in rest.rows] == ["Cy Clutch"]
    assert rest.next_after is None
    assert [row.name for row in employees.list_employees(ctx(), search="arger").rows] == ["Ärger Arm"]


def test_private_data_is_for_the_personnel_office_alone(ctx: Someone) -> None:
    o = office(ctx())
    ada = o.hire("Ada Anvil")
    employees.record_private(ctx("hr"), ada.id, address="1 Invented Lane")
    found = employees.private(ctx("hr"), ada.id)
    assert found is not None
    assert found.address == "1 Invented Lane"
    for role in ("administrator", "auditor", "plant_manager", "line_manager"):
        with pytest.raises(Forbidden):
            employees.private(ctx(role), ada.id)


def test_private_data_is_changed_by_who_saw_it_as_it_stands(ctx: Someone) -> None:
    ada = office(ctx()).hire("Ada Anvil")
    seen = employees.record_private(ctx("hr"), ada.id, address="1 Invented Lane").version
    with pytest.raises(Stale):
        employees.record_private(ctx("hr"), ada.id, emergency_contact="Bo")
    employees.record_private(ctx("hr"), ada.id, address="2 Invented Lane", version=seen)
    with pytest.raises(Stale):
        employees.record_private(ctx("hr"), ada.id, emergency_contact="Bo", version=seen)
    found = employees.private(ctx("hr"), ada.id)
    assert found is not None and found.address == "2 Invented Lane"


# --- departments and positions


def test_departments_form_a_tree_without_circles(ctx: Someone) -> None:
    o = office(ctx())
    below = organisation.add_department(ctx(), o.site_id, "A1", "Assembly one", o.department_id)
    top = organisation.department(ctx(), o.department_id)
    with pytest.raises(Conflict, match="stand under itself"):
        organisation.move_department(ctx(), top.id, top.version, below.id)
    (branch,) = organisation.tree(ctx(), o.site_id)
    assert [child.department.name for child in branch.below] == ["Assembly one"]
    with pytest.raises(Conflict, match="The code A1 is taken"):
        organisation.add_department(ctx(), o.site_id, "A1", "Again")
    moved = organisation.move_department(ctx(), below.id, below.version, None)
    assert moved.parent_id is None
    with pytest.raises(Stale):
        organisation.move_department(ctx(), below.id, 1, None)
    with pytest.raises(Forbidden):
        organisation.add_department(ctx("line_manager"), o.site_id, "A2", "Not mine")


def test_seats_without_a_person_are_vacancies(ctx: Someone) -> None:
    o = office(ctx())
    o.hire("Ada Anvil")
    (position,) = organisation.list_positions(ctx(), o.site_id)
    assert (position.headcount, position.filled, position.vacancies) == (4, 1, 3)
    with pytest.raises(Invalid, match="number of seats"):
        organisation.add_position(ctx(), o.site_id, "X", "X", headcount=-1)
