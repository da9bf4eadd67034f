"""The demo's first morning: what waits for each role of purchasing, made by these roles themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

import sqlalchemy as sa

from plantops import activity, links, reservations, stock
from plantops.context import Context
from plantops.demo import Demo
from plantops.stock import Counted
from purchasing import (
    amendments,
    budgets,
    deliveries,
    invoices,
    ordering,
    orders,
    receipts,
    requisition_approval,
    requisitions,
    settlement,
    suppliers,
)
from purchasing.deliveries import Parked
from purchasing.demo.sources import CENT, Sources, Ware
from purchasing.invoices import BillHead, NewBillLine
from purchasing.models import Invoice, Order, OrderLine
from purchasing.models.bills import BillLine
from purchasing.models.orders import LineState, OrderState
from purchasing.ordering import Pick
from purchasing.receipt_rules import Came
from purchasing.receipts import NewReceipt
from purchasing.requisition_lines import NewLine
from purchasing.requisitions import Head
from purchasing.suppliers import Terms

TAX = Decimal(17)
LOW = frozenset({"CHEM-03", "LINER-120"})
PICKS = 12
OTHER_IBAN = "LU280019400644750000"
TO_ORDER = (
    # who asks, cost centre, item numbers and quantities
    ("requester", "5100", (("NITRIL-L", 500), ("CUT-L", 10))),
    ("requester", "5200", (("6204-2RS", 12), ("SPA-1000", 2))),
    ("facility_manager", "4200", (("LINER-60", 150), ("CHEM-00", 4), ("PAPER-00", 3))),
    ("storekeeper", "4300", (("PACK-02", 10), ("PACK-06", 3))),
    ("crew_lead", "4200", (("CHEM-05", 4), ("PAPER-03", 2))),
    ("facility_manager", "4100", (("FUSE-10", 50), ("LED-36", 3), ("CON-24-9", 2))),
)


def open_the_morning(demo: Demo, sources: Sources) -> None:
    wares = {ware.sku: ware for ware in sources.items}
    count_the_store(demo, sources)
    promise_to_the_round(demo, sources)
    ask_and_get(demo, wares)
    ask_for_the_list(demo, wares)
    wait_for_a_yes(demo, wares)
    park_a_delivery(demo)
    bill_twice_across_new_year(demo)
    differ(demo, sources)


def as_of(ctx: Context, day: date) -> Context:
    """The same person on an earlier day, for stories that lie behind us."""
    return replace(ctx, now=datetime.combine(day, time(9), UTC))


# --- Asking


def ask_and_get(demo: Demo, wares: dict[str, Ware]) -> None:
    """What the requester asked for on the way to work has come already."""
    line = NewLine(Decimal(4), wares["VEST-L"].id)
    with demo.house.acting(demo.users["requester"]) as ctx:
        head = Head(demo.sites["VER"], demo.cost_centres["5100"], demo.today, place_id=demo.places["H1-03"])
        wish = requisitions.start(ctx, head, (line,))
        wish = requisition_approval.submit(ctx, wish.id, wish.version)
    with demo.house.acting(demo.users["buyer"]) as ctx:
        (order,) = ordering.consolidate(ctx, [Pick(one.id) for one in wish.lines])
        order = orders.place(ctx, order.id, order.version)
        order = amendments.acknowledge(ctx, order.id, order.version, "by telephone")
    with demo.house.acting(demo.users["receiver"]) as ctx:
        came = tuple(Came(one.id, one.quantity) for one in order.lines)
        receipts.receive(ctx, NewReceipt(order.id, came, demo.today, "LS-MORNING-1", demo.places["DN-01"]))
    with demo.house.acting(demo.users["buyer"]) as ctx:
        activity.comment(ctx, requisitions.origin(wish), "@requester Is size L right for all four, or is one an M?")


def ask_for_the_list(demo: Demo, wares: dict[str, Ware]) -> None:
    """Fourteen lines of six wishes wait for the buyer."""
    for place, (login, centre, wanted) in enumerate(TO_ORDER):
        lines = tuple(NewLine(Decimal(quantity), wares[sku].id) for sku, quantity in wanted)
        need_by = demo.today + timedelta(days=6 + 2 * place)
        with demo.house.acting(demo.users[login]) as ctx:
            wish = requisitions.start(ctx, Head(demo.sites["VER"], demo.cost_centres[centre], need_by), lines)
            wish = requisition_approval.submit(ctx, wish.id, wish.version)
        if wish.state == "submitted":
            with demo.house.acting(demo.users["approver"]) as ctx:
                requisition_approval.approve(ctx, wish.id, wish.version)


def wait_for_a_yes(demo: Demo, wares: dict[str, Ware]) -> None:
    """Four wishes wait for the approver; one goes over its budget."""
    with demo.house.acting() as ctx:
        balance = budgets.balance(ctx, demo.cost_centres["4300"], demo.today.year)
    too_much = max(Decimal(900), (balance.left or Decimal(0)) + 900).quantize(CENT, ROUND_HALF_UP)
    wanted = (
        ("4300", "Electric pallet truck", NewLine(Decimal(1), description="Electric pallet truck", price=too_much)),
        ("5200", "Pump repair kits", NewLine(Decimal(4), wares["PUMP-KIT-6"].id)),
        ("5300", "Safety shoes for the new crew", NewLine(Decimal(9), wares["SHOE-43"].id)),
        ("4100", "Scaffold for the roof", NewLine(Decimal(1), description="Scaffold, two weeks", price=Decimal(1480))),
    )
    for centre, title, line in wanted:
        with demo.house.acting(demo.users["requester"]) as ctx:
            need_by = demo.today + timedelta(days=21)
            head = Head(demo.sites["VER"], demo.cost_centres[centre], need_by, title)
            wish = requisitions.start(ctx, head, (line,))
            requisition_approval.submit(ctx, wish.id, wish.version)


# --- Dock and store


def park_a_delivery(demo: Demo) -> None:
    with demo.house.acting(demo.users["receiver"]) as ctx:
        text = "One carton, 12 kg, no order number on the label"
        deliveries.park(ctx, Parked(demo.sites["VER"], "Isar Technik", text, demo.today, "8841", demo.places["DS-01"]))


def count_the_store(demo: Demo, sources: Sources) -> None:
    """What lies in the main store; two items are at their minimum, so the house drafts what to ask for."""
    kept = [ware for ware in sources.items if ware.category in ("CLEAN", "PPE", "PACK")]
    with demo.house.acting() as ctx:
        counted = [
            Counted(ware.id, Decimal(6 if ware.sku in LOW else 60) * max(ware.holds, Decimal(1))) for ware in kept
        ]
        # Long enough ago that the next count is due.
        then = as_of(ctx, demo.today - timedelta(days=40))
        stock.adjust(then, sources.store_id, counted, reason="opening count", key="demo:opening-count")
        for place, ware in enumerate(kept):
            least, most = (Decimal(part) * max(ware.holds, Decimal(1)) for part in (10, 40))
            bin = f"{'ABCDEF'[place % 6]}{place // 6 + 1:02d}"
            stock.set_level(ctx, ware.id, sources.store_id, minimum=least, target=most, bin=bin)


def promise_to_the_round(demo: Demo, sources: Sources) -> None:
    """Twelve things lie ready for today's places: the storekeeper picks them."""
    kept = [ware for ware in sources.items if ware.category in ("CLEAN", "PACK") and ware.sku not in LOW][:PICKS]
    wanted_at = sorted(demo.places)[: len(kept)]
    with demo.house.acting(demo.users["crew_lead"]) as ctx:
        for ware, place in zip(kept, wanted_at, strict=True):
            origin = links.origin_of("core_place", demo.places[place])
            quantity = Decimal(2) * max(ware.holds, Decimal(1))
            reservations.reserve(
                ctx, sources.store_id, ware.id, quantity, origin=origin, wanted_on=demo.today
            )  # fmt: skip


