"""A page: one request is one transaction, done before the answer leaves; then a template, or a part of it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from urllib.parse import quote, unquote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment
from jinja2_fragments import render_block
from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, QueryParams

from plantops import idempotency, sealing, typed
from plantops.context import Context
from web import errors, session
from web.forms import Form
from web.menu import Entry, Pages
from web.routing import LateRoute
from web.security import PROBLEM, is_upload
from web.templates import safe
from web.visit import FLASH_COOKIE, Toast, Visit, this_visit, visiting, write_flash

__all__ = ["Context", "Entry", "Form", "Pages", "Query", "back", "drawn", "guests_router", "kept", "options",
           "pages_router", "part", "parts", "render", "see"]  # fmt: skip

MOST_FIELDS = 2000
MOST_FILES = 20
LARGEST_FIELD = 2 * 1024 * 1024
LONGEST_REPLAY = 200_000
IN_ADDRESS = ":/%#?=@[]!$&'()*+,;~"  # what an address may hold as it is; the rest could not stand in a header

Query = QueryParams
Door = Callable[[Request, Session], Context]


# --- Answers


Piece = tuple[str, str, str, tuple[Any, ...]]
"""A part that a macro draws: where it goes, the macro, how it goes there, and what the macro is given."""


def render(
    ctx: Context,
    template: str,
    *blocks: str,
    status: int = 200,
    toast: str = "",
    pieces: tuple[str, Sequence[Piece]] = ("", ()),
    **values: Any,
) -> Response:
    """The page; or, when htmx asks from within it, only these blocks.

    A block has the name of the element that it draws: `{% block lines %}<section id="lines">`. A browser
    without htmx that sent a form is led back to the page that the form stood on. `pieces` are drawn beside the
    blocks by macros of another template, such as one row at the end of many.
    """
    visit = this_visit()
    visit.ctx = ctx
    environment = environment_of(visit.request)
    if blocks and visit.request.headers.get("accept") == PROBLEM:
        return Response(status_code=204)  # the queue of a device looks at no page: it only must know that it was done
    if blocks and visit.is_partial:
        ui: Any = environment.globals["ui"]
        parts = [ui.partial(f"#{block}", safe(render_block(environment, template, block, values))) for block in blocks]
        macros: Any = environment.get_template(pieces[0]).module if pieces[0] else None
        parts += [ui.partial(target, getattr(macros, name)(*given), how) for target, name, how, given in pieces[1]]
        if toast:
            parts.append(ui.toast_part(Toast(toast)))
        return HTMLResponse("".join(parts), status)
    if blocks and visit.request.method in session.UNSAFE:
        return see(ctx, came_from(visit.request), toast)
    visit.is_shown = visit.request.method not in session.UNSAFE and "plantops-ahead" not in visit.request.headers
    html = environment.get_template(template).render(values)
    return HTMLResponse(html, status, headers=whole_page(visit))


def drawn(ctx: Context, template: str, **values: Any) -> Markup:
    """A part for somebody else's page, such as a panel of the home page (`slots` of a page package)."""
    visit = this_visit()
    visit.ctx = ctx
    return safe(environment_of(visit.request).get_template(template).render(values))


def parts(ctx: Context, *changes: tuple[str, str, str], **values: Any) -> Response:
    """Parts drawn by components instead of blocks: (what it replaces, the component, how)."""
    visit = this_visit()
    visit.ctx = ctx
    ui: Any = environment_of(visit.request).globals["ui"]
    html = [ui.partial(selector, getattr(ui, component)(**values), swap) for selector, component, swap in changes]
    return HTMLResponse("".join(html))


def part(ctx: Context, component: str, **values: Any) -> Response:
    """One component by itself, for a script that puts it in its place."""
    visit = this_visit()
    visit.ctx = ctx
    ui: Any = environment_of(visit.request).globals["ui"]
    return HTMLResponse(getattr(ui, component)(**values))


