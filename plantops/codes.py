"""QR codes for doors, labels and reports: black on white, with a quiet border, in the dark theme too."""

from __future__ import annotations

import io

import segno

from plantops.errors import Invalid
from plantops.wording import say

BORDER_MODULES = 4  # what scanners need around a code
LONGEST = 1000
ERROR_LEVEL = "m"  # survives a scratch of 15 %


def _code(text: str) -> segno.QRCode:
    if not text or len(text.encode()) > LONGEST:
        raise Invalid(
            say("A code holds 1 to {longest} characters, not {encode}.", longest=LONGEST, encode=len(text.encode()))
        )
    # make() would turn short texts into Micro QR, which phones do not read.
    return segno.make_qr(text, error=ERROR_LEVEL, boost_error=False)


def qr_svg(text: str, *, scale: int = 4, title: str = "") -> str:
    """SVG to put into a page: no style attribute, an own white ground, a title for who cannot see it."""
    drawn: str = _code(text).svg_inline(
        scale=scale, border=BORDER_MODULES, dark="#000", light="#fff", title=title or text, omitsize=False
    )
    return drawn


def qr_png(text: str, *, scale: int = 8) -> bytes:
    """PNG for labels and mails; `scale` pixels a module."""
    out = io.BytesIO()
    _code(text).save(out, kind="png", scale=scale, border=BORDER_MODULES, dark="#000", light="#fff")
    return out.getvalue()
