"""What goes wrong, as people and programs are told: a page, a part of the open page, or problem+json."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.types import Scope

from plantops import errors
from plantops.db import constraint_of, sqlstate
from plantops.errors import PlantopsError
from plantops.factors import ProofNeeded
from plantops.wording import mark, say, speaking
from web import session, unreadable
from web.security import PROBLEM, TooLarge
from web.visit import Toast, Visit, visiting

log = structlog.get_logger("web")

STATUSES: tuple[tuple[type[PlantopsError], int], ...] = (
    (errors.Invalid, 422),
    (errors.NotFound, 404),
    (errors.Forbidden, 403),
    (errors.Unauthenticated, 401),
    (errors.Conflict, 409),
    (errors.Throttled, 429),
    (errors.Unavailable, 503),
)
TITLES = {
    400: mark("This cannot be read"),
    403: mark("You may not do that"),
    404: mark("There is nothing here"),
    405: mark("This does not work that way"),
    409: mark("Not now"),
    412: mark("Changed meanwhile"),
    413: mark("This is too large"),
    422: mark("This needs another look"),
    428: mark("Say which version you read"),
    429: mark("Too many tries"),
    500: mark("Something broke on our side"),
    503: mark("Not available just now"),
}
NEXT_STEPS = {
    404: mark("It may have been moved, or you may not see it. Search for it in its list."),
    405: mark("Go back and use the buttons of the page."),
    500: mark("Nothing was saved. Try again; if it happens again, give this number to whoever looks after plantops:"),
    503: mark("Nothing was saved. This page tries again by itself."),
}
FORM_ID = re.compile(r"form#([\w.-]{1,100})")
RETRY_SECONDS = 5


def status_of(error: PlantopsError) -> int:
    return next((status for kind, status in STATUSES if isinstance(error, kind)), 500)


def told(request: Request, work: Callable[[], Response]) -> Response:
    """The answer of `work`, or what the person is told when it cannot be done. Bugs go through to the 500 page."""
    try:
        return work()
    except (PlantopsError, PoolTimeout, DBAPIError) as error:
        with speaking(Visit(request).language):
            return answer(request, said_of(error))


def said_of(error: PlantopsError | PoolTimeout | DBAPIError) -> PlantopsError:
    """What a person is told of it. A bug that the database noticed is raised again."""
    if isinstance(error, PlantopsError):
        return error
    if isinstance(error, PoolTimeout):
        return errors.Unavailable(say("The database is busy. Nothing was saved; try again in a moment."))
    known = said_by_database(error)
    if known is None:
        raise error
    log.warning("refused by database", constraint=constraint_of(error), code=sqlstate(error))
    return known


def said_by_database(error: DBAPIError) -> PlantopsError | None:
    """A rule that only the database could see broken, in a sentence; None when it is a bug."""
    code = sqlstate(error)
    if error.connection_invalidated or (code or "").startswith("57P"):
        return errors.Unavailable(say("The database does not answer. Nothing was saved; try again in a moment."))
    if code in ("23505", "23P01"):
        return errors.Conflict(say("Somebody entered the same at the same moment. Load the page again and look."))
    if code == "57014":
        return errors.Unavailable(say("This takes too long to be added up. Filter the list first, then try again."))
    if code == "23503":
        return errors.Conflict(
            say("Something that this refers to is gone or still in use. Load the page again and look.")
        )
    if code in ("40001", "40P01", "55P03"):
        return errors.Conflict(say("Others are changing the same just now. Try again in a moment."))
    if code in ("22003", "22021", "22P05", "22008", "23514", "22001"):
        return errors.Invalid(say("A value is outside of what can be stored. Look at the numbers and dates."))
    return None


# --- One error, three ways of telling it


def answer(request: Request, error: PlantopsError) -> Response:
    said = told_of(request, error)
    if error.code == session.FORM_EXPIRED:
        said.headers["Plantops-Form"] = "expired"
    return said


def told_of(request: Request, error: PlantopsError) -> Response:
    status = status_of(error)
    if is_api(request):
        return problem(request, FOR_PROGRAMS.get(error.code, status) if from_program(request) else status, error)
    if status == 401:
        return to_sign_in(request)
    if isinstance(error, ProofNeeded):
        return to_confirm(request)
    if request.headers.get("hx-request-type") == "partial":
        return part(request, status, error)
    return page(request, status, error)


FOR_PROGRAMS = {"version_needed": 428, "stale_version": 412, "key_used": 422}
"""What HTTP has numbers of its own for, where a program says versions and keys in its headers."""


def from_program(request: Request) -> bool:
    return request.url.path.startswith("/api/")


def is_api(request: Request) -> bool:
    """A program asks: the API, or the queue of a device that sends what was done without network."""
    return from_program(request) or request.headers.get("accept") == PROBLEM


def to_sign_in(request: Request) -> Response:
    """To the sign-in page, and back to the open page afterwards. The browser keeps what was typed."""
    if request.headers.get("hx-request") == "true":
        parts = session.taken_apart(request.headers.get("hx-current-url", ""))
        here = session.safe_path(f"{parts.path}?{parts.query}" if parts.query else parts.path)
        return Response(status_code=401, headers={"HX-Redirect": f"/login?next={quote(here, safe='')}"})
    if request.method != "GET":
        return RedirectResponse("/login", status_code=303)
    query = f"?{request.url.query}" if request.url.query else ""
    here = session.safe_path(request.url.path + query)
    return RedirectResponse("/login" if here == "/" else f"/login?next={quote(here, safe='')}", status_code=303)


def to_confirm(request: Request) -> Response:
    """To the page where somebody shows again who they are, and back to where the form stood."""
    if request.headers.get("hx-request") == "true":
        came = request.headers.get("hx-current-url", "")
    else:
        came = str(request.url) if request.method == "GET" else request.headers.get("referer", "")
    parts = session.taken_apart(came)
    here = session.safe_path(f"{parts.path}?{parts.query}" if parts.query else parts.path)
    address = f"/account/confirm?next={quote(here, safe='')}"
    if request.headers.get("hx-request") == "true":
        return Response(status_code=200, headers={"HX-Redirect": address})
    return RedirectResponse(address, status_code=303)


def part(request: Request, status: int, error: PlantopsError) -> Response:
    """Into the form that was sent, or as a toast where there was none."""
    ui: Any = request.app.state.templates.globals["ui"]
    found = FORM_ID.fullmatch(unquote(request.headers.get("hx-source", "")))
    with visiting(Visit(request)):
        if found is None:
            html = ui.toast_part(Toast(error.message, "bad"))
        elif status == 409:
            html = ui.form_conflict(found[1], error.message, isinstance(error, errors.Stale))
        else:
            html = ui.form_problem(found[1], error.message, error.fields)
    return HTMLResponse(html, status, headers=retry(status, error.details))


def page(request: Request, status: int, error: PlantopsError) -> Response:
    """A page that helps: what happened, what to do; inside the house for who is signed in."""

    def inside(database_session: Session) -> Response:
        ctx = session.signed_in(request, database_session)
        return drawn(visit_of(request, ctx), status, error)

    # What broke once may break again: these two are drawn without the database.
    if status not in (500, 503) and session.session_token(request):
        try:
            return session.house_of(request).database.run(inside)
        except (PlantopsError, DBAPIError, PoolTimeout):
            log.warning("error page without menu", status=status)
    return drawn(visit_of(request, None), status, error)


def drawn(visit: Visit, status: int, error: PlantopsError) -> Response:
    """The page itself."""
    request = visit.request
    tries_again = status == 503 and request.method == "GET"
    values = {
        "status": status,
        "message": error.message,
        "fields": error.fields,
        "number": session.request_id(request) if status == 500 else "",
        "retry_seconds": RETRY_SECONDS if tries_again else None,
    }
    with visiting(visit):
        next_step = say(NEXT_STEPS[status]) if status in NEXT_STEPS and (tries_again or status != 503) else ""
        told = {"heading": heading(status), "next_step": next_step}
        template = request.app.state.templates.get_template("error.html")
        return HTMLResponse(template.render(values | told), status, headers=retry(status, error.details))


def heading(status: int) -> str:
    return say(TITLES[status]) if status in TITLES else HTTPStatus(status).phrase


def visit_of(request: Request, ctx: Any) -> Visit:
    csrf = session.csrf_of(session.session_token(request))
    return Visit(request, ctx, csrf, packages=request.app.state.packages)


def problem(request: Request, status: int, error: PlantopsError) -> Response:
    """RFC 9457, with our stable code and the fields."""
    body: dict[str, Any] = {
        "type": f"/api/errors/{error.code}",
        "title": heading(status),
        "status": status,
        "detail": error.message,
        "code": error.code,
        "request_id": session.request_id(request),
    }
    if error.fields:
        body["errors"] = [{"field": field, "detail": text} for field, text in error.fields.items()]
    if error.details:
        body["details"] = {name: str(value) for name, value in error.details.items()}
    headers = retry(status, error.details) | ({"WWW-Authenticate": "Bearer"} if status == 401 else {})
    return JSONResponse(body, status, headers=headers, media_type=PROBLEM)


def retry(status: int, details: Mapping[str, Any]) -> dict[str, str]:
    """When it is worth asking again."""
    if status == 429 and "wait_seconds" in details:
        return {"Retry-After": str(int(details["wait_seconds"]))}
    return {"Retry-After": str(RETRY_SECONDS)} if status == 503 else {}


# --- What FastAPI and Starlette raise by themselves


Handler = Callable[[Request, Exception], Response]


def in_their_language(handler: Handler) -> Handler:
    """These are asked outside of a route, where nobody has said yet which language is spoken."""

    def answered(request: Request, error: Exception) -> Response:
        with speaking(language_of(request)):
            return handler(request, error)

    return answered


def language_of(request: Request) -> str:
    """That of who is signed in, whom no route has let in yet; else what the browser asks for."""
    visit = Visit(request)
    door = session.bearer if "authorization" in request.headers else session.signed_in
    if not visit.is_known and (door is session.bearer or session.session_token(request)):
        try:
            visit.ctx = session.house_of(request).database.run(lambda database: door(request, database))
        except (PlantopsError, DBAPIError, PoolTimeout):
            log.warning("it is not known who is told", path=request.url.path)
    return visit.language


def on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = error.status_code
    sentence = {
        404: say("There is no page {path}.", path=request.url.path),
        405: say("{path} cannot be used with {method}.", path=request.url.path, method=request.method),
        400: say("The request cannot be read. Go back and try again."),
    }.get(status, f"{say(TITLES[status]) if status in TITLES else say('This did not work')}.")
    told_error = PlantopsError(sentence, code=HTTPStatus(status).name.lower())
    if is_api(request):
        return problem(request, status, told_error)
    if request.headers.get("hx-request-type") == "partial":
        return part(request, status, told_error)
    return page(request, status, told_error)


def on_unreadable(request: Request, error: Exception) -> Response:
    """Parameters that do not fit: a wrong path is no page, a wrong body says which field."""
    assert isinstance(error, RequestValidationError)
    if refused := refused_at_door(request):
        return refused
    if any(one["loc"][0] == "path" for one in error.errors()):
        return answer(request, errors.NotFound(say("There is no page {path}.", path=request.url.path)))
    fields = {unreadable.place(one): unreadable.sentence(one) for one in error.errors()}
    return answer(request, errors.Invalid(" ".join(dict.fromkeys(fields.values())), fields=fields))


def let_in(door: Callable[[Request, Session], object], request: Request, database_session: Session) -> Response:
    door(request, database_session)
    return Response(status_code=204)


def on_told(request: Request, error: Exception) -> Response:
    """What was refused before a route's own transaction began; who may not come in hears only that."""
    assert isinstance(error, PlantopsError)
    return refused_at_door(request) or answer(request, error)


