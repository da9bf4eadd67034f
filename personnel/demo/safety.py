"""The demo's certificates, among them five forklift licences that expire next month, and its incidents."""

from __future__ import annotations

from datetime import date, timedelta

from personnel import certificates, incidents
from personnel.accrual import add_months
from personnel.certificates import NewCertificate
from personnel.demo.organisation import Plant
from personnel.demo.people import Cast
from personnel.incidents import NewIncident
from personnel.models import IncidentKind, Outcome
from plantops.context import Context
from plantops.demo import Demo

# code, name, months valid, kinds of work that need it
TYPES = (
    ("FORK", "Forklift licence", 36, ("forklift",)),
    ("B", "Driving licence B", 180, ("drive",)),
    ("C", "Driving licence C", 60, ("drive_truck",)),
    ("AID", "First aid", 24, ()),
    ("ELEC", "Electrically skilled person", 36, ("electric",)),
    ("HEIGHT", "Work at height", 12, ("height",)),
    ("CHEM", "Handling of chemicals", 24, ("chemicals",)),
    ("BRIEF", "Site briefing", 60, ("clean", "maintain", "gate")),
)
# department, certificate, every n-th person holds it
HOLDERS = (
    ("STORE", "FORK", 1), ("DRIVE", "FORK", 2), ("H1", "FORK", 8), ("H2", "FORK", 8),
    ("DRIVE", "B", 1), ("STORE", "B", 2), ("GATE", "B", 2), ("TECH", "B", 1),
    ("DRIVE", "C", 1), ("H1", "AID", 7), ("H2", "AID", 7), ("H3", "AID", 5), ("GATE", "AID", 1),
    ("CLEAN", "AID", 6), ("TECH", "ELEC", 2), ("TECH", "HEIGHT", 1), ("CLEAN", "HEIGHT", 6),
    ("CLEAN", "CHEM", 2), ("H3", "CHEM", 2), ("CLEAN", "BRIEF", 1), ("TECH", "BRIEF", 1), ("GATE", "BRIEF", 1),
)  # fmt: skip
EXPIRING = 5
NEAR_MISSES = (
    "Pallet slipped from the fork at the rack.", "Wet floor at the washer without a sign.",
    "Reversing truck did not see a person at the dock.", "Guard of the drill was open.",
    "Box fell from the top shelf.", "Cable across the walkway.", "Chain of the hoist jumped a tooth.",
    "Oil on the stairs to the gallery.",
)  # fmt: skip
FIRST_AID = (
    "Cut on a finger.",
    "Something in the eye, rinsed.",
    "Bruised knee at a pallet.",
    "Small burn at the oven.",
)


def build(demo: Demo, ctx: Context, cast: Cast) -> dict[str, int]:
    dice = demo.random("certificates")
    kinds = {}
    for code, name, months, works in TYPES:
        kinds[code] = certificates.add_type(ctx, code, name, validity_months=months).id
        for work in works:
            certificates.require(ctx, kinds[code], work=work)
    months_of = {code: months for code, _name, months, _works in TYPES}
    papers = []
    for department, code, every in HOLDERS:
        for id in cast.by_department[department][::every]:
            # At least 75 days remain, so that only the licences of the story are due soon.
            longest = (demo.today - add_months(demo.today, -months_of[code])).days - 75
            issued = demo.today - timedelta(days=dice.randrange(5, longest))
            papers.append(NewCertificate(id, kinds[code], issued, reference=f"{code}-{dice.randrange(10000, 99999)}"))
    forklift = [n for n, paper in enumerate(papers) if paper.type_id == kinds["FORK"]][:EXPIRING]
    for n, index in enumerate(forklift):
        expires = _next_month(demo.today) + timedelta(days=3 + 5 * n)
        papers[index] = NewCertificate(
            papers[index].employee_id, kinds["FORK"], add_months(expires, -36), expires, papers[index].reference
        )
    certificates.record_many(ctx, papers)
    return kinds


def _next_month(day: date) -> date:
    return add_months(day.replace(day=1), 1)


def tell_incidents(demo: Demo, ctx: Context, plant: Plant, cast: Cast) -> None:
    """One forklift injury in month 16 and, since then, more near misses told: people look closer now."""
    dice = demo.random("incidents")
    places = [demo.places[code] for code in ("H1", "H2", "H3", "ST", "DN", "DS", "YA")]
    accident = demo.first_day + timedelta(days=round(15.5 * 30.44))
    days = (demo.today - demo.first_day).days
    for n in range(0, days, 9):
        day = demo.first_day + timedelta(days=n)
        if dice.random() < (0.75 if day > accident else 0.2):
            told = NewIncident(plant.site_id, IncidentKind.NEAR_MISS, day, dice.choice(NEAR_MISSES))
            incidents.report(ctx, told)
        if n % 45 == 0:
            who = dice.choice(cast.everybody)
            hurt = NewIncident(
                plant.site_id, IncidentKind.INJURY, day, dice.choice(FIRST_AID), who, dice.choice(places)
            )
            one = incidents.report(ctx, hurt)
            incidents.classify(ctx, one.id, one.version, Outcome.FIRST_AID)
    victim = cast.by_department["STORE"][-1]
    story = NewIncident(
        plant.site_id,
        IncidentKind.INJURY,
        accident,
        "A forklift touched a foot at Dock North.",
        victim,
        demo.places["DN"],
    )
    one = incidents.report(ctx, story)
    incidents.classify(ctx, one.id, one.version, Outcome.DAYS_AWAY, days_away=21)
    for months, outcome in ((5, Outcome.OTHER_RECORDABLE), (20, Outcome.RESTRICTED)):
        day = demo.first_day + timedelta(days=round(months * 30.44))
        case = NewIncident(plant.site_id, IncidentKind.INJURY, day, "Strained back while lifting a pump housing.",
                           dice.choice(cast.by_department["H2"]), demo.places["H2"])  # fmt: skip
        one = incidents.report(ctx, case)
        days_restricted = 4 if outcome is Outcome.RESTRICTED else 0
        incidents.classify(ctx, one.id, one.version, outcome, days_restricted=days_restricted)
