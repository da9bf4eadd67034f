"""What the board says of orders that are left out."""

from transport.boards import LEFT_OUT
from transport.optimise.model import Constraint


def test_whatever_may_break_has_words_in_every_language() -> None:
    assert set(LEFT_OUT) == set(Constraint)
