"""What Marenfeld buys and from whom: invented names, real kinds of things."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from purchasing.models.sources import MinimumRule

Trade = tuple[str, ...]
# name, town, country, weight among suppliers, what it sells, days to deliver, terms
BIG: tuple[tuple[str, str, str, int, Trade, int, int], ...] = (
    ("Brandt Lager", "Trier", "DE", 12, ("SPARE", "PACK", "CLEAN"), 4, 30),
    ("Kessling Hygiene", "Arlon", "BE", 9, ("CLEAN",), 5, 30),
    ("Novak Safety", "Saarbrücken", "DE", 8, ("PPE",), 6, 30),
    ("Rivo Lifts", "Metz", "FR", 6, ("SERVICE",), 10, 45),
    ("Ostermann Antriebe", "Kaiserslautern", "DE", 8, ("SPARE",), 7, 30),
    ("Volta Schalttechnik", "Esch", "LU", 7, ("ELEC",), 5, 30),
    ("Petrol Arden", "Bastogne", "BE", 6, ("LUBE",), 5, 14),
    ("Werkzeug Hartmann", "Koblenz", "DE", 5, ("TOOL",), 4, 30),
    ("Papier Moselle", "Thionville", "FR", 4, ("OFFICE", "PACK"), 3, 30),
    ("Clarus Facility Services", "Luxembourg", "LU", 5, ("SERVICE",), 7, 30),
)
FIRST = (
    "Alzette", "Birken", "Castel", "Dorval", "Eifel", "Fontane", "Grevel", "Hunsrück", "Isar", "Jura", "Kyll", "Lorena",
    "Mosel", "Nahe", "Our", "Palat", "Quint", "Ruwer", "Sauer", "Taunus", "Ulmen", "Vianden", "Wark", "Ypern",
    "Zollern",
)  # fmt: skip
TRADES: tuple[tuple[str, Trade], ...] = (
    ("Dichtungen", ("SPARE",)), ("Elektro", ("ELEC",)), ("Arbeitsschutz", ("PPE",)), ("Werkzeuge", ("TOOL",)),
    ("Reinigung", ("CLEAN",)), ("Schmierstoffe", ("LUBE",)), ("Verpackung", ("PACK",)), ("Bürobedarf", ("OFFICE",)),
    ("Technik", ("SPARE", "ELEC")), ("Service", ("SERVICE",)),
)  # fmt: skip
# bills without order: name, text, cost centre, bills a year, EUR each, spread
WITHOUT_ORDER = (
    ("Delmora Energy", "Electricity and gas", "6900", 12, 46_000, 0.22),
    ("Immo Verrin", "Rent of the depot", "6900", 12, 9_800, 0.0),
    ("Telarden", "Telephone and data lines", "6100", 24, 1_450, 0.05),
    ("Aqua Verrin", "Water and waste water", "6900", 12, 3_900, 0.15),
    ("Cantina Verde", "Canteen deliveries", "4700", 312, 410, 0.3),
    ("Tank Route 12", "Fuel by card", "4400", 420, 92, 0.4),
    ("Paketa", "Parcels", "4300", 260, 38, 0.6),
    ("Linge Blanc", "Work clothes and laundry", "5200", 52, 640, 0.1),
    ("Sorteco", "Waste containers", "4200", 104, 310, 0.25),
    ("Gardum", "Guards at night", "4500", 52, 1_150, 0.08),
    ("Messdienst Süd", "Calibration", "6100", 60, 260, 0.5),
    ("Lesesaal Verrin", "Standards and magazines", "6100", 60, 74, 0.5),
    ("Medica Verrin", "Works doctor", "4600", 24, 720, 0.1),
    ("Steuer und Recht Lux", "Advice", "6100", 24, 980, 0.4),
)
CENTRES = {
    "CLEAN": ("4200", "4200", "4200", "4700"),
    "PPE": ("5100", "5200", "5300", "4300", "4100"),
    "SPARE": ("4100", "4100", "5100", "5200", "5300"),
    "ELEC": ("4100", "5100", "5200"),
    "LUBE": ("4100", "5100", "5300"),
    "TOOL": ("5100", "5200", "4100"),
    "OFFICE": ("6100", "4600", "4500"),
    "PACK": ("4300", "4300", "4400"),
    "SERVICE": ("4100", "4200", "4500"),
}
CATEGORIES = {
    "CLEAN": "Cleaning consumables", "PPE": "Protective equipment", "SPARE": "Spares", "ELEC": "Electrical parts",
    "LUBE": "Oils and lubricants", "TOOL": "Tools", "OFFICE": "Office", "PACK": "Packaging", "SERVICE": "Services",
}  # fmt: skip


@dataclass(frozen=True)
class Good:
    """An item: what it is, how it is counted and sold, and what it costs about."""

    sku: str
    name: str
    category: str
    stock_unit: str = "each"
    unit: str = "each"
    holds: Decimal = Decimal(1)
    price: Decimal = Decimal(1)
    per: int = 1
    usual: int = 10
    """How many `unit` are ordered at a time."""


def goods() -> Iterator[Good]:
    """About 300 items; the same ones each time."""
    yield from _spares()
    yield from _electrical()
    yield from _protective()
    yield from _cleaning()
    yield from _rest()


def _spares() -> Iterator[Good]:
    for place, size in enumerate(
        ("6200", "6201", "6202", "6203", "6204", "6205", "6206", "6207", "6208", "6306", "6308")
    ):
        for kind in ("2RS", "ZZ", "C3"):
            price = Decimal(310 + 85 * place)
            yield Good(f"{size}-{kind}", f"{size}-{kind} bearing", "SPARE", price=price, per=100, usual=40)
    for n in range(20, 80, 4):
        yield Good(f"RWDR-{n}", f"Shaft seal {n} mm", "SPARE", price=Decimal("3.40") + n / Decimal(10), usual=20)
    for n in range(10, 40):
        yield Good(f"SPA-{n * 50}", f"V-belt SPA {n * 50}", "SPARE", price=Decimal("11.80") + n / Decimal(4), usual=8)
    for thread in (6, 8, 10, 12, 16):
        for length in (20, 30, 40, 60, 80):
            bolt, price = f"M{thread}x{length}", Decimal(28 + thread * 3 + length // 4)
            yield Good(bolt, f"Hexagon bolt {bolt}", "SPARE", price=price, per=1000, usual=2000)
    for n in range(1, 13):
        yield Good(f"PUMP-KIT-{n}", f"Pump repair kit no. {n}", "SPARE", price=Decimal(180 + 45 * n), usual=3)


def _electrical() -> Iterator[Good]:
    for amps in (9, 12, 18, 25, 32, 40):
        for volts in (24, 230):
            name = f"{volts} V contactor {amps} A"
            yield Good(f"CON-{volts}-{amps}", name, "ELEC", price=Decimal(24 + 2 * amps), usual=6)
    for amps in (2, 4, 6, 10, 16, 20, 25, 32):
        yield Good(f"FUSE-{amps}", f"Fuse {amps} A", "ELEC", price=Decimal(120 + 4 * amps), per=100, usual=100)
    for n, kind in enumerate(("inductive M12", "inductive M18", "capacitive M18", "light barrier", "level switch")):
        for reach in (4, 8, 12):
            yield Good(
                f"SEN-{n}{reach}", f"Sensor {kind} {reach} mm", "ELEC", price=Decimal(62 + 18 * n + reach), usual=4
            )
    for square in ("1.5", "2.5", "4", "6"):
        price = Decimal(square) * 46
        yield Good(f"CABLE-{square}", f"Cable 5x{square}", "ELEC", "m", "m", price=price, per=100, usual=200)
    for watts in (18, 36, 58, 120):
        yield Good(f"LED-{watts}", f"LED lamp {watts} W", "ELEC", price=Decimal(14 + watts // 2), usual=12)


def _protective() -> Iterator[Good]:
    for size in ("S", "M", "L", "XL"):
        name = f"Nitrile gloves {size} (100)"
        yield Good(f"NITRIL-{size}", name, "PPE", "each", "box", Decimal(100), Decimal("9.20"), usual=20)
        yield Good(f"CUT-{size}", f"Cut-proof gloves {size}", "PPE", "pair", "pair", price=Decimal("7.90"), usual=40)
        yield Good(f"VEST-{size}", f"High-visibility vest {size}", "PPE", price=Decimal("6.40"), usual=20)
    for shoe in range(38, 48):
        yield Good(f"SHOE-{shoe}", f"Safety shoes S3 {shoe}", "PPE", "pair", "pair", price=Decimal("74.50"), usual=4)
    for n, name in enumerate(("Safety glasses", "Helmet", "Ear muffs", "Face shield", "Welding apron", "Knee pads")):
        yield Good(f"PPE-{n:02d}", name, "PPE", price=Decimal("8.60") + 7 * n, usual=15)
    yield Good("PLUGS", "Ear plugs (200 pairs)", "PPE", "pair", "box", Decimal(200), Decimal("21.50"), usual=10)
    yield Good("FFP2", "Dust masks FFP2 (20)", "PPE", "each", "box", Decimal(20), Decimal("13.80"), usual=15)


def _cleaning() -> Iterator[Good]:
    for litres in (10, 30, 60, 120, 240):
        price = Decimal("8.50") + litres / Decimal(8)
        yield Good(
            f"LINER-{litres}", f"{litres} l bin liners (50)", "CLEAN", "each", "roll", Decimal(50), price, usual=40
        )
    names = ("Floor cleaner 10 l", "Glass cleaner 5 l", "Sanitary cleaner 5 l", "Disinfectant 5 l", "Degreaser 10 l",
             "Hand soap 5 l", "Hand cream 1 l", "Dishwasher salt 10 kg", "Descaler 5 l", "Absorbent 20 kg")  # fmt: skip
    for n, name in enumerate(names):
        yield Good(f"CHEM-{n:02d}", name, "CLEAN", price=Decimal("11.40") + 4 * n, usual=20)
    papers = ("Paper towels (3,000)", "Toilet paper (64)", "Wipes on a roll (6)", "Microfibre cloths (10)",
              "Mop covers (5)", "Scouring pads (10)", "Air freshener (12)", "Vacuum bags (10)")  # fmt: skip
    for n, name in enumerate(papers):
        yield Good(f"PAPER-{n:02d}", name, "CLEAN", price=Decimal("19.90") + 3 * n, usual=30)


def _rest() -> Iterator[Good]:
    for grade in (32, 46, 68, 100, 220):
        for litres in (20, 60):
            price = Decimal(litres) * Decimal("3.35") + grade / Decimal(10)
            yield Good(
                f"VG{grade}-{litres}", f"ISO VG {grade} oil {litres} l", "LUBE", "can", "can", price=price, usual=8
            )
    for n, name in enumerate(
        ("Grease cartridge", "Cutting fluid 20 l", "Chain spray", "Rust remover", "Silicone spray")
    ):
        yield Good(f"LUBE-{n:02d}", name, "LUBE", price=Decimal("6.90") + 9 * n, usual=20)
    for size in range(3, 21):
        yield Good(f"DRILL-{size}", f"Drill {size} mm HSS", "TOOL", price=Decimal("2.80") + size, usual=10)
    for n, name in enumerate(("Insert CNMG 120408", "Insert DNMG 150608", "End mill 10 mm", "Tap M10", "Grinding disc",
                              "Cutting disc 125", "Torque wrench", "Socket set")):  # fmt: skip
        yield Good(f"TOOL-{n:02d}", name, "TOOL", price=Decimal("4.20") + 11 * n, usual=12)
    for n, name in enumerate(("Copy paper (2,500)", "Toner black", "Toner colour", "Ball pens (50)", "Folders (25)",
                              "Labels (1,000)", "Note books (10)", "Batteries AA (40)")):  # fmt: skip
        yield Good(f"OFF-{n:02d}", name, "OFFICE", price=Decimal("12.40") + 9 * n, usual=8)
    for n, name in enumerate(("Carton 400x300", "Carton 600x400", "Stretch film", "Pallet 1200x800", "Strapping",
                              "Bubble wrap 100 m", "Adhesive tape (36)", "Desiccant bags (100)")):  # fmt: skip
        yield Good(f"PACK-{n:02d}", name, "PACK", price=Decimal("1.10") + 5 * n, usual=80)
    for n, name in enumerate(("Lift maintenance", "Window cleaning", "Crane inspection", "Fire extinguisher check",
                              "Gate repair", "Roof repair", "Air conditioning service", "Green areas", "Pest control",
                              "Electrician on call")):  # fmt: skip
        yield Good(f"SRV-{n:02d}", name, "SERVICE", "h", "h", price=Decimal(52 + 4 * n), usual=16)


def minimum_for(place: int) -> tuple[MinimumRule, Decimal, Decimal]:
    """Some suppliers refuse small orders, some charge for them, some deliver free from an amount on."""
    rules = (
        (MinimumRule.NONE, Decimal(0), Decimal(0)),
        (MinimumRule.SURCHARGE, Decimal(150), Decimal(12)),
        (MinimumRule.FREE_FREIGHT, Decimal(250), Decimal(18)),
        (MinimumRule.NONE, Decimal(0), Decimal(0)),
        (MinimumRule.REFUSE, Decimal(75), Decimal(0)),
    )
    return rules[place % len(rules)]
