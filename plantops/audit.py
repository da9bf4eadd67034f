"""Who changed what: rows written by triggers, append-only, sealed into a chain that can be checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from plantops.context import Context, requires, within
from plantops.db import Base, unaudited
from plantops.permissions import Can
from plantops.wording import say

SEAL_LOCK = 7_254_002
AHEAD = 3  # months of partitions made in advance


class AuditRow(Base):
    """One change of one row. `digest` stays when payload and salt are erased, so the chain holds."""

    __tablename__ = "core_audit"
    __table_args__ = (
        # What was added is not in it: a year of history that is read in would pay for it, and nobody asks.
        sa.Index("ix_core_audit_changed", "table_name", "row_id", "id", postgresql_where=sa.text("operation <> 'I'")),
        unaudited(postgresql_partition_by="RANGE (at)"),
    )

    id: Mapped[int] = mapped_column(
        sa.BigInteger, primary_key=True, autoincrement=False, server_default=sa.text("nextval('core_audit_id')")
    )
    at: Mapped[datetime] = mapped_column(primary_key=True, server_default=sa.func.now())
    txid: Mapped[int] = mapped_column(
        server_default=sa.text("(pg_current_xact_id()::text::bigint + core_audit_shift())")
    )
    actor_id: Mapped[int]
    on_behalf_of: Mapped[int | None]
    request: Mapped[str]
    table_name: Mapped[str]
    row_id: Mapped[str]
    operation: Mapped[str] = mapped_column(sa.CHAR(1))
    payload: Mapped[str | None]
    salt: Mapped[bytes | None] = mapped_column(sa.LargeBinary)
    digest: Mapped[bytes] = mapped_column(sa.LargeBinary)


class AuditSeal(Base):
    """A link of the chain over the digests of all rows of the transactions finished since the link before."""

    __tablename__ = "core_audit_seal"
    __table_args__ = unaudited()

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)
    sealed_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    up_to_txid: Mapped[int] = mapped_column(unique=True)
    rows: Mapped[int]
    previous: Mapped[bytes] = mapped_column(sa.LargeBinary)
    link: Mapped[bytes] = mapped_column(sa.LargeBinary)


@dataclass(frozen=True)
class Verdict:
    """What `plantops audit verify` found."""

    seals: int
    sealed_rows: int
    unsealed_rows: int
    broken: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    at: datetime
    actor: str
    table_name: str
    row_id: str
    operation: str
    payload: str | None


def as_stored(column: sa.Column[Any], value: Any) -> Any:
    """A value of the trail's payload (read with decimals as Decimal), as the column holds it."""
    if value is None:
        return None
    if isinstance(column.type, sa.Enum) and column.type.enum_class is not None:
        return column.type.enum_class(value)
    kind = column.type.python_type
    if kind is datetime or kind is date:
        return kind.fromisoformat(value)
    return Decimal(str(value)) if kind is Decimal else value


# --- The triggers: their functions are made by the migrations


def make_partitions(connection: sa.Connection, today: date) -> None:
    """This month's partition and the next ones; asked again daily."""
    for ahead in range(AHEAD + 1):
        connection.execute(
            sa.text(
                "SELECT core_audit_partition((date_trunc('month', CAST(:day AS date)) + :n * interval '1 month')::date)"
            ),
            {"day": today, "n": ahead},
        )


def attach(connection: sa.Connection, tables: Sequence[sa.Table]) -> None:
    """The audit triggers on each of these tables that does not declare itself machinery.

    Columns with `info={"hidden": True}` (secrets) are noted as changed without their values.
    """
    for table in tables:
        if table.info.get("audit", True):
            hidden = ", ".join(f"'{column.name}'" for column in table.columns if column.info.get("hidden"))
            connection.execute(
                sa.text(
                    f"CREATE OR REPLACE TRIGGER core_audit_added AFTER INSERT ON {table.name} REFERENCING NEW TABLE"
                    f" AS added FOR EACH STATEMENT EXECUTE FUNCTION core_audit_added({hidden});"
                    f"CREATE OR REPLACE TRIGGER core_audit_row AFTER UPDATE OR DELETE ON {table.name}"
                    f" FOR EACH ROW EXECUTE FUNCTION core_audit_write({hidden})"
                )
            )


# --- The chain

# Transaction ids begin anew in another PostgreSQL, so a restore shifts those that follow behind all that it brought.
SHIFT = "CREATE OR REPLACE FUNCTION core_audit_shift() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT {by}::bigint'"

# The end of a restore, as part of it: what is written from now on stands behind every row and every seal that it
# brought, or nothing of it is there.
BEGIN_AGAIN = """
SELECT pg_catalog.set_config('search_path', 'public', true);
DO $do$ BEGIN EXECUTE (
    SELECT replace($shift$__SHIFT__$shift$, '__BY__', (GREATEST(max(latest), 0) + 1)::text)
    FROM (SELECT max(txid) AS latest FROM core_audit UNION ALL SELECT max(up_to_txid) FROM core_audit_seal) AS brought
); END $do$;
""".replace("__SHIFT__", SHIFT.format(by="__BY__"))

