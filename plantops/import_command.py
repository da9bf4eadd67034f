"""`plantops import`: bring a file in, try it first, or take an import back."""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from plantops import imports
from plantops.command import acting, as_json
from plantops.errors import Invalid
from plantops.imports import Report

SHOWN = 20
NOTHING_LOADED = 1


def run_import(args: argparse.Namespace) -> int:
    if args.kind == "undo":
        return run_undo(args)
    if args.map is None:
        raise Invalid(f"Which column is which? Add --map MAP.toml for an import of {args.kind}.")
    map_text = read_map(args.map)
    file = Path(args.file)
    if not file.is_file():
        raise Invalid(f"There is no file {file}.")
    with acting(args) as ctx:
        bring = imports.dry_run if args.dry_run else imports.bring
        found = bring(ctx, args.kind, file, map_text, site=args.site)
    print(as_json(asdict(found)) if args.json else spoken(found, dry_run=args.dry_run))
    return 0 if found.loaded or not found.rows else NOTHING_LOADED


def run_undo(args: argparse.Namespace) -> int:
    if not args.file.isdigit():
        raise Invalid(f"'{args.file}' is not the number of an import; write `plantops import undo 17`.")
    with acting(args) as ctx:
        before = imports.report(ctx, int(args.file))
        imports.undo(ctx, before.import_id or 0)
        kept = imports.kept(ctx, before.import_id or 0)
        stay = [asdict(one) for one in kept]
        told = {"import_id": before.import_id, "kind": before.kind, "undone": before.loaded - len(kept), "kept": stay}
    print(as_json(told) if args.json else f"Import {told['import_id']} is undone: {told['undone']} rows taken back.")
    for one in () if args.json else kept:
        print(f"  row {one.row} stays: {one.why}")
    return 0


def read_map(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Invalid(f"The map {path} is not UTF-8 text.") from None


def spoken(found: Report, *, dry_run: bool) -> str:
    """For people: the counts, the first refused cells, and how often each fault was found."""
    done = "would load" if dry_run else "loaded"
    rows_refused = len({refusal.row for refusal in found.refused})
    lines = [f"{found.loaded} of {found.rows} rows {done}, {rows_refused} refused ({found.note})."]
    lines += [f"  row {r.row}, {r.column}: '{r.value}' {r.why}" for r in found.refused[:SHOWN]]
    if len(found.refused) > SHOWN:
        lines.append(f"  and {len(found.refused) - SHOWN} more; --json lists all of them. By column:")
        lines += [f"  {count:>6} {column}" for column, count in Counter(r.column for r in found.refused).most_common()]
    if found.import_id is not None:
        lines.append(f"Import {found.import_id}; `plantops import undo {found.import_id}` takes it back.")
    return "\n".join(lines)


def register(commands: argparse._SubParsersAction[Any]) -> None:
    text = "bring a file in by a map, or `import undo IMPORT_ID`"
    made: argparse.ArgumentParser = commands.add_parser("import", help=text, description=text)
    made.set_defaults(run=run_import)
    made.add_argument("kind", help="what the rows are, or `undo`")
    made.add_argument("file", help="CSV or XLSX; after `undo` the number of the import")
    made.add_argument("--map", type=Path, help="which column is which, in TOML (docs/imports.md)")
    made.add_argument("--site", help="the site's code, instead of the map's")
    made.add_argument("--dry-run", action="store_true", help="tell what would happen, change nothing")
    made.add_argument("--json", action="store_true")
    made.add_argument("--as", dest="as_login", help="act as this person")
    made.add_argument("--data", type=Path, help="folder of the embedded database and the files")
