"""The pages of the demo plant as Lighthouse judges them on a slow phone: performance, accessibility, best practices."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from plantops import people
from plantops.core import House, initialise
from plantops.demo import build
from plantops.settings import Settings
from tests.bench import plant, servers
from tests.bench.load import Wrong
from tests.bench.servers import Server
from tests.bench.tables import Asked, Row, Table
from tests.houses import admin_engine, url_of
from web.session import cookie_name

PINNED = "lighthouse@13.5.0"
AIMS = {"performance": 95, "accessibility": 100, "best-practices": 100}
LIMITS_MS = {"largest-contentful-paint": 1500, "total-blocking-time": 100}
ROLES = ("employee", "buyer", "facility_manager", "dispatcher", "plant_manager")
# What is opened, and by which query its id is found.
PAGES = {
    "login": ("/login", ""),
    "home": ("/", ""),
    "list of orders": ("/purchasing/orders", ""),
    "one order": ("/purchasing/orders/{id}", "SELECT max(id) FROM purchasing_order WHERE number IS NOT NULL"),
    "roster": ("/housekeeping/rosters/{id}", "SELECT max(id) FROM housekeeping_roster"),
    "plan of a day": ("/transport/plans/{id}", "SELECT max(id) FROM transport_plan"),
    # By its week: where /weekly leads on, the browser no longer sends the cookie that it was told to.
    "weekly report": ("/weekly/{id}", "SELECT to_char(current_date - 7, 'IYYY\"-W\"IW')"),
}
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run"
PATIENCE_SECONDS = 300


def runner() -> tuple[str, str]:
    """Where npx and the browser are. Lighthouse is a peer of the bench; the product needs neither."""
    npx, chromium = shutil.which("npx"), os.environ.get("PLANTOPS_CHROMIUM") or shutil.which("chromium")
    if npx is None:
        raise Wrong("Lighthouse needs Node.js: install it (`apt-get install nodejs npm`), then measure again.")
    if chromium is None:
        raise Wrong(
            "Lighthouse needs Chromium: install it (`apt-get install chromium`) or name it in PLANTOPS_CHROMIUM."
        )
    return npx, chromium


@contextmanager
def opened(asked: Asked) -> Iterator[Callable[[str], Row]]:
    tools = runner()
    with asked.server() as server_url, demo(server_url, asked) as house:
        with house.acting() as ctx:
            found = {name: address(ctx.session, *where) for name, where in PAGES.items()}
        cookie = f"{cookie_name(house.settings)}={plant.TOKEN}"
        with servers.product(house.database.url, server_url, asked.data) as server:
            yield lambda name: [judged(tools, server, name, found[name], cookie)]


@contextmanager
def demo(server_url: str, asked: Asked) -> Iterator[House]:
    """A demo plant of its own, with somebody signed in who sees these pages."""
    name = f"plantops_bench_demo_{os.getpid()}"
    with admin_engine(server_url).connect() as admin:
        admin.execute(sa.text(f"CREATE DATABASE {name}"))
        try:
            asked.say("Making the demo plant ...")
            house = initialise(url_of(server_url, name), Settings.read(asked.data, environ={}))
            build(house)
            sign_in(house)
            yield house
            house.database.dispose()
        finally:
            admin.execute(sa.text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


def sign_in(house: House) -> None:
    now = datetime.now(UTC)
    with house.acting() as ctx:
        person = people.add_user(ctx, "lighthouse", "Lena Light")
        for role in ROLES:
            people.grant(ctx, person.id, role)
        token = people.digest(plant.TOKEN)
        ctx.session.add(people.SignIn(token_hash=token, user_id=person.id, created_at=now, seen_at=now, device="bench"))


def address(session: Any, path: str, query: str) -> str:
    id = session.scalar(sa.text(query)) if query else ""
    if query and id is None:
        raise Wrong(f"The demo plant has nothing to show at {path}.")
    return path.replace("{id}", str(id))


def judged(tools: tuple[str, str], server: Server, name: str, path: str, cookie: str) -> dict[str, Any]:
    npx, chromium = tools
    with tempfile.TemporaryDirectory() as folder:
        report, headers = Path(folder) / "report.json", Path(folder) / "headers.json"
        headers.write_text(json.dumps({"Cookie": cookie} if name != "login" else {}), encoding="utf-8")
        words = [
            npx, "--yes", PINNED, f"http://localhost:{server.port}{path}", "--quiet", "--output=json",
            f"--output-path={report}", f"--only-categories={','.join(AIMS)}", f"--extra-headers={headers}",
            f"--chrome-flags={FLAGS}",
        ]  # fmt: skip
        environ = {**os.environ, "CHROME_PATH": chromium}
        run = partial(subprocess.run, cwd=folder, env=environ, capture_output=True, text=True, check=False)
        done = run(words, timeout=PATIENCE_SECONDS)
        if done.returncode or not report.exists():
            raise Wrong(f"Lighthouse did not judge {path}: {done.stderr[-500:]}")
        return row(name, path, json.loads(report.read_text(encoding="utf-8")))


def row(name: str, path: str, report: dict[str, Any]) -> dict[str, Any]:
    """The scores of one report, and the audits that cost points."""
    if path not in report["finalDisplayedUrl"]:
        raise Wrong(f"{path} led to {report['finalDisplayedUrl']}.")
    scores = {name: round(100 * (one["score"] or 0)) for name, one in report["categories"].items()}
    weighs = {
        ref["id"] for key, one in report["categories"].items() if key != "performance" for ref in one["auditRefs"]
        if ref["weight"]
    }  # fmt: skip
    audits = report["audits"]
    wrong = [id for id in sorted(weighs) if audits[id]["score"] is not None and audits[id]["score"] < 1]
    times = {id: round(audits[id]["numericValue"]) for id in LIMITS_MS}
    return {"page": name, **scores, **times, "wrong": ", ".join(wrong)}


def names(_asked: Asked) -> list[str]:
    return list(PAGES)


def notes(rows: Row) -> str:
    below = [f"{one['page']}: {what} {one[what]}" for one in rows for what, aim in AIMS.items() if one[what] < aim]
    below += [
        f"{one['page']}: {what} {one[what]} ms" for one in rows for what, most in LIMITS_MS.items() if one[what] > most
    ]
    aims = ", ".join(f"{what} {aim}" for what, aim in AIMS.items())
    return (
        f"{PINNED}, its phone (a simulated slow network, a processor four times slower), one run a page, signed in.\n"
        f"Aims: {aims}; paint within 1,500 ms, blocked for at most 100 ms. "
        + (f"Not reached: {'; '.join(below)}." if below else "All reached.")
    )


TABLE = Table(
    name="lighthouse",
    title="Pages on a slow phone",
    columns=(
        ("page", "page"), ("performance", "performance"), ("accessibility", "accessibility"),
        ("best-practices", "best practices"), ("largest-contentful-paint", "largest paint ms"),
        ("total-blocking-time", "blocked ms"), ("wrong", "not in order"),
    ),
    names=names,
    open=opened,
    notes=notes,
)  # fmt: skip
