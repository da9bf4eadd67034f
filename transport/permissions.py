"""What somebody may be allowed to do in transport."""

from __future__ import annotations

from enum import StrEnum


class Can(StrEnum):
    REQUEST = "transport.order.request"
    READ_ORDERS = "transport.order.read"
    MANAGE_ORDERS = "transport.order.manage"
    READ_PLANS = "transport.plan.read"
    PLAN = "transport.plan.make"
    PUBLISH = "transport.plan.publish"
    DRIVE = "transport.stop.report"
    READ_VEHICLES = "transport.vehicle.read"
    MANAGE_VEHICLES = "transport.vehicle.manage"
    READ_COSTS = "transport.cost.read"
    IMPORT = "transport.order.import"
