"""The organisation: the tree of departments, positions and their vacancies."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi.responses import Response

from personnel import organisation
from personnel.permissions import Can
from plantops.wording import say
from web import chosen
from web.page import Context, Form, Query, pages_router, render, see

router = pages_router()


@dataclass(frozen=True)
class NewDepartment:
    site_id: int
    code: str
    name: str
    parent_id: int | None = None


@dataclass(frozen=True)
class NewPosition:
    site_id: int
    code: str
    title: str
    headcount: int
    department_id: int | None = None


@dataclass(frozen=True)
class Moved:
    parent_id: int | None = None


@router.get("/personnel/organisation")
def show(ctx: Context, query: Query) -> Response:
    site_id = chosen.site_id(ctx, query)
    return render(
        ctx,
        "personnel/organisation.html",
        Can=Can,
        site_id=site_id,
        tree=organisation.tree(ctx, site_id),
        departments=organisation.list_departments(ctx, site_id),
        positions=organisation.list_positions(ctx, site_id),
    )


@router.post("/personnel/departments")
def add(ctx: Context, form: Form) -> Response:
    new = form.into(NewDepartment)
    made = organisation.add_department(ctx, new.site_id, new.code, new.name, new.parent_id)
    return see(ctx, f"/personnel/organisation?site={made.site_id}", say("{name} added.", name=made.name))


@router.post("/personnel/positions")
def add_position(ctx: Context, form: Form) -> Response:
    new = form.into(NewPosition)
    made = organisation.add_position(
        ctx, new.site_id, new.code, new.title, headcount=new.headcount, department_id=new.department_id
    )
    return see(ctx, f"/personnel/organisation?site={made.site_id}", say("{title} added.", title=made.title))


@router.post("/personnel/departments/{id}/move")
def move(ctx: Context, id: int, form: Form) -> Response:
    moved = organisation.move_department(ctx, id, form.version, form.into(Moved).parent_id)
    return see(ctx, f"/personnel/organisation?site={moved.site_id}", say("{name} moved.", name=moved.name))
