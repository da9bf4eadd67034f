"""Anna approves all that waits in one go: what cannot be is told at the end with its reason; one Undo takes it back."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from plantops.core import House
from purchasing import requisition_approval, requisitions
from purchasing.models import Requisition
from purchasing.models.orders import RequisitionState as State
from purchasing.requisition_lines import NewLine
from purchasing.requisitions import Head
from tests.browser import Served
from tests.stories.stage import COMPUTED_MS, press, working
from tests.web.test_purchasing_pages import Open, Shop, shop

__all__ = ["shop"]
pytestmark = [pytest.mark.db, pytest.mark.browser]

ON_A_PAGE, OWN = 50, 7
"""So many Anna asked for herself: somebody else has to say yes to them."""
WHY = "you asked for it yourself"


def asked(served: Served, shop: Shop, login: str, what: str, count: int) -> list[int]:
    made = []
    with served.house.acting(served.logins[served.person("approver,requester", login)]) as ctx:
        head = Head(shop.site_id, shop.centre_id, ctx.today)
        for n in range(count):
            wanted = NewLine(Decimal(1), description=f"{what} {n}", unit="each", price=Decimal(9000))
            draft = requisitions.start(ctx, head, (wanted,))
            made.append(requisition_approval.submit(ctx, draft.id, draft.version).id)
    return made


def states(house: House, ids: list[int]) -> dict[State, int]:
    with house.acting() as ctx:
        count = sa.select(Requisition.state, sa.func.count()).where(Requisition.id.in_(ids)).group_by(Requisition.state)
        return {row[0]: row[1] for row in ctx.session.execute(count)}


def approves_all(anna: Page, what: str, count: int) -> None:
    anna.goto(f"/purchasing/requisitions?state=submitted&q={what}")
    anna.get_by_label("Pick all rows shown").check()
    bar = anna.locator("[data-bulk]")
    expect(bar).to_contain_text("picked")
    if count > ON_A_PAGE:
        bar.get_by_label("All that match, not only those picked").check()
    press(anna, "Approve")
    undo = "When it is done, you have 30 seconds to undo it."
    expect(anna.locator("main")).to_contain_text(undo, timeout=COMPUTED_MS)
    if count > ON_A_PAGE:
        expect(anna.locator("main")).to_contain_text(re.compile(rf"Tried beforehand: \d+ of {count}\."))
    else:
        expect(anna.locator("main")).to_contain_text(f"{count - OWN} of {count} can be done, {OWN} cannot.")
        told_why(anna)
    anna.locator("#many").get_by_role("button", name="Approve").press("Enter")


def told_why(anna: Page) -> None:
    """Each of her own by its number, and why not."""
    refused = anna.get_by_role("table", name="Refused").locator("tbody tr")
    expect(refused).to_have_text([re.compile(rf"PR-\S+\s+.*{WHY}")] * OWN)


def tell(served: Served, shop: Shop, anna: Page, what: str, count: int) -> None:
    theirs, own = asked(served, shop, "rita", what, count - OWN), asked(served, shop, "anna", what, OWN)
    with working(served.house):
        approves_all(anna, what, count)
        done = f"Approve: {count - OWN} done, {OWN} refused."
        expect(anna.locator("main")).to_contain_text(done, timeout=COMPUTED_MS)
        told_why(anna)
        assert states(served.house, theirs) == {State.APPROVED: count - OWN}
        assert states(served.house, own) == {State.SUBMITTED: OWN}
        press(anna, "Undo")
        expect(anna.locator("main")).to_contain_text(f"Approve: {count - OWN} undone, 0 stay", timeout=COMPUTED_MS)
    assert states(served.house, theirs + own) == {State.SUBMITTED: count}


def test_twenty_are_approved_but_for_seven_and_undone(served: Served, shop: Shop, browser: Open) -> None:
    tell(served, shop, browser("approver,requester", "anna"), "Crane", 20)


@pytest.mark.slow
def test_three_hundred_are_approved_but_for_seven_and_undone(served: Served, shop: Shop, browser: Open) -> None:
    tell(served, shop, browser("approver,requester", "anna"), "Hoist", 300)
