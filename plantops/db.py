"""The database: how tables are written down, and the only place where anything is committed."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from plantops.errors import Invalid, NotFound, Stale, Unavailable
from plantops.wording import mark, say

T = TypeVar("T")
Row = TypeVar("Row", bound="Base")

NOTHING_SAVED = mark("The database does not answer. Nothing was saved; try again in a moment.")
PERHAPS_SAVED = mark(
    "The database stopped answering while this was being saved, so it may or may not be there: look first. "
    "To send the same form again is safe, it is never done twice."
)
TOO_LONG = mark("A text is too long here. Shorten the longest one.")
RETRIED = {"40001", "40P01"}  # serialization_failure, deadlock_detected
TRIES = 3
REST_SECONDS = 2.0
RESTS_SINCE = "rests since"
TRIED = "tried"

Id = Annotated[int, mapped_column(sa.BigInteger, sa.Identity(), primary_key=True)]
Money = Annotated[Decimal, mapped_column(sa.Numeric(19, 4))]
Rate = Annotated[Decimal, mapped_column(sa.Numeric(20, 10))]
Quantity = Annotated[Decimal, mapped_column(sa.Numeric(18, 6))]
Currency = Annotated[str, mapped_column(sa.CHAR(3))]
SortKey = Annotated[str, mapped_column(sa.Text(collation="C"))]


class Base(DeclarativeBase):
    """Every table of the house; prefixes keep the modules' tables apart."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy reads this as a plain class attribute
        int: sa.BigInteger(),
        str: sa.Text(),
        datetime: sa.DateTime(timezone=True),
        date: sa.Date(),
        Decimal: sa.Numeric(19, 4),
        bool: sa.Boolean(),
    }


class Versioned:
    """A row that people change: the version they saw must still be the one that is there."""

    version: Mapped[int] = mapped_column(sa.Integer, default=1, server_default="1")


def choice(enum: type[StrEnum], name: str | None = None) -> sa.Enum:
    """A column type that stores a StrEnum as text with a CHECK."""
    return sa.Enum(
        enum,
        name=name or enum.__name__.lower(),
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [member.value for member in members],
    )


def unaudited(**options: Any) -> dict[str, Any]:
    """Table options for tables of machinery (sessions, outbox, progress) that keep no audit trail."""
    return {"info": {"audit": False}, **options}


def get(
    session: Session,
    query: sa.Select[Row],
    *,
    what: str,
    version: int | None = None,
    lock: bool = False,
) -> Row:
    """The one row of a query, fresh from the database and locked on request.

    Raises NotFound when it is missing or hidden, Stale when somebody changed it since `version` was read.
    """
    if lock:
        entity = query.column_descriptions[0]["entity"]
        query = query.with_for_update(of=entity)
    row = session.scalars(query.execution_options(populate_existing=True)).unique().one_or_none()
    if row is None:
        raise NotFound(say("There is no such {what}, or you may not see it.", what=say(what)))
    current = getattr(row, "version", None)
    if version is not None and current != version:
        raise _stale(what, current, version)
    return row


def _stale(what: str, current: int | None, seen: int | None) -> Stale:
    return Stale(
        say("Somebody else changed this {what} meanwhile. Load it again, then repeat your change.", what=say(what)),
        details={"current_version": current, "your_version": seen},
    )


def check_seen(row: Versioned | None, version: int | None, *, what: str) -> None:
    """For what its first entry makes: `version` is what the person saw, None when there was nothing yet."""
    current = None if row is None else row.version
    if current != version:
        raise _stale(what, current, version)


def one_at_a_time(session: Session, *what: object) -> None:
    """Until the end of the transaction nobody else passes here with the same words: for what has no row to lock."""
    name = ":".join(str(part) for part in what)
    session.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 7254))"), {"name": name})


def let_go(session: Session) -> None:
    """Gives the connection back before something slow; the next question takes one again. Nothing is written yet."""
    session.rollback()


