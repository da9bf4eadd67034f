"""Service requests from another system's file, with when they were opened and closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from housekeeping import clocks, requests
from housekeeping.desk_models import Channel, Request, RequestState, WorkOrder
from housekeeping.permissions import Can
from plantops.context import Context, within
from plantops.errors import Conflict
from plantops.import_kinds import Column, Holds, ImportKind, ImportRun, Loaded, Refusal, Row
from plantops.wording import say


def rule(row: Row) -> Iterator[tuple[str, str]]:
    opened, closed = row.moment("reported_at"), row.moment("resolved_at")
    if opened and closed and closed < opened:
        yield "resolved_at", say("it was closed before it was opened")


@within("an import that the person may run")
def load(ctx: Context, run: ImportRun, rows: Sequence[Row]) -> Loaded:
    """A chunk of requests; a key that is there already is refused, so that nothing is loaded twice."""
    assert run.site_id is not None
    keys = {row.number: f"service-request:{row.text('key')}" for row in rows}
    known = set(
        ctx.session.scalars(
            sa.select(Request.origin).where(Request.site_id == run.site_id, Request.origin.in_(keys.values()))
        )
    )
    refused, wanted = [], []
    for row in rows:
        if keys[row.number] in known:
            refused.append(Refusal(row.number, "key", str(row.text("key")), say("this request is loaded already")))
        else:
            known.add(keys[row.number])
            wanted.append(row)
    made = requests.take_many(ctx, [_values(ctx, run, run.site_id, row, keys[row.number]) for row in wanted])
    return Loaded(refused, {row.number: id for row, id in zip(wanted, made, strict=True)})


def _values(ctx: Context, run: ImportRun, site_id: int, row: Row, origin: str) -> dict[str, object]:
    opened, closed = row.moment("reported_at"), row.moment("resolved_at")
    assert opened is not None
    where = row.text("where") or ""
    return {
        "site_id": site_id,
        "category": row.text("category"),
        "text": "\n".join(part for part in (row.text("text"), where) if part),
        "channel": Channel.IMPORT,
        "contact": "",
        "reported_by_id": ctx.user.id,
        "reported_at": opened,
        "priority": requests.USUAL_PRIORITY,
        "state": RequestState.RESOLVED if closed else RequestState.NEW,
        "due_at": clocks.due(ctx, site_id, requests.USUAL_PRIORITY, opened),
        "resolved_at": closed,
        "resolution": (row.text("resolution") or "")[:2000],
        "origin": origin,
        "import_id": run.id,
    }


@within("an import that the person may undo")
def undo(ctx: Context, run: ImportRun) -> None:
    mine = sa.select(Request.id).where(Request.import_id == run.id)
    worked = sa.select(sa.func.count()).select_from(WorkOrder).where(WorkOrder.request_id.in_(mine))
    if ctx.session.scalar(worked):
        raise Conflict(say("Some of these requests have work orders already. Settle them instead of undoing."))
    ctx.session.execute(sa.delete(Request).where(Request.import_id == run.id))


SERVICE_REQUESTS = ImportKind(
    name="service-requests",
    title="Service requests",
    lists=("housekeeping.requests",),
    permission=Can.IMPORT,
    columns=(
        Column("key", "Key in the other system", longest=60),
        Column("category", "Category", choices=requests.CATEGORIES),
        Column("text", "What is wrong", longest=requests.LONGEST_TEXT),
        Column("reported_at", "Opened", Holds.MOMENT),
        Column("resolved_at", "Closed", Holds.MOMENT, required=False),
        Column("where", "Where", required=False, longest=300),
        Column("resolution", "Resolution", required=False, longest=2000),
    ),
    load=load,
    undo=undo,
    rule=rule,
)
