"""People, absences and badge days from files; the real file of absences agrees with sums taken straight from it."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

import personnel
from personnel import absences, employees
from personnel.absences import NewAbsence
from personnel.imports.absences import Told, dated
from personnel.models import Employee
from personnel.time_models import Absence, AbsenceDay, AttendanceDay
from plantops import figures, imports, places
from plantops.errors import Conflict, Forbidden, Invalid
from tests.houses import Someone
from tests.personnel.office import broken, office

pytestmark = pytest.mark.db

DEMO = Path(personnel.__file__).parent / "demo"
FILE = DEMO / "data" / "absenteeism_at_work.csv"
MAP = (DEMO / "maps" / "absenteeism.toml").read_text(encoding="utf-8")


def sample_site(ctx: Someone) -> int:
    site = places.add_site(ctx(), "SAM", "Sample data", zone="UTC", currency="USD", country="US", in_totals=False)
    return site.id


def straight() -> list[dict[str, str]]:
    with FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def hours(ctx: Someone) -> dict[str, Decimal]:
    return {total.name: total.value for total in figures.totals(ctx(), "absences")}


# --- the rule for a file without dates


def test_a_smaller_month_begins_the_next_year_and_weekdays_are_counted_on() -> None:
    rows = [
        Told(2, "11", 12, 0),
        Told(3, "11", 12, 0),
        Told(4, "7", 12, 0),
        Told(5, "11", 1, 0),
        *(Told(10 + n, "11", 2, 4) for n in range(5)),
    ]
    assert [day.isoformat() for day in dated(rows, 2007).values()] == [
        "2007-12-03",
        "2007-12-10",
        "2007-12-03",
        "2008-01-07",
        "2008-02-01",
        "2008-02-08",
        "2008-02-15",
        "2008-02-22",
        "2008-02-29",
    ]
    assert dated([], 2007) == {}


# --- the real file


def test_the_real_file_loads_reconciles_and_is_undone(ctx: Someone) -> None:
    site_id = sample_site(ctx)
    rows = straight()
    report = imports.bring(ctx(), "absences", FILE, MAP)
    assert (report.rows, report.loaded, len(report.refused)) == (740, 737, 3)
    assert {(r.column, r.value, r.why) for r in report.refused} == {("Month of absence", "0", "there is no month 0")}
    refused = {r.row for r in report.refused}
    told = [row for number, row in enumerate(rows, start=2) if number not in refused]
    assert hours(ctx)["SAM hours absent"] == sum(Decimal(row["Absenteeism time in hours"]) for row in rows) == 5124
    assert hours(ctx)["SAM absences"] == len(told)
    _agree_person_by_person(ctx, site_id, told)
    _agree_month_by_month(ctx, told)
    assert broken(ctx()) == []
    imports.undo(ctx(), report.import_id or 0)
    assert "SAM hours absent" not in hours(ctx)
    assert ctx.session.scalar(sa.select(sa.func.count()).select_from(Employee)) == 0
    assert broken(ctx()) == []


def _agree_person_by_person(ctx: Someone, site_id: int, told: list[dict[str, str]]) -> None:
    expected: Counter[str] = Counter()
    for row in told:
        expected[row["ID"]] += int(row["Absenteeism time in hours"]) * 60
    found = ctx.session.execute(
        sa.select(Employee.number, sa.func.coalesce(sa.func.sum(AbsenceDay.minutes), 0))
        .outerjoin(AbsenceDay, AbsenceDay.employee_id == Employee.id)
        .where(Employee.site_id == site_id)
        .group_by(Employee.number)
    )
    assert {number: int(minutes) for number, minutes in found} == dict(expected)


def _agree_month_by_month(ctx: Someone, told: list[dict[str, str]]) -> None:
    months: Counter[tuple[int, int]] = Counter()
    year, before = 2007, 0
    for row in told:
        month = int(row["Month of absence"])
        year += month < before
        before = month
        months[year, month] += 1
    found = ctx.session.execute(
        sa.select(
            sa.extract("year", Absence.first_day), sa.extract("month", Absence.first_day), sa.func.count()
        ).group_by(sa.text("1"), sa.text("2"))
    )
    assert {(int(y), int(m)): n for y, m, n in found} == dict(months)


def test_nothing_personal_but_the_reason_is_kept(ctx: Someone) -> None:
    sample_site(ctx)
    imports.bring(ctx(), "absences", FILE, MAP)
    cells = ctx.session.scalar(sa.select(imports.ImportRow.cells).limit(1)) or {}
    assert set(cells) == {"employee_number", "month", "weekday", "hours", "kind", "reason"}
    (row,) = absences.list_absences(ctx("auditor"), limit=1)
    assert (row.kind, row.reason) == ("absent", "")


def test_the_same_file_twice_is_refused(ctx: Someone) -> None:
    sample_site(ctx)
    imports.bring(ctx(), "absences", FILE, MAP)
    with pytest.raises(Conflict):
        imports.bring(ctx(), "absences", FILE, MAP)


def test_people_who_were_worked_with_since_stop_the_undo(ctx: Someone) -> None:
    sample_site(ctx)
    report = imports.bring(ctx(), "absences", FILE, MAP)
    someone = employees.list_employees(ctx()).rows[0]
    absences.report(ctx(), NewAbsence(someone.id, date(2026, 11, 23)))
    with pytest.raises(Conflict, match="were recorded since"), ctx.session.begin_nested():
        imports.undo(ctx(), report.import_id or 0)


def test_a_file_without_dates_needs_its_first_year(ctx: Someone, tmp_path: Path) -> None:
    sample_site(ctx)
    path = tmp_path / "few.csv"
    path.write_text(",".join(straight()[0]) + "\n" + ",".join(straight()[0].values()) + "\n")
    report = imports.bring(ctx(), "absences", path, MAP.replace("first_year = 2007\n", ""))
    assert report.loaded == 0
    assert "with which first_year it begins" in report.refused[0].why


# --- people and hours with dates


def test_people_come_with_their_managers_and_unknown_codes_are_named(ctx: Someone, tmp_path: Path) -> None:
    office(ctx())
    path = tmp_path / "people.csv"
    path.write_text(
        "No,Name,Since,Dept,Job,Boss\n"
        "P1,Pia Pulley,01.03.2026,A,FIT,P2\n"
        "P2,Quin Quill,01.01.2026,A,FIT,\n"
        "P3,Rae Rivet,01.01.2026,ZZ,FIT,\n"
        "P4,Sol Screw,31.02.2026,A,FIT,\n"
        "P5,Tia Thread,01.01.2026,A,FIT,P9\n"
        "P6,Una Union,01.01.2026,A,FIT,P6\n"
    )
    text = (
        'site = "VER"\ndates = ["%d.%m.%Y"]\n[constants]\ncalendar = "DAY"\n[columns]\nnumber = "No"\nname = "Name"\n'
        'hired_on = "Since"\ndepartment = "Dept"\nposition = "Job"\nmanager_number = "Boss"\n'
    )
    report = imports.bring(ctx(), "employees", path, text)
    assert report.loaded == 2
    assert sorted((r.row, r.value) for r in report.refused) == [(4, "ZZ"), (5, "31.02.2026"), (6, "P9"), (7, "P6")]
    rows = {row.name: row.manager for row in employees.list_employees(ctx()).rows}
    assert rows == {"Pia Pulley": "Quin Quill", "Quin Quill": ""}
    with pytest.raises(Forbidden):
        imports.bring(ctx("line_manager"), "employees", path, text)
    imports.undo(ctx(), report.import_id or 0)
    assert employees.list_employees(ctx()).total == 0


def test_badge_days_load_once_and_are_undone(ctx: Someone, tmp_path: Path) -> None:
    o = office(ctx())
    o.hire("Ada Anvil")
    path = tmp_path / "badges.csv"
    path.write_text(
        "who,day,in,out\n"
        "T001,2026-11-16,2026-11-16 08:00,2026-11-16 17:30\n"
        "T001,2026-11-17,2026-11-17 22:00,2026-11-18 06:00\n"
        "T001,2026-11-18,2026-11-18 09:00,2026-11-18 08:00\n"
        "T999,2026-11-18,2026-11-18 09:00,2026-11-18 18:00\n"
    )
    text = (
        'site = "VER"\n[columns]\nemployee_number = "who"\n'
        '[columns.day]\nfrom = "day"\ndates = ["%Y-%m-%d"]\n'
        '[columns.first_in]\nfrom = "in"\ndates = ["%Y-%m-%d %H:%M"]\n'
        '[columns.last_out]\nfrom = "out"\ndates = ["%Y-%m-%d %H:%M"]\n'
    )
    report = imports.bring(ctx(), "hours-worked", path, text)
    assert (report.loaded, sorted(r.row for r in report.refused)) == (2, [4, 5])
    worked = sa.select(AttendanceDay.worked_minutes, AttendanceDay.night_minutes).order_by(AttendanceDay.business_date)
    assert [tuple(row) for row in ctx.session.execute(worked)] == [(510, 0), (420, 420)]
    again = imports.bring(ctx(), "hours-worked", path, text, again=True)
    assert ctx.session.scalar(sa.select(sa.func.count()).select_from(AttendanceDay)) == 2
    imports.undo(ctx(), again.import_id or 0)
    assert ctx.session.scalar(sa.select(sa.func.count()).select_from(AttendanceDay)) == 2
    imports.undo(ctx(), report.import_id or 0)
    assert ctx.session.scalar(sa.select(sa.func.count()).select_from(AttendanceDay)) == 0


def test_a_map_for_nothing_is_refused(ctx: Someone) -> None:
    with pytest.raises(Invalid):
        imports.bring(ctx(), "absences", FILE, 'site = "VER"\n[columns]\nhours = "Absenteeism time in hours"\n')