# Up to here no transaction of this database still runs. Those of other databases on the server (a backup, a
# neighbour's report) do not hold the chain up; whoever cannot be told to be elsewhere counts as ours.
FINISHED = """
SELECT core_audit_shift() + LEAST(
    pg_snapshot_xmax(seen.snapshot)::text::bigint,
    pg_current_xact_id_if_assigned()::text::bigint,
    (SELECT min(running::text::bigint) FROM pg_snapshot_xip(seen.snapshot) AS running WHERE NOT EXISTS (
        SELECT FROM pg_stat_activity AS other JOIN pg_database AS base ON base.oid = other.datid
        WHERE other.backend_xid = running::xid AND base.datname <> current_database()
    ))
) FROM (SELECT pg_current_snapshot() AS snapshot) AS seen
"""

DIGESTS = """
SELECT count(*), sha256(COALESCE(string_agg(digest, ''::bytea ORDER BY txid, id), ''::bytea))
FROM core_audit WHERE txid >= :after AND txid < :up_to
"""


@within("the sealer runs as a job of the system")
def seal(ctx: Context) -> int:
    """Chains the digests of all finished transactions since the last seal; returns how many rows.

    A row belongs to a seal once no running transaction can still add rows with a smaller transaction id.
    """
    session = ctx.session
    session.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": SEAL_LOCK})
    last = session.execute(
        sa.select(AuditSeal.up_to_txid, AuditSeal.link).order_by(AuditSeal.id.desc()).limit(1)
    ).first()
    after, previous = (last.up_to_txid, last.link) if last else (0, b"")
    up_to = session.scalar(sa.text(FINISHED)) or 0
    count, digest = session.execute(sa.text(DIGESTS), {"after": after, "up_to": up_to}).one()
    if count:
        link = session.scalar(
            sa.text("SELECT sha256(CAST(:previous AS bytea) || CAST(:digest AS bytea))"),
            {"previous": previous, "digest": digest},
        )
        session.add(AuditSeal(up_to_txid=up_to, rows=count, previous=previous, link=link))
        session.flush()
    return int(count)


def verify(session: Session) -> Verdict:
    """Computes every link again, and every digest whose payload is still there."""
    broken: list[str] = []
    previous, after, sealed = b"", 0, 0
    seals = session.scalars(sa.select(AuditSeal).order_by(AuditSeal.id)).all()
    for link in seals:
        count, digest = session.execute(sa.text(DIGESTS), {"after": after, "up_to": link.up_to_txid}).one()
        expected = session.scalar(
            sa.text("SELECT sha256(CAST(:previous AS bytea) || CAST(:digest AS bytea))"),
            {"previous": previous, "digest": digest},
        )
        if count != link.rows or link.previous != previous or link.link != expected:
            broken.append(
                say(
                    "Seal {id} of {sealed_at:%Y-%m-%d %H:%M} does not fit its {rows} rows.",
                    id=link.id,
                    sealed_at=link.sealed_at,
                    rows=link.rows,
                )
            )
        previous, after, sealed = link.link, link.up_to_txid, sealed + link.rows
    wrong = session.execute(
        sa.text(
            "SELECT id, table_name, row_id FROM core_audit WHERE payload IS NOT NULL AND digest <> sha256(salt ||"
            " convert_to(actor_id::text || '|' || table_name || '|' || row_id || '|' || operation || '|' || payload,"
            " 'UTF8')) ORDER BY id LIMIT 20"
        )
    )
    broken += [
        say(
            "Audit row {id} ({table_name} {row_id}) was changed after it was written.",
            id=row.id,
            table_name=row.table_name,
            row_id=row.row_id,
        )
        for row in wrong
    ]
    unsealed = session.scalar(sa.text("SELECT count(*) FROM core_audit WHERE txid >= :after"), {"after": after})
    return Verdict(len(seals), sealed, int(unsealed or 0), tuple(broken))


@requires(Can.READ_AUDIT)
def history(ctx: Context, table_name: str, row_id: int, limit: int = 100) -> list[Change]:
    """Who changed one row, newest first."""
    rows = ctx.session.execute(
        sa.text(
            "SELECT a.at, COALESCE(u.name, a.actor_id::text) AS actor, a.table_name, a.row_id, a.operation, a.payload"
            " FROM core_audit a LEFT JOIN core_user u ON u.id = a.actor_id"
            " WHERE a.table_name = :table AND a.row_id = :row ORDER BY a.at DESC, a.id DESC LIMIT :limit"
        ),
        {"table": table_name, "row": str(row_id), "limit": limit},
    )
    return [Change(*row) for row in rows]
