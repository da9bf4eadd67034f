"""The API described for programs: what each call takes, answers and asks of a token, as OpenAPI."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import Response
from pydantic_core import to_json

from plantops.wording import say
from web.errors import TITLES

PROBLEM = "application/problem+json"
ABOUT = (
    "Everything that the pages can do, for programs. A token (`Authorization: Bearer po_...`) carries its owner's "
    "rights, narrowed to its scopes. Send the ETag that you read as If-Match when you change something, and an "
    "Idempotency-Key of your own when a call must not be done twice. Errors are problems of RFC 9457."
)
SHAPE: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "What is wrong and what to do (RFC 9457).",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for the person"},
        "code": {"type": "string", "description": "Stable; programs look at this"},
        "request_id": {"type": "string", "description": "Also in the log"},
        "errors": {
            "type": "array",
            "description": "By field",
            "items": {
                "type": "object",
                "required": ["field", "detail"],
                "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
        "details": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
ALWAYS = (400, 401, 403, 404, 409, 412, 422, 428, 429, 500, 503)
"""What any call may be answered besides what it is there for."""


router = APIRouter(include_in_schema=False)
ONE_BY_ONE = Lock()


@router.get("/api/v1/openapi.json")
def description(request: Request) -> Response:
    """Made by the first who asks, which takes seconds: in a thread, so that nobody else waits for it."""
    app: FastAPI = request.app
    with ONE_BY_ONE:
        packed: bytes = getattr(app.state, "description", b"") or to_json(described(app))
        app.state.description = packed
    return Response(packed, media_type="application/json")


def described(app: FastAPI) -> dict[str, Any]:
    """The description, made once."""
    if app.openapi_schema is None:
        routes = [route for each in app.routes for route in getattr(each, "routes", (each,))]
        made = get_openapi(
            title="plantops", version="1", openapi_version=app.openapi_version, description=ABOUT, routes=routes
        )
        parts = made.setdefault("components", {})
        schemas: dict[str, Any] = parts.setdefault("schemas", {})
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        schemas["Problem"] = SHAPE
        parts["securitySchemes"] = {
            "token": {
                "type": "http",
                "scheme": "bearer",
                "description": say("A token of a person; the names beside it are the scopes of which it needs one."),
            }
        }
        rights = dict(asked_rights(app))
        for path, operations in made["paths"].items():
            for method, operation in operations.items():
                complete(operation, rights.get((method, path), ()), method)
        app.openapi_schema = made
    return app.openapi_schema


def complete(operation: dict[str, Any], rights: tuple[str, ...], method: str) -> None:
    """Which scopes it takes, and how it says no."""
    operation["security"] = [{"token": [right]} for right in rights] or [{"token": []}]
    for status in ALWAYS:
        operation["responses"][str(status)] = {
            "description": TITLES.get(status, "Not signed in"),
            "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    if method == "get":
        operation["responses"]["304"] = {"description": "As it was with the ETag that came as If-None-Match"}
    read = operation["responses"].get("200") or operation["responses"].get("201")
    if read is not None:
        read.setdefault("headers", {})["ETag"] = {
            "description": "Of what was read; a version, where the thing has one: If-Match to change it",
            "schema": {"type": "string"},
        }


def asked_rights(app: FastAPI) -> Iterator[tuple[tuple[str, str], tuple[str, ...]]]:
    for package in app.state.packages:
        for router in package.api:
            for route in router.routes:
                rights = getattr(route.endpoint, "rights", ())
                named = () if isinstance(rights, str) else tuple(str(right) for right in rights)
                for method in route.methods:
                    yield (method.lower(), route.path), named
