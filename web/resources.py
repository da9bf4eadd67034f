"""The API's declarations: a line names a route, the action behind it and what it shows; all else follows from these."""

from __future__ import annotations

import collections.abc
import dataclasses
import functools
import inspect
import typing
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from decimal import Decimal
from hashlib import sha256
from types import UnionType
from typing import Annotated, Any, Union

import sqlalchemy as sa
from fastapi import APIRouter, Body, Query
from pydantic import BaseModel, ConfigDict, PlainSerializer, TypeAdapter, create_model
from pydantic.json_schema import WithJsonSchema
from sqlalchemy.orm import DeclarativeBase

from plantops import listing_pages, listing_params
from plantops.errors import Invalid
from plantops.listing import Kind, Listing, ListParams, sql_type
from plantops.wording import say
from web.api import ApiRoute, Asked, Context, Key, MaybeVersion, Version, api_router

__all__ = ["Routes", "gives", "many", "view"]


@functools.cache
def numbers(digits: int | None = None) -> Any:
    """Numbers leave as text, so that no digit is lost; those of a column always with as many as it keeps."""
    form = "f" if digits is None else f".{digits}f"
    return Annotated[
        Decimal,
        PlainSerializer(lambda value: format(value, form), return_type=str),
        WithJsonSchema({"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}, mode="serialization"),
    ]


KINDS: dict[Kind, Any] = {Kind.MONEY: numbers(), Kind.QUANTITY: numbers()}
WHAT_LISTS_TAKE = {
    "q": "Words that are searched for",
    "sort": "The column to sort by, with a minus for downwards",
    "limit": "How many rows a page holds",
    "after": "`next` of the page before",
}
SEVERAL = (list, tuple, collections.abc.Sequence)
MOST_AT_ONCE = 10_000
"""So many rows an action that takes a limit is asked for; the answer's pages are cut from them."""
PAGING = (
    inspect.Parameter(
        "limit",
        inspect.Parameter.KEYWORD_ONLY,
        annotation=Annotated[int, Query(ge=1, le=listing_params.LONGEST_PAGE, description=WHAT_LISTS_TAKE["limit"])],
        default=ListParams.limit,
    ),
    inspect.Parameter(
        "after",
        inspect.Parameter.KEYWORD_ONLY,
        annotation=Annotated[str, Query(max_length=200, description=WHAT_LISTS_TAKE["after"])],
        default="",
    ),
)
DONE = {"GET": 200, "POST": 201, "PUT": 200, "PATCH": 200, "DELETE": 200}


Read = tuple[Callable[..., object], Any, dict[str, Any]]
"""The function behind a route, what it shows, and what else the route is told."""


class Shown(BaseModel):
    """What a program is shown of a thing: the named fields, read from it."""

    model_config = ConfigDict(from_attributes=True, protected_namespaces=(), defer_build=True)


# --- What is shown


def view(of: type, fields: str, called: str = "", **parts: Any) -> Any:
    """The fields of a class that programs see, their types taken from its columns; `parts` are its lines."""
    shown: dict[str, Any] = {name: (_field(of, name), ...) for name in fields.split()}
    shown |= {name: (part, ...) for name, part in parts.items()}
    return create_model(called or of.__name__, __base__=Shown, __doc__=inspect.getdoc(of), **shown)


def many(shown: Any) -> Any:
    """Several of what is shown."""
    return list[shown]


@functools.cache
def gives(name: str) -> type[BaseModel]:
    """For an action that returns a bare number: `{"job_id": 17}`."""
    return create_model(f"Gives_{name}", **{name: (int, ...)})  # type: ignore[call-overload, no-any-return]


def _field(of: type, name: str) -> Any:
    column = sa.inspect(of).columns.get(name) if issubclass(of, DeclarativeBase) else None
    if column is None:
        asked = getattr(of, name, None)
        return (
            typing.get_type_hints(asked.fget)["return"]
            if isinstance(asked, property)
            else typing.get_type_hints(of)[name]
        )
    kind = _python_type(column.type)
    return kind | None if column.nullable else kind


def _python_type(of: sa.types.TypeEngine[Any]) -> Any:
    try:
        kind = of.python_type
    except NotImplementedError:  # how SQLAlchemy says that a type has no one type in Python
        return Any
    if kind is Decimal:
        return numbers(getattr(of, "scale", None))
    return Any if kind in (dict, list) else kind


@functools.cache
def rows_of(listing: Listing[Any]) -> type[BaseModel]:
    """A page of a list: its rows with every column, and where the next page begins."""
    name = listing.name.title().replace(".", "").replace("_", "")
    columns = {column.key: (_cell(column.kind, sql_type(column.expr)), ...) for column in listing.columns}
    row = create_model(f"{name}Row", __base__=Shown, id=(int, ...), **columns)  # type: ignore[call-overload]
    page = {
        "rows": (many(row), ...),
        "next": (str | None, ...),
        "total": (int | None, ...),
        "more_than_total": (bool, ...),
    }
    made: type[BaseModel] = create_model(f"{name}Page", __base__=Shown, **page)  # type: ignore[call-overload]
    return made


def _cell(kind: Kind, column: sa.types.TypeEngine[Any]) -> Any:
    known = KINDS.get(kind) or _python_type(column)
    return known if known is Any else known | None


# --- Routes


class Routes:
    """The routes of one subject. `api("POST /orders/{id}/issue", orders.issue, ORDER)` is all that one needs."""

    def __init__(self, tag: str) -> None:
        self.router: APIRouter = api_router(tag)

    def __call__(
        self,
        route: str,
        action: Callable[..., Any],
        shows: Any = None,
        *,
        part: str = "",
        without: Sequence[str] = (),
        **fixed: Any,
    ) -> None:
        """One route to one action, with the action's own parameters.

        Of the path, the parameters that it names; `version` is If-Match, `key` the Idempotency-Key; a dataclass that
        stands alone is the body, else the rest are the body's fields; of a GET they stand in the address.
        `without` names parameters that programs cannot give, `fixed` those that the route itself says, `part` what of
        the answer is shown.
        """
        method, _, path = route.partition(" ")

        def read() -> Read:
            shown = shows or typing.get_type_hints(inspect.unwrap(action))["return"]
            if method != "GET" or typing.get_origin(shown) not in SEVERAL:
                return endpoint(action, method, path, _reader(shown, part), {*without, *fixed}, fixed), shown, {}
            named = inspect.signature(inspect.unwrap(action)).parameters
            said = fixed | ({"limit": MOST_AT_ONCE} if "limit" in named else {})
            return paged(endpoint(action, method, path, _reader(shown, part), {*without, *said}, said), shown)

        self._add(method, path, read)

    def acts(self, path: str, shows: Any, *actions: Callable[..., Any]) -> None:
        """What can be done with one thing: `take_back` of orders is POST /orders/{id}/take-back."""
        for action in actions:
            verb = f"{path}/{action.__name__.replace('_', '-')}"
            self._add("POST", verb, functools.partial(_done_with, action, verb, shows))

    def lists(self, path: str, listing: Listing[Any]) -> None:
        """The rows of a list, a page at a time, with the filters of its page."""
        self._add("GET", path, functools.partial(_listed, listing))

    def _add(self, method: str, path: str, read: Callable[[], Read]) -> None:
        route = DeclaredRoute(self.router.prefix + path, read, methods=[method], tags=[*self.router.tags])
        self.router.routes.append(route)


class DeclaredRoute(ApiRoute):
    """A route that stands for a declaration: what its action takes and shows is read when it is first asked for."""

    def make(self, endpoint: Callable[[], Read], options: dict[str, Any]) -> None:
        (method,), (tag,) = options["methods"], options["tags"]
        run, shows, more = endpoint()
        nothing = shows is type(None)
        none_of_it = type(None) in typing.get_args(shows)
        given = {
            "status_code": 204 if nothing else DONE[method],
            "response_model": None if nothing else shows,
            "responses": {204: {"description": "There is none"}} if none_of_it else None,
            "name": f"{tag}: {run.__name__}",
            "summary": f"{run.__name__.replace('_', ' ').capitalize()}",
        }
        super().make(run, options | given | more)


def _done_with(action: Callable[..., Any], path: str, shows: Any) -> Read:
    more = {} if shows is type(None) else {"status_code": 200}
    return endpoint(action, "POST", path, _reader(shows), set(), {}), shows, more


def _listed(listing: Listing[Any]) -> Read:
    shows = rows_of(listing)

    def rows(ctx: Context, asked: Asked) -> object:
        found = listing_pages.page(ctx, listing, listing_params.read(listing, asked))
        read = {
            "rows": found.rows,
            "next": found.next_cursor,
            "total": found.total,
            "more_than_total": found.is_capped,
        }
        return shows.model_validate(read)

    rows.__name__, rows.__doc__ = "list", say("{title}, a page at a time.", title=listing.title)
    rows.rights = (listing.permission,)  # type: ignore[attr-defined]
    parameters = [_parameter(name, text) for name, text in WHAT_LISTS_TAKE.items()]
    parameters += [_parameter(name, facet.title) for facet in listing.facets for name in facet.names]
    return rows, shows, {"openapi_extra": {"parameters": parameters}}


def paged(run: Callable[..., Any], shows: Any) -> Read:
    """A read that gives several things gives them a page at a time, as lists do."""
    row: Any = typing.get_args(shows)[0]
    name = getattr(row, "__name__", "Row").strip("_")
    page: Any = create_model(
        f"{name}s_{run.__name__}", __base__=Shown, rows=(many(row), ...), next=(str | None, ...), total=(int, ...)
    )
    plain: TypeAdapter[Any] = TypeAdapter(many(row))

    def read(ctx: Context, *, limit: int, after: str, **given: Any) -> object:
        rows = list(run(ctx, **given))
        first = place_after(rows, plain, after)
        shown = rows[first : first + limit]
        more = first + limit < len(rows)
        return page(rows=shown, next=cursor_of(shown[-1], plain, first + limit) if more else None, total=len(rows))

    signature = inspect.signature(run)
    read.__signature__ = signature.replace(parameters=[*signature.parameters.values(), *PAGING])  # type: ignore[attr-defined]
    read.__name__, read.__doc__ = run.__name__, run.__doc__
    read.rights, read.action = run.rights, run.action  # type: ignore[attr-defined]
    return read, page, {}


def cursor_of(row: Any, plain: TypeAdapter[Any], place: int) -> str:
    """Where a page ended: at which row, and how many came before the next."""
    return urlsafe_b64encode(f"{_mark(row, plain)}.{place}".encode()).decode()


def place_after(rows: Sequence[Any], plain: TypeAdapter[Any], after: str) -> int:
    """Behind the row at which the page before ended, wherever that stands now; at its place where it is gone."""
    if not after:
        return 0
    try:
        known, _, place = urlsafe_b64decode(after.encode()).decode().partition(".")
        first = int(place)
    except ValueError as error:
        raise Invalid(say("This is no `next` of this list. Begin at the first page."), field="after") from error
    return next((at + 1 for at, row in enumerate(rows) if _mark(row, plain) == known), max(first, 0))


def _mark(row: Any, plain: TypeAdapter[Any]) -> str:
    """A row by its id, else by all that it says."""
    id = getattr(row, "id", None)
    return str(id) if id is not None else sha256(plain.dump_json([row])).hexdigest()[:16]


def _parameter(name: str, text: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": text, "schema": {"type": "string"}}


def endpoint(
    action: Callable[..., Any],
    method: str,
    path: str,
    answer: Callable[[Any], object],
    left: set[str],
    fixed: dict[str, Any],
) -> Callable[..., object]:
    """The function behind a route: FastAPI reads what the action takes, and its answer is shown."""
    inner = inspect.unwrap(action)
    hints = typing.get_type_hints(inner, include_extras=True)
    own = list(inspect.signature(inner).parameters.values())[1:]
    asked = {p.name: (_readable(hints[p.name]), p.default) for p in own if p.name not in left}
    in_path = {name for name in asked if f"{{{name}}}" in path}
    body, wraps = _body(inner, method, asked, in_path)
    parameters = [_asked(name, *asked[name], method, name in in_path) for name in asked if name not in wraps]
    if body is not None:
        parameters.append(inspect.Parameter("body", inspect.Parameter.KEYWORD_ONLY, annotation=body))

    def run(ctx: Context, **given: Any) -> object:
        if "body" in given:
            whole = given.pop("body")
            given |= {wraps[0]: whole} if _is_record(type(whole)) else {name: getattr(whole, name) for name in wraps}
        if "key" in given:  # two people's keys are never the same
            given["key"] = f"api:{ctx.user.id}:{given['key']}"
        return answer(action(ctx, **given, **fixed))

    run.__name__, run.__doc__ = inner.__name__, inspect.getdoc(inner)
    context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Context)
    run.__signature__ = inspect.Signature([context, *parameters])  # type: ignore[attr-defined]
    run.rights = getattr(action, "__rights__", ())  # type: ignore[attr-defined]
    run.action = action  # type: ignore[attr-defined]
    return run


def _body(
    inner: Callable[..., Any], method: str, asked: dict[str, tuple[Any, Any]], in_path: set[str]
) -> tuple[Any, list[str]]:
    """The body's type, and the parameters that it brings."""
    wraps = [name for name in asked if name not in in_path and name not in ("version", "key")]
    if method == "GET" or not wraps:
        return None, []
    for name in wraps:
        strict(asked[name][0])
    if len(wraps) == 1 and _is_record(asked[wraps[0]][0]):
        return Annotated[asked[wraps[0]][0], Body()], wraps
    fields = {
        name: (asked[name][0], ... if asked[name][1] is inspect.Parameter.empty else asked[name][1]) for name in wraps
    }
    name = f"{inner.__module__.rpartition('.')[2].title()}{inner.__name__.title()}".replace("_", "")
    made = create_model(name, __config__=ConfigDict(extra="forbid"), **fields)  # type: ignore[call-overload]
    optional = all(default is not inspect.Parameter.empty for default in (asked[name][1] for name in wraps))
    return (Annotated[made, Body(default_factory=made)] if optional else Annotated[made, Body()]), wraps


def strict(kind: Any) -> None:
    """A body's dataclasses, and those within them, refuse names that they do not know."""
    if _is_record(kind):
        if "__pydantic_config__" in vars(kind):
            return
        kind.__pydantic_config__ = ConfigDict(extra="forbid")
        for hint in typing.get_type_hints(kind).values():
            strict(hint)
    else:
        for part in typing.get_args(kind):
            strict(part)


def _asked(name: str, kind: Any, default: Any, method: str, in_path: bool) -> inspect.Parameter:
    keyword = inspect.Parameter.KEYWORD_ONLY
    if name == "version" and not in_path:
        return inspect.Parameter(
            name, keyword, annotation=Version if default is inspect.Parameter.empty else MaybeVersion
        )
    if name == "key" and not in_path:
        return inspect.Parameter(name, keyword, annotation=Key)
    several = typing.get_origin(kind) in (list, tuple, set, frozenset, collections.abc.Sequence)
    annotation = Annotated[kind, Query()] if several and method == "GET" else kind
    if name == "limit":
        annotation = Annotated[kind, Query(ge=1, le=MOST_AT_ONCE)]
    return inspect.Parameter(name, keyword, annotation=annotation, default=default)


def _readable(kind: Any) -> Any:
    """Pydantic reads an Iterable only while it is walked through, and then its faults would be ours."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (collections.abc.Iterable, collections.abc.Collection, collections.abc.Sequence):
        return list[_readable(args[0])]  # type: ignore[misc]
    if origin in (Union, UnionType):
        return Union[tuple(_readable(each) for each in args)]  # noqa: UP007
    return kind


def _is_record(kind: Any) -> bool:
    return isinstance(kind, type) and dataclasses.is_dataclass(kind)


def _reader(shows: Any, part: str = "") -> Callable[[Any], object]:
    """How an action's answer becomes what is shown."""
    if shows is type(None):
        return lambda _done: None
    if isinstance(shows, type) and issubclass(shows, BaseModel) and not issubclass(shows, Shown):
        (name,) = shows.model_fields
        return lambda done: shows(**{name: done})
    adapter: TypeAdapter[Any] = TypeAdapter(shows)
    return lambda done: adapter.validate_python(getattr(done, part) if part else done, from_attributes=True)
