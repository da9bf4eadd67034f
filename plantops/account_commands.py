"""On the command line: accounts, lost second factors, and the tokens of programs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from plantops import factors, people, tokens
from plantops.command import account_named, acting, as_json


def run_user_add(args: argparse.Namespace) -> int:
    password = args.password_file.read_text().strip() if args.password_file else None
    with acting(args) as ctx:
        user = people.add_user(ctx, args.login, args.name or args.login, email=args.email, password=password)
        for role in args.role:
            people.grant(ctx, user.id, role)
    print(f"Added {user.login}.")
    return 0


def run_reset_second_factor(args: argparse.Namespace) -> int:
    with acting(args) as ctx:
        factors.reset(ctx, account_named(ctx.session, args.login).id)
    print(f"{args.login} has no second factor any more, and is signed out everywhere.")
    return 0


def run_token_add(args: argparse.Namespace) -> int:
    with acting(args) as ctx:
        user_id = account_named(ctx.session, args.login).id
        print(tokens.add(ctx, user_id, " ".join(args.scope), name=args.name, days=args.days))
    return 0


def run_token_list(args: argparse.Namespace) -> int:
    with acting(args) as ctx:
        rows = tokens.list_of(ctx, account_named(ctx.session, args.login).id)
    if args.json:
        print(as_json(rows))
        return 0
    for row in rows:
        ends, used = row.expires_at, row.used_on
        print(f"{row.id}  {row.name or '-'}  {' '.join(row.scopes)}  ends {ends and ends.date()}  used {used}")
    return 0


def run_token_end(args: argparse.Namespace) -> int:
    with acting(args) as ctx:
        tokens.end(ctx, account_named(ctx.session, args.login).id, args.id)
    print("The token has ended.")
    return 0


def register(commands: argparse._SubParsersAction[Any]) -> None:
    def command(under: Any, name: str, run: Any, text: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = under.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        made.add_argument("login")
        made.add_argument("--as", dest="as_login", help="act as this person")
        made.add_argument("--data", type=Path, help="folder of the embedded database and the files")
        return made

    user = commands.add_parser("user", aliases=["users"], help="accounts").add_subparsers(dest="what", required=True)
    add = command(user, "add", run_user_add, "a new account")
    add.add_argument("--name")
    add.add_argument("--email")
    add.add_argument("--role", action="append", default=[])
    add.add_argument("--password-file", type=Path)
    command(user, "reset-second-factor", run_reset_second_factor, "phone lost: a new second factor")

    token = commands.add_parser("token", help="API tokens").add_subparsers(dest="what", required=True)
    add = command(token, "add", run_token_add, "a new API token; its text is shown once")
    add.add_argument("--scope", action="append", required=True)
    add.add_argument("--days", type=int, default=365)
    add.add_argument("--name", default="", help="what it is for")
    held = command(token, "list", run_token_list, "the tokens that somebody's programs may call with")
    held.add_argument("--json", action="store_true")
    end = command(token, "end", run_token_end, "end a token: its program is refused from now on")
    end.add_argument("id", type=int)
