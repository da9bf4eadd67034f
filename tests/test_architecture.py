"""The walls of the house that import-linter does not see: sizes, commits, selects, imports, hx- attributes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("plantops", "purchasing", "transport", "housekeeping", "personnel", "web")
LONGEST_FILE, LONGEST_FUNCTION, LONGEST_TEMPLATE = 500, 60, 150
ADAPTERS = {
    "plantops/mail.py": {"smtplib"},
    "plantops/running.py": {"socket", "urllib.request"},  # is the port free, does the web process answer
    "plantops/oidc.py": {
        "authlib.integrations.requests_client"
    },  # the company's sign-in service, named in the settings
    "plantops/calling.py": {"socket", "http.client"},  # webhooks, to addresses that an administrator named
    "plantops/embedded.py": {"socket"},  # the embedded server's own Unix socket
}
OUTBOUND = {"smtplib", "socket", "http.client", "urllib.request", "ftplib", "requests", "httpx", "aiohttp", "telnetlib",
            "urllib3", "authlib.integrations.requests_client", "authlib.integrations.httpx_client"}  # fmt: skip
FORBIDDEN_NAMES = re.compile(r"(^|_)(utils?|helpers?|managers?|services?|commons?)(_|$)")
PLANT_FLOOR = re.compile(
    r"(asyncua|opcua|modbus|snap7|pylogix|pycomm3|paho|mqtt|bacpypes|bac0|pyads|canopen|cpppo|profinet|ethercat)", re.I
)


def sources(*packages: str) -> Iterator[Path]:
    for package in packages:
        yield from sorted((ROOT / package).rglob("*.py"))


def is_migration(path: Path) -> bool:
    return path.parent.name == "versions" and path.parent.parent.name == "migrations"


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_no_file_is_longer_than_500_lines() -> None:
    found = {short(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources(*PACKAGES, "tests")}
    assert {name: lines for name, lines in found.items() if lines > LONGEST_FILE} == {}


def test_no_template_is_longer_than_150_lines() -> None:
    templates = [path for package in PACKAGES for path in (ROOT / package).rglob("*.html")]
    long = {short(path): len(path.read_text().splitlines()) for path in templates}
    assert {name: lines for name, lines in long.items() if lines > LONGEST_TEMPLATE} == {}


def test_no_function_is_longer_than_60_lines() -> None:
    long = [
        f"{short(path)}:{node.lineno} {node.name} {node.end_lineno - node.lineno + 1}"
        for path in sources(*PACKAGES)
        if not is_migration(path)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


def test_every_module_says_what_it_is_in_one_line() -> None:
    silent = [short(path) for path in sources(*PACKAGES) if not (ast.get_docstring(tree(path)) or "").strip()]
    assert [name for name in silent if not is_migration(ROOT / name)] == []


def test_no_import_stands_inside_a_function() -> None:
    inside = [
        f"{short(path)}:{node.lineno}"
        for path in sources(*PACKAGES)
        for function in ast.walk(tree(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert inside == []


def test_nobody_commits_but_the_database() -> None:
    committing = [
        f"{short(path)}:{node.lineno}"
        for path in sources(*PACKAGES)
        if short(path) != "plantops/db.py"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]
    assert committing == []


def test_paper_is_drawn_with_no_transaction_open() -> None:
    """A job draws in the `compute` of its Computation, a function inside the one that reads (decision 0007)."""
    drawn_while_reading = []
    for path in sources("plantops", "purchasing", "transport", "housekeeping", "personnel"):
        for function in tree(path).body:
            if not isinstance(function, ast.FunctionDef) or not function.name.startswith(("print_", "send_", "make_")):
                continue
            inside = {
                id(node)
                for nested in ast.walk(function)
                if nested is not function and isinstance(nested, ast.FunctionDef)
                for node in ast.walk(nested)
            }
            drawn_while_reading += [
                f"{short(path)}:{node.lineno}"
                for node in ast.walk(function)
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "documents.pdf" and id(node) not in inside
            ]
    assert drawn_while_reading == []


def test_pages_hold_no_select() -> None:
    selecting = [
        f"{short(path)}:{node.lineno}"
        for path in sources("web")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and (
            (isinstance(node.func, ast.Name) and node.func.id in {"select", "text", "insert", "update", "delete"})
            or (isinstance(node.func, ast.Attribute) and node.func.attr in {"select", "scalars", "execute"})
        )
    ]
    assert selecting == []


def test_hx_attributes_stand_only_in_components() -> None:
    written = [
        f"{short(path)}:{number}"
        for path in sorted((ROOT / "web").rglob("*.html"))
        if "components" not in path.parts
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if re.search(r"[\s\"']hx-[a-z]", line)
    ]
    assert written == []


def test_nothing_inline_that_the_content_security_policy_forbids() -> None:
    written = [
        f"{short(path)}:{number}"
        for path in sorted((ROOT / "web").rglob("*.html"))
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if re.search(r"\sstyle=|\son[a-z]+=\"|<script(?![^>]*\ssrc=)(?![^>]*type=\"application/json\")|<style", line)
    ]
    assert written == []


def test_no_vague_names() -> None:
    vague = [short(path) for path in sources(*PACKAGES) if FORBIDDEN_NAMES.search(path.stem)]
    assert vague == []


def test_outbound_connections_come_from_named_adapters_only() -> None:
    found = []
    for path in sources(*PACKAGES):
        for node in ast.walk(tree(path)):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            found += [
                f"{short(path)}: {n}" for n in names if n in OUTBOUND and n not in ADAPTERS.get(short(path), set())
            ]
    assert found == []


def test_no_plant_floor_protocol_is_locked_or_imported() -> None:
    lines = [line for path in ROOT.glob("requirements*.lock") for line in path.read_text().splitlines()]
    names = [line.split("==")[0] for line in lines if not line.strip().startswith("--hash")]
    assert [name for name in names if PLANT_FLOOR.search(name)] == []


@pytest.mark.parametrize("lock", sorted(ROOT.glob("requirements*.lock")), ids=lambda path: path.name)
def test_locks_name_no_host_and_hash_everything(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    names = [line for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)]
    assert len(names) > 5
    assert text.count("--hash=sha256:") >= len(names)


def test_every_rounding_says_how() -> None:
    """`quantize` alone takes a half to the even digit, PostgreSQL's round() away from zero: now and then a cent."""
    silent = []
    for path in sources(*PACKAGES):
        whole = tree(path)
        compared = {id(part) for node in ast.walk(whole) if isinstance(node, ast.Compare) for part in ast.walk(node)}
        for node in ast.walk(whole):
            if not isinstance(node, ast.Call) or id(node) in compared:
                continue
            rounds = isinstance(node.func, ast.Attribute) and node.func.attr == "quantize"
            if rounds and len(node.args) + len(node.keywords) < 2:
                silent.append(f"{short(path)}:{node.lineno}")
    assert silent == []
