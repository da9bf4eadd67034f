"""The code at a place: who stands there reports what is wrong, without an account."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi.responses import Response
from starlette.datastructures import UploadFile

from housekeeping import boards, requests
from housekeeping.requests import NewRequest
from plantops.errors import Invalid
from plantops.wording import say
from web.page import Context, Form, Query, guests_router, render, see

router = guests_router()


@dataclass(frozen=True)
class Told:
    category: str
    text: str
    contact: str = ""
    photo: UploadFile | None = None


def taken(photo: UploadFile | None) -> tuple[str, bytes] | None:
    """Name and bytes of a photo that came with a form; one that is too large is never read."""
    if photo is None:
        return None
    if (photo.size or 0) > requests.LARGEST_PHOTO:
        raise Invalid(say("The photo is larger than 12 MB. Take a smaller one."), field="photo")
    return photo.filename or "photo", photo.file.read()


@router.get("/r/status/{token}")
def status(ctx: Context, token: str, query: Query) -> Response:
    return render(ctx, "housekeeping/status.html", report=requests.by_token(ctx, token), thanks="thanks" in query)


@router.get("/r/{place_token}")
def new(ctx: Context, place_token: str) -> Response:
    place = boards.door(ctx, place_token).place
    url = f"/r/{place_token}"
    return render(
        ctx, "housekeeping/door.html", place=place, url=url, categories=[(one, say(one)) for one in requests.CATEGORIES]
    )


@router.post("/r/{place_token}")
def report(ctx: Context, place_token: str, form: Form) -> Response:
    told = form.into(Told)
    new = NewRequest(told.category, told.text, contact=told.contact)
    made = requests.report_at(ctx, place_token, new, taken(told.photo))
    return see(ctx, f"/r/status/{made.token}?thanks=yes")
