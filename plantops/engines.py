"""Heavy planning runs in a process of its own, so that pages and jobs never carry a solver."""

import importlib
import multiprocessing
import os
import pickle
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from plantops.wording import language, say, speaking

POLL_SECONDS = 0.05
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
STOP = "stop"


class Status(StrEnum):
    """How a run ended. `feasible`: values exist, nobody proved that they are best. `unknown`: no values."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """What a run may claim. A bound that was not proved is None; `gap` is a fraction of the objective."""

    status: Status
    objective: float | None
    bound: float | None
    gap: float | None
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class Limits:
    """When to stop: `seconds`, `iterations` of the engine's own loop, or a proven `gap` (a fraction).

    The seconds are wall time; with `cpu` they are the process's own processor time, which a busy machine does not
    stretch (measurements). The same seed and the same iterations, with no seconds, give the same answer.
    """

    seconds: float | None = None
    seed: int = 0
    threads: int = 1
    iterations: int | None = None
    gap: float = 0.0
    cpu: bool = False

    def __post_init__(self) -> None:
        if self.seconds is not None and not self.seconds > 0:
            raise ValueError(f"The time limit must be more than 0 seconds, not {self.seconds}.")
        if self.iterations is not None and self.iterations < 1:
            raise ValueError(f"The iteration limit must be at least 1, not {self.iterations}.")
        if not 0 <= self.gap < 1:
            raise ValueError(f"The gap must be at least 0 and below 1, not {self.gap}.")
        if self.threads < 1:
            raise ValueError(f"The number of threads must be at least 1, not {self.threads}.")


@dataclass(frozen=True)
class ProgressReport:
    """One line of news from a running engine; seconds since it started."""

    incumbent: float | None
    bound: float | None
    gap: float | None
    message: str
    seconds: float


Progress = Callable[[ProgressReport], None]
ShouldStop = Callable[[], bool]


class EngineFailed(RuntimeError):
    """The child process ended without an answer; the text says why."""


def relative_gap(objective: float | None, bound: float | None) -> float | None:
    """|objective - bound| / max(|objective|, 1e-9); None when one of them is missing."""
    if objective is None or bound is None:
        return None
    return abs(objective - bound) / max(abs(objective), 1e-9)


class Stopwatch:
    """Wall and CPU seconds since it was made, against a limit in wall seconds, or in CPU seconds with `cpu`."""

    def __init__(self, seconds: float | None = None, cpu: bool = False) -> None:
        self._wall = time.monotonic()
        self._cpu = time.process_time()
        self.limit = seconds
        self.cpu = cpu

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._wall

    @property
    def cpu_seconds(self) -> float:
        return time.process_time() - self._cpu

    @property
    def spent(self) -> float:
        """Seconds of the kind that the limit counts."""
        return self.cpu_seconds if self.cpu else self.seconds

    @property
    def left(self) -> float | None:
        """Seconds until the limit, never below 0; None without a limit."""
        return None if self.limit is None else max(0.0, self.limit - self.spent)

    @property
    def over(self) -> bool:
        return self.limit is not None and self.spent >= self.limit

    def rest(self, limits: Limits) -> Limits:
        """The same limits with what is left of the seconds (at least a millisecond)."""
        return limits if self.left is None else replace(limits, seconds=max(self.left, 0.001))


def in_child(
    function_path: str,
    argument: Any,
    limits: Limits,
    progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
    memory_mb: int | None = None,
    grace_seconds: float = 120.0,
) -> Any:
    """Run `function_path` ("package.module:function") as `function(argument, limits, progress, should_stop)`
    in a spawned process and return its result; argument and result are pickled.

    An exception of the engine is raised here with its class when it can be pickled. `EngineFailed` is raised
    when the process dies, holds more than `memory_mb` of memory, or runs `grace_seconds` past its limit
    (start, imports and compilation are not part of the limit).
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    asked = (there, function_path, argument, limits, language())
    child = context.Process(target=_work, args=asked, daemon=True)
    child.start()
    there.close()
    try:
        return _follow(child, here, limits, progress, should_stop, memory_mb, grace_seconds)
    finally:
        if child.is_alive():
            child.kill()
        child.join()
        here.close()


def _follow(
    child: BaseProcess,
    pipe: Connection,
    limits: Limits,
    progress: Progress | None,
    should_stop: ShouldStop | None,
    memory_mb: int | None,
    grace_seconds: float,
) -> Any:
    watch = Stopwatch(None if limits.seconds is None or limits.cpu else limits.seconds + grace_seconds)
    asked_to_stop = False
    while True:
        if pipe.poll(POLL_SECONDS):
            try:
                kind, content = pipe.recv()
            except (EOFError, ConnectionResetError) as end:
                child.join(5)
                raise EngineFailed(f"The planning process died ({_death(child.exitcode)}).") from end
            if kind == "result":
                return content
            if kind == "error":
                raise content
            if progress is not None:
                progress(content)
        if should_stop is not None and not asked_to_stop and should_stop():
            pipe.send(STOP)
            asked_to_stop = True
        if memory_mb is not None and child.pid is not None and resident_mb(child.pid) > memory_mb:
            raise EngineFailed(f"The planning process needed more than {memory_mb} MB of memory and was ended.")
        if watch.over:
            raise EngineFailed(f"The planning process did not stop {grace_seconds:g} s after its limit; ended.")


def _death(exitcode: int | None) -> str:
    if exitcode is None:
        return say("it closed its pipe")
    return say("signal {value}", value=-exitcode) if exitcode < 0 else say("exit code {exitcode}", exitcode=exitcode)


def resident_mb(pid: int) -> float:
    """Resident memory of a process in MB, 0 once it is gone. Needs /proc (Linux)."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES / 1e6
    except (FileNotFoundError, ProcessLookupError):
        if not Path("/proc/self/statm").exists():
            raise EngineFailed("A memory limit needs /proc, which this system does not have.") from None
        return 0.0


def _work(pipe: Connection, function_path: str, argument: Any, limits: Limits, spoken: str) -> None:
    """The child's whole life: import the engine, run it, send the answer."""
    stop = threading.Event()
    threading.Thread(target=_listen, args=(pipe, stop), daemon=True).start()
    try:
        module, _, name = function_path.partition(":")
        engine = getattr(importlib.import_module(module), name)
        with speaking(spoken):
            result = engine(argument, limits, lambda report: pipe.send(("progress", report)), stop.is_set)
        pipe.send(("result", result))
    except Exception as error:
        pipe.send(("error", _portable(error)))


def _listen(pipe: Connection, stop: threading.Event) -> None:
    """Hear the parent; when it is gone nobody waits for the answer, so end at once."""
    while True:
        try:
            if pipe.recv() == STOP:
                stop.set()
        except (EOFError, OSError):
            os._exit(1)


def _portable(error: Exception) -> Exception:
    """The error itself when it survives a pickle, else its text; both with the child's traceback as a note."""
    text = "".join(traceback.format_exception(error))
    copy: object
    try:
        copy = pickle.loads(pickle.dumps(error))  # noqa: S301 (our own bytes, one line above)
    except Exception:
        copy = EngineFailed(f"{type(error).__name__}: {error}")
    if not isinstance(copy, Exception):
        copy = EngineFailed(f"{type(error).__name__}: {error}")
    copy.add_note("In the planning process:\n" + text)
    return copy
