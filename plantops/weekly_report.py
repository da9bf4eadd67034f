"""Making the plant manager's week: every figure beside its past, reconciled with the ledgers, said in words."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from decimal import Decimal
from typing import Any

from plantops import catalogues
from plantops.context import Context, requires, within
from plantops.permissions import Can
from plantops.weekly import Better, Indicator, Span, Strip, WeekTotal
from plantops.weekly_shape import (
    LINE_WEEKS,
    Shaped,
    best_sentence,
    fact,
    frame,
    margin,
    severity,
    shape,
    shares,
    spoken,
)
from plantops.wording import inside, number, say, speaking

HISTORY_WEEKS = 66  # a year ago and thirteen weeks before it
MOST_EXCEPTIONS = 5

Payload = dict[str, Any]


@within("the report shows each figure to who may see it")
def indicators(ctx: Context) -> list[Indicator]:
    """The installed modules' figures in the fixed order of the page."""
    found = [item for module in ctx.registry.modules for item in module.weekly if isinstance(item, Indicator)]
    return sorted(found, key=lambda one: (one.number, one.position))


@within("the report shows each strip to who may see it")
def strips(ctx: Context) -> list[Strip]:
    found = [item for module in ctx.registry.modules for item in module.weekly if isinstance(item, Strip)]
    return sorted(found, key=lambda one: (one.place, one.order))


@requires(Can.READ_WEEKLY)
def make(ctx: Context, span: Span) -> Payload:
    """The week as plain data: what the page, the PDF, the sheets and the mail show.

    Aggregation happened in SQL (one query per figure); pandas shapes at most a few hundred rows per figure.
    """
    made = [(one, *_figure(ctx, one, span)) for one in indicators(ctx)]
    rows = [row for _one, row, _shaped in made]
    equal = sum(1 for row in rows if row["reconciled"])
    return {
        "week": span.name,
        "first": span.first.isoformat(),
        "last": span.last.isoformat(),
        "sentences": sentences(made),
        "figures": rows,
        "exceptions": exceptions(made),
        "strips": [_strip(ctx, one, span) for one in strips(ctx)],
        "foot": say("{equal} of {rows} figures equal the ledger.", equal=equal, rows=len(rows)),
        "reconciled": equal == len(rows),
    }


@within("the ways to make a week keep what it returns")
def in_every_language(ctx: Context, span: Span) -> Payload:
    """The week in the plant's language; `languages` has what it says in each other one."""
    plant = ctx.settings.language
    said = {}
    for spoken_here in (plant, *(other for other in catalogues.languages() if other != plant)):
        with speaking(spoken_here):
            said[spoken_here] = make(ctx, span)
    return said.pop(plant) | {"languages": said}


def _figure(ctx: Context, one: Indicator, span: Span) -> tuple[Payload, Shaped]:
    """One row of the page, and its shape."""
    ledger = _in_ledger(ctx, one, span)
    weeks = one.weeks(ctx, Span(span.back(HISTORY_WEEKS).first, span.after)) or nothing_yet(span, ledger)
    shaped = shape(frame(weeks, one, span), one, span)
    this = next((week for week in weeks if week.monday == span.first), WeekTotal(span.first, Decimal(0), zero(weeks)))
    found = shares(one.causes(ctx, span), cause_total(one, this)) if one.causes else []
    row = {
        "number": one.number,
        "key": one.key,
        "title": one.title,
        "unit": one.unit,
        "digits": one.digits,
        "better": one.better.value,
        "owner": ctx.registry.role_titles().get(one.owner, one.owner),
        "permission": str(one.permission),
        "definition": one.definition,
        "exclusions": one.exclusions,
        "numerator": text(this.numerator),
        "denominator": text(this.denominator),
        "value": text(shaped.value),
        "previous": text(shaped.previous),
        "year_ago": text(shaped.year_ago),
        "target": text(one.target),
        "tolerance": text(one.tolerance),
        "line": [text(value) for value in shaped.line],
        "line_weeks": [span.back(n).name for n in reversed(range(min(LINE_WEEKS, len(shaped.line))))],
        "unusual": shaped.unusual,
        "outside": text(shaped.outside),
        "spoken": spoken(shaped.value, one),
        "causes": [{"name": name, "share": share} for name, share in found],
        "ledger": [text(part) for part in ledger],
        "reconciled": equals(this, ledger),
    }
    return row, shaped


