"""Where `plantops COMMAND` comes in: one clear sentence on stderr when something is wrong."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from plantops import logs, running
from plantops.errors import Invalid, NotFound, PlantopsError
from plantops.module import load
from plantops.settings import BadSetting

BAD_INPUT, FAILURE = 2, 1


def parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """Every command; `demo` alone does without reading all modules, which its own processes read beside it."""
    if not words or words[0] != "demo":
        found: argparse.ArgumentParser = load("plantops.cli:parser")()
        return found
    top = argparse.ArgumentParser(prog="plantops")
    running.register(top.add_subparsers(dest="command", required=True, metavar="COMMAND"))
    return top


def main(argv: Sequence[str] | None = None) -> int:
    logs.configure()
    words = sys.argv[1:] if argv is None else argv
    with running.reading():
        commands = parser(words)
    args = commands.parse_args(words)
    try:
        return int(args.run(args))
    except BrokenPipeError:
        return FAILURE
    except (PlantopsError, BadSetting, OSError) as error:
        return told(error)
    except Exception as error:
        if isinstance(error, load("sqlalchemy.exc:OperationalError")):
            said = str(error.orig).strip().splitlines()[0]
            print(f"plantops: The database does not answer: {said}", file=sys.stderr)
            return FAILURE
        raise


def told(error: PlantopsError | BadSetting | OSError) -> int:
    """What is wrong, in one sentence."""
    if isinstance(error, FileNotFoundError | IsADirectoryError | PermissionError):
        print(f"plantops: {error.strerror}: {error.filename}. Check the path and try again.", file=sys.stderr)
        return BAD_INPUT
    if isinstance(error, OSError):
        raise error
    print(f"plantops: {error}", file=sys.stderr)
    return BAD_INPUT if isinstance(error, Invalid | NotFound | BadSetting) else FAILURE


if __name__ == "__main__":
    raise SystemExit(main())
