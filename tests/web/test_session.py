"""Signing in: who gets in, who does not, and what a session is worth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from plantops import passwords
from tests.browser import PASSWORD, Client, Served
from web import session

pytestmark = pytest.mark.db


def sign_in(client: Client, login: str, password: str, next: str = "/") -> httpx.Response:
    fields = {"login": login, "password": password, "next": next}
    return client.send("/login", fields, source="form#sign-in", came_from="/login")


def test_a_right_password_opens_the_house(client: Callable[..., Client], served: Served) -> None:
    login, anna = served.person("employee"), client()
    answer = sign_in(anna, login, PASSWORD, next="/jobs")
    assert answer.headers["HX-Redirect"] == "/jobs"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie
    assert "Nothing was computed for you yet" in anna.get("/jobs").text


def test_unknown_and_wrong_sound_alike(client: Callable[..., Client], served: Served) -> None:
    login, anna = served.person("employee", "anna"), client()
    wrong, unknown = sign_in(anna, login, "not it"), sign_in(anna, "nobody", "not it")
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.text == unknown.text
    assert "not right" in wrong.text


def test_six_wrong_passwords_make_everybody_wait(client: Callable[..., Client], served: Served) -> None:
    login, anna = served.person("employee", "hasty"), client()
    for _ in range(5):
        sign_in(anna, login, "not it")
    assert "Too many tries" in sign_in(anna, login, PASSWORD).text


@pytest.mark.parametrize("trap", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:1"])
def test_nobody_is_led_out_of_the_house(client: Callable[..., Client], served: Served, trap: str) -> None:
    answer = sign_in(client(), served.person("employee"), PASSWORD, next=trap)
    assert answer.headers["HX-Redirect"] == "/"


def test_without_a_session_every_page_leads_to_the_door(client: Callable[..., Client]) -> None:
    answer = client().get("/jobs?page=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=%2Fjobs%3Fpage%3D2")


def test_htmx_is_led_to_the_door_too(client: Callable[..., Client]) -> None:
    answer = client().send("/account/password", {}, came_from="/account")
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/login?next=%2Faccount")


def test_each_sign_in_is_a_new_session_and_ends_the_old(client: Callable[..., Client], served: Served) -> None:
    anna = client("employee")
    old = anna.token
    answer = sign_in(anna, "employee", PASSWORD)
    assert answer.status_code == 200
    anna.http.cookies.clear()
    anna.http.cookies.set(session.cookie_name(served.house.settings), old)
    assert anna.get("/").status_code == 303


def test_signing_out_ends_the_session(client: Callable[..., Client], served: Served) -> None:
    anna = client("employee")
    token = anna.token
    assert anna.post("/logout").status_code == 303
    anna.http.cookies.clear()
    anna.http.cookies.set(session.cookie_name(served.house.settings), token)
    assert anna.get("/").status_code == 303


@pytest.mark.parametrize(("idle", "stays"), [(timedelta(hours=11), True), (timedelta(hours=13), False)])
def test_an_idle_session_ends(client: Callable[..., Client], served: Served, idle: timedelta, stays: bool) -> None:
    anna, now = client("employee"), served.house.clock()
    served.house.clock = lambda: now + idle
    assert (anna.get("/").status_code == 200) is stays


def test_a_form_needs_the_token_of_its_session(client: Callable[..., Client]) -> None:
    anna, ben = client("employee"), client("employee", "ben")
    forged = {"_csrf": session.csrf_of(ben.token), "old": "x", "new": "y", "again": "y"}
    answer = anna.send("/account/password", forged, source="form#password")
    assert answer.status_code == 403
    assert "Load the page again" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "https://other.example"},
    ],
)
def test_requests_from_other_sites_are_refused(client: Callable[..., Client], headers: dict[str, str]) -> None:
    anna = client("employee")
    answer = anna.http.post("/logout", data={"_csrf": session.csrf_of(anna.token)}, headers=headers)
    assert answer.status_code == 403
    assert anna.get("/").status_code == 200


def test_a_password_is_changed_only_with_the_old_one(client: Callable[..., Client]) -> None:
    anna, elsewhere = client("employee", "changer"), client("employee", "changer")
    assert elsewhere.get("/account").status_code == 200
    answer = anna.submit("/account", "password", old="wrong", new="a new sentence", again="a new sentence")
    assert answer.status_code == 422
    assert "The old password is not right" in answer.text
    answer = anna.submit("/account", "password", old=PASSWORD, new="a new sentence", again="another one")
    assert "typed in two different ways" in answer.text
    answer = anna.submit("/account", "password", old=PASSWORD, new="a new sentence", again="a new sentence")
    assert answer.headers["HX-Redirect"] == "/account"
    assert anna.get("/account").status_code == 200
    assert elsewhere.get("/account").headers["location"].startswith("/login")
    assert sign_in(client(), "changer", "a new sentence").headers["HX-Redirect"] == "/"


def test_a_stolen_cookie_name_is_bound_to_tls_in_earnest(served: Served) -> None:
    assert session.cookie_name(served.house.settings) == "session"
    assert session.safe_path("/purchasing?x=1") == "/purchasing?x=1"


@pytest.mark.parametrize("asked", ["//[", "http://[", "//x.example", "/\\x.example", "/\t/x.example", "javascript:x"])
def test_nobody_is_led_to_another_house(client: Callable[..., Client], asked: str) -> None:
    assert session.safe_path(asked) == "/"
    assert client().http.get("/login", params={"next": asked}).status_code == 200


@pytest.mark.parametrize("header", ["Referer", "HX-Current-URL"])
def test_an_address_that_is_none_is_no_fault_of_the_house(client: Callable[..., Client], header: str) -> None:
    anna = client("employee")
    given = {"_csrf": session.csrf_of(anna.token), "url": "/stock", "title": "Stock", "on": "yes"}
    headers = {"Sec-Fetch-Site": "same-origin", "HX-Request": "true", "HX-Request-Type": "partial", header: "http://["}
    answer = anna.http.post("/desk/favourites", data=given, headers=headers)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, "/desk")
    anna.post("/logout")
    assert anna.http.get("/desk", headers=headers).status_code == 401


@pytest.mark.parametrize("address", ["/stock?q=\u0394\u20ac", "/stock\n?q=1", "/\U0001f600"])
def test_an_address_in_any_script_is_gone_to(client: Callable[..., Client], address: str) -> None:
    for partial in (True, False):
        somebody = client("employee")
        fields = {"_csrf": session.csrf_of(somebody.token), "site": "", "back": address}
        answer = somebody.send("/site", fields, partial=partial)
        where = answer.headers["HX-Redirect" if partial else "location"]
        assert answer.status_code in (200, 303) and where.isascii() and where.startswith("/")


@pytest.mark.parametrize("chosen", ["\u0394", "x; Path=/", "1e400"])
def test_a_site_that_is_none_is_not_chosen(client: Callable[..., Client], chosen: str) -> None:
    answer = client("employee").post("/site", site=chosen, back="/")
    assert answer.status_code == 422 and "set-cookie" not in answer.headers


def test_a_page_keeps_no_connection_while_a_password_is_checked(
    client: Callable[..., Client], served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checking is slow by design: a shift that signs in together would leave the others without a connection."""
    login, held = served.person("employee", "early"), []
    check = passwords.HASHER.verify

    def slow(_hasher: object, stored: str, password: str) -> bool:
        held.append(served.house.database.engine.pool.checkedout())  # type: ignore[attr-defined]
        return check(stored, password)

    monkeypatch.setattr(type(passwords.HASHER), "verify", slow)
    assert sign_in(client(), login, PASSWORD).headers["HX-Redirect"] == "/"
    assert held == [0]
