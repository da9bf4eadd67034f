"""A web process of its own on a plant's database: it can be killed in the middle of its work, and comes back."""

from __future__ import annotations

import multiprocessing
import socket
import time
import urllib.request
from pathlib import Path
from urllib.error import HTTPError, URLError

import uvicorn

from plantops.core import open_house
from plantops.settings import Settings
from tests.houses import NOW
from web.app import create

PATIENCE_SECONDS = 120  # on a machine that does other things, too
# The program is imported once, in a process that has no threads; from there each web process is forked.
BIRTH = multiprocessing.get_context("forkserver")
BIRTH.set_forkserver_preload([__name__])


class WebProcess:
    """`kill()` is SIGKILL: no answer is finished, and no transaction is ended by it."""

    def __init__(self, database_url: str, data: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self.database_url, self.data = database_url, data
        self.url = f"http://localhost:{self.port}"
        self.rise()

    def rise(self) -> None:
        """At the same address, whether or not one was killed here before."""
        self.process = BIRTH.Process(target=serve, args=(self.database_url, str(self.data), self.port), daemon=True)
        self.process.start()
        until = time.monotonic() + PATIENCE_SECONDS
        while not self._answers():
            assert self.process.is_alive(), f"The web process ended with {self.process.exitcode}."
            assert time.monotonic() < until, "The web process did not start."
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/login", timeout=PATIENCE_SECONDS):
                return True
        except HTTPError:
            return True
        except (URLError, OSError):
            return False

    def kill(self) -> None:
        self.process.kill()
        self.process.join(30)


def serve(database_url: str, data: str, port: int) -> None:
    house = open_house(database_url, Settings.read(Path(data), environ={}))
    house.clock = lambda: NOW
    uvicorn.run(create(house), host="127.0.0.1", port=port, log_level="error", access_log=False)
