"""A script knows no words: the page hands it what it says, in the reader's language."""

from __future__ import annotations

import re

import pytest

from tests.language.said import ROOT
from tests.language.unsaid import in_script, in_scripts


def test_no_script_speaks_english_to_everybody() -> None:
    assert list(in_scripts()) == []


@pytest.mark.parametrize(
    "line",
    [
        'say("The list cannot be loaded.", "bad");',
        "say(`That did not work (${status}). Try again.`);",
        'close.setAttribute("aria-label", "Close");',
        'box.textContent = "Sent";',
        'refuse(form, "No passkey was chosen.");',
    ],
)
def test_words_in_a_script_are_found(line: str) -> None:
    assert list(in_script(line))


def test_every_sentence_that_a_script_asks_for_is_handed_over() -> None:
    handed = set(re.findall(r"data-([a-z-]+)=", _macro()))
    asked = {
        re.sub(r"[A-Z]", lambda one: "-" + one[0].lower(), name)
        for path in (ROOT / "web" / "static").glob("*.js")
        for name in re.findall(r"\bsentences\.(\w+)", path.read_text(encoding="utf-8"))
    }
    assert asked == handed


def _macro() -> str:
    source = (ROOT / "web" / "components" / "partials.html").read_text(encoding="utf-8")
    return source.split("macro script_words()")[1].split("endmacro")[0]
