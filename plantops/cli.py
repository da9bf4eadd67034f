"""The command line: the commands of the core, and those that the modules add."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from plantops import audit, entrance, export_command, factors, import_command, operations, people, tokens
from plantops.command import acting, as_json, database_url
from plantops.conformance import conform
from plantops.context import Context
from plantops.core import everything, initialise
from plantops.db import Database
from plantops.demo.making import make_demo
from plantops.errors import Invalid, NotFound
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


def run_user_add(args: argparse.Namespace) -> int:
    password = args.password_file.read_text().strip() if args.password_file else None
    with acting(args) as ctx:
        user = people.add_user(ctx, args.login, args.name or args.login, email=args.email, password=password)
        for role in args.role:
            people.grant(ctx, user.id, role)
    print(f"Added {user.login}.")
    return 0


def account_of(ctx: Context, login: str) -> int:
    user = people.by_login(ctx.session, login)
    if user is None:
        raise NotFound(f"There is no account {login}.")
    return user.id


def run_reset_second_factor(args: argparse.Namespace) -> int:
    with acting(args) as ctx:
        factors.reset(ctx, account_of(ctx, args.login))
    print(f"{args.login} has no second factor any more, and is signed out everywhere.")
    return 0


def run_token_add(args: argparse.Namespace) -> int:
    with acting(args) as ctx:
        user_id = account_of(ctx, args.login)
        print(tokens.add(ctx, user_id, " ".join(args.scope), name=args.name, days=args.days))
    return 0


def run_token_list(args: argparse.Namespace) -> int:
    with acting(args) as ctx:
        rows = tokens.list_of(ctx, account_of(ctx, args.login))
    if args.json:
        print(as_json(rows))
        return 0
    for row in rows:
        ends, used = row.expires_at, row.used_on
        print(f"{row.id}  {row.name or '-'}  {' '.join(row.scopes)}  ends {ends and ends.date()}  used {used}")
    return 0


def run_token_end(args: argparse.Namespace) -> int:
    with acting(args) as ctx:
        tokens.end(ctx, account_of(ctx, args.login), args.id)
    print("The token has ended.")
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

    user = commands.add_parser("user", aliases=["users"], help="accounts").add_subparsers(dest="what", required=True)
    add = command("add", run_user_add, "a new account", under=user)
    add.add_argument("login")
    add.add_argument("--name")
    add.add_argument("--email")
    add.add_argument("--role", action="append", default=[])
    add.add_argument("--password-file", type=Path)
    add.add_argument("--as", dest="as_login")

    reset = command("reset-second-factor", run_reset_second_factor, "phone lost: a new second factor", under=user)
    reset.add_argument("login")
    reset.add_argument("--as", dest="as_login")

    token = commands.add_parser("token", help="API tokens").add_subparsers(dest="what", required=True)
    add = command("add", run_token_add, "a new API token; its text is shown once", under=token)
    add.add_argument("login")
    add.add_argument("--scope", action="append", required=True)
    add.add_argument("--days", type=int, default=365)
    add.add_argument("--name", default="", help="what it is for")
    add.add_argument("--as", dest="as_login")
    held = command("list", run_token_list, "the tokens that somebody's programs may call with", under=token)
    held.add_argument("login")
    held.add_argument("--json", action="store_true")
    held.add_argument("--as", dest="as_login")
    end = command("end", run_token_end, "end a token: its program is refused from now on", under=token)
    end.add_argument("login")
    end.add_argument("id", type=int)
    end.add_argument("--as", dest="as_login")

    trail = commands.add_parser("audit", help="the audit trail").add_subparsers(dest="what", required=True)
    verify = command("verify", run_audit_verify, "check the sealed chain", under=trail)
    verify.add_argument("--json", action="store_true")

    revise = command("revise", run_revise, "for developers: draft a module's next migration")
    revise.add_argument("module")
    revise.add_argument("message")

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
