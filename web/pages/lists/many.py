"""One action on many rows of a list: what would happen, the word go, what came of it, and its undo."""

from __future__ import annotations

from dataclasses import replace

from fastapi.responses import Response

from plantops import bulk_actions, jobs, listing_params
from plantops.errors import Invalid
from plantops.listing import named
from plantops.wording import say
from web import live
from web.chosen import read_number
from web.lists import asked_again
from web.page import Context, Form, Query, pages_router, render, see
from web.session import safe_path

router = pages_router()


@router.get("/lists/bulk/{run}")
def show(ctx: Context, run: int) -> Response:
    """Waiting to begin, running, or done."""
    found = bulk_actions.run_of(ctx, run)
    listing = named(ctx.registry, str(found.arguments["list"]))
    result = found.result or {}
    told = result if found.state is jobs.State.DONE else result.get("told", {})
    return render(
        ctx,
        "lists/many_run.html",
        listing=listing,
        action=bulk_actions.action_of(listing, str(found.arguments["action"])),
        count=len(found.arguments["rows"]),
        is_taken_back=found.state is jobs.State.CANCELLED and found.started_at is None,
        is_undo=found.name == bulk_actions.BACK,
        undo_seconds=bulk_actions.seconds_to_undo(ctx, found),
        refused=sorted((label, why) for label, why in told.items() if label not in bulk_actions.COUNTS),
        work=replace(live.work_of(ctx, found), facts=(), result_url=""),
        back=safe_path(str(found.arguments.get("back", "/"))),
    )


@router.get("/lists/{name}/bulk/{key}")
def try_out(ctx: Context, name: str, key: str, query: Query) -> Response:
    """What would happen. Nothing does: every try is undone."""
    listing = named(ctx.registry, name)
    action = bulk_actions.action_of(listing, key)
    params = listing_params.read(listing, asked_again(query.get("asked", "")))
    picked = [id for one in " ".join(query.getlist("ids")).split() if (id := read_number(one)) is not None]
    ids = bulk_actions.matching(ctx, listing, params) if query.get("all") else picked
    trial = bulk_actions.try_out(ctx, listing, action, ids)
    return render(
        ctx,
        "lists/many.html",
        listing=listing,
        action=action,
        trial=trial,
        asked=len(ids),
        packed=" ".join(f"{id}:{version}" for id, version in trial.asked),
        url=f"/lists/{listing.name}/bulk/{key}",
        back=safe_path(f"{query.get('back', '/')}?{query.get('asked', '')}"),
        seconds=int(bulk_actions.HELD.total_seconds()),
    )


@router.post("/lists/bulk/{run}/undo")
def take_back(ctx: Context, run: int) -> Response:
    """What was done a moment ago, row by row, by the worker."""
    return see(ctx, f"/lists/bulk/{bulk_actions.begin_undo(ctx, run)}")


@router.post("/lists/{name}/bulk/{key}")
def begin(ctx: Context, name: str, key: str, form: Form) -> Response:
    listing = named(ctx.registry, name)
    action, back = bulk_actions.action_of(listing, key), safe_path(form.text("back"))
    rows = unpacked(str(form.data.get("rows", "")))  # longer than what a person types
    run = bulk_actions.begin(ctx, listing, action, rows, form.text("reason"), back=back)
    return see(ctx, f"/lists/bulk/{run}")


def unpacked(text: str) -> bulk_actions.Rows:
    """`17:3 18:1`: rows and the versions that were seen."""
    pairs = [(read_number(id), read_number(version)) for id, _, version in (one.partition(":") for one in text.split())]
    found = tuple((id, version) for id, version in pairs if id and version)
    if len(found) < len(pairs):
        raise Invalid(say("The picked rows got lost on their way. Go back to the list and pick them again."))
    return found
