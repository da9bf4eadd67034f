"""From whom to buy and when to order: planned without a database, answered with a proof."""
