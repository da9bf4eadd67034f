"""Signing in as people see it: codes, passkeys in a real browser, the company's account, sessions, set-up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from plantops import authenticators, factors, people
from plantops.factors import Passkey
from plantops.idempotency import Sending
from plantops.settings import CompanyAccounts
from tests.browser import PASSWORD, Client, Served, axe
from tests.oidc_provider import CLIENT, SECRET, running
from web import session

pytestmark = pytest.mark.db

Enter = Callable[..., Client]
Open = Callable[..., Page]
TOO_WIDE = "() => document.documentElement.scrollWidth > innerWidth"


@pytest.fixture(autouse=True)
def its_own_address(served: Served) -> Iterator[None]:
    """Passkeys and the way back from the company's service are bound to the address that people type."""
    before = served.house.settings
    served.house.settings = replace(before, public_url=served.url)
    yield
    served.house.settings = before
    with served.house.acting() as ctx:
        factors.ask_of_roles(ctx, frozenset())
        ctx.session.execute(sa.delete(people.LoginTry))


def with_phone(served: Served, login: str, as_: str = "employee") -> str:
    """The secret of a person's app, confirmed a while ago."""
    served.person(as_, login)
    now = served.house.clock()
    served.house.clock = lambda: now - timedelta(minutes=2)
    with served.house.acting(served.logins[login]) as ctx:
        authenticators.begin(ctx, "Phone")
        app = authenticators.pending(ctx)
        assert app is not None
        authenticators.confirm(ctx, pyotp.TOTP(app.secret).at(ctx.now))
    served.house.clock = lambda: now
    return app.secret


def digits(served: Served, secret: str) -> str:
    return pyotp.TOTP(secret).at(served.house.clock())


def knock(client: Client, login: str, next: str = "/jobs") -> httpx.Response:
    return client.send("/login", {"login": login, "password": PASSWORD, "next": next}, source="form#sign-in")


def took_session(client: Client, served: Served) -> bool:
    client.token = str(client.http.cookies.get(session.cookie_name(served.house.settings), ""))
    return bool(client.token)


# --- Codes


def test_after_the_password_comes_the_code(client: Enter, served: Served) -> None:
    secret, anna = with_phone(served, "anna"), client()
    answer = knock(anna, "anna")
    assert answer.headers["HX-Redirect"] == "/login/second?next=%2Fjobs"
    assert not took_session(anna, served)
    assert anna.get("/jobs").headers["location"].startswith("/login")
    where = answer.headers["HX-Redirect"]
    wrong = anna.submit(where, "second", code="12 34 56 7")
    assert wrong.status_code == 422 and "This code is not right" in wrong.text
    right = anna.submit(where, "second", code=digits(served, secret))
    assert right.headers["HX-Redirect"] == "/jobs" and took_session(anna, served)
    assert anna.get("/jobs").status_code == 200
    assert anna.get("/login/second").headers["location"].startswith("/login?next")


