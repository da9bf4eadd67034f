"""A list as a board: cards under their states, and what may be done with a card to move it on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from plantops import listing_pages
from plantops.context import Context, anyone
from plantops.db import tried
from plantops.errors import Invalid, NotFound, PlantopsError
from plantops.listing import Ask, Board, Kind, Listing, ListParams, Move
from plantops.wording import say

CARDS = 15
COUNTED_TO = 1000
TRIAL = "trial"


@dataclass(frozen=True)
class Lane:
    """A column of the board: a state, its first cards, and how many there are."""

    state: StrEnum
    rows: tuple[Any, ...]
    next_cursor: str | None
    count: int
    """Up to 1,001, which stands for more than 1,000."""


@dataclass(frozen=True)
class Way:
    """A move that the person may make, or the reason why it cannot be made now."""

    move: Move
    why_not: str


@dataclass(frozen=True)
class Card:
    id: int
    version: int
    state: str
    ways: tuple[Way, ...]


# --- Questions


@anyone("the list's own right is asked for first; its rows are those that the person may see")
def lanes(ctx: Context, listing: Listing[Any], params: ListParams) -> tuple[Lane, ...]:
    """Each state with its first cards; states that a filter leaves out are left out."""
    board = _board(listing)
    chosen = params.filters.get(board.column)
    wanted = [state for state in board.states if chosen is None or state in chosen.values]
    return tuple(_lane(ctx, listing, replace(params, group=board.column, within=str(state)), state) for state in wanted)


def _lane(ctx: Context, listing: Listing[Any], params: ListParams, state: StrEnum) -> Lane:
    rows, cursor = listing_pages.some(ctx, listing, replace(params, limit=CARDS, after=""))
    count = listing_pages.how_many(ctx, listing, params, COUNTED_TO) if cursor else len(rows)
    return Lane(state, rows, cursor, count)


@anyone("the list's own right is asked for first; each move is tried with the person's rights and taken back")
def card(ctx: Context, listing: Listing[Any], id: int) -> Card:
    """Where a card can go from here. Each move is really made and undone, so that its reason is the true one."""
    listing.need(ctx)
    board: Board = _board(listing)
    key: Any = listing.key
    state = listing.by_key[board.column].expr
    query = listing.rows(ctx).order_by(None).where(key == id).with_only_columns(key.class_.version, state)
    row = ctx.session.execute(query).first()
    if row is None:
        raise NotFound(say("This card is gone, or you may not see it any more. Load the board again."))
    offered = [move for move in board.moves if move.to != row[1] and any(ctx.may(right) for right in move.permissions)]
    ways = tuple(Way(move, _why_not(ctx, move, id, row[0])) for move in offered)
    return Card(id, row[0], str(row[1]), ways)


def _why_not(ctx: Context, move: Move, id: int, version: int) -> str:
    try:
        with tried(ctx.session):
            move.act(ctx, id, version, **{ask.key: _tried(ctx, ask) for ask in move.asks})
            ctx.session.flush()
    except PlantopsError as error:
        # What was made up for the trial says nothing about what the person will answer.
        of_answer = isinstance(error, Invalid) and set(error.fields) & {ask.key for ask in move.asks}
        return "" if of_answer else error.message
    return ""


def _tried(ctx: Context, ask: Ask) -> Any:
    match ask.kind:
        case Kind.DATE:
            return ctx.today
        case Kind.NUMBER:
            return 1
        case Kind.QUANTITY | Kind.MONEY:
            return Decimal(1)
        case _:
            return TRIAL


@anyone("it names what the board can do")
def move_of(listing: Listing[Any], key: str) -> Move:
    for move in _board(listing).moves:
        if move.key == key:
            return move
    raise NotFound(say("Nothing of the list {title} is moved in this way.", title=listing.title))


def _board(listing: Listing[Any]) -> Board:
    if listing.board is None:
        raise NotFound(say("The list {title} has no board.", title=listing.title))
    return listing.board


# --- Actions


@anyone("the action asks for its own right on the very row, and looks at the version")
def make(ctx: Context, listing: Listing[Any], id: int, key: str, version: int, answers: Mapping[str, Any]) -> None:
    """Moves a card by the module's own action."""
    listing.need(ctx)
    move = move_of(listing, key)
    listing_pages.one(ctx, listing, id)
    missing = {
        ask.key: say("Please fill this in.") for ask in move.asks if ask.required and answers.get(ask.key) in ("", None)
    }
    if missing:
        raise Invalid(say("Something is missing."), fields=missing)
    move.act(ctx, id, version, **answers)
    ctx.session.flush()
