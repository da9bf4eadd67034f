"""Browsers and clients for tests: the real web process on a plant of its own, and people who use it."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

import httpx
import lxml.html
import pytest
import uvicorn
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, WebError, expect, sync_playwright

from plantops import logs, passwords, people
from plantops.core import House
from plantops.settings import Settings
from tests import houses
from web import session
from web.app import create

PASSWORD = "a plant of one's own"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 10_000


# --- The web process


@dataclass
class Served:
    """A running web process, and the house behind it."""

    house: House
    url: str
    logins: dict[str, int] = field(default_factory=dict)

    def person(self, as_: str, login: str | None = None) -> str:
        """The login of a person with these roles (commas between), made on first use."""
        login = login or as_.replace(",", "-")
        if login not in self.logins:
            with self.house.acting() as ctx:
                user = people.add_user(ctx, login, login.title().replace("_", " "))
                user.password_hash = password_hash()
                for role in dict.fromkeys((*as_.split(","), "employee")):
                    people.grant(ctx, user.id, role)
                self.logins[login] = user.id
        return login

    def token(self, as_: str, login: str | None = None) -> str:
        """The cookie of a new session of this person."""
        user_id, token = self.logins[self.person(as_, login)], secrets.token_urlsafe(32)
        with self.house.acting() as ctx:
            ctx.session.add(
                people.SignIn(
                    token_hash=people.digest(token), user_id=user_id, created_at=ctx.now, seen_at=ctx.now, device="test"
                )
            )
        return token


_HASHES: list[str] = []


def password_hash() -> str:
    """Made once: a good hash is slow by design."""
    if not _HASHES:
        _HASHES.append(passwords.hashed(PASSWORD))
    return _HASHES[0]


class ThreadedServer(uvicorn.Server):
    """uvicorn beside the test, without its signal handlers."""

    def install_signal_handlers(self) -> None:
        return


def serve(house: House, port: int = 0) -> tuple[ThreadedServer, threading.Thread, str]:
    app = create(house)
    app.state.shows_design = True
    taken = socket.create_server(("127.0.0.1", port))
    taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each answer waits 40 ms for its second half
    port = taken.getsockname()[1]
    server = ThreadedServer(uvicorn.Config(app, log_level="error", access_log=False, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            raise RuntimeError("The web process did not start.")
        time.sleep(0.01)
    return server, thread, f"http://localhost:{port}"


@pytest.fixture(scope="module")
def served(server_url: str, template: str, shared_folder: Path, settings: Settings) -> Iterator[Served]:
    """The web process on a plant of its own, one for all tests of a file; people keep to their logins."""
    house = houses.house_on(houses.make_database(server_url, template, shared_folder), settings)
    server, thread, url = serve(house)
    yield Served(house, url)
    server.should_exit = True
    thread.join(10)
    house.database.dispose()
    houses.drop_database(house.database.url, server_url)


@contextmanager
def same_clock(house: House) -> Iterator[None]:
    """A test that moved the clock moves it back; faults are logged as in earnest, which is quick."""
    before = house.clock
    logs.configure("warning")
    yield
    house.clock = before


# --- A client that sends forms as the browser does, without drawing anything


@dataclass
class Client:
    """Somebody's connection: reads pages, sends their forms."""

    served: Served
    http: httpx.Client
    token: str = ""

    def get(self, path: str, *, partial: bool = False) -> httpx.Response:
        headers = {"HX-Request": "true", "HX-Request-Type": "partial"} if partial else {}
        return self.http.get(path, headers=headers)

    def page(self, path: str) -> lxml.html.HtmlElement:
        """A page that must be there, parsed."""
        answer = self.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.headers.get('location', '')}"
        return cast(lxml.html.HtmlElement, lxml.html.fromstring(answer.text))

    def submit(self, path: str, form_id: str, **typed: Any) -> httpx.Response:
        """Opens a page, fills in one of its forms, sends it by htmx. With dots: **{"lines.0.quantity": 3}."""
        form = self.page(path).get_element_by_id(form_id)
        fields: dict[str, Any] = {name: value or "" for name, value in form.form_values()}
        files = {name: typed.pop(name) for name in list(typed) if isinstance(typed[name], tuple)}
        fields |= {name: str(value) for name, value in typed.items()}
        return self.send(str(form.get("action")), fields, source=f"form#{form_id}", came_from=path, files=files)

    def post(self, path: str, **fields: Any) -> httpx.Response:
        """Sends fields straight to an address, with this session's token."""
        return self.send(path, {"_csrf": session.csrf_of(self.token), **{k: str(v) for k, v in fields.items()}})

    def send(
        self,
        path: str,
        fields: dict[str, Any],
        *,
        source: str = "button",
        came_from: str = "/",
        files: dict[str, Any] | None = None,
        partial: bool = True,
    ) -> httpx.Response:
        headers = {"Origin": self.served.url, "Referer": f"{self.served.url}{came_from}"}
        if partial:
            headers |= {
                "HX-Request": "true",
                "HX-Request-Type": "partial",
                "HX-Source": source,
                "HX-Current-URL": f"{self.served.url}{came_from}",
            }
        return self.http.post(path, data=fields, files=files or None, headers=headers)


