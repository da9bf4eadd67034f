"""While thousands of rows of history go in, foreign keys wait and are looked up all at once, not row by row."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from plantops.context import Context

# What acts when a row above goes (a cascade) is needed at any time and stays.
KEYS = sa.text(
    "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS away,"
    " format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS back"
    " FROM pg_constraint WHERE contype = 'f' AND confdeltype = 'a' AND confupdtype = 'a'"
    " AND conrelid::regclass::text = ANY (:tables) ORDER BY conrelid, conname"
)
# Indexes of words in texts are read by people who search, never by what makes the history.
WORDS = sa.text(
    "SELECT format('DROP INDEX %s', index.indexrelid::regclass) AS away, pg_get_indexdef(index.indexrelid) AS back"
    " FROM pg_index AS index JOIN pg_class AS class ON class.oid = index.indexrelid"
    " JOIN pg_am AS method ON method.oid = class.relam"
    " WHERE method.amname = 'gin' AND index.indrelid::regclass::text = ANY (:tables) ORDER BY index.indexrelid"
)


@dataclass(frozen=True)
class Aside:
    """What was set aside, as the statements that bring it back."""

    statements: tuple[str, ...]

    def bring_back(self, ctx: Context) -> None:
        """Each key is checked for every row now: one that points nowhere ends the demo with an error."""
        for statement in self.statements:
            ctx.session.execute(sa.text(statement))


def set_aside(ctx: Context, tables: Collection[str]) -> Aside:
    """Foreign keys and indexes of words of these tables, in a database that nobody else uses yet."""
    found = [row for query in (KEYS, WORDS) for row in ctx.session.execute(query, {"tables": sorted(tables)})]
    for row in found:
        ctx.session.execute(sa.text(row.away))
    return Aside(tuple(row.back for row in found))
