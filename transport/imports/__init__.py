"""What can be brought into transport from files."""

from transport.imports.fleet import BANS, ROADS, VEHICLES
from transport.imports.orders import ORDERS

KINDS = (ORDERS, VEHICLES, ROADS, BANS)
