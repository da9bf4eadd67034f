"""The weekly reports that were made: frozen, revised when a figure changes, with comments and actions per figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from plantops.context import Actor, Context, requires, within
from plantops.db import Base, Id, Versioned, bump, choice, get, one_at_a_time
from plantops.errors import Conflict, Forbidden, Invalid, NotFound
from plantops.files import Attachment, File
from plantops.permissions import Can
from plantops.places import Site
from plantops.weekly import Indicator, Part, Rows, Span
from plantops.wording import language, say

MOST_ROWS = 500


class ActionState(StrEnum):
    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class WeeklyReport(Base):
    """One revision of one week, as it was sent."""

    __tablename__ = "core_weekly_report"
    __table_args__ = (sa.UniqueConstraint("monday", "revision"),)

    id: Mapped[Id]
    monday: Mapped[date]
    revision: Mapped[int] = mapped_column(sa.Integer)
    made_at: Mapped[datetime]
    made_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    digest: Mapped[str]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    changes: Mapped[list[Any]] = mapped_column(JSONB)
    """What differs from the revision before: title, before, after."""


class WeeklyAction(Versioned, Base):
    """What somebody does about a figure, until when. It is carried to the next weeks until it is done."""

    __tablename__ = "core_weekly_action"

    id: Mapped[Id]
    figure: Mapped[str]
    week: Mapped[date]
    text: Mapped[str]
    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    until: Mapped[date]
    state: Mapped[ActionState] = mapped_column(choice(ActionState, "weekly_action_state"), default=ActionState.OPEN)
    added_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    added_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


# --- Rules


def origin(report_id: int) -> str:
    return f"{WeeklyReport.__tablename__}:{report_id}"


def covers(actor: Actor, permission: str, sites: Collection[int]) -> bool:
    """Does somebody hold a permission for all of these sites, at every cost centre?"""
    whole = {
        grant.site_id for grant in actor.grants if permission in grant.permissions and grant.cost_centre_id is None
    }
    return actor.is_system or None in whole or (bool(sites) and whole.issuperset(sites))


def labels(numbers: list[int]) -> list[str]:
    """The figures' numbers as every view prints them: 9, 10, 10b where two figures share a number."""
    seen: Counter[int] = Counter()
    found = []
    for number in numbers:
        found.append(f"{number}{chr(ord('a') + seen[number]) if seen[number] else ''}")
        seen[number] += 1
    return found


def told(payload: Mapping[str, Any], language: str) -> dict[str, Any]:
    """What a week, or a correction of it, says in a language; made before that language came, in the plant's."""
    said = payload.get("languages", {}).get(language) or payload
    return {name: part for name, part in said.items() if name != "languages"}


