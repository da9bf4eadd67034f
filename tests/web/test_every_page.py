"""Every page with something in it: nothing for axe, light and dark, wide and on a phone, also a refused form."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page

from plantops import links
from plantops.core import everything
from tests.browser import Served, axe, looks
from tests.web import world
from tests.web.test_purchasing_pages import Shop, shop
from tests.web.test_routes import routes
from tests.web.world import LOGIN, ROLES, Paths
from web.app import create
from web.page import PlantRoute

__all__ = ["shop"]
pytestmark = [pytest.mark.db, pytest.mark.browser]

Open = Callable[..., Page]
PARTS = ("", "/purchasing", "/personnel", "/housekeeping", "/transport")
TYPED = ("/personnel", "/housekeeping", "/transport")
DESK, PHONE = 1280, 390
SHELL = ("header.topbar", "nav.side")
# What these answer is no page: rows for a combobox, whose device it is, a file, a stream, the way on from the bell, the
# panel of a card's moves, a cell that opens and one line of a draft (looked at where they open: test_list_boards.py,
# test_list_cells.py, test_purchasing_drafts.py).
NO_PAGE = re.compile(
    r"/lookup$|^/offline/who$|^/bell/\{id\}$|/items$|^/files/|/photo$|/stream$|\.(pdf|xlsx|csv|ics)$"
    r"|^/lists/\{name\}/(moves/\{id\}|cells/\{id\}/\{key\})$|^/purchasing/(orders|requisitions)/\{id\}/lines/\{line_id\}$"
)
# Steps that stand only for who has begun to sign in: looked at in test_sign_in_pages.py.
AT_THE_DOOR = re.compile(
    r"/login|/account/company/link|/account/confirm/company|/account/apps/new|/account/recovery-codes"
)
# The forms that each list and each record has, from one template and with one answer for all of them.
SHARED = {"list-save-view", "list-columns", "talk", "todo", "attach"}
COLOURS_AND_TARGETS = ("color-contrast", "target-size")
LONG = "Donaudampfschifffahrtsgesellschaftskapitänswitwenrentenauszahlungsstelle"
HOSTILE = f"<img src=x onerror=alert(1)>'; DROP TABLE core_user; -- {{{{7*7}}}} {LONG}"
TOLD = {200, 303, 409, 422}

TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  ["it scrolls sideways", ...[...document.querySelectorAll("body *")]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest("[popover], .visually-hidden"))
  .slice(0, 4).map(e => `${e.tagName} ${e.className} ${e.textContent.trim().slice(0, 40)}`)]"""
# A bar that sticks to the foot of the phone covers what can be scrolled from under it; axe does not scroll.
UNSTICK = "() => document.querySelectorAll('.sticky, .main-actions').forEach(e => { e.style.position = 'static'; })"
# A browser draws a light page at once. The lists of the world are short: what their dearest row has, 50 rows have.
MOST_NODES, ROWS = 1400, 50
NODES = """rows => { const all = document.querySelectorAll("*").length;
  const own = [...document.querySelectorAll("#list-rows > tr")].map(row => 1 + row.querySelectorAll("*").length);
  return own.length ? all - own.reduce((a, b) => a + b) + rows * Math.max(...own) : all; }"""
STEPS = """() => [...document.querySelectorAll(".crumbs li")].map(step => step.textContent.trim())"""
# What stands in a dialog that was not opened yet.
UNPACK = "() => window.plantops?.unpack()"
# Forms in which something can be typed or chosen, by id; those without an id cannot be told what is wrong.
FORMS = """() => [...document.querySelectorAll("main form[method=post], dialog:not(#shortcuts) form[method=post]")]
  .filter(f => [...f.elements].some(e => e.matches("input:not([type=hidden]), textarea, select"))).map(f => f.id)"""
