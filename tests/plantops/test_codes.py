"""QR codes: a scanner reads back what was put in."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from plantops.codes import BORDER_MODULES, qr_png, qr_svg
from plantops.errors import Invalid

LINK = "https://plantops.marenfeld.example/r/4f1c9a7be2d04f1c9a7be2d04f1c9a7b"


def test_the_svg_fits_the_content_security_policy_and_is_readable_in_the_dark() -> None:
    drawn = qr_svg(LINK, title="Report a fault in Hall 2 <Assembly>")
    assert "style" not in drawn
    assert "<title>Report a fault in Hall 2 &lt;Assembly&gt;</title>" in drawn
    assert 'fill="#fff"' in drawn


def test_the_png_has_a_quiet_border_and_is_no_micro_code() -> None:
    picture = Image.open(io.BytesIO(qr_png("A", scale=2))).convert("L")
    assert picture.size == ((21 + 2 * BORDER_MODULES) * 2,) * 2
    assert {picture.getpixel((n, 0)) for n in range(picture.width)} == {255}
    assert picture.getpixel((BORDER_MODULES * 2, BORDER_MODULES * 2)) == 0


@pytest.mark.parametrize("text", ["", "x" * 1001])
def test_what_no_code_can_hold_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="A code holds"):
        qr_png(text)
