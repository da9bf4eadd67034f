"""Does everything still hold? Every module's invariants, asked of the live database in one pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from plantops import files
from plantops.context import Context, requires
from plantops.db import Base
from plantops.module import Invariant
from plantops.permissions import Can

SHOWN = 20
QUOTE = '"'


@dataclass(frozen=True)
class Broken:
    """One row that breaks an invariant."""

    module: str
    invariant: str
    row: str
    sentence: str


@dataclass(frozen=True)
class Verification:
    checked: int
    broken: tuple[Broken, ...]


CORE_INVARIANTS = (
    Invariant(
        "no place stands under itself",
        sa.text(
            "WITH RECURSIVE up(id, above, steps) AS (SELECT id, parent_id, 1 FROM core_place"
            " UNION ALL SELECT up.id, p.parent_id, steps + 1 FROM up JOIN core_place p ON p.id = up.above"
            " WHERE steps < 100) SELECT id, 'place stands under itself' FROM up WHERE above = id"
        ),
    ),
    Invariant(
        "every place is on the site of the place above it",
        sa.text(
            "SELECT c.id, c.code || ' is on another site than the place above it' FROM core_place c"
            " JOIN core_place p ON p.id = c.parent_id WHERE p.site_id <> c.site_id"
        ),
    ),
    Invariant(
        "there is an administrator",
        sa.text(
            "SELECT 1, 'nobody is administrator' WHERE EXISTS (SELECT FROM core_user WHERE id > 1 AND active)"
            " AND NOT EXISTS (SELECT FROM core_grant g JOIN core_user u ON u.id = g.user_id"
            " WHERE g.role = 'administrator' AND u.active)"
        ),
    ),
)


# What the database itself keeps: keys, checks and indexes that stand and hold for every row.
KEPT = sa.text(
    "SELECT conname FROM pg_constraint WHERE convalidated AND connamespace = current_schema()::regnamespace"
    " UNION SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
    " WHERE i.indisvalid AND c.relnamespace = current_schema()::regnamespace"
)


@requires(Can.VERIFY)
def verify(ctx: Context) -> Verification:
    """Every invariant of every installed module; the first rows that break each."""
    checked = 0
    broken: list[Broken] = []
    for module in ctx.registry.modules:
        for invariant in module.verify:
            checked += 1
            rows = ctx.session.execute(invariant.query).fetchmany(SHOWN)
            broken += [Broken(module.name, invariant.name, str(row[0]), str(row[1])) for row in rows]
    gone = islice(_lacking(ctx), SHOWN)
    broken += [Broken("core", "the database keeps every key, check and index", *each) for each in gone]
    lost = islice(files.missing(ctx.settings, files.stored(ctx)), SHOWN)
    broken += [Broken("core", "every stored file is there, whole", str(row), sentence) for row, sentence in lost]
    return Verification(checked + 2, tuple(broken))


def _lacking(ctx: Context) -> Iterator[tuple[str, str]]:
    """Table and sentence for each key, check and index that the program counts on and the database does not have."""
    kept = set(ctx.session.scalars(KEPT))
    written = postgresql.dialect().identifier_preparer  # type: ignore[no-untyped-call]
    prefixes = tuple(module.prefix for module in ctx.registry.modules)
    for table in Base.metadata.sorted_tables:
        if table.name.startswith(prefixes):
            names = {written.format_constraint(each) for each in table.constraints}
            names |= {written.format_index(each) for each in table.indexes}
            for name in sorted(name.strip(QUOTE) for name in names if name):
                if name not in kept:
                    yield table.name, f"{name} is not there or not valid. Restore a backup, or make a demo anew"
