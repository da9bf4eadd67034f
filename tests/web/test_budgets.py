"""What a first visit costs: the page and everything that it names, as it goes over the line."""

from __future__ import annotations

import re
from urllib.parse import urldefrag

import lxml.html
import pytest

from tests.browser import Client
from tests.web.test_purchasing_pages import Enter
from tests.web.world import ROLES

pytestmark = [pytest.mark.db, pytest.mark.browser]
FIRST_LOAD = 120_000
NAMED = "//link[@rel='stylesheet' or @rel='icon' or contains(@rel, 'preload')]/@href | //script/@src | //img/@src"
IN_STYLES = re.compile(r"url\(['\"]?(/[^'\")]+)")


def sent(one: Client, path: str) -> tuple[int, str]:
    """How many bytes go over the line, and what they say."""
    with one.http.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        text = answer.read().decode(errors="replace")
        return answer.num_bytes_downloaded, text


def first_load(one: Client, path: str) -> dict[str, int]:
    """Bytes of the page and of each file that it names, itself or through its styles and icons."""
    size, html = sent(one, path)
    sizes, wanted = {path: size}, [str(each) for each in lxml.html.fromstring(html).xpath(NAMED)]
    wanted += re.findall(r'href="(/static/[^"#]+\.svg)', html)
    while wanted:
        address = urldefrag(wanted.pop()).url
        if address.startswith("/") and address not in sizes:
            sizes[address], text = sent(one, address)
            wanted += IN_STYLES.findall(text) if address.endswith(".css") else []
    return sizes


@pytest.mark.parametrize("path", ["/login", "/", "/purchasing/orders"])
def test_a_first_visit_is_small(client: Enter, path: str) -> None:
    sizes = first_load(client(*((ROLES, "eva") if path != "/login" else ())), path)
    assert len(sizes) > 5, f"{path} names hardly anything: {sizes}"
    assert sum(sizes.values()) <= FIRST_LOAD, sizes
