"""What is compiled ahead of the first run is all that a run calls: nobody waits for a compiler."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator

import pytest

import housekeeping.optimise.roster
import transport.optimise.proof


def compiled(package: str) -> Iterator[tuple[str, object]]:
    """The compiled functions that other files of the package call."""
    for found in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
        module = importlib.import_module(found.name)
        for name, value in vars(module).items():
            if hasattr(value, "py_func") and value.py_func.__module__ == found.name and not name.startswith("_"):
                yield f"{found.name}.{name}", value


@pytest.mark.parametrize(
    ("package", "compile_ahead"),
    [
        ("transport.optimise", transport.optimise.proof.compile_ahead),
        ("housekeeping.optimise", housekeeping.optimise.roster.compile_ahead),
    ],
)
def test_no_function_waits_for_its_compiler(package: str, compile_ahead: Callable[[], None]) -> None:
    compile_ahead()
    functions = dict(compiled(package))
    assert len(functions) >= 3
    assert [name for name, value in functions.items() if not getattr(value, "signatures", None)] == []
