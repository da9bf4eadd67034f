"""Every answer: guarded by headers, small, kept where it may be kept, and helpful when something is wrong."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
import pytest
import structlog
from playwright.sync_api import Page, Route, expect
from starlette.datastructures import Headers

from plantops import logs
from tests.browser import Client, Served
from web import assets, errors
from web.health import why_not_metrics
from web.security import CONTENT_SECURITY_POLICY, LARGEST_BODY, LARGEST_TEXT, sayable
from web.visit import Toast, read_flash, write_flash

HERE, TOKEN = "http://127.0.0.1:8000", "a token of the metrics"
pytestmark = pytest.mark.db


def test_every_kind_of_answer_carries_the_guard(client: Callable[..., Client]) -> None:
    anna = client("employee")
    for path in ("/", "/login", "/nowhere", "/jobs/1", "/healthz", "/api/v1/openapi.json", "/jobs/x"):
        answer = anna.get(path)
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY, path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])


def test_static_files_are_kept_for_good_and_packed(client: Callable[..., Client]) -> None:
    path = assets.address_of("app.css")
    answer = client().get(path)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert "--accent" in answer.text
    other = client().get("/static/older/app.css")
    assert other.headers["cache-control"] == "no-cache"
    assert client().get("/static/x/../../pyproject.toml").status_code == 404


def test_the_first_load_is_small(client: Callable[..., Client]) -> None:
    anna = client("employee")
    page = anna.get("/")
    links = re.findall(r'(?:src|href)="(/static/[^"#]+)', page.text)
    packed = {path: len(assets.assets()[path.split("/", 3)[3]].packed) for path in set(links)}
    assert sum(packed.values()) + len(page.content) < 120_000
    assert len(packed) >= 8


def test_missing_pages_help(client: Callable[..., Client]) -> None:
    answer = client("employee").get("/nowhere")
    assert answer.status_code == 404
    assert "There is no page /nowhere" in answer.text
    assert 'href="/jobs"' in answer.text  # the menu is there


@pytest.mark.parametrize("id", ["x", "-1", "0", "99999999999999999999999", "1e3", "%00", "1%27%20OR%201=1"])
def test_hostile_ids_are_no_pages(client: Callable[..., Client], id: str) -> None:
    assert client("employee").get(f"/jobs/{id}").status_code in (400, 404, 422)


def test_a_program_is_told_of_a_bad_address_in_its_own_form(client: Callable[..., Client]) -> None:
    answer = client("employee").get("/api/v1/jobs?q=a%00b")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["code"] == "bad_request" and "cannot be stored" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("kind", "most"),
    [
        ("multipart/form-data; boundary=x", LARGEST_BODY),
        ("application/x-www-form-urlencoded", LARGEST_TEXT),
        ("application/json", LARGEST_TEXT),
        ("", LARGEST_TEXT),
    ],
)
def test_too_much_is_refused_before_it_is_read(served: Served, kind: str, most: int) -> None:
    where = urlsplit(served.url)
    with socket.create_connection(("127.0.0.1", where.port)) as raw:
        raw.sendall(
            f"POST /account/password HTTP/1.1\r\nHost: {where.netloc}\r\nOrigin: {served.url}\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {most + 1}\r\n\r\n".encode()
        )
        assert raw.recv(100).startswith(b"HTTP/1.1 413")


def test_too_much_is_refused_while_it_is_read(client: Callable[..., Client], served: Served) -> None:
    anna = client("employee")

    def endless() -> object:
        for _ in range(LARGEST_TEXT // 1_000_000 + 2):
            yield b"x" * 1_000_000

    headers = {"Origin": served.url, "Content-Type": "application/x-www-form-urlencoded"}
    try:
        answer = anna.http.post("/account/password", headers=headers, content=endless())  # type: ignore[arg-type]
    except httpx.WriteError:
        return  # the server hung up on it
    assert answer.status_code in (400, 413)


def test_wrong_fields_are_told_in_place(client: Callable[..., Client]) -> None:
    answer = client("employee").submit("/design", "sample", need="", quantity="-4", wanted_on="2026-02-31")
    assert answer.status_code == 422
    assert "There is no 31 February 2026" in answer.text
    assert """hx-target='[id="sample"] [data-error-for="wanted_on"]""" in answer.text
    assert "<html" not in answer.text


def test_hostile_text_comes_back_as_text(client: Callable[..., Client]) -> None:
    hostile = "<script>alert(1)</script>\u202e🙂' OR 1=1"
    answer = client("employee").submit("/design", "sample", need=hostile, quantity="1")
    assert answer.status_code == 200
    page = client("employee").get(f"/design?q={hostile}")
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text


