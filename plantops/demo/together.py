"""Parts of the demo side by side: each in a process of its own, begun as soon as what it needs is there."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess

from plantops.errors import Unavailable

USED_BEFORE_A_SEARCH = 100_000  # so many new things before what is no longer used is looked for: a part is short
AT_ONCE = 2 if sys.platform == "linux" else 1  # elsewhere a forked process may not use every system library


@dataclass(frozen=True)
class Part:
    """A piece of work, the names of those before it, and what is to be done; what it returns can be pickled."""

    name: str
    needs: frozenset[str]
    work: Callable[[], object]


Done = Callable[[Part, object, float], None]


def run(parts: Sequence[Part], done: Done, at_once: int = AT_ONCE) -> None:
    """Every part once, at most so many at a time; `done(part, result, seconds)` is called here as they end.

    The parts come in an order that would do for one at a time. Raises Unavailable when one fails; the others end then,
    as they do when this process ends, however it ends.
    """
    if at_once == 1:
        for part in parts:
            began = time.monotonic()
            done(part, part.work(), time.monotonic() - began)
        return
    reader, writer = os.pipe()
    running: dict[Connection, tuple[Part, ForkProcess, float]] = {}
    behind = chains(parts)
    waiting, finished = sorted(parts, key=lambda part: (-behind[part.name], -len(part.needs))), set[str]()
    try:
        while waiting or running:
            ready = [part for part in waiting if part.needs <= finished][: at_once - len(running)]
            for part in ready:
                waiting.remove(part)
                answer, process = _begin(part, (reader, writer))
                running[answer] = part, process, time.monotonic()
            for found in wait(list(running)):
                assert isinstance(found, Connection)
                part, process, began = running.pop(found)
                result = _result(part, found)
                process.join()
                finished.add(part.name)
                done(part, result, time.monotonic() - began)
    finally:
        for _part, process, _began in running.values():
            process.terminate()
            process.join()
        os.close(writer)
        os.close(reader)


def chains(parts: Sequence[Part]) -> dict[str, int]:
    """How many parts wait behind each, one for the other: what the most wait for is begun first."""
    behind: dict[str, int] = {}
    for part in reversed(parts):  # those that wait come later
        behind[part.name] = max((1 + behind[other.name] for other in parts if part.name in other.needs), default=0)
    return behind


def _begin(part: Part, lifeline: tuple[int, int]) -> tuple[Connection, ForkProcess]:
    gc.freeze()  # what is there stays: neither this process nor the other need look through it
    forking = get_context("fork")  # what this process has read and connected to need not be told again
    ours, theirs = forking.Pipe(duplex=False)
    process = forking.Process(target=_work, args=(part, theirs, lifeline), name=part.name)
    process.start()
    theirs.close()
    return ours, process


def _result(part: Part, answer: Connection) -> object:
    try:
        went_well, result = answer.recv()
    except EOFError:
        went_well, result = False, None
    finally:
        answer.close()
    if not went_well:
        raise Unavailable(f"The part {part.name} of the demo could not be made. Its last words stand above.")
    return result


def _work(part: Part, answer: Connection, lifeline: tuple[int, int]) -> None:
    reader, writer = lifeline
    os.close(writer)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that began this one stops it
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_die_with, args=(reader,), daemon=True).start()
    # An engine is asked once in here and about little: to compile its loops would take many times as long. Where they
    # are loaded already (measurements), they stay compiled: half of each would call what the other half is not.
    if "numba" not in sys.modules:
        os.environ["NUMBA_DISABLE_JIT"] = "1"
    gc.set_threshold(USED_BEFORE_A_SEARCH)
    try:
        told = (True, part.work())
    except Exception:
        traceback.print_exc()
        told = (False, None)
    answer.send(told)
    answer.close()


def _die_with(reader: int) -> None:
    """The other end closes when the process that began this one has ended, killed or not."""
    os.read(reader, 1)
    os._exit(1)
