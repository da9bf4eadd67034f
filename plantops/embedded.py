"""The PostgreSQL that comes with plantops: starts by itself, is shared by all who use the same data folder, and ends.

Each process that uses the server holds a shared lock on `locks/users` in the data folder. The first one starts the
server, the last one ends it. A watcher (embedded_watch.py) waits for the same lock, so that the server also ends when
its last user was killed. What even that leaves behind, the next start ends before it starts anew.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg

from plantops import embedded_watch
from plantops.embedded_programs import CannotStart, account_for, binary, hand_over, install_for, within_reach
from plantops.embedded_watch import RECOVERY_SECONDS, Account

__all__ = ["CannotStart", "Server", "binary", "running", "start"]

OWNER = "plantops"  # the role and the database
SOCKET = ".s.PGSQL.5432"
SOCKET_PATH_BYTES = 103  # macOS has room for 104 and Linux for 108, with the closing zero
LOG_BYTES = 5_000_000
ANSWER_SECONDS = 60
CUT_OFF_SECONDS = 20

EVERY_SERVER = {
    "listen_addresses": "",
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "random_page_cost": "1.1",
    "jit": "off",
    # Parallel workers need /dev/shm, of which a container has 64 MB; a plant's queries are small.
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "checkpoint_timeout": "15min",
    "log_checkpoints": "off",
    "log_lock_waits": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# Quick, and lost when the machine stops: for databases that a test throws away.
UNSAFE = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "checkpoint_timeout": "1h",
    "max_wal_size": "256MB",
    "max_connections": "100",
}


@contextmanager
def running(data: Path, *, unsafe_for_tests: bool = False) -> Iterator[str]:
    """The address of the embedded server of this data folder, for as long as the block lasts."""
    server = start(data, unsafe_for_tests=unsafe_for_tests)
    try:
        yield server.url
    finally:
        server.stop()


class Server:
    """A server in use by this process. Others may use it too: `stop` ends it when this was the last one."""

    def __init__(self, url: str, cluster: Path, users: "_Lock") -> None:
        self.url = url
        self._cluster = cluster
        self._users = users
        self._process = os.getpid()

    def stop(self) -> bool:
        """Leave the server. True when nobody uses it any more and it has ended."""
        if os.getpid() != self._process or self._users.closed:
            return False  # a forked child shares its parent's lock and may not give it up
        with self._users as users:
            users.release()
            if users.try_alone():
                # The watcher has not woken yet, or was killed.
                return embedded_watch.end(self._cluster)
            if users.try_shared():
                return False  # others are still working
            users.shared()  # the watcher is ending it: wait for that
        return True


def start(data: Path, *, unsafe_for_tests: bool = False) -> Server:
    """Start the server of this data folder, or join those who use it already."""
    data = data.resolve()
    cluster, locks = data / "postgres", data / "locks"
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        locks.mkdir(mode=0o700, exist_ok=True)
        (data / "log").mkdir(mode=0o700, exist_ok=True)
        gate, users = _Lock(locks / "start"), _Lock(locks / "users")
    except OSError as error:
        raise CannotStart(
            f"The data folder {data} cannot be used: {error.strerror}. Name another one in --data or PLANTOPS_DATA."
        ) from error
    try:
        with gate:
            gate.alone()
            _join_or_start(cluster, users, unsafe_for_tests)
    except BaseException:
        users.__exit__(None, None, None)
        raise
    return Server(_url(cluster), cluster, users)


def _join_or_start(cluster: Path, users: "_Lock", unsafe: bool) -> None:
    """Return with the shared lock held and the server answering."""
    limit = time.monotonic() + ANSWER_SECONDS
    while True:
        if users.try_alone():
            _end_orphan(cluster)
            _start_watched(cluster, users, unsafe)
        else:
            users.shared()  # at once when others use the server; when it is just ending, after that
        if _listens(cluster):
            _answer(cluster)
            return
        users.release()  # it has ended, or it crashed and its watcher is starting it again
        if time.monotonic() > limit:
            raise CannotStart(
                f"Another plantops uses {cluster.parent}, but its PostgreSQL does not answer: "
                f"stop that plantops and try again. {_last_words(cluster)}".strip()
            )
        time.sleep(0.1)


# --- Starting
def _end_orphan(cluster: Path) -> None:
    """Nobody holds the lock, so a server that still runs was left behind when its watcher was killed too."""
    pid = embedded_watch.postmaster(cluster)
    if pid is None and _listens(cluster):
        raise CannotStart(
            f"A PostgreSQL that cannot be seen from here, perhaps in another container, uses {cluster}: stop it first."
        )
    if pid is not None and not embedded_watch.end(cluster):
        raise CannotStart(f"The process {pid}, a PostgreSQL left behind on {cluster}, cannot be ended: end it first.")


def _start_watched(cluster: Path, users: "_Lock", unsafe: bool) -> None:
    account = account_for(cluster)
    programs = within_reach(install_for(cluster), account) / "bin"
    if not cluster.exists():
        _make_cluster(cluster, programs, account, unsafe)
    elif account is not None:
        hand_over(cluster, account)
    settings = EVERY_SERVER | (UNSAFE if unsafe else {})
    command = [str(programs / "postgres"), "-D", _as_seen_inside(cluster, account)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    command += ["-c", embedded_watch.mark(cluster)]
    log = _log(cluster)
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".old.log"))
    who = "" if account is None else f"{account[0]}:{account[1]}"
    script = [sys.executable, "-I", "-S", str(Path(embedded_watch.__file__).resolve())]
    with (
        log.open("ab") as complaints,
        subprocess.Popen(  # noqa: S603
            [*script, str(cluster), str(users.path), str(log), who, *command],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            start_new_session=True,
        ) as watcher,
    ):
        assert watcher.stdout is not None
        said = watcher.stdout.read()
        users.shared()  # before the watcher's stdin closes, for then it waits to be alone
    if said != b"ready\n":
        raise CannotStart(f"The embedded PostgreSQL did not start. {_last_words(cluster)} More stands in {log}.")


def _as_seen_inside(cluster: Path, account: Account | None) -> str:
    # Root's PostgreSQL runs as another user, and the way to the data may lead through a home that is closed to it.
    # Inside the folder it needs no way: nobody's permissions are changed.
    return str(cluster) if account is None else "/proc/self/cwd"


def _make_cluster(cluster: Path, programs: Path, account: Account | None, unsafe: bool) -> None:
    """Made beside its place and then renamed, so that a set-up that was cut off is never taken for whole."""
    for cut_off in cluster.parent.glob("postgres.new-*"):
        _remove(cut_off)
    draft = Path(tempfile.mkdtemp(dir=cluster.parent, prefix="postgres.new-"))
    user, group = account or (None, None)
    if account is not None:
        os.chown(draft, *account)
    # Code point order like "C", but lower() and ILIKE know letters beyond ASCII.
    letters = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    entry = ["--username", OWNER, "--auth=trust"]  # only who may enter the folder reaches the socket
    made = subprocess.run(  # noqa: S603
        [programs / "initdb", "-D", _as_seen_inside(draft, account), *letters, *entry, *(["--no-sync"] * unsafe)],
        cwd=draft,
        capture_output=True,
        text=True,
        user=user,
        group=group,
        extra_groups=None if account is None else [],
        check=False,
    )
    if made.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        why = [line for line in made.stderr.splitlines() if "error" in line.lower()] or made.stderr.splitlines()
        raise CannotStart(f"No database could be made in {cluster.parent}: {' '.join(why[-1:])}")
    draft.rename(cluster)


def _remove(cut_off: Path) -> None:
    """Its maker was killed, but the initdb that it began may write on, until it finds its folder gone."""
    limit = time.monotonic() + CUT_OFF_SECONDS
    while cut_off.exists() and time.monotonic() < limit:
        shutil.rmtree(cut_off, ignore_errors=True)
        time.sleep(0.02)


# --- Reaching it
def _listens(cluster: Path) -> bool:
    """Someone accepts connections there, whatever the process numbers say."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        try:
            client.connect(str(_socket_folder(cluster) / SOCKET))
        except OSError:
            return False
    return True


