"""What must hold of people, leave and hours on a live database, as plain SQL."""

from __future__ import annotations

from sqlalchemy import text

from plantops.module import Invariant

CHAIN = """
WITH RECURSIVE chain(start, boss, during, steps) AS (
    SELECT employee_id, manager_id, daterange(valid_from, valid_to), 1 FROM personnel_assignment
    WHERE superseded_at IS NULL AND manager_id IS NOT NULL
    UNION ALL
    SELECT chain.start, a.manager_id, chain.during * daterange(a.valid_from, a.valid_to), steps + 1
    FROM chain JOIN personnel_assignment a ON a.employee_id = chain.boss AND a.superseded_at IS NULL
        AND a.manager_id IS NOT NULL AND chain.during && daterange(a.valid_from, a.valid_to)
    WHERE steps < 30 AND chain.boss <> chain.start
)
SELECT DISTINCT c.start, e.number || ' works under itself' FROM chain c JOIN personnel_employee e ON e.id = c.start
WHERE c.boss = c.start
"""

DEPARTMENTS = """
WITH RECURSIVE up(start, above, steps) AS (
    SELECT id, parent_id, 1 FROM personnel_department
    UNION ALL SELECT up.start, d.parent_id, steps + 1 FROM up JOIN personnel_department d ON d.id = up.above
    WHERE steps < 100 AND up.above <> up.start
)
SELECT start, 'department stands under itself' FROM up WHERE above = start
"""

EMPLOYED_DAYS = """
SELECT m.id, e.number || ' has days of employment without an assignment, or the other way round'
FROM personnel_employment m JOIN personnel_employee e ON e.id = m.employee_id
WHERE datemultirange(daterange(m.hired_on, m.ended_on)) <> COALESCE(
    (SELECT range_agg(daterange(a.valid_from, a.valid_to)) FROM personnel_assignment a
     WHERE a.employee_id = m.employee_id AND a.superseded_at IS NULL
       AND daterange(a.valid_from, a.valid_to) && daterange(m.hired_on, m.ended_on)),
    datemultirange())
"""

CONTRACTS = """
SELECT c.id, e.number || ' has a contract outside the employment' FROM personnel_contract c
JOIN personnel_employee e ON e.id = c.employee_id
WHERE NOT EXISTS (SELECT FROM personnel_employment m WHERE m.employee_id = c.employee_id
    AND daterange(m.hired_on, m.ended_on) @> daterange(c.starts_on, c.ends_on))
"""

REQUEST_MINUTES = """
SELECT r.id, r.number || ' is not the sum of its days' FROM personnel_leave_request r
WHERE r.state IN ('asked', 'approved') AND r.minutes <> COALESCE(
    (SELECT sum(d.minutes) FROM personnel_leave_request_day d WHERE d.request_id = r.id), 0)
"""

REQUEST_LEDGER = """
SELECT r.id, r.number || ' is approved, but the ledger took something else'
FROM personnel_leave_request r JOIN personnel_leave_type t ON t.id = r.leave_type_id AND t.needs_balance
JOIN personnel_leave_request_day d ON d.request_id = r.id
LEFT JOIN personnel_leave_entry k ON k.id = d.entry_id
LEFT JOIN LATERAL (SELECT COALESCE(sum(b.minutes), 0) AS back FROM personnel_leave_entry b
    WHERE b.reverses_id = d.entry_id) b ON true
WHERE r.state = 'approved' AND COALESCE(-k.minutes, 0) - b.back <> d.minutes
"""

CANCELLED_LEDGER = """
SELECT r.id, r.number || ' is not approved, but the ledger still takes it'
FROM personnel_leave_request r JOIN personnel_leave_request_day d ON d.request_id = r.id
JOIN personnel_leave_entry k ON k.id = d.entry_id
WHERE r.state <> 'approved' AND -k.minutes <> (SELECT COALESCE(sum(b.minutes), 0) FROM personnel_leave_entry b
    WHERE b.reverses_id = k.id)
"""

