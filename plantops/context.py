"""Who is doing what, and when: the context that every question and action takes first."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from plantops.errors import Forbidden
from plantops.events import Event, Question
from plantops.module import Registry, load
from plantops.wording import either, right, room_name, say

if TYPE_CHECKING:
    from plantops.db import Database
    from plantops.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")
Answer = TypeVar("Answer")

SYSTEM_ID = 1


@dataclass(frozen=True)
class Grant:
    """A role that somebody holds, everywhere or for one site and cost centre."""

    role: str
    permissions: frozenset[str]
    site_id: int | None = None
    cost_centre_id: int | None = None

    @property
    def is_everywhere(self) -> bool:
        return self.site_id is None and self.cost_centre_id is None

    def covers(self, permission: str, site_id: int | None, cost_centre_id: int | None) -> bool:
        return (
            permission in self.permissions
            and (self.site_id is None or site_id is None or self.site_id == site_id)
            and (self.cost_centre_id is None or cost_centre_id is None or self.cost_centre_id == cost_centre_id)
        )


@dataclass(frozen=True)
class Actor:
    """The person (or the system, id 1) who acts."""

    id: int
    login: str
    name: str
    grants: tuple[Grant, ...] = ()
    language: str = "en"
    scopes: frozenset[str] | None = None
    """A token's scopes narrow what its owner may do; None is no narrowing."""

    @property
    def roles(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(grant.role for grant in self.grants))

    @property
    def is_system(self) -> bool:
        return self.id == SYSTEM_ID


@dataclass
class Context:
    """One request, one job or one command: its transaction, its person, its clock."""

    session: Session
    user: Actor
    now: datetime
    registry: Registry
    database: Database
    settings: Settings
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    on_behalf_of: int | None = None
    request_id: str = ""
    channel: str = "web"
    proved_at: datetime | None = None
    """When the person at this browser last showed who they are; None where no browser is."""

    @property
    def today(self) -> date:
        """Today at the plant."""
        return self.now.astimezone(self.zone).date()

    # --- Rights

    def may(self, permission: StrEnum, *, site_id: int | None = None, cost_centre_id: int | None = None) -> bool:
        """May this person do it there? Without a place: anywhere at all."""
        name = str(permission)
        if self.user.is_system:
            return True
        if self.user.scopes is not None and not in_scopes(name, self.user.scopes):
            return False
        return any(grant.covers(name, site_id, cost_centre_id) for grant in self.user.grants)

    def may_everywhere(self, permission: StrEnum) -> bool:
        """May this person do it for the whole company, at every site and cost centre?"""
        name = str(permission)
        held = any(grant.is_everywhere and name in grant.permissions for grant in self.user.grants)
        return self.user.is_system or (held and self.may(permission))

    def need(
        self, permission: StrEnum, *, site_id: int | None = None, cost_centre_id: int | None = None, to: str = ""
    ) -> None:
        """Raises Forbidden unless the person may do it there."""
        if not self.may(permission, site_id=site_id, cost_centre_id=cost_centre_id):
            raise Forbidden(
                say(
                    "You may not {to}. {permission}",
                    to=say(to) if to else right(permission),
                    permission=what_is_missing(permission),
                )
            )

    def need_everywhere(self, permission: StrEnum, *, to: str) -> None:
        """Raises Forbidden unless the person holds it for the whole company: for what belongs to no single site."""
        self.need(permission, to=to)
        if not self.may_everywhere(permission):
            raise Forbidden(
                say(
                    "You may not {to}: it concerns every site, and you hold the right {permission} for some only. "
                    "People with the role administrator can give it for all.",
                    to=say(to),
                    permission=named(permission),
                )
            )

    def sites(self, permission: StrEnum) -> frozenset[int] | None:
        """The sites where the person holds a permission; None means every site."""
        return self._scope(permission, "site_id")

    def cost_centres(self, permission: StrEnum) -> frozenset[int] | None:
        """The cost centres where the person holds a permission; None means every one."""
        return self._scope(permission, "cost_centre_id")

    def reaches(
        self, permission: StrEnum, site: sa.SQLColumnExpression[int], cost_centre: sa.SQLColumnExpression[int]
    ) -> sa.ColumnElement[bool]:
        """The rows that a permission reaches, grant by grant: one site's cost centre opens no other site's."""
        if self.user.is_system:
            return sa.true()
        ways: list[sa.ColumnElement[bool]] = []
        for grant in self.user.grants if self.may(permission) else ():
            if str(permission) in grant.permissions:
                at_site = sa.true() if grant.site_id is None else site == grant.site_id
                at_centre = sa.true() if grant.cost_centre_id is None else cost_centre == grant.cost_centre_id
                ways.append(sa.and_(at_site, at_centre))
        return sa.or_(sa.false(), *ways)

    def _scope(self, permission: StrEnum, attribute: str) -> frozenset[int] | None:
        if self.user.is_system:
            return None
        held = [grant for grant in self.user.grants if str(permission) in grant.permissions]
        if not held or not self.may(permission):
            return frozenset()
        limits = {getattr(grant, attribute) for grant in held}
        return None if None in limits else frozenset(limits)

    # --- Neighbours

    def emit(self, event: Event) -> None:
        """Tell every listener, in order of dependency, in this transaction. An exception undoes all."""
        for listener in self.registry.listeners(type(event)):
            listener(self, event)
        # Who is told outside of the house stands above the context, so it is found by name.
        load("plantops.webhooks:note")(self, event)

    def ask(self, question: Question[Answer]) -> list[Answer]:
        """Every module's answers to a question that only those above can answer."""
        answers: list[Answer] = []
        for answerer in self.registry.answerers(type(question)):
            answers.extend(answerer(self, question))
        return answers

    def enqueue(self, job: str, *, lock: str | None = None, run_at: datetime | None = None, **arguments: Any) -> int:
        """Put a job on the queue in this transaction; a second one with the same `lock` is not added.

        Jobs stand above the context, so the queue is found by name.
        """
        return int(load("plantops.jobs:defer")(self, job, arguments, lock=lock, run_at=run_at))

    # --- Other transactions and other people

    @contextmanager
    def aside(self) -> Iterator[Session]:
        """A transaction of its own, only for the login throttle, access log, refusals and progress."""
        with self.database.transaction(beside=True) as session:
            mark_actor(session, self.user.id)
            yield session

    def as_system(self) -> Context:
        """The same transaction with the system's rights, on behalf of the person: for listeners."""
        system = Actor(SYSTEM_ID, "system", "System", language=self.user.language)
        return replace(self, user=system, on_behalf_of=self.on_behalf_of or self.user.id)


