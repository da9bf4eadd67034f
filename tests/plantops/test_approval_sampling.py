"""What approved itself is drawn by lot each week and looked at by somebody else."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from plantops import approval_sampling, approvals
from plantops.context import Context
from plantops.errors import Conflict, Forbidden, Invalid
from tests.houses import NOW, Someone
from tests.plantops.approving import KIND, rule, verrin

pytestmark = pytest.mark.db
LAST_WEEK = NOW - timedelta(days=6)  # Tuesday


@pytest.mark.parametrize(("there", "drawn"), [(0, 0), (3, 3), (5, 5), (49, 5), (51, 6), (500, 50)])
def test_a_tenth_and_at_least_five(there: int, drawn: int) -> None:
    assert approval_sampling.sample_size(there, Decimal(10), 5) == drawn


def small(ctx: Context, number: int) -> None:
    approvals.request(
        ctx,
        KIND,
        f"{KIND}:{number}",
        site_id=verrin(ctx),
        amount=Decimal(number),
        currency="EUR",
        requested_by_id=ctx.user.id,
        content_hash="x",
        automatic_up_to=Decimal(250),
    )


def test_last_weeks_self_approved_documents_are_drawn_once(ctx: Someone) -> None:
    rule(ctx())
    for number in range(1, 9):
        small(ctx(as_="employee", now=LAST_WEEK), number)
    small(ctx(as_="employee", now=LAST_WEEK), 251)
    small(ctx(as_="employee"), 9)
    assert approval_sampling.draw(ctx()) == 5
    assert approval_sampling.draw(ctx()) == 0
    rows = approval_sampling.list_samples(ctx(as_="auditor"))
    assert {row.origin for row in rows} < {f"{KIND}:{number}" for number in range(1, 9)}
    assert {row.week.isoformat() for row in rows} == {"2026-11-16"}


def test_somebody_else_looks_once_and_says_what_was_wrong(ctx: Someone) -> None:
    rule(ctx())
    asker = ctx(as_="employee,auditor", login="ana", now=LAST_WEEK)
    small(asker, 1)
    approval_sampling.draw(ctx())
    auditor = ctx(as_="auditor")
    (row,) = approval_sampling.list_samples(auditor)
    with pytest.raises(Forbidden, match="asked for it yourself"):
        approval_sampling.judge(asker, row.id, row.version, is_right=True)
    with pytest.raises(Forbidden):
        approval_sampling.judge(ctx(as_="employee"), row.id, row.version, is_right=True)
    with pytest.raises(Invalid, match="what was not right"):
        approval_sampling.judge(auditor, row.id, row.version, is_right=False)
    approval_sampling.judge(auditor, row.id, row.version, is_right=False, note="split to stay below the limit")
    with pytest.raises(Conflict, match="looked at it already"):
        approval_sampling.judge(auditor, row.id, 2, is_right=True)
    assert approval_sampling.list_samples(auditor) == []
    (judged,) = approval_sampling.list_samples(auditor, open_only=False)
    assert (judged.is_right, judged.judged_by) == (False, "Auditor")