# --- Bills


def bill_twice_across_new_year(demo: Demo) -> None:
    """Month 13: a bill of December came again in January, written a little differently, and was caught."""
    new_year = date(demo.first_day.year + 2, 1, 1)
    with demo.house.acting(demo.users["accounts_payable"]) as ctx:
        first = ctx.session.scalar(
            sa.select(Invoice)
            .where(
                Invoice.site_id == demo.sites["VER"],
                Invoice.order_id.is_not(None),
                Invoice.invoice_date.between(new_year - timedelta(days=14), new_year - timedelta(days=1)),
            )
            .order_by(Invoice.gross.desc(), Invoice.id)
            .limit(1)
        )
        if first is None:
            return
        january = as_of(ctx, new_year + timedelta(days=6))
        head = BillHead(
            first.site_id, first.supplier_id, first.supplier_number.lower().replace("-", " "), first.invoice_date,
            first.gross, note="Came again by post after New Year.",
        )  # fmt: skip
        centre = demo.cost_centres["4100"]
        line = NewBillLine(Decimal(1), first.net, "As billed", "lump", kind=BillLine.OTHER, tax_percent=TAX,
                           cost_centre_id=centre)  # fmt: skip
        second = invoices.capture(january, head, [line])
        reason = f"the same bill as {first.number}, which was paid"
        invoices.void(as_of(ctx, new_year + timedelta(days=11)), second.id, second.version, reason)


