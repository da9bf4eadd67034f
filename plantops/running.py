"""Running it: web, worker, and the demo that starts and stops everything together."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import gc
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from plantops import embedded, lifeline, logs
from plantops.errors import Invalid, Unavailable
from plantops.module import load
from plantops.settings import Settings
from plantops.wording import say

PATIENCE = 60.0  # seconds until the web process must answer
GRACE = 10.0  # seconds that a process gets to end by itself


class Stopped(BaseException):
    """SIGTERM or SIGINT arrived."""


@contextlib.contextmanager
def stopping_on_signals() -> Iterator[None]:
    """SIGINT and SIGTERM end the block in an orderly way, however often they come."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with contextlib.suppress(Stopped):
        yield


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """Programs that are read in here stay to the end: the search for what is no longer used never looks at them.

    Reading them takes a fifth less, and so do the searches later.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def serve(settings: Settings, url: str, *, host: str, port: int, workers: int, when_told: bool = False) -> int:
    """The web processes. They read the database and the data folder from the environment.

    `when_told`: the program is read at once, the database only when a line comes on standard input.
    """
    lifeline.follow()
    logs.configure(settings.log_level)
    os.environ["PLANTOPS_DATABASE_URL"] = url
    os.environ["PLANTOPS_DATA"] = str(settings.data)
    config = load("uvicorn:Config")(
        "web.app:create",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        log_level=settings.log_level,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        timeout_graceful_shutdown=10,
    )
    if when_told:
        with reading():
            load("web.app:page_packages")(load("plantops.core:everything")())
        sys.stdin.readline()
    if workers == 1:
        server = load("uvicorn:Server")(config)
        with contextlib.suppress(KeyboardInterrupt):
            server.run()
        return 0 if server.started else 1
    listening = config.bind_socket()
    # What the workers accept inherits it. Without it, the second half of an answer waits 40 ms for the first one's
    # acknowledgement: asyncio sees to that for the sockets that it opens itself, but this one it is given.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    load("uvicorn.supervisors:Multiprocess")(config, sockets=[listening]).run()
    return 0


def worker(settings: Settings, url: str) -> int:
    """One worker process: jobs, schedules, outbox."""
    lifeline.follow()
    logs.configure(settings.log_level)
    with reading():
        work = load("plantops.worker:work")
    return int(work(settings, url))


def demo(settings: Settings, *, port: int, no_browser: bool) -> int:
    """The demo plant on the embedded PostgreSQL, with web and worker, until it is stopped."""
    if settings.database_url:
        raise Invalid(
            say("The demo uses its own embedded PostgreSQL. Unset PLANTOPS_DATABASE_URL, or use `init --demo`.")
        )
    refuse_taken(port)
    print("Starting PostgreSQL ...", flush=True)
    with stopping_on_signals(), embedded.running(settings.data) as url:
        address = f"http://127.0.0.1:{port}"

        def made() -> None:
            with making_alone(settings.data):
                load("plantops.demo.making:prepare")(settings, url)
            print("Starting the web pages and the worker ...", flush=True)

        with children(settings, url, port, made) as running:
            print(f"ready {address}", flush=True)
            print(f"\nSign in with one of these, password {load('plantops.demo:PASSWORD')}:", flush=True)
            print("  " + ", ".join(login for login, _name in load("plantops.demo.plant:ROLE_LOGINS")), flush=True)
            print("Stop with Ctrl-C.", flush=True)
            if not no_browser and sys.stdout.isatty():
                webbrowser.open(address)
            while all(child.poll() is None for child in running):
                time.sleep(0.2)
            raise Unavailable(say("A process of the demo has ended by itself. Its last words stand above."))
    return 0


def refuse_taken(port: int) -> None:
    """Said before anything is made: raises Invalid when the web process could not listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one that has just ended is not in the way
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            raise Invalid(
                say(
                    "Port {port} cannot be used ({error}): stop what uses it, perhaps another demo, "
                    "or name a free one with --port.",
                    port=port,
                    error=error,
                )
            ) from error


@contextlib.contextmanager
def making_alone(data: Path) -> Iterator[None]:
    """One at a time makes the demo of a data folder. The lock falls when its holder and all its parts have ended."""
    with (data / "locks" / "demo").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another demo is being made in this folder: waiting for it ...", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def children(
    settings: Settings, url: str, port: int, first: Callable[[], None] = lambda: None
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Web and worker as processes of their own; whatever happens, both are ended, also when this one is killed.

    The web process reads its program while `first` makes the database ready. The worker is started once the pages
    answer: the two would only make each other wait.
    """
    environment = os.environ | {
        "PLANTOPS_DATABASE_URL": url,
        "PLANTOPS_DATA": str(settings.data),
        "PLANTOPS_PUBLIC_URL": settings.public_url
        if "PLANTOPS_PUBLIC_URL" in os.environ
        else f"http://127.0.0.1:{port}",
        "PLANTOPS_DEMO": "1",
        # In a terminal that a person reads, only what went wrong is news.
        "PLANTOPS_LOG_LEVEL": os.environ.get("PLANTOPS_LOG_LEVEL", "warning"),
    }
    command = [sys.executable, "-m", "plantops.entrance"]
    started: list[subprocess.Popen[bytes]] = []
    with lifeline.thrown() as line:
        environment[lifeline.VARIABLE] = str(line)

        def begin(*words: str) -> subprocess.Popen[bytes]:
            child = subprocess.Popen(  # noqa: S603
                [*command, *words], env=environment, start_new_session=True, pass_fds=(line,), stdin=subprocess.PIPE
            )
            started.append(child)
            return child

        try:
            web = begin("serve", "--when-told", "--port", str(port))
            first()
            tell(web)
            wait_until_ready(f"http://127.0.0.1:{port}", started)
            begin("worker")
            yield started
        finally:
            end(started)


def tell(process: subprocess.Popen[bytes]) -> None:
    """A line for who waits for it; that it has ended meanwhile is found out elsewhere."""
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(b"now\n")
        process.stdin.close()


def end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + GRACE
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_ready(address: str, running: list[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if any(process.poll() is not None for process in running):
            raise Unavailable(say("The demo could not start: a process has ended. Its last words stand above."))
        with (
            contextlib.suppress(urllib.error.URLError, OSError),
            urllib.request.urlopen(  # noqa: S310  own loopback
                f"{address}/readyz", timeout=2
            ) as answer,
        ):
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise Unavailable(
        say("The web process does not answer on {address} after {patience:.0f} s.", address=address, patience=PATIENCE)
    )


# --- Commands


def run_demo(args: argparse.Namespace) -> int:
    return demo(Settings.read(args.data or default_demo_data()), port=args.port, no_browser=args.no_browser)


def default_demo_data() -> Path | None:
    """The demo keeps to a folder of its own beside a real plant's data, unless PLANTOPS_DATA says where."""
    return None if os.environ.get("PLANTOPS_DATA") else Settings.read().data / "demo"


def register(commands: argparse._SubParsersAction[Any]) -> None:
    text = "a living demo plant on the embedded PostgreSQL"
    made: argparse.ArgumentParser = commands.add_parser("demo", help=text, description=text)
    made.set_defaults(run=run_demo)
    made.add_argument("--data", type=Path, help="folder of the embedded database and the files")
    made.add_argument("--port", type=int, default=8000)
    made.add_argument("--no-browser", action="store_true")
