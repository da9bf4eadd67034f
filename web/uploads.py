"""Files that are sent to be kept: laid down in the store before the transaction of the page begins."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from enum import StrEnum
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from plantops import files
from plantops.errors import Invalid
from plantops.files import LaidDown
from plantops.wording import say
from web import errors, session
from web.forms import Form
from web.page import LARGEST_FIELD, MOST_FIELDS, PlantRoute, form_data, router_of
from web.visit import visiting

MOST_FILES = 5


class UploadRoute(PlantRoute):
    """A route whose files lie in the store when its function begins; who may not send any is refused before that."""

    needs: StrEnum

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = APIRoute.get_route_handler(self)

        async def lay_down_then_handle(request: Request) -> Response:
            if out := await run_in_threadpool(errors.refused_at_door, request):
                return out
            limits = {"max_files": MOST_FILES, "max_fields": MOST_FIELDS, "max_part_size": LARGEST_FIELD}
            request.state.form = await request.form(**limits)
            refused = await run_in_threadpool(self.laid_down, request)
            return refused or await handler(request)

        return lay_down_then_handle

    def laid_down(self, request: Request) -> Response | None:
        """The answer when nothing may be kept."""
        house = session.house_of(request)

        def check(database_session: Session) -> None:
            ctx = type(self).door(request, database_session)
            with visiting(errors.visit_of(request, ctx)):
                form = Form(form_data(request), ctx.zone)
                session.check_csrf(session.session_token(request), request.headers.get("x-csrf-token", form.csrf))
                ctx.need(self.needs)

        def keep() -> Response:
            house.database.run(check)
            given = {name: value for name, value in form_data(request).items() if isinstance(value, UploadFile)}
            request.state.laid = {
                name: files.lay_down(house.settings, value.file) for name, value in given.items() if value.filename
            }
            return Response(status_code=204)

        answer = errors.told(request, keep)
        return None if answer.status_code == 204 else answer


def uploads_router(needs: StrEnum) -> APIRouter:
    """The router of a page file that takes large files from who has this right."""
    route = type("UploadRoute", (UploadRoute,), {"needs": needs})
    return router_of(route)


def laid(request: Request, name: str) -> LaidDown:
    """The file of a field, which lies in the store. Raises Invalid when none was sent."""
    kept: dict[str, LaidDown] = request.state.laid
    if name not in kept:
        raise Invalid(say("Choose a file."), field=name)
    return kept[name]