@pytest.fixture
def client(served: Served) -> Iterator[Callable[..., Client]]:
    """`client("buyer")`: somebody with these roles; `client()`: nobody is signed in."""
    opened: list[httpx.Client] = []

    def open_one(as_: str = "", login: str | None = None) -> Client:
        http = httpx.Client(base_url=served.url, timeout=20)
        opened.append(http)
        token = served.token(as_, login) if as_ else ""
        if token:
            http.cookies.set(session.cookie_name(served.house.settings), token)
        return Client(served, http, token)

    with same_clock(served.house):
        yield open_one
    for http in opened:
        http.close()


# --- A real browser


def chromium_path() -> str:
    """The browser that the variable names, else the system's."""
    installed = (shutil.which(name) for name in ("chromium-headless-shell", "chromium"))
    named = os.environ.get("PLANTOPS_CHROMIUM") or next(filter(None, installed), "/usr/bin/chromium")
    if not Path(named).exists():
        pytest.fail("No Chromium: install it (`apt-get install chromium`) or name it in PLANTOPS_CHROMIUM.")
    return named


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        yield running
        running.close()


class Ear:
    """Hears on every page of a browser what its security policy refuses, and every script that fails."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def listen(self, context: BrowserContext) -> None:
        context.on("console", self._message)
        context.on("weberror", self._fault)

    def _message(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "violates the following" in message.text:
            self.heard.append(message.text)

    def _fault(self, fault: WebError) -> None:
        self.heard.append(f"script error: {fault.error}")


def shut(context: BrowserContext) -> None:
    """Ends a browser. A page that is just being loaded anew can hold that up for ever: it is sent elsewhere first."""
    for page in context.pages:
        with suppress(Error):
            page.goto("about:blank", timeout=PATIENCE_MS / 2)
    context.close()


@pytest.fixture
def browser(served: Served, chromium: Browser) -> Iterator[Callable[..., Page]]:
    """`browser("buyer", width=390, dark=True)`: a page of somebody's browser. What breaks the security policy fails."""
    contexts: list[BrowserContext] = []
    ear = Ear()

    def open_one(as_: str = "", login: str | None = None, *, width: int = 1280, dark: bool = False) -> Page:
        context = chromium.new_context(
            base_url=served.url,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            locale="en-GB",
        )
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        ear.listen(context)
        if as_:
            name = session.cookie_name(served.house.settings)
            context.add_cookies([{"name": name, "value": served.token(as_, login), "url": served.url}])
        return context.new_page()

    with same_clock(served.house):
        yield open_one
    for context in contexts:
        shut(context)
    assert not ear.heard, "\n".join(ear.heard)


# What turns on the colours: nothing else changes for the other rules when a page turns dark.
COLOURS = ("color-contrast", "link-in-text-block")
RUN_AXE = """([inside, only, without]) => axe.run({include: [[inside || "html"]], exclude: without.map(one => [one])},
  {resultTypes: ["violations"], selectors: false,
  ...(only.length ? {runOnly: {type: "rule", values: only}} : {})})
  .then(r => r.violations.flatMap(v => v.nodes.map(n => `${v.id}: ${n.html} ${n.failureSummary}`)))"""

# Nothing is half-way between two colours when it is measured.
STILL = """() => { const sheet = new CSSStyleSheet(); document.adoptedStyleSheets.push(sheet);
  sheet.replaceSync("*, *::before, *::after { transition: none !important; }"); }"""
THEME = "it => document.documentElement.dataset.bsTheme === it"


def axe(page: Page, *, only: tuple[str, ...] = (), inside: str = "", without: tuple[str, ...] = ()) -> list[str]:
    """What axe finds on the page as it is now, one line each.

    `only` names rules, `inside` one element, `without` those that are not looked into.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return cast(list[str], page.evaluate(RUN_AXE, [inside, list(only), list(without)]))


def looks(page: Page, *, width: int = 1280, dark: bool = False) -> None:
    """Turns the device: a page that is open is drawn anew."""
    colours: Literal["dark", "light"] = "dark" if dark else "light"
    page.evaluate(STILL)
    page.emulate_media(color_scheme=colours, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 900})
    if page.url != "about:blank":
        page.wait_for_function(THEME, arg=colours)