@contextmanager
def tried(session: Session) -> Iterator[None]:
    """What is done within is taken back, however it ends. It uses up no numbers of documents: see `numbers.plain`."""
    attempt = session.begin_nested()
    session.info[TRIED] = itertools.count(1)
    try:
        yield
    finally:
        del session.info[TRIED]
        attempt.rollback()


def bump(row: Versioned) -> None:
    """A change of a document or of one of its lines makes a new version of the document."""
    row.version += 1


class Database:
    """One PostgreSQL database: an engine, and transactions that are committed here and nowhere else."""

    def __init__(self, url: str, *, pool_size: int = 10, echo: bool = False) -> None:
        self.url = url
        self.engine = engine_of(url, pool_size, 10, echo)
        # Who asks for a second connection while holding a first gets it from here: out of one pool, everybody
        # could hold one and wait for another.
        self._beside = engine_of(url, 1, 5, echo)
        self._session = sessionmaker(self.engine, expire_on_commit=False, autoflush=True)

    @contextmanager
    def transaction(self, *, beside: bool = False) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back on any error. `beside`: this thread is in another one."""
        session, committing = self._session(bind=self._beside if beside else self.engine), False
        try:
            yield session
            session.flush()
            committing = True
            session.commit()
        except OperationalError as error:
            session.rollback()
            if is_gone(error):
                raise Unavailable(say(PERHAPS_SAVED if committing else NOTHING_SAVED)) from error
            if is_too_long(error):
                raise Invalid(say(TOO_LONG)) from error
            raise
        except BaseException:
            session.rollback()
            raise
        finally:
            session.close()

    def run(self, work: Callable[[Session], T], *, tries: int = TRIES) -> T:
        """`work(session)` in a transaction, again from the start on a deadlock or serialisation fault.

        Once more also when an open connection turned out to be dead, as long as nothing can have been saved.
        """
        for attempt in range(1, tries + 1):
            try:
                with self.transaction() as session:
                    return work(session)
            except Unavailable as error:
                lost = isinstance(error.__cause__, DBAPIError) and error.__cause__.connection_invalidated
                if attempt > 1 or attempt == tries or not lost or error.message != say(NOTHING_SAVED):
                    raise
            except DBAPIError as error:
                if attempt == tries or sqlstate(error) not in RETRIED:
                    raise
                time.sleep(0.02 * attempt)
        raise AssertionError("a transaction is tried at least once")

    def dispose(self) -> None:
        self.engine.dispose()
        self._beside.dispose()


def engine_of(url: str, pool_size: int, more: int, echo: bool) -> sa.Engine:
    """Connections to one database, opened when they are first needed."""
    engine = sa.create_engine(
        url,
        pool_size=pool_size,
        max_overflow=more,
        pool_timeout=10,
        echo=echo,
        hide_parameters=True,  # an error goes to the log; what people typed does not
        connect_args={"connect_timeout": 5, "options": "-c timezone=UTC -c lock_timeout=15000"},
    )
    ping_after_rest(engine)
    return engine


def ping_after_rest(engine: sa.Engine) -> None:
    """A connection that rested is tried before it is used again: the server may have gone meanwhile.

    One that came back a moment ago is not: that would be one more question to the database for every page.
    """

    def came_back(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info[RESTS_SINCE] = time.monotonic()

    def goes_out(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        since = record.info.get(RESTS_SINCE)
        if since is None or time.monotonic() - since < REST_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error

    sa.event.listen(engine, "checkin", came_back)
    sa.event.listen(engine, "checkout", goes_out)


def sqlstate(error: DBAPIError) -> str | None:
    """PostgreSQL's five-character code of an error."""
    return getattr(error.orig, "sqlstate", None)


def is_gone(error: OperationalError) -> bool:
    """Did the server go away, as opposed to refusing a statement?"""
    code = sqlstate(error)
    return error.connection_invalidated or code is None or code.startswith(("08", "57P", "53"))


def is_too_long(error: OperationalError) -> bool:
    """Was it a text that does not fit into the index that finds it?"""
    return sqlstate(error) == "54000"


def constraint_of(error: DBAPIError) -> str | None:
    """The name of the constraint that a statement broke."""
    return getattr(getattr(error.orig, "diag", None), "constraint_name", None)
