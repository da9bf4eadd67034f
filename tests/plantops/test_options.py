"""The plant's own settings: default, all sites, one site."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
import sqlalchemy as sa

from plantops import options
from plantops.context import Context
from plantops.errors import Forbidden, Invalid
from plantops.module import Module, ordered
from plantops.options import Option
from plantops.places import Site
from tests.houses import Someone

pytestmark = pytest.mark.db

HOLD = Option(Decimal(5), "Price differences up to this are paid", "EUR", least=Decimal(0), most=Decimal(1000))


def with_option(ctx: Context) -> Context:
    modules = (
        *ctx.registry.modules,
        Module(name="till", title="Till", settings={"hold": HOLD, "open": Option(True, "Open")}),
    )
    return replace(ctx, registry=ordered(modules))


def test_a_site_value_goes_before_that_of_all_sites_before_the_default(ctx: Someone) -> None:
    here = with_option(ctx())
    site = here.session.scalar(sa.select(Site.id).limit(1))
    assert options.amount(here, "till.hold", site) == 5
    options.change(here, "till.hold", "7.50")
    assert options.amount(here, "till.hold", site) == Decimal("7.50")
    options.change(here, "till.hold", "9", site)
    options.change(here, "till.hold", "10", site)
    assert options.amount(here, "till.hold", site) == 10
    assert options.amount(here, "till.hold") == Decimal("7.50")


def test_what_cannot_be_is_refused_in_a_sentence(ctx: Someone) -> None:
    here = with_option(ctx())
    for text, sentence in (("-1", "at least 0 EUR"), ("5000", "at most 1000 EUR"), ("much", "Enter a decimal")):
        with pytest.raises(Invalid, match=sentence):
            options.change(here, "till.hold", text)
    with pytest.raises(Invalid, match="no setting"):
        options.change(here, "till.nothing", "1")
    assert options.change(here, "till.open", "no") is False
    assert options.value(here, "till.open") is False


def test_only_who_may_changes_settings(ctx: Someone) -> None:
    with pytest.raises(Forbidden):
        options.change(with_option(ctx(as_="employee")), "till.hold", "1")
