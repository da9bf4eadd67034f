"""The last one out turns the lights off: keeps the embedded PostgreSQL running while anybody uses it, then ends it.

Run as a script of its own, with the standard library only, so that it is small and outlives whoever started it.
Everybody who uses the server holds a shared lock on one file; the kernel drops that lock however a process dies.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

MARK = "plantops.folder="
RECOVERY_SECONDS = 600

Account = tuple[int, int]  # user and group, where root must not run PostgreSQL itself


# --- Which process is it?
def mark(cluster: Path) -> str:
    """What the server carries on its command line, so that a process number used again is not taken for it."""
    found = cluster.stat()
    return f"{MARK}{found.st_dev}-{found.st_ino}"


def postmaster(cluster: Path) -> int | None:
    """The process that runs PostgreSQL on this folder, or None; a stale postmaster.pid gives None."""
    try:
        pid = int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        ours = mark(cluster)
    except (OSError, ValueError):
        return None
    words = _command_line(pid)
    if not words or Path(words[0]).name != "postgres":
        return None
    marks = [word for word in words if word.startswith(MARK)]
    # Without a mark somebody started it by hand: take it as ours, for two servers on one folder would ruin it.
    return pid if not marks or ours in marks else None


def _command_line(pid: int) -> list[str]:
    kept = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self/cmdline").exists():
        try:
            return kept.read_bytes().decode(errors="replace").split("\0")[:-1]
        except OSError:
            return []
    asked = subprocess.run(["/bin/ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True)  # noqa: S603
    return asked.stdout.split()


def ready(cluster: Path, pid: int) -> bool:
    try:
        lines = (cluster / "postmaster.pid").read_text().split("\n")
        return int(lines[0]) == pid and lines[7].strip() == "ready"
    except (OSError, IndexError, ValueError):
        return False


# --- Ending it
def end(cluster: Path, gone: Callable[[], bool] | None = None) -> bool:
    """End the server of this folder: politely, then at once, then by force. False when it could not be ended."""
    pid = postmaster(cluster)
    if pid is None:
        return True
    is_gone = gone or (lambda: postmaster(cluster) != pid)
    # SIGINT: sessions are cut, a checkpoint is written. SIGQUIT: at once, the next start recovers.
    for sign, seconds in ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0)):
        try:
            os.kill(pid, sign)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        if wait_until(is_gone, seconds):
            return True
    return False


def wait_until(happened: Callable[[], bool], seconds: float) -> bool:
    limit = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > limit:
            return False
        time.sleep(0.01)
    return True


# --- Watching it
class _ServerChanged(Exception):
    """Breaks off the wait for the lock."""


def _server_changed(_signal: int, _frame: FrameType | None) -> None:
    raise _ServerChanged


def launch(cluster: Path, log: Path, account: Account | None, command: list[str]) -> subprocess.Popen[bytes]:
    """Start PostgreSQL inside its folder and wait until it takes connections or has given up."""
    if postmaster(cluster) is None:
        # Whoever owns that number by now, PostgreSQL would refuse to start beside it.
        (cluster / "postmaster.pid").unlink(missing_ok=True)
    user, group = account or (None, None)
    with log.open("ab") as out:
        server = subprocess.Popen(  # noqa: S603
            command,
            cwd=cluster,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            user=user,
            group=group,
            extra_groups=None if account is None else [],
        )
    wait_until(lambda: ready(cluster, server.pid) or server.poll() is not None, RECOVERY_SECONDS)
    return server


def watch(cluster: Path, users: Path, log: Path, account: Account | None, command: list[str]) -> None:
    """Start the server, say so on stdout, wait for stdin to close, then stay until nobody uses it."""
    server = launch(cluster, log, account, command)
    os.write(1, b"ready\n" if server.returncode is None else b"failed\n")
    os.close(1)
    if server.returncode is not None:
        return
    while os.read(0, 1):  # the starter closes it once it holds its own lock, or by dying
        pass
    with users.open("rb") as lock:
        while not _unused(lock.fileno(), server):
            if server.returncode == 0:
                return  # somebody ended it on purpose; anything else is a crash, and people are waiting
            time.sleep(1)
            server = launch(cluster, log, account, command)
        if postmaster(cluster) == server.pid:
            end(cluster, lambda: server.poll() is not None)


def _unused(lock: int, server: subprocess.Popen[bytes]) -> bool:
    """Wait. True: the last user has gone, and the lock is ours. False: the server ended before."""
    while True:
        try:
            signal.signal(signal.SIGCHLD, _server_changed)
            if server.poll() is None:
                fcntl.flock(lock, fcntl.LOCK_EX)
            else:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except _ServerChanged:
            continue  # ended, or only stopped and continued
        except BlockingIOError:
            return False
        finally:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def main() -> None:
    cluster, users, log, who = sys.argv[1:5]
    if os.fork():
        os._exit(0)  # the starter waits for this first process only, and never leaves a zombie
    os.setsid()
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, signal.SIG_IGN)  # whoever stops the whole plant at once still needs the database last
    user, _, group = who.partition(":")
    account = (int(user), int(group)) if who else None
    with contextlib.suppress(BrokenPipeError):
        watch(Path(cluster), Path(users), Path(log), account, sys.argv[5:])


if __name__ == "__main__":
    main()
