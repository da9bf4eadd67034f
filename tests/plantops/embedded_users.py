"""Those who use an embedded PostgreSQL in the tests: this process, and others that may be killed."""

import os
import signal
import site
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from plantops import embedded_watch

PROJECT = Path(__file__).parents[2]
SURROUNDINGS = {**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT), *site.getsitepackages()])}

# What another plantops process does: use the server until its input closes.
ANOTHER = """
import sys
from pathlib import Path
from plantops.embedded import start
server = start(Path(sys.argv[1]), unsafe_for_tests=True)
print(server.url, flush=True)
sys.stdin.readline()
print(server.stop(), flush=True)
"""


def connect(url: str, database: str = "plantops") -> psycopg.Connection:
    address = url.replace("postgresql+psycopg", "postgresql").replace("/plantops?", f"/{database}?")
    return psycopg.connect(address, autocommit=True)


def remember(url: str, word: str) -> None:
    with connect(url) as session:
        session.execute("create table if not exists remembered (word text)")
        session.execute("insert into remembered values (%s)", [word])


def remembered(url: str) -> list[str]:
    with connect(url) as session:
        return [row[0] for row in session.execute("select word from remembered")]


def server_of(data: Path) -> int | None:
    return embedded_watch.postmaster(data / "postgres")


def watcher_of(data: Path) -> int:
    """The parent of the server."""
    status = subprocess.run(
        ["ps", "-o", "ppid=", "-p", str(server_of(data))], capture_output=True, text=True, check=True
    )
    return int(status.stdout)


def eventually(what: Callable[[], bool], seconds: float = 20) -> bool:
    return embedded_watch.wait_until(what, seconds)


def is_ready(data: Path) -> bool:
    pid = server_of(data)
    return pid is not None and embedded_watch.ready(data / "postgres", pid)


class Another:
    """Another process that uses the same data folder."""

    def __init__(self, data: Path, user: int | None = None) -> None:
        self.process = subprocess.Popen(
            [sys.executable if user is None else self.python(user), "-c", ANOTHER, str(data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            user=user,
            cwd=PROJECT,
            env=SURROUNDINGS,
        )
        self.url = self.line()

    @staticmethod
    def python(user: int) -> str:
        """A Python that this user may run too: ours may lie in a folder that only root may enter."""
        ours = f"import sys, plantops.embedded; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
        for python in (sys.executable, "/usr/local/bin/python3", "/usr/bin/python3"):
            try:
                asked = subprocess.run(
                    [python, "-c", ours], cwd=PROJECT, user=user, env=SURROUNDINGS, capture_output=True, check=False
                )
                if asked.returncode == 0:
                    return python
            except OSError:
                continue
        pytest.skip("an ordinary user can reach no Python of this version, or not this checkout")

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def leaves(self) -> bool:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        was_last = self.line() == "True"
        self.process.communicate(timeout=20)
        return was_last

    def gets(self, sign: signal.Signals) -> None:
        self.process.send_signal(sign)
        self.process.communicate(timeout=20)
