"""Two years of the demo's orders, deliveries and bills: about 50 orders and 85 bills a week, with their stories."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from plantops.context import Context
from plantops.demo import Demo
from purchasing import history, history_bills, prices
from purchasing.demo.goods import CENTRES, WITHOUT_ORDER
from purchasing.demo.sources import OIL_MONTH, OIL_RISE, Source, Sources, Ware, month_of
from purchasing.history import Delivery, PastLine, PastOrder, Written
from purchasing.history_bills import PastBill, PastBillLine

ORDERS_A_WEEK = 50
LATE_FROM, MOVED_FROM, MOVED_UNTIL = 8, 10, 12
STILL_LATE, DUE_TODAY = 6, 3
TAX = Decimal(17)
CENT = Decimal("0.01")
REASON = "history of the demo plant"


@dataclass
class Scene:
    """What the generator knows while it writes."""

    demo: Demo
    sources: Sources
    dice: random.Random
    late_from: date
    moved_from: date
    moved_until: date
    dearer_from: date
    wares: dict[str, list[Ware]]
    today: date
    bill_number: int = 1000
    late: int = 0
    due_today: int = 0


def write_years(demo: Demo, sources: Sources) -> None:
    wares: defaultdict[str, list[Ware]] = defaultdict(list)
    for ware in sources.items:
        for name in ware.sellers:
            wares[name].append(ware)
    scene = Scene(
        demo=demo,
        sources=sources,
        dice=demo.random("purchasing.years"),
        late_from=month_of(demo, LATE_FROM),
        moved_from=month_of(demo, MOVED_FROM),
        moved_until=month_of(demo, MOVED_UNTIL),
        dearer_from=month_of(demo, OIL_MONTH),
        wares=dict(wares),
        today=demo.today,
    )
    weeks = (demo.today - demo.first_day).days // 7 + 1
    for first in range(0, weeks, 13):
        orders = [order for week in range(first, min(first + 13, weeks)) for order in _week(scene, week)]
        with demo.house.acting() as ctx:
            _write(ctx, scene, orders)
    with demo.house.acting() as ctx:
        bills = list(_without_order(scene))
        history_bills.write_bills(ctx, bills, reason=REASON)


# --- Orders


def _week(scene: Scene, week: int) -> Iterator[tuple[Source, PastOrder]]:
    monday = scene.demo.first_day + timedelta(weeks=week)
    quiet = (monday.month == 12 and monday.day > 20) or (monday.month == 8 and monday.day < 22)
    for _ in range(round(ORDERS_A_WEEK * (0.6 if quiet else 1) + scene.dice.uniform(-4, 4))):
        day = monday + timedelta(days=scene.dice.choice((0, 0, 1, 1, 2, 2, 3, 3, 4)))
        if day < scene.today:
            yield _order(scene, day)


def _supplier(scene: Scene, day: date) -> Source:
    known = [one for one in scene.sources.suppliers.values() if one.weight and one.name in scene.wares]
    chosen = scene.dice.choices(known, [one.weight for one in known])[0]
    moved = scene.moved_from <= day and (day < scene.moved_until or scene.dice.random() < 0.6)
    if chosen.name == "Kessling Hygiene" and moved:
        return scene.sources.suppliers["Brandt Lager"]
    return chosen


def _order(scene: Scene, day: date) -> tuple[Source, PastOrder]:
    source = _supplier(scene, day)
    offered = scene.wares[source.name]
    count = scene.dice.choices((1, 2, 3, 4, 6), (22, 32, 24, 14, 8))[0]
    chosen = scene.dice.sample(offered, min(count, len(offered)))
    due = workday(day + timedelta(days=source.lead_days + scene.dice.choice((0, 0, 1, 2))))
    centre = scene.dice.choice(CENTRES[chosen[0].category])
    lines = tuple(_line(scene, source, ware, day, due, scene.demo.cost_centres[centre]) for ware in chosen)
    return source, PastOrder(
        site_id=scene.demo.sites["VER"],
        supplier_id=source.id,
        currency="EUR",
        lines=lines,
        ordered_on=day,
        buyer_id=scene.demo.users["buyer"],
        incoterm="DAP",
        terms_days=source.terms_days,
    )


def _line(scene: Scene, source: Source, ware: Ware, day: date, due: date, centre_id: int) -> PastLine:
    quantity = Decimal(max(1, round(ware.usual * scene.dice.lognormvariate(-0.22, 0.65))))
    price = ware.price * (OIL_RISE if ware.category == "LUBE" and day >= scene.dearer_from else 1)
    if ware.sellers[0] != source.name:
        price *= Decimal("1.04")
    service = ware.category == "SERVICE"
    line = PastLine(
        description=ware.name,
        quantity=quantity,
        unit=ware.unit,
        price=price.quantize(CENT, ROUND_HALF_UP),
        need_by=due + timedelta(days=2),
        per=ware.per,
        item_id=ware.id,
        factor=ware.holds,
        cost_centre_id=centre_id,
        three_way=not service,
        under_percent=Decimal(5),
        over_percent=Decimal(5),
        confirmed_first=due,
        settled=False,
    )
    return line if service else replace(line, deliveries=_deliveries(scene, source, day, due, quantity))


def _deliveries(scene: Scene, source: Source, day: date, due: date, quantity: Decimal) -> tuple[Delivery, ...]:
    """Mostly on time; Kessling for eight weeks hardly ever. What would have come after yesterday has not come yet."""
    troubled = source.name == "Kessling Hygiene" and scene.late_from <= day < scene.moved_from
    late = scene.dice.random() < (0.85 if troubled else 0.055)
    came = workday(
        due + timedelta(days=scene.dice.randint(5, 15) if troubled else scene.dice.randint(1, 6)) if late else due
    )
    note = f"LS-{source.id}-{day:%y%m%d}-{scene.dice.randint(100, 999_999)}"
    if came >= scene.today:
        return ()
    if scene.dice.random() < 0.03 and quantity > 3:
        part, rest = quantity // 2, workday(came + timedelta(days=4))
        if rest < scene.today:
            return (Delivery(came, part, note), Delivery(rest, quantity - part, f"{note}-2"))
    return (Delivery(came, quantity, note),)


def workday(day: date) -> date:
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > 4 else day


# --- What is open this morning


def _this_morning(scene: Scene, orders: list[tuple[Source, PastOrder]]) -> list[tuple[Source, PastOrder]]:
    """Six orders are late, three more are due today, what else is open comes later."""
    made: list[tuple[Source, PastOrder]] = []
    for source, order in orders:
        lines = order.lines
        due = lines[0].confirmed_first or scene.today
        goods = all(line.three_way for line in lines)
        if goods and scene.late < STILL_LATE and scene.today - timedelta(days=12) < due < scene.today:
            scene.late += 1
            lines = tuple(replace(line, deliveries=()) for line in lines)
        elif due < scene.today:
            lines = tuple(_has_come(scene, line, due) for line in lines)
        elif goods and scene.due_today < DUE_TODAY:
            scene.due_today += 1
            lines = tuple(_due_on(line, scene.today) for line in lines)
        else:
            lines = tuple(_due_on(line, max(due, scene.today + timedelta(days=1))) for line in lines)
        made.append((source, _with(order, lines)))
    return made


def _with(order: PastOrder, lines: tuple[PastLine, ...]) -> PastOrder:
    """The order itself when its lines are the same: most are written down without a change."""
    return order if lines == order.lines else replace(order, lines=lines)


def _has_come(scene: Scene, line: PastLine, due: date) -> PastLine:
    if line.deliveries or not line.three_way:
        return line
    note = f"LS-{due:%y%m%d}-{scene.dice.randint(1_000_000, 9_999_999)}"
    return replace(line, deliveries=(Delivery(max(due, scene.today - timedelta(days=1)), line.quantity, note),))


def _due_on(line: PastLine, day: date) -> PastLine:
    return replace(line, deliveries=(), confirmed_first=day, promised_on=day, need_by=day + timedelta(days=2))


# --- Bills


def _write(ctx: Context, scene: Scene, orders: list[tuple[Source, PastOrder]]) -> None:
    orders = _one_note_per_delivery(_this_morning(scene, orders))
    billed = [(source, _marked(scene, order)) for source, order in orders]
    written = history.write_orders(ctx, [order for _, order in billed], import_id=0, reason=REASON)
    bills = [
        bill
        for (source, order), one in zip(billed, written, strict=True)
        if (bill := _bill(scene, source, order, one)) is not None
    ]
    history_bills.write_bills(ctx, bills, reason=REASON)


def _one_note_per_delivery(orders: list[tuple[Source, PastOrder]]) -> list[tuple[Source, PastOrder]]:
    """What came of one order on one day came with one note."""
    made: list[tuple[Source, PastOrder]] = []
    for source, order in orders:
        notes: dict[date, str] = {}
        made.append((source, _with(order, tuple(_noted(line, notes) for line in order.lines))))
    return made


def _noted(line: PastLine, notes: dict[date, str]) -> PastLine:
    known = [notes.setdefault(one.on, one.note) for one in line.deliveries]
    if known == [one.note for one in line.deliveries]:
        return line
    noted = (replace(one, note=note) for one, note in zip(line.deliveries, known, strict=True))
    return replace(line, deliveries=tuple(noted))


def _bill_day(scene: Scene, order: PastOrder) -> date | None:
    """When the bill arrived; None while not everything has come, or for bills that are still on their way."""
    if not all(line.deliveries or not line.three_way for line in order.lines):
        return None
    days = [d.on for line in order.lines for d in line.deliveries] or [order.lines[0].need_by]
    arrived = workday(max(days) + timedelta(days=2 + (order.ordered_on or scene.today).day % 6))
    return arrived if arrived < scene.today - timedelta(days=1) else None


def _marked(scene: Scene, order: PastOrder) -> PastOrder:
    billed = _bill_day(scene, order) is not None
    return _with(order, tuple(replace(line, billed=True) for line in order.lines)) if billed else order


def _bill(scene: Scene, source: Source, order: PastOrder, one: Written) -> PastBill | None:
    arrived = _bill_day(scene, order)
    if arrived is None:
        return None
    lines = tuple(_bill_line(line, id, one) for line, id in zip(order.lines, one.line_ids, strict=True))
    scene.bill_number += 1
    approved = _approved_on(scene, arrived)
    written = arrived - timedelta(days=2)
    paid = _paid_on(scene, approved, written + timedelta(days=source.terms_days))
    return PastBill(
        site_id=order.site_id,
        supplier_id=source.id,
        number=f"{source.name[:2].upper()}-{written:%Y}-{scene.bill_number}",
        invoice_date=written,
        arrived_on=arrived,
        lines=lines,
        captured_by_id=scene.demo.users["accounts_payable"],
        approved_by_id=scene.demo.users["approver"],
        approved_on=approved,
        paid_on=paid,
        order_id=one.order_id,
        tax_percent=TAX,
        terms_days=source.terms_days,
    )


def _bill_line(line: PastLine, id: int, one: Written) -> PastBillLine:
    if line.three_way:
        pairs = zip(one.receipt_lines[id], line.deliveries, strict=True)
        receipts: tuple[tuple[int | None, Decimal], ...] = tuple((rid, d.quantity) for rid, d in pairs)
    else:
        receipts = ((None, line.quantity),)
    assert line.cost_centre_id is not None
    return PastBillLine(
        description=line.description,
        quantity=line.quantity,
        unit=line.unit,
        price=line.price,
        amount=prices.amount(line.quantity, line.price, line.per, "EUR"),
        cost_centre_id=line.cost_centre_id,
        budget_year=line.need_by.year,
        per=line.per,
        order_line_id=id,
        receipts=receipts,
    )


def _approved_on(scene: Scene, arrived: date) -> date | None:
    """Within a week, now and then much later; what arrived in the last days still waits."""
    days = scene.dice.randint(12, 26) if scene.dice.random() < 0.02 else scene.dice.randint(1, 5)
    approved = workday(arrived + timedelta(days=days))
    return approved if approved < scene.today else None


def _paid_on(scene: Scene, approved: date | None, due: date) -> date | None:
    if approved is None:
        return None
    paid = workday(max(approved + timedelta(days=1), due - timedelta(days=scene.dice.randint(0, 3))))
    return paid if paid < scene.today else None


def _without_order(scene: Scene) -> Iterator[PastBill]:
    """Energy, rent, canteen, fuel: bills that no order stands behind, coded to their cost centre."""
    days = (scene.today - scene.demo.first_day).days
    for name, text, centre, a_year, amount, spread in WITHOUT_ORDER:
        source = scene.sources.suppliers[name]
        for place in range(round(days * a_year / 365)):
            written = scene.demo.first_day + timedelta(days=int(place * 365 / a_year))
            arrived = workday(written + timedelta(days=scene.dice.randint(1, 3)))
            if arrived >= scene.today:
                continue
            net = Decimal(amount * scene.dice.uniform(1 - spread, 1 + spread)).quantize(CENT, ROUND_HALF_UP)
            approved = _approved_on(scene, arrived)
            line = PastBillLine(text, Decimal(1), "lump", net, net, scene.demo.cost_centres[centre], written.year)
            yield PastBill(
                site_id=scene.demo.sites["VER"],
                supplier_id=source.id,
                number=f"{name[:3].upper()}{written:%y%m%d}-{place}",
                invoice_date=written,
                arrived_on=arrived,
                lines=(line,),
                captured_by_id=scene.demo.users["accounts_payable"],
                approved_by_id=scene.demo.users["approver"],
                approved_on=approved,
                paid_on=_paid_on(scene, approved, written + timedelta(days=source.terms_days)),
                tax_percent=TAX,
            )
