"""The pictures of the README and the tour, taken anew from a running demo: `python -m tests.pictures`.

Start `./run demo` in another window first. Each picture is saved with few colours, so that it stays small.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import ARGUMENTS, chromium_path

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
PASSWORD = "marenfeld-demo"
DESK, PHONE = (1280, 860), (390, 760)
COLOURS = 96
PLANNED_MS = 120_000


@dataclass(frozen=True)
class Picture:
    """What is shown: whose screen, which page, how wide; `after` does something there first."""

    name: str
    login: str
    path: str
    size: tuple[int, int] = DESK
    dark: bool = False
    after: Callable[[Page], None] | None = None


def plan_the_day(page: Page) -> None:
    page.get_by_label("Seconds to think").fill("10")
    page.get_by_role("button", name="Plan this day").click()
    page.get_by_role("button", name="Publish").wait_for(timeout=PLANNED_MS)


def first_row(page: Page) -> None:
    page.locator("main tbody th a").first.click()
    page.wait_for_load_state()


def sent_empty(page: Page) -> None:
    page.locator("main form.form button[type=submit]").first.click()
    page.locator(".form-errors > *").first.wait_for()


PICTURES = (
    Picture("home.png", "facility_manager", "/"),
    Picture("week.png", "plant_manager", "/weekly"),
    Picture("plan.png", "dispatcher", "/transport", after=plan_the_day),
    Picture("to-order.png", "buyer", "/purchasing/to-order"),
    Picture("roster.png", "crew_lead", "/housekeeping/rosters", after=first_row),
    Picture("cover.png", "hr", "/personnel/cover"),
    Picture("due.png", "hr", "/due"),
    Picture("codes.png", "facility_manager", "/housekeeping/codes"),
    Picture("phone-home.png", "line_manager", "/", PHONE, dark=True),
    Picture("phone-report.png", "employee", "/housekeeping/requests/new", PHONE, dark=True, after=sent_empty),
    Picture("phone-leave.png", "employee", "/personnel/leave", PHONE, dark=True),
)


def sign_in(browser: Browser, url: str, picture: Picture) -> Page:
    """A window of the person's own, at the home page."""
    context = browser.new_context(
        base_url=url,
        viewport={"width": picture.size[0], "height": picture.size[1]},
        color_scheme="dark" if picture.dark else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("Login").fill(picture.login)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="account").wait_for()
    return page


def take(browser: Browser, url: str, picture: Picture, folder: Path) -> Path:
    page = sign_in(browser, url, picture)
    page.goto(picture.path)
    if picture.after:
        picture.after(page)
    page.wait_for_load_state()
    path = folder / picture.name
    with Image.open(io.BytesIO(page.screenshot())) as shot:
        shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    page.context.close()
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description="Takes the pictures of the documents from a running demo.")
    parser.add_argument("names", nargs="*", help="only these, for example home.png")
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--out", type=Path, default=FOLDER)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        for picture in PICTURES:
            if not asked.names or picture.name in asked.names:
                path = take(browser, asked.url, picture, asked.out)
                print(f"{picture.name}: {path.stat().st_size // 1024} kB")
        browser.close()


if __name__ == "__main__":
    main()
