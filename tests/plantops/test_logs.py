"""The log: one JSON line per event, whoever wrote it, and no value of a variable in it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from plantops import logs


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    before = logging.getLogger().level
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    logging.getLogger().setLevel(before)


def test_our_events_and_those_of_libraries_are_json(lines: Any) -> None:
    logs.configure("info")
    structlog.get_logger().info("order sent", order=17)
    logging.getLogger("somebody.else").warning("slow %s", "disk")
    logging.getLogger("somebody.else").debug("chatter")
    ours, theirs = lines()
    assert (ours["event"], ours["order"], ours["level"]) == ("order sent", 17, "info")
    assert (theirs["event"], theirs["logger"], theirs["level"]) == ("slow disk", "somebody.else", "warning")
    assert ours["timestamp"].endswith("Z")


def test_a_fault_is_told_with_its_place_and_without_what_it_held(lines: Any) -> None:
    logs.configure("error")
    password = "a plant of one's own"
    try:
        raise ValueError(f"{len(password)} characters")
    except ValueError:
        structlog.get_logger().exception("fault")
    structlog.get_logger().info("below the level")
    (line,) = lines()
    assert "ValueError: 20 characters" in line["exception"]
    assert password not in json.dumps(line)


def test_configured_twice_says_everything_once(lines: Any) -> None:
    logs.configure("info")
    logs.configure("info")
    logging.getLogger("somebody.else").warning("once")
    assert len(lines()) == 1
