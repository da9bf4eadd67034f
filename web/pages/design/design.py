"""The design page, for developers only: each component in each state, right and wrong."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from fastapi import Request
from fastapi.responses import Response
from markupsafe import Markup

from plantops.changes import Change, FieldChange
from plantops.dossier import Dossier, Entry
from plantops.errors import Conflict, Invalid, NotFound
from plantops.events import WaitingCard
from plantops.files import AttachmentRow
from plantops.followers import FollowerRow
from plantops.lifecycle import TransitionRow
from web.assets import icon_names
from web.charts import Series, bar_chart, column_chart, line_chart
from web.list_parts import Bulk, Chip, Column, Empty, Facet, ListView, Option, Row, Tab
from web.live import Work
from web.page import Context, Form, Query, pages_router, render, see
from web.pages.design import samples
from web.plans import Lane, Spot, Stretch, Way, gantt, plan_map

router = pages_router()
WEEKS = [f"W{n}" for n in range(34, 47)]
RUNNING = Work(
    1,
    "Plan the day",
    "running",
    "info",
    True,
    0.42,
    "Best so far EUR 1,412, at most 3.1 % more is possible",
    "",
    "",
    stop_label="Stop and keep the best so far",
)
BROKEN = Work(
    2, "Plan the week", "failed", "bad", False, None, "", "The solver ran out of memory. Plan fewer days.", ""
)
WAITING = Work(3, "Load 5,000 rows", "queued", "plain", True, None, "", "", "", stop_label="Stop")
NOTHING = ListView(
    "Orders of nobody",
    "/design",
    (),
    (),
    empty=Empty("No order yet.", "/design", "Write the first one"),
    id="nothing",
)


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    ORDERED = "ordered"


@dataclass(frozen=True)
class Sample:
    need: str
    quantity: Decimal
    price: Decimal
    wanted_on: date
    state: State
    note: str = ""
    urgent: bool = False
    item: int | None = None
    seen: int = 1


def developers_only(request: Request) -> None:
    if os.environ.get("PLANTOPS_DEMO") != "1" and not getattr(request.app.state, "shows_design", False):
        raise NotFound("There is no page /design.")


@router.get("/design")
def show(ctx: Context, request: Request, query: Query) -> Response:
    developers_only(request)
    return render(
        ctx,
        "design/design.html",
        icons=sorted(icon_names()),
        cards=cards(),
        states=State,
        sample=Sample("Gloves L, nitrile", Decimal("12"), Decimal("41.9"), ctx.today, State.DRAFT),
        errors={"need": "Please fill this in.", "quantity": "The quantity must be above zero."},
        view=view(query.get("q", "")),
        nothing=NOTHING,
        work=RUNNING,
        broken=BROKEN,
        charts=charts(),
        dossier=dossier(ctx.now),
        gantt=lanes(ctx),
        map=places(),
    )  # fmt: skip


@router.get("/design/parts")
def parts(ctx: Context, request: Request) -> Response:
    """The lists in their other shapes, and what comes and goes."""
    developers_only(request)
    return render(
        ctx,
        "design/parts.html",
        here=samples.HERE,
        long=samples.LONG,
        grouped=samples.GROUPED,
        open_group=samples.OPEN_GROUP,
        board=samples.BOARD,
        card=samples.CARD,
        cell=samples.OPEN_CELL,
        staged=samples.staged(),
        toasts=samples.TOASTS,
        undo=samples.UNDO,
        typed=samples.typed_before(ctx.now),
        to_dos=samples.to_dos(ctx.today),
        waiting=WAITING,
    )


@router.post("/design/try")
def try_form(ctx: Context, request: Request, form: Form) -> Response:
    """Checks what was typed and says so; keeps nothing."""
    developers_only(request)
    sample = form.into(Sample)
    if sample.quantity <= 0:
        raise Invalid("The quantity must be above zero.", field="quantity")
    if sample.need == "conflict":
        raise Conflict("Somebody approved this meanwhile.")
    return see(ctx, "/design", f"{sample.need} would be saved.")


@router.get("/design/items")
def items(ctx: Context, request: Request, query: Query) -> Response:
    developers_only(request)
    names = ["6204-2RS bearing", "Nitrile gloves L (100)", "60 l bin liners", "ISO VG 46 oil 20 l", "24 V contactor"]
    words = query.get("q", "").lower()
    found = [(n, name, "EUR 4.20") for n, name in enumerate(names, 1) if words in name.lower()]
    return render(ctx, "design/items.html", found=found, words=words)


def cards() -> list[WaitingCard]:
    return [
        WaitingCard("To approve", 5, "/design", tone="warn", detail="one is over budget"),
        WaitingCard("Late orders", 6, "/design", tone="bad", detail="oldest 9 days"),
        WaitingCard("To order", 14, "/design"),
        WaitingCard("Received today", 9, "/design", tone="ok"),
    ]


def view(words: str) -> ListView:
    names = ["Brandt Lager", "Kessling Hygiene", "Novak Safety", "Delmora Energy", "Rivo Lifts"]
    states = [("Ordered", "info"), ("Late", "bad"), ("Received", "ok"), ("Draft", "plain")] * 5
    pill = Markup('<span class="pill tone-{}">{}</span>')
    rows = tuple(
        Row(
            n,
            f"/design?row={n}",
            (f"PO-2026-{n:04d}", names[n % 5], pill.format(tone, state), "23 Nov 2026", f"{n * 137:,.2f} EUR"),
        )
        for n, (state, tone) in enumerate(states, 1)
    )
    return ListView(
        "Orders",
        "/design",
        (
            Column("number", "Number", place="lead", sort_url="/design?sort=number", sorted="ascending"),
            Column("supplier", "Supplier", sort_url="/design?sort=supplier"),
            Column("state", "State", place="aside"),
            Column("due", "Due", is_titled=True),
            Column("total", "Total", is_number=True),
        ),
        rows,
        search=words,
        facets=(
            Facet(
                "state",
                "State",
                (Option("Ordered", "/design?state=ordered", True, "5"), Option("Late", "/design", False, "5")),
            ),
            Facet("due", "Due", kind="date"),
        ),
        chips=(Chip("State: Ordered", "/design"),),
        tabs=(Tab("To order", "/design", "14", True), Tab("Late", "/design?late=1", "6")),
        bulk=(Bulk("Approve", "/design/try", tone="primary"), Bulk("Refuse", "/design/try", "x", "bad", "Refuse all?")),
        total="20 of 1,000+",
        more_url="/design?after=20",
        exports=(Option("CSV", "/design.csv"),),
    )


def dossier(now: datetime) -> Dossier:
    """One of each kind of entry."""
    sent = TransitionRow(now - timedelta(days=2), "Rita Request", None, "draft", "submitted", "")
    agreed = TransitionRow(now - timedelta(days=1), "Aron Approve", "Ben Budget", "submitted", "approved", "In budget.")
    fields = (
        FieldChange("Quantity", Decimal(10), Decimal(12), "Nitrile gloves L"),
        FieldChange("Note", None, "Gate 2"),
    )
    changed = Change(now - timedelta(hours=30), "Rita Request", None, fields, ("Bin liners",))
    file = AttachmentRow(1, 1, "", "offer.pdf", "application/pdf", 41_200, "Rita Request", now, 1, False)
    return Dossier(
        origin="core_user:1",
        log=(
            Entry(file.added_at, file.added_by, file=file),
            Entry(agreed.at, agreed.actor, agreed.on_behalf_of, step=agreed),
            Entry(changed.at, changed.actor, change=changed),
            Entry(sent.at, sent.actor, step=sent),
        ),
        is_whole=False,
        todos=(),
        files=(file,),
        followers=(FollowerRow(1, "Rita Request"),),
        follows=False,
    )


def charts() -> list[object]:
    overtime = [4.1, 3.9, 4.4, 5.0, 4.8, None, 5.2, 5.9, 5.1, 4.7, 5.5, 5.8, 6.1]
    plan = [4.0 + n / 10 for n in range(13)]
    done, still_open = [40 + n % 7 for n in range(13)], [n % 5 for n in range(13)]
    suppliers = ["Brandt Lager", "Kessling Hygiene GmbH and Sons", "Novak Safety"]
    return [
        line_chart("Overtime", WEEKS, [Series("Overtime", overtime), Series("Plan", plan)], unit="%", target=4),
        column_chart("Requests", WEEKS, [Series("Done", done), Series("Open", still_open, "s2")], stacked=True),
        bar_chart("Spend by supplier", suppliers, [41200, 18300.5, 7400], unit="EUR"),
    ]


def lanes(ctx: Context) -> object:
    six = ctx.now.astimezone(ctx.zone).replace(hour=6, minute=0, second=0, microsecond=0)
    at = [six + timedelta(minutes=n) for n in (0, 30, 45, 75, 200)]
    van = [Stretch(at[0], at[2], "drive", "s1", "drive"), Stretch(at[2], at[3], "Hall 2", "s2", "H2", "/design")]
    truck = [Stretch(at[1], at[4], "drive to Osterby", "s1", "Osterby")]
    return gantt("Trips today", [Lane("Van 1", van), Lane("Truck 7.5 t", truck)], ctx.zone, ctx.now)


def places() -> object:
    depot = Spot(49.61, 6.13, "Depot Osterby", is_depot=True)
    stops = [
        Spot(49.61 + n * 0.013 % 0.09, 6.13 + n * 0.037 % 0.12, f"Stop {n}", f"s{n % 2 + 1}", str(n))
        for n in range(1, 9)
    ]
    ways = [
        Way(
            f"Van {v + 1}",
            [(49.61, 6.13), *((s.latitude, s.longitude) for s in stops[v::2]), (49.61, 6.13)],
            f"s{v + 1}",
        )
        for v in range(2)
    ]
    return plan_map("Tours of today", [depot, *stops], ways)
