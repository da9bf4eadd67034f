"""A document goes only where its lifecycle lets it, and says why when it must."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, cast

import pytest

from plantops import lifecycle
from plantops.errors import Conflict, Invalid
from plantops.lifecycle import Lifecycle


class State(StrEnum):
    OPEN = "open"
    ON_HOLD = "on_hold"
    DONE = "done"


@dataclass
class Paper:
    lifecycle: ClassVar[Lifecycle] = Lifecycle(
        {State.OPEN: (State.ON_HOLD, State.DONE), State.ON_HOLD: (State.OPEN,)}, frozenset({State.ON_HOLD})
    )
    __tablename__: ClassVar[str] = "core_paper"
    id: int = 1
    number: str = "P-1"
    state: State = State.OPEN
    version: int = 1


def test_where_it_cannot_go_is_a_conflict(ctx: Any) -> None:
    paper = Paper(state=State.DONE)
    with pytest.raises(Conflict, match="Cannot make P-1 on hold: it is done"):
        lifecycle.move(ctx(as_="buyer"), paper, State.ON_HOLD, "")
    assert (paper.state, paper.version) == (State.DONE, 1)


def test_a_missing_reason_is_a_field_to_fill_in(ctx: Any) -> None:
    paper = Paper()
    with pytest.raises(Invalid, match="Say why P-1 becomes on hold") as refused:
        lifecycle.move(ctx(as_="buyer"), paper, State.ON_HOLD, "  ")
    assert refused.value.fields == {"reason": "Say why P-1 becomes on hold."}
    assert (paper.state, paper.version) == (State.OPEN, 1)


def test_a_step_is_written_with_its_actor_and_reason(ctx: Any) -> None:
    paper, buyer = Paper(), ctx(as_="buyer")
    lifecycle.move(buyer, paper, State.ON_HOLD, " waits for a part ")
    (step,) = lifecycle.steps(buyer, cast(Any, paper))
    assert (step.source, step.target, step.reason) == ("open", "on_hold", "waits for a part")
    assert paper.version == 2
