"""Search: one box over the records of all modules, of what the person may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from plantops.context import Context, anyone, within
from plantops.findable import Findable, Select
from plantops.links import origin_of, url
from plantops.listing_params import LONGEST_SEARCH
from plantops.places import sort_key

EACH = 5
LATELY = 50
MOST = 30
SHORTEST_WORD = 3


@dataclass(frozen=True)
class Hit:
    """Something found: what it is called, what kind of thing it is, and where it leads."""

    title: str
    kind: str
    href: str
    detail: str = ""
    origin: str = ""


Found = dict[Findable, dict[str, Hit]]


@anyone("each kind of record is left out for who lacks its right, each row for who may not see it")
def search(ctx: Context, typed: str) -> list[Hit]:
    """A few records of each kind: those called so, those whose name begins so, then those that have all the words."""
    wanted = " ".join(typed.replace("\x00", " ").split())[:LONGEST_SEARCH]
    kinds = [each for module in ctx.registry.modules for each in module.search if ctx_may(ctx, each)]
    if not kinds or not any(character.isalnum() for character in wanted):
        return []
    found = _ask(ctx, kinds, wanted, [arm for each in kinds for arm in _beginning(ctx, each)])
    lacking = [each for each in kinds if len(found[each]) < EACH]
    if lacking and not is_settled(wanted, [hit for hits in found.values() for hit in hits.values()]):
        arms = [_with_the_words(ctx, each) for each in lacking]
        for each, hits in _ask(ctx, kinds, wanted, arms).items():
            found[each] |= {origin: hit for origin, hit in hits.items() if origin not in found[each]}
    key = sort_key(wanted)
    best = [hit for each in kinds for hit in [*found[each].values()][:EACH] if hit.href]
    best.sort(key=lambda hit: (sort_key(hit.title) != key, not sort_key(hit.title).startswith(key)))
    return best[:MOST]


def is_settled(wanted: str, begun: Sequence[Hit]) -> bool:
    """Is it enough to look at how things are called? Words in the middle of a title are not looked for when what was
    typed is shorter than any that tells something, or when it is the beginning of a number that was found."""
    key = sort_key(wanted)
    if max(map(len, key.split())) < SHORTEST_WORD or any(sort_key(hit.title) == key for hit in begun):
        return True
    return bool(begun) and " " not in key and any(character.isdigit() for character in key)


@within("a kind of record is searched by who may read it")
def ctx_may(ctx: Context, each: Findable) -> bool:
    return any(ctx.may(permission) for permission in each.permissions)


def _ask(ctx: Context, kinds: Sequence[Findable], wanted: str, arms: Sequence[sa.Subquery]) -> Found:
    """One statement for all kinds; each looks no further than a few rows."""
    by_origin = {each.origin: each for each in kinds}
    asked = sa.union_all(*(arm.select() for arm in arms))
    found: Found = defaultdict(dict)
    for kind, id, title, detail in ctx.session.execute(asked, {"wanted": wanted}):
        each, origin = by_origin[kind], origin_of(kind, id)
        found[each].setdefault(origin, Hit(title, each.kind, url(ctx.registry, origin), detail or "", origin))
    return found


def _with_the_words(ctx: Context, each: Findable) -> sa.Subquery:
    """Where the newest documents have the words, all others are not looked for: a word that stands in every title
    would be gathered 300,000 times before the first is taken. The second query is only begun when it is needed.
    """
    query = _rows(ctx, each).where(each.has_the_words)
    if not each.newest_first:
        return query.limit(2 * EACH).subquery()
    lately = sa.select(each.key).order_by(each.key.desc()).limit(LATELY).correlate(None)
    newest = query.where(each.key.in_(lately)).limit(2 * EACH).subquery()
    return sa.union_all(newest.select(), query.limit(2 * EACH).subquery().select()).limit(2 * EACH).subquery()


def _rows(ctx: Context, each: Findable) -> Select:
    return each.rows(ctx).with_only_columns(*each.shown)


def _beginning(ctx: Context, each: Findable) -> list[sa.Subquery]:
    """Whose name begins so, read off the index in its order; of numbers that go up the newest, and the very one."""
    query = _rows(ctx, each)
    begun = query.where(each.begins_so)
    if not each.newest_first:
        return [begun.order_by(each.name).limit(EACH).subquery()]
    newest = begun.order_by(each.name.desc()).limit(EACH)
    return [query.where(each.is_called).limit(1).subquery(), newest.subquery()]
