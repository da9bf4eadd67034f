"""The manifest: read first, drawn with no transaction open, hung on the plan that it was drawn from."""

from __future__ import annotations

import pytest

from plantops import files
from plantops.core import House
from plantops.errors import Stale
from plantops.jobs import Reporter
from tests.houses import Someone
from tests.transport import making
from transport import jobs, plans

pytestmark = pytest.mark.db


def test_a_manifest_is_hung_on_the_plan_that_it_was_drawn_from(plant: House) -> None:
    with plant.acting() as ctx:
        making.address(ctx, "D", "49.6", "6.1", is_depot=True)
        wanted = making.order(ctx, making.address(ctx, "A", "49.7", "6.2"))
        draft = making.draft(ctx, making.van(ctx), [wanted])
        printing = jobs.print_manifest(ctx, draft.id)
    content = printing.compute(Reporter())
    assert content.startswith(b"%PDF")
    with plant.acting() as ctx:
        printing.then(ctx, content)
        hung = files.attachments(ctx, f"transport_plan:{draft.id}")
        assert [each.media_type for each in hung] == ["application/pdf"]
        plans.publish(ctx, draft.id, draft.version, "the agency drives")
    with plant.acting() as ctx, pytest.raises(Stale, match="drawn again"):
        printing.then(ctx, content)


def test_the_planner_is_made_ready_in_a_process_of_its_own(ctx: Someone) -> None:
    getting_ready = jobs.get_ready(ctx())
    getting_ready.compute(Reporter())
    done = getting_ready.then(ctx(), None)
    assert done is not None
    assert done.message == "The route planner is ready."