def test_a_conflict_keeps_what_was_typed(client: Callable[..., Client]) -> None:
    answer = client("employee").submit("/design", "sample", need="conflict")
    assert answer.status_code == 409
    assert "Somebody approved this meanwhile" in answer.text
    assert "what you typed is still here" in answer.text


def test_without_htmx_a_form_works_too(client: Callable[..., Client]) -> None:
    anna = client("employee")
    form = anna.page("/design").get_element_by_id("sample")
    fields = {name: value or "" for name, value in form.form_values()}
    answer = anna.send("/design/try", fields, came_from="/design", partial=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/design")
    page = anna.get("/design")
    assert "would be saved" in page.text
    assert "would be saved" not in anna.get("/design").text  # said once
    wrong = anna.send("/design/try", fields | {"quantity": "0", "_key": ""}, came_from="/design", partial=False)
    assert wrong.status_code == 422
    assert "The quantity must be above zero" in wrong.text


def test_the_same_form_sent_twice_is_done_once(client: Callable[..., Client]) -> None:
    anna = client("employee")
    form = anna.page("/design").get_element_by_id("sample")
    fields = {name: value or "" for name, value in form.form_values()}
    first = anna.send("/design/try", fields, source="form#sample")
    again = anna.send("/design/try", fields, source="form#sample")
    assert first.headers["HX-Redirect"] == again.headers["HX-Redirect"]
    assert first.headers["set-cookie"] == again.headers["set-cookie"]
    other = anna.send("/design/try", fields | {"need": "something else"}, source="form#sample")
    assert other.status_code == 409
    assert "sent before with other contents" in other.text


def test_a_bug_tells_nothing_but_a_number(client: Callable[..., Client], served: Served) -> None:
    anna = client("employee")
    served.house.clock = lambda: 1 / 0  # type: ignore[assignment,return-value]
    answer = anna.get("/account")
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.text
    assert "ZeroDivision" not in answer.text and "Traceback" not in answer.text
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY


def test_alive_ready_and_measured(client: Callable[..., Client]) -> None:
    anna = client("employee")
    assert anna.get("/healthz").text == "ok\n"
    assert anna.get("/readyz").text == "ready\n"
    anna.get("/jobs/17")
    figures = anna.get("/metrics").text
    assert 'plantops_requests_total{method="GET",route="/jobs/{id}",status="404"}' in figures
    assert "/jobs/17" not in figures


@pytest.mark.parametrize(
    ("token", "client", "headers", "public_url", "open_to"),
    [
        (None, "127.0.0.1", {}, HERE, True),
        (None, "::1", {}, "http://localhost:8000", True),
        (None, "10.0.0.7", {}, HERE, False),
        (None, "", {}, HERE, False),
        (None, "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, HERE, False),
        (None, "127.0.0.1", {"Via": "1.1 proxy"}, HERE, False),
        (None, "127.0.0.1", {}, "https://plantops.example", False),
        (None, "10.0.0.7", {"Authorization": "Bearer None"}, HERE, False),
        (TOKEN, "10.0.0.7", {"Authorization": f"Bearer {TOKEN}"}, "https://plantops.example", True),
        (TOKEN, "10.0.0.7", {"Authorization": "Bearer another"}, HERE, False),
        (TOKEN, "127.0.0.1", {}, HERE, False),
    ],
)
def test_the_figures_are_read_from_this_host_or_with_the_token(
    token: str | None, client: str, headers: dict[str, str], public_url: str, open_to: bool
) -> None:
    """Behind a proxy that says nothing of itself everybody seems to be this host."""
    assert (why_not_metrics(token, client, Headers(headers), public_url) is None) is open_to


def test_a_proxy_opens_the_figures_to_nobody(client: Callable[..., Client]) -> None:
    anybody = client("employee")
    assert anybody.http.get("/metrics").status_code == 200
    answer = anybody.http.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"})
    assert (answer.status_code, answer.text) == (403, "only from this host\n")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/r/status/pq3Z_bYkU6VtS1nXw0RmAg", "/r/status/..."),
        ("/r/pq3Z_bYkU6VtS1nXw0RmAg/photo", "/r/.../photo"),
        ("/r/status/pq3Z_bYkU6VtS1nXw0RmAg/typed-wrong", "/r/status/.../typed-wrong"),
        ("/static/app.css", "/static/app.css"),
        ("/weekly/2026-W46/purchasing.on_time_in_full", "/weekly/2026-W46/purchasing.on_time_in_full"),
        ("/purchasing/requisitions/1234567", "/purchasing/requisitions/1234567"),
    ],
)
def test_the_log_says_where_but_no_token(path: str, said: str) -> None:
    assert sayable(path) == said