FILL = """([id, hostile]) => {
  const form = document.getElementById(id);
  form.closest("dialog")?.showModal();
  for (let e = form; e; e = e.parentElement?.closest("details")) if (e.tagName === "DETAILS") e.open = true;
  for (const e of form.elements)
    if (e.matches("textarea, input:not([type]), input[type=text], input[type=email], input[type=password]"))
      e.value = e.readOnly ? e.value : hostile;
    else if (e.matches("input[type=date], input[type=time], input[type=datetime-local]")) e.value = "";
  return Object.fromEntries([...form.elements].filter(e => e.id && !e.matches("[type=hidden], [type=file]"))
    .map(e => [e.id, e.value]));
}"""
VALUES = """ids => Object.fromEntries(ids.map(id => [id, document.getElementById(id)?.value ?? "gone"]))"""
SEND = "id => { const f = document.getElementById(id); f.noValidate = true; f.requestSubmit(); window.stands = true; }"
ANSWERED = "id => { const f = document.getElementById(id); return !f || !f.hasAttribute('aria-busy'); }"
MARKED = """id => [...document.getElementById(id).elements].filter(e => e.ariaInvalid === "true").map(e => e.id)"""
SAID = """id => { const f = document.getElementById(id); return [...f.querySelectorAll(".form-errors, .field-error"),
  ...document.querySelectorAll(`[data-error-form="${id}"]`)].map(e => e.textContent.trim()).join(" ").trim(); }"""


@dataclass
class Walk:
    """A browser that goes from page to page, and what was wrong on its way."""

    page: Page
    wrong: list[str] = field(default_factory=list)
    shells: set[bool] = field(default_factory=set)
    """Narrow or wide: where bar and menu, the same on every page, were looked at."""
    sent: int = 0
    refused: int = 0

    def __post_init__(self) -> None:
        self.page.on("console", self.hear)
        # Nothing may be half-way between two colours when it is measured.
        self.page.emulate_media(reduced_motion="reduce")

    def hear(self, message: ConsoleMessage) -> None:
        # A refused form is a 4xx, which the browser always notes by itself.
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            self.wrong.append(f"{self.page.url}: the console says {message.text}")

    def open(self, path: str) -> None:
        answer = self.page.goto(path)
        if answer is None or answer.status != 200 or ("/login" in self.page.url and path != "/login"):
            self.wrong.append(f"{path}: {answer.status if answer else 'no answer'} at {self.page.url}")
        steps: list[str] = self.page.evaluate(STEPS)
        self.wrong += [f"{path}: {one} stands twice in its crumbs" for one, other in pairwise(steps) if one == other]
        kind = links.shown_at(everything(), path).partition(":")[0]
        if everything().document(kind) and not self.page.locator("#record #talk").count():
            self.wrong.append(f"{path}: a record without its log, talk, files and followers")

    def weigh(self, path: str) -> None:
        nodes: int = self.page.evaluate(NODES, ROWS)
        if nodes > MOST_NODES and not path.startswith("/design"):  # which shows everything that there is at once
            self.wrong.append(f"{path}: {nodes} nodes with {ROWS} rows, more than {MOST_NODES}")

    def look(self, path: str, *, only: tuple[str, ...] = (), inside: str = "", narrow: bool = False) -> None:
        self.page.evaluate(UNSTICK)
        without = SHELL if narrow in self.shells else ()
        found = axe(self.page, only=only, inside=inside, without=() if inside else without)
        if not inside and self.page.locator(SHELL[1]).count():
            self.shells.add(narrow)
        if narrow:
            found += self.page.evaluate(TOO_WIDE)
        self.wrong += [f"{path}: {one}" for one in found]

    def send(self, path: str, form: str, typed: str, marked: set[str]) -> None:
        """Sends a form with this in every field: the answer is in words, what was typed stays, axe finds nothing.

        Axe looks again when a field is marked that was not marked when it looked at this form before.
        """
        where, self.sent = f"{path} form#{form} with {typed[:5]!r}", self.sent + 1
        before: dict[str, Any] = self.page.evaluate(FILL, [form, typed])
        with self.page.expect_response(lambda answer: answer.request.method == "POST") as caught:
            self.page.evaluate(SEND, form)
        status = caught.value.status
        if status not in TOLD:
            self.wrong.append(f"{where}: {status}")
        if status not in (409, 422):
            self.leave(path, redirected="hx-redirect" in caught.value.headers)
            return
        self.refused += 1
        self.page.wait_for_function(ANSWERED, arg=form)
        after: dict[str, Any] = self.page.evaluate(VALUES, list(before))
        self.wrong += [f"{where}: {id} lost what was typed" for id in before if before[id] != after[id]]
        if not self.page.evaluate(SAID, form):
            self.wrong.append(f"{where}: {status} without a word in the form")
        now = {"", *self.page.evaluate(MARKED, form)}
        if now <= marked:
            self.wrong += [f"{where}: {one}" for one in self.page.evaluate(TOO_WIDE)]
        else:
            self.look(where, inside=f"#{form}", narrow=True)
        marked |= now

    def leave(self, path: str, *, redirected: bool) -> None:
        """It was taken: what it leads to is looked at as well, then the page is opened again."""
        if redirected:
            self.page.wait_for_function("() => !window.stands")
            self.page.wait_for_load_state()
            self.look(f"{self.page.url} after {path}", only=COLOURS_AND_TARGETS, narrow=True)
        self.open(path)
        self.page.evaluate(UNPACK)


