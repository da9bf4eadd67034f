"""Every route as every role: nobody meets a fault, no way in without a session, no form works without its token."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from tests.browser import Client, Served
from web import session
from web.api import ApiRoute
from web.app import create
from web.page import PlantRoute, PublicRoute
from web.routing import Doors

pytestmark = pytest.mark.db

OPEN = {"/healthz", "/readyz", "/metrics", "/sw.js", "/static/{asked_edition}/{path:path}", "/api/v1/openapi.json"}
STREAMS = {"/jobs/{id}/stream"}
ANSWERS = {200, 303, 403, 404, 409, 422}
SESSIONS = {"/login", "/logout", "/site"}


@pytest.fixture(scope="module")
def app(served: Served) -> FastAPI:
    return create(served.house)


def routes(app: FastAPI, kind: type[APIRoute]) -> Iterator[tuple[str, str]]:
    for route in every_route(app.router.routes):
        if isinstance(route, kind):
            for method in sorted(route.methods or ()):
                yield method, route.path


def every_route(found: object) -> Iterator[object]:
    for route in found:  # type: ignore[attr-defined]
        if isinstance(route, Doors):
            yield from route.routes
        else:
            yield route


def filled(path: str, value: str = "1") -> str:
    return re.sub(r"\{[^}]+\}", value, path)


def test_every_route_has_a_door(app: FastAPI) -> None:
    unguarded = [
        route.path
        for route in every_route(app.router.routes)
        if isinstance(route, APIRoute)
        and not isinstance(route, PlantRoute | ApiRoute)
        and route.path not in OPEN | STREAMS
    ]
    assert unguarded == []
    assert len(list(routes(app, PlantRoute))) > 20


def test_nobody_gets_in_without_a_session(app: FastAPI, served: Served) -> None:
    with httpx.Client(base_url=served.url, headers={"Origin": served.url}) as nobody:
        for method, path in routes(app, PlantRoute):
            if (method, path) in set(routes(app, PublicRoute)):
                continue
            answer = nobody.request(method, filled(path))
            assert answer.status_code == 303 and "/login" in answer.headers["location"], f"{method} {path}"
        for method, path in routes(app, ApiRoute):
            answer = nobody.request(method, filled(path))
            assert answer.status_code == 401, f"{method} {path} {answer.status_code}"
            assert answer.headers["content-type"] == "application/problem+json"


def test_no_form_works_without_its_token(app: FastAPI, client: Callable[..., Client]) -> None:
    admin = client("administrator")
    for method, path in routes(app, PlantRoute):
        if method == "POST" and (method, path) not in set(routes(app, PublicRoute)):
            answer = admin.http.post(filled(path), headers={"Origin": admin.served.url})
            # 404 where a part of the address is one of a few words, and 1 is none of them.
            assert answer.status_code in (403, 404), f"{path} {answer.status_code}"


def test_every_page_as_every_role(app: FastAPI, client: Callable[..., Client], served: Served) -> None:
    """Whatever a role asks for, it gets the page, or is told why not; a fault is neither.

    Asked for as a part of an open page, a refusal is one sentence instead of a page with a menu: that many are walked.
    """
    paths = [path for method, path in routes(app, PlantRoute) if method == "GET"]
    for role in sorted(served.house.registry.role_titles()):
        somebody = client(role, f"walks-{role}")
        for path in paths:
            answer = somebody.get(filled(path), partial=True)
            assert answer.status_code in ANSWERS, f"{role} {path}: {answer.status_code}"


def test_every_whole_page(app: FastAPI, client: Callable[..., Client]) -> None:
    somebody = client("administrator,plant_manager,auditor", "sees-all")
    for method, path in routes(app, PlantRoute):
        if method == "GET":
            answer = somebody.get(filled(path))
            assert answer.status_code in ANSWERS, f"{path}: {answer.status_code}"


def test_every_form_as_every_role(app: FastAPI, client: Callable[..., Client], served: Served) -> None:
    """An empty form is refused in a sentence by who may send it, and by right by who may not."""
    paths = [path for method, path in routes(app, PlantRoute) if method == "POST" and path not in SESSIONS]
    for role in sorted(served.house.registry.role_titles()):
        somebody = client(role, f"sends-{role}")
        fields = {"_csrf": session.csrf_of(somebody.token), "_version": "1"}
        for path in paths:
            answer = somebody.send(filled(path, "999999999"), fields, source="form#x")
            assert answer.status_code in ANSWERS, f"{role} {path}: {answer.status_code}"