def _answer(cluster: Path) -> None:
    """Wait until the server answers with our database in it."""
    begun = time.monotonic()
    while True:
        try:
            with _connect(cluster) as first:
                if first.execute("select 1 from pg_database where datname = %s", [OWNER]).fetchone() is None:
                    first.execute("create database plantops")
            return
        except psycopg.OperationalError as error:
            trouble = str(error).strip()
        patience = RECOVERY_SECONDS if "starting up" in trouble else ANSWER_SECONDS
        if time.monotonic() - begun > patience or not _listens(cluster):
            raise CannotStart(f"The embedded PostgreSQL does not answer: {trouble}. {_last_words(cluster)}".strip())
        time.sleep(0.1)


def _connect(cluster: Path) -> psycopg.Connection:
    return psycopg.connect(
        host=str(_socket_folder(cluster)), user=OWNER, dbname="postgres", connect_timeout=10, autocommit=True
    )


def _url(cluster: Path) -> str:
    return f"postgresql+psycopg://{OWNER}@/{OWNER}?host={quote(str(_socket_folder(cluster)), safe='')}"


def _socket_folder(cluster: Path) -> Path:
    """The folder of the socket, or a short link to it where the path is too long for a socket's name."""
    # A comma would be read as the end of one host's name and the begin of the next.
    if len(os.fsencode(cluster / SOCKET)) <= SOCKET_PATH_BYTES and "," not in str(cluster):
        return cluster
    link = _place_for_links() / f"plantops-{os.geteuid()}-{sha256(os.fsencode(cluster)).hexdigest()[:16]}"
    with suppress(FileExistsError):
        link.symlink_to(cluster)
    # Anybody may write into a folder for temporary files: a link that somebody else left there is not followed.
    if link.lstat().st_uid != os.geteuid() or link.readlink() != cluster:
        raise CannotStart(f"The path {cluster} does not do for a socket, and {link} is in the way: remove {link}.")
    return link