def every_page(served: Served) -> list[str]:
    """The routes that a person opens."""
    ours = routes(create(served.house), PlantRoute)
    return [
        path for method, path in ours if method == "GET" and not AT_THE_DOOR.match(path) and not NO_PAGE.search(path)
    ]


def standing(path: str, known: Paths) -> tuple[str, ...]:
    """Where a page stands: with the ids of the world, or below a page whose ids are known."""
    if "{" not in path:
        return (path,)
    above = next((one for one in sorted(known, reverse=True) if path == one or path.startswith(f"{one}/")), "")
    rest = path[len(above) :]
    if not above or "{" in rest:
        return ()
    return known[above] if not rest else (known[above][0] + rest,)


def of_part(pages: list[str], part: str) -> list[str]:
    """The pages of one module, or those of none."""
    return [path for path in pages if (path.startswith(part) if part else not path.startswith(PARTS[1:]))]


@pytest.fixture(scope="module")
def known(served: Served, shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Paths:
    return world.build(served, tmp_path_factory.mktemp("world"), shop)


@pytest.fixture(scope="module")
def pages(served: Served, known: Paths) -> list[str]:
    return [address for path in every_page(served) for address in standing(path, known)]


def test_every_page_has_its_document_in_the_world(served: Served, known: Paths) -> None:
    """A new page with an id: put its document into tests/web/world.py, then it is walked."""
    assert [path for path in every_page(served) if not standing(path, known)] == []


@pytest.mark.parametrize("part", PARTS)
def test_nothing_for_axe_light_and_wide_then_dark_and_on_a_phone(browser: Open, pages: list[str], part: str) -> None:
    """What only colours and sizes change is looked at again on the same page, as when a phone turns dark."""
    walk, width = Walk(browser(ROLES, LOGIN)), DESK
    for path in of_part(["/login", *pages], part):
        walk.open(path)
        walk.weigh(path)
        for turned in (False, True):
            if turned:
                width = DESK + PHONE - width
                looks(walk.page, width=width, dark=width == PHONE)
            phone = width == PHONE
            walk.look(f"{path} at {width}", only=COLOURS_AND_TARGETS if phone else (), narrow=phone)
    assert not walk.wrong, "\n".join(walk.wrong)


@pytest.mark.parametrize("part", TYPED)
def test_a_form_sent_empty_or_with_nonsense_says_so_and_keeps_what_was_typed(
    browser: Open, pages: list[str], part: str
) -> None:
    """What all lists and all records have in common is sent on the first page of the module that has it."""
    walk = Walk(browser(ROLES, LOGIN, width=PHONE, dark=True))
    sent: set[str] = set()
    for path in of_part(pages, part):
        send_forms(walk, path, sent)
    assert not walk.wrong, "\n".join(walk.wrong)
    assert walk.refused >= 2
    assert len(sent) == len(SHARED), "nothing of them is called otherwise by now"


@pytest.mark.slow
@pytest.mark.parametrize("part", TYPED)
def test_also_what_all_lists_and_records_have_in_common_on_each_page(
    browser: Open, pages: list[str], part: str
) -> None:
    walk = Walk(browser(ROLES, LOGIN, width=PHONE, dark=True))
    for path in of_part(pages, part):
        send_forms(walk, path, set())
    assert not walk.wrong, "\n".join(walk.wrong)


def send_forms(walk: Walk, path: str, sent: set[str]) -> None:
    """Every form of a page, but for those in common that were sent already."""
    walk.open(path)
    walk.page.evaluate(UNPACK)
    forms: list[str] = walk.page.evaluate(FORMS)
    assert "" not in forms, f"{path} has a form without an id."
    for form in forms:
        if form in sent:
            continue
        if form in SHARED:
            sent.add(form)
        marked: set[str] = set()
        for typed in ("", HOSTILE):
            if walk.page.evaluate("id => !!document.getElementById(id)", form):
                walk.send(path, form, typed, marked)