def options(ctx: Context, found: Sequence[tuple[object, str, str]], query: Query) -> Response:
    """The answer to a combobox: rows of (id, label, detail)."""
    return part(ctx, "options", found=found, query=query.get("q", ""))


def see(ctx: Context, url: str, toast: str = "", tone: str = "ok") -> Response:  # noqa: ARG001  all answers begin alike
    """Go on to another page, which says what was done."""
    visit, url = this_visit(), quote(url, safe=IN_ADDRESS)
    if visit.is_partial:
        response: Response = Response(status_code=200, headers={"HX-Redirect": url})
    else:
        response = RedirectResponse(url, status_code=303)
    if toast:
        secure = session.is_secure(session.house_of(visit.request).settings)
        flash = write_flash([Toast(toast, tone)])
        response.set_cookie(FLASH_COOKIE, flash, max_age=60, secure=secure, httponly=True, samesite="lax")
    return response


def back(ctx: Context, otherwise: str, toast: str = "") -> Response:
    """To the page that the form stood on, so that it is drawn anew; `otherwise` where it cannot be told."""
    visit = this_visit()
    here = session.taken_apart(visit.request.headers.get("hx-current-url", ""))
    if visit.is_partial and here.path.startswith("/"):
        return see(ctx, session.safe_path(f"{here.path}?{here.query}" if here.query else here.path), toast)
    came = came_from(visit.request)
    return see(ctx, otherwise or "/" if came == "/" else came, toast)


def whole_page(visit: Visit) -> dict[str, str]:
    """htmx that asked for a part but gets a page puts it in place of the whole body."""
    person = {"Plantops-Person": str(visit.person)}
    return {**person, "HX-Retarget": "body", "HX-Reswap": "outerSync"} if visit.is_partial else person


def kept(response: Response) -> Response:
    """A page that stays on the person's device, to be used without network (`static/sw.js`)."""
    response.headers["Plantops-Keep"] = "yes"
    return response


def came_from(request: Request) -> str:
    """The page that a form stood on, if it is one of ours."""
    parts = session.taken_apart(request.headers.get("referer", ""))
    if parts.netloc != request.headers.get("host", "") or not parts.path.startswith("/"):
        return "/"
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def environment_of(request: Request) -> Environment:
    environment: Environment = request.app.state.templates
    return environment


# --- Requests


class PlantRoute(LateRoute):
    """A route whose function runs inside a transaction; commit, retry and errors are here and nowhere else."""

    door: Door = staticmethod(session.signed_in)
    keeps_answers = True
    """Is what is sent twice done once?"""

    def make(self, endpoint: Callable[..., Any], options: dict[str, Any]) -> None:
        super().make(in_transaction(endpoint, type(self).door), options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def read_then_handle(request: Request) -> Response:
            if request.method in session.UNSAFE:
                # Files may be large: they are read only from who is let in.
                if is_upload(request) and (refused := await run_in_threadpool(errors.refused_at_door, request)):
                    return refused
                limits = {"max_files": MOST_FILES, "max_fields": MOST_FIELDS, "max_part_size": LARGEST_FIELD}
                request.state.form = await request.form(**limits)
            return await handler(request)

        return read_then_handle


class PublicRoute(PlantRoute):
    """A route for people who are not signed in. It has no session, so its forms are guarded by their origin alone.

    No answer of it is kept, for it may open a session.
    """

    door: Door = staticmethod(session.guest)
    keeps_answers = False


class GuestRoute(PublicRoute):
    """A route by which a guest tells something: told again over a poor network, it is told once."""

    keeps_answers = True


def pages_router(*, public: bool = False) -> APIRouter:
    """The router of a page file."""
    return router_of(PublicRoute if public else PlantRoute)


def guests_router() -> APIRouter:
    """The router of a page file for guests, whose forms are done once however often they are sent."""
    return router_of(GuestRoute)


def router_of(kind: type[PlantRoute]) -> APIRouter:
    return APIRouter(route_class=kind, include_in_schema=False, default_response_class=HTMLResponse)


def in_transaction(endpoint: Callable[..., Response], door: Door) -> Callable[..., Response]:
    """FastAPI sees the path and query parameters; `ctx`, `form` and `query` are handed in here."""
    signature = inspect.signature(endpoint, eval_str=True)
    ours = {name: p.annotation for name, p in signature.parameters.items() if p.annotation in (Context, Form, Query)}
    others = [p.replace(kind=p.KEYWORD_ONLY) for name, p in signature.parameters.items() if name not in ours]
    wants_request = any(p.annotation is Request for p in others)

    def run(*, request: Request, **given: Any) -> Response:
        if wants_request:
            given["request"] = request
        return act(request, door, lambda ctx: endpoint(**given, **handed_in(ctx, request, ours)))

    functools.update_wrapper(run, endpoint)
    seen = [p for p in others if p.annotation is not Request]
    asked = inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY, annotation=Request)
    run.__signature__ = inspect.Signature([asked, *seen])  # type: ignore[attr-defined]
    return run


