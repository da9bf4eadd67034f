"""In the morning a van does not start: the dispatcher looks at what that would change, and takes it over."""

from __future__ import annotations

import os
from collections.abc import Callable
from decimal import Decimal

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from plantops.engines import Limits
from tests.browser import Served, axe, looks
from tests.stories.stage import COMPUTED_MS, press, toast, working
from tests.transport import making
from transport import plans
from transport.models import Plan, PlanState
from transport.optimise.routes import solve

pytestmark = [pytest.mark.db, pytest.mark.browser]

SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def draft(served: Served) -> int:
    """Three stops on the cheaper one of two vans; the other does not hold them all."""
    with served.house.acting() as ctx:
        making.address(ctx, "D", "49.60", "6.10", is_depot=True)
        for n in range(3):
            making.order(ctx, making.address(ctx, f"A{n}", f"49.{64 + 2 * n}", "6.10"))
        making.van(ctx)
        making.van(ctx, "VAN-2", capacity_kg=Decimal(250), cost_per_km=Decimal("0.8"))
        day = making.site_id(ctx), making.DAY
        asked = plans.ask_at_once(ctx, *day)
        return plans.keep_at_once(ctx, *day, 1, asked, solve(asked.problem, Limits(iterations=30))).id


def whole(page: Page) -> None:
    """Readable for everybody, wide and on a phone, by day and by night, and nothing to be shoved sideways."""
    for width in (1280, 390):
        for dark in (False, True):
            looks(page, width=width, dark=dark)
            assert axe(page) == []
            assert page.evaluate(SIDEWAYS) <= 0
            if folder := os.environ.get("SHOTS"):
                name = page.url.rsplit("/", 1)[-1]
                page.screenshot(path=f"{folder}/{name}-{width}-{dark}.png", full_page=True)
    looks(page)


def test_what_a_missing_van_changes_is_seen_before_it_is_taken_over(
    served: Served, draft: int, browser: Callable[..., Page]
) -> None:
    page = browser("dispatcher")
    with working(served.house):
        page.goto(f"/transport/plans/{draft}")
        page.get_by_role("link", name="Plan the rest anew").press("Enter")
        expect(page.get_by_role("heading", name="Plan the rest anew")).to_be_visible()
        whole(page)
        page.get_by_label("This vehicle is out").select_option(label="VAN-1")
        page.get_by_label("Seconds to think").fill("1")
        press(page, "Look what changes")
        take = page.get_by_role("button", name=f"Take over into plan {draft}")
        expect(take).to_be_visible(timeout=COMPUTED_MS)
    differs = page.get_by_role("table", name="What differs")
    expect(differs.get_by_role("row").filter(has_text="50 kg over its 250 kg")).to_have_count(1)
    expect(differs.get_by_role("row").filter(has_text="VAN-2").filter(has_text="VAN-1")).to_have_count(3)
    whole(page)
    press(page, f"Take over into plan {draft}")
    toast(page, "Taken over into this plan.")
    expect(page).to_have_url(f"{served.url}/transport/plans/{draft}")
    expect(page.get_by_text("Planned anew since it was computed.", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="VAN-1", exact=True)).to_have_count(0)
    with served.house.acting() as ctx:
        states = {row.id: row.state for row in ctx.session.scalars(sa.select(Plan))}
    assert states.pop(draft) is PlanState.DRAFT
    assert set(states.values()) == {PlanState.SUPERSEDED}
    page.goto(f"/transport/plans/{max(states)}")
    refused = page.get_by_role("button", name="Plan the rest anew")
    expect(refused).to_have_attribute("aria-disabled", "true")
