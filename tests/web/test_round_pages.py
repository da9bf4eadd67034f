"""Rounds as people see them: the way through the zones, what is noted, plans, and who shares out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from housekeeping import rounds
from housekeeping.round_models import Hindrance, Outcome
from tests.browser import Client, Served
from tests.housekeeping.touring import planned, ticks_of

pytestmark = pytest.mark.db

Enter = Callable[..., Client]


def made(served: Served, name: str) -> int:
    with served.house.acting() as ctx:
        return planned(ctx, name, zones=3, tasks=1).id


def test_what_is_noted_stands_on_the_round(served: Served, client: Enter) -> None:
    cleaner, id = client("cleaner"), made(served, "Morning")
    path = f"/housekeeping/rounds/{id}"
    with served.house.acting() as ctx:
        first, second, third = ticks_of(ctx, id)
    zone = second.place_id
    assert cleaner.submit(path, f"tick-{first.id}").status_code == 200
    assert cleaner.submit(path, f"cannot-{zone}").status_code == 422
    found = {"tick_ids": second.id, "note": "The basin is cracked."}
    assert cleaner.submit(path, f"found-{zone}", **found).status_code == 200
    other = cleaner.page(path)
    assert "The basin is cracked." in other.text_content()
    assert "told the desk" in other.text_content()
    assert cleaner.submit(path, f"cannot-{third.place_id}", hindrance="locked").status_code == 200
    text = cleaner.page(path).text_content()
    assert "Task 1: Locked" in text
    assert "Everything of this round is ticked off." in text
    with served.house.acting() as ctx:
        assert [(t.outcome, t.hindrance) for t in rounds.whole(ctx, id).ticks] == [
            (Outcome.DONE, None),
            (Outcome.FINDING, None),
            (Outcome.NOT_POSSIBLE, Hindrance.LOCKED),
        ]


def test_a_lead_shares_out_and_closes_as_missed(served: Served, client: Enter) -> None:
    lead, id = client("crew_lead"), made(served, "Evening")
    path = f"/housekeeping/rounds/{id}"
    served.person("cleaner")
    assert lead.submit(path, "share", user_id=served.logins["cleaner"]).status_code == 200
    assert "Cleaner" in lead.page(path).text_content()
    assert lead.submit(path, "miss").status_code == 422
    assert lead.submit(path, "miss", reason="Nobody came.").status_code == 200
    assert "Nobody came." in lead.page(path).text_content()