def test_no_token_of_a_public_link_is_in_the_log(client: Callable[..., Client]) -> None:
    somebody, token = client(), "pq3Z_bYkU6VtS1nXw0RmAg"
    logs.configure("info")
    with structlog.testing.capture_logs() as lines:
        for path in (f"/r/status/{token}", f"/r/{token}", f"/nowhere/{token}", f"/login?next=/r/{token}"):
            somebody.http.get(path)
        deadline = time.monotonic() + 5
        while len(lines) < 4 and time.monotonic() < deadline:
            time.sleep(0.02)
    assert len(lines) == 4
    assert token not in str(lines)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-31", "x"])
def test_a_day_that_no_plant_knows_shows_today(client: Callable[..., Client], day: str) -> None:
    for path in ("/transport", "/personnel"):
        assert client("administrator,dispatcher,hr", "allsides").get(f"{path}?day={day}").status_code == 200


@pytest.mark.parametrize(
    "said", ["%5B" * 3000, "%5B" * 490, "%5B%5B%22ok%22%2C%22%5Cud800%22%5D%5D", "%5B%5B%5B%5D%2C1%5D%5D", "{}", "%ff"]
)
def test_a_broken_cookie_says_nothing(client: Callable[..., Client], said: str) -> None:
    somebody = client("employee")
    somebody.http.cookies.set("said", said)
    assert somebody.get("/account").status_code == 200


def test_files_are_read_only_from_who_is_let_in(served: Served) -> None:
    where = urlsplit(served.url)
    with socket.create_connection(("127.0.0.1", where.port), timeout=10) as raw:
        raw.sendall(
            f"POST /talk/files HTTP/1.1\r\nHost: {where.netloc}\r\nOrigin: {served.url}\r\n"
            f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {LARGEST_BODY}\r\n\r\n--x\r\n".encode()
        )
        assert raw.recv(100).startswith(b"HTTP/1.1 303"), "to the door, before a byte of the file has come"


def test_who_must_wait_is_told_how_long() -> None:
    assert errors.retry(429, {"wait_seconds": 40}) == {"Retry-After": "40"}
    assert errors.retry(429, {}) == {}
    assert errors.retry(503, {}) == {"Retry-After": "5"}


def test_a_long_word_is_said_and_a_part_between_leaves_it(client: Callable[..., Client]) -> None:
    (said,) = read_flash(write_flash([Toast("Ü" * 2000, "warn")]))
    assert said.tone == "warn" and said.text.startswith("ÜÜÜ") and len(said.text) == 280
    assert len(write_flash([Toast("\N{GRINNING FACE}" * 2000)])) <= 3800
    anna = client("employee")
    anna.http.cookies.set("said", write_flash([Toast("It is done.")]))
    anna.get("/find?q=home", partial=True)
    page = anna.get("/")
    assert "It is done." in page.text and "said=" in page.headers["set-cookie"]


def test_a_page_that_cannot_be_had_just_now_is_asked_for_again(browser: Callable[..., Page]) -> None:
    page, asked = browser("employee"), []

    def busy_at_first(route: Route) -> None:
        asked.append(route.request.url)
        answer = route.fetch()
        text = answer.text().replace("</main>", '<p data-retries="1">Busy</p></main>') if len(asked) == 1 else None
        route.fulfill(response=answer, body=text)

    page.route("**/bell", busy_at_first)
    page.goto("/bell")
    expect(page.get_by_text("Busy")).to_have_count(0)
    assert len(asked) == 2


def test_what_is_wrong_is_said_in_the_dialog_that_is_open(browser: Callable[..., Page]) -> None:
    page = browser("employee")
    page.goto("/design")
    page.get_by_role("button", name="Reject").first.click()
    dialog = page.locator("dialog[open]")
    page.context.set_offline(True)
    dialog.get_by_role("button", name="Reject").click()
    expect(dialog.get_by_role("alert")).to_contain_text("The server cannot be reached.")


def test_what_is_refused_at_once_is_told_as_a_page_in_the_readers_language(client: Callable[..., Client]) -> None:
    german = {"Accept-Language": "de", "Origin": "https://elsewhere.example"}
    page = client().http.post("/login", headers=german, data={"login": "anna"})
    assert (page.status_code, page.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert "<h1>" in page.text and "von einer anderen Website" in page.text
    part = client().http.post("/login", headers=german | {"HX-Request": "true", "HX-Request-Type": "partial"})
    assert part.status_code == 403 and "<hx-partial" in part.text and "<html" not in part.text
    long = client().get("/items?q=" + "x" * 9000)
    assert long.status_code == 400 and "the address is too long" in long.text and "<h1>" in long.text
