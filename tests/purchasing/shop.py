"""Factories for purchasing's tests: a supplier with an account, items with prices, orders as far as one wants them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from plantops import items, stock, stores, verify
from plantops.context import Context
from plantops.items import Category, Item, ItemFacts, ItemKind, Matching
from plantops.parties import PartyFacts
from plantops.places import CostCentre, Site
from purchasing import catalogue, invoices, ordering, orders, receipts, requisition_approval, requisitions, suppliers
from purchasing.catalogue import OfferFacts
from purchasing.invoices import BillHead, NewBillLine
from purchasing.models import Invoice, Order, Requisition, Supplier
from purchasing.ordering import Pick
from purchasing.receipt_rules import Came
from purchasing.receipts import NewReceipt
from purchasing.requisition_lines import NewLine
from purchasing.requisitions import Head
from purchasing.suppliers import Terms
from tests.houses import NOW, Someone

TODAY = NOW.date()
IBAN = "DE89370400440532013000"
OTHER_IBAN = "LU280019400644750000"


def D(number: str | int) -> Decimal:
    return Decimal(number)


@dataclass
class Shop:
    """A plant that can buy: gloves in boxes of 100 from Kessling, a bearing and a cleaning contract."""

    someone: Someone
    site_id: int
    centre_id: int
    other_centre_id: int
    supplier_id: int
    gloves_id: int
    bearing_id: int
    contract_id: int
    store_id: int

    @property
    def asker(self) -> Context:
        return self.someone(as_="requester,employee", login="rita")

    @property
    def buyer(self) -> Context:
        return self.someone(as_="buyer,employee", login="bea")

    @property
    def approver(self) -> Context:
        return self.someone(as_="approver,employee", login="aron")

    @property
    def receiver(self) -> Context:
        return self.someone(as_="receiver,employee", login="remo")

    @property
    def payable(self) -> Context:
        return self.someone(as_="accounts_payable,employee", login="paula")

    # --- Steps of the path

    def head(self, **more: Any) -> Head:
        return Head(**{"site_id": self.site_id, "cost_centre_id": self.centre_id,
                       "need_by": TODAY + timedelta(days=14)} | more)  # fmt: skip

    def requisition(self, *lines: NewLine, ctx: Context | None = None, **head: Any) -> Requisition:
        """Submitted by the requester; approved by itself when it is small and of the catalogue."""
        who = ctx or self.asker
        draft = requisitions.start(who, self.head(**head), lines or (NewLine(D(500), self.gloves_id),))
        return requisition_approval.submit(who, draft.id, draft.version)

    def approved(self, *lines: NewLine, **head: Any) -> Requisition:
        made = self.requisition(*lines, **head)
        if made.state == "submitted":
            made = requisition_approval.approve(self.approver, made.id, made.version)
        return made

    def draft_order(self, *lines: NewLine, **head: Any) -> Order:
        wanted = self.approved(*lines, **head)
        (order,) = ordering.consolidate(self.buyer, [Pick(line.id, None, self.supplier_id) for line in wanted.lines])
        return order

    def issued(self, *lines: NewLine, **head: Any) -> Order:
        order = self.draft_order(*lines, **head)
        return orders.place(self.buyer, order.id, order.version)

    def receive(self, order: Order, *quantities: str | int, note: str = "", ctx: Context | None = None) -> Any:
        came = [Came(line.id, D(q)) for line, q in zip(order.lines, quantities, strict=False)]
        return receipts.receive(ctx or self.receiver, NewReceipt(order.id, tuple(came), TODAY, note))

    def bill(self, order: Order, number: str = "R-1", *, price: str | None = None, **more: Any) -> Invoice:
        """What came and is not billed yet, as the order prices it, without tax."""
        lines = invoices.open_lines(self.payable, order.id)
        if price is not None:
            lines = [NewBillLine(line.quantity, D(price), line.description, line.unit, line.per,
                                 order_line_id=line.order_line_id) for line in lines]  # fmt: skip
        return self.capture(lines, number, order_id=order.id, **more)

    def capture(self, lines: list[NewBillLine], number: str = "R-1", **more: Any) -> Invoice:
        gross = sum((self.amount(line) for line in lines), D(0))
        values = {"site_id": self.site_id, "supplier_id": self.supplier_id, "supplier_number": number,
                  "invoice_date": TODAY, "stated_gross": gross} | more  # fmt: skip
        return invoices.capture(self.payable, BillHead(**values), lines)

    @staticmethod
    def amount(line: NewBillLine) -> Decimal:
        return (line.quantity * line.price / line.per).quantize(D("0.01")) if line.amount is None else line.amount

    def fresh(self, kind: type[Any], id: int) -> Any:
        self.someone.session.flush()
        return self.someone.session.get_one(kind, id, populate_existing=True)

    def broken(self) -> list[str]:
        """What `plantops verify` finds."""
        found = verify.verify(self.someone()).broken
        return [one.sentence for one in found if one.invariant != "there is an administrator"]


def open_shop(someone: Someone) -> Shop:
    ctx = someone()
    site = ctx.session.scalars(sa.select(Site).where(Site.code == "VER")).one()
    centres = ctx.session.scalars(sa.select(CostCentre).where(CostCentre.site_id == site.id).order_by(CostCentre.code))
    centre, other = list(centres)[:2]
    goods = items.add_category(ctx, "GOODS", "Goods", over_percent=D(0), under_percent=D(0))
    work = items.add_category(ctx, "WORK", "Services", matching=Matching.TWO_WAY)
    gloves = items.add_item(ctx, ItemFacts("GL-L", "Nitrile gloves L", goods.id), packs={"box": D(100)})
    bearing = items.add_item(ctx, ItemFacts("6204", "6204-2RS bearing", goods.id))
    contract = items.add_item(ctx, ItemFacts("CLEAN", "Window cleaning", work.id, "h", ItemKind.SERVICE))
    supplier = add_supplier(someone, "Kessling Hygiene")
    first = TODAY - timedelta(days=400)
    catalogue.set_offer(ctx, OfferFacts(supplier.id, gloves.id, "box", D("9.50"), first, least_quantity=D(2)))
    catalogue.set_offer(ctx, OfferFacts(supplier.id, bearing.id, "each", D("412.50"), first, per=100))
    catalogue.set_offer(ctx, OfferFacts(supplier.id, contract.id, "h", D("40"), first))
    store = stores.add_store(ctx, site.id, "MAIN", "Main store", cost_centre_id=centre.id)
    return Shop(someone, site.id, centre.id, other.id, supplier.id, gloves.id, bearing.id, contract.id, store.id)


def add_supplier(someone: Someone, name: str, iban: str | None = IBAN, **terms: Any) -> Supplier:
    """With an account that a second person has verified, unless there shall be none."""
    ctx = someone()
    supplier = suppliers.add_supplier(ctx, PartyFacts(name, email=f"{name.split()[0].lower()}@supply.example"),
                                      Terms(**terms))  # fmt: skip
    if iban:
        account = suppliers.enter_account(someone(as_="buyer,employee", login="bea"), supplier.id, iban, name)
        suppliers.verify_account(someone(as_="accounts_payable,employee", login="paula"), account.id, account.version)
    return supplier


def set_stock_level(shop: Shop, minimum: int, target: int) -> None:
    stock.set_level(shop.someone(), shop.gloves_id, shop.store_id, minimum=D(minimum), target=D(target))


def category_of(shop: Shop, item_id: int) -> Category:
    ctx = shop.someone()
    item = ctx.session.get_one(Item, item_id)
    return ctx.session.get_one(Category, item.category_id)


def day(text: str) -> date:
    return date.fromisoformat(text)
