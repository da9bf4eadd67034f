"""What is to be bought, who offers it under which conditions, and the award that comes back.

Plain frozen dataclasses. Quantities are Decimals in the unit of their line, money is a Decimal in `Problem.currency`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from plantops.engines import Outcome

ZERO, ONE = Decimal(0), Decimal(1)


class Minimum(StrEnum):
    """What an order under a supplier's minimum value means."""

    NONE = "none"
    REFUSE = "refuse"
    SURCHARGE = "surcharge"
    FREE_FREIGHT = "free_freight"


@dataclass(frozen=True, slots=True)
class Line:
    """Something that is needed.

    `most`: the most that may be bought of it when a larger order helps; None buys no more than packs, least
    quantities and price breaks ask for. `max_suppliers`: how many may share it. `max_share`: the most of the need
    that one of them may deliver, rounded up to whole packs. `need_in_days`: offers that take longer drop out.
    """

    id: str
    quantity: Decimal
    most: Decimal | None = None
    max_suppliers: int = 1
    max_share: Decimal = ONE
    need_in_days: int | None = None


@dataclass(frozen=True, slots=True)
class Supplier:
    """Somebody who may get an order. Values are those of the goods, without freight.

    `order_cost`: what each order costs, however large (freight of a consignment, our own work).
    `minimum_rule`, `minimum_value`, `charge`: an order under the value is refused, or costs the charge (a surcharge,
    or the freight that larger orders are spared). `max_value`, `max_lines`: the most that may go there.
    `max_share`: the most of the value of the whole award that may go there.
    """

    id: str
    order_cost: Decimal = ZERO
    minimum_rule: Minimum = Minimum.NONE
    minimum_value: Decimal = ZERO
    charge: Decimal = ZERO
    max_value: Decimal | None = None
    max_lines: int | None = None
    max_share: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Tier:
    """From this quantity on, every unit costs this."""

    from_quantity: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Offer:
    """What a supplier asks for a line: prices by quantity, least quantity, whole packs, and the most there is.

    `tiers` begin at different quantities; below the first nothing is sold. `freight_per_unit` comes on top of the
    price, `late_cost` is what being late is expected to cost when the supplier gets any of the line.
    """

    line: str
    supplier: str
    tiers: tuple[Tier, ...]
    least: Decimal = ZERO
    pack: Decimal = ONE
    capacity: Decimal | None = None
    freight_per_unit: Decimal = ZERO
    late_cost: Decimal = ZERO
    lead_days: int = 0


@dataclass(frozen=True, slots=True)
class Bundle:
    """All of these lines, whole, for one price. `freight` comes on top."""

    id: str
    supplier: str
    lines: tuple[str, ...]
    price: Decimal
    freight: Decimal = ZERO
    late_cost: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Lock:
    """What the buyer has decided: this supplier gets the line, or its part of it; of this quantity when it is named."""

    line: str
    supplier: str
    quantity: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything about one award. `max_suppliers`: how many may get an order. `budget`: the most that price, freight
    and charges may come to."""

    lines: tuple[Line, ...]
    suppliers: tuple[Supplier, ...]
    offers: tuple[Offer, ...]
    bundles: tuple[Bundle, ...] = ()
    locks: tuple[Lock, ...] = ()
    max_suppliers: int | None = None
    budget: Decimal | None = None
    currency: str = "EUR"


@dataclass(frozen=True, slots=True)
class Position:
    """One line, or part of it, at one supplier: whole packs. A line in a bundle names it and has no own price."""

    line: str
    supplier: str
    packs: int
    quantity: Decimal
    bundle: str | None = None


@dataclass(frozen=True, slots=True)
class Costs:
    """What an award costs: goods, freight with the cost of each order, charges for small orders, and being late."""

    price: Decimal = ZERO
    freight: Decimal = ZERO
    minimums: Decimal = ZERO
    late: Decimal = ZERO

    @property
    def money(self) -> Decimal:
        """What is really paid."""
        return self.price + self.freight + self.minimums

    @property
    def total(self) -> Decimal:
        return self.money + self.late

    def __sub__(self, other: Costs) -> Costs:
        return Costs(
            self.price - other.price,
            self.freight - other.freight,
            self.minimums - other.minimums,
            self.late - other.late,
        )


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a buyer would do without the engine, within the same limits; no costs when it cannot be done so."""

    name: str
    positions: tuple[Position, ...]
    costs: Costs | None


@dataclass(frozen=True, slots=True)
class Binding:
    """A limit that the award runs into, as a sentence, and how much cheaper it would be without, when that is known.

    `saves` is a lower limit of the saving when `proved` is False.
    """

    subject: str
    sentence: str
    saves: Decimal | None = None
    proved: bool = False


@dataclass(frozen=True, slots=True)
class Award:
    """The answer. `outcome.objective` and `.bound` are total costs; the bound is None when it was not proved.

    `baselines` meet the same limits; `saving` is against the best of them, split as costs are (None: none was found).
    `binding` says what keeps it from being cheaper; `clashes` why there is none, with the cheapest way out.
    """

    outcome: Outcome
    positions: tuple[Position, ...] = ()
    costs: Costs | None = None
    baselines: tuple[Baseline, ...] = ()
    binding: tuple[Binding, ...] = ()
    clashes: tuple[str, ...] = ()

    @property
    def baseline(self) -> Baseline | None:
        """The best of the baselines."""
        known = [one for one in self.baselines if one.costs is not None]
        return min(known, key=lambda one: one.costs.total if one.costs else ZERO, default=None)

    @property
    def saving(self) -> Costs | None:
        best = self.baseline
        return None if best is None or best.costs is None or self.costs is None else best.costs - self.costs
