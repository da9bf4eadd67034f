"""The web process of the product and the hand-written one beside it, and what they cost in CPU."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import sqlalchemy as sa

from plantops.embedded_programs import CannotStart
from tests.houses import admin_engine

ROOT = Path(__file__).parents[2]
PROC = Path("/proc")
PATIENCE = 60.0


@dataclass
class Server:
    """A web process under measurement, with the database that only it uses."""

    name: str
    port: int
    pid: int
    database_url: str
    server_url: str

    def connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=60)

    def cpu_seconds(self) -> tuple[float, float] | None:
        """CPU that the web process and its connections' backends have used so far; None where it cannot be seen."""
        if not PROC.is_dir():
            return None
        query = "SELECT pid FROM pg_stat_activity WHERE datname = :name AND backend_type = 'client backend'"
        with admin_engine(self.server_url).connect() as admin:
            pids = admin.scalars(sa.text(query), {"name": sa.make_url(self.database_url).database}).all()
        if not all((PROC / str(pid)).is_dir() for pid in pids):
            return None  # the database runs on another machine
        return _ticked(self.pid), sum(scheduled(pid) for pid in pids)


def _ticked(pid: int) -> float:
    """User and system time of a process, ended threads included, in steps of 10 ms."""
    fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def scheduled(pid: int) -> float:
    """The time on a CPU of a process of one thread: to the nanosecond where the kernel tells it."""
    told = PROC / str(pid) / "schedstat"
    return int(told.read_text().split()[0]) / 1e9 if told.exists() else _ticked(pid)


@contextmanager
def product(database_url: str, server_url: str, data: Path) -> Iterator[Server]:
    """`plantops serve`, as it is run for real."""
    environ = {"PLANTOPS_DATABASE_URL": database_url, "PLANTOPS_DATA": str(data), "PLANTOPS_LOG_LEVEL": "info"}
    with _running("plantops", ["-m", "plantops.cli", "serve"], environ, database_url, server_url, "/readyz") as server:
        yield server


@contextmanager
def floor(database_url: str, server_url: str) -> Iterator[Server]:
    """The same pages by psycopg and format strings, under the same web server."""
    environ = {"PLANTOPS_DATABASE_URL": database_url}
    with _running("floor", ["-m", "tests.bench.floor"], environ, database_url, server_url, "/ready") as server:
        yield server


@contextmanager
def _running(
    name: str, words: list[str], environ: dict[str, str], database_url: str, server_url: str, ready: str
) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [sys.executable, *words, "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            server = Server(name, port, process.pid, database_url, server_url)
            if not _answers(server, ready, process):
                said.seek(0)
                raise CannotStart(f"The {name} server did not start. It said: {said.read()[-2000:]}")
            yield server
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(server: Server, path: str, process: subprocess.Popen[bytes]) -> bool:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        connection = server.connect()
        try:
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return True
        except OSError:
            time.sleep(0.05)
        finally:
            connection.close()
    return False
