"""The command line: the commands of the core, and those that the modules add."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from plantops import account_commands, audit, entrance, export_command, import_command, operations
from plantops.command import acting, as_json, database_url
from plantops.conformance import conform
from plantops.core import everything, initialise
from plantops.db import Database
from plantops.demo.making import make_demo
from plantops.errors import Invalid
from plantops.migrations import runner

FAILURE = 1


# --- The commands


def run_init(args: argparse.Namespace) -> int:
    names = tuple(args.modules.split(",")) if args.modules else None
    with database_url(args) as (url, settings):
        if args.demo:
            make_demo(settings, url)
        made = initialise(url, settings, names)
        print(f"Ready: {', '.join(made.registry.names)}.")
        made.database.dispose()
    return 0


def run_upgrade(args: argparse.Namespace) -> int:
    with database_url(args) as (url, _settings):
        database = Database(url)
        here = runner.installed(database)
        if not here:
            raise Invalid("This database is empty. Run `plantops init` first.")
        done = runner.upgrade(database, everything().only(name for name in here if name != "core"))
        database.dispose()
    print("\n".join(done) or "Nothing to do: every module is at its newest version.")
    return 0


def run_modules(args: argparse.Namespace) -> int:
    with database_url(args) as (url, _settings):
        database = Database(url)
        registry = everything()
        states = {state.name: state for state in runner.states(database, registry)}
        database.dispose()
    for module in registry.modules:
        state = states[module.name]
        needs = f" needs {', '.join(module.depends)}" if module.depends else ""
        word = "installed" if state.installed else "not installed"
        print(f"{module.name:<14} {word:<14} {state.revision or '-':<24} {module.title}{needs}")
    return 0


def run_conform(args: argparse.Namespace) -> int:
    found = conform(everything(), args.module)
    print("\n".join(found) or f"{args.module} keeps to the rules of the house.")
    return FAILURE if found else 0


def run_events(_args: argparse.Namespace) -> int:
    registry = everything()
    kinds = {kind for module in registry.modules for kind in (*module.listens, *module.answers)}
    for kind in sorted(kinds, key=lambda k: k.__name__):
        for listener in (*registry.listeners(kind), *registry.answerers(kind)):
            print(f"{kind.__module__}.{kind.__name__} -> {listener.__module__}.{listener.__name__}")
    return 0


def run_audit_verify(args: argparse.Namespace) -> int:
    with acting(args) as ctx:
        verdict = audit.verify(ctx.session)
    print(as_json(verdict) if args.json else spoken_verdict(verdict))
    return FAILURE if verdict.broken else 0


def spoken_verdict(verdict: audit.Verdict) -> str:
    head = f"{verdict.sealed_rows} rows under {verdict.seals} seals, {verdict.unsealed_rows} rows not sealed yet."
    return "\n".join((head, *verdict.broken)) if verdict.broken else f"{head} The chain holds."


def run_revise(args: argparse.Namespace) -> int:
    with database_url(args) as (url, _settings):
        database = Database(url)
        registry = everything()
        runner.upgrade(database, registry)
        print(runner.draft(database, registry[args.module], args.message))
        database.dispose()
    return 0


# --- Reading the command line


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="plantops", description="The system of a plant's operations department.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Any, text: str, *, under: Any = commands) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = under.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        made.add_argument("--data", type=Path, help="folder of the embedded database and the files")
        return made

    init = command("init", run_init, "make the tables of the core and the modules")
    init.add_argument("--modules", help="only these, with commas between")
    init.add_argument("--demo", action="store_true", help="and the demo plant in it")
    command("upgrade", run_upgrade, "bring the installed modules up to date")
    command("modules", run_modules, "the modules and their versions")
    command("events", run_events, "which event is heard by whom")

    conforming = command("conform", run_conform, "does a module keep to the rules of the house?")
    conforming.add_argument("module")

    trail = commands.add_parser("audit", help="the audit trail").add_subparsers(dest="what", required=True)
    verify = command("verify", run_audit_verify, "check the sealed chain", under=trail)
    verify.add_argument("--json", action="store_true")

    revise = command("revise", run_revise, "for developers: draft a module's next migration")
    revise.add_argument("module")
    revise.add_argument("message")

    account_commands.register(commands)
    operations.register(commands)
    import_command.register(commands)
    export_command.register(commands)
    for module in everything().modules:
        if module.cli is not None:
            module.cli(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    return entrance.main(argv)


if __name__ == "__main__":
    raise SystemExit(main())
