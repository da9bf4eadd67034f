"""What a module is: its manifest, how modules are found, and the order they stand in."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from plantops.errors import Invalid
from plantops.wording import say, says

if TYPE_CHECKING:
    import argparse

    from sqlalchemy import TextClause

ENTRY_POINTS = "plantops.modules"


def load(path: str) -> Any:
    """The object behind `package.module:name`, imported now. For what must not be imported at start."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


@says("title")
@dataclass(frozen=True)
class Role:
    """A role and what it may do; modules that name the same role add to it."""

    name: str
    title: str
    permissions: tuple[StrEnum, ...]


@says("title")
@dataclass(frozen=True)
class Job:
    """Work for the worker: `function(ctx, **arguments)`, enqueued by name as `module.name`."""

    function: Callable[..., Any]
    title: str
    retries: int = 3
    seconds: int = 600
    all_or_nothing: bool = False
    """Stopped, it leaves everything as it was; else it keeps the best so far."""


@dataclass(frozen=True)
class Schedule:
    """A job that recurs in plant time, once per local date (or per slot of `every_minutes`)."""

    job: str
    at: str = "06:00"
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    every_minutes: int | None = None


@dataclass(frozen=True)
class Invariant:
    """Something that must hold on a live database: the query returns the rows that break it (id, sentence)."""

    name: str
    query: TextClause


@dataclass(frozen=True)
class Figure:
    """Totals by plain SQL, to reconcile against: `query` takes :from and :to and returns (name, value, unit)."""

    kind: str
    title: str
    query: TextClause


@dataclass(frozen=True)
class PersonalData:
    """Personal data that a table keeps: for the export of a person and for erasure."""

    table: str
    fields: tuple[str, ...]
    purpose: str
    keep_years: int | None
    person_column: str = "user_id"


@says("fields")
@dataclass(frozen=True)
class Lines:
    """The rows of a document in a table of their own; each is called by its column `name`."""

    table: str
    parent: str
    name: str
    fields: Mapping[str, str]


@says("fields", "title")
@dataclass(frozen=True)
class Document:
    """What a record's own page tells of it beside its contents.

    `fields` are the columns, with their names for people, whose changes whoever sees the record may read;
    `owners` the columns that name who follows it without asking.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[Lines, ...] = ()
    owners: tuple[str, ...] = ()
    title: str = ""
    """What one of them is called, where it has no number or name: Roster 17."""


@dataclass(frozen=True)
class DemoPart:
    """A piece of a module's demo: `build(demo)` at `path`, begun as soon as the parts that it needs are done."""

    name: str
    path: str
    needs: tuple[str, ...] = ()
    fills: tuple[str, ...] = ()
    """Tables that get thousands of rows: their foreign keys are checked at the end, all rows at once."""
    in_totals: bool = True
    """The weekly report counts it, so it is made before; what goes to the sample site may come beside."""


@says("title")
@dataclass(frozen=True)
class Module:
    """The manifest: everything the house needs to know of a module, as real Python names."""

    name: str
    title: str
    depends: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    permissions: type[StrEnum] | None = None
    roles: tuple[Role, ...] = ()
    listens: Mapping[type, tuple[Callable[..., Any], ...]] = field(default_factory=dict)
    answers: Mapping[type, tuple[Callable[..., Any], ...]] = field(default_factory=dict)
    jobs: Mapping[str, Job] = field(default_factory=dict)
    schedules: tuple[Schedule, ...] = ()
    imports: tuple[Any, ...] = ()
    listings: tuple[Any, ...] = ()
    search: tuple[Any, ...] = ()
    weekly: tuple[Any, ...] = ()
    figures: tuple[Figure, ...] = ()
    verify: tuple[Invariant, ...] = ()
    due: tuple[Callable[..., Any], ...] = ()
    personal_data: tuple[PersonalData, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)
    undo: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    """The action `(ctx, id, version)` that takes back the last step of a kind of document, within half a minute."""
    documents: Mapping[str, Document] = field(default_factory=dict)
    """What the page of each linked record tells of its history and talk; what has no entry here is no document."""
    cli: Callable[[argparse._SubParsersAction[Any]], None] | None = None
    demo: str | tuple[DemoPart, ...] = ()
    """One function, which waits for the demo of every module that its own may use, or parts that say what they need."""

    @property
    def demo_parts(self) -> tuple[DemoPart, ...]:
        if isinstance(self.demo, str):
            return (DemoPart(self.name, self.demo, (*self.depends, *self.after)),)
        return self.demo

    @property
    def prefix(self) -> str:
        """What each of its table names begins with."""
        return f"{self.name}_"


