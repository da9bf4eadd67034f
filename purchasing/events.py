"""What purchasing announces: a yes, an order on its way, goods at the dock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from plantops.events import Event


@dataclass(frozen=True)
class RequisitionApproved(Event):
    """A budget holder said yes (or the plant's rule did): the lines may be ordered."""

    requisition_id: int
    site_id: int
    cost_centre_id: int
    origin: str


@dataclass(frozen=True)
class OrderIssued(Event):
    """An order got its number and goes to the supplier."""

    order_id: int
    site_id: int
    supplier_id: int
    revision: int


@dataclass(frozen=True)
class ReceivedLine:
    order_line_id: int
    item_id: int | None
    description: str
    accepted: Decimal
    unit: str
    store_id: int | None


@dataclass(frozen=True)
class GoodsReceived(Event):
    """A receipt was posted; a reversal or a return carries negative quantities."""

    receipt_id: int
    order_id: int
    site_id: int
    arrived_on: date
    lines: tuple[ReceivedLine, ...]
    origins: tuple[str, ...]
    """Origins of the requisitions that asked for the goods, such as `housekeeping.workorder:17`."""


@dataclass(frozen=True)
class BankAccountVerified(Event):
    """A second person found a supplier's new account right."""

    supplier_id: int
