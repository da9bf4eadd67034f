"""Words in the source that everybody would see in English, because nothing says them in the reader's language."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, nodes
from jinja2.lexer import TOKEN_DATA

from tests.language.said import ROOT, declared, files, text

WORD = re.compile(r"[^\W\d_]{2}")
SENTENCE = re.compile(r"[A-Z“\"{][^<>]*\s[^<>]*[.?!…]", re.DOTALL)
SHOWN_ATTRIBUTES = re.compile(r"(?:aria-label|title|placeholder|alt|hx-confirm|data-[a-z]*words)\s*=\s*$")
HANDED_OVER = re.compile(r"data-[a-z-]+\s*=\s*$")
"""Attributes that may bring words to a script: those are words where two of them stand together."""
TWO_WORDS = re.compile(r"[^\W\d_]{2,},? [^\W\d_]{2,}")
KEPT_AS_THEY_ARE = re.compile(r"<(code|kbd|script|style|svg)\b.*?</\1>", re.DOTALL)
ATTRIBUTES_OF_A_MACRO = re.compile(r'(?<=\s)data-[a-z-]+="[\s\x00]*"(?=\s)')
NAMES = frozenset({"plantops", "kg", "km", "min", "IBAN", "PDF", "CSV", "XLSX", "QR", "h", "m³", "kB", "MB"})

FOR_PROGRAMMERS = frozenset(
    {"ValueError", "TypeError", "RuntimeError", "KeyError", "AssertionError", "NotImplementedError", "AttributeError"}
)
FOR_OPERATORS = frozenset({"CannotStart", "BadSetting", "EngineFailed", "print", "SystemExit", "add_parser",
                           "add_argument", "ArgumentParser"})  # fmt: skip
NOT_SHOWN = FOR_PROGRAMMERS | FOR_OPERATORS | {"text", "literal_column", "getLogger", "Header", "Query", "Path",
                                              "Field", "Invariant", "PersonalData", "DemoPart", "Figure",
                                              "Response"}  # fmt: skip
SAID = frozenset({"say", "say_html", "plural", "mark", "label"})
COMMAND_LINE = re.compile(r"(^|/)(cli|[a-z]*_?command|operations|running|entrance|conformance|embedded\w*|settings|"
                          r"logs|openapi|invariants|verify|backup)\.py$|/optimise/|/migrations/")  # fmt: skip
"""What an administrator reads at the command line or in a log is English."""


# --- Templates


def in_templates() -> Iterator[str]:
    for path in files(".html"):
        source = path.read_text(encoding="utf-8")
        name = path.relative_to(ROOT).as_posix()
        yield from (f"{name}: {words}" for words in in_markup(source))
        yield from (f"{name}: {words}" for words in in_expressions(source))


def in_markup(source: str) -> Iterator[str]:
    """Letters between the tags, and in attributes that are read out or shown."""
    bare = "".join(
        value if kind == TOKEN_DATA else " \x00 "
        for _line, kind, value in Environment(keep_trailing_newline=True).lex(in_sets.sub("", source))
        if kind == TOKEN_DATA or kind in ("variable_begin", "block_begin", "comment_begin")
    )
    bare = ATTRIBUTES_OF_A_MACRO.sub("", KEPT_AS_THEY_ARE.sub("", bare))
    for part in re.split(r"(<[^>]*>)", bare):
        shown = [part]
        if part.startswith("<"):
            pieces = re.split(r'"([^"]*)"', part)
            shown = [value for before, value in zip(pieces[::2], pieces[1::2]) if is_shown(before, value)]  # noqa: B905
        for words in shown:
            plain = html.unescape(words).replace("\x00", " ")
            if any(word not in NAMES for word in re.findall(r"[^\W\d_]{2,}", plain)):
                yield " ".join(plain.split())


def is_shown(before: str, value: str) -> bool:
    if SHOWN_ATTRIBUTES.search(before):
        return True
    return bool(HANDED_OVER.search(before) and TWO_WORDS.search(value))


in_sets = re.compile(
    r"\{%-?\s*set\s+\w+\s*-?%\}.*?\{%-?\s*endset\s*-?%\}|\{%-?\s*block width.*?endblock\s*-?%\}", re.DOTALL
)
QUIET = frozenset({"type", "sign", "tone", "id", "kind", "accept", "capture", "form", "lookup", "name", "url", "action",
                   "place", "autocomplete", "inputmode", "swap", "cls", "role"})  # fmt: skip


def in_expressions(source: str) -> Iterator[str]:
    """English handed to a component, and sentences glued together from pieces."""
    tree = Environment(autoescape=True).parse(source)
    said = {id(arg) for call in tree.find_all(nodes.Call) if is_said(call) for arg in call.args[:2]}
    said |= {id(filtered.node) for filtered in tree.find_all(nodes.Filter) if filtered.name == "words"}
    compared = {id(const) for node in tree.find_all((nodes.Compare, nodes.Getitem)) for const in consts(node)}
    keys = {id(pair.key) for pair in tree.find_all(nodes.Pair)}
    quiet = {id(kw.value) for kw in tree.find_all(nodes.Keyword) if kw.key in QUIET}
    sent = {id(const) for part in tree.find_all((nodes.Pair, nodes.Call)) if is_sent(part) for const in consts(part)}
    chosen = {id(one) for choice in tree.find_all((nodes.Or, nodes.CondExpr)) for one in choice.iter_child_nodes()}
    shown = {id(const) for call in tree.find_all(nodes.Call) for const in shown_words(call)}
    for const in tree.find_all(nodes.Const):
        value = const.value
        if not isinstance(value, str) or id(const) in said | compared | keys | quiet:
            continue
        if (
            is_english(value)
            or (id(const) in chosen - sent and value in ANSWERS)
            or (id(const) in shown and re.search(r"[a-z]{2}", value) and value not in NAMES)
        ):
            yield f"“{value}”"


def consts(node: nodes.Node) -> Iterator[nodes.Const]:
    if isinstance(node, nodes.Const):
        yield node
    yield from node.find_all(nodes.Const)


WORDS_COME = {
    "field": 1,
    "cell": 1,
    "action": 0,
    "link": 0,
    "question": 0,
    "panel": 0,
    "head": 0,
    "note": 0,
    "empty": 0,
}
"""Where a component takes the words that it shows."""


def shown_words(call: nodes.Call) -> Iterator[nodes.Const]:
    """What stands beside a field or on a button, a unit, a state: small words too."""
    at = WORDS_COME.get(getattr(call.node, "attr", ""))
    found = [] if at is None else call.args[at : at + 1]
    found += [kw.value for kw in call.kwargs if kw.key in ("unit", "state") and at is not None]
    for node in found:
        yield from branches(node)


def branches(node: nodes.Node | None) -> Iterator[nodes.Const]:
    if isinstance(node, nodes.Const):
        yield node
    elif isinstance(node, nodes.CondExpr):
        yield from (*branches(node.expr1), *branches(node.expr2))
    elif isinstance(node, nodes.Or):
        yield from (*branches(node.left), *branches(node.right))


def is_sent(part: nodes.Node) -> bool:
    """Values of a form or an address."""
    return isinstance(part, nodes.Pair) or (
        isinstance(part, nodes.Call) and getattr(part.node, "name", "") == "with_query"
    )


ANSWERS = frozenset({"none", "never", "nobody", "nothing", "yes", "no", "off", "open", "new", "always", "today"})


def is_english(value: str) -> bool:
    """A word with a capital, words with a blank between them, or a piece that is glued to something."""
    if re.match(r"[A-Z][a-z]", value):
        return True
    words = re.findall(r"[^\W\d_]{2,}", value)
    return " " in value and "/" not in value and any(word not in NAMES for word in words)


def is_said(call: nodes.Call) -> bool:
    name = call.node.name if isinstance(call.node, nodes.Name) else getattr(call.node, "attr", "")
    return name in ("_", "plural", "pill")


# --- Scripts


def in_scripts() -> Iterator[str]:
    for path in sorted((ROOT / "web" / "static").glob("*.js")):
        yield from (f"{path.name}: {words}" for words in in_script(path.read_text(encoding="utf-8")))


def in_script(source: str) -> Iterator[str]:
    """Sentences between quotes, and single words that are shown: the page hands a script what it says."""
    for line in source.splitlines():
        code = re.sub(r"(^|\s)//.*", "", line)
        for words in re.findall(r"\"[^\"]*\"|'[^']*'|`[^`]*`", code):
            plain = re.sub(r"\$\{[^}]*\}", "", words[1:-1])
            if re.match(r"[A-Z][a-z]*[ ,]+[^\W\d_]{2}", plain) or re.search(r"[a-z]{2} [a-z]+[.?!]$", plain):
                yield plain
        for words in re.findall(
            r"(?:\bsay\(|textContent = |\"aria-label\", |\btitle = )\"([^\"]*[a-z]{2}[^\"]*)\"", code
        ):
            yield words


# --- Python


def in_code() -> Iterator[str]:
    for path in files(".py"):
        name = path.relative_to(ROOT).as_posix()
        if not COMMAND_LINE.search(name):
            yield from (f"{name}:{line}: {words}" for line, words in in_module(path))


def in_module(path: Path) -> Iterator[tuple[int, str]]:
    """Sentences (a capital, a blank, a full stop) that nothing says."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parents = {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            words = "".join(text(part) or "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and not isinstance(parents.get(id(node)), ast.JoinedStr):
            words = text(node)
        else:
            continue
        if SENTENCE.fullmatch(words) and WORD.search(words) and not is_handled(node, parents):
            yield node.lineno, words


def is_handled(node: ast.AST, parents: dict[int, ast.AST]) -> bool:
    """A docstring, an argument of what says it, or nothing for readers."""
    above = parents.get(id(node))
    if isinstance(above, ast.Expr):
        return True
    while above is not None and not isinstance(above, ast.stmt):
        if isinstance(above, ast.Call):
            name = above.func.attr if isinstance(above.func, ast.Attribute) else getattr(above.func, "id", "")
            owner = getattr(getattr(above.func, "value", None), "id", "")
            if name in SAID | NOT_SHOWN or name in declared() or owner in ("log", "re", "bound", "sa"):
                return True
        above = parents.get(id(above))
    return False
