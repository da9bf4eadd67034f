"""What somebody typed or clicked into a list's address, read as typed filters; what is wrong is said by field."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from plantops.errors import Invalid
from plantops.listing import BOARD, KNOWN, NONE, Facet, Filter, Kind, Listing, ListParams
from plantops.wording import say

LONGEST_SEARCH = 200
LONGEST_PAGE = 500
MOST_CHOICES = 100
PASSING = ("after", "limit")
"""What an address says about this one look at a list; the next one is made without it."""
Given = Mapping[str, str | Sequence[str]]


def read(listing: Listing[Any], given: Given) -> ListParams:
    """Typed parameters from a flat mapping. Raises Invalid with a sentence for each field that is wrong.

    An unknown parameter is wrong too: a mistyped filter must never show (or export) everything.
    """
    wrong: dict[str, str] = {}
    texts = {name: _texts(name, value, wrong) for name, value in given.items()}
    texts = {name: values for name, values in texts.items() if values}
    filters: dict[str, Filter] = {}
    for facet in listing.facets:
        found = _filter(facet, texts, wrong)
        if found is not None:
            filters[facet.key] = found
    known = {*KNOWN, *(name for facet in listing.facets for name in facet.names)}
    wrong.update({name: say("This list has no filter {name}.", name=name) for name in texts if name not in known})
    q = " ".join(" ".join(texts.get("q", ())).split())
    if len(q) > LONGEST_SEARCH:
        wrong["q"] = say("Search for {longest_search} characters at most.", longest_search=LONGEST_SEARCH)
    sort = _one(texts, "sort") or listing.sort
    if sort.removeprefix("-") not in listing.sortable:
        wrong["sort"] = say(
            "This list cannot be sorted by {sort}. Known: {sortable}.", sort=sort, sortable=", ".join(listing.sortable)
        )
    columns, group = _columns(listing, texts, wrong), _group(listing, _one(texts, "group"), wrong)
    show = _show(listing, _one(texts, "show"), wrong)
    if show:
        group = listing.board.column if listing.board and "within" in texts else ""
    if "within" in texts and not group:
        wrong["within"] = say("This names a group, but the list is not grouped.")
    limit = _limit(_one(texts, "limit"), wrong)
    if wrong:
        raise Invalid(say("This list cannot be shown as asked."), fields=wrong)
    tidy = {name: ",".join(values) for name, values in texts.items() if name not in PASSING}
    return ListParams(
        q=q,
        sort=sort,
        after=_one(texts, "after"),
        limit=limit,
        filters=filters,
        given=tidy | ({"q": q} if q else {}),
        columns=columns,
        group=group,
        within=_one(texts, "within") or None,
        show=show,
    )


def _columns(listing: Listing[Any], texts: Mapping[str, Sequence[str]], wrong: dict[str, str]) -> tuple[str, ...]:
    keys = tuple(key.strip() for text in texts.get("columns", ()) for key in text.split(",") if key.strip())
    known = [column.key for column in listing.shown]
    if unknown := [key for key in keys if key not in known]:
        wrong["columns"] = say(
            "This list has no column {unknown}. Known: {known}.", unknown=unknown[0][:40], known=", ".join(known)
        )
    return keys


def _group(listing: Listing[Any], key: str, wrong: dict[str, str]) -> str:
    known = [column.key for column in listing.groupings]
    if key and key not in known:
        wrong["group"] = say(
            "This list cannot be grouped by {key}. Known: {known}.", key=key[:40], known=", ".join(known) or "nothing"
        )
    return key


def _show(listing: Listing[Any], text: str, wrong: dict[str, str]) -> str:
    if text and (text != BOARD or listing.board is None):
        wrong["show"] = say("This list is not shown as {text}.", text=text[:40])
        return ""
    return text


def _texts(name: str, value: str | Sequence[str], wrong: dict[str, str]) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else list(value)
    if any("\x00" in each for each in values):
        wrong[name] = say("This holds a character that cannot be searched for.")
        return ()
    return tuple(each.strip() for each in values if each.strip())


def _one(texts: Mapping[str, Sequence[str]], name: str) -> str:
    return texts[name][-1] if texts.get(name) else ""


def _limit(text: str, wrong: dict[str, str]) -> int:
    if not text:
        return ListParams.limit
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= LONGEST_PAGE:
        wrong["limit"] = say("A page holds 1 to {longest_page} rows.", longest_page=LONGEST_PAGE)
        return ListParams.limit
    return int(text)


# --- Filters


def _filter(facet: Facet, texts: Mapping[str, Sequence[str]], wrong: dict[str, str]) -> Filter | None:
    if not any(texts.get(name) for name in facet.names):
        return None
    if facet.is_range:
        low, high = (_bound(facet, name, _one(texts, name), wrong) for name in facet.names)
        if low is not None and high is not None and low > high:
            wrong[facet.names[1]] = say("The end is before the beginning.")
        return Filter(low=low, high=high)
    if facet.kind is Kind.TEXT:
        return Filter(values=(" ".join(texts[facet.key])[:LONGEST_SEARCH],))
    parts = [part.strip() for text in texts[facet.key] for part in text.split(",") if part.strip()]
    if len(parts) > MOST_CHOICES:
        wrong[facet.key] = say("Choose {most_choices} values at most.", most_choices=MOST_CHOICES)
        parts = []
    return Filter(values=tuple(dict.fromkeys(_choice(facet, part, wrong) for part in parts)))


def _choice(facet: Facet, text: str, wrong: dict[str, str]) -> Any:
    if facet.kind is Kind.YES_NO:
        if text not in ("yes", "no"):
            wrong[facet.key] = say("{title} is yes or no.", title=facet.title)
        return text == "yes"
    if text == NONE:
        return None
    if facet.value is int:
        if not text.isascii() or not text.isdigit() or len(text) > 18:
            wrong[facet.key] = say("{title} cannot be {text}.", title=facet.title, text=text[:40])
            return None
        return int(text)
    if isinstance(facet.options, type) and issubclass(facet.options, StrEnum):
        known = [str(member.value) for member in facet.options]
        if text not in known:
            wrong[facet.key] = say(
                "{title} cannot be {text}. Known: {known}.", title=facet.title, text=text[:40], known=", ".join(known)
            )
            return None
        return facet.options(text)
    return text


def _bound(facet: Facet, name: str, text: str, wrong: dict[str, str]) -> Any:
    if not text:
        return None
    try:
        if facet.kind in (Kind.DATE, Kind.TIME):
            return date.fromisoformat(text)
        number = Decimal(text)
        if number.is_finite() and abs(number) < Decimal(10) ** 18:
            return number
    except (ValueError, InvalidOperation):
        pass  # said below, for the person
    day = facet.kind in (Kind.DATE, Kind.TIME)
    wrong[name] = say(
        "{title} cannot be {text}. Enter a {value}.",
        title=facet.title,
        text=text[:40],
        value="day as 2026-11-23" if day else "number as 1234.50",
    )
    return None


# --- The place in a list: the last row's sort value and id

TAGS: tuple[tuple[str, type], ...] = (
    ("b", bool),
    ("i", int),
    ("n", Decimal),
    ("t", datetime),
    ("d", date),
    ("s", str),
)


def cursor(sort: str, value: Any, id: int) -> str:
    tag, text = "", ""
    if value is not None:
        tag = next(tag for tag, kind in TAGS if isinstance(value, kind))
        text = value.isoformat() if isinstance(value, date) else str(value)
    packed = json.dumps([sort, tag, text, id], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def place(after: str, sort: str, kind: type) -> tuple[Any, int]:
    """The sort value and id behind a cursor. Raises Invalid when it is of another list or sort, or made up."""
    broken = Invalid(say("This place in the list is not known any more. Open the list again."), field="after")
    try:
        packed = base64.urlsafe_b64decode(after + "=" * (-len(after) % 4))
        sorted_by, tag, text, id = json.loads(packed)
        value = _value(tag, text)
    except (ValueError, binascii.Error, InvalidOperation, TypeError, RecursionError) as error:
        raise broken from error
    fits = value is None or isinstance(value, kind) or (kind is float and isinstance(value, Decimal))
    small = not isinstance(value, int) or abs(value) < 2**63
    if sorted_by != sort or not fits or not small or type(id) is not int or not abs(id) < 2**63:
        raise broken
    return value, id


def _value(tag: str, text: str) -> Any:
    if not isinstance(text, str) or not isinstance(tag, str) or "\x00" in text or len(text) > 10_000:
        raise ValueError(tag)
    text.encode()  # half a character cannot be asked for
    if tag == "n":
        number = Decimal(text)
        if not number.is_finite() or len(text) > 60 or abs(number.adjusted()) > 60:
            raise ValueError(tag)
        return number
    if tag == "t":
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError(tag)
        return moment
    readers: dict[str, Any] = {
        "": lambda _: None,
        "b": lambda each: each == "True",
        "i": int,
        "d": date.fromisoformat,
        "s": str,
    }
    if tag not in readers:
        raise ValueError(tag)
    return readers[tag](text)
