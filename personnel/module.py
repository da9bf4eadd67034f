"""The manifest of personnel."""

from __future__ import annotations

from decimal import Decimal

from personnel import cards, certificates, contracts, cover, employees, jobs, models, time_models, told
from personnel.imports import KINDS
from personnel.invariants import INVARIANTS
from personnel.listings import LISTINGS, SEARCH
from personnel.permissions import Can
from personnel.reports.cover import COVERED
from personnel.reports.duties import DUTIES, OLDEST
from personnel.reports.figures import FIGURES
from personnel.reports.hours import ABSENCE, OVERTIME
from personnel.reports.injuries import INJURIES, STRIPS
from personnel.roles import ROLES
from plantops.events import Absent, ManagerOf, Waiting
from plantops.module import DemoPart, Job, Module, PersonalData, Schedule
from plantops.options import Option
from plantops.sight import RecordSeen

KNOWN = (models, time_models)  # imported for their tables

SETTINGS = {
    "labour_rules": Option("eu_2003_88", "Set of labour rules"),
    "returned_leave_months": Option(
        Decimal(15), "Leave given back after its expiry can be used for", "months", Decimal(1), Decimal(60)
    ),
}

PERSONAL_DATA = (
    PersonalData("personnel_employee", ("name", "phone"), "to know who works here and reach them", 10),
    PersonalData(
        "personnel_employee_private",
        ("birth_date", "address", "emergency_contact"),
        "employment and emergencies",
        3,
        "employee_id",
    ),
    PersonalData("personnel_absence", ("reason",), "pay during sickness", 2, "employee_id"),
    PersonalData("personnel_leave_request", ("note",), "planning of leave", 3, "employee_id"),
    PersonalData("personnel_certificate", ("reference",), "proof of qualification", 5, "employee_id"),
    PersonalData("personnel_incident", ("what",), "records of injuries (29 CFR 1904.33)", 5, "employee_id"),
)

MODULE = Module(
    name="personnel",
    title="Personnel",
    permissions=Can,
    roles=ROLES,
    answers={
        Absent: (cover.warn,),
        ManagerOf: (employees.managers_of,),
        Waiting: (cards.waiting,),
        RecordSeen: (cards.record_seen,),
    },
    jobs={
        "settle_leave": Job(jobs.settle_leave, "Grants and expiries of leave"),
        "extend_absences": Job(jobs.extend_absences, "Open absences grow by a day"),
        "close_attendance": Job(jobs.close_attendance, "Days without a badge"),
    },
    schedules=(
        Schedule("personnel.settle_leave", at="01:10"),
        Schedule("personnel.extend_absences", at="01:20"),
        Schedule("personnel.close_attendance", at="01:30"),
    ),
    imports=KINDS,
    listings=LISTINGS,
    search=SEARCH,
    weekly=(INJURIES, DUTIES, COVERED, ABSENCE, OVERTIME, *STRIPS, OLDEST),
    figures=FIGURES,
    verify=INVARIANTS,
    due=(certificates.due, contracts.due),
    personal_data=PERSONAL_DATA,
    settings=SETTINGS,
    demo=(
        DemoPart(
            "personnel.plant",
            "personnel.demo:build",
            fills=(
                "personnel_absence",
                "personnel_absence_day",
                "personnel_attendance_day",
                "personnel_leave_entry",
                "personnel_leave_request",
                "personnel_leave_request_day",
                "personnel_shift_demand",
            ),
        ),
        DemoPart("personnel.files", "personnel.demo:load_the_real_file", in_totals=False),
    ),
    documents=told.DOCUMENTS,
    links={
        "personnel_employee": "/personnel/employees/{id}",
        "personnel_leave_request": "/personnel/leave/{id}",
        "personnel_certificate": "/personnel/certificates/{id}",
        "personnel_incident": "/personnel/incidents/{id}",
    },
)
