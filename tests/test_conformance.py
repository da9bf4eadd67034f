"""What every module owes the house; and that the check finds who does not pay."""

from __future__ import annotations

import subprocess
import sys

import pytest

from plantops.conformance import conform
from plantops.core import everything


@pytest.mark.parametrize("name", everything().names)
def test_the_module_conforms(name: str) -> None:
    assert conform(everything(), name) == []


def test_conform_is_a_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "plantops.cli", "conform", "nonsense"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "There is no module nonsense" in done.stderr
