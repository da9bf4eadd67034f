"""Commands that run the house: serve, worker, demo, verify, figures, backup and restore."""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from plantops import backup, figures, running, verify
from plantops.command import acting, as_json, database_url
from plantops.errors import Invalid
from plantops.module import load
from plantops.weekly import Span
from plantops.wording import say

FAILURE = 1


def run_serve(args: argparse.Namespace) -> int:
    with database_url(args) as (url, settings):
        return running.serve(
            settings, url, host=args.host, port=args.port, workers=args.workers, when_told=args.when_told
        )


def run_worker(args: argparse.Namespace) -> int:
    with database_url(args) as (url, settings):
        return running.worker(settings, url)


def run_verify(args: argparse.Namespace) -> int:
    with acting(args) as ctx:
        found = verify.verify(ctx)
    if args.json:
        print(as_json({"checked": found.checked, "broken": list(found.broken)}))
    else:
        print(f"{found.checked} invariants checked, {len(found.broken)} rows break one.")
        for broken in found.broken:
            print(f"  {broken.module}: {broken.invariant}: {broken.sentence} ({broken.row})")
    return FAILURE if found.broken else 0


def run_figures(args: argparse.Namespace) -> int:
    with acting(args) as ctx:
        totals = figures.totals(ctx, args.kind, args.first, args.last)
    if args.json:
        print(as_json({"kind": args.kind, "figures": totals}))
    else:
        for total in totals:
            print(f"{total.name:<40} {total.value:>20,} {total.unit}")
    return 0


def run_backup(args: argparse.Namespace) -> int:
    with database_url(args) as (url, settings):
        made = backup.make(url, settings.data / backup.FILES, args.file, now=datetime.now(UTC))
    print(f"Saved the database and {len(made.checksums) - 1} files to {args.file}.")
    return 0


def run_restore(args: argparse.Namespace) -> int:
    with database_url(args) as (url, settings):
        brought = backup.restore(url, settings.data / backup.FILES, args.file)
    print(
        f"Restored the backup of {brought.made_at}: {', '.join(sorted(brought.modules))}. Run `plantops verify` next."
    )
    return 0


def run_report(args: argparse.Namespace) -> int:
    """`report weekly --week 2026-W46 --format html,pdf,xlsx --out DIR`"""
    formats = tuple(args.format.split(","))
    if unknown := set(formats) - {"html", "pdf", "xlsx"}:
        raise Invalid(say("There is no format {unknown}. Known: html, pdf, xlsx.", unknown=", ".join(sorted(unknown))))
    if not args.out.is_dir():
        raise Invalid(say("There is no folder {out}. Make it first.", out=args.out))
    with acting(args) as ctx:
        span = Span.week(args.week) if args.week else Span.of_day(ctx.today).back(1)
        report, written = load("plantops.weekly_book:write")(ctx, span, formats, args.out)
        payload = report.payload
    if args.json:
        print(as_json(payload))
    else:
        print("\n".join([*payload["sentences"], payload["foot"], *(str(path) for path in written)]))
    return 0 if payload["reconciled"] else FAILURE


def as_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no date; write it like 2026-11-23") from error


def register(commands: argparse._SubParsersAction[Any]) -> None:
    def command(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        made.add_argument("--data", type=Path, help="folder of the embedded database and the files")
        return made

    serve = command("serve", run_serve, "answer browsers")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument("--workers", type=int, default=1)
    serve.add_argument("--when-told", action="store_true", help=argparse.SUPPRESS)
    command("worker", run_worker, "do the jobs, keep the schedules, send the mails")
    running.register(commands)
    check = command("verify", run_verify, "every invariant on the live database")
    check.add_argument("--json", action="store_true")
    totals = command("figures", run_figures, "totals straight from the ledgers by plain SQL")
    totals.add_argument("kind")
    totals.add_argument("--from", dest="first", type=as_date)
    totals.add_argument("--to", dest="last", type=as_date)
    totals.add_argument("--json", action="store_true")
    reports = commands.add_parser("report", help="reports").add_subparsers(dest="what", required=True)
    weekly = reports.add_parser("weekly", help="the plant manager's week")
    weekly.set_defaults(run=run_report)
    weekly.add_argument("--data", type=Path)
    weekly.add_argument("--as", dest="as_login")
    weekly.add_argument("--week", help="such as 2026-W46; last week when not given")
    weekly.add_argument("--format", default="html,pdf,xlsx")
    weekly.add_argument("--out", type=Path, required=True)
    weekly.add_argument("--json", action="store_true")
    for name, run, text in (
        ("backup", run_backup, "save database and files to one archive"),
        ("restore", run_restore, "bring an archive back into an empty database"),
    ):
        command(name, run, text).add_argument("file", type=Path)
