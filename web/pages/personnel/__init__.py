"""Personnel as a browser sees it."""

from pathlib import Path

from personnel.permissions import Can
from web.menu import Entry, Pages
from web.pages.personnel import (
    accounts,
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
    templates=Path(__file__).parent / "templates",
    menu=(
        Entry("Today", "/personnel", "users", (Can.READ_SHIFTS, Can.READ_TEAM)),
        Entry("Employees", "/personnel/employees", "user", (Can.READ_EMPLOYEES, Can.READ_TEAM)),
        Entry("My leave", "/personnel/leave", "beach", (Can.ASK_LEAVE,)),
        Entry("Decide on leave", "/personnel/leave/decide", "clipboard-check", (Can.APPROVE_LEAVE,)),
        Entry("Sick and missing", "/personnel/sick", "first-aid-kit", (Can.REPORT_SICK,)),
        Entry("Cover", "/personnel/cover", "scale", (Can.MANAGE_ORGANISATION, Can.MANAGE_ABSENCES)),
        Entry("Leave policies", "/personnel/leave/policies", "settings", (Can.MANAGE_LEAVE,)),
        Entry("Certificates", "/personnel/certificates", "certificate", (Can.READ_EMPLOYEES, Can.READ_TEAM)),
        Entry("Organisation", "/personnel/organisation", "layout-grid", (Can.READ_DIRECTORY,)),
        Entry("Incidents", "/personnel/incidents", "alert-triangle", (Can.REPORT_INCIDENT,)),
    ),
    slots={"home.panels": (panels.missing, panels.my_shifts)},
    order=30,
)
