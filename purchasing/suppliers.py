"""Suppliers: their terms, the papers that must not expire, and accounts that two people looked at."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from plantops import lifecycle, parties
from plantops.context import Context, requires, within
from plantops.db import bump, get
from plantops.errors import Conflict, Forbidden, Invalid, NotFound
from plantops.listing import Column, Facet, Kind, Listing, Select
from plantops.money import why_not_currency
from plantops.parties import Party, PartyFacts, PartyKind
from plantops.people import User
from plantops.wording import say
from purchasing.events import BankAccountVerified
from purchasing.matching import why_not_iban
from purchasing.models import BankAccount, Supplier, SupplierDocument
from purchasing.models.sources import AccountState, MinimumRule
from purchasing.permissions import Can

INCOTERMS = ("EXW", "FCA", "CPT", "CIP", "DAP", "DPU", "DDP", "FOB", "CIF", "CFR", "FAS")


@dataclass(frozen=True)
class Terms:
    """What was agreed with a supplier."""

    currency: str = "EUR"
    terms_days: int = 30
    discount_percent: Decimal = Decimal(0)
    discount_days: int = 0
    incoterm: str = "DAP"
    lead_days: int = 7
    minimum_rule: MinimumRule = MinimumRule.NONE
    minimum_value: Decimal = Decimal(0)
    charge: Decimal = Decimal(0)
    order_email: str | None = None
    customer_number: str = ""


@dataclass(frozen=True)
class AccountRow:
    id: int
    version: int
    iban: str
    holder: str
    state: str
    edited_by: str
    edited_by_id: int
    edited_at: datetime
    verified_by: str | None


@dataclass(frozen=True)
class SupplierView:
    """A supplier with everything that its page shows."""

    supplier: Supplier
    party: Party
    papers: tuple[SupplierDocument, ...]
    accounts: tuple[AccountRow, ...]
    why_not_order: str | None


# --- Rules


def wrong_terms(terms: Terms) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if reason := why_not_currency(terms.currency):
        wrong["currency"] = say("The currency is wrong: {reason}.", reason=reason)
    if not 0 <= terms.terms_days <= 365:
        wrong["terms_days"] = say("Bills are paid within 0 to 365 days.")
    if not 0 <= terms.discount_percent <= 100 or not 0 <= terms.discount_days <= max(terms.terms_days, 0):
        wrong["discount_percent"] = say("A cash discount is 0 to 100 % within the days of payment.")
    if terms.incoterm not in INCOTERMS:
        wrong["incoterm"] = say("Use one of {incoterms}.", incoterms=", ".join(INCOTERMS))
    if not 0 <= terms.lead_days <= 1000:
        wrong["lead_days"] = say("A lead time is 0 to 1000 days.")
    for field, value in (("minimum_value", terms.minimum_value), ("charge", terms.charge)):
        if not value.is_finite() or not 0 <= value < 10**9:
            wrong[field] = say("An amount is 0 or more.")
    if terms.minimum_rule is not MinimumRule.NONE and not wrong and terms.minimum_value == 0:
        wrong["minimum_value"] = say("Say which order value the rule is about.")
    if terms.minimum_rule in (MinimumRule.SURCHARGE, MinimumRule.FREE_FREIGHT) and not wrong and terms.charge == 0:
        wrong["charge"] = say("Say what a smaller order costs extra.")
    return wrong


def why_not_order_from(party: Party, papers: list[SupplierDocument], today: date) -> str | None:
    """Why nothing may be ordered from this supplier today; names what would have to be renewed."""
    if reason := parties.why_not_use(party, PartyKind.SUPPLIER):
        return reason
    expired = [paper for paper in papers if paper.mandatory and paper.valid_until < today]
    if expired:
        named = [say("{paper} (until {day})", paper=paper.title, day=paper.valid_until) for paper in expired]
        return say("of {name} has expired: {named}", name=party.name, named=", ".join(named))
    return None


def plain_iban(text: str) -> str:
    return "".join(text.split()).upper()


def why_not_verify(account: BankAccount, user_id: int) -> str | None:
    if account.edited_by_id == user_id:
        return say("you entered it yourself: somebody else must look at it")
    if account.state is not AccountState.PENDING:
        return say("it is {state} already", state=lifecycle.spoken(account.state))
    return None


# --- Questions


def visible(ctx: Context) -> sa.Select[Supplier]:
    """Suppliers belong to the whole company."""
    every = sa.select(Supplier)
    return every if ctx.may(Can.READ_SUPPLIERS) else every.where(sa.false())


def current_papers(supplier_id: sa.ColumnElement[int] | int) -> sa.Select[SupplierDocument]:
    return sa.select(SupplierDocument).where(
        SupplierDocument.supplier_id == supplier_id, SupplierDocument.replaced_by_id.is_(None)
    )


def _rows(ctx: Context) -> Select:
    return (
        sa.select(Supplier.id)
        .join(sa.select(sa.literal(ctx.today, sa.Date()).label("today")).subquery("reader"), sa.true())
        .join(Party, Party.id == Supplier.party_id)
        .where(Supplier.id.in_(visible(ctx).with_only_columns(Supplier.id)))
    )


EXPIRED = sa.exists().where(
    SupplierDocument.supplier_id == Supplier.id,
    SupplierDocument.replaced_by_id.is_(None),
    SupplierDocument.mandatory,
    SupplierDocument.valid_until < sa.literal_column("reader.today", sa.Date()),
)
HAS_ACCOUNT = sa.exists().where(BankAccount.supplier_id == Supplier.id, BankAccount.state == AccountState.VERIFIED)

SUPPLIERS: Listing[object] = Listing(
    name="purchasing.suppliers",
    title="Suppliers",
    permission=Can.READ_SUPPLIERS,
    rows=_rows,
    key=Supplier.id,
    origin="purchasing_supplier",
    sort="name",
    empty="No supplier yet.",
    columns=(
        Column("name", "Supplier", Party.name, sort=Party.sort_key, never_null=True, place="lead"),
        Column("town", "Town", Party.town, groups=True),
        Column("currency", "Currency", Supplier.currency, place="rest", groups=True),
        Column("terms_days", "Paid within days", Supplier.terms_days, Kind.NUMBER, place="rest"),
        Column("lead_days", "Delivers in days", Supplier.lead_days, Kind.NUMBER),
        Column("blocked", "Blocked", Party.blocked, Kind.YES_NO, place="aside"),
        Column("expired", "Papers expired", EXPIRED, Kind.YES_NO, place="rest"),
        Column("account", "Account verified", HAS_ACCOUNT, Kind.YES_NO, place="rest"),
    ),
    facets=(
        Facet("blocked", "Blocked", Party.blocked, Kind.YES_NO),
        Facet("expired", "Papers expired", EXPIRED, Kind.YES_NO),
        Facet("account", "Account verified", HAS_ACCOUNT, Kind.YES_NO),
        Facet("one_time", "Once only", Party.is_one_time, Kind.YES_NO),
        Facet("archived", "Archived", Party.archived, Kind.YES_NO),
    ),
    search=(Party.sort_key, Party.town, Party.vat_id, Supplier.customer_number),
)


@within("a company's page leads to what we agreed with it")
def of_party(ctx: Context, party_id: int) -> int | None:
    return ctx.session.scalar(visible(ctx).with_only_columns(Supplier.id).where(Supplier.party_id == party_id))


@within("forms offer the suppliers to choose from")
def choices(ctx: Context) -> list[tuple[int, str]]:
    """Suppliers that may be named on a new document, by name."""
    query = (
        sa.select(Supplier.id, Party.name)
        .join(Party, Party.id == Supplier.party_id)
        .where(~Party.archived, Party.is_supplier)
        .order_by(Party.sort_key, Supplier.id)
    )
    return [(row.id, row.name) for row in ctx.session.execute(query)]


@requires(Can.READ_SUPPLIERS)
def read_supplier(ctx: Context, id: int) -> SupplierView:
    supplier = get(ctx.session, visible(ctx).where(Supplier.id == id), what="supplier")
    party = parties.party(ctx, supplier.party_id)
    papers = list(ctx.session.scalars(current_papers(id).order_by(SupplierDocument.valid_until)))
    editor, verifier = aliased(User), aliased(User)
    rows = ctx.session.execute(
        sa.select(
            BankAccount.id, BankAccount.version, BankAccount.iban, BankAccount.holder, BankAccount.state, editor.name,
            BankAccount.edited_by_id, BankAccount.edited_at, verifier.name,
        )
        .join(editor, editor.id == BankAccount.edited_by_id)
        .outerjoin(verifier, verifier.id == BankAccount.verified_by_id)
        .where(BankAccount.supplier_id == id)
        .order_by(BankAccount.id.desc())
    )  # fmt: skip
    reason = why_not_order_from(party, papers, ctx.today)
    return SupplierView(supplier, party, tuple(papers), tuple(AccountRow(*row) for row in rows), reason)


@within("a document names its supplier")
def supplier(ctx: Context, id: int) -> Supplier:
    return get(ctx.session, sa.select(Supplier).where(Supplier.id == id), what="supplier")


@within("an order asks before it goes out, and again when it does")
def why_not_order(ctx: Context, found: Supplier) -> str | None:
    """Why nothing may be ordered from this supplier now. Locks the party: a block waits, or is seen."""
    return to_order_from(ctx, found.id)[1]


_CURRENT = (SupplierDocument.supplier_id == Supplier.id) & SupplierDocument.replaced_by_id.is_(None)
TO_ORDER_FROM = (
    sa.select(Supplier, Party, SupplierDocument)
    .join(Party, Party.id == Supplier.party_id)
    .outerjoin(SupplierDocument, _CURRENT)
    .where(Supplier.id == sa.bindparam("id"))
    .with_for_update(read=True, of=Party)
    .execution_options(populate_existing=True)
)


@within("an order asks before it goes out")
def to_order_from(ctx: Context, id: int) -> tuple[Supplier, str | None]:
    """A supplier and why nothing may be ordered from it now, with one look. Locks the party like `why_not_order`."""
    rows = ctx.session.execute(TO_ORDER_FROM, {"id": id}).all()
    if not rows:
        raise NotFound(say("There is no such supplier, or you may not see it."))
    found, party, _ = rows[0]
    return found, why_not_order_from(party, [paper for _, _, paper in rows if paper is not None], ctx.today)


@within("an invoice compares the account on the bill")
def verified_iban(ctx: Context, supplier_id: int) -> str | None:
    query = sa.select(BankAccount.iban).where(
        BankAccount.supplier_id == supplier_id, BankAccount.state == AccountState.VERIFIED
    )
    return ctx.session.scalar(query)


@within("documents and lists show the supplier's name")
def name_of(ctx: Context, id: int) -> str:
    query = sa.select(Party.name).join(Supplier, Supplier.party_id == Party.id).where(Supplier.id == id)
    return ctx.session.scalar(query) or ""


# --- Actions


@requires(Can.MANAGE_SUPPLIERS)
def add_supplier(ctx: Context, facts: PartyFacts, terms: Terms, *, sure: bool = False) -> Supplier:
    """A new party that we buy from. Raises Conflict `looks_alike` when it may be there already, unless `sure`."""
    _check(terms)
    party = parties.add_party(ctx, facts, sure=sure)
    return _make(ctx, party.id, terms)


@requires(Can.MANAGE_SUPPLIERS)
def buy_from(ctx: Context, party_id: int, terms: Terms) -> Supplier:
    """A party that is known already, a carrier say, becomes a supplier."""
    _check(terms)
    known = parties.party(ctx, party_id)
    if not known.is_supplier:
        known.is_supplier = True
        bump(known)
    if ctx.session.scalar(sa.select(Supplier.id).where(Supplier.party_id == party_id)):
        raise Conflict(say("{name} is a supplier already.", name=known.name))
    return _make(ctx, party_id, terms)


def _make(ctx: Context, party_id: int, terms: Terms) -> Supplier:
    new = Supplier(party_id=party_id, **_columns(terms))
    ctx.session.add(new)
    ctx.session.flush()
    return new


def _check(terms: Terms) -> None:
    if wrong := wrong_terms(terms):
        raise Invalid(say("Some of what was entered cannot be."), fields=wrong)


def _columns(terms: Terms) -> dict[str, Any]:
    columns = asdict(terms)
    columns["order_email"] = (terms.order_email or "").strip() or None
    return columns


@requires(Can.MANAGE_SUPPLIERS)
def change_terms(ctx: Context, id: int, version: int, terms: Terms) -> Supplier:
    """For orders from now on; documents keep the terms that they were written with."""
    _check(terms)
    changed = get(ctx.session, visible(ctx).where(Supplier.id == id), what="supplier", version=version, lock=True)
    for field, value in _columns(terms).items():
        setattr(changed, field, value)
    bump(changed)
    ctx.session.flush()
    return changed


@requires(Can.MANAGE_SUPPLIERS)
def add_paper(
    ctx: Context,
    supplier_id: int,
    title: str,
    valid_until: date,
    *,
    mandatory: bool = True,
    reference: str = "",
    replaces_id: int | None = None,
    file_id: int | None = None,
) -> SupplierDocument:
    """A certificate, insurance or contract. The one that it replaces no longer counts, and stays."""
    if not title.strip():
        raise Invalid(say("Say what paper it is, such as Liability insurance."), field="title")
    get(ctx.session, visible(ctx).where(Supplier.id == supplier_id), what="supplier", lock=True)
    new = SupplierDocument(
        supplier_id=supplier_id,
        title=title.strip(),
        reference=reference.strip(),
        valid_until=valid_until,
        mandatory=mandatory,
        file_id=file_id,
        added_by_id=ctx.user.id,
    )
    ctx.session.add(new)
    ctx.session.flush()
    if replaces_id is not None:
        old = get(
            ctx.session, current_papers(supplier_id).where(SupplierDocument.id == replaces_id), what="paper", lock=True
        )
        old.replaced_by_id = new.id
        bump(old)
        ctx.session.flush()
    return new


@requires(Can.MANAGE_SUPPLIERS)
def enter_account(
    ctx: Context, supplier_id: int, iban: str, holder: str, *, bic: str = "", note: str = ""
) -> BankAccount:
    """A new account to pay to. It is used once somebody else has verified it; until then the old one stays."""
    iban = plain_iban(iban)
    if reason := why_not_iban(iban):
        raise Invalid(say("This account cannot be: {reason}.", reason=reason), field="iban")
    if not holder.strip():
        raise Invalid(say("Enter the account holder's legal name."), field="holder")
    get(ctx.session, visible(ctx).where(Supplier.id == supplier_id), what="supplier", lock=True)
    ctx.session.execute(
        sa.update(BankAccount)
        .where(BankAccount.supplier_id == supplier_id, BankAccount.state == AccountState.PENDING)
        .values(state=AccountState.RETIRED)
    )
    new = BankAccount(
        supplier_id=supplier_id,
        iban=iban,
        bic=bic.strip().upper(),
        holder=holder.strip(),
        edited_by_id=ctx.user.id,
        edited_at=ctx.now,
        note=note.strip(),
    )
    ctx.session.add(new)
    ctx.session.flush()
    return new


@requires(Can.VERIFY_BANK)
def verify_account(ctx: Context, account_id: int, version: int) -> BankAccount:
    """A second person called the supplier back on a known number and found the account right."""
    known = get(ctx.session, sa.select(BankAccount).where(BankAccount.id == account_id), what="account")
    get(ctx.session, visible(ctx).where(Supplier.id == known.supplier_id), what="supplier", lock=True)
    account = get(
        ctx.session,
        sa.select(BankAccount).where(BankAccount.id == account_id),
        what="account",
        version=version,
        lock=True,
    )
    if reason := why_not_verify(account, ctx.user.id):
        raise (Forbidden if account.edited_by_id == ctx.user.id else Conflict)(
            say("Cannot verify this account: {reason}.", reason=reason)
        )
    ctx.session.execute(
        sa.update(BankAccount)
        .where(BankAccount.supplier_id == account.supplier_id, BankAccount.state == AccountState.VERIFIED)
        .values(state=AccountState.RETIRED)
    )
    account.state, account.verified_by_id, account.verified_at = AccountState.VERIFIED, ctx.user.id, ctx.now
    bump(account)
    ctx.session.flush()
    ctx.emit(BankAccountVerified(account.supplier_id))
    return account