def corrections(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was corrected, in the plant's language and under `languages` in each other one."""
    others = {
        other: {change["key"]: change for change in differences(told(before, other), words)}
        for other, words in after.get("languages", {}).items()
    }
    return [
        change | {"languages": {other: found.get(change["key"], change) for other, found in others.items()}}
        for change in differences(before, after)
    ]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The figures whose value changed between two revisions of a week."""
    old = {row["key"]: row for row in before["figures"]}
    return [
        {"key": row["key"], "title": row["title"], "before": old[row["key"]]["spoken"], "after": row["spoken"]}
        for row in after["figures"]
        if row["key"] in old and row["value"] != old[row["key"]]["value"]
    ]


# --- Questions


@dataclass(frozen=True)
class ActionRow:
    id: int
    version: int
    figure: str
    text: str
    owner: str
    owner_id: int
    until: date
    state: ActionState
    overdue: bool
    carried: bool


@dataclass(frozen=True)
class Seen:
    """A revision of a week with only what one reader may see."""

    id: int
    monday: date
    revision: int
    made_at: datetime
    payload: dict[str, Any]
    changes: list[Any]


@requires(Can.READ_WEEKLY)
def latest(ctx: Context, span: Span) -> Seen | None:
    """The newest revision of a week, with only the figures that this person may see."""
    found = newest(ctx, span)
    return None if found is None else as_seen(ctx, found)


@within("page, paper, sheets and mail show a report through it")
def as_seen(ctx: Context, report: WeeklyReport) -> Seen:
    """In the language that is spoken."""
    payload = permitted(ctx, told(report.payload, language()))
    keys = {row["key"] for row in payload["figures"]}
    changes = [told(change, language()) for change in report.changes if change["key"] in keys]
    return Seen(report.id, report.monday, report.revision, report.made_at, payload, changes)


@within("every view of the week asks it: a figure counts all sites, so one site's right opens none")
def sight(ctx: Context) -> Callable[[StrEnum], bool]:
    """May this person see what counts every site in the totals?"""
    counted = ctx.session.scalars(sa.select(Site.id).where(Site.in_totals)).all()

    def may(permission: StrEnum) -> bool:
        return all(ctx.may(right) and covers(ctx.user, str(right), counted) for right in (Can.READ_WEEKLY, permission))

    return may


@within("kept as it was made; `latest` shows it by rights")
def newest(ctx: Context, span: Span) -> WeeklyReport | None:
    query = sa.select(WeeklyReport).where(WeeklyReport.monday == span.first)
    return ctx.session.scalar(query.order_by(WeeklyReport.revision.desc()).limit(1))


@within("every view of a report goes through it")
def permitted(ctx: Context, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The report without figures, exceptions and strips that this person may not see."""
    rights = {str(right): right for module in ctx.registry.modules for right in module.permissions or ()}
    may = sight(ctx)
    sees = {name: may(right) for name, right in rights.items()}
    every = payload["figures"]
    named = [row | {"label": label} for row, label in zip(every, labels([row["number"] for row in every]), strict=True)]
    shown = {**payload, "figures": named}
    for part in ("figures", "exceptions", "strips"):
        shown[part] = [row for row in shown[part] if sees.get(row["permission"])]
    if len(shown["figures"]) < len(every):
        shown["sentences"] = [say("You see {shown} of {every} figures.", shown=len(shown["figures"]), every=len(every))]
        hidden = {row["permission"] for row in every if not sees.get(row["permission"])}
        if any(ctx.may(rights[name]) for name in hidden if name in rights):
            shown["sentences"].append(say("A figure counts every site; you may read some sites only."))
    return shown


@requires(Can.READ_WEEKLY)
def weeks_made(ctx: Context, limit: int = 60) -> list[tuple[str, int]]:
    """The weeks with a report and their newest revision, newest first."""
    rows = ctx.session.execute(
        sa.select(WeeklyReport.monday, sa.func.max(WeeklyReport.revision))
        .group_by(WeeklyReport.monday)
        .order_by(WeeklyReport.monday.desc())
        .limit(limit)
    )
    return [(Span.of_day(monday).name, revision) for monday, revision in rows.tuples()]


@requires(Can.READ_WEEKLY)
def indicator(ctx: Context, key: str) -> Indicator:
    """A figure's declaration. Raises NotFound for an unknown one and for one that this person may not see."""
    for module in ctx.registry.modules:
        for one in module.weekly:
            if not isinstance(one, Indicator) or one.key != key or not ctx.may(one.permission):
                continue
            if not sight(ctx)(one.permission):
                raise Forbidden(say("{title} counts every site; you may read some sites only.", title=one.title))
            return one
    raise NotFound(say("There is no such figure, or you may not see it."))


@requires(Can.READ_WEEKLY)
def rows(ctx: Context, key: str, span: Span, part: Part, limit: int = MOST_ROWS) -> Rows:
    """The rows behind a figure as they stand now; they add up to its part exactly."""
    return indicator(ctx, key).rows(ctx, span, part, min(limit, MOST_ROWS))


@requires(Can.READ_WEEKLY)
def papers(ctx: Context, report_id: int) -> list[File]:
    """The newest PDF and workbook of a revision that were made for this person: each shows what its reader may see."""
    made_for_me = (
        sa.select(File)
        .join(Attachment, Attachment.file_id == File.id)
        .where(Attachment.origin == origin(report_id), File.created_by_id == ctx.user.id)
        .order_by(File.id)
    )
    newest = {file.media_type: file for file in ctx.session.scalars(made_for_me)}
    return list(newest.values())


@requires(Can.READ_WEEKLY)
def list_actions(ctx: Context, span: Span) -> list[ActionRow]:
    """Open actions on figures visible to the person, overdue ones first, and those that ended in this week."""
    may = sight(ctx)
    keys = [
        one.key
        for module in ctx.registry.modules
        for one in module.weekly
        if isinstance(one, Indicator) and may(one.permission)
    ]
    found = ctx.session.execute(
        sa.text(
            "SELECT a.id, a.version, a.figure, a.text, u.name AS owner, a.owner_id, a.until, a.state,"
            " a.state = 'open' AND a.until < :today AS overdue, a.week < :first AS carried FROM core_weekly_action a"
            " JOIN core_user u ON u.id = a.owner_id WHERE a.figure = ANY(:keys) AND a.week <= :first"
            " AND (a.state = 'open' OR a.ended_at::date >= :first) ORDER BY overdue DESC, a.until, a.id"
        ),
        {"today": ctx.today, "first": span.first, "keys": keys},
    ).mappings()
    return [ActionRow(**(dict(row) | {"state": ActionState(row["state"])})) for row in found]


# --- Actions


@within("the Monday job, the command line and the button of the page make reports")
def freeze(ctx: Context, span: Span, payload: dict[str, Any], digest: str) -> tuple[WeeklyReport, bool]:
    """Keeps a report. The same figures again keep the newest revision; others make the next. (report, is new)"""
    one_at_a_time(ctx.session, "weekly report", span.first)
    before = newest(ctx, span)
    if before is not None and before.digest == digest:
        return before, False
    made = WeeklyReport(
        monday=span.first,
        revision=1 if before is None else before.revision + 1,
        made_at=ctx.now,
        made_by_id=ctx.user.id,
        digest=digest,
        payload=payload,
        changes=[] if before is None else corrections(before.payload, payload),
    )
    ctx.session.add(made)
    ctx.session.flush()
    return made, True


@requires(Can.COMMENT_WEEKLY)
def add_action(ctx: Context, key: str, span: Span, text: str, owner_id: int, until: date) -> WeeklyAction:
    """Somebody does something about a figure until a day."""
    indicator(ctx, key)
    if not text.strip():
        raise Invalid(say("Say what is to be done."), field="text")
    if len(text) > 2000:
        raise Invalid(say("Keep it under 2,000 characters."), field="text")
    if until < ctx.today:
        raise Invalid(say("The day is over. Choose today or a later day."), field="until")
    if ctx.session.scalar(sa.text("SELECT 1 FROM core_user WHERE id = :id AND active"), {"id": owner_id}) is None:
        raise Invalid(say("There is no such person."), field="owner_id")
    made = WeeklyAction(
        figure=key,
        week=span.first,
        text=text.strip(),
        owner_id=owner_id,
        until=until,
        added_by_id=ctx.user.id,
        added_at=ctx.now,
    )
    ctx.session.add(made)
    ctx.session.flush()
    return made


@requires(Can.COMMENT_WEEKLY)
def end_action(ctx: Context, id: int, version: int, state: ActionState) -> WeeklyAction:
    """Done, or dropped: it is not carried any further."""
    ended = get(
        ctx.session, sa.select(WeeklyAction).where(WeeklyAction.id == id), what="action", version=version, lock=True
    )
    indicator(ctx, ended.figure)
    if ended.state is not ActionState.OPEN or state is ActionState.OPEN:
        raise Conflict(say("This action is {state} already.", state=ended.state))
    ended.state = state
    ended.ended_at = ctx.now
    bump(ended)
    return ended
