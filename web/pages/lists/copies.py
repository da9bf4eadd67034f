"""Copies of a list: exactly what is filtered, as CSV, as XLSX or on paper."""

from __future__ import annotations

from fastapi.responses import Response

from plantops import exports
from plantops.listing import named
from plantops.wording import say
from web.handing import handed_out
from web.lists import asked_again, list_print
from web.page import Context, Form, Query, pages_router, render, see

router = pages_router()
FORMATS = {"csv": "CSV", "xlsx": "Excel"}


@router.get("/lists/{name}/export.csv")
def as_csv(ctx: Context, name: str, query: Query) -> Response:
    return copied(ctx, name, query, "csv")


@router.get("/lists/{name}/export.xlsx")
def as_xlsx(ctx: Context, name: str, query: Query) -> Response:
    return copied(ctx, name, query, "xlsx")


def copied(ctx: Context, name: str, query: Query, format: str) -> Response:
    """The file; for a long list a page that offers to have it written."""
    listing, asked = named(ctx.registry, name), asked_in(query)
    listing.need(ctx)
    if exports.is_long(ctx, listing, asked):
        return render(
            ctx,
            "lists/long.html",
            listing=listing,
            format=FORMATS[format],
            url=f"/lists/{listing.name}/export.{format}",
            asked=str(query),
            at_once=exports.AT_ONCE,
            days=exports.KEEP.days,
        )
    made = exports.as_file(ctx, listing, asked, format)
    return handed_out(made.content, made.name, made.media_type)


@router.post("/lists/{name}/export.csv")
def write_csv(ctx: Context, name: str, form: Form) -> Response:
    return written(ctx, name, form, "csv")


@router.post("/lists/{name}/export.xlsx")
def write_xlsx(ctx: Context, name: str, form: Form) -> Response:
    return written(ctx, name, form, "xlsx")


def written(ctx: Context, name: str, form: Form, format: str) -> Response:
    run = exports.ask_worker(ctx, named(ctx.registry, name), asked_again(form.text("asked")), format)
    return see(ctx, f"/jobs/{run}", say("The file is being written. You are told when it is there."))


@router.get("/lists/{name}/print")
def on_paper(ctx: Context, name: str, query: Query) -> Response:
    return list_print(ctx, named(ctx.registry, name), asked_in(query))


def asked_in(query: Query) -> dict[str, list[str]]:
    return {key: query.getlist(key) for key in query}