def _place_for_links() -> Path:
    for place in (os.environ.get("XDG_RUNTIME_DIR", ""), "/run", tempfile.gettempdir(), "/tmp"):  # noqa: S108
        if place and os.access(place, os.W_OK) and len(os.fsencode(place)) <= SOCKET_PATH_BYTES - 50:
            return Path(place)
    raise CannotStart("No folder for short-lived files can be written: make /tmp writable for this user.")


# --- What it said
def _log(cluster: Path) -> Path:
    return cluster.parent / "log" / "postgres.log"


def _last_words(cluster: Path) -> str:
    try:
        lines = _log(cluster).read_text(errors="replace").splitlines()[-50:]
    except OSError:
        return ""
    bad = [line for line in lines if any(word in line for word in ("FATAL:", "PANIC:", "Error:", "error:"))]
    return f"It said: {bad[-1]}" if bad else ""


# --- Locks
class _Lock:
    """A file lock that the kernel drops when its holder dies. It is on the open file, so forked children share it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # Reading is enough to lock, and a file that root once made can still be read by its folder's owner.
        self._file = os.fdopen(os.open(path, os.O_RDONLY | os.O_CREAT, 0o644), "rb")

    @property
    def closed(self) -> bool:
        return self._file.closed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def alone(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def try_alone(self) -> bool:
        return self._try(fcntl.LOCK_EX)

    def shared(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def try_shared(self) -> bool:
        return self._try(fcntl.LOCK_SH)

    def release(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def _try(self, kind: int) -> bool:
        try:
            fcntl.flock(self._file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
