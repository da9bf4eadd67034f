"""Parameters and bodies that cannot be read: what is wrong with each, in a sentence, by the kind of fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from plantops.wording import either, mark, say

KINDS: Sequence[tuple[tuple[str, ...], str]] = (
    (("missing", "none_required"), mark("{field} is missing.")),
    (("extra_forbidden", "unexpected_keyword_argument"), mark("{field} is not known here. Look at its spelling.")),
    (("int_",), mark("{field} must be a whole number, for example 12.")),
    (("decimal_", "float_", "is_instance_of", "finite_number"), mark("{field} must be a number, for example 12.50.")),
    (("bool_",), mark("{field} must be true or false.")),
    (("string_pattern_mismatch",), mark("{field} is not written as it must be.")),
    (("string_",), mark("{field} must be text.")),
    (("datetime_", "timezone_"), mark("{field} must be a time with its zone, for example 2026-11-23T14:05:00+01:00.")),
    (("date_",), mark("{field} must be a day, for example 2026-11-23.")),
    (("time_",), mark("{field} must be a time of day, for example 14:05.")),
    (("json_",), mark("The body is no JSON that can be read. Look at its commas and quotes.")),
    (("list_", "tuple_", "set_", "frozen_set_", "iterable_"), mark("{field} must be a list.")),
    (("dict_", "model_", "dataclass_", "mapping_"), mark("{field} must be an object with names and values.")),
)
"""The first that fits: kinds of pydantic, whole or as they begin."""
BOUNDS = {
    "greater_than": ("gt", mark("{field} must be above {bound}.")),
    "greater_than_equal": ("ge", mark("{field} must be at least {bound}.")),
    "less_than": ("lt", mark("{field} must be below {bound}.")),
    "less_than_equal": ("le", mark("{field} must be at most {bound}.")),
    "string_too_long": ("max_length", mark("{field} is too long: at most {bound} characters.")),
    "string_too_short": ("min_length", mark("{field} is too short: at least {bound} characters.")),
    "too_long": ("max_length", mark("{field} holds too many: at most {bound}.")),
    "too_short": ("min_length", mark("{field} holds too few: at least {bound}.")),
    "int_parsing_size": ("", mark("{field} is too large.")),
    "decimal_max_digits": ("max_digits", mark("{field} has too many digits: at most {bound}.")),
    "decimal_max_places": ("decimal_places", mark("{field} has too many digits after the point: at most {bound}.")),
    "decimal_whole_digits": ("whole_digits", mark("{field} has too many digits before the point: at most {bound}.")),
}


def place(fault: Mapping[str, Any]) -> str:
    """The path of its field, without where the request carried it: `lines.0.quantity`."""
    steps = [str(step) for step in fault["loc"]]
    return ".".join(steps[1:]) or steps[0]


def sentence(fault: Mapping[str, Any]) -> str:
    """What is wrong and what to do, whatever pydantic itself says of it."""
    kind, last = str(fault["type"]), fault["loc"][-1]
    field = place(fault) if isinstance(last, int) else str(last)
    given: Mapping[str, Any] = fault.get("ctx") or {}
    if kind in ("enum", "literal_error"):
        return say("{field} must be {one_of}.", field=field, one_of=_options(str(given.get("expected", ""))))
    if kind in BOUNDS:
        name, words = BOUNDS[kind]
        return say(words, field=field, bound=given.get(name, ""))
    for kinds, words in KINDS:
        if any(kind == one or (one.endswith("_") and kind.startswith(one)) for one in kinds):
            return say(words, field=field)
    return say("{field} cannot be read as what it must be.", field=field)


def _options(expected: str) -> str:
    """`'a', 'b' or 'c'` with the language's own "or"."""
    return either([one.strip(" '") for one in expected.replace(" or ", ", ").split(",") if one.strip(" '")])
