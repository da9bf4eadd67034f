"""The pictures of the README, taken anew from a demo plant of their own: `./run pictures [home.png ...]`.

Seed and morning are always the same, so that a picture changes only when its page does. Few colours keep it small.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from plantops import embedded, logs
from plantops.core import initialise
from plantops.demo import PASSWORD, build
from plantops.settings import Settings
from tests.browser import ARGUMENTS, chromium_path, serve

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
MORNING = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)  # a Monday at half past ten at the plant
DESK, PHONE = (1280, 860), (390, 760)
COLOURS = (96, 48, 24)
LARGEST = 150 * 1024


@dataclass(frozen=True)
class Picture:
    """What is shown: whose screen, which page, how wide; `after` does something there first."""

    name: str
    login: str
    path: str
    size: tuple[int, int] = DESK
    dark: bool = False
    after: Callable[[Page], None] | None = None


def first_row(page: Page) -> None:
    """What the first row of the page leads to."""
    page.locator("main tbody th a").first.click()
    page.locator("h1").wait_for()


def sent_empty(page: Page) -> None:
    page.locator("main form.form button[type=submit]").first.click()
    page.locator(".form-errors > *").first.wait_for()


PICTURES = (
    Picture("home.png", "facility_manager", "/"),
    Picture("week.png", "plant_manager", "/weekly"),
    Picture("to-order.png", "buyer", "/purchasing/to-order"),
    Picture("orders.png", "buyer", "/purchasing/orders?view=0"),
    Picture("order.png", "buyer", "/purchasing/orders?view=0", after=first_row),
    Picture("invoice.png", "accounts_payable", "/purchasing/invoices?state=exception", after=first_row),
    Picture("plan.png", "dispatcher", "/transport", after=first_row),
    Picture("roster.png", "crew_lead", "/housekeeping/rosters", after=first_row),
    Picture("requests.png", "facility_manager", "/housekeeping/requests?show=board&state=new,accepted", dark=True),
    Picture("today.png", "line_manager", "/personnel"),
    Picture("phone-home.png", "line_manager", "/", PHONE, dark=True),
    Picture("phone-receive.png", "receiver", "/purchasing/receive", PHONE, after=first_row),
    Picture("phone-report.png", "employee", "/housekeeping/requests/new", PHONE, dark=True, after=sent_empty),
    Picture("phone-leave.png", "employee", "/personnel/leave", PHONE),
)


@contextmanager
def demo_plant() -> Iterator[str]:
    """The address of a demo plant on a PostgreSQL of its own; both are gone afterwards."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, embedded.running(Path(folder, "db")) as url:
        house = initialise(url, Settings.read(Path(folder, "data"), environ={}))
        house.clock = lambda: MORNING
        build(house)
        server, thread, address = serve(house)
        yield address
        server.should_exit = True
        thread.join(10)
        house.database.dispose()


def sign_in(browser: Browser, url: str, picture: Picture) -> Page:
    """A window of the person's own, at the home page."""
    context = browser.new_context(
        base_url=url,
        viewport={"width": picture.size[0], "height": picture.size[1]},
        color_scheme="dark" if picture.dark else "light",
        reduced_motion="reduce",
        service_workers="block",
    )
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("Login").fill(picture.login)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="account").wait_for()
    return page


def small(shot: bytes) -> bytes:
    """As many colours as fit into the size that a picture may have."""
    for colours in COLOURS:
        out = io.BytesIO()
        with Image.open(io.BytesIO(shot)) as image:
            image.convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() <= LARGEST:
            return out.getvalue()
    raise ValueError(f"The picture has {out.tell() // 1024} kB with {colours} colours: show less on it.")


def take(browser: Browser, url: str, picture: Picture, folder: Path) -> Path:
    page = sign_in(browser, url, picture)
    page.goto(picture.path)
    if picture.after:
        picture.after(page)
    page.wait_for_load_state("networkidle")
    path = folder / picture.name
    path.write_bytes(small(page.screenshot()))
    page.context.close()
    return path


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run pictures", description="Takes the pictures of the documents anew.")
    parser.add_argument("names", nargs="*", help="only these, for example home.png")
    parser.add_argument("--out", type=Path, default=FOLDER, help="another folder than docs/pictures")
    asked = parser.parse_args()
    if unknown := set(asked.names) - {picture.name for picture in PICTURES}:
        parser.error(f"there is no picture {', '.join(sorted(unknown))}")
    asked.out.mkdir(parents=True, exist_ok=True)
    logs.configure("warning")
    with demo_plant() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        for picture in PICTURES:
            if not asked.names or picture.name in asked.names:
                path = take(browser, url, picture, asked.out)
                print(f"{picture.name}: {path.stat().st_size // 1024} kB")
        browser.close()


if __name__ == "__main__":
    main()
