"""The core's own manifest, and the house: registry, database and settings put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from plantops import (
    activity,
    admin_lists,
    approval_sampling,
    approvals,
    audit,
    bulk_actions,
    desk,
    digest,
    dossier,
    exports,
    factors,
    files,
    idempotency,
    import_choices,
    import_jobs,
    import_rows,
    imports,
    items,
    jobs,
    lifecycle,
    lists,
    numbers,
    options,
    outbox,
    parties,
    people,
    places,
    plant_days,
    reservations,
    schedule,
    stock,
    stock_ledger,
    typed,
    views,
    webhooks,
    weekly_archive,
    weekly_jobs,
)
from plantops.context import SYSTEM_ID, Context, within
from plantops.db import Base, Database, unaudited
from plantops.errors import Unavailable
from plantops.events import Moved, TakenBack, Waiting
from plantops.invariants import INVARIANTS
from plantops.migrations import runner
from plantops.module import Job, Module, Registry, Role, Schedule, discover
from plantops.permissions import Can
from plantops.settings import Settings
from plantops.sight import RecordSeen
from plantops.verify import CORE_INVARIANTS
from plantops.wording import say, speaking

T = TypeVar("T")


class InstalledModule(Base):
    """The modules that this database has tables of."""

    __tablename__ = "core_module"
    __table_args__ = unaudited()

    name: Mapped[str] = mapped_column(primary_key=True)
    installed_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())


@within("a job of the system")
def seal_audit(ctx: Context) -> int:
    audit.make_partitions(ctx.session.connection(), ctx.today)
    return audit.seal(ctx)


CORE = Module(
    name="core",
    title="Core",
    permissions=Can,
    roles=(
        Role("administrator", "Administrator", tuple(Can)),
        Role("employee", "Employee", (Can.READ_PLACES, Can.READ_FILES, Can.DELEGATE)),
        Role(
            "auditor",
            "Auditor",
            (
                Can.READ_USERS,
                Can.READ_PLACES,
                Can.READ_AUDIT,
                Can.READ_STOCK,
                Can.READ_ITEMS,
                Can.READ_PARTIES,
                Can.READ_FILES,
                Can.READ_WEEKLY,
                Can.READ_DUE,
                Can.VERIFY,
                Can.READ_OUTBOX,
                Can.READ_JOBS,
                Can.SAMPLE_APPROVALS,
            ),
        ),
        # What falls due in their own field; which rows they see, each module decides.
        Role("hr", "Personnel office", (Can.READ_DUE,)),
        Role("facility_manager", "Facility manager", (Can.READ_DUE,)),
        Role("dispatcher", "Dispatcher", (Can.READ_DUE,)),
        Role(
            "storekeeper",
            "Storekeeper",
            (
                Can.READ_STOCK,
                Can.MOVE_STOCK,
                Can.COUNT_STOCK,
                Can.MANAGE_STOCK,
                Can.READ_ITEMS,
                Can.READ_PLACES,
                Can.READ_FILES,
                Can.DELEGATE,
            ),
        ),
        Role(
            "plant_manager",
            "Plant manager",
            (
                Can.READ_PLACES,
                Can.READ_WEEKLY,
                Can.COMMENT_WEEKLY,
                Can.READ_DUE,
                Can.READ_STOCK,
                Can.READ_ITEMS,
                Can.READ_PARTIES,
                Can.READ_FILES,
                Can.DELEGATE,
            ),
        ),
    ),
    jobs={
        "send_last_week": Job(weekly_jobs.send_last_week, "Make and mail last week"),
        "make_week": Job(weekly_jobs.make_week, "Make a week"),
        "print_week": Job(weekly_jobs.print_week, "Make the PDF and the workbook of a week"),
        "seal_audit": Job(seal_audit, "Seal the audit trail"),
        "forget_keys": Job(idempotency.forget_old, "Forget old keys of what was sent"),
        "forget_typed": Job(typed.forget_old, "Forget what was typed and never sent"),
        "forget_sign_ins": Job(factors.forget_old, "Forget old sessions, failed tries and used notes"),
        "send_mail": Job(outbox.send, "Send a mail", retries=5),
        "send_webhook": Job(webhooks.send, "Tell another program what happened", retries=5),
        "look_for_webhooks": Job(webhooks.look, "Look for webhooks that are due"),
        "look_for_mails": Job(outbox.look, "Look for mails that are due"),
        "sweep_files": Job(files.sweep_orphans, "Remove files of undone work"),
        "tidy_jobs": Job(jobs.tidy, "Forget old jobs"),
        "draw_sample": Job(approval_sampling.draw, "Draw the weekly sample of what approved itself"),
        "read_import": Job(import_jobs.read_by_worker, "Read a file to import", seconds=7200, all_or_nothing=True),
        "try_import": Job(import_jobs.try_by_worker, "Try an import out", seconds=7200, all_or_nothing=True),
        "load_import": Job(import_jobs.load_by_worker, "Load an import", seconds=7200, all_or_nothing=True),
        "undo_import": Job(import_jobs.undo_by_worker, "Take an import back", seconds=7200, all_or_nothing=True),
        "act_on_rows": Job(bulk_actions.act_by_worker, "One action on many rows", seconds=3600),
        "take_rows_back": Job(bulk_actions.take_back_by_worker, "Undo one action on many rows", seconds=3600),
        "export_list": Job(exports.write_by_worker, "Export a list", seconds=3600, all_or_nothing=True),
        "send_digests": Job(digest.send_digests, "Mail everybody what waits for them", all_or_nothing=True),
        "forget_exports": Job(exports.forget_old, "Remove exports of last week"),
        "tell_low_stock": Job(stock.tell_low, "Look for stock that is low and not yet asked for"),
    },
    schedules=(
        Schedule("core.send_last_week", at="06:00", weekdays=(0,)),
        Schedule("core.seal_audit", every_minutes=1),
        Schedule("core.forget_keys", at="03:10"),
        Schedule("core.forget_typed", at="03:12"),
        Schedule("core.forget_sign_ins", at="03:25"),
        Schedule("core.look_for_mails", every_minutes=5),
        Schedule("core.look_for_webhooks", every_minutes=5),
        Schedule("core.sweep_files", at="03:20"),
        Schedule("core.forget_exports", at="03:15"),
        Schedule("core.tidy_jobs", at="03:30"),
        Schedule("core.send_digests", at="06:30"),
        Schedule("core.tell_low_stock", at="05:30"),
        Schedule("core.draw_sample", at="05:40", weekdays=(0,)),
    ),
    listings=lists.LISTINGS + admin_lists.LISTINGS,
    links=admin_lists.LINKS,
    search=lists.SEARCH + admin_lists.SEARCH,
    due=(activity.due,),
    documents=dossier.DOCUMENTS,
    listens={Moved: (activity.told_step,), TakenBack: (activity.untell_step,)},
    answers={Waiting: (reservations.waiting,), RecordSeen: (dossier.record_seen,)},
    settings=approval_sampling.SETTINGS,
    verify=CORE_INVARIANTS + INVARIANTS + imports.INVARIANTS,
)


@dataclass
class House:
    """Everything that a process needs to act: which modules, which database, which settings."""

    registry: Registry
    database: Database
    settings: Settings
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    @contextmanager
    def acting(self, user: int | people.User = SYSTEM_ID, *, channel: str = "job", **more: object) -> Iterator[Context]:
        """A context in a transaction of its own, committed at the end. For commands and demos."""
        with self.database.transaction() as session:
            ctx = self.context(session, user, channel=channel, **more)
            with speaking(ctx.user.language):
                yield ctx

    def run(self, work: Callable[[Context], T], user: int = SYSTEM_ID, *, channel: str = "job") -> T:
        """`work(ctx)` in a transaction, tried again on a deadlock or serialisation fault."""

        def spoken(session: Session) -> T:
            ctx = self.context(session, user, channel=channel)
            with speaking(ctx.user.language):
                return work(ctx)

        return self.database.run(spoken)

    def context(self, session: Session, user: int | people.User, *, channel: str = "job", **more: object) -> Context:
        return people.context_for(
            session,
            user,
            registry=self.registry,
            database=self.database,
            settings=self.settings,
            now=self.clock(),
            channel=channel,
            **more,  # type: ignore[arg-type]
        )


def everything() -> Registry:
    """The core and all modules that are announced by installed packages, installed in the database or not."""
    return discover(CORE)


def open_house(url: str, settings: Settings, *, pool_size: int = 10) -> House:
    """The house on an initialised database. Raises Unavailable when it is empty or older than the code."""
    database = Database(url, pool_size=pool_size)
    names = runner.installed(database)
    if not names:
        raise Unavailable(say("This database is empty. Run `plantops init` first."))
    registry = everything().only(name for name in names if name != "core")
    if late := runner.behind(database, registry):
        raise Unavailable(
            say("The database is older than the program ({late}). Run `plantops upgrade` first.", late=", ".join(late))
        )
    return House(registry, database, settings)


def initialise(url: str, settings: Settings, modules: tuple[str, ...] | None = None) -> House:
    """Makes or brings up to date the tables of the core and these modules (all, when not named)."""
    database = Database(url)
    registry = everything()
    if modules is not None:
        registry = registry.only(modules)
    runner.upgrade(database, registry)
    return House(registry, database, settings)


KNOWN = (
    activity,
    approval_sampling,
    approvals,
    desk,
    factors,
    files,
    import_choices,
    import_rows,
    imports,
    items,
    jobs,
    lifecycle,
    numbers,
    options,
    weekly_archive,
    outbox,
    parties,
    places,
    plant_days,
    reservations,
    schedule,
    stock_ledger,
    views,
    webhooks,
)
"""Imported for their tables."""
