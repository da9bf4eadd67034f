"""What the program says to people, found in its source: for the catalogues, and for the test that misses nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, nodes

from plantops.catalogues import FOLDER
from plantops.wording import LABEL, RIGHT, UNIT, label_source, right_context, right_source

ROOT = Path(__file__).parents[2]
ROOMS = ("plantops", "purchasing", "transport", "housekeeping", "personnel", "web")
HANDED_ON = {"need": "to", "need_everywhere": "to", "get": "what", "check_seen": "what"}
"""Words that these calls say themselves."""
RIGHTS = "Can"
"""Every module names what somebody may do in an enum of this name."""
NOT_FOR_READERS = ("demo", "migrations", "design")
"""Data of the demo, tables, and the developers' own page."""


@dataclass(frozen=True, order=True)
class Said:
    """A sentence, a label of a state, or a counted phrase."""

    text: str
    many: str = ""
    context: str = ""


def rooms() -> list[Path]:
    """Packages that have catalogues of their own."""
    return sorted(folder.parent for room in ROOMS for folder in (ROOT / room).rglob(FOLDER) if folder.is_dir())


def room_of(file: Path) -> Path:
    """The nearest package above a file that has catalogues."""
    return max((room for room in rooms_once() if file.is_relative_to(room)), key=lambda room: len(room.parts))


@cache
def rooms_once() -> tuple[Path, ...]:
    return tuple(rooms())


def files(suffix: str) -> Iterator[Path]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob(f"*{suffix}")):
            if not set(NOT_FOR_READERS) & set(path.relative_to(ROOT).parts):
                yield path


@cache
def everything() -> dict[Path, dict[Said, list[str]]]:
    """By room: what is said, and in which files."""
    found: dict[Path, dict[Said, list[str]]] = {room: {} for room in rooms_once()}
    for suffix, read in ((".py", in_python), (".html", in_template)):
        for path in files(suffix):
            for said in read(path):
                places = found[room_of(path)].setdefault(said, [])
                name = path.relative_to(ROOT).as_posix()
                if name not in places:
                    places.append(name)
    return found


# --- Python


def in_python(path: Path) -> Iterator[Said]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield from in_call(node)
        elif isinstance(node, ast.ClassDef):
            yield from in_enum(node)
            if any(getattr(base, "id", "") == "Event" for base in node.bases):
                yield Said((ast.get_docstring(node) or "").split("\n", 1)[0])


def in_call(call: ast.Call) -> Iterator[Said]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    words = [text(value) for value in call.args]
    yield from (Said(text(kw.value)) for kw in call.keywords if kw.arg == HANDED_ON.get(name) and text(kw.value))
    if name == "Unit" and words and words[0]:
        yield Said(words[0], context=UNIT)
    if name in ("say", "say_html", "mark") and words and words[0]:
        yield Said(words[0])
    elif name == "plural" and len(words) > 1 and words[0] and words[1]:
        yield Said(words[0], words[1])
    elif name == "label" and is_ours(call.func) and words and words[0]:
        yield Said(label_source(words[0]), context=LABEL)
    elif name in declared():
        fields, said = declared()[name]
        given = dict(zip(fields, call.args, strict=False)) | {kw.arg or "": kw.value for kw in call.keywords}
        yield from (Said(words) for field, node in given.items() if field in said for words in texts(node))


def is_ours(function: ast.expr) -> bool:
    """`label(...)` or `wording.label(...)`, not the name of a column of SQL."""
    return isinstance(function, ast.Name) or getattr(getattr(function, "value", None), "id", "") == "wording"


@cache
def declared() -> dict[str, tuple[list[str], set[str]]]:
    """Dataclasses with `@says("title")`: their fields in order, and those with words in them."""
    found: dict[str, tuple[list[str], set[str]]] = {}
    for path in files(".py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and (said := said_fields(node)):
                fields, known = found.get(node.name, ([], set()))
                found[node.name] = (max(fields_of(node), fields, key=len), known | said)
    return found


def said_fields(node: ast.ClassDef) -> set[str]:
    calls = [by for by in node.decorator_list if isinstance(by, ast.Call) and getattr(by.func, "id", "") == "says"]
    return {text(arg) for call in calls for arg in call.args}


def fields_of(node: ast.ClassDef) -> list[str]:
    lines = [line for line in node.body if isinstance(line, ast.AnnAssign) and "ClassVar" not in ast.unparse(line)]
    return [line.target.id for line in lines if isinstance(line.target, ast.Name)]


def in_enum(node: ast.ClassDef) -> Iterator[Said]:
    """States and kinds: what `label` says of them; rights, and the rooms that they belong to."""
    if not any(getattr(base, "id", getattr(base, "attr", "")) == "StrEnum" for base in node.bases):
        return
    for line in node.body:
        value = text(line.value) if isinstance(line, ast.Assign) else ""
        if node.name == RIGHTS and value:
            yield Said(right_source(value), context=right_context(value))
            if not value.startswith("core."):
                yield Said(value.partition(".")[0], context=RIGHT)
        elif value and "." not in value:
            yield Said(label_source(value), context=LABEL)


def texts(node: ast.expr) -> list[str]:
    """A text, or those of a mapping's values."""
    parts = node.values if isinstance(node, ast.Dict) else [node]
    return [words for part in parts if (words := text(part))]


def text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


# --- Templates


def in_template(path: Path) -> Iterator[Said]:
    tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
    for call in tree.find_all(nodes.Call):
        name = call.node.name if isinstance(call.node, nodes.Name) else getattr(call.node, "attr", "")
        words = [value.value if isinstance(value, nodes.Const) else None for value in call.args]
        if name == "_" and words and isinstance(words[0], str):
            yield Said(words[0])
        elif name == "plural" and isinstance(words[0], str) and isinstance(words[1], str):
            yield Said(words[0], words[1])
        elif name == "pill" and words and isinstance(words[0], str):
            yield Said(label_source(words[0]), context=LABEL)
    for filtered in tree.find_all(nodes.Filter):
        if filtered.name == "words" and isinstance(filtered.node, nodes.Const):
            yield Said(label_source(str(filtered.node.value)), context=LABEL)