def handed_in(ctx: Context, request: Request, ours: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, annotation in ours.items():
        if annotation is Context:
            made[name] = ctx
        elif annotation is Form:
            made[name] = Form(form_data(request), ctx.zone)
        else:
            made[name] = request.query_params
    return made


def form_data(request: Request) -> FormData:
    data: FormData = getattr(request.state, "form", FormData())
    for value in data.values():
        if not isinstance(value, str):
            value.file.seek(0)  # a second try reads an upload from its beginning again
    return data


def act(request: Request, door: Door, work: Callable[[Context], Response]) -> Response:
    """One transaction: who is it, may this form be sent, do it, remember that it was done."""
    house = session.house_of(request)

    def attempt(database_session: Session) -> Response:
        ctx = door(request, database_session)
        visit = errors.visit_of(request, ctx)
        with visiting(visit):
            if request.method not in session.UNSAFE:
                return forget_flash(request, work(ctx))
            form = Form(form_data(request), ctx.zone)
            if ctx.channel == "web":
                session.check_csrf(session.session_token(request), request.headers.get("x-csrf-token", form.csrf))
            return sent(ctx, request, once(ctx, request, form, work))

    return errors.told(request, lambda: house.database.run(attempt))


def once(ctx: Context, request: Request, form: Form, work: Callable[[Context], Response]) -> Response:
    """The same form sent twice: the second gets the answer of the first, and nothing is done again."""
    if not form.key or not getattr(request.scope.get("route"), "keeps_answers", False):
        return work(ctx)
    # Keyed, for a form may hold a password: nobody who has the database only can try out what was typed.
    typed = sealing.keyed_digest(ctx.settings, "form", form.fingerprint().hex())
    done = idempotency.begin(ctx, form.key, request.url.path, typed)
    if done is not None:
        return Response(done.body, done.status, headers=dict(done.headers))
    response = work(ctx)
    body = bytes(response.body) if len(response.body) <= LONGEST_REPLAY else b""
    kept = [(name, value) for name, value in response.headers.items() if name != "content-length"]
    idempotency.finish(ctx, form.key, response.status_code, kept, body)
    return response


def sent(ctx: Context, request: Request, response: Response) -> Response:
    """What the form's writer had left on the way is not offered again once it was sent."""
    form = errors.FORM_ID.fullmatch(unquote(request.headers.get("hx-source", "")))
    here = session.taken_apart(request.headers.get("hx-current-url", ""))
    if form is not None and here.path and ctx.channel == "web" and response.status_code < 400:
        typed.throw_away(ctx, f"{here.path}#{form[1]}")
    return response


def forget_flash(request: Request, response: Response) -> Response:
    """What was said once is not said again; a part that is loaded meanwhile says nothing of it."""
    if FLASH_COOKIE in request.cookies and this_visit().has_said:
        response.delete_cookie(FLASH_COOKIE)
    return response
