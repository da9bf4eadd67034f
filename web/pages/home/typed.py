"""What I typed and have not sent yet: the browser leaves it here some seconds after the last key."""

from __future__ import annotations

import json

from fastapi.responses import Response

from plantops import typed
from plantops.context import Context
from plantops.errors import Invalid
from plantops.wording import say
from web.page import Form, pages_router

router = pages_router()


@router.post("/typed")
def keep(ctx: Context, form: Form) -> Response:
    typed.keep(ctx, form.text("place"), read(str(form.data.get("values", ""))))
    return Response(status_code=204)


@router.post("/typed/forget")
def throw_away(ctx: Context, form: Form) -> Response:
    typed.throw_away(ctx, form.text("place", required=True))
    return Response(status_code=204)


def read(given: str) -> list[list[str]]:
    """Rows of a field, what stands in it, and what stood there before."""
    try:
        rows = json.loads(given) if len(given) <= typed.LARGEST else None
    except (ValueError, RecursionError):
        rows = None
    if not isinstance(rows, list) or not all(
        isinstance(row, list) and len(row) == 3 and all(isinstance(one, str) and "\0" not in one for one in row)
        for row in rows
    ):
        raise Invalid(say("What you typed cannot be kept: it cannot be read."), field="values")
    return rows
