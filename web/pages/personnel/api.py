"""Personnel for programs: the same actions and the same refusals as on the pages, and no more of anybody's data."""

from __future__ import annotations

from personnel import (
    absences,
    attendance,
    certificates,
    contracts,
    cover,
    employees,
    incidents,
    leave,
    leave_accounts,
    leave_decisions,
    moves,
    organisation,
    shifts,
    work_calendars,
)
from personnel.listings import CERTIFICATES, EMPLOYEES, INCIDENTS, LEAVE_REQUESTS
from personnel.models import (
    Assignment,
    Certificate,
    CertificateType,
    Contract,
    Department,
    Employee,
    Employment,
    Incident,
    Position,
    Requirement,
)
from personnel.time_models import (
    Absence,
    CoverRule,
    LeaveEntry,
    LeavePolicy,
    LeaveRequest,
    LeaveType,
    ShiftTemplate,
    WorkCalendar,
)
from web.resources import Routes, gives, many, view

# --- People, where they belong, and their contracts

EMPLOYEE = view(Employee, "id version site_id number user_id name phone agency")
EMPLOYMENT = view(Employment, "id version employee_id hired_on ended_on end_reason")
ASSIGNMENT = view(
    Assignment,
    "id employee_id position_id department_id manager_id cost_centre_id place_id work_calendar_id weekly_minutes"
    " day_minutes zone valid_from valid_to reason",
)
CONTRACT = view(
    Contract,
    "id version employee_id kind starts_on ends_on probation_ends_on probation_decided_on notice_days renewal_of_id"
    " decided_on",
)

staff = Routes("employees")
staff.lists("/employees", EMPLOYEES)
staff("GET /employees/{id}", employees.employee, EMPLOYEE)
staff("POST /employees", employees.hire, EMPLOYEE)
staff("GET /employees/{id}/seat", moves.current)
staff("GET /employees/{id}/seats", moves.versions)
staff("PUT /employees/{id}/seat", moves.change_seat, ASSIGNMENT)
staff("POST /employees/{id}/end-employment", contracts.end_employment, EMPLOYMENT)
staff("GET /employees/{employee_id}/contracts", contracts.list_contracts)
staff("POST /employees/{employee_id}/contracts", contracts.add_contract, CONTRACT)
staff("POST /contracts/{contract_id}/decide-probation", contracts.decide_probation, CONTRACT)
staff("POST /contracts/{contract_id}/let-end", contracts.let_end, CONTRACT)

# --- Departments, positions, calendars and shifts

DEPARTMENT = view(Department, "id version site_id parent_id code name archived")
POSITION = view(Position, "id version site_id department_id code title headcount archived")
TEMPLATE = view(ShiftTemplate, "id version site_id code name start_minute minutes break_minutes archived")
CALENDAR = view(WorkCalendar, "id version site_id code name flexible_minutes works_holidays archived")
COVER = view(CoverRule, "id site_id department_id template_id certificate_type_id needed")

house = Routes("organisation")
house("GET /departments", organisation.list_departments)
house("GET /departments/tree", organisation.tree)
house("POST /departments", organisation.add_department, DEPARTMENT)
house("POST /departments/{id}/move", organisation.move_department, DEPARTMENT)
house("GET /positions", organisation.list_positions)
house("POST /positions", organisation.add_position, POSITION)
house("GET /sites/{site_id}/work-calendars", work_calendars.list_calendars, many(CALENDAR))
house("GET /sites/{site_id}/shift-templates", work_calendars.list_templates, many(TEMPLATE))
house("POST /sites/{site_id}/shift-templates", work_calendars.add_template, TEMPLATE)
house("POST /sites/{site_id}/cover-rules", cover.add_need, COVER)
house("POST /sites/{site_id}/publish-needs", cover.publish_needs, gives("needs"))
house("GET /shifts", shifts.list_shifts)

# --- Who is there, and who is not