def in_scopes(permission: str, scopes: frozenset[str]) -> bool:
    """`purchasing.order.read` is in scope of `purchasing.order.read`, `purchasing.order`, `purchasing` and `*`."""
    parts = permission.split(".")
    return "*" in scopes or any(".".join(parts[: n + 1]) in scopes for n in range(len(parts)))


def named(permission: StrEnum) -> str:
    """`purchasing.requisition.approve` -> `“approve requisition” of purchasing`."""
    module = str(permission).partition(".")[0]
    if module == "core":
        return say("“{right}”", right=right(permission))
    return say("“{right}” of {module}", right=right(permission), module=room_name(module))


def what_is_missing(*permissions: StrEnum) -> str:
    """Which right would do, in words, and who can give it."""
    rights = either([named(permission) for permission in permissions])
    return say("It takes the right {rights}. People with the role administrator can give it to you.", rights=rights)


def mark_actor(session: Session, actor_id: int, on_behalf_of: int | None = None, request_id: str = "") -> None:
    """Tell the audit triggers who acts in this transaction; they refuse to write when nobody said so."""
    session.execute(
        sa.text(
            "SELECT set_config('plantops.actor', :actor, true), set_config('plantops.on_behalf_of', :behalf, true),"
            " set_config('plantops.request', :request, true)"
        ),
        {"actor": str(actor_id), "behalf": str(on_behalf_of or ""), "request": request_id},
    )


def requires(
    *permissions: StrEnum,
) -> Callable[[Callable[Concatenate[Context, P], R]], Callable[Concatenate[Context, P], R]]:
    """The function may be called by who holds one of these permissions somewhere.

    Where it holds (site, cost centre) is for the function: through `visible` or `ctx.need(..., site_id=...)`.
    """

    def decorate(function: Callable[Concatenate[Context, P], R]) -> Callable[Concatenate[Context, P], R]:
        @functools.wraps(function)
        def guarded(ctx: Context, /, *args: P.args, **kwargs: P.kwargs) -> R:
            if not any(ctx.may(permission) for permission in permissions):
                raise Forbidden(
                    say(
                        "You may not {permissions}. {what_is_missing}",
                        permissions=right(permissions[0]),
                        what_is_missing=what_is_missing(*permissions),
                    )
                )
            return function(ctx, *args, **kwargs)

        guarded.__rights__ = permissions  # type: ignore[attr-defined]
        return guarded

    return decorate


def anyone(why: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The function needs no permission; `why` says for the reader and the conformance test why not."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        function.__rights__ = why  # type: ignore[attr-defined]
        return function

    return decorate


def within(why: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The function is a step of other actions and stands under their right; pages and API never call it."""

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        function.__rights__ = f"within: {why}"  # type: ignore[attr-defined]
        return function

    return decorate


Fields = Mapping[str, Any]
