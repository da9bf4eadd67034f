"""Events and questions that siblings share: said here because neither side may know the other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Generic, TypeVar

from plantops.wording import says

Answer = TypeVar("Answer")


class Event:
    """Something that happened, in the past tense. Listeners run in the same transaction."""


class Question(Generic[Answer]):
    """Something only those above can know. `ctx.ask()` returns a list with each module's answer."""


@dataclass(frozen=True)
class Moved(Event):
    """A document went from one state to the next.

    `target` is the state as it is stored.
    """

    origin: str
    target: str


@dataclass(frozen=True)
class TakenBack(Event):
    """The last step of a document was undone by who took it.

    `since` is when it was taken.
    """

    origin: str
    since: datetime


@dataclass(frozen=True)
class LowStock(Event):
    """An item fell to or under its minimum in a store.

    `wanted` fills it up to its target.
    """

    item_id: int
    store_id: int
    on_hand: Decimal
    on_order: Decimal
    wanted: Decimal


@dataclass(frozen=True)
class StockReceived(Event):
    """Goods were put into a store."""

    item_id: int
    store_id: int
    quantity: Decimal
    origin: str


@dataclass(frozen=True)
class OnOrder(Question[Decimal]):
    """How much of an item is on its way to a store, asked for or ordered? In the item's stock unit."""

    item_id: int
    store_id: int


@dataclass(frozen=True)
class WorkWanted(Event):
    """Somebody outside the facility desk needs work done at a place."""

    site_id: int
    place_id: int | None
    title: str
    text: str
    origin: str
    requested_by_id: int


@dataclass(frozen=True)
class Absent(Question[str]):
    """Who would be missing? Rosters and trips answer with warnings, one sentence each."""

    employee_id: int
    first_day: date
    last_day: date


@dataclass(frozen=True)
class ManagerOf(Question[int]):
    """The user ids of the people who lead this user today."""

    user_id: int


@dataclass(frozen=True)
class Waiting(Question["WaitingCard"]):
    """What waits for this person on the home page?"""

    role: str


@says("title", "one")
@dataclass(frozen=True)
class WaitingCard:
    """One card of a home page: a number, what it is, and where it leads."""

    title: str
    count: int
    href: str
    tone: str = "plain"
    detail: str = ""
    order: int = 50
    one: str = ""
    """The title when there is one of it, where that is said otherwise."""

    @property
    def words(self) -> str:
        return self.one if self.one and self.count == 1 else self.title


@says("kind")
@dataclass(frozen=True)
class DueItem:
    """Something that falls due: a certificate, an inspection, a contract."""

    title: str
    due_on: date
    href: str
    owner_id: int | None = None
    kind: str = ""
    seen_at: datetime | None = None
