"""./run: from a clean checkout to a running command, and never half a set-up taken for whole."""

import ast
import importlib.machinery
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import pytest

PROJECT = Path(__file__).parents[2]

TINY = {
    "pyproject.toml": """
        [build-system]
        requires = ["setuptools"]
        build-backend = "setuptools.build_meta"
        [project]
        name = "tiny"
        version = "1"
        requires-python = ">=3.11"
        dependencies = ["platformdirs"]
        optional-dependencies = { dev = ["iniconfig"] }
        scripts = { plantops = "tiny:main" }
        [tool.setuptools]
        py-modules = ["tiny"]
        """,
    "tiny.py": """
        import json, os, sys
        import platformdirs
        def main():
            print(json.dumps({"arguments": sys.argv[1:], "here": os.getcwd()}))
            sys.exit(3 if "fail" in sys.argv else 0)
        """,
    "tests/bench.py": "import iniconfig; print('measured')",
}


def load(file: Path) -> ModuleType:
    """The script as a module, to ask its parts."""
    loader = importlib.machinery.SourceFileLoader("run_script", str(file))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run_script", loader))  # type: ignore[arg-type]
    loader.exec_module(module)
    return module


def ask(place: Path, *arguments: str, here: Path | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
    """./run of that checkout, as a person types it."""
    return start(place, *arguments, here=here, **environ).finished()


class start:
    """A ./run that is still working."""

    def __init__(self, place: Path, *arguments: str, here: Path | None = None, **environ: str) -> None:
        kept = {name: value for name, value in os.environ.items() if name != "PLANTOPS_VENV"}
        self.process = subprocess.Popen(
            [sys.executable, str(place / "run"), *arguments],
            cwd=here or place,
            env={**kept, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def finished(self) -> subprocess.CompletedProcess[str]:
        out, said = self.process.communicate(timeout=120)
        return subprocess.CompletedProcess(self.process.args, self.process.returncode, out, said)


def eventually(what: Callable[[], bool], seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < limit
        time.sleep(0.02)


def checkout(place: Path) -> Path:
    """The real script with a project that is small enough to install often, locked from the real locks."""
    for name, text in TINY.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text("\n".join(line.removeprefix(" " * 8) for line in text.splitlines()) + "\n")
    shutil.copy(PROJECT / "run", place / "run")
    write_lock(place / "requirements.lock", "uv", "setuptools", "platformdirs")
    write_lock(place / "requirements-dev.lock", "uv", "setuptools", "platformdirs", "iniconfig")
    return place


def write_lock(lock: Path, *names: str) -> None:
    whole = (PROJECT / "requirements-dev.lock").read_text()
    parts = [re.search(rf"^{name}==(?:.*\\\n)*.*\n", whole, re.MULTILINE) for name in names]
    lock.write_text("".join(part[0] for part in parts if part))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout that was set up at the second attempt: the first had no network."""
    place = checkout(tmp_path_factory.mktemp("run") / "house")
    offline = ask(
        place,
        "hello",
        PIP_INDEX_URL="http://127.0.0.1:9/simple",
        PIP_CONFIG_FILE="/dev/null",
        PIP_NO_CACHE_DIR="1",
        PIP_RETRIES="0",
    )
    assert offline.returncode == 1
    assert offline.stderr.endswith(
        "Packages cannot be fetched: connect to the network, or name a mirror in PIP_INDEX_URL; then try again.\n"
    )
    first = ask(place, "hello")
    assert first.returncode == 0, first.stderr
    assert "Installing 3 packages ..." in first.stderr
    assert "not whole" not in first.stderr, "what the first attempt made is used"
    return place


# --- Set-up
def test_arguments_reach_the_command_where_it_was_called(house: Path, tmp_path: Path) -> None:
    done = ask(house, "hello", "a b", "--json", here=tmp_path)
    assert json.loads(done.stdout) == {"arguments": ["hello", "a b", "--json"], "here": str(tmp_path)}


def test_the_second_start_sets_nothing_up(house: Path) -> None:
    done = ask(house, "hello", PATH="/nonexistent")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_exit_code_is_the_commands_own(house: Path) -> None:
    assert ask(house, "fail").returncode == 3


def test_what_the_tests_need_is_added_once_and_stays(house: Path) -> None:
    first = ask(house, "bench")
    assert first.stdout == "measured\n", first.stderr
    assert "Installing 4 packages" in first.stderr
    assert ask(house, "hello").stderr == ""
    assert ask(house, "bench").stderr == ""


def test_a_changed_lock_is_followed(house: Path) -> None:
    lock = house / "requirements.lock"
    kept = lock.read_text()
    lock.write_text(kept + "# changed\n")
    assert "Set up in" in ask(house, "hello").stderr
    assert ask(house, "hello").stderr == ""


def test_a_package_that_is_not_what_was_locked_is_refused(house: Path) -> None:
    lock = house / "requirements-dev.lock"
    kept = lock.read_text()
    lock.write_text(re.sub(r"(iniconfig==\S+ \\\n)(?:.*\n)*", r"\1    --hash=sha256:" + "0" * 64 + "\n", kept))
    (house / ".venv" / "plantops-whole.json").unlink()
    subprocess.run([house / ".venv/bin/uv", "pip", "uninstall", "-q", "-p", house / ".venv", "iniconfig"], check=True)
    refused = ask(house, "bench")
    assert refused.returncode == 1
    assert "hash" in refused.stderr.lower()
    lock.write_text(kept)
    assert ask(house, "bench").stdout == "measured\n"


def test_a_killed_set_up_is_begun_again_and_two_at_once_get_one_environment(house: Path, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    cut_off = start(house, "hello", PLANTOPS_VENV=str(venv))
    eventually(lambda: (venv / "bin" / "python").exists())
    cut_off.process.send_signal(signal.SIGKILL)
    cut_off.finished()
    two = [start(house, "hello", PLANTOPS_VENV=str(venv)) for _ in range(2)]
    done = [each.finished() for each in two]
    assert [each.returncode for each in done] == [0, 0], done
    said = sorted((each.stderr for each in done), key=len)
    assert said[0] == "Another ./run is setting up: waiting for it ...\n"
    assert said[1].count("which is not whole") == 1
    assert said[1].count("Set up in") == 1


def test_an_environment_that_was_moved_or_lost_its_python_is_removed(house: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(house, moved, symlinks=True)
    script = load(moved / "run")
    assert not script.is_whole(dev=False)
    script.clear_what_is_broken()
    assert not script.VENV.exists()
    shutil.copytree(house / ".venv", script.VENV, symlinks=True)
    (script.VENV / "plantops-whole.json").write_text(json.dumps(script.wanted(dev=False)))
    assert script.is_whole(dev=False)
    script.PYTHON.unlink()
    script.PYTHON.symlink_to("/nonexistent/python3.11")
    assert not script.is_whole(dev=False)
    script.clear_what_is_broken()
    assert not script.VENV.exists()


def test_a_folder_with_other_things_is_never_touched(house: Path, tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear")
    done = ask(house, "hello", PLANTOPS_VENV=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr == f"{tmp_path} holds other things: name an empty or a new folder in PLANTOPS_VENV.\n"
    assert [file.name for file in tmp_path.iterdir()] == ["letters.txt"]
    done = ask(house, "hello", PLANTOPS_VENV=str(tmp_path / "letters.txt"))
    assert "letters.txt is a file: remove it" in done.stderr


# --- What is missing is said
def test_an_old_python_is_told_which_one_is_needed() -> None:
    source = (PROJECT / "run").read_text()
    ast.parse(source, feature_version=(3, 7))  # else an old Python would only say: invalid syntax
    pretend = "import sys; sys.version_info = (3, 9, 2); exec(compile(open(sys.argv[1]).read(), 'run', 'exec'))"
    old = subprocess.run(
        [sys.executable, "-c", pretend, str(PROJECT / "run")],
        env={"PATH": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert old.returncode == 1
    assert old.stderr.startswith("plantops needs Python 3.11 or newer, and this is 3.9: install it")


def test_a_python_without_venv_is_told_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = load(checkout(tmp_path) / "run")
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else found(name))
    with pytest.raises(script.Stop, match=rf"apt-get install python3.{sys.version_info.minor}-venv"):
        script.look_before()


def test_a_full_disk_is_said_before_anything_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = load(checkout(tmp_path) / "run")
    monkeypatch.setattr(script, "FREE_MB", 10**12)
    with pytest.raises(script.Stop, match="make room, then try again"):
        script.look_before()
    assert not script.VENV.exists()


def test_a_disk_that_fills_up_on_the_way_is_said(tmp_path: Path) -> None:
    script = load(checkout(tmp_path) / "run")
    fills = "import sys; sys.exit('error: No space left on device (os error 28)')"
    with pytest.raises(script.Stop, match="The disk is full: make 1500 MB free"):
        script.work("Installing", [sys.executable, "-c", fills], {})


def test_a_browser_that_does_not_run_is_named(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = load(house / "run")
    monkeypatch.setenv("PLANTOPS_CHROMIUM", "/nonexistent/chromium")
    with pytest.raises(script.Stop, match="names /nonexistent/chromium, which does not run"):
        script.browser()
    monkeypatch.setenv("PLANTOPS_CHROMIUM", shutil.which("true") or "")
    assert script.browser() == shutil.which("true")


def test_where_debian_has_no_headless_shell_another_chromium_serves(
    house: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    script = load(house / "run")

    def refused(title: str, command: Sequence[object], environ: dict[str, str]) -> None:
        raise script.Failed(title, "E: Unable to locate package")

    monkeypatch.setattr(script, "work", refused)
    script.install_shell()
    assert "another Chromium is looked for" in capfd.readouterr().err
    monkeypatch.setattr(script, "SHELL", shutil.which("true"))
    assert script.find_browser() == shutil.which("true")


def test_a_failed_check_shows_what_the_tool_said(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    script = load(checkout(tmp_path) / "run")
    assert script.checked("types", [sys.executable, "-c", "print('line 7'); raise SystemExit(1)"]) == ("types", False)
    assert script.checked("style", [sys.executable, "-c", ""]) == ("style", True)
    said = capfd.readouterr().err
    assert re.search(r"FAILED  types .*\nline 7\n", said)
    assert "ok      style" in said


def test_the_mirror_that_pip_was_told_of_is_used_for_everything(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = load(house / "run")
    monkeypatch.delenv("UV_DEFAULT_INDEX", raising=False)
    monkeypatch.delenv("UV_INDEX_URL", raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    assert script.mirror()["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"


# --- The locks
@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_no_host_and_no_place_and_hashes_everything(name: str) -> None:
    text = (PROJECT / name).read_text()
    assert "://" not in text
    assert not re.search(r"(^|\s)(/|--index|--find-links|--extra)", text, re.MULTILINE)
    packages = re.findall(r"^(\S+)==.*\\\n((?:\s+--hash=sha256:[0-9a-f]{64}.*\n)+)", text, re.MULTILINE)
    assert len(packages) == len(re.findall(r"^[^#\s]", text, re.MULTILINE)) > 80


def test_the_locks_are_as_new_as_the_requirements() -> None:
    assert load(PROJECT / "run").stale_locks() is None


def test_every_requirement_is_locked_and_the_tests_get_what_the_plant_gets() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"^(\S+==\S+)", (PROJECT / name).read_text(), re.MULTILINE))

    declared = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    runtime, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    assert runtime <= dev
    for needs, locked in ((declared["dependencies"], runtime), (declared["optional-dependencies"]["dev"], dev)):
        names = {re.split(r"[\[<>=~; ]", need)[0] for need in needs}
        assert names <= {pin.split("==")[0] for pin in locked}
