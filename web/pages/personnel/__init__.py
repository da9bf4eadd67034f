"""Personnel as a browser sees it."""

from pathlib import Path

from personnel.permissions import Can
from web.menu import Entry, Pages
from web.pages.personnel import (
    accounts,
    api,
    certificates,
    cover,
    incidents,
    leave,
    organisation,
    panels,
    people,
    sick,
    today,
)

PAGES = Pages(
    name="personnel",
    title="Personnel",
    routers=(
        today.router,
        cover.router,
        people.router,
        organisation.router,
        accounts.router,
        leave.router,
        sick.router,
        certificates.router,
        incidents.router,
    ),
    api=api.ROUTERS,
    templates=Path(__file__).parent / "templates",
    menu=(
        Entry(
            "Today", "/personnel", "users", (Can.READ_SHIFTS, Can.READ_TEAM), words="who is here missing board", key="t"
        ),
        Entry(
            "Employees",
            "/personnel/employees",
            "user",
            (Can.READ_EMPLOYEES, Can.READ_TEAM),
            words="people staff personnel",
            key="p",
        ),
        Entry(
            "My leave",
            "/personnel/leave",
            "beach",
            (Can.ASK_LEAVE,),
            words="holiday vacation days off balance",
            key="l",
        ),
        Entry(
            "Decide on leave",
            "/personnel/leave/decide",
            "clipboard-check",
            (Can.APPROVE_LEAVE,),
            words="approve leave requests",
        ),
        Entry("Sick and missing", "/personnel/sick", "first-aid-kit", (Can.REPORT_SICK,), words="ill absence report"),
        Entry(
            "Cover",
            "/personnel/cover",
            "scale",
            (Can.MANAGE_ORGANISATION, Can.MANAGE_ABSENCES),
            words="minimum staffing",
        ),
        Entry(
            "Leave policies", "/personnel/leave/policies", "settings", (Can.MANAGE_LEAVE,), words="entitlement rules"
        ),
        Entry(
            "Certificates",
            "/personnel/certificates",
            "certificate",
            (Can.READ_EMPLOYEES, Can.READ_TEAM),
            words="licences skills matrix",
        ),
        Entry(
            "Organisation",
            "/personnel/organisation",
            "layout-grid",
            (Can.READ_DIRECTORY,),
            words="departments tree chart vacancies",
        ),
        Entry(
            "Incidents",
            "/personnel/incidents",
            "alert-triangle",
            (Can.REPORT_INCIDENT,),
            words="injury accident near miss safety",
        ),
    ),
    slots={"home.doors": (panels.doors,), "home.panels": (panels.missing, panels.my_shifts)},
    actions=(
        Entry("Ask for leave", "/personnel/leave", "beach", (Can.ASK_LEAVE,), words="holiday vacation new days off"),
        Entry(
            "Tell what happened",
            "/personnel/incidents/new",
            "alert-triangle",
            (Can.REPORT_INCIDENT,),
            words="incident accident injury near miss report new",
        ),
        Entry(
            "Hire somebody", "/personnel/employees/new", "user", (Can.MANAGE_EMPLOYEES,), words="new employee person"
        ),
    ),
    order=30,
)
