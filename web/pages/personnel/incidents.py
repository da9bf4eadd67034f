"""Incidents: tell what happened; the personnel office classifies it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fastapi.responses import Response

from personnel import incidents, listings
from personnel.incidents import NewIncident
from personnel.models import IncidentKind, Outcome
from personnel.permissions import Can
from plantops import places
from plantops.wording import say
from web import chosen
from web.lists import list_page
from web.page import Context, Form, Query, pages_router, render, see

router = pages_router()


@dataclass(frozen=True)
class Told:
    site_id: int
    kind: IncidentKind
    happened_on: date
    what: str
    place_id: int | None = None
    employee_id: int | None = None
    contractor: str | None = None


@dataclass(frozen=True)
class Class:
    outcome: Outcome
    days_away: int = 0
    days_restricted: int = 0
    privacy_case: bool = False


@router.get("/personnel/incidents")
def index(ctx: Context, query: Query) -> Response:
    return list_page(ctx, listings.INCIDENTS, query, add=(say("Tell what happened"), "/personnel/incidents/new"))


@router.get("/personnel/incidents/new")
def new(ctx: Context, query: Query) -> Response:
    ctx.need(Can.REPORT_INCIDENT, to="report an incident")
    site_id = chosen.site_id(ctx, query)
    return render(
        ctx,
        "personnel/incident_new.html",
        Can=Can,
        kinds=IncidentKind,
        site_id=site_id,
        today=ctx.today,
        places=[(place.id, place.name) for place in places.list_places(ctx, site_id) if place.parent_id is None],
    )


@router.post("/personnel/incidents")
def tell(ctx: Context, form: Form) -> Response:
    typed = form.into(Told)
    made = incidents.report(ctx, NewIncident(**vars(typed)))
    return see(
        ctx, f"/personnel/incidents/{made.id}", say("{number} is noted. Thank you for telling.", number=made.number)
    )


@router.get("/personnel/incidents/{id}")
def show(ctx: Context, id: int) -> Response:
    return render(ctx, "personnel/incident.html", Can=Can, case=incidents.incident(ctx, id), outcomes=Outcome)


@router.post("/personnel/incidents/{id}/class")
def classify(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Class)
    incidents.classify(
        ctx,
        id,
        form.version,
        typed.outcome,
        days_away=typed.days_away,
        days_restricted=typed.days_restricted,
        privacy_case=typed.privacy_case,
    )
    return see(ctx, f"/personnel/incidents/{id}", say("The class is noted."))