EXPIRY = """
SELECT min(id), 'more of lot ' || lot || ' expired than was credited' FROM personnel_leave_entry
WHERE lot IS NOT NULL GROUP BY employee_id, leave_type_id, lot HAVING sum(minutes) < 0
"""

OWN_APPROVAL = """
SELECT r.id, r.number || ' was decided by the person who asked' FROM personnel_leave_request r
JOIN personnel_employee e ON e.id = r.employee_id
WHERE r.state IN ('approved', 'refused') AND (r.decided_by_id = e.user_id OR r.decided_by_id = r.asked_by_id)
"""

TOO_MUCH = """
SELECT d.employee_id, e.number || ' misses more on ' || d.day || ' than was scheduled'
FROM (SELECT employee_id, day, sum(minutes) AS minutes FROM (
        SELECT employee_id, day, minutes FROM personnel_absence_day
        UNION ALL
        SELECT d.employee_id, d.day, d.minutes FROM personnel_leave_request_day d
        JOIN personnel_leave_request r ON r.id = d.request_id AND r.state = 'approved') away
    GROUP BY employee_id, day) d
JOIN personnel_attendance_day a ON a.employee_id = d.employee_id AND a.business_date = d.day
JOIN personnel_employee e ON e.id = d.employee_id
WHERE d.minutes > a.scheduled_minutes AND a.scheduled_minutes > 0
"""

SHIFT_ON_LEAVE = """
SELECT s.id, e.number || ' is planned on ' || s.business_date || ' in spite of leave or absence'
FROM personnel_planned_shift s JOIN personnel_employee e ON e.id = s.employee_id
WHERE s.cancelled_at IS NULL AND s.released_at IS NULL AND s.override_reason IS NULL
  AND (EXISTS (SELECT FROM personnel_leave_request_day d JOIN personnel_leave_request r ON r.id = d.request_id
        WHERE d.employee_id = s.employee_id AND d.day = s.business_date AND d.standing AND r.state = 'approved')
    OR EXISTS (SELECT FROM personnel_absence b WHERE b.employee_id = s.employee_id AND b.withdrawn_at IS NULL
        AND b.first_day <= s.business_date AND b.last_day >= s.business_date))
"""

SHIFT_EMPLOYED = """
SELECT s.id, e.number || ' is planned on ' || s.business_date || ' without being employed'
FROM personnel_planned_shift s JOIN personnel_employee e ON e.id = s.employee_id
WHERE s.cancelled_at IS NULL AND NOT EXISTS (SELECT FROM personnel_employment m
    WHERE m.employee_id = s.employee_id AND daterange(m.hired_on, m.ended_on) @> s.business_date)
"""

INCIDENT_CLASS = """
SELECT id, number || ' has days that do not fit its class' FROM personnel_incident
WHERE (outcome = 'days_away' AND days_away = 0)
   OR (COALESCE(outcome, 'first_aid') IN ('first_aid', 'other_recordable') AND days_away + days_restricted > 0)
"""

INVARIANTS = (
    Invariant("nobody works under themselves on any day", text(CHAIN)),
    Invariant("no department stands under itself", text(DEPARTMENTS)),
    Invariant("every day of an employment has exactly one assignment", text(EMPLOYED_DAYS)),
    Invariant("contracts lie inside their employment", text(CONTRACTS)),
    Invariant("a leave request is the sum of its days", text(REQUEST_MINUTES)),
    Invariant("approved leave is what the ledger took", text(REQUEST_LEDGER)),
    Invariant("leave that was not approved takes nothing", text(CANCELLED_LEDGER)),
    Invariant("no lot of leave loses more than it had", text(EXPIRY)),
    Invariant("nobody decides about their own leave", text(OWN_APPROVAL)),
    Invariant("nobody misses more of a day than was scheduled", text(TOO_MUCH)),
    Invariant("nobody is planned while on leave or absent", text(SHIFT_ON_LEAVE)),
    Invariant("only people who are employed are planned", text(SHIFT_EMPLOYED)),
    Invariant("the days of an incident fit its class", text(INCIDENT_CLASS)),
)
