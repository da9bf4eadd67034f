"""Who searches next, and when to choose among all routes: by what each brought when it was last asked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

LONGEST_REST = 4  # searches


class Way(Enum):
    """On with the long climb; a short one from the best plan; a few routes apart from the rest."""

    ON = "on"
    WARM = "warm"
    PARTS = "parts"


@dataclass
class Turns:
    """Money that every way saved in its last turn; those in vain wait until all are, and then for their turn. Where
    vehicles are all `alike` the long climb has the first turns, until one of them brings less than half of the one
    before; where they are not, it rarely leaves the fleet that it began with."""

    alike: bool
    _saved: dict[Way, int] = field(default_factory=dict)
    _slack: bool = field(init=False)  # the long climb is one of several
    _asked: list[Way] = field(default_factory=list)  # the latest last

    def __post_init__(self) -> None:
        self._slack = not self.alike

    def next(self, ways: Sequence[Way]) -> Way:
        """The long climb until it slackens; one never asked; the one that saved most; the one that waited longest."""
        if Way.ON in ways and not self._slack:
            return Way.ON
        for way in ways:
            if way not in self._saved:
                return way
        best = max(self._saved[way] for way in ways)
        if best > 0:
            return next(way for way in ways if self._saved[way] == best)
        return min(ways, key=self._asked.index)

    def note(self, way: Way, saved: int) -> None:
        if way is Way.ON and (saved == 0 or 2 * saved < self._saved.get(way, 0)):
            self._slack = True
        self._saved[way] = saved
        self._asked = [*(one for one in self._asked if one is not way), way]


@dataclass
class Rest:
    """How many searches somebody lets pass: none after earning, after every time in vain twice as many."""

    _length: int = 0
    _left: int = 0

    def over(self) -> bool:
        """Asked once after each search."""
        self._left -= 1
        return self._left < 0

    def note(self, earned: bool) -> None:
        self._length = 0 if earned else min(LONGEST_REST, max(1, 2 * self._length))
        self._left = self._length
