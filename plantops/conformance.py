"""What every module owes the house, checked the same way for ours and for a third party's."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import textwrap
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from types import ModuleType

from plantops.context import Context
from plantops.db import Base
from plantops.migrations import runner
from plantops.module import Module, Registry, load
from plantops.wording import say

NOT_NOUNS = {
    "module",
    "models",
    "permissions",
    "events",
    "cli",
    "demo",
    "optimise",
    "imports",
    "migrations",
    "instances",
}
FILTERS = {"visible", "sites", "may", "user"}
README_SECTIONS = ("Concepts", "States", "Who may do what", "Events", "Jobs", "Reports")


def conform(registry: Registry, name: str) -> list[str]:
    """Every way in which a module does not keep to the rules, one sentence each. Empty is right."""
    module = registry[name]
    checks: tuple[Callable[[Registry, Module], Iterator[str]], ...] = (
        rights_are_named_after_the_module,
        every_right_is_in_a_role,
        every_function_says_who_may,
        lists_are_filtered,
        listens_only_downwards,
        jobs_exist,
        tables_are_prefixed,
        history_is_linear,
        personal_data_exists,
        readme_is_complete,
        demo_can_be_loaded,
    )
    return [f"{name}: {sentence}" for check in checks for sentence in check(registry, module)]


# --- Reading a module


def package_of(module: Module) -> ModuleType:
    return importlib.import_module("plantops" if module.name == "core" else module.name)


def folder_of(module: Module) -> Path:
    return Path(inspect.getfile(package_of(module))).parent


def noun_files(module: Module) -> Iterator[ModuleType]:
    """The files of the module that hold questions and actions."""
    package = package_of(module)
    for found in pkgutil.iter_modules(package.__path__):
        if found.name not in NOT_NOUNS and not found.ispkg:
            yield importlib.import_module(f"{package.__name__}.{found.name}")


def public_functions(file: ModuleType) -> Iterator[tuple[str, Callable[..., object]]]:
    """Functions defined in a file whose first parameter is a Context, without those that begin with `_`."""
    for name, function in vars(file).items():
        if not inspect.isfunction(function) or name.startswith("_"):
            continue
        if inspect.unwrap(function).__module__ != file.__name__:
            continue
        parameters = list(inspect.signature(function).parameters.values())
        if parameters and parameters[0].annotation in ("Context", Context):
            yield name, function


# --- The rules


def rights_are_named_after_the_module(_registry: Registry, module: Module) -> Iterator[str]:
    for right in module.permissions or ():
        if not str(right).startswith(f"{module.name}."):
            yield say("the right {right} does not begin with {name}.", right=right, name=module.name)


def every_right_is_in_a_role(registry: Registry, module: Module) -> Iterator[str]:
    given = set().union(*registry.role_permissions().values())
    for right in module.permissions or ():
        if str(right) not in given:
            yield say("no role has the right {right}, so nobody can use it.", right=right)


def every_function_says_who_may(_registry: Registry, module: Module) -> Iterator[str]:
    for file in noun_files(module):
        for name, function in public_functions(file):
            if name.startswith("visible") or hasattr(function, "__rights__"):
                continue
            yield say(
                "{name__}.{name} says nothing of who may call it (@requires, @anyone or @within).",
                name__=file.__name__,
                name=name,
            )


def lists_are_filtered(_registry: Registry, module: Module) -> Iterator[str]:
    """A question that returns many rows goes through a `visible` function, or names its filter."""
    for file in noun_files(module):
        for name, function in public_functions(file):
            if not name.startswith("list_"):
                continue
            if not names_in(function) & FILTERS:
                yield say("{name__}.{name} lists rows without `visible`.", name__=file.__name__, name=name)


def names_in(function: Callable[..., object]) -> set[str]:
    """Every name that a function's code uses, `visible_sites` also as `visible`."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return names | {name.partition("_")[0] for name in names}


def listens_only_downwards(_registry: Registry, module: Module) -> Iterator[str]:
    below = {"plantops", module.name, *module.depends, *module.after}
    for kind in (*module.listens, *module.answers):
        if kind.__module__.partition(".")[0] not in below:
            yield say(
                "it listens to {name__} of {module__}, which is not below it.",
                name__=kind.__name__,
                module__=kind.__module__,
            )


def jobs_exist(registry: Registry, module: Module) -> Iterator[str]:
    known = {f"{one.name}.{job}" for one in registry.modules for job in one.jobs}
    for path in sorted(folder_of(module).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "enqueue"
                and node.args
                and isinstance(node.args[0], ast.Constant)
                and node.args[0].value not in known
            ):
                yield say("{name} enqueues {value}, which is no job.", name=path.name, value=repr(node.args[0].value))
    for schedule in module.schedules:
        if schedule.job not in known:
            yield say("it schedules {job}, which is no job.", job=schedule.job)


def tables_are_prefixed(_registry: Registry, module: Module) -> Iterator[str]:
    for mapper in Base.registry.mappers:
        if mapper.class_.__module__.partition(".")[0] == package_of(module).__name__:
            table = mapper.class_.__tablename__
            if not table.startswith(module.prefix):
                yield say("the table {table} does not begin with {prefix}.", table=table, prefix=module.prefix)


def history_is_linear(_registry: Registry, module: Module) -> Iterator[str]:
    heads = runner.scripts(module).get_heads()
    has_tables = any(name.startswith(module.prefix) for name in Base.metadata.tables)
    if has_tables and len(heads) != 1:
        yield say("its migrations have {heads} ends; a linear history has one.", heads=len(heads))


def personal_data_exists(_registry: Registry, module: Module) -> Iterator[str]:
    for declared in module.personal_data:
        table = Base.metadata.tables.get(declared.table)
        if table is None:
            yield say("its personal data names the table {table}, which is not there.", table=declared.table)
            continue
        for column in (*declared.fields, declared.person_column):
            if column not in table.columns:
                yield say(
                    "its personal data names {table}.{column}, which is not there.", table=declared.table, column=column
                )


def readme_is_complete(_registry: Registry, module: Module) -> Iterator[str]:
    """README.md of a module: its sections, and by name each right, event, job and figure."""
    if module.name == "core":
        return
    path = folder_of(module) / "README.md"
    if not path.exists():
        yield say("it has no README.md.")
        return
    text = path.read_text(encoding="utf-8")
    for section in README_SECTIONS:
        if f"## {section}" not in text:
            yield say("its README has no section '## {section}'.", section=section)
    for what, names in (("right", module.permissions or ()), ("job", module.jobs), ("event", own_events(module))):
        for name in names:
            if f"`{name}`" not in text:
                yield say("its README does not name the {what} `{name}`.", what=what, name=name)


def own_events(module: Module) -> list[str]:
    try:
        file = importlib.import_module(f"{package_of(module).__name__}.events")
    except ModuleNotFoundError:
        return []
    return [
        name
        for name, kind in vars(file).items()
        if inspect.isclass(kind) and kind.__module__ == file.__name__ and not issubclass(kind, StrEnum)
    ]


def demo_can_be_loaded(_registry: Registry, module: Module) -> Iterator[str]:
    for part in module.demo_parts:
        if not callable(load(part.path)):
            yield say("its demo {path} is no function.", path=part.path)
