"""A small cleaning crew to test rosters with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from housekeeping import needs, rosters
from housekeeping.needs import Wanted
from housekeeping.roster_models import Roster, RosterCell, RosterState
from personnel import certificates, organisation
from personnel.certificates import NewCertificate
from plantops.context import Context
from tests.personnel.office import Office, office

MONDAY = date(2026, 11, 30)
SUNDAY = MONDAY + timedelta(days=6)


@dataclass
class Crew:
    """Ids of a department with people who clean."""

    office: Office
    department_id: int
    people: list[int]

    @property
    def site_id(self) -> int:
        return self.office.site_id

    @property
    def early(self) -> int:
        return self.office.shifts["E"]


def crew(ctx: Context, names: tuple[str, ...] = ("Ann Arbour", "Bo Bolt", "Cy Cogg"), needed: int = 1) -> Crew:
    """Three people, of whom so many are needed on each early shift from Monday to Friday."""
    small = office(ctx)
    department = organisation.add_department(ctx, small.site_id, "CLEAN", "Cleaning")
    people = [small.hire(name, department_id=department.id, entitled=True).id for name in names]
    briefing = certificates.add_type(ctx, "BRIEF", "Site briefing").id
    certificates.require(ctx, briefing, work="clean")
    certificates.record_many(ctx, [NewCertificate(one, briefing, date(2026, 1, 5)) for one in people])
    needs.set_need(ctx, small.site_id, 0, Wanted(department.id, range(5), small.shifts["E"], "clean", needed))
    return Crew(small, department.id, people)


def proposal(ctx: Context, crew: Crew, told: dict[date, list[int]]) -> Roster:
    """A proposal for the week that says who works early on which day."""
    made = Roster(
        site_id=crew.site_id,
        first_day=MONDAY,
        last_day=SUNDAY,
        state=RosterState.PROPOSED,
        made_by_id=ctx.user.id,
        made_at=ctx.now,
        seconds_asked=1,
        clashes=[],
        cells=[
            RosterCell(employee_id=one, day=day, template_id=crew.early, work="clean", uncovered=False)
            for day, people in told.items()
            for one in people
        ],
        holes=[],
    )
    made.holes.extend(rosters.holes_of(rosters.wanted_of(ctx, crew.site_id, MONDAY, SUNDAY), made.cells))
    ctx.session.add(made)
    ctx.session.flush()
    return made


def whole_week(crew: Crew) -> dict[date, list[int]]:
    """The first person from Monday to Friday."""
    return {MONDAY + timedelta(days=n): [crew.people[0]] for n in range(5)}
