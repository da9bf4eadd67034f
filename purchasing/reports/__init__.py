"""Purchasing's part of the plant manager's week."""

from purchasing.reports.blocked import BLOCKED_INVOICES, UNPOSTED
from purchasing.reports.budget import BUDGET_FORECAST, MONEY
from purchasing.reports.on_time import ON_TIME_IN_FULL

WEEKLY = (ON_TIME_IN_FULL, BUDGET_FORECAST, BLOCKED_INVOICES, MONEY, UNPOSTED)
