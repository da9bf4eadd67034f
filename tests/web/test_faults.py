"""The database goes away and comes back: a clear page meanwhile, and nobody has to restart anything."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from plantops import embedded
from plantops.core import initialise
from plantops.settings import Settings
from tests import houses
from tests.browser import Served, serve
from web import session

pytestmark = pytest.mark.db


def test_the_database_stops_and_comes_back(tmp_path: Path, settings: Settings) -> None:
    data = tmp_path / "data"
    server = embedded.start(data, unsafe_for_tests=True)
    house = initialise(server.url, settings, ())
    house.clock = lambda: houses.NOW
    web, thread, url = serve(house)
    served = Served(house, url)
    try:
        token = served.token("employee", "anna")
        cookies = {session.cookie_name(settings): token}
        with httpx.Client(base_url=url, cookies=cookies, timeout=30) as anna:
            assert anna.get("/").status_code == 200

            assert server.stop()
            down = anna.get("/")
            assert down.status_code == 503
            assert "The database does not answer. Nothing was saved" in down.text
            assert down.headers["retry-after"] == "5"
            assert 'data-retries="5"' in down.text and "This page tries again by itself." in down.text
            form = {"_csrf": session.csrf_of(token), "site": "1", "back": "/"}
            partial = {"Origin": url, "HX-Request": "true", "HX-Request-Type": "partial", "HX-Source": "form#site"}
            sent = anna.post("/site", data=form, headers=partial)
            assert sent.status_code == 503
            assert "hx-partial" in sent.text and "try again in a moment" in sent.text
            whole = anna.post("/site", data=form, headers={"Origin": url})
            assert whole.status_code == 503 and "tries again by itself" not in whole.text
            assert anna.get("/healthz").status_code == 200
            assert anna.get("/readyz").status_code == 503
            api = anna.get("/api/v1/nothing", headers={"Authorization": "Bearer x"})
            assert api.status_code == 404

            server = embedded.start(data, unsafe_for_tests=True)
            assert anna.get("/readyz").status_code == 200
            assert anna.get("/").status_code == 200
    finally:
        web.should_exit = True
        thread.join(10)
        house.database.dispose()
        server.stop()
