"""/design shows every component: a new macro stands on one of its pages, or nobody sees that it broke."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser import Client, Served
from web.app import create
from web.templates import Components

pytestmark = pytest.mark.db

PAGES = ("/design", "/design/parts")
# They only say which element of an open page is replaced; what they put there is shown.
ANSWERS = {"partial", "toast_part", "progress_part"}


@pytest.fixture
def ui(served: Served) -> Components:
    """The components of the web process: applications with the same pages share them."""
    found: Components = create(served.house).state.templates.globals["ui"]
    return found


@pytest.fixture
def called(ui: Components, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The macros that templates call from now on."""
    found: set[str] = set()

    def watched(name: str, macro: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            found.add(name)
            return macro(*args, **named)

        return call

    for name, macro in list(vars(ui).items()):
        monkeypatch.setattr(ui, name, watched(name, macro))
    return found


def test_every_component_stands_on_a_design_page(
    client: Callable[..., Client], ui: Components, called: set[str]
) -> None:
    somebody = client("buyer")
    for page in PAGES:
        assert somebody.get(page).status_code == 200
    somebody.submit("/design", "sample", need="")
    somebody.submit("/design", "sample", need="conflict", quantity="1", price="1")
    assert set(vars(ui)) - ANSWERS - called == set()
