"""The line on paper: drawn without a screen, the same figures give the same picture, gaps stay gaps."""

from __future__ import annotations

from xml.etree import ElementTree

from plantops.charts import ALARM, spark

VALUES = [4.0, 4.2, None, 5.0, 4.9, 5.5, 6.1, 4.4, 4.1, 4.0, 3.9, 5.2, 6.1]


def test_the_same_figures_give_the_same_picture() -> None:
    one = spark(VALUES, target=4.0)
    assert one == spark(VALUES, target=4.0)
    assert one != spark([*VALUES[:-1], 6.2], target=4.0)
    assert ElementTree.fromstring(one).tag.endswith("svg")


def test_a_row_of_gaps_and_a_bad_week_are_drawn() -> None:
    assert b"<svg" in spark([None] * 13)
    assert b"<svg" in spark([])
    assert ALARM.encode() in spark(VALUES, target=4.0, bad=True)
    assert ALARM.encode() not in spark(VALUES, target=4.0)
