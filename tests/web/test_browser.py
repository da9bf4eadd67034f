"""What a person at a real browser sees: forms, keys, colours, the phone, and nothing lost on the way."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import COLOURS, PASSWORD, Ear, Served, axe, looks

pytestmark = [pytest.mark.db, pytest.mark.browser]

Open = Callable[..., Page]


def test_signing_in_and_out(browser: Open, served: Served) -> None:
    page = browser()
    page.goto("/jobs")
    page.get_by_label("Login").fill(served.person("employee", "anna"))
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("not right")
    expect(page.get_by_label("Password")).to_be_focused()
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("My running work")
    page.get_by_role("button", name="Anna: account").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_what_the_policy_refuses_and_what_fails_is_heard(served: Served, chromium: Browser) -> None:
    ear, context = Ear(), chromium.new_context(base_url=served.url)
    ear.listen(context)
    page = context.new_page()
    page.goto("/login")
    assert ear.heard == []
    page.evaluate("document.body.setAttribute('style', 'color: red')")
    page.evaluate("setTimeout(() => { throw new Error('a fault') })")
    page.wait_for_timeout(100)
    context.close()
    assert any("Content Security Policy" in words for words in ear.heard)
    assert any("a fault" in words for words in ear.heard)


@pytest.mark.parametrize("how", ["outerHTML", "innerHTML"])
def test_what_was_pulled_larger_or_placed_breaks_no_policy_when_it_is_drawn_anew(browser: Open, how: str) -> None:
    page = browser("employee")
    page.goto("/design")
    page.evaluate(
        """async (how) => {
            const box = document.createElement("section");
            box.id = "box";
            box.innerHTML = '<textarea id="placed-note" aria-label="Note"></textarea><div id="placed-menu">one</div>';
            document.querySelector("main").append(box);
            document.getElementById("placed-note").style.height = "300px";
            document.getElementById("placed-menu").style.transform = "translate(3px, 4px)";
            const inner = '<textarea id="placed-note" aria-label="Note">new</textarea><div id="placed-menu">two</div>';
            const text = how === "outerHTML" ? `<section id="box">${inner}</section>` : inner;
            await htmx.swap({ text, target: box, swap: how, sourceElement: box });
        }""",
        how,
    )
    expect(page.locator("#placed-menu")).to_have_text("two")
    expect(page.locator("#placed-note")).to_have_value("new")
    expect(page.locator("#placed-menu")).not_to_have_attribute("style", "transform: translate(3px, 4px);")


def test_what_is_wrong_stands_at_its_field(browser: Open) -> None:
    page = browser("employee")
    page.goto("/design")
    form = page.locator("#sample")
    form.get_by_label("Quantity").fill("-3")
    form.get_by_label("What is needed").fill("Oil 20 l")
    form.get_by_role("button", name="Save").click()
    quantity = form.get_by_label("Quantity")
    expect(quantity).to_be_focused()
    expect(quantity).to_have_accessible_description("The quantity must be above zero.")
    expect(quantity).to_have_attribute("aria-invalid", "true")
    expect(form.get_by_label("What is needed")).to_have_value("Oil 20 l")
    quantity.fill("3")
    form.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("Oil 20 l would be saved.")


def test_an_ended_session_loses_nothing_that_was_typed(browser: Open, served: Served) -> None:
    login = served.person("employee", "carla")
    page = browser("employee", login)
    page.goto("/design")
    form = page.locator("#sample")
    form.get_by_label("What is needed").fill("Forty gloves, before Thursday")
    form.get_by_label("It is urgent").check()
    form.get_by_label("State").select_option("approved")
    page.context.clear_cookies()
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.get_by_label("Login").fill(login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("is back")
    expect(form.get_by_label("What is needed")).to_have_value("Forty gloves, before Thursday")
    expect(form.get_by_label("It is urgent")).to_be_checked()
    expect(form.get_by_label("State")).to_have_value("approved")
    form.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("would be saved")


def test_somebody_else_does_not_get_what_was_typed(browser: Open, served: Served) -> None:
    page = browser("employee", "carla")
    page.goto("/design")
    page.locator("#sample").get_by_label("What is needed").fill("A secret of Carla's")
    page.context.clear_cookies()
    page.locator("#sample").get_by_role("button", name="Save").click()
    page.get_by_label("Login").fill(served.person("employee", "dora"))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("#sample").get_by_label("What is needed")).to_have_value("Gloves L, nitrile")


def test_leaving_unsaved_changes_asks_first(browser: Open) -> None:
    page = browser("employee")
    page.goto("/design")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.locator("#sample").get_by_label("What is needed").fill("Half typed")
    page.get_by_role("link", name="My running work").click()
    page.wait_for_timeout(200)
    assert asked == ["beforeunload"]
    assert page.url.endswith("/design")


def test_what_cannot_be_taken_back_is_asked_for(browser: Open) -> None:
    page = browser("employee")
    page.goto("/design")
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog", name="Delete this draft?")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="No, go back")).to_be_focused()
    dialog.get_by_role("button", name="No, go back").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Yes, do it").click()
    expect(page.locator("#delete .form-errors")).to_contain_text("fields need another look")


def test_a_refused_button_says_why(browser: Open) -> None:
    page = browser("employee")
    page.goto("/design")
    button = page.get_by_role("button", name="Order", exact=True)
    expect(button).to_have_accessible_description("Order: it is not approved yet.")
    button.click(force=True)
    expect(page.locator("#toasts")).to_contain_text("it is not approved yet")


def test_a_question_is_a_dialog_with_a_form(browser: Open) -> None:
    page = browser("employee")
    page.goto("/design")
    page.get_by_role("button", name="Reject", exact=True).click()
    dialog = page.get_by_role("dialog", name="Reject")
    expect(dialog.get_by_label("Why?")).to_be_focused()
    dialog.get_by_role("button", name="Reject").click()
    expect(dialog.locator('[data-error-for="need"]')).to_have_text("Please fill this in.")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_combobox_by_keyboard_never_takes_a_stale_option(browser: Open) -> None:
    page = browser("employee")
    page.goto("/design")
    item = page.locator("#sample").get_by_role("combobox", name="Item")
    chosen = page.locator('#sample input[name="item"]')
    item.fill("glov")
    expect(page.get_by_role("option", name="Nitrile gloves")).to_be_visible()
    page.keyboard.press("Enter")
    expect(item).to_have_value("Nitrile gloves L (100)")
    expect(chosen).to_have_value("2")
    item.fill("oil")
    expect(chosen).to_have_value("")
    page.keyboard.press("Tab")  # faster than the list
    expect(item).to_have_value("ISO VG 46 oil 20 l")
    expect(chosen).to_have_value("4")
    item.fill("l")
    page.keyboard.press("Tab")  # several would fit: none is taken
    expect(item).to_have_attribute("aria-invalid", "true")
    expect(chosen).to_have_value("")
    item.fill("glov")
    expect(page.get_by_role("option", name="Nitrile gloves")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")  # gone to with the arrows: meant
    expect(item).to_have_value("Nitrile gloves L (100)")
    expect(chosen).to_have_value("2")


def test_lists_and_help_by_keyboard(browser: Open) -> None:
    page = browser("employee")
    page.goto("/design")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="PO-2026-0002")).to_be_focused()
    page.keyboard.press("x")
    expect(page.locator("[data-bulk]")).to_contain_text("1 picked")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/design?row=1")
    page.keyboard.press("/")
    expect(page.get_by_label("Search in Orders")).to_be_focused()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.get_by_label("Single keys work as shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()


def test_colours_follow_the_device_until_chosen(browser: Open) -> None:
    page = browser("employee", dark=True)
    page.goto("/")
    html = page.locator("html")
    expect(html).to_have_attribute("data-bs-theme", "dark")
    page.get_by_role("button", name="Light or dark").click()
    expect(html).to_have_attribute("data-bs-theme", "light")
    page.reload()
    expect(html).to_have_attribute("data-bs-theme", "light")


def test_the_menu_on_a_phone(browser: Open) -> None:
    page = browser("employee", width=390)
    page.goto("/")
    expect(page.get_by_role("link", name="My running work")).to_be_hidden()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="My running work").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My running work")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_nothing_is_wider_than_the_phone(browser: Open) -> None:
    page = browser("employee", width=390)
    page.goto("/design")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_axe_finds_nothing_light_and_dark_wide_and_on_a_phone(browser: Open) -> None:
    """Every rule at each width, once light and once dark; the other two differ by their colours alone.

    Those of the pages in test_every_page.py are looked at there.
    """
    page = browser("employee")
    looked = ((1280, True, ()), (1280, False, COLOURS), (390, False, ()), (390, True, COLOURS))
    for path in ("/", "/design", "/jobs", "/account", "/nowhere", "/login"):
        if path == "/login":
            page.context.clear_cookies()
        page.goto(path)
        for width, dark, only in looked if path in ("/design", "/nowhere") else (looked[0], looked[2]):
            looks(page, width=width, dark=dark)
            assert axe(page, only=only) == [], f"{path} {width} {dark}"
