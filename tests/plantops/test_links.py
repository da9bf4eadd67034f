"""What a thing is called, and where it is shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plantops import links
from plantops.errors import Invalid
from plantops.module import Module, ordered
from tests.houses import Someone
from tests.plantops.stocking import bearing

PAPER = Module(name="paper", title="Paper", links={"paper_order": "/paper/orders/{id}", "core_item": "/items/{id}"})


def test_an_address_comes_from_the_manifest_and_an_id_is_a_number() -> None:
    registry = ordered([PAPER])
    assert links.url(registry, "paper_order:17") == "/paper/orders/17"
    assert links.url(registry, "paper_secret:17") == ""
    assert links.url(registry, "paper_order:../../login") == ""
    assert links.spoken(registry, "paper_goods_receipt:17") == "Goods receipt 17"


@pytest.mark.parametrize(
    "text", ["", "paper_order", "paper_order:", ":1", "paper_order:1 OR 1", "paper_order:-1", "x:" + "9" * 30]
)
def test_what_is_no_origin_is_said(text: str) -> None:
    with pytest.raises(Invalid, match="not the name of a thing"):
        links.parts(text)


@pytest.mark.db
def test_things_are_called_by_number_or_name_and_users_never(ctx: Someone) -> None:
    ctx.house = replace(ctx.house, registry=ordered([replace(ctx.house.registry["core"], links={}), PAPER]))
    item, person = bearing(ctx()), ctx(as_="employee").user.id
    found = links.links(
        ctx(), [f"core_item:{item.id}", f"core_user:{person}", "paper_order:3", "nonsense", f"core_item:{10**15}"]
    )
    assert [(link.label, link.url) for link in found.values()] == [
        ("Bearing 6204-2RS", f"/items/{item.id}"),
        (f"Account {person}", ""),
        ("Order 3", "/paper/orders/3"),
        ("Nonsense", ""),
        (f"Item {10**15}", f"/items/{10**15}"),
    ]
