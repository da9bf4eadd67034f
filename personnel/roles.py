"""Which role may do what in personnel."""

from __future__ import annotations

from personnel.permissions import Can
from plantops.module import Role

EVERYBODY = (Can.READ_DIRECTORY, Can.READ_OWN, Can.ASK_LEAVE, Can.REPORT_SICK, Can.REPORT_INCIDENT)
LEADS = (Can.READ_TEAM, Can.APPROVE_LEAVE, Can.MANAGE_ABSENCES, Can.READ_SHIFTS, Can.READ_FIGURES)
OFFICE = (
    Can.READ_EMPLOYEES,
    Can.MANAGE_EMPLOYEES,
    Can.MANAGE_ORGANISATION,
    Can.READ_PRIVATE,
    Can.READ_REASONS,
    Can.APPROVE_LEAVE,
    Can.MANAGE_LEAVE,
    Can.MANAGE_ABSENCES,
    Can.READ_SHIFTS,
    Can.PLAN_SHIFTS,
    Can.MANAGE_CERTIFICATES,
    Can.RECORD_HOURS,
    Can.MANAGE_INCIDENTS,
    Can.READ_FIGURES,
)

ROLES = (
    Role("employee", "Employee", EVERYBODY),
    Role("hr", "Personnel office", (*EVERYBODY, *OFFICE)),
    Role("line_manager", "Line manager", LEADS),
    Role("crew_lead", "Crew lead", LEADS),
    Role("facility_manager", "Facility manager", (*LEADS, Can.PLAN_SHIFTS)),
    Role("dispatcher", "Dispatcher", (Can.READ_SHIFTS,)),
    Role("plant_manager", "Plant manager", (Can.READ_TEAM, Can.APPROVE_LEAVE, Can.READ_SHIFTS, Can.READ_FIGURES)),
    Role("auditor", "Auditor", (Can.READ_DIRECTORY, Can.READ_EMPLOYEES, Can.READ_SHIFTS, Can.READ_FIGURES)),
    # Everything but what belongs to the person alone: private data and reasons of absence.
    Role(
        "administrator",
        "Administrator",
        tuple(right for right in Can if right not in (Can.READ_PRIVATE, Can.READ_REASONS)),
    ),
)
