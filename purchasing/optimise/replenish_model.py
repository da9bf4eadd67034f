"""What is in stock, what will be used week by week, what suppliers ask for, and the orders that come back.

Plain frozen dataclasses. Weeks are whole numbers from 0, quantities are floats in an item's stock unit, money is a
float in `Problem.currency`: what will be used is an estimate, so nothing here is exact to the cent.
"""

from __future__ import annotations

from dataclasses import dataclass

from plantops.engines import Outcome
from purchasing.optimise.award_model import Minimum


@dataclass(frozen=True, slots=True)
class Supplier:
    """Somebody who delivers `lead_weeks` after an order. Items of one supplier that are ordered in the same week
    share `order_cost`.

    `minimum_rule`, `minimum_value`, `charge`: an order whose goods are worth less is refused, or costs the charge (a
    surcharge, or the freight that larger orders are spared).
    """

    id: str
    order_cost: float = 0.0
    lead_weeks: int = 0
    minimum_rule: Minimum = Minimum.NONE
    minimum_value: float = 0.0
    charge: float = 0.0


@dataclass(frozen=True, slots=True)
class Item:
    """Something that is kept in stock.

    demand: what is used in each week. coming: (week, quantity) of what is ordered already. pack, least: whole packs,
    and the least quantity of an order. line_cost: what each order of it costs beside the supplier's order cost.
    holding: cost per unit that is left at the end of a week. safety: units that should always be left; each that is
    not costs `safety_cost` a week, and each that is missing altogether `shortage_cost` a week until it comes.
    shelf_weeks: what arrives in a week must be used within so many, that week included; None: it keeps.
    load: how much of the dock a pack takes.
    """

    id: str
    supplier: str
    demand: tuple[float, ...]
    price: float
    stock: float = 0.0
    coming: tuple[tuple[int, float], ...] = ()
    pack: float = 1.0
    least: float = 0.0
    line_cost: float = 0.0
    holding: float = 0.0
    safety: float = 0.0
    safety_cost: float = 0.0
    shortage_cost: float = 0.0
    shelf_weeks: int | None = None
    load: float = 0.0


@dataclass(frozen=True, slots=True)
class Budget:
    """The most that the goods ordered in the weeks `first` to `last` may be worth."""

    first: int
    last: int
    amount: float


@dataclass(frozen=True, slots=True)
class Problem:
    """A horizon of weeks. `dock`: the load that may arrive in each week; empty when it does not matter.

    Of no item more is ordered within the horizon than covers its use and safety stock, rounded up to packs and the
    least quantity; where the supplier refuses small orders, up to a quarter more.
    """

    weeks: int
    items: tuple[Item, ...]
    suppliers: tuple[Supplier, ...]
    budgets: tuple[Budget, ...] = ()
    dock: tuple[float, ...] = ()
    currency: str = "EUR"


@dataclass(frozen=True, slots=True)
class Order:
    """So many packs of an item, ordered in one week and there in another (at its beginning)."""

    item: str
    supplier: str
    week: int
    arrives: int
    packs: int
    quantity: float
    value: float


@dataclass(frozen=True, slots=True)
class Costs:
    """Goods, orders and lines, stock kept, charges for small orders, safety stock not there, shortages."""

    goods: float = 0.0
    orders: float = 0.0
    holding: float = 0.0
    charges: float = 0.0
    safety: float = 0.0
    shortage: float = 0.0

    @property
    def total(self) -> float:
        return self.goods + self.orders + self.holding + self.charges + self.safety + self.shortage


@dataclass(frozen=True, slots=True)
class Shortage:
    """What is missing of an item at the end of a week."""

    item: str
    week: int
    quantity: float


@dataclass(frozen=True, slots=True)
class Plan:
    """The answer. `outcome.objective` and `.bound` are total costs; the bound is None when it was not proved.

    `minmax` is what ordering up to a level would cost under the same limits. `binding`: what keeps it from being
    cheaper, as sentences.
    """

    outcome: Outcome
    orders: tuple[Order, ...]
    costs: Costs
    shortages: tuple[Shortage, ...] = ()
    minmax: Costs | None = None
    binding: tuple[str, ...] = ()
