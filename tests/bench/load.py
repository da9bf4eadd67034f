"""Clerks at work: a few connections that ask one after the other, and how long each answer took."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any

from tests.bench.servers import Server

CONNECTIONS = 2
Work = Callable[["Clerk"], None]


class Wrong(Exception):
    """An answer that is not what was asked for: nothing was measured."""


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Clerk:
    """One connection of a signed-in browser."""

    connection: HTTPConnection
    headers: dict[str, str]
    origin: str

    def get(self, path: str) -> Answer:
        return self._send("GET", path, None, {})

    def post(self, path: str, body: str, came_from: str) -> Answer:
        """A form as htmx sends it."""
        more = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": self.origin,
            "HX-Request": "true",
            "HX-Request-Type": "partial",
            "HX-Current-URL": f"{self.origin}{came_from}",
        }
        return self._send("POST", path, body, more)

    def _send(self, method: str, path: str, body: str | None, more: dict[str, str]) -> Answer:
        self.connection.request(method, path, body, self.headers | more)
        got = self.connection.getresponse()
        answer = Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())
        if answer.status != 200:
            raise Wrong(f"{method} {path} was answered with {answer.status}: {answer.body[:300]!r}")
        return answer


def clerk(server: Server, token: str) -> Clerk:
    headers = {"Cookie": f"session={token}", "Accept-Encoding": "gzip", "Accept": "text/html"}
    return Clerk(server.connect(), headers, f"http://127.0.0.1:{server.port}")


@dataclass
class Measured:
    """What one server did in one round or in all of them."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    web_cpu: float | None = 0.0
    database_cpu: float | None = 0.0

    def add(self, other: Measured) -> None:
        self.seconds += other.seconds
        self.latencies += other.latencies
        known = self.web_cpu is not None and other.web_cpu is not None
        self.web_cpu = (self.web_cpu or 0) + (other.web_cpu or 0) if known else None
        self.database_cpu = (self.database_cpu or 0) + (other.database_cpu or 0) if known else None

    @property
    def cpu_ms(self) -> float | None:
        """CPU milliseconds of web process and database for one piece of work."""
        if self.web_cpu is None or self.database_cpu is None:
            return None
        return (self.web_cpu + self.database_cpu) * 1000 / len(self.latencies)

    def as_row(self) -> dict[str, Any]:
        ordered = sorted(self.latencies)
        each = len(ordered)
        return {
            "done": each,
            "per_second": round(each / self.seconds, 1),
            "p50_ms": round(ordered[each // 2] * 1000, 2),
            "p95_ms": round(ordered[min(each - 1, each * 95 // 100)] * 1000, 2),
            "web_cpu_ms": None if self.web_cpu is None else round(self.web_cpu * 1000 / each, 3),
            "database_cpu_ms": None if self.database_cpu is None else round(self.database_cpu * 1000 / each, 3),
            "cpu_ms": None if self.cpu_ms is None else round(self.cpu_ms, 3),
        }


def drive(server: Server, token: str, work: Work, seconds: float, most: int) -> Measured:
    """`work` again and again on a few connections for that long, or until `most` were done."""
    left, lock = [most], threading.Lock()
    latencies: list[float] = []
    errors: list[Exception] = []

    def go(one: Clerk) -> None:
        try:
            while time.perf_counter() < until:
                with lock:
                    if left[0] <= 0 or errors:
                        return
                    left[0] -= 1
                began = time.perf_counter()
                work(one)
                latencies.append(time.perf_counter() - began)
        except (Wrong, OSError, HTTPException) as error:
            errors.append(error)

    clerks = [clerk(server, token) for _ in range(CONNECTIONS)]
    before = server.cpu_seconds()
    began = time.perf_counter()
    until = began + seconds
    threads = [threading.Thread(target=go, args=(one,)) for one in clerks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    after = server.cpu_seconds()
    for one in clerks:
        one.connection.close()
    if errors:
        raise Wrong(f"{server.name}: {errors[0]}") from errors[0]
    if before is None or after is None:
        return Measured(took, latencies, None, None)
    return Measured(took, latencies, after[0] - before[0], after[1] - before[1])