ABSENCE = view(Absence, "id version site_id employee_id kind first_day last_day with_note reported_at withdrawn_at")

presence = Routes("attendance")
presence("GET /sites/{site_id}/attendance", attendance.board)
presence("GET /away", absences.list_away)
presence("GET /absences", absences.list_absences)
presence("POST /absences", absences.report, ABSENCE)
presence("POST /absences/{id}/close", absences.close, ABSENCE)

# --- Leave

LEAVE = view(
    LeaveRequest,
    "id version number site_id employee_id leave_type_id state first_day last_day minutes note warnings asked_by_id"
    " asked_at decided_by_id decided_at",
)
LEAVE_TYPE = view(LeaveType, "id version code name needs_balance counts_holidays negative_cap_minutes archived")
POLICY = view(
    LeavePolicy,
    "id version leave_type_id name year_days frequency timing proration rounding balance_cap_minutes carry_cap_minutes"
    " carry_expires_after_months year_starts_month",
)
ENTRY = view(LeaveEntry, "id employee_id leave_type_id kind minutes effective_date expires_on reverses_id note")

days_off = Routes("leave")
days_off.lists("/leave-requests", LEAVE_REQUESTS)
days_off("GET /leave-requests/away", leave.away)
days_off("GET /leave-requests/outlooks", leave_decisions.outlooks)
days_off("POST /leave-requests/preview", leave.preview)
days_off("GET /leave-requests/{id}", leave.request, LEAVE)
days_off("GET /leave-requests/{request_id}/days", leave.days_of)
days_off("POST /leave-requests", leave.ask, LEAVE)
days_off.acts("/leave-requests/{id}", LEAVE, leave_decisions.approve, leave_decisions.refuse, leave_decisions.cancel)
days_off("GET /leave-types", leave_accounts.leave_types, many(LEAVE_TYPE))
days_off("POST /leave-types", leave_accounts.add_type, LEAVE_TYPE)
days_off("GET /leave-policies", leave.policies)
days_off("POST /leave-types/{leave_type_id}/policies", leave_accounts.add_policy, POLICY)
days_off("POST /leave-policies/{policy_id}/entitle", leave_accounts.entitle, gives("people"))
days_off("POST /leave-accounts/settle", leave_accounts.settle, gives("entries"))
days_off("GET /employees/{employee_id}/leave", leave_accounts.balances)
days_off("GET /employees/{employee_id}/leave/{leave_type_id}", leave_accounts.statement)
days_off("POST /employees/{employee_id}/leave/{leave_type_id}/adjust", leave_accounts.adjust, ENTRY)

# --- Certificates and incidents

CERTIFICATE = view(Certificate, "id version employee_id type_id reference issued_on expires_on withdrawn_on")
TYPE = view(CertificateType, "id version code name validity_months blocks_assignment remind_days archived")
REQUIREMENT = view(Requirement, "id type_id position_id work")
INCIDENT = view(
    Incident,
    "id version site_id number kind outcome happened_on place_id employee_id contractor what days_away"
    " days_restricted privacy_case reported_at",
)

safety = Routes("safety")
safety.lists("/certificates", CERTIFICATES)
safety("GET /certificates/{id}", certificates.certificate)
safety("POST /certificates", certificates.record, CERTIFICATE)
safety("POST /certificates/{id}/withdraw", certificates.withdraw, CERTIFICATE)
safety("GET /certificate-types", certificates.certificate_types)
safety("GET /certificate-matrix", certificates.matrix)
safety("POST /certificate-types", certificates.add_type, TYPE)
safety("POST /certificate-types/{type_id}/requirements", certificates.require, REQUIREMENT)
safety.lists("/incidents", INCIDENTS)
safety("GET /incidents/{id}", incidents.incident, INCIDENT)
safety("POST /incidents", incidents.report, INCIDENT)
safety("POST /incidents/{id}/classify", incidents.classify, INCIDENT)

ROUTERS = (staff.router, house.router, presence.router, days_off.router, safety.router)
