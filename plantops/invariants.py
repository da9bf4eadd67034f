"""What must hold of approvals, items and stock on a live database."""

from __future__ import annotations

import sqlalchemy as sa

from plantops.module import Invariant

INVARIANTS = (
    Invariant(
        "nobody decided on what they asked for or wrote",
        sa.text(
            "SELECT d.id, a.origin || ' was decided by its requester or writer' FROM core_approval_decision d"
            " JOIN core_approval_step s ON s.id = d.step_id JOIN core_approval a ON a.id = s.approval_id"
            " WHERE d.decided_by_id IN (a.requested_by_id, a.created_by_id)"
            " OR d.for_id IN (a.requested_by_id, a.created_by_id)"
        ),
    ),
    Invariant(
        "what is approved has every yes that it needs",
        sa.text(
            "SELECT a.id, a.origin || ' lacks a yes at level ' || s.level FROM core_approval a"
            " JOIN core_approval_step s ON s.approval_id = a.id WHERE a.state = 'approved' AND s.quorum >"
            " (SELECT count(*) FROM core_approval_decision d WHERE d.step_id = s.id AND d.yes)"
        ),
    ),
    Invariant(
        "stock on hand is the sum of its moves",
        sa.text(
            "SELECT COALESCE(b.item_id, m.item_id), 'item ' || COALESCE(b.item_id, m.item_id) || ' in store '"
            " || COALESCE(b.store_id, m.store_id) || ' has ' || COALESCE(b.on_hand, 0) || ' worth '"
            " || COALESCE(b.value, 0) || ', its moves add up to ' || COALESCE(m.quantity, 0) || ' worth '"
            " || COALESCE(m.cost, 0) FROM core_stock_balance b FULL JOIN (SELECT item_id, store_id, sum(quantity)"
            " AS quantity, sum(cost) AS cost FROM core_stock_move GROUP BY item_id, store_id) m"
            " ON m.item_id = b.item_id AND m.store_id = b.store_id WHERE b.on_hand IS DISTINCT FROM"
            " COALESCE(m.quantity, 0) OR b.value IS DISTINCT FROM COALESCE(m.cost, 0)"
        ),
    ),
    Invariant(
        "no store that may not is below zero",
        sa.text(
            "SELECT b.item_id, 'item ' || b.item_id || ' in store ' || s.name || ' stands at ' || b.on_hand"
            " FROM core_stock_balance b JOIN core_store s ON s.id = b.store_id"
            " WHERE b.on_hand < 0 AND NOT s.may_go_negative"
        ),
    ),
    Invariant(
        "what is reserved is the sum of open reservations",
        sa.text(
            "SELECT b.item_id, 'item ' || b.item_id || ' in store ' || b.store_id || ' has ' || b.reserved ||"
            " ' reserved, its reservations add up to ' || COALESCE(r.quantity, 0) FROM core_stock_balance b"
            " LEFT JOIN (SELECT item_id, store_id, sum(open_quantity) AS quantity FROM core_stock_reservation"
            " GROUP BY item_id, store_id) r ON r.item_id = b.item_id AND r.store_id = b.store_id"
            " WHERE b.reserved <> COALESCE(r.quantity, 0)"
        ),
    ),
    Invariant(
        "a transfer puts in as much as it takes out",
        sa.text(
            "SELECT min(id), 'transfer ' || batch || ' is off by ' || sum(quantity) || ' worth ' || sum(cost)"
            " FROM core_stock_move WHERE kind = 'transfer' GROUP BY batch, item_id"
            " HAVING sum(quantity) <> 0 OR sum(cost) <> 0"
        ),
    ),
    Invariant(
        "what takes a movement back is its opposite",
        sa.text(
            "SELECT r.id, 'movement ' || r.id || ' does not undo movement ' || m.id FROM core_stock_move r"
            " JOIN core_stock_move m ON m.id = r.reverses_id WHERE r.quantity <> -m.quantity OR r.cost <> -m.cost"
            " OR r.item_id <> m.item_id OR r.store_id <> m.store_id"
        ),
    ),
)
