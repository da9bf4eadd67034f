"""Which role may do what in purchasing, and what it needs of the core for that."""

from __future__ import annotations

from plantops.module import Role
from plantops.permissions import Can as Core
from purchasing.permissions import Can

ASKING = (Can.ASK, Can.READ_CATALOGUE, Core.READ_ITEMS)
READING = (
    Can.READ_REQUISITIONS,
    Can.READ_ORDERS,
    Can.READ_PRICES,
    Can.READ_RECEIPTS,
    Can.READ_INVOICES,
    Can.READ_SUPPLIERS,
    Can.READ_CATALOGUE,
    Can.READ_BUDGETS,
)
MASTER_DATA = (Core.READ_PARTIES, Core.READ_ITEMS)

ROLES = (
    Role("administrator", "Administrator", tuple(Can)),
    Role("employee", "Employee", (*ASKING, Can.READ_PRICES)),
    Role("requester", "Requester", (*ASKING, Can.READ_PRICES)),
    Role(
        "buyer",
        "Buyer",
        (
            *ASKING,
            *MASTER_DATA,
            Can.READ_REQUISITIONS,
            Can.READ_ORDERS,
            Can.BUY,
            Can.READ_PRICES,
            Can.READ_RECEIPTS,
            Can.READ_SUPPLIERS,
            Can.MANAGE_SUPPLIERS,
            Can.MANAGE_CATALOGUE,
            Can.READ_BUDGETS,
            Core.MANAGE_PARTIES,
            Core.MANAGE_ITEMS,
            Core.READ_STOCK,
            Core.IMPORT,
            Core.UNDO_IMPORT,
        ),
    ),
    Role(
        "approver",
        "Approver",
        (
            Can.READ_REQUISITIONS,
            Can.APPROVE,
            Can.READ_ORDERS,
            Can.APPROVE_ORDERS,
            Can.READ_PRICES,
            Can.READ_BUDGETS,
            Can.MANAGE_BUDGETS,
            Can.READ_CATALOGUE,
            Core.READ_ITEMS,
        ),
    ),
    Role("receiver", "Receiver", (*ASKING, Can.RECEIVE, Can.READ_RECEIPTS, Core.READ_STOCK)),
    Role(
        "storekeeper",
        "Storekeeper",
        (
            *ASKING,
            Can.READ_PRICES,
            Can.READ_REQUISITIONS,
            Can.READ_ORDERS,
            Can.RECEIVE,
            Can.READ_RECEIPTS,
            Core.READ_STOCK,
        ),
    ),
    Role("facility_manager", "Facility manager", (*ASKING, Can.READ_PRICES, Can.READ_BUDGETS)),
    Role("crew_lead", "Crew lead", ASKING),
    Role(
        "accounts_payable",
        "Accounts payable",
        (
            *MASTER_DATA,
            Can.READ_ORDERS,
            Can.READ_PRICES,
            Can.READ_RECEIPTS,
            Can.READ_INVOICES,
            Can.CAPTURE,
            Can.SETTLE,
            Can.POST,
            Can.READ_SUPPLIERS,
            Can.VERIFY_BANK,
            Can.READ_BUDGETS,
        ),
    ),
    Role("plant_manager", "Plant manager", (*READING, Can.APPROVE, Can.APPROVE_ORDERS)),
    Role("auditor", "Auditor", READING),
)
