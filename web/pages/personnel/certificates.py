"""Certificates: people by certificate, amber before it expires, red after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fastapi.responses import Response

from personnel import certificates, listings, organisation
from personnel.permissions import Can
from plantops.wording import say
from web import chosen
from web.lists import list_page
from web.page import Context, Form, Query, pages_router, render, see

router = pages_router()


@dataclass(frozen=True)
class NewType:
    code: str
    name: str
    validity_months: int | None = None
    blocks_assignment: bool = False


@dataclass(frozen=True)
class Needed:
    type_id: int
    position_id: int | None = None
    work: str = ""


@dataclass(frozen=True)
class Withdrawn:
    on: date


@router.get("/personnel/certificates")
def show_matrix(ctx: Context, query: Query) -> Response:
    department_id, site_id = chosen.number(query, "department"), chosen.site_id(ctx, query)
    matrix = certificates.matrix(ctx, department_id=department_id)
    heads = [(say("Who"), "text"), (say("Department"), "text"), *((type.name, "text") for type in matrix.types)]
    return render(
        ctx,
        "personnel/matrix.html",
        Can=Can,
        types=certificates.certificate_types(ctx),
        positions=[(row.id, row.title) for row in organisation.list_positions(ctx, site_id)],
        matrix=matrix,
        heads=heads,
        departments=organisation.list_departments(ctx, site_id),
        department_id=department_id,
    )


@router.get("/personnel/certificates/list")
def index(ctx: Context, query: Query) -> Response:
    return list_page(ctx, listings.CERTIFICATES, query, template="personnel/certificates.html")


@router.post("/personnel/certificates/types")
def add_type(ctx: Context, form: Form) -> Response:
    new = form.into(NewType)
    made = certificates.add_type(
        ctx, new.code, new.name, validity_months=new.validity_months, blocks_assignment=new.blocks_assignment
    )
    return see(ctx, "/personnel/certificates", say("{name} can be recorded for people.", name=made.name))


@router.post("/personnel/certificates/needed")
def need(ctx: Context, form: Form) -> Response:
    typed = form.into(Needed)
    certificates.require(ctx, typed.type_id, position_id=typed.position_id, work=typed.work or None)
    return see(ctx, "/personnel/certificates", say("It is needed from now on."))


@router.get("/personnel/certificates/{id}")
def show(ctx: Context, id: int) -> Response:
    paper = certificates.certificate(ctx, id)
    return render(ctx, "personnel/certificate.html", Can=Can, paper=paper, today=ctx.today)


@router.post("/personnel/certificates/{id}/withdraw")
def withdraw(ctx: Context, id: int, form: Form) -> Response:
    found = certificates.withdraw(ctx, id, form.version, form.into(Withdrawn).on)
    return see(ctx, f"/personnel/employees/{found.employee_id}", say("The certificate is withdrawn."))
