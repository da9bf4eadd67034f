"""Paper: an accessible PDF with the right words, that never fetches anything from anywhere."""

from __future__ import annotations

import io
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pypdf
import pytest
from jinja2 import UndefinedError

from plantops.codes import qr_svg
from plantops.documents import Paper, html, pdf
from plantops.errors import Invalid
from plantops.money import Money
from plantops.units import Quantity

PACKAGE = "tests.plantops.papers"
VALUES = {
    "number": "PO-VER-26-00017",
    "due": date(2026, 12, 1),
    "sent": datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
    "lines": [
        {
            "item": f"Nitrile gloves <L> & co {n}",
            "quantity": Quantity(Decimal(12), "box"),
            "value": Money.of("1234.50", "EUR"),
        }
        for n in range(60)
    ],
    "weight": Decimal("1204.25"),
    "nothing": None,
}


def order(language: str = "en") -> Paper:
    return Paper(
        PACKAGE,
        "order.html",
        "Order PO-VER-26-00017",
        VALUES,
        {"code": qr_svg("https://localhost/o/17").encode()},
        language,
        ZoneInfo("Europe/Luxembourg"),
    )


def test_values_are_written_in_the_readers_language_and_escaped() -> None:
    english, german = html(order()), html(order("de"))
    assert "1 Dec 2026" in english
    assert "€1,234.50" in english
    assert "12 boxes" in english
    assert "23 Nov 2026 10:30" in english
    assert "Weight 1,204.2" in english
    assert "Nitrile gloves &lt;L&gt; &amp; co 5" in english
    assert "1 Dez. 2026" in german
    assert "1.234,50" in german
    assert '<html lang="de">' in german


def test_a_value_that_is_missing_is_an_error_not_a_gap() -> None:
    with pytest.raises(UndefinedError, match="due"):
        html(Paper(PACKAGE, "order.html", "Order", {"number": "1"}))


def test_the_pdf_is_tagged_titled_and_says_what_the_html_says() -> None:
    made = pypdf.PdfReader(io.BytesIO(pdf(order())))
    root: Any = made.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert "/StructTreeRoot" in root
    assert made.metadata is not None
    assert made.metadata.title == "Order PO-VER-26-00017"
    assert b"pdfuaid" in root["/Metadata"].get_data()
    assert len(made.pages) == 2
    first, last = made.pages[0].extract_text(), made.pages[-1].extract_text()
    assert "Order PO-VER-26-00017" in first
    assert "€1,234.50" in first
    assert "2 / 2" in last
    assert "Order PO-VER-26-00017" in last
    resources: Any = made.pages[0]["/Resources"]
    fonts = [font.get_object()["/BaseFont"] for font in resources["/Font"].values()]
    assert fonts
    assert all(name.endswith(("+Paper", "+Paper-Bold")) for name in fonts)


@pytest.mark.parametrize("name", ["remote", "file", "climbing", "import", "missing", "data", "include"])
def test_nothing_comes_from_outside_of_the_package(name: str) -> None:
    with pytest.raises(Invalid, match="cannot be printed"):
        pdf(Paper(PACKAGE, f"{name}.html", "Trick"))


def test_weasyprint_is_loaded_by_the_first_pdf_only() -> None:
    check = (
        "import sys, plantops.documents, plantops.codes, plantops.tables; "
        "sys.exit(bool({'weasyprint', 'pandas', 'matplotlib', 'numba', 'openpyxl'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
