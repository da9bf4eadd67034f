"""Suppliers from a file: name, address and terms; taken back they are archived."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

import sqlalchemy as sa

from plantops import places
from plantops.context import Context, within
from plantops.import_kinds import Column, Holds, ImportKind, ImportRun, Kept, Loaded, Row
from plantops.parties import Party, PartyFacts
from plantops.wording import say
from purchasing import suppliers
from purchasing.models import Invoice, Order, Supplier
from purchasing.models.sources import MinimumRule
from purchasing.permissions import Can
from purchasing.suppliers import INCOTERMS, Terms

ZERO, HUNDRED = Decimal(0), Decimal(100)


def why_not_row(row: Row) -> Iterator[tuple[str, str]]:
    """The rules that the form has."""
    yield from suppliers.wrong_terms(terms_of(row, "EUR")).items()


def terms_of(row: Row, currency: str) -> Terms:
    lead, due = row.whole("lead_days"), row.whole("terms_days")
    return Terms(
        currency=row.text("currency") or currency,
        terms_days=30 if due is None else due,
        discount_percent=row.decimal("discount_percent") or ZERO,
        discount_days=row.whole("discount_days") or 0,
        incoterm=row.text("incoterm") or "DAP",
        lead_days=7 if lead is None else lead,
        minimum_rule=MinimumRule(row.text("minimum_rule") or "none"),
        minimum_value=row.decimal("minimum_value") or ZERO,
        charge=row.decimal("charge") or ZERO,
        order_email=row.text("order_email"),
        customer_number=row.text("customer_number") or "",
    )


def facts_of(row: Row) -> PartyFacts:
    return PartyFacts(
        name=row.text("name") or "",
        legal_name=row.text("legal_name") or "",
        street=row.text("street") or "",
        postcode=row.text("postcode") or "",
        town=row.text("town") or "",
        country=row.text("country"),
        vat_id=row.text("vat_id"),
        email=row.text("email"),
        phone=row.text("phone"),
    )


@within("an import that the person may run")
def load_suppliers(ctx: Context, run: ImportRun, rows: Sequence[Row]) -> Loaded:
    """One by one through the action: each is compared with what is there already."""
    currency = places.site(ctx, run.site_id).currency if run.site_id else "EUR"
    made: dict[int, int] = {}
    for row in rows:
        supplier = suppliers.add_supplier(ctx, facts_of(row), terms_of(row, currency))
        supplier.import_id = run.id
        made[row.number] = supplier.id
    ctx.session.flush()
    return Loaded(made=made)


@within("an import that the person may undo")
def undo_suppliers(ctx: Context, run: ImportRun) -> list[Kept]:
    """Archived, but for those from whom something was bought meanwhile."""
    mine = sa.select(Supplier.id).where(Supplier.import_id == run.id)
    reasons = {
        id: why
        for model, why in ((Order, say("there are orders with it")), (Invoice, say("there are invoices of it")))
        for id in ctx.session.scalars(sa.select(model.supplier_id).where(model.supplier_id.in_(mine)).distinct())
    }
    archive(ctx, run.id, but=frozenset(reasons))
    return [Kept(id, why) for id, why in reasons.items()]


@within("undoing an import of suppliers or of orders takes their suppliers out of the lists")
def archive(ctx: Context, import_id: int, but: frozenset[int] = frozenset()) -> None:
    parties = sa.select(Supplier.party_id).where(Supplier.import_id == import_id, Supplier.id.not_in(but))
    ctx.session.execute(
        sa.update(Party)
        .where(Party.id.in_(parties), ~Party.archived)
        .values(archived=True, version=Party.version + 1)
        .execution_options(synchronize_session="fetch")
    )


SUPPLIERS = ImportKind(
    name="suppliers",
    title="Suppliers",
    lists=("purchasing.suppliers",),
    permission=Can.MANAGE_SUPPLIERS,
    columns=(
        Column(
            "name", "Name", longest=200, also=("supplier", "vendor", "company", "Firma", "Lieferant", "Lieferantenname")
        ),
        Column("legal_name", "Legal name", required=False, longest=200),
        Column("street", "Street", required=False),
        Column("postcode", "Postcode", required=False, longest=20, also=("zip", "zip code", "postal code")),
        Column("town", "Town", required=False, longest=100, also=("city", "Stadt")),
        Column("country", "Country", required=False, longest=2),
        Column("vat_id", "VAT number", required=False, longest=20, also=("VAT", "USt-IdNr", "Umsatzsteuer-ID")),
        Column("email", "Mail", required=False, longest=200, also=("e-mail address", "E-Mail-Adresse")),
        Column("phone", "Telephone", required=False, longest=50, also=("phone number", "Tel", "Telefonnummer")),
        Column("order_email", "Mail for orders", required=False, longest=200),
        Column("customer_number", "Our customer number", required=False, longest=60),
        Column("currency", "Currency", required=False, longest=3),
        Column("terms_days", "Days to pay", Holds.WHOLE, required=False, also=("payment terms", "Zahlungsziel")),
        Column("discount_percent", "Cash discount in %", Holds.NUMBER, required=False, decimals=3),
        Column("discount_days", "Days for the discount", Holds.WHOLE, required=False),
        Column("incoterm", "Incoterm", required=False, choices=INCOTERMS),
        Column("lead_days", "Days to deliver", Holds.WHOLE, required=False),
        Column("minimum_rule", "Under the minimum value", required=False, choices=tuple(MinimumRule)),
        Column("minimum_value", "Minimum order value", Holds.NUMBER, required=False, decimals=2, at_least=ZERO),
        Column("charge", "Surcharge or freight", Holds.NUMBER, required=False, decimals=2, at_least=ZERO),
    ),
    load=load_suppliers,
    undo=undo_suppliers,
    rule=why_not_row,
    needs_site=False,
)
