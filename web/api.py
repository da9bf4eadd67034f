"""The API: the same actions as the pages, for programs; tokens with scopes, JSON, problems, versions, keys."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import inspect
from collections.abc import Callable, Coroutine
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import Response
from pydantic import BaseModel
from pydantic_core import to_json
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from plantops import idempotency
from plantops.context import Context
from plantops.errors import Invalid
from plantops.wording import say, speaking
from web import errors, session
from web.forms import DIGITS, LARGEST_INTEGER, LARGEST_NUMBER, Wrong, day, plain_text
from web.routing import LateRoute
from web.security import is_file

__all__ = ["Asked", "Content", "Context", "Key", "MaybeVersion", "Version", "api_router"]

PREFIX = "/api/v1"
LONGEST_KEY = 80


async def expected_version(
    if_match: Annotated[str, Header(description='The ETag that you read, such as "3"')] = "",
) -> int:
    """The version that the caller saw; changing needs it, so that nobody overwrites what they have not read."""
    number = if_match.strip().removeprefix("W/").strip('"')
    if not number.isascii() or not number.isdigit() or len(number) > 9:
        raise Invalid(say('Send the ETag that you read as If-Match, for example If-Match: "3".'), code="version_needed")
    return int(number)


Version = Annotated[int, Depends(expected_version)]


async def version_where_there_is_one(
    if_match: Annotated[str, Header(description="The ETag that you read, where it is there already")] = "",
) -> int | None:
    return await expected_version(if_match) if if_match else None


MaybeVersion = Annotated[int | None, Depends(version_where_there_is_one)]


async def own_key(
    idempotency_key: Annotated[str, Header(description="A key of your own: sent twice, done once", max_length=80)] = "",
) -> str:
    """What is booked under a key of the caller's own."""
    if not idempotency_key.strip():
        raise Invalid(
            say("Send a key of your own as Idempotency-Key, so that nothing is booked twice."), code="key_needed"
        )
    return idempotency_key


Key = Annotated[str, Depends(own_key)]


async def everything_asked(request: Request) -> dict[str, list[str]]:
    """All parameters of the address, for lists, whose filters are their own."""
    return {name: request.query_params.getlist(name) for name in request.query_params}


Asked = Annotated[dict[str, list[str]], Depends(everything_asked)]


async def raw_content(request: Request) -> bytes:
    """A file, sent as it is."""
    return await request.body()


Content = Annotated[bytes, Depends(raw_content)]


class ApiRoute(LateRoute):
    """A route whose function runs inside a transaction and returns plain dataclasses."""

    door = staticmethod(session.bearer)

    def make(self, endpoint: Callable[..., Any], options: dict[str, Any]) -> None:
        super().make(in_transaction(endpoint, options.get("status_code") or 200), options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def read_then_handle(request: Request) -> Response:
            if request.method in session.UNSAFE:
                # A file may be large: it is read only from who is let in.
                refused = await run_in_threadpool(errors.refused_at_door, request) if is_file(request) else None
                if refused is not None:
                    return refused
                request.state.body = await request.body()
            return await handler(request)

        return read_then_handle


def api_router(tag: str) -> APIRouter:
    """The router of an API file: `/requisitions` is `/api/v1/requisitions`."""
    return APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=[tag])


def in_transaction(endpoint: Callable[..., Any], success: int) -> Callable[..., Response]:
    """FastAPI reads path, query and body, and describes them; the context is handed in here."""
    signature = inspect.signature(endpoint, eval_str=True)
    ours = [name for name, p in signature.parameters.items() if p.annotation is Context]
    seen = [p.replace(kind=p.KEYWORD_ONLY) for name, p in signature.parameters.items() if name not in ours]

    def run(*, request: Request, **given: Any) -> Response:
        house = session.house_of(request)

        def attempt(database_session: Session) -> Response:
            ctx = session.bearer(request, database_session)
            request.state.language = ctx.user.language
            readable = {name: as_in_forms(value, "" if is_record(value) else name) for name, value in given.items()}
            with speaking(ctx.user.language):
                done = once(ctx, request, lambda: shown(endpoint(**readable, **dict.fromkeys(ours, ctx)), success))
                return done if request.method in session.UNSAFE else if_changed(request, done)

        return errors.told(request, lambda: house.database.run(attempt))

    functools.update_wrapper(run, endpoint)
    asked = inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY, annotation=Request)
    run.__signature__ = inspect.Signature([asked, *seen], return_annotation=signature.return_annotation)  # type: ignore[attr-defined]
    return run