def test_the_steps_work_without_a_script(client: Enter, served: Served) -> None:
    secret, anna = with_phone(served, "plain"), client()
    fields = {"login": "plain", "password": PASSWORD, "next": "//evil.example"}
    answer = anna.send("/login", fields, partial=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login/second?next=%2F")
    wrong = anna.send("/login/second", {"code": "000000", "next": "https://evil.example"}, partial=False)
    assert wrong.status_code == 422 and "This code is not right" in wrong.text
    right = anna.send("/login/second", {"code": digits(served, secret), "next": "/\\evil.example"}, partial=False)
    assert (right.status_code, right.headers["location"]) == (303, "/")


def test_a_role_that_asks_leads_to_set_up_and_shows_the_codes_once(client: Enter, served: Served) -> None:
    served.person("buyer", "bea")
    with served.house.acting() as ctx:
        factors.ask_of_roles(ctx, frozenset({"buyer"}))
    bea = client()
    where = knock(bea, "bea").headers["HX-Redirect"]
    assert where == "/login/set-up?next=%2Fjobs"
    page = bea.page(where)
    assert page.xpath("//div[@class='qr']/*[local-name()='svg']")
    secret = page.xpath("string(//code[@class='secret'])")
    answer = bea.submit(where, "set-up", code=digits(served, secret))
    assert answer.headers["HX-Redirect"] == "/account/recovery-codes?next=%2Fjobs"
    assert took_session(bea, served)
    shown = bea.page("/account/recovery-codes?next=%2Fjobs").xpath("//ol[@class='codes']//code/text()")
    assert len(shown) == 10
    assert bea.get("/account/recovery-codes").headers["location"] == "/account/sign-in"
    again = client()
    where = knock(again, "bea").headers["HX-Redirect"]
    answer = again.submit(where, "second", code=shown[0])
    assert answer.headers["HX-Redirect"] == "/jobs" and took_session(again, served)


def test_an_app_is_added_and_no_answer_with_its_codes_is_kept(client: Enter, served: Served) -> None:
    anna = client("employee", "adder")
    assert anna.submit("/account/sign-in", "new-app", name="Phone").headers["HX-Redirect"] == "/account/apps/new"
    secret = anna.page("/account/apps/new").xpath("string(//code[@class='secret'])")
    answer = anna.submit("/account/apps/new", "confirm-app", code="000000")
    assert answer.status_code == 422 and "not the code that the app shows" in answer.text
    answer = anna.submit("/account/apps/new", "confirm-app", code=digits(served, secret))
    codes = anna.page(answer.headers["HX-Redirect"]).xpath("//ol[@class='codes']//code/text()")
    assert len(codes) == 10
    with served.house.acting() as ctx:
        kept = ctx.session.scalars(sa.select(Sending).where(Sending.actor_id == served.logins["adder"])).all()
        text = "".join(f"{one.headers}{one.body!r}" for one in kept)
    assert kept and secret not in text and not any(code in text for code in codes)
    assert "Phone" in anna.get("/account/sign-in").text


# --- Is it still you?


def test_what_changes_signing_in_asks_again_and_goes_on(client: Enter, served: Served) -> None:
    anna, now = client("employee", "proves"), served.house.clock()
    served.house.clock = lambda: now + timedelta(minutes=11)
    answer = anna.submit("/account/sign-in", "new-app", name="Phone")
    assert answer.headers["HX-Redirect"] == "/account/confirm?next=%2Faccount%2Fsign-in"
    wrong = anna.submit("/account/confirm?next=%2Faccount%2Fsign-in", "confirm", password="not it")
    assert wrong.status_code == 422 and "The password is not right" in wrong.text
    right = anna.submit("/account/confirm?next=//evil.example", "confirm", password=PASSWORD)
    assert right.headers["HX-Redirect"] == "/"
    assert anna.submit("/account/sign-in", "new-app", name="Phone").headers["HX-Redirect"] == "/account/apps/new"


# --- Sessions, and an administrator


def test_sessions_are_seen_and_ended(client: Enter, served: Served) -> None:
    here, there = client("employee", "twice"), client("employee", "twice")
    rows = here.page("/account/sign-in").xpath("//section[@id='sessions']//tbody/tr")
    assert len(rows) == 2 and "This one" in rows[0].text_content() and "127.0.0.1" in rows[0].text_content()
    assert here.submit("/account/sign-in", "end-others").headers["HX-Redirect"] == "/account/sign-in"
    assert there.get("/").status_code == 303 and here.get("/").status_code == 200


def test_an_administrator_asks_by_role_and_resets(client: Enter, served: Served) -> None:
    with_phone(served, "lost")
    with_phone(served, "boss", "administrator")
    boss, lost = client("administrator", "boss"), client("employee", "lost")
    where = f"/admin/users/{served.logins['lost']}"
    assert boss.submit(where, "reset-second").headers["HX-Redirect"] == where
    assert lost.get("/").status_code == 303
    assert "there is none" in boss.get(where).text
    assert boss.submit("/admin/sign-in", "strong-roles", role_hr="true").headers["HX-Redirect"] == "/admin/sign-in"
    assert boss.page("/admin/sign-in").get_element_by_id("role_hr").get("checked") is not None
    assert client("auditor").get("/admin/sign-in").status_code == 200
    assert client("employee").get("/admin/sign-in").status_code == 403
    assert client("auditor").post("/admin/sign-in").status_code == 403


# --- The company's account


def test_the_company_account_there_and_back(client: Enter, served: Served) -> None:
    with running(lambda: served.house.clock()) as provider:
        company = CompanyAccounts(provider.issuer, CLIENT, SECRET, name="Marenfeld")
        served.house.settings = replace(served.house.settings, company=company)
        anna, other = client("employee", "linker"), client()
        back = httpx.get(anna.get("/account/company/link").headers["location"]).headers["location"]
        stolen = other.get(back.removeprefix(served.url))  # a link that somebody else was sent
        assert stolen.status_code == 403 and "another browser" in stolen.text
        assert anna.get(back.removeprefix(served.url)).headers["location"] == "/account/sign-in"
        assert provider.issuer in anna.get("/account/sign-in").text
        guest = client()
        assert "Sign in with Marenfeld" in guest.get("/login").text
        url = guest.get("/login/company?next=/jobs").headers["location"]
        assert parse_qs(urlsplit(url).query)["redirect_uri"] == [f"{served.url}/login/company/back"]
        back = httpx.get(url).headers["location"].removeprefix(served.url)
        tampered = guest.get(re.sub("state=[^&]+", "state=tampered", back))
        assert tampered.status_code == 403 and "belongs to another sign-in" in tampered.text
        url = guest.get("/login/company?next=/jobs").headers["location"]
        answer = guest.get(httpx.get(url).headers["location"].removeprefix(served.url))
        assert answer.headers["location"] == "/jobs" and took_session(guest, served)
        assert guest.post("/logout").headers["location"] == "/login/left"
        assert f"{provider.issuer}/leave?client_id" in guest.get("/login/left").text


def test_without_a_company_there_is_no_such_way(client: Enter) -> None:
    for path in ("/login/company", "/login/company/back", "/login/left"):
        assert client().get(path).status_code in (403, 404)


# --- Passkeys, in a browser with an authenticator of its own


def with_key(page: Page) -> str:
    """A built-in key that unlocks by a finger, as phones and laptops have."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return str(tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"])


@pytest.mark.browser
def test_a_passkey_is_added_signs_in_alone_and_asks_again(browser: Open, served: Served) -> None:
    page = browser("employee", "keyed")
    with_key(page)
    page.goto("/account/sign-in")
    page.get_by_label("Name of the device").fill("Laptop")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.locator("#passkeys")).to_contain_text("Laptop")
    page.context.clear_cookies()
    page.goto("/login?next=%2Faccount%2Fsign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Sign-in", exact=True)).to_be_visible()
    expect(page.locator("#sessions tbody tr").first).to_contain_text("passkey")
    page.goto("/account/confirm")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("You can go on for ten minutes")).to_be_visible()
    with served.house.acting() as ctx:
        key = ctx.session.scalars(sa.select(Passkey).where(Passkey.user_id == served.logins["keyed"])).one()
        assert key.used_at is not None and key.sign_count >= 3 and key.name == "Laptop"
        ctx.session.execute(sa.text("UPDATE core_passkey SET sign_count = 900 WHERE id = :id"), {"id": key.id})
    page.context.clear_cookies()
    page.goto("/login")
    page.get_by_role("button", name="Sign in with a passkey").click()  # a copy of the key counts from where it was
    expect(page.locator("#by-passkey")).to_contain_text("not the right one for here")


@pytest.mark.browser
def test_a_passkey_as_second_factor_and_nobody_elses(browser: Open, served: Served) -> None:
    page = browser("employee", "second")
    with_key(page)
    page.goto("/account/sign-in")
    page.get_by_label("Name of the device").fill("Stick")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("link", name="I have kept them")).to_be_visible()
    page.context.clear_cookies()
    page.goto("/login")
    page.get_by_label("Login").fill("second")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("button", name=re.compile("Second: account"))).to_be_visible()


@pytest.mark.browser
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_nothing_for_axe_at_the_door(browser: Open, served: Served, width: int, dark: bool) -> None:
    login = f"seen{width}"
    with_phone(served, login)
    served.person("buyer", f"new{width}")
    with served.house.acting() as ctx:
        factors.ask_of_roles(ctx, frozenset({"buyer"}))
    page = browser(width=width, dark=dark)
    wrong: list[str] = []
    for who, heading in ((login, "Second step"), (f"new{width}", "Set up a second step")):
        page.goto("/login")
        page.get_by_label("Login").fill(who)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        wrong += axe(page)
        assert not page.evaluate(TOO_WIDE)
    page.get_by_label("Code that the app shows").fill(digits(served, page.locator("code.secret").text_content() or ""))
    page.get_by_role("button", name="Go on").click()
    for heading in ("Recovery codes", "Sign-in"):
        if heading == "Sign-in":
            page.goto("/account/sign-in")
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        wrong += axe(page)
        assert not page.evaluate(TOO_WIDE)
    assert wrong == []
