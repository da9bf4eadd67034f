"""Totals of personnel by plain SQL, to reconcile every report against."""

from __future__ import annotations

from sqlalchemy import text

from plantops.module import Figure

FIGURES = (
    Figure(
        "absences",
        "Hours absent and number of absences by site and kind",
        text(
            "SELECT s.code || ' hours absent', round(sum(d.minutes) / 60.0, 6), 'h' FROM personnel_absence_day d"
            " JOIN personnel_absence a ON a.id = d.absence_id AND a.withdrawn_at IS NULL"
            " JOIN core_site s ON s.id = a.site_id WHERE d.day >= :from AND d.day < :to GROUP BY s.code"
            " UNION ALL SELECT s.code || ' hours ' || a.kind, round(sum(d.minutes) / 60.0, 6), 'h'"
            " FROM personnel_absence_day d JOIN personnel_absence a ON a.id = d.absence_id AND a.withdrawn_at IS NULL"
            " JOIN core_site s ON s.id = a.site_id WHERE d.day >= :from AND d.day < :to GROUP BY s.code, a.kind"
            " UNION ALL SELECT s.code || ' absences', count(*), 'absences' FROM personnel_absence a"
            " JOIN core_site s ON s.id = a.site_id WHERE a.withdrawn_at IS NULL AND a.first_day >= :from"
            " AND a.first_day < :to GROUP BY s.code ORDER BY 1"
        ),
    ),
    Figure(
        "hours-worked",
        "Hours scheduled, worked and overtime by site",
        text(
            "SELECT s.code || ' ' || k.name, round(sum(k.minutes) / 60.0, 6), 'h' FROM personnel_attendance_day a"
            " JOIN core_site s ON s.id = a.site_id CROSS JOIN LATERAL (VALUES ('hours scheduled', a.scheduled_minutes),"
            " ('hours worked', a.worked_minutes), ('hours overtime', a.overtime_minutes)) AS k(name, minutes)"
            " WHERE a.business_date >= :from AND a.business_date < :to GROUP BY 1 ORDER BY 1"
        ),
    ),
    Figure(
        "leave-taken",
        "Leave taken from the ledger by site and type",
        text(
            "SELECT s.code || ' ' || t.code, round(-sum(k.minutes) / 60.0, 6), 'h' FROM personnel_leave_entry k"
            " JOIN personnel_leave_type t ON t.id = k.leave_type_id JOIN personnel_employee e ON e.id = k.employee_id"
            " JOIN core_site s ON s.id = e.site_id WHERE k.kind IN ('take', 'return') AND k.effective_date >= :from"
            " AND k.effective_date < :to GROUP BY 1 ORDER BY 1"
        ),
    ),
)
