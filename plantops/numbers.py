"""Numbers of documents: plain ones that may have gaps, and gapless ones where the law asks for them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from plantops.context import Context, within
from plantops.db import TRIED, Base, Id, unaudited
from plantops.errors import Invalid
from plantops.places import Site
from plantops.wording import say

KIND = re.compile(r"[A-Z]{1,8}")
NUMBERS_LOCK = 7_254_010  # first key of the advisory lock under which a sequence is made


class Gapless(Base):
    """The last number taken of a legal series. Its row is locked until the posting is committed."""

    __tablename__ = "core_gapless"
    __table_args__ = (
        sa.UniqueConstraint("site_id", "kind", "year"),
        sa.CheckConstraint("last >= 0", name="counts_up"),
        unaudited(),
    )

    id: Mapped[Id]
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("core_site.id"))
    kind: Mapped[str]
    year: Mapped[int]
    last: Mapped[int]


@dataclass(frozen=True, slots=True)
class Series:
    """Which numbers: PO of site VER in 2026 gives PO-VER-26-00001, PO-VER-26-00002 and so on."""

    kind: str
    site_code: str
    year: int

    def spelled(self, number: int) -> str:
        return f"{self.kind}-{self.site_code}-{self.year % 100:02d}-{number:05d}"


# One look: the site's code, and the numbers when the series has been begun.
NEXT = sa.text(
    "SELECT s.code, CASE WHEN r.sequence IS NOT NULL THEN nextval(r.sequence) END FROM core_site s"
    " CROSS JOIN (SELECT to_regclass(:name) AS sequence) r CROSS JOIN generate_series(1, :count) WHERE s.id = :site"
)


def _check_kind(kind: str) -> None:
    if not KIND.fullmatch(kind):
        raise ValueError(f"A kind of number is one to eight capital letters, not {kind!r}.")


def _series(ctx: Context, kind: str, site_id: int, year: int | None) -> Series:
    _check_kind(kind)
    code = ctx.session.scalar(sa.select(Site.code).where(Site.id == site_id))
    if code is None:
        raise Invalid(say("There is no site {site_id}.", site_id=site_id), field="site_id")
    return Series(kind, code, year or ctx.today.year)


@within("the document's action has checked the right")
def plain(ctx: Context, kind: str, site_id: int, *, year: int | None = None) -> str:
    """The next number of a series. Nobody waits for anybody; a rolled back document leaves a gap.

    What is only tried out takes none: it is numbered below zero, as no real document is.
    """
    return plain_many(ctx, kind, site_id, 1, year=year)[0]


@within("the document's action has checked the right")
def plain_many(ctx: Context, kind: str, site_id: int, count: int, *, year: int | None = None) -> list[str]:
    """The next `count` numbers of a series in one go, for imports."""
    _check_kind(kind)
    if count < 1:
        return []
    if (trial := ctx.session.info.get(TRIED)) is not None:
        series = _series(ctx, kind, site_id, year)
        return [series.spelled(-next(trial)) for _ in range(count)]
    name = f"core_number_{site_id}_{kind.lower()}_{year or ctx.today.year}"
    asked = {"name": name, "site": site_id, "count": count}
    taken = ctx.session.execute(NEXT, asked).all()
    if not taken:
        raise Invalid(say("There is no site {site_id}.", site_id=site_id), field="site_id")
    if taken[0][1] is None:
        # Two first documents of a year: the second waits here until the first one's sequence is committed.
        ctx.session.execute(
            sa.text("SELECT pg_advisory_xact_lock(:lock, hashtext(:name))"), {"lock": NUMBERS_LOCK, "name": name}
        )
        ctx.session.execute(sa.text(f"CREATE SEQUENCE IF NOT EXISTS {name}"))
        taken = ctx.session.execute(NEXT, asked).all()
    series = Series(kind, taken[0][0], year or ctx.today.year)
    return [series.spelled(number) for _, number in taken]


@within("the posting action has checked the right")
def gapless(ctx: Context, kind: str, site_id: int, *, year: int | None = None) -> str:
    """
    The next number of a legal series, without gaps, to be taken as the last step of posting.

    It locks the series until the transaction ends: a rollback gives the number back, the next posting waits.
    """
    series = _series(ctx, kind, site_id, year)
    number = ctx.session.scalar(
        sa.text(
            "INSERT INTO core_gapless (site_id, kind, year, last) VALUES (:site, :kind, :year, 1)"
            " ON CONFLICT (site_id, kind, year) DO UPDATE SET last = core_gapless.last + 1 RETURNING last"
        ),
        {"site": site_id, "kind": kind, "year": series.year},
    )
    return series.spelled(int(number or 0))


@within("imports and demo history post many documents of a closed year at once")
def gapless_many(ctx: Context, kind: str, site_id: int, count: int, *, year: int | None = None) -> list[str]:
    """The next `count` numbers of a legal series without gaps, in one step under the same lock as `gapless`."""
    series = _series(ctx, kind, site_id, year)
    last = ctx.session.scalar(
        sa.text(
            "INSERT INTO core_gapless (site_id, kind, year, last) VALUES (:site, :kind, :year, :count)"
            " ON CONFLICT (site_id, kind, year) DO UPDATE SET last = core_gapless.last + :count RETURNING last"
        ),
        {"site": site_id, "kind": kind, "year": series.year, "count": count},
    )
    first = int(last or 0) - count + 1
    return [series.spelled(number) for number in range(first, first + count)]
