"""Suppliers and what they offer: terms, papers that must not expire, accounts that two people looked at."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from fastapi.responses import Response
from markupsafe import Markup

from plantops import parties
from plantops.permissions import Can as Core
from plantops.wording import mark, say
from purchasing import catalogue, suppliers
from purchasing.models.sources import MinimumRule
from purchasing.permissions import Can
from purchasing.suppliers import SUPPLIERS, Terms
from web import chosen
from web.companies import Company
from web.lists import Named, list_page, worded
from web.page import Context, Form, Query, pages_router, render, see

router = pages_router()
TABS = (
    Named("In use", {"archived": "no"}),
    Named("Blocked", {"blocked": "yes"}),
    Named("Papers expired", {"expired": "yes"}),
    Named("No verified account", {"account": "no"}),
    Named("All"),
)
RULES = (
    (MinimumRule.NONE, mark("takes every order")),
    (MinimumRule.REFUSE, mark("refuses smaller orders")),
    (MinimumRule.SURCHARGE, mark("adds a surcharge to smaller ones")),
    (MinimumRule.FREE_FREIGHT, mark("charges freight on smaller ones")),
)


@dataclass(frozen=True)
class Paper:
    title: str
    valid_until: date
    reference: str = ""
    mandatory: bool = False
    replaces_id: int | None = None


@dataclass(frozen=True)
class Account:
    iban: str
    holder: str
    bic: str = ""


def to(id: int) -> str:
    return f"/purchasing/suppliers/{id}"


@router.get("/purchasing/suppliers")
def index(ctx: Context, query: Query) -> Response:
    add = (say("New supplier"), "/purchasing/suppliers/new") if ctx.may(Can.MANAGE_SUPPLIERS) else None
    return list_page(ctx, SUPPLIERS, query, tabs=TABS, add=add, cells={"blocked": blocked_pill})


def blocked_pill(row: Any) -> Markup:
    if row.blocked:
        return worded("bad", say("Blocked"))
    return worded("bad", say("Papers expired")) if row.expired else Markup("")


@router.get("/purchasing/suppliers/new")
def new(ctx: Context, query: Query) -> Response:
    """A new company, or one that is known already and is bought from now."""
    ctx.need(Can.MANAGE_SUPPLIERS)
    named = chosen.number(query, "party")
    party = None if named is None else parties.read_party(ctx, named)
    return render(
        ctx,
        "purchasing/supplier_edit.html",
        party=party,
        supplier=None,
        values={"language": "en"} | asdict(Terms()),
        rules=[(rule, say(words)) for rule, words in RULES],
        incoterms=suppliers.INCOTERMS,
    )


@router.post("/purchasing/suppliers")
def add(ctx: Context, form: Form) -> Response:
    terms = form.into(Terms)
    if form.text("party_id"):
        made = suppliers.buy_from(ctx, form.number("party_id"), terms)
    else:
        typed = form.into(Company)
        made = suppliers.add_supplier(ctx, typed.as_facts(), terms, sure=typed.sure)
    return see(ctx, to(made.id), say("The supplier is there. Enter an account and the papers next."))


@router.get("/purchasing/suppliers/{id}")
def show(ctx: Context, id: int) -> Response:
    view = suppliers.read_supplier(ctx, id)
    return render(
        ctx,
        "purchasing/supplier.html",
        Can=Can,
        Core=Core,
        view=view,
        s=view.supplier,
        url=to(id),
        offers=catalogue.list_offers(ctx, supplier_id=id) if ctx.may(Can.READ_PRICES) else [],
        today=ctx.today,
        user_id=ctx.user.id,
        paper_names=[(paper.id, paper.title) for paper in view.papers],
        rule=say(dict(RULES)[view.supplier.minimum_rule]),
    )


@router.get("/purchasing/suppliers/{id}/terms")
def terms(ctx: Context, id: int) -> Response:
    ctx.need(Can.MANAGE_SUPPLIERS)
    view = suppliers.read_supplier(ctx, id)
    return render(
        ctx,
        "purchasing/supplier_edit.html",
        party=view.party,
        supplier=view.supplier,
        values=view.supplier,
        rules=[(rule, say(words)) for rule, words in RULES],
        incoterms=suppliers.INCOTERMS,
    )


@router.post("/purchasing/suppliers/{id}/terms")
def change_terms(ctx: Context, id: int, form: Form) -> Response:
    suppliers.change_terms(ctx, id, form.version, form.into(Terms))
    return see(ctx, to(id), say("The terms are changed, for orders from now on."))


@router.post("/purchasing/suppliers/{id}/block")
def block(ctx: Context, id: int, form: Form) -> Response:
    view = suppliers.read_supplier(ctx, id)
    parties.block(ctx, view.party.id, form.version, form.text("reason", required=True))
    return see(ctx, to(id), say("Blocked: nothing new is ordered from it."))


@router.post("/purchasing/suppliers/{id}/unblock")
def unblock(ctx: Context, id: int, form: Form) -> Response:
    view = suppliers.read_supplier(ctx, id)
    parties.unblock(ctx, view.party.id, form.version)
    return see(ctx, to(id), say("It may be ordered from again."))


@router.post("/purchasing/suppliers/{id}/papers")
def add_paper(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Paper)
    suppliers.add_paper(
        ctx,
        id,
        typed.title,
        typed.valid_until,
        mandatory=typed.mandatory,
        reference=typed.reference,
        replaces_id=typed.replaces_id,
    )
    return see(ctx, to(id), say("{title} is noted.", title=typed.title))


@router.post("/purchasing/suppliers/{id}/accounts")
def enter_account(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Account)
    suppliers.enter_account(ctx, id, typed.iban, typed.holder, bic=typed.bic)
    return see(ctx, to(id), say("Entered. Accounts payable verifies it before it is used."))


@router.post("/purchasing/suppliers/{id}/accounts/{account_id}/verify")
def verify_account(ctx: Context, id: int, account_id: int, form: Form) -> Response:
    suppliers.verify_account(ctx, account_id, form.version)
    return see(ctx, to(id), say("Verified: bills are paid to this account."))


@router.get("/purchasing/catalogue")
def items(ctx: Context, query: Query) -> Response:
    search = query.get("q", "")
    rows = catalogue.list_catalogue(ctx, search=search)
    return render(ctx, "purchasing/catalogue.html", Can=Can, search=search, rows=rows)