def nothing_yet(span: Span, ledger: tuple[Decimal | None, Decimal | None]) -> list[WeekTotal]:
    """Before a figure's first row only its ledger tells a count (0) from a share of nothing (no value)."""
    return [WeekTotal(span.first, Decimal(0), None if ledger[1] is None else Decimal(0))]


def zero(weeks: list[WeekTotal]) -> Decimal | None:
    return Decimal(0) if any(week.denominator is not None for week in weeks) else None


def cause_total(one: Indicator, this: WeekTotal) -> Decimal:
    """What the causes of a figure add up to: what is missing where high is good, else what there is."""
    if one.better is Better.HIGH and this.denominator is not None:
        return this.denominator - this.numerator
    return this.numerator


def _in_ledger(ctx: Context, one: Indicator, span: Span) -> tuple[Decimal | None, Decimal | None]:
    """The figure's numerator and denominator straight from the ledger, by its independent plain SQL."""
    values = {"from": span.first, "to": span.after, "today": ctx.today}
    used = {name: values[name] for name in values if f":{name}" in one.ledger.text}
    found = ctx.session.execute(one.ledger, used).one()
    numbers = [None if part is None else Decimal(str(part)) for part in found]
    return numbers[0], numbers[1] if len(numbers) > 1 else None


def equals(this: WeekTotal, ledger: tuple[Decimal | None, Decimal | None]) -> bool:
    return this.numerator == (ledger[0] or 0) and (this.denominator or 0) == (ledger[1] or 0)


def sentences(made: list[tuple[Indicator, Payload, Shaped]]) -> list[str]:
    """Worst, best, and the decision that the worst asks for; made from the figures, never invented."""
    valued = [entry for entry in made if entry[2].value is not None]
    if not valued:
        return [say("Nothing was recorded for this week yet.")]
    worst = max(valued, key=lambda entry: severity(entry[2], entry[0]))
    best = max(valued, key=lambda entry: margin(entry[2], entry[0]))
    said = []
    if worst[2].outside > 0:
        found = [(cause["name"], cause["share"]) for cause in worst[1]["causes"]]
        said.append(say("Worst: {fact}", fact=fact(worst[0], worst[2], found)))
    else:
        said.append(say("Every figure is within its tolerance."))
    said.append(best_sentence(best[0], best[2]))
    if worst[2].outside > 0:
        owner = inside(str(worst[1]["owner"]))
        said.append(
            say(
                "Decide: what does the {owner} do about {lower}, and until when?",
                owner=owner,
                lower=inside(worst[0].title),
            )
        )
    return said


def exceptions(made: list[tuple[Indicator, Payload, Shaped]]) -> list[Payload]:
    """At most five figures outside their tolerance, the worst first: fact, causes, owner."""
    missed = [entry for entry in made if entry[2].outside > 0]
    missed.sort(key=lambda entry: -severity(entry[2], entry[0]))
    return [
        {
            "key": one.key,
            "permission": str(one.permission),
            "fact": fact(one, shaped, [(cause["name"], cause["share"]) for cause in row["causes"]]),
            "causes": row["causes"],
            "owner": row["owner"],
        }
        for one, row, shaped in missed[:MOST_EXCEPTIONS]
    ]


def _strip(ctx: Context, one: Strip, span: Span) -> Payload:
    rows = [
        {"title": title, "value": in_words(value), "unit": unit if value is not None else "", "href": href}
        for title, value, unit, href in one.build(ctx, span)
    ]
    return {"place": one.place, "title": one.title, "permission": str(one.permission), "rows": rows}


def in_words(value: object) -> str:
    """12,345.60 with the digits that the strip gives; a rate without anything to divide by has no value yet."""
    if value is None:
        return say("no value")
    return number(value, ",f") if isinstance(value, Decimal) else str(value)


def text(value: Decimal | date | None) -> str | None:
    """Decimals as plain text, so that the frozen report keeps every digit."""
    return None if value is None else f"{value:f}" if isinstance(value, Decimal) else value.isoformat()


def digest(payload: Payload) -> str:
    """Of what the week says in the plant's language: in another one it is the same week."""
    told = {name: part for name, part in payload.items() if name != "languages"}
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
