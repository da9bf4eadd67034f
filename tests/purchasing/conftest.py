"""What every test of purchasing may ask for."""

from __future__ import annotations

import pytest

from tests.houses import Someone
from tests.purchasing.shop import Shop, open_shop


@pytest.fixture
def shop(ctx: Someone) -> Shop:
    """A plant that can buy, in a transaction that is rolled back."""
    return open_shop(ctx)
