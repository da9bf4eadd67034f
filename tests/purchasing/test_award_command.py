"""`plantops purchasing award`: from whom to buy what a requisition asks for."""

from __future__ import annotations

import json

import pytest

from plantops import cli
from plantops.core import House
from purchasing import catalogue
from purchasing.catalogue import OfferFacts
from purchasing.models.sources import MinimumRule
from purchasing.prices import Break
from purchasing.requisition_lines import NewLine
from tests.houses import Someone
from tests.purchasing.shop import TODAY, D, Shop, add_supplier, open_shop

pytestmark = pytest.mark.db


def two_sellers(shop: Shop) -> tuple[str, int]:
    """Gloves and bearings asked for, and a second supplier: dearer gloves, cheaper bearings, charges small orders."""
    charges = {"minimum_rule": MinimumRule.SURCHARGE, "minimum_value": D(300), "charge": D(25)}
    other = add_supplier(shop.someone, "Brandt Lager", **charges)
    ctx = shop.someone()
    many = (Break(D(20), D("3.00")),)
    catalogue.set_offer(ctx, OfferFacts(other.id, shop.gloves_id, "box", D("9.80"), TODAY))
    catalogue.set_offer(ctx, OfferFacts(other.id, shop.bearing_id, "each", D("3.90"), TODAY, breaks=many))
    asked = shop.approved(NewLine(D(500), shop.gloves_id), NewLine(D(100), shop.bearing_id))
    assert asked.number is not None
    return asked.number, other.id


def test_the_award_splits_where_it_pays(
    plant: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By hand: bearings 100 x 3.00 = 300 reach Brandt's minimum; gloves 5 boxes x 9.50 stay with Kessling."""
    with plant.database.transaction() as session:
        shop = open_shop(Someone(plant, session))
        number, other_id = two_sellers(shop)
    monkeypatch.setenv("PLANTOPS_DATABASE_URL", plant.database.url)
    monkeypatch.setattr("plantops.command.open_house", lambda *_a, **_k: plant)
    assert cli.main(["purchasing", "award", number, "--seconds", "5", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {"status", "cost", "baseline", "saving", "bound", "gap", "lines"} <= set(told)
    assert (told["status"], told["cost"], told["saving"]) == ("optimal", 347.5, told["baseline"] - 347.5)
    assert [(line["supplier_id"], line["quantity"], line["amount"]) for line in told["lines"]] == [
        (shop.supplier_id, 500.0, 47.5),
        (other_id, 100.0, 300.0),
    ]
    assert cli.main(["purchasing", "award", number]) == 0
    assert "Brandt Lager" in capsys.readouterr().out
    assert cli.main(["purchasing", "award", "RQ-0"]) != 0
    assert "requisition" in capsys.readouterr().err
