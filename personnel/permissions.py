"""What somebody may be allowed to do in personnel."""

from __future__ import annotations

from enum import StrEnum


class Can(StrEnum):
    READ_DIRECTORY = "personnel.directory.read"
    READ_OWN = "personnel.own.read"
    READ_TEAM = "personnel.team.read"
    READ_EMPLOYEES = "personnel.employee.read"
    MANAGE_EMPLOYEES = "personnel.employee.manage"
    MANAGE_ORGANISATION = "personnel.organisation.manage"
    READ_PRIVATE = "personnel.private.read"
    READ_REASONS = "personnel.reason.read"
    ASK_LEAVE = "personnel.leave.ask"
    APPROVE_LEAVE = "personnel.leave.approve"
    MANAGE_LEAVE = "personnel.leave.manage"
    REPORT_SICK = "personnel.sickness.report"
    MANAGE_ABSENCES = "personnel.absence.manage"
    READ_SHIFTS = "personnel.shift.read"
    PLAN_SHIFTS = "personnel.shift.plan"
    MANAGE_CERTIFICATES = "personnel.certificate.manage"
    RECORD_HOURS = "personnel.attendance.record"
    REPORT_INCIDENT = "personnel.incident.report"
    MANAGE_INCIDENTS = "personnel.incident.manage"
    READ_FIGURES = "personnel.figures.read"
