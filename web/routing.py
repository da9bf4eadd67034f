"""Where an address leads: every route is known at the start, and made when somebody first asks for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from threading import RLock
from typing import Any

from fastapi.routing import APIRoute
from starlette._utils import get_route_path
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

ONE_BY_ONE = RLock()
Shape = tuple[int, str, str]
"""How many parts an address has, and the first two of them; empty where any word may stand."""


class LateRoute(APIRoute):
    """A route of which only address and methods are read at the start.

    Its function is read, and what it takes and answers understood, when it is first used or described: of several
    hundred routes a process mostly serves a few.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self.path, self.methods = path, {method.upper() for method in options.get("methods") or ("GET",)}
        self.declared: tuple[Callable[..., Any], dict[str, Any]] | None = (endpoint, options)

    def make(self, endpoint: Callable[..., Any], options: dict[str, Any]) -> None:
        """Everything else of the route; what kinds of route add stands in theirs."""
        super().__init__(self.path, endpoint, **options)

    def __getattr__(self, name: str) -> Any:
        with ONE_BY_ONE:
            declared, self.declared = self.__dict__.get("declared"), None
            if declared is not None:
                self.make(*declared)
            if name in self.__dict__:
                return self.__dict__[name]
        raise AttributeError(f"{type(self).__name__} {self.__dict__.get('path', '')} has no {name}")


class Doors(BaseRoute):
    """All routes of the house, found by the shape of an address instead of one after the other."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self.routes = list(routes)
        self.by_shape: dict[Shape, list[tuple[int, APIRoute]]] = defaultdict(list)
        self.open_ended: list[tuple[int, APIRoute]] = []
        for place, route in enumerate(self.routes):
            if not isinstance(route, APIRoute):
                raise TypeError(f"{route!r} is no route of a page or of the API.")
            if ":path}" in route.path:
                self.open_ended.append((place, route))
            else:
                self.by_shape[shape(route.path)].append((place, route))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http":
            return Match.NONE, {}
        wrong_method: Scope | None = None
        for route in self.fitting(get_route_path(scope)):
            match, found = route.matches(scope)
            if match is Match.FULL:
                return match, found
            if match is Match.PARTIAL and wrong_method is None:
                wrong_method = found
        return (Match.NONE, {}) if wrong_method is None else (Match.PARTIAL, wrong_method)

    def fitting(self, path: str) -> Iterator[APIRoute]:
        """The routes whose fixed parts agree with an address, in the order in which they were declared."""
        count, first, second = shape(path)
        parts, found = path.split("/"), [*self.open_ended]
        for key in dict.fromkeys(((count, first, second), (count, first, ""), (count, "", second), (count, "", ""))):
            found += [each for each in self.by_shape.get(key, ()) if agree(each[1].path.split("/"), parts)]
        for _place, route in sorted(found, key=lambda each: each[0]):
            yield route

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["route"].handle(scope, receive, send)


def shape(path: str) -> Shape:
    parts = path.split("/")
    first, second = (*parts[1:3], "", "")[:2]
    return len(parts), "" if "{" in first else first, "" if "{" in second else second


def agree(declared: list[str], asked: list[str]) -> bool:
    return all(one == other or "{" in one for one, other in zip(declared, asked, strict=True))