@dataclass(frozen=True)
class Registry:
    """The modules of this house in order of dependency, the core first."""

    modules: tuple[Module, ...]

    def __getitem__(self, name: str) -> Module:
        for module in self.modules:
            if module.name == name:
                return module
        raise Invalid(say("There is no module {name}. Known: {names}.", name=name, names=", ".join(self.names)))

    def __contains__(self, name: object) -> bool:
        return name in self.names

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(module.name for module in self.modules)

    def only(self, names: Iterable[str]) -> Registry:
        """The registry of these modules and the core; a missing dependency is named in the error."""
        wanted = {"core", *names}
        unknown = wanted - set(self.names)
        if unknown:
            raise Invalid(
                say(
                    "There is no module {unknown}. Known: {names}.",
                    unknown=", ".join(sorted(unknown)),
                    names=", ".join(self.names),
                )
            )
        return ordered(module for module in self.modules if module.name in wanted)

    def listeners(self, event: type) -> list[Callable[..., Any]]:
        """Who listens to an event, in order of dependency."""
        return [function for module in self.modules for function in module.listens.get(event, ())]

    def answerers(self, question: type) -> list[Callable[..., Any]]:
        return [function for module in self.modules for function in module.answers.get(question, ())]

    def job(self, name: str) -> Job:
        module, _, short = name.partition(".")
        if module in self and short in self[module].jobs:
            return self[module].jobs[short]
        raise Invalid(say("There is no job {name}.", name=name))

    def role_permissions(self) -> dict[str, frozenset[str]]:
        """Role name -> permissions, added up over the modules."""
        return self._role_permissions

    @cached_property
    def _role_permissions(self) -> dict[str, frozenset[str]]:
        rights: dict[str, set[str]] = {}
        for module in self.modules:
            for role in module.roles:
                rights.setdefault(role.name, set()).update(str(p) for p in role.permissions)
        return {name: frozenset(found) for name, found in rights.items()}

    def document(self, kind: str) -> Document | None:
        """How a kind of record (its table's name) is talked about; None for what is no document."""
        return next((module.documents[kind] for module in self.modules if kind in module.documents), None)

    def undoing(self) -> dict[str, Callable[..., Any]]:
        """Kind of document -> the action that takes its last step back."""
        return {kind: action for module in self.modules for kind, action in module.undo.items()}

    def role_titles(self) -> dict[str, str]:
        titles: dict[str, str] = {}
        for module in self.modules:
            for role in module.roles:
                titles.setdefault(role.name, role.title)
        return titles


def ordered(modules: Iterable[Module]) -> Registry:
    """Modules in order of dependency; says by name which dependency is missing or goes in a circle."""
    by_name = {module.name: module for module in modules}
    graph: dict[str, set[str]] = {}
    for module in sorted(by_name.values(), key=lambda m: m.name):
        for need in module.depends:
            if need not in by_name:
                raise Invalid(
                    say("Module {name} needs module {need}, which is not installed.", name=module.name, need=need)
                )
        before = {*module.depends, *(name for name in module.after if name in by_name)}
        graph[module.name] = before | ({"core"} if module.name != "core" and "core" in by_name else set())
    try:
        names = tuple(TopologicalSorter(graph).static_order())
    except CycleError as circle:
        raise Invalid(
            say("These modules need each other in a circle: {args}.", args=" -> ".join(circle.args[1]))
        ) from circle
    return Registry(tuple(by_name[name] for name in names))


def discover(core: Module) -> Registry:
    """The core and every module that an installed package announces under `plantops.modules`."""
    return ordered([core, *(point.load() for point in sorted(entry_points(group=ENTRY_POINTS)))])