def differ(demo: Demo, sources: Sources) -> None:
    """Seven bills differ this morning, and a discount of EUR 310 ends today."""
    with demo.house.acting(demo.users["accounts_payable"]) as ctx:
        ready = _received_and_not_billed(ctx, demo)
        for place, (order, change) in enumerate(
            zip(ready, ("price", "price", "tax", "bank", "price", "more"), strict=False)
        ):
            _bill(ctx, demo, order, f"D-{place + 1}-{demo.today:%y%m%d}", change)
        for place, order in enumerate(ready[6:9]):
            _bill(ctx, demo, order, f"M-{place + 1}-{demo.today:%y%m%d}", "")
    _discount_that_ends(demo, sources)


def _received_and_not_billed(ctx: Context, demo: Demo) -> list[Order]:
    """Orders of the last days whose goods are all there and whose bill is not."""
    open_line = sa.exists().where(OrderLine.order_id == Order.id, OrderLine.received_on.is_(None))
    billed = sa.exists().where(OrderLine.order_id == Order.id, OrderLine.state != LineState.OPEN)
    query = (
        orders.visible(ctx)
        .where(Order.site_id == demo.sites["VER"], Order.state == OrderState.ACKNOWLEDGED, ~open_line, ~billed)
        .where(Order.total > 300)
        .order_by(Order.id)
        .limit(9)
    )
    return list(ctx.session.scalars(query))


def _bill(ctx: Context, demo: Demo, order: Order, number: str, change: str) -> Invoice:
    lines = [replace(line, tax_percent=TAX) for line in invoices.open_lines(ctx, order.id)]
    first = lines[0]
    assert first.amount is not None
    if change == "price":
        dearer = (first.amount * Decimal("1.09") + 6).quantize(CENT, ROUND_HALF_UP)
        lines[0] = replace(
            first, amount=dearer, price=(dearer / first.quantity * first.per).quantize(CENT, ROUND_HALF_UP)
        )
    elif change == "more":
        lines[0] = replace(first, quantity=first.quantity + 5)
    net = sum((line.amount or Decimal(0) for line in lines), Decimal(0))
    gross = net + (net * TAX / 100).quantize(CENT, ROUND_HALF_UP) + (Decimal("4.20") if change == "tax" else 0)
    head = BillHead(
        order.site_id, order.supplier_id, number, demo.today - timedelta(days=2), gross, order_id=order.id,
        iban=OTHER_IBAN if change == "bank" else "",
    )  # fmt: skip
    return invoices.capture(ctx, head, lines)


def _discount_that_ends(demo: Demo, sources: Sources) -> None:
    """2 % of EUR 15,500, for work that nobody ordered: it waits for the budget holder."""
    clarus = sources.suppliers["Clarus Facility Services"]
    with demo.house.acting(demo.users["buyer"]) as ctx:
        supplier = suppliers.supplier(ctx, clarus.id)
        terms = Terms(terms_days=30, discount_percent=Decimal(2), discount_days=10, lead_days=clarus.lead_days)
        suppliers.change_terms(ctx, clarus.id, supplier.version, terms)
    with demo.house.acting(demo.users["accounts_payable"]) as ctx:
        net = Decimal("13247.86")
        line = NewBillLine(Decimal(1), net, "Cleaning after the shutdown", "lump", kind=BillLine.OTHER, tax_percent=TAX,
                           cost_centre_id=demo.cost_centres["4200"])  # fmt: skip
        written = demo.today - timedelta(days=10)
        head = BillHead(demo.sites["VER"], clarus.id, f"CF-{written:%y%m}-77", written, Decimal(15500),
                        arrived_on=demo.today - timedelta(days=1))  # fmt: skip
        bill = invoices.capture(ctx, head, [line])
        assert settlement.discount_at_risk(bill, demo.today) == Decimal(310)
