"""Many rows by COPY: every value arrives as it was, the trail names each row, a check refuses as ever."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from plantops.audit import AuditRow
from plantops.bulk import insert_many, next_ids
from plantops.imports import Import, ImportRow, RowState
from plantops.options import OptionValue
from tests.houses import Someone

pytestmark = pytest.mark.db
HOSTILE = ("a\tb", "line\nbreak\r", "back\\slash \\N", "\\.", "Ä 漢 🜁", "", "'; DROP TABLE x; --")


def test_every_text_arrives_as_it_was_under_its_id(ctx: Someone) -> None:
    office = ctx()
    rows = [{"key": f"test.{n}", "value": text, "changed_at": office.now} for n, text in enumerate(HOSTILE)]
    ids = insert_many(office, OptionValue, rows)
    found = {row.id: row for row in office.session.scalars(sa.select(OptionValue).where(OptionValue.id.in_(ids)))}
    assert [found[id].value for id in ids] == list(HOSTILE)
    assert {row.site_id for row in found.values()} == {None}
    kept = sa.select(sa.func.count()).where(AuditRow.table_name == "core_option", AuditRow.row_id.in_(map(str, ids)))
    assert office.session.scalar(kept) == len(HOSTILE)


def test_words_of_a_choice_lists_and_ids_taken_before(ctx: Someone) -> None:
    office = ctx()
    run = Import(kind="x", file_name="x", sha256="0" * 64, map_text="", created_by_id=1, created_at=office.now)
    office.session.add(run)
    office.session.flush()
    (id,) = next_ids(office, ImportRow, 1)
    cells = {"text": 'quote " and \\ and \t', "none": None}
    row = {"id": id, "import_id": run.id, "number": 1, "state": RowState.READY, "cells": cells}
    assert insert_many(office, ImportRow, [row]) == [id]
    stored = office.session.get_one(ImportRow, id)
    assert (stored.cells, stored.state, stored.problems, stored.group_key) == (cells, RowState.READY, [], "")


def test_nothing_is_nothing_and_a_rule_of_the_table_holds(ctx: Someone) -> None:
    office = ctx()
    assert insert_many(office, OptionValue, []) == []
    twice = [{"key": "test.same", "value": "1", "changed_at": office.now}] * 2
    with pytest.raises(IntegrityError, match="uq_core_option"), office.session.begin_nested():
        insert_many(office, OptionValue, twice)
