"""`plantops export`: a list with its filters into a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from plantops import exports
from plantops.command import acting
from plantops.errors import Invalid
from plantops.listing import named


def run_export(args: argparse.Namespace) -> int:
    asked: dict[str, list[str]] = {}
    for each in args.filter:
        key, equals, value = each.partition("=")
        if not equals:
            raise Invalid(f"'{each}' is no filter; write for example --filter state=draft.")
        asked.setdefault(key, []).append(value)
    if not args.out.parent.is_dir():
        raise Invalid(f"There is no folder {args.out.parent}.")
    with acting(args) as ctx:
        made = exports.as_file(ctx, named(ctx.registry, args.kind), asked, args.format)
    args.out.write_bytes(made.content)
    print(f"{args.out}: {len(made.content):,} bytes.")
    return 0


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "write a list, as filtered, to a file"
    made = commands.add_parser("export", help=text, description=text)
    made.set_defaults(run=run_export)
    made.add_argument("kind", help="the list, for example purchasing.orders or orders")
    made.add_argument("--filter", action="append", default=[], metavar="KEY=VALUE", help="as in the list's address")
    made.add_argument("--format", choices=tuple(exports.FORMATS), default="csv")
    made.add_argument("--out", type=Path, required=True)
    made.add_argument("--as", dest="as_login", help="act as this person")
    made.add_argument("--data", type=Path, help="folder of the embedded database and the files")
