"""What can be brought into purchasing from files."""

from purchasing.imports.items import ITEMS
from purchasing.imports.orders import PURCHASE_ORDERS
from purchasing.imports.suppliers import SUPPLIERS

KINDS = (SUPPLIERS, ITEMS, PURCHASE_ORDERS)
