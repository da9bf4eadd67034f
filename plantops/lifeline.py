"""A process that ends with the one that began it, however that one ends: nobody is left behind to hold a port."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

VARIABLE = "PLANTOPS_LIFELINE"
GRACE = 15.0  # seconds to end in an orderly way, then at once


@contextmanager
def thrown() -> Iterator[int]:
    """The end of a pipe for those who are begun in this block; the other end closes with this process.

    They get it by `pass_fds` and are told its number in `VARIABLE`.
    """
    reader, writer = os.pipe()
    try:
        yield reader
    finally:
        os.close(reader)
        os.close(writer)


def follow() -> None:
    """Watch the lifeline of this process, where it was thrown one."""
    given = os.environ.pop(VARIABLE, "")  # what this process begins is its own matter
    if given.isascii() and given.isdigit():
        threading.Thread(target=_watch, args=(int(given),), daemon=True).start()


def _watch(reader: int) -> None:
    try:
        os.read(reader, 1)  # nothing is ever written: it returns when the other end closes
    except OSError:
        return  # it was no lifeline of ours
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os.kill(os.getpid(), signal.SIGKILL)