def refused_at_door(request: Request) -> Response | None:
    """The door's answer, where it does not open for this caller; None where it does."""
    door = getattr(request.scope.get("route"), "door", None)
    if door is None:
        return None
    said = told(request, lambda: session.house_of(request).database.run(lambda s: let_in(door, request, s)))
    return None if said.status_code == 204 else said


def on_too_large(request: Request, error: Exception) -> Response:  # noqa: ARG001  Starlette hands both over
    sentence = say("What you sent is too large: a form holds at most 4 MB, with files 25 MB.")
    told_error = PlantopsError(sentence, code="too_large")
    if is_api(request):
        return problem(request, 413, told_error)
    if request.headers.get("hx-request-type") == "partial":
        return part(request, 413, told_error)
    return page(request, 413, told_error)


def on_bug(scope: Scope, error: Exception) -> Response:
    """Nothing of the fault leaves the house but a number to find it by."""
    request = Request(scope)
    log.error("unexpected error", request_id=session.request_id(request), exc_info=error)
    with speaking(Visit(request).language):
        return told_of_bug(request)


def on_refused(scope: Scope, status: int, reason: str) -> Response:
    """What is refused before anybody asks who it is: told without the database, in the language that is asked for."""
    request = Request(scope)
    with speaking(Visit(request).language):
        sentence = say("This request cannot be answered: {reason}.", reason=reason)
        told_error = PlantopsError(sentence, code=HTTPStatus(status).name.lower())
        if is_api(request):
            return problem(request, status, told_error)
        if request.headers.get("hx-request-type") == "partial":
            return part(request, status, told_error)
        return drawn(visit_of(request, None), status, told_error)


def told_of_bug(request: Request) -> Response:
    told_error = PlantopsError(say("Something broke on our side. Nothing was saved."), code="internal")
    if is_api(request):
        return problem(request, 500, told_error)
    if request.headers.get("hx-request-type") == "partial":
        number = session.request_id(request)
        return part(
            request,
            500,
            PlantopsError(
                say("{message} Its number is {number}.", message=told_error.message, number=number), code="internal"
            ),
        )
    return page(request, 500, told_error)


def install(app: FastAPI) -> None:
    app.add_exception_handler(HTTPException, in_their_language(on_http))
    app.add_exception_handler(RequestValidationError, in_their_language(on_unreadable))
    app.add_exception_handler(TooLarge, in_their_language(on_too_large))
    app.add_exception_handler(PlantopsError, in_their_language(on_told))
