"""Suppliers and what they offer: terms, papers that must not expire, accounts that two people looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fastapi.responses import Response

from plantops import parties
from plantops.permissions import Can as Core
from purchasing import catalogue, suppliers
from purchasing.permissions import Can
from web.page import Context, Form, Query, pages_router, render, see

router = pages_router()


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
    search = query.get("q", "")
    return render(ctx, "purchasing/suppliers.html", search=search, rows=suppliers.list_suppliers(ctx, search=search))


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
    )


@router.post("/purchasing/suppliers/{id}/block")
def block(ctx: Context, id: int, form: Form) -> Response:
    view = suppliers.read_supplier(ctx, id)
    parties.block(ctx, view.party.id, form.version, form.text("reason", required=True))
    return see(ctx, to(id), "Blocked: nothing new is ordered from it.")


@router.post("/purchasing/suppliers/{id}/unblock")
def unblock(ctx: Context, id: int, form: Form) -> Response:
    view = suppliers.read_supplier(ctx, id)
    parties.unblock(ctx, view.party.id, form.version)
    return see(ctx, to(id), "It may be ordered from again.")


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
    return see(ctx, to(id), f"{typed.title} is noted.")


@router.post("/purchasing/suppliers/{id}/accounts")
def enter_account(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Account)
    suppliers.enter_account(ctx, id, typed.iban, typed.holder, bic=typed.bic)
    return see(ctx, to(id), "Entered. Accounts payable verifies it before it is used.")


@router.post("/purchasing/suppliers/{id}/accounts/{account_id}/verify")
def verify_account(ctx: Context, id: int, account_id: int, form: Form) -> Response:
    suppliers.verify_account(ctx, account_id, form.version)
    return see(ctx, to(id), "Verified: bills are paid to this account.")


@router.get("/purchasing/catalogue")
def items(ctx: Context, query: Query) -> Response:
    search = query.get("q", "")
    rows = catalogue.list_catalogue(ctx, search=search)
    return render(ctx, "purchasing/catalogue.html", Can=Can, search=search, rows=rows)
