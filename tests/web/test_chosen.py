"""What an address means: numbers that are none, and a house without a site, are answered, never a fault."""

from __future__ import annotations

import pytest
from starlette.datastructures import QueryParams

from tests.browser import Client
from tests.web.test_purchasing_pages import Enter
from tests.web.world import LOGIN, ROLES
from web.chosen import number, read_number

pytestmark = [pytest.mark.db]

WRONG = ("²", "9" * 5000, "-1", "1.5", "x")
ASKS = (
    "/housekeeping/rosters?site={}",
    "/housekeeping/needs?site={}",
    "/housekeeping/places/lookup?q=a&site_id={}",
    "/transport?site={}",
    "/transport/addresses/lookup?q=a&site_id={}",
    "/personnel/certificates?department={}",
    "/purchasing/requisitions/new?site={}",
    "/stores/new?site={}",
    "/parties?view={}",
    "/parties?row={}",
    "/lists/core.parties/views?back={}",
)


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_number_is_none(text: str) -> None:
    assert read_number(text) is None
    assert number(QueryParams({"site": text}), "site") is None


def test_a_number_of_a_record_is_read() -> None:
    assert (read_number("17"), read_number("0"), read_number("9" * 18)) == (17, 0, 10**18 - 1)


def test_an_address_with_a_wrong_number_is_answered(client: Enter) -> None:
    eva: Client = client(ROLES, LOGIN)
    for ask in ASKS:
        for text in WRONG:
            answer = eva.get(ask.format(text))
            assert answer.status_code < 500, f"{ask.format(text)[:60]}: {answer.status_code}"
            assert eva.get(ask.format(text), partial=True).status_code < 500, ask
    assert eva.post("/purchasing/to-order", ids=1, supplier_id="9" * 5000).status_code == 422
