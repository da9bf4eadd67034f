"""Where an address leads: the same door as if every route had been tried one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.routing import Route

from web.routing import Doors, LateRoute

PATHS = (
    ("GET", "/orders"),
    ("GET", "/orders/{id}"),
    ("POST", "/orders/{id}"),
    ("GET", "/orders/new"),
    ("GET", "/orders/{id}/lines/{line}"),
    ("GET", "/{thing}/{id}/print"),
    ("GET", "/weeks/{week}.pdf"),
    ("GET", "/files/{path:path}"),
    ("GET", "/"),
)


def say(path: str) -> Callable[..., Any]:
    def answer() -> str:
        return path

    return answer


@pytest.fixture(scope="module")
def both() -> tuple[TestClient, TestClient]:
    """The same routes tried one after the other, and found by the shape of the address."""
    apps = (FastAPI(), FastAPI())
    for method, path in PATHS:
        apps[0].add_api_route(path, say(path), methods=[method])
    apps[1].router.routes.append(Doors(LateRoute(path, say(path), methods=[method]) for method, path in PATHS))
    return TestClient(apps[0]), TestClient(apps[1])


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize(
    "path",
    ["/", "/orders", "/orders/", "/orders/7", "/orders/new", "/orders/7/lines/8", "/orders/7/print", "/orders/7/lines",
     "/weeks/2026-W40.pdf", "/weeks/2026-W40", "/files/a/b/c.css", "/files/", "/files", "/nowhere", "//", "/orders//",
     "/orders/%2F", "/orders/a%2Fb"],
)  # fmt: skip
def test_the_same_door(both: tuple[TestClient, TestClient], method: str, path: str) -> None:
    tried, found = (client.request(method, path, follow_redirects=False) for client in both)
    assert (found.status_code, found.content) == (tried.status_code, tried.content)
    assert found.headers.get("allow") == tried.headers.get("allow")
    assert found.headers.get("location") == tried.headers.get("location")


def test_a_route_is_made_when_it_is_asked_for() -> None:
    route = LateRoute("/orders/{id}", say("order"))
    assert "dependant" not in vars(route)
    assert [one.name for one in route.dependant.path_params] == []
    assert vars(route)["path_format"] == "/orders/{id}"
    with pytest.raises(AttributeError, match="has no colour"):
        _ = route.colour


def test_other_kinds_of_routes_are_refused() -> None:
    with pytest.raises(TypeError, match="no route of a page"):
        Doors([Route("/plain", say("plain"))])
