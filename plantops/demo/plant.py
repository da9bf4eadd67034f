"""The demo's ground: sites, 120 zones, cost centres and a login for each role."""

from __future__ import annotations

from decimal import Decimal

from plantops import passwords, people, places
from plantops.context import Context
from plantops.demo import PASSWORD, ZONE, Demo
from plantops.places import Kind

AREAS = (
    # code, name, kind, zones, square metres of all its zones
    ("H1", "Hall 1 Machining", Kind.BUILDING, 22, 12_400),
    ("H2", "Hall 2 Assembly", Kind.BUILDING, 22, 10_800),
    ("H3", "Hall 3 Paint and Test", Kind.BUILDING, 16, 6_900),
    ("ST", "Store", Kind.STORE, 10, 4_800),
    ("DN", "Dock North", Kind.DOCK, 4, 900),
    ("DS", "Dock South", Kind.DOCK, 4, 850),
    ("OF", "Office", Kind.BUILDING, 24, 3_700),
    ("CA", "Canteen", Kind.BUILDING, 6, 1_150),
    ("GA", "Gate", Kind.BUILDING, 4, 300),
    ("YA", "Yard", Kind.YARD, 8, 4_200),
)
COST_CENTRES = (
    ("4100", "Maintenance"),
    ("4200", "Cleaning"),
    ("4300", "Store and dock"),
    ("4400", "Transport"),
    ("4500", "Gate and security"),
    ("4600", "Personnel office"),
    ("4700", "Canteen"),
    ("5100", "Hall 1 Machining"),
    ("5200", "Hall 2 Assembly"),
    ("5300", "Hall 3 Paint and Test"),
    ("6100", "Office and quality"),
    ("6900", "Energy and rent"),
)
ROLE_LOGINS = (
    ("requester", "Rita Request"),
    ("buyer", "Bea Buyer"),
    ("approver", "Aron Approve"),
    ("receiver", "Remo Receive"),
    ("accounts_payable", "Paula Payable"),
    ("hr", "Hanna Human"),
    ("line_manager", "Leo Lineman"),
    ("employee", "Emil Employee"),
    ("dispatcher", "Dina Dispatch"),
    ("driver", "Drago Drive"),
    ("facility_manager", "Fritz Facility"),
    ("crew_lead", "Cora Crewlead"),
    ("cleaner", "Clea Cleaner"),
    ("storekeeper", "Stella Store"),
    ("plant_manager", "Pia Plantmann"),
    ("auditor", "Audie Tor"),
    ("administrator", "Ada Min"),
)


def build(demo: Demo) -> None:
    with demo.house.acting() as ctx:
        add_sites(demo, ctx)
        add_places(demo, ctx)
        add_people(demo, ctx)
        for code, name in COST_CENTRES:
            holder = demo.users["approver"]
            demo.cost_centres[code] = places.add_cost_centre(ctx, demo.sites["VER"], code, name, holder_id=holder).id


def add_sites(demo: Demo, ctx: Context) -> None:
    plant = places.add_site(
        ctx,
        "VER",
        "Plant Verrin",
        address="Pump Road 1, 1001 Verrin",
        latitude=Decimal("49.611600"),
        longitude=Decimal("6.131900"),
        zone=ZONE,
        currency="EUR",
        country="LU",
    )
    depot = places.add_site(
        ctx,
        "OST",
        "Depot Osterby",
        address="Quay 14, 1407 Osterby",
        latitude=Decimal("49.702300"),
        longitude=Decimal("6.262100"),
        zone=ZONE,
        currency="EUR",
        country="LU",
    )
    sample = places.add_site(ctx, "SAM", "Sample data", zone="UTC", currency="USD", country="US", in_totals=False)
    demo.sites = {"VER": plant.id, "OST": depot.id, "SAM": sample.id}


def add_places(demo: Demo, ctx: Context) -> None:
    """120 zones of 46,000 square metres under ten areas."""
    dice = demo.random("places")
    for code, name, kind, zones, square_metres in AREAS:
        area = places.add_place(ctx, demo.sites["VER"], code, name, kind)
        demo.places[code] = area.id
        shares = [dice.uniform(0.6, 1.4) for _ in range(zones)]
        for number, share in enumerate(shares, start=1):
            zone = places.add_place(
                ctx,
                demo.sites["VER"],
                f"{code}-{number:02d}",
                f"{name}, zone {number}",
                Kind.ZONE,
                parent_id=area.id,
                area_m2=Decimal(round(square_metres * share / sum(shares))),
            )
            demo.places[zone.code] = zone.id


def add_people(demo: Demo, ctx: Context) -> None:
    """One login per role; everybody is an employee too."""
    known = ctx.registry.role_titles()
    hashed = passwords.hashed(PASSWORD)
    for login, name in ROLE_LOGINS:
        user = people.add_user(ctx, login, name, email=f"{login}@marenfeld.example")
        user.password_hash = hashed
        for role in dict.fromkeys((login, "employee")):
            if role in known:
                people.grant(ctx, user.id, role)
        demo.users[login] = user.id
