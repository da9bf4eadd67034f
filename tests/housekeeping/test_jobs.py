"""The sheet of codes: read first, drawn with no transaction open, kept last."""

from __future__ import annotations

import pytest

from housekeeping import boards, jobs
from plantops import files, places
from plantops.core import House
from plantops.errors import NotFound
from plantops.jobs import Reporter
from plantops.places import Kind
from tests.houses import Someone
from tests.plantops.approving import verrin

pytestmark = pytest.mark.db


def test_the_sheet_of_codes_is_drawn_after_what_was_read_is_committed(plant: House) -> None:
    with plant.acting() as ctx:
        site_id = verrin(ctx)
        places.add_place(ctx, site_id, "H1", "Hall 1", Kind.BUILDING)
        printing = jobs.print_codes(ctx, site_id)
    content = printing.compute(Reporter())
    assert content.startswith(b"%PDF")
    with plant.acting() as ctx:
        done = printing.then(ctx, content)
        assert done is not None
        assert done.message == "1 code is ready to be printed."
        assert files.content(ctx, int(str(done.link).rpartition("/")[2])) == content


def test_codes_of_a_site_that_does_not_exist_are_refused_before_a_job_is_made(ctx: Someone) -> None:
    with pytest.raises(NotFound):
        boards.ask_codes(ctx("facility_manager"), 999_999)
    with pytest.raises(NotFound):
        jobs.print_codes(ctx(), 999_999)


def test_the_planner_is_made_ready_in_a_process_of_its_own(ctx: Someone) -> None:
    getting_ready = jobs.get_ready(ctx())
    getting_ready.compute(Reporter())
    done = getting_ready.then(ctx(), None)
    assert done is not None
    assert done.message == "The roster planner is ready."
