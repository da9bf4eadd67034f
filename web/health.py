"""Is it alive, is it ready, and how is it doing: for supervisors, load balancers and Prometheus."""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import Headers
from starlette.types import Scope

from plantops.errors import PlantopsError
from plantops.migrations import runner
from plantops.wording import say
from web import session

router = APIRouter(include_in_schema=False)

PASSED_ON = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")
FIGURES = CollectorRegistry()
REQUESTS = Counter("plantops_requests_total", "Requests answered", ["method", "route", "status"], registry=FIGURES)
SECONDS = Histogram(
    "plantops_request_seconds",
    "Time to answer",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=FIGURES,
)
CONNECTIONS = Gauge("plantops_database_connections", "Connections of this process in use", registry=FIGURES)


def observe(scope: Scope, status: int, seconds: float) -> None:
    # The route's pattern, never the path itself: there are as many of those as documents.
    route = getattr(scope.get("route"), "path", "none")
    if route.startswith("/static/"):
        return
    REQUESTS.labels(scope["method"], route, str(status)).inc()
    SECONDS.labels(route).observe(seconds)


def why_not_metrics(token: str | None, client: str, headers: Headers, public_url: str) -> str | None:
    """Why somebody may not read the figures. A token that is set is asked of everybody, this host included.

    Without one only this host reads them, and only where it serves nobody else: behind a proxy everybody seems to
    be this host, and not every proxy says that it is one.
    """
    if token is not None:
        given = headers.get("authorization", "").encode()
        return None if hmac.compare_digest(given, f"Bearer {token}".encode()) else say("bring the token of the metrics")
    if not is_loopback(urlsplit(public_url).hostname or ""):
        return "set PLANTOPS_METRICS_TOKEN and bring it: this service is reached from elsewhere"
    is_here = is_loopback(client)
    # What a proxy passes on seems to come from this host, or from where its sender says.
    return None if is_here and not any(name in headers for name in PASSED_ON) else say("only from this host")


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


@router.get("/healthz")
async def alive() -> Response:
    """The process answers; it says nothing of the database, which a restart of this process would not mend."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def ready(request: Request) -> Response:
    house = session.house_of(request)
    try:
        late = runner.behind(house.database, house.registry)
    except (PlantopsError, DBAPIError, PoolTimeout):
        return PlainTextResponse("the database does not answer\n", 503)
    if late:
        return PlainTextResponse(f"the database is older than the program: {', '.join(late)}\n", 503)
    return PlainTextResponse("ready\n")


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """For a Prometheus on this host, or for one that brings the token."""
    client = request.client.host if request.client else ""
    settings = session.house_of(request).settings
    if reason := why_not_metrics(settings.metrics_token, client, request.headers, settings.public_url):
        return PlainTextResponse(f"{reason}\n", 403)
    pool = session.house_of(request).database.engine.pool
    CONNECTIONS.set(getattr(pool, "checkedout", lambda: 0)())
    return Response(generate_latest(FIGURES), media_type=CONTENT_TYPE_LATEST)
