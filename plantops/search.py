"""Search: one box over the records of all modules, of what the person may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from plantops.context import Context, anyone, within
from plantops.findable import Findable, Select, begins, words
from plantops.links import origin_of, url
from plantops.listing_params import LONGEST_SEARCH
from plantops.places import sort_key

EACH = 5
MOST = 30
SHORTEST_WORD = 2
AFTER_EVERY_LETTER = b"\xff"  # stands in no text


@dataclass(frozen=True)
class Hit:
    """Something found: what it is called, what kind of thing it is, and where it leads."""

    title: str
    kind: str
    href: str
    detail: str = ""
    origin: str = ""


@anyone("each kind of record is left out for who lacks its right, each row for who may not see it")
def search(ctx: Context, typed: str) -> list[Hit]:
    """A few records of each kind: those called so, those whose name begins so, then those that have all the words."""
    wanted = " ".join(typed.replace("\x00", " ").split())[:LONGEST_SEARCH]
    kinds = [each for module in ctx.registry.modules for each in module.search if ctx_may(ctx, each)]
    if not kinds or not any(character.isalnum() for character in wanted):
        return []
    found = _ask(ctx, kinds, [_beginning(ctx, place, each, wanted) for place, each in enumerate(kinds)])
    lacking = [place for place, each in enumerate(kinds) if len(found[each]) < EACH]
    if lacking and max(map(len, sort_key(wanted).split())) >= SHORTEST_WORD:
        more = _ask(ctx, kinds, [[_with_words(ctx, place, kinds[place], wanted)] for place in lacking])
        for each, hits in more.items():
            found[each] |= {origin: hit for origin, hit in hits.items() if origin not in found[each]}
    key = sort_key(wanted)
    best = [hit for each in kinds for hit in [*found[each].values()][:EACH] if hit.href]
    best.sort(key=lambda hit: (sort_key(hit.title) != key, not sort_key(hit.title).startswith(key)))
    return best[:MOST]


@within("a kind of record is searched by who may read it")
def ctx_may(ctx: Context, each: Findable) -> bool:
    return any(ctx.may(permission) for permission in each.permissions)


def _ask(ctx: Context, kinds: Sequence[Findable], arms: Sequence[Sequence[Select]]) -> dict[Findable, dict[str, Hit]]:
    """One statement for all kinds; each looks no further than a few rows."""
    asked = sa.union_all(*(query.subquery().select() for some in arms for query in some))
    found: dict[Findable, dict[str, Hit]] = defaultdict(dict)
    for place, id, title, detail in ctx.session.execute(asked):
        each = kinds[place]
        origin = origin_of(each.origin, id)
        found[each].setdefault(origin, Hit(title, each.kind, url(ctx.registry, origin), detail or "", origin))
    return found


def _columns(ctx: Context, place: int, each: Findable) -> Select:
    title = each.words[0] if each.title is None else each.title
    detail = sa.literal_column("''") if each.detail is None else each.detail
    return each.rows(ctx).with_only_columns(
        sa.literal_column(str(place), sa.Integer).label("place"),
        each.key.label("id"),
        sa.func.left(title, 120, type_=sa.Text()).label("title"),
        sa.func.left(detail, 120, type_=sa.Text()).label("detail"),
    )


def _beginning(ctx: Context, place: int, each: Findable, wanted: str) -> list[Select]:
    """Whose name begins so, read off the index in its order; of numbers that go up the newest, and the very one."""
    name, low = begins(each.words[0]), begins(wanted)
    query = _columns(ctx, place, each)
    begun = query.where(name >= low, name < low.concat(sa.literal(AFTER_EVERY_LETTER, sa.LargeBinary)))
    if not each.newest_first:
        return [begun.order_by(name).limit(EACH)]
    return [query.where(name == low).limit(1), begun.order_by(name.desc()).limit(EACH)]


def _with_words(ctx: Context, place: int, each: Findable, wanted: str) -> Select:
    """Every word that was typed begins one of the record's."""
    asked = sa.func.core_wanted(wanted)
    return _columns(ctx, place, each).where(words(*each.words).bool_op("@@")(asked)).limit(2 * EACH)
