"""Charts on paper: drawn without a screen, the same figures give the same picture, gaps stay gaps."""

from __future__ import annotations

import io
from xml.etree import ElementTree

from PIL import Image

from plantops.charts import ALARM, Form, bars, line, spark

WEEKS = [f"W{n}" for n in range(34, 47)]
VALUES = [4.0, 4.2, None, 5.0, 4.9, 5.5, 6.1, 4.4, 4.1, 4.0, 3.9, 5.2, 6.1]


def test_the_same_figures_give_the_same_picture() -> None:
    one = line(WEEKS, VALUES, unit="%", target=4.0, year_ago=[3.0] * 13)
    assert one == line(WEEKS, VALUES, unit="%", target=4.0, year_ago=[3.0] * 13)
    assert one != line(WEEKS, [*VALUES[:-1], 6.2], unit="%", target=4.0, year_ago=[3.0] * 13)
    assert ElementTree.fromstring(one).tag.endswith("svg")


def test_mails_get_png() -> None:
    picture = Image.open(io.BytesIO(bars(["Store", "Hall 2"], [120.5, -3], unit="EUR", form=Form.PNG)))
    assert picture.format == "PNG"
    assert picture.width > 600
    shades = picture.convert("RGB").getcolors(maxcolors=100_000) or []
    assert tuple(bytes.fromhex(ALARM[1:])) in {shade for _, shade in shades}


def test_a_row_of_gaps_and_a_bad_week_are_drawn() -> None:
    assert b"<svg" in spark([None] * 13)
    assert b"<svg" in spark([])
    assert ALARM.encode() in spark(VALUES, target=4.0, bad=True)
    assert ALARM.encode() not in spark(VALUES, target=4.0)
