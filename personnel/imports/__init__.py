"""What can be brought into personnel from files."""

from personnel.imports.absences import ABSENCES
from personnel.imports.hours import HOURS
from personnel.imports.people import EMPLOYEES

KINDS = (EMPLOYEES, ABSENCES, HOURS)
