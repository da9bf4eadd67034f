"""Bringing a database up to date: each module's own linear history, forward only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import autogenerate
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from plantops import audit
from plantops.context import SYSTEM_ID, mark_actor
from plantops.db import Base, Database
from plantops.errors import Conflict
from plantops.module import Module, Registry

PARTITION = re.compile(r"core_audit_(\d{6}|rest)")
LOCK = 7_254_001  # the advisory lock that keeps two upgrades apart


@dataclass(frozen=True)
class ModuleState:
    """A module as the database knows it."""

    name: str
    installed: bool
    revision: str | None
    head: str | None


def script_folder(module: Module) -> Path:
    package = "plantops" if module.name == "core" else module.name
    return Path(str(files(package))) / "migrations"


def scripts(module: Module) -> ScriptDirectory:
    """The module's history. Two heads are an error: histories are linear."""
    config = Config()
    config.set_main_option("script_location", str(script_folder(module)))
    config.set_main_option("path_separator", "os")
    directory = ScriptDirectory.from_config(config)
    if len(directory.get_heads()) > 1:
        raise Conflict(f"Module {module.name} has two newest migrations: {', '.join(directory.get_heads())}.")
    return directory


def version_table(module: Module) -> str:
    return f"{module.name}_version"


def owns(module: Module) -> Any:
    """Alembic's filter: only this module's tables, by prefix."""

    def include(thing: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
        table = name if kind == "table" else getattr(getattr(thing, "table", None), "name", name)
        if not table or table == version_table(module) or PARTITION.fullmatch(str(table)):
            return False
        return str(table).startswith(module.prefix)

    return include


def options(module: Module) -> dict[str, Any]:
    return {
        "version_table": version_table(module),
        "target_metadata": Base.metadata,
        "include_object": owns(module),
        "compare_type": True,
        "transactional_ddl": True,
    }


def upgrade(database: Database, registry: Registry) -> list[str]:
    """Every module to its newest migration; returns what was done, one sentence each.

    One transaction per module under an advisory lock: interrupted in the middle, a module stays as it was.
    """
    done: list[str] = []
    with database.engine.connect() as holder:
        holder.execute(sa.text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        try:
            for module in registry.modules:
                with database.transaction() as session:
                    mark_actor(session, SYSTEM_ID)
                    done += upgrade_module(session.connection(), module)
        finally:
            holder.execute(sa.text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
    return done


def upgrade_module(connection: sa.Connection, module: Module, to: str = "head") -> list[str]:
    directory = scripts(module)
    steps: list[str] = []

    def forward(revision: Any, _context: Any) -> Any:
        found = directory._upgrade_revs(to, revision)
        steps.extend(f"{module.name}: {step.doc or step.revision}" for step in found)
        return found

    with EnvironmentContext(Config(), directory, fn=forward, destination_rev=to) as environment:
        environment.configure(connection=connection, **options(module))
        environment.run_migrations()
    if steps:
        # While a migration is being drafted the models are ahead of the database.
        here = set(sa.inspect(connection).get_table_names())
        ours = [table for table in Base.metadata.sorted_tables if table.name.startswith(module.prefix)]
        audit.attach(connection, [table for table in ours if table.name in here])
    connection.execute(
        sa.text("INSERT INTO core_module (name) VALUES (:name) ON CONFLICT DO NOTHING"), {"name": module.name}
    )
    return steps


def installed(database: Database) -> tuple[str, ...]:
    """The names of the installed modules; none when the database is empty."""
    with database.engine.connect() as connection:
        if not sa.inspect(connection).has_table("core_module"):
            return ()
        return tuple(connection.scalars(sa.text("SELECT name FROM core_module ORDER BY name")))


def states(database: Database, registry: Registry) -> list[ModuleState]:
    here = set(installed(database))
    found: list[ModuleState] = []
    with database.engine.connect() as connection:
        for module in registry.modules:
            context = MigrationContext.configure(connection, opts={"version_table": version_table(module)})
            head = scripts(module).get_current_head()
            found.append(ModuleState(module.name, module.name in here, context.get_current_revision(), head))
    return found


def behind(database: Database, registry: Registry) -> list[str]:
    """The modules whose database is older than the code."""
    return [state.name for state in states(database, registry) if state.revision != state.head]


def drift(connection: sa.Connection, module: Module) -> list[Any]:
    """What the models say and the database does not have, or the other way round. Empty is right."""
    context = MigrationContext.configure(connection, opts=options(module))
    return list(autogenerate.compare_metadata(context, Base.metadata))


def draft(database: Database, module: Module, message: str) -> Path:
    """Writes the next migration of a module from the difference between models and database."""
    directory = scripts(module)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options(module))
        operations = autogenerate.produce_migrations(context, Base.metadata).upgrade_ops
        body = autogenerate.render_python_code(operations) if operations else "pass"
        body = body.replace("astext_type=Text()", "")  # Alembic renders a name that it does not import
        body = re.sub(r"# ###.*\n\s*|\s*# ###.*$", "", body)
    number = len(list(directory.walk_revisions())) + 1
    head = directory.get_current_head()
    slug = "".join(ch if ch.isalnum() else "_" for ch in message.lower()).strip("_")
    path = script_folder(module) / "versions" / f"{number:04d}_{slug}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'"""{message}"""\n\nimport sqlalchemy as sa\nfrom alembic import op\n'
        "from sqlalchemy.dialects import postgresql  # noqa: F401\n\n"
        f'revision = "{module.name}_{number:04d}"\ndown_revision = {head!r}\n\n\n'
        f"def upgrade() -> None:\n    {body}\n",
        encoding="utf-8",
    )
    return path
