"""The buyer's list: approved wishes of the plant, grouped by supplier, put on orders."""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby

from fastapi.responses import Response

from plantops import places
from plantops.wording import plural, say
from purchasing import ordering, suppliers
from purchasing.ordering import Pick, ToOrderRow
from web.page import Context, Form, Query, pages_router, render, see
from web.pages.purchasing.chosen import site_or_all

router = pages_router()


def by_supplier(rows: list[ToOrderRow]) -> list[tuple[int | None, str, list[ToOrderRow], Decimal]]:
    """The most urgent line first within each supplier and currency; what nobody is named for comes first."""
    ordered = sorted(
        rows, key=lambda row: (row.supplier_id is not None, row.supplier, row.supplier_id or 0, row.currency)
    )
    groups = [(key[0], list(found)) for key, found in groupby(ordered, key=lambda row: (row.supplier_id, row.currency))]
    return [(key, lines[0].supplier, lines, sum((one.amount for one in lines), Decimal(0))) for key, lines in groups]


@router.get("/purchasing/to-order")
def index(ctx: Context, query: Query) -> Response:
    site_id = site_or_all(ctx, query)
    return render(
        ctx,
        "purchasing/to_order.html",
        sites=places.list_sites(ctx),
        site_id=site_id,
        search=query.get("q", ""),
        groups=by_supplier(ordering.list_to_order(ctx, site_id, search=query.get("q", ""))),
        suppliers=suppliers.choices(ctx),
        today=ctx.today,
    )


@router.post("/purchasing/to-order")
def order(ctx: Context, form: Form) -> Response:
    supplier_id = form.number("supplier_id") if form.text("supplier_id") else None
    made = ordering.consolidate(ctx, [Pick(id, None, supplier_id) for id in form.ids()])
    if len(made) == 1:
        return see(ctx, f"/purchasing/orders/{made[0].id}", say("They are on this draft. Look it over and order."))
    return see(
        ctx, "/purchasing/orders?state=draft", plural("They are on {n} draft.", "They are on {n} drafts.", len(made))
    )
