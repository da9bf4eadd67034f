"""The demo's suppliers with accounts and papers, its items with prices, stores, budgets and codings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

import sqlalchemy as sa

from plantops import bulk, items, stores
from plantops.context import Context
from plantops.demo import Demo
from plantops.items import ItemFacts, ItemKind, Matching
from plantops.parties import PartyFacts
from purchasing import budgets, catalogue, suppliers
from purchasing.catalogue import OfferFacts
from purchasing.demo.goods import BIG, CATEGORIES, FIRST, TRADES, WITHOUT_ORDER, Good, goods, minimum_for
from purchasing.models import Coding, Commitment, Offer
from purchasing.models.sources import Check
from purchasing.suppliers import Terms

SMALL = 36
CENT = Decimal("0.01")
OIL_MONTH, OIL_RISE = 5, Decimal("1.18")


@dataclass(frozen=True)
class Source:
    """A supplier of the demo."""

    id: int
    name: str
    weight: int
    sells: tuple[str, ...]
    lead_days: int
    terms_days: int


@dataclass(frozen=True)
class Ware(Good):
    """An item that was made, and who sells it."""

    id: int = 0
    sellers: tuple[str, ...] = ()


@dataclass
class Sources:
    suppliers: dict[str, Source] = field(default_factory=dict)
    items: list[Ware] = field(default_factory=list)
    store_id: int = 0


def month_of(demo: Demo, number: int) -> date:
    """The first day of the demo's month, counted from 1."""
    months = demo.first_day.year * 12 + demo.first_day.month - 1 + number - 1
    return date(months // 12, months % 12 + 1, 1)


def add_sources(demo: Demo) -> Sources:
    sources = Sources()
    with demo.house.acting() as ctx:
        _suppliers(demo, ctx, sources)
        _items(demo, ctx, sources)
        centre = demo.cost_centres["4300"]
        store = stores.add_store(
            ctx, demo.sites["VER"], "MAIN", "Main store", place_id=demo.places["ST"], cost_centre_id=centre
        )
        sources.store_id = store.id
    with demo.house.acting(demo.users["buyer"]) as ctx:
        accounts = [
            suppliers.enter_account(ctx, one.id, iban(place), one.name)
            for place, one in enumerate(sources.suppliers.values(), 1)
        ]
    with demo.house.acting(demo.users["accounts_payable"]) as ctx:
        for account in accounts:
            suppliers.verify_account(ctx, account.id, account.version)
    return sources


def iban(place: int) -> str:
    """An invented account with right check digits."""
    body = f"{370_400_44:08d}{place * 7_919:010d}"
    digits = int("".join(str(int(ch, 36)) for ch in body + "DE00"))
    return f"DE{98 - digits % 97:02d}{body}"


def _suppliers(demo: Demo, ctx: Context, sources: Sources) -> None:
    rows = [(name, town, land, weight, sells, lead, due) for name, town, land, weight, sells, lead, due in BIG]
    for place in range(SMALL):
        trade, sells = TRADES[place % len(TRADES)]
        name = f"{FIRST[place % len(FIRST)]} {trade}" + (" II" if place >= 50 else "")
        rows.append((name, "Trier", "DE", 1, sells, 3 + place % 9, 30))
    rows += [(name, "Luxembourg", "LU", 0, (), 1, 30) for name, *_ in WITHOUT_ORDER]
    for place, (name, town, land, weight, sells, lead, due) in enumerate(rows):
        rule, least, charge = minimum_for(place) if sells else minimum_for(0)
        terms = Terms(terms_days=due, lead_days=lead, minimum_rule=rule, minimum_value=least, charge=charge)
        mail = f"orders@{name.split()[0].lower()}{place}.example".replace("ü", "ue").replace("ö", "oe")
        facts = PartyFacts(name, town=town, country=land, email=mail, street=f"Market {place + 1}", postcode="1000")
        made = suppliers.add_supplier(ctx, facts, terms, sure=True)
        sources.suppliers[name] = Source(made.id, name, weight, sells, lead, due)
        until = demo.today + timedelta(days=40 + place * 9)
        suppliers.add_paper(ctx, made.id, "Liability insurance", until, mandatory=bool(sells))
    for name, text, centre, a_year, amount, spread in WITHOUT_ORDER:
        if a_year <= 24:
            ctx.session.add(
                Coding(
                    site_id=demo.sites["VER"],
                    supplier_id=sources.suppliers[name].id,
                    cost_centre_id=demo.cost_centres[centre],
                    text=text,
                    expected=Decimal(amount),
                    tolerance_percent=Decimal(10 + round(200 * spread)),
                )
            )
    ctx.session.flush()


def _items(demo: Demo, ctx: Context, sources: Sources) -> None:
    """Each item is sold by one of the big ones and often by a small one; prices run for two years, oil in two steps."""
    dice = demo.random("purchasing.items")
    made = {
        code: items.add_category(
            ctx, code, name, matching=Matching.TWO_WAY if code == "SERVICE" else Matching.THREE_WAY
        ).id
        for code, name in CATEGORIES.items()
    }
    offers: list[OfferFacts] = []
    for good in goods():
        kind = ItemKind.SERVICE if good.category == "SERVICE" else ItemKind.GOOD
        packs = {good.unit: good.holds} if good.unit != good.stock_unit else None
        facts = ItemFacts(good.sku, good.name, made[good.category], good.stock_unit, kind)
        item = items.add_item(ctx, facts, packs=packs)
        sellers = [one for one in sources.suppliers.values() if good.category in one.sells]
        big = [one for one in sellers if one.weight > 1]
        chosen = [dice.choice(big)] if big else []
        if good.category == "CLEAN":
            chosen = [sources.suppliers["Kessling Hygiene"], sources.suppliers["Brandt Lager"]]
        elif small := [one for one in sellers if one.weight == 1]:
            chosen.append(dice.choice(small))
        sources.items.append(Ware(**vars(good), id=item.id, sellers=tuple(one.name for one in chosen)))
        for place, one in enumerate(chosen):
            factor = Decimal(1) if place == 0 else Decimal(round(dice.uniform(0.97, 1.12), 3))
            offers += _prices(demo, good, item.id, one, factor, preferred=place == 0)
    write_offers(ctx, offers)


def _prices(demo: Demo, good: Good, item_id: int, one: Source, factor: Decimal, *, preferred: bool) -> list[OfferFacts]:
    price = (good.price * factor).quantize(CENT, ROUND_HALF_UP)
    first = OfferFacts(one.id, item_id, good.unit, price, demo.first_day, per=good.per, preferred=preferred)
    if good.category == "CLEAN":  # Kessling was late; since then Brandt is asked first
        first = OfferFacts(
            one.id, item_id, good.unit, price, demo.first_day, per=good.per, preferred=one.name == "Brandt Lager"
        )
    if good.category != "LUBE":
        return [first]
    rise = month_of(demo, OIL_MONTH)
    before = OfferFacts(one.id, item_id, good.unit, price, demo.first_day, per=good.per,
                        valid_until=rise - timedelta(days=1))  # fmt: skip
    dearer = (price * OIL_RISE).quantize(CENT, ROUND_HALF_UP)
    return [before, OfferFacts(one.id, item_id, good.unit, dearer, rise, per=good.per, preferred=preferred)]


def write_offers(ctx: Context, offers: list[OfferFacts]) -> None:
    """Many prices at once, each by the rules of one."""
    for offer in offers:
        assert not catalogue.wrong_offer(offer), offer
    rows = [
        {name: value for name, value in vars(offer).items() if name != "breaks"}
        | {"currency": offer.currency or "EUR", "version": 1}
        for offer in offers
    ]
    bulk.insert_many(ctx, Offer, rows)


def add_budgets(demo: Demo) -> None:
    """Each year's budget, three per cent above the last, around what the two years really cost; planned by month."""
    first, today = demo.first_day.year, demo.today
    with demo.house.acting() as ctx:
        spent = _spent(ctx)
        for code, centre_id in sorted(demo.cost_centres.items()):
            this_year = min((today - demo.first_day).days, today.timetuple().tm_yday)
            now = spent.get((centre_id, today.year), Decimal(0)) * 365 / this_year
            ever = sum((amount for (centre, _), amount in spent.items() if centre == centre_id), Decimal(0))
            usual = max(now, ever * 365 / (today - demo.first_day).days) * Decimal("1.01")
            for year in range(first, today.year + 2):
                whole = rounded(usual * Decimal("1.03") ** (year - today.year))
                covered = [month for month in range(1, 13) if year > first or month >= demo.first_day.month]
                whole = whole if year > first else rounded(whole * len(covered) / 12)
                if whole:
                    rule = Check.STOP if code == "6100" else Check.WARN
                    budgets.set_budget(ctx, centre_id, year, whole, rule=rule, months=by_month(whole, covered))


def by_month(whole: Decimal, covered: list[int]) -> list[Decimal]:
    """Equal parts for these months; the last takes the cents that are left."""
    part = (whole / len(covered)).quantize(CENT, ROUND_HALF_UP)
    months = [part if month in covered else Decimal(0) for month in range(1, 13)]
    months[-1] += whole - sum(months, Decimal(0))
    return months


def rounded(amount: Decimal) -> Decimal:
    """Budgets are round figures."""
    return (amount / 500).to_integral_value(ROUND_CEILING) * 500


def _spent(ctx: Context) -> dict[tuple[int, int], Decimal]:
    columns = (Commitment.cost_centre_id, Commitment.year)
    query = sa.select(*columns, sa.func.sum(Commitment.amount)).group_by(*columns)
    return {(row[0], row[1]): row[2] for row in ctx.session.execute(query)}
