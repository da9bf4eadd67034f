"""Does everything still hold? Every module's invariants, asked of the live database in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import sqlalchemy as sa

from plantops import files
from plantops.context import Context, requires
from plantops.module import Invariant
from plantops.permissions import Can

SHOWN = 20


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
    lost = islice(files.missing(ctx.settings, files.stored(ctx)), SHOWN)
    broken += [Broken("core", "every stored file is there, whole", str(row), sentence) for row, sentence in lost]
    return Verification(checked + 1, tuple(broken))