def as_in_forms(value: Any, name: str) -> Any:
    """What a program sends is read as what stands on a page: text trimmed, nothing that cannot be stored."""
    if isinstance(value, (str, int, Decimal, date)):
        try:
            return in_bounds(value)
        except Wrong as error:
            raise Invalid(str(error), field=name) from error
    if isinstance(value, (list, tuple)):
        return type(value)(as_in_forms(one, f"{name}.{place}") for place, one in enumerate(value))
    if isinstance(value, dict):
        return {as_in_forms(key, name): as_in_forms(one, f"{name}.{key}") for key, one in value.items()}
    if isinstance(value, BaseModel):
        read = {one: as_in_forms(getattr(value, one), f"{name}.{one}".strip(".")) for one in type(value).model_fields}
        return value.model_copy(update=read)
    if is_record(value):
        fields = [field.name for field in dataclasses.fields(value) if field.init]
        read = {one: as_in_forms(getattr(value, one), f"{name}.{one}".strip(".")) for one in fields}
        return dataclasses.replace(value, **read)
    return value


def is_record(value: Any) -> bool:
    """A body: its fields are named without it."""
    return isinstance(value, BaseModel) or (dataclasses.is_dataclass(value) and not isinstance(value, type))


def in_bounds(value: Any) -> Any:
    """Raises Wrong for what a form would refuse."""
    if isinstance(value, (StrEnum, bool)):
        return value
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise Wrong(say("Name the time zone, for example 2026-11-23T14:05:00+01:00."))
        return in_bounds(value.date()) and value
    if isinstance(value, date):
        return day(value.isoformat())
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise Wrong(say("This number is too large."))
        return value
    if abs(value) >= LARGEST_NUMBER:
        raise Wrong(say("This number is too large: at most twelve digits before the point."))
    if value.as_tuple().exponent < -DIGITS:
        raise Wrong(say("At most {digits} digits after the point.", digits=DIGITS))
    return value


def once(ctx: Context, request: Request, work: Callable[[], Response]) -> Response:
    """With an Idempotency-Key a call that is sent again gets the first answer."""
    key = request.headers.get("idempotency-key", "").strip()
    if request.method not in session.UNSAFE or not key:
        return work()
    if len(key) > LONGEST_KEY:
        raise Invalid(
            say("An Idempotency-Key has at most {longest_key} characters.", longest_key=LONGEST_KEY),
            code="key_too_long",
        )
    # A token with fewer scopes is not handed what another token of the same person was answered.
    scopes = " ".join(sorted(ctx.user.scopes or ()))
    asked = f"{scopes}\0{request.url.query}\0".encode()
    digest = hashlib.sha256(asked + request.state.body).digest()
    done = idempotency.begin(ctx, f"api:{key}", f"{request.method} {request.url.path}", digest)
    if done is not None:
        return Response(done.body, done.status, headers=dict(done.headers) | {"Idempotency-Replayed": "true"})
    response = work()
    kept = [(name, value) for name, value in response.headers.items() if name != "content-length"]
    idempotency.finish(ctx, f"api:{key}", response.status_code, kept, bytes(response.body))
    return response


def shown(value: Any, success: int) -> Response:
    """JSON made inside the transaction; numbers with digits after the point are strings, so that none is lost."""
    if isinstance(value, Response):
        return value
    if value is None:
        return Response(status_code=204)
    version = getattr(value, "version", None)
    headers = {"ETag": f'"{version}"'} if version is not None else {}
    return Response(to_json(value), success, headers=headers, media_type="application/json")


def if_changed(request: Request, response: Response) -> Response:
    """What was read says which state it is of; who has that already is not sent it again."""
    tag = response.headers.get("etag") or f'W/"{hashlib.sha256(bytes(response.body)).hexdigest()[:32]}"'
    response.headers["ETag"] = tag
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if response.status_code == 200 and tag.removeprefix("W/") in known:
        return Response(status_code=304, headers={"ETag": tag})
    return response
