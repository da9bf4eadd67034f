"""Work that runs, watched: the open page follows it, and two people's changes are brought together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import httpx
import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from plantops import people
from plantops.jobs import JobRun
from tests.browser import Client, Served

pytestmark = pytest.mark.db


def queued(served: Served, login: str) -> int:
    served.person("employee", login)
    with served.house.acting(served.logins[login]) as ctx:
        return ctx.enqueue("core.seal_audit")


def move(served: Served, run: int, **values: object) -> None:
    with served.house.database.transaction() as database_session:
        database_session.execute(sa.update(JobRun).where(JobRun.id == run).values(**values))


def test_a_stream_tells_each_change_and_ends(client: Callable[..., Client], served: Served) -> None:
    run, anna = queued(served, "anna"), client("employee", "anna")
    move(served, run, state="running", progress=Decimal("0.25"), message="first plan found")
    heard = ""
    with anna.http.stream("GET", f"/jobs/{run}/stream") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in answer.headers
        for text in answer.iter_text():
            heard += text
            if "best so far 93" not in heard and ("first plan found" in heard or heard == ""):
                move(served, run, progress=Decimal("0.5"), message="best so far 93")
            if "best so far 93" in heard and "ended" not in heard:
                move(served, run, state="done", progress=Decimal(1), finished_at=served.house.clock())
    assert "event: ended" in heard
    assert f'hx-target="#work-{run}"' in heard


def test_a_stream_is_for_its_owner(client: Callable[..., Client], served: Served) -> None:
    run = queued(served, "anna")
    assert client("employee", "stranger").get(f"/jobs/{run}/stream").status_code == 204
    with httpx.Client(base_url=served.url) as nobody:
        assert nobody.get(f"/jobs/{run}/stream").status_code == 204
    assert client("employee", "stranger").get(f"/jobs/{10**20}/stream").status_code == 204


@pytest.mark.browser
def test_the_open_page_follows_the_work(browser: Callable[..., Page], served: Served) -> None:
    run = queued(served, "anna")
    page = browser("employee", "anna")
    page.goto(f"/jobs/{run}")
    panel = page.locator(f"#work-{run}")
    expect(panel).to_contain_text("Waiting for a free worker")
    move(served, run, state="running", progress=Decimal("0.4"), message="EUR 1,412 so far")
    expect(panel).to_contain_text("EUR 1,412 so far")
    expect(panel.get_by_role("progressbar")).to_have_attribute("value", "40.0")
    panel.get_by_role("button", name="Stop and keep the best so far").click()
    expect(panel).to_contain_text("Asked to stop")
    move(served, run, state="cancelled", finished_at=served.house.clock(), message="stopped")
    expect(panel.locator(".pill")).to_have_text("Cancelled")
    expect(page.get_by_role("button", name="Run it again")).to_be_visible()


@pytest.mark.browser
def test_two_people_change_one_account_and_nobody_loses_anything(
    browser: Callable[..., Page], client: Callable[..., Client], served: Served
) -> None:
    served.person("employee", "shared")
    where = f"/admin/users/{served.logins['shared']}"
    page = browser("administrator", "first")
    page.goto(where)
    form = page.locator("#account")
    form.get_by_label("Name").fill("Mine")
    form.get_by_label("Mail").fill("mine@plant.example")

    second = client("administrator", "second")
    assert second.submit(where, "account", name="Theirs", language="de").status_code == 200

    form.get_by_role("button", name="Save").click()
    note = form.locator(".form-errors")
    expect(note).to_contain_text("Somebody else changed this account meanwhile")
    expect(form.get_by_label("Language")).to_have_value("de")  # only they changed it: taken over
    expect(form.get_by_label("Mail")).to_have_value("mine@plant.example")  # only I changed it: kept
    choice = note.get_by_role("group", name="Name")
    expect(choice).to_contain_text("Yours: Mine")
    choice.get_by_label("Theirs: Theirs").check()
    expect(form.get_by_role("textbox", name="Name")).to_have_value("Theirs")
    choice.get_by_label("Yours: Mine").check()
    form.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("shared is saved")
    expect(form.get_by_label("Name")).to_have_value("Mine")
    expect(form.get_by_label("Language")).to_have_value("de")


@pytest.mark.browser
def test_a_list_follows_what_is_typed_and_the_way_back(browser: Callable[..., Page], served: Served) -> None:
    for login in ("quentin", "quinn"):
        served.person("employee", login)
    page = browser("administrator", "first")
    page.goto("/admin/users")
    search = page.get_by_label("Search in Accounts")
    search.press_sequentially("qu", delay=60)
    expect(page.locator("#list-rows tr")).to_have_count(2)
    expect(search).to_be_focused()
    search.press_sequentially("inn", delay=60)
    expect(page.locator("#list-rows tr")).to_have_count(1)
    expect(search).to_have_value("quinn")
    assert page.url.endswith("q=quinn")
    page.get_by_role("link", name="Login").click()
    page.wait_for_url("**sort=login**")
    expect(page.get_by_role("columnheader", name="Login")).to_have_attribute("aria-sort", "ascending")
    page.go_back()
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "ascending")
    expect(page.locator("#list-rows tr")).to_have_count(1)


def test_the_page_says_how_long_it_takes_and_what_is_found_so_far(
    client: Callable[..., Client], served: Served
) -> None:
    run, nora = queued(served, "nora"), client("employee", "nora")
    begun = served.house.clock() - timedelta(seconds=60)
    news = [{"seconds": 1.0, "best": 1500.0, "bound": 1200.0}, {"seconds": 9.0, "best": 1400.0, "bound": 1330.0}]
    move(served, run, state="running", started_at=begun, progress=Decimal("0.75"), progress_from=Decimal("0.25"))
    page = nora.get(f"/jobs/{run}").text
    assert "about 30 seconds left" in page, "half of it took a minute; what was done before does not count"
    assert 'aria-label="1 piece of work runs for you"' in nora.get("/").text
    move(served, run, news=news)
    page = nora.get(f"/jobs/{run}").text
    assert "1,400.00" in page and "1,330.00" in page and "5.0%" in page and "<svg" in page
    assert "What was found so far" in page
    # Its worker is killed: the next one begins anew, and the page tells nothing that it does not know.
    move(served, run, progress=None, news=[], started_at=served.house.clock(), progress_from=0)
    page = nora.get(f"/jobs/{run}").text
    assert "left" not in nora.page(f"/jobs/{run}").get_element_by_id(f"work-{run}").text_content()
    assert "Best so far" not in page
    move(served, run, state="done", finished_at=served.house.clock())
    assert "of work run" not in nora.get("/").text


def test_a_page_that_follows_work_keeps_no_session_from_ending(client: Callable[..., Client], served: Served) -> None:
    """Nobody may be there any more: only what a person does counts."""
    run, nils = queued(served, "nils"), client("employee", "nils")
    move(served, run, state="done", finished_at=served.house.clock())
    later = served.house.clock() + timedelta(minutes=5)
    served.house.clock = lambda: later
    seen = sa.select(people.SignIn.seen_at).where(people.SignIn.token_hash == people.digest(nils.token))
    assert "event: ended" in nils.get(f"/jobs/{run}/stream").text
    with served.house.acting() as ctx:
        assert ctx.session.scalar(seen) == later - timedelta(minutes=5)
    nils.get("/jobs")
    with served.house.acting() as ctx:
        assert ctx.session.scalar(seen) == later
