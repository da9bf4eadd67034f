"""The demo's 250 people: invented names of tools and parts, crews, offices and support, and who leads whom."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta

from personnel import contracts, employees, leave_accounts
from personnel.assignments import Seat
from personnel.contracts import NewContract
from personnel.demo.organisation import CREWS, DEPARTMENTS, Plant
from personnel.employees import NewEmployee
from personnel.models import ContractKind
from plantops import people
from plantops.context import Context
from plantops.demo import Demo

FIRST = (
    "Alma", "Bruno", "Cilla", "Dario", "Edda", "Fabio", "Greta", "Hugo", "Ines", "Jonas", "Kaja", "Lorenz", "Mira",
    "Nils", "Odile", "Pavel", "Quinta", "Rufus", "Selma", "Timo", "Ursa", "Viggo", "Wanda", "Xaver", "Ylva",
)  # fmt: skip
LAST = (
    "Anvil", "Bearing", "Camshaft", "Dowel", "Eyebolt", "Flange", "Gasket", "Hinge", "Impeller", "Jigsaw", "Keyway",
    "Lathe", "Mandrel", "Nozzle", "Oilcan", "Pinion", "Quoin", "Rivet", "Spindle", "Tappet", "Union", "Volute",
    "Washer", "Yoke", "Zinc",
)  # fmt: skip
# login, department, position
LOGINS = (
    ("plant_manager", "PLANT", "HEAD"),
    ("facility_manager", "SUPPORT", "HEAD"),
    ("hr", "OFFICE", "HEAD"),
    ("line_manager", "H2", "HEAD"),
    ("requester", "QUALITY", "QUALITY"),
    ("buyer", "OFFICE", "CLERK"),
    ("approver", "OFFICE", "HEAD"),
    ("accounts_payable", "OFFICE", "CLERK"),
    ("administrator", "OFFICE", "CLERK"),
    ("auditor", "OFFICE", "CLERK"),
    ("dispatcher", "OFFICE", "CLERK"),
    ("receiver", "STORE", "STOREMAN"),
    ("storekeeper", "STORE", "STOREMAN"),
    ("driver", "DRIVE", "DRIVER"),
    ("crew_lead", "CLEAN", "CLEANER"),
    ("cleaner", "CLEAN", "CLEANER"),
    ("employee", "H2", "FITTER"),
)
# people of a crew by hall: the first of each hall leads the others
HALLS = (("H1", "MACHINE", 16), ("H2", "FITTER", 16), ("H3", "PAINT", 10))
# support: department, position, people in all, led by (login) and in what rooms
SUPPORT = (("CLEAN", "CLEANER", 18), ("TECH", "TECHNICIAN", 6), ("STORE", "STOREMAN", 7), ("DRIVE", "DRIVER", 5),
           ("GATE", "GATE", 4))  # fmt: skip
OFFICES = (("OFFICE", "CLERK", 29), ("QUALITY", "QUALITY", 13))
PROBATION_DAYS = 180


@dataclass
class Cast:
    """Who plays: employee ids by login, by department and by crew and hall."""

    by_login: dict[str, int] = field(default_factory=dict)
    by_department: dict[str, list[int]] = field(default_factory=dict)
    by_crew: dict[str, list[int]] = field(default_factory=dict)
    hired: dict[int, date] = field(default_factory=dict)
    everybody: list[int] = field(default_factory=list)


@dataclass
class Hiring:
    """The list of people to be hired, numbered as it grows."""

    demo: Demo
    plant: Plant
    dice: random.Random
    names: list[str]
    hired: list[NewEmployee] = field(default_factory=list)
    where: list[tuple[str, str]] = field(default_factory=list)  # department, crew
    logins: dict[str, str] = field(default_factory=dict)  # login -> number

    def add(
        self, department: str, position: str, *, boss: str | None, login: str | None = None, crew: str = "",
        hired_on: date | None = None, agency: str | None = None,
    ) -> str:  # fmt: skip
        number = f"{1001 + len(self.hired)}"
        calendar = "CREW" if crew else "SUPPORT" if department in {row[0] for row in SUPPORT} else "OFFICE"
        weekly = 36 * 60 if crew else 40 * 60
        cost_centre, place = next((row[3], row[4]) for row in DEPARTMENTS if row[0] == department)
        seat = Seat(
            position_id=self.plant.positions[position],
            department_id=self.plant.departments[department],
            work_calendar_id=self.plant.calendars[calendar],
            weekly_minutes=weekly,
            day_minutes=weekly // 5,
            cost_centre_id=self.demo.cost_centres[cost_centre],
            place_id=self.demo.places[place],
            pattern_offset_days=CREWS.get(crew, 0),
        )
        self.hired.append(
            NewEmployee(
                self.plant.site_id,
                number,
                self.name_of(login),
                hired_on or self.demo.first_day - timedelta(days=self.dice.randrange(30, 4000)),
                seat,
                phone=f"+352 555 {len(self.hired):04d}",
                user_id=self.demo.users.get(login) if login else None,
                agency=agency,
                manager_number=boss,
            )
        )
        self.where.append((department, crew))
        if login:
            self.logins[login] = number
        return number

    def name_of(self, login: str | None) -> str:
        return LOGIN_NAMES.get(login or "") or self.names.pop()


LOGIN_NAMES: dict[str, str] = {}


def build(demo: Demo, ctx: Context, plant: Plant) -> Cast:
    dice = demo.random("people")
    names = [f"{first} {last}" for first in FIRST for last in LAST]
    dice.shuffle(names)
    hiring = Hiring(demo, plant, dice, names)
    known = {login: demo.users[login] for login, *_ in LOGINS if login in demo.users}
    LOGIN_NAMES.update({login: people.name_of(ctx, id) for login, id in known.items()})
    bosses = hire_heads(hiring)
    hire_crews(hiring, bosses)
    hire_rest(hiring, bosses)
    cast = Cast()
    hired = employees.hire_many(ctx, hiring.hired)
    for new, (department, crew) in zip(hiring.hired, hiring.where, strict=True):
        id = hired[new.number]
        cast.everybody.append(id)
        cast.hired[id] = new.hired_on
        cast.by_department.setdefault(department, []).append(id)
        if crew:
            cast.by_crew.setdefault(f"{crew}/{department}", []).append(id)
    cast.by_login = {login: hired[number] for login, number in hiring.logins.items()}
    add_papers(demo, ctx, plant, cast)
    return cast


def hire_heads(hiring: Hiring) -> dict[str, str]:
    """Everybody with people under them outside the crews: department -> number of its head."""
    top = hiring.add("PLANT", "HEAD", boss=None, login="plant_manager")
    bosses = {"PLANT": top}
    for department, login in (("SUPPORT", "facility_manager"), ("OFFICE", "approver"), ("H2", "line_manager")):
        bosses[department] = hiring.add(department, "HEAD", boss=top, login=login)
    bosses["HR"] = hiring.add("OFFICE", "HEAD", boss=top, login="hr")
    for department in ("H1", "H3", "QUALITY"):
        bosses[department] = hiring.add(department, "HEAD", boss=top)
    bosses["CLEAN"] = hiring.add("CLEAN", "CLEANER", boss=bosses["SUPPORT"], login="crew_lead")
    return bosses


def hire_crews(hiring: Hiring, bosses: dict[str, str]) -> None:
    """Crews A to D with 42 people each in three halls, a few of them from an agency."""
    for crew in CREWS:
        for department, position, size in HALLS:
            lead = hiring.add(department, "LEAD", boss=bosses[department], crew=crew)
            for n in range(size - 1):
                login = "employee" if (crew, department, n) == ("A", "H2", 0) else None
                agency = "Quickhands Agency" if n == size - 2 and crew in "BD" else None
                hiring.add(department, position, boss=lead, crew=crew, login=login, agency=agency)


def hire_rest(hiring: Hiring, bosses: dict[str, str]) -> None:
    """Support and offices up to their numbers, those with a login first; two came five months ago."""
    new_since = hiring.demo.today - timedelta(days=PROBATION_DAYS - 12)
    for department, position, size in (*SUPPORT, *OFFICES):
        boss = bosses.get(department, bosses["SUPPORT"])
        have = sum(1 for where, _ in hiring.where if where == department)
        heads = 5 if department == "OFFICE" else 0  # the heads of plant, halls and support count as office
        logins = [login for login, where, _p in LOGINS if where == department and login not in hiring.logins]
        for login in logins:
            hiring.add(department, position, boss=boss, login=login)
        for n in range(size - have - heads - len(logins)):
            fresh = n == 0 and department in ("TECH", "QUALITY")
            hiring.add(department, position, boss=boss, hired_on=new_since if fresh else None)


def add_papers(demo: Demo, ctx: Context, plant: Plant, cast: Cast) -> None:
    """First contracts, with probation for those who came lately, and everybody's leave policy."""
    papers = {}
    for id, since in cast.hired.items():
        probation = since + timedelta(days=PROBATION_DAYS)
        running = probation > demo.today
        papers[id] = NewContract(ContractKind.PERMANENT, since, probation_ends_on=probation if running else None)
    contracts.add_first(ctx, plant.site_id, papers)
    entitled = [(id, max(since, demo.first_day)) for id, since in cast.hired.items()]
    leave_accounts.entitle(ctx, plant.policy_id, entitled)
