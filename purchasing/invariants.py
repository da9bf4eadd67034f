"""What must hold on a live database, as plain SQL: each query returns what breaks it."""

from __future__ import annotations

from sqlalchemy import text

from plantops.module import Invariant

GOODS = (
    Invariant(
        "received less returned is within ordered and tolerance, per line",
        text(
            "SELECT id, 'order line ' || id || ' came too much' FROM purchasing_order_line"
            " WHERE accepted - returned > quantity * (1 + over_percent / 100)"
        ),
    ),
    Invariant(
        "what order lines say came is what posted receipts say",
        text(
            "SELECT l.id, 'order line ' || l.id || ' says ' || l.accepted || ' came and ' || l.returned"
            " || ' went back, receipts say ' || coalesce(r.accepted, 0) || ' and ' || coalesce(r.returned, 0)"
            " FROM purchasing_order_line l LEFT JOIN ("
            "  SELECT rl.order_line_id,"
            "   sum(rl.accepted) FILTER (WHERE coalesce(o.kind, r.kind) = 'delivery') AS accepted,"
            "   sum(rl.rejected) FILTER (WHERE coalesce(o.kind, r.kind) = 'delivery') AS rejected,"
            "   -sum(rl.accepted) FILTER (WHERE coalesce(o.kind, r.kind) = 'return') AS returned"
            "  FROM purchasing_receipt_line rl JOIN purchasing_receipt r ON r.id = rl.receipt_id"
            "  LEFT JOIN purchasing_receipt o ON o.id = r.reverses_id WHERE r.state <> 'draft'"
            "  GROUP BY rl.order_line_id) r ON r.order_line_id = l.id"
            " WHERE l.accepted <> coalesce(r.accepted, 0) OR l.returned <> coalesce(r.returned, 0)"
            " OR l.rejected <> coalesce(r.rejected, 0)"
        ),
    ),
    Invariant(
        "every reversed receipt has one reversal, line for line",
        text(
            "SELECT r.id, r.number || ' is reversed without an equal reversal' FROM purchasing_receipt r"
            " LEFT JOIN purchasing_receipt v ON v.reverses_id = r.id WHERE r.state = 'reversed' AND (v.id IS NULL OR"
            " EXISTS (SELECT FROM purchasing_receipt_line l FULL JOIN purchasing_receipt_line m"
            " ON m.order_line_id = l.order_line_id AND m.receipt_id = v.id WHERE l.receipt_id = r.id"
            " AND (m.id IS NULL OR m.accepted <> -l.accepted OR m.rejected <> -l.rejected)))"
        ),
    ),
    Invariant(
        "goods received into a store are in its ledger",
        text(
            "WITH stored AS (SELECT r.id, r.number, l.item_id, sum(rl.accepted * l.factor) AS quantity"
            "  FROM purchasing_receipt r JOIN purchasing_receipt_line rl ON rl.receipt_id = r.id"
            "  JOIN purchasing_order_line l ON l.id = rl.order_line_id JOIN core_item i ON i.id = l.item_id"
            "  WHERE r.state <> 'draft' AND r.store_id IS NOT NULL AND i.kind = 'good' AND rl.accepted <> 0"
            "  GROUP BY r.id, l.item_id)"
            " SELECT s.id, s.number || ' is not in the stock ledger as it was received' FROM stored s"
            " WHERE s.quantity <> (SELECT coalesce(sum(m.quantity), 0) FROM core_stock_move m"
            "  WHERE m.batch = 'purchasing_receipt:' || s.id AND m.item_id = s.item_id)"
        ),
    ),
    Invariant(
        "a delivery note is received once per supplier",
        text(
            "SELECT min(id), 'delivery note ' || note_key || ' was received twice' FROM purchasing_receipt"
            " WHERE kind = 'delivery' AND note_key <> '' AND state <> 'reversed'"
            " GROUP BY supplier_id, note_key HAVING count(*) > 1"
        ),
    ),
)

ORDERS = (
    Invariant(
        "requisition lines are covered by what their orders cover, and never beyond what was asked",
        text(
            "SELECT l.id, 'requisition line ' || l.id || ' counts ' || l.allocated || ' as ordered, orders cover '"
            " || coalesce(sum(a.quantity), 0) FROM purchasing_requisition_line l"
            " LEFT JOIN purchasing_allocation a ON a.requisition_line_id = l.id GROUP BY l.id"
            " HAVING l.allocated <> coalesce(sum(a.quantity), 0) OR l.allocated > l.quantity * l.factor"
        ),
    ),
    Invariant(
        "a cancelled order covers nothing",
        text(
            "SELECT o.id, 'order ' || o.id || ' is cancelled and still covers requisitions' FROM purchasing_order o"
            " JOIN purchasing_order_line l ON l.order_id = o.id JOIN purchasing_allocation a ON a.order_line_id = l.id"
            " WHERE o.state = 'cancelled' AND a.quantity > 0"
        ),
    ),
    Invariant(
        "an order line never orders less than it covers",
        text(
            "SELECT l.id, 'order line ' || l.id || ' covers more than it orders' FROM purchasing_order_line l"
            " JOIN purchasing_allocation a ON a.order_line_id = l.id GROUP BY l.id"
            " HAVING sum(a.quantity) > l.quantity * l.factor"
        ),
    ),
    Invariant(
        "no order is out that was not approved, or for more than was approved",
        text(
            "SELECT o.id, o.number || ' is out without an approval that covers it' FROM purchasing_order o"
            " WHERE o.state IN ('issued', 'acknowledged', 'closed') AND o.import_id IS NULL"
            " AND (o.approved_total IS NULL OR round(o.total * o.rate, 4) > o.approved_total OR NOT EXISTS ("
            "  SELECT FROM core_approval a WHERE a.origin = 'purchasing_order:' || o.id AND a.state = 'approved'))"
        ),
    ),
    Invariant(
        "nobody approved what they asked for or wrote",
        text(
            "SELECT a.id, a.origin || ' was approved by who asked for it' FROM core_approval a"
            " JOIN core_approval_step s ON s.approval_id = a.id JOIN core_approval_decision d ON d.step_id = s.id"
            " WHERE a.kind LIKE 'purchasing%' AND d.yes AND (d.decided_by_id IN (a.requested_by_id, a.created_by_id)"
            " OR d.for_id = a.requested_by_id)"
        ),
    ),
    Invariant(
        "totals of requisitions and orders are the sums of their lines",
        text(
            "SELECT r.id, 'requisition ' || r.id || ' has a wrong total' FROM purchasing_requisition r"
            " WHERE r.total <> (SELECT coalesce(sum(amount), 0) FROM purchasing_requisition_line l"
            " WHERE l.requisition_id = r.id) UNION ALL"
            " SELECT o.id, 'order ' || o.id || ' has a wrong total' FROM purchasing_order o LEFT JOIN ("
            "  SELECT order_id, sum(amount) AS amount FROM purchasing_order_line GROUP BY order_id) l"
            " ON l.order_id = o.id WHERE o.net <> coalesce(l.amount, 0) OR o.total <> o.net + o.freight + o.surcharge"
        ),
    ),
    Invariant(
        "an order line costs quantity times price, rounded, and the stored difference",
        text(
            "SELECT l.id, 'order line ' || l.id || ' costs something else than its price says'"
            " FROM purchasing_order_line l WHERE abs(l.amount - l.rounding_difference"
            " - l.quantity * l.price / l.per) > 0.5"
        ),
    ),
    Invariant(
        "a bank account is verified by somebody else than entered it",
        text(
            "SELECT id, 'account ' || id || ' was verified by who entered it' FROM purchasing_bank_account"
            " WHERE state = 'verified' AND (verified_by_id IS NULL OR verified_by_id = edited_by_id)"
        ),
    ),
)

INVOICES = (
    Invariant(
        "what order lines say was billed is what matched invoices say, within what came",
        text(
            "SELECT l.id, 'order line ' || l.id || ' says ' || l.invoiced || ' billed and ' || l.credited"
            " || ' credited, invoices say ' || coalesce(m.billed, 0) || ' and ' || coalesce(m.credited, 0)"
            " FROM purchasing_order_line l LEFT JOIN (SELECT m.order_line_id,"
            "   sum(m.quantity) FILTER (WHERE i.kind = 'invoice') AS billed,"
            "   sum(m.quantity) FILTER (WHERE i.kind = 'credit_note') AS credited"
            "  FROM purchasing_match m JOIN purchasing_invoice_line il ON il.id = m.invoice_line_id"
            "  JOIN purchasing_invoice i ON i.id = il.invoice_id"
            "  WHERE i.state IN ('matched', 'approved', 'posted', 'paid') GROUP BY m.order_line_id) m"
            " ON m.order_line_id = l.id WHERE l.invoiced <> coalesce(m.billed, 0)"
            " OR l.credited <> coalesce(m.credited, 0) OR l.invoiced - l.credited >"
            " (CASE WHEN l.three_way THEN l.accepted ELSE l.quantity END) * (1 + l.bill_percent / 100)"
        ),
    ),
    Invariant(
        "only matched invoices claim, all of each line, and no receipt pays twice",
        text(
            "SELECT il.id, i.number || ' claims other quantities than it bills' FROM purchasing_invoice i"
            " JOIN purchasing_invoice_line il ON il.invoice_id = i.id LEFT JOIN purchasing_match m"
            " ON m.invoice_line_id = il.id WHERE il.order_line_id IS NOT NULL GROUP BY i.id, il.id"
            " HAVING coalesce(sum(m.quantity), 0) <>"
            " CASE WHEN i.state IN ('matched', 'approved', 'posted', 'paid') THEN il.quantity ELSE 0 END"
            " UNION ALL SELECT r.id, 'receipt line ' || r.id || ' is billed beyond what it accepted'"
            " FROM purchasing_receipt_line r JOIN purchasing_match m ON m.receipt_line_id = r.id"
            " GROUP BY r.id HAVING sum(m.quantity) > r.accepted"
        ),
    ),
    Invariant(
        "no supplier's number is matched twice, whatever the year",
        text(
            "SELECT min(id), 'number ' || number_key || ' counts twice' FROM purchasing_invoice"
            " WHERE state IN ('matched', 'approved', 'posted', 'paid')"
            " GROUP BY supplier_id, kind, number_key HAVING count(*) > 1"
        ),
    ),
    Invariant(
        "an invoice with an open hold is not paid, and one without waits for nothing",
        text(
            "SELECT i.id, i.number || ' is ' || i.state || ' with ' || count(h.id) || ' open holds'"
            " FROM purchasing_invoice i LEFT JOIN purchasing_hold h ON h.invoice_id = i.id AND h.state = 'open'"
            " GROUP BY i.id HAVING (count(h.id) > 0 AND i.state IN ('matched', 'approved', 'posted', 'paid'))"
            " OR (count(h.id) = 0 AND i.state = 'exception')"
        ),
    ),
    Invariant(
        "totals of invoices are the sums of their lines, with the tax",
        text(
            "SELECT i.id, i.number || ' has a wrong total' FROM purchasing_invoice i JOIN (SELECT invoice_id,"
            " sum(amount) AS net FROM purchasing_invoice_line GROUP BY invoice_id) l ON l.invoice_id = i.id"
            " WHERE i.net <> l.net OR i.gross <> i.net + i.tax"
        ),
    ),
    Invariant(
        "booking numbers have no gaps",
        text(
            "SELECT max(i.id), 'booking numbers of site ' || i.site_id || ' have a gap'"
            " FROM purchasing_invoice i WHERE i.booking_number IS NOT NULL"
            " GROUP BY i.site_id, split_part(i.booking_number, '-', 3)"
            " HAVING max(split_part(i.booking_number, '-', 4)::bigint) <> count(*)"
        ),
    ),
    Invariant(
        "every posted invoice has a booking number and was approved",
        text(
            "SELECT id, number || ' is posted without approval or booking number' FROM purchasing_invoice"
            " WHERE state IN ('posted', 'paid') AND (booking_number IS NULL OR approved_by_id IS NULL)"
        ),
    ),
)

MONEY = (
    Invariant(
        "money stays reserved only for what is asked for and not ordered, and never below zero",
        text(
            "SELECT c.requisition_line_id, 'requisition line ' || c.requisition_line_id || ' keeps ' || sum(c.amount)"
            " || ' reserved' FROM purchasing_commitment c LEFT JOIN purchasing_requisition_line l"
            " ON l.id = c.requisition_line_id LEFT JOIN purchasing_requisition r ON r.id = l.requisition_id"
            " WHERE c.stage = 'reserved' GROUP BY c.requisition_line_id, r.state, l.amount HAVING sum(c.amount) < 0"
            " OR sum(c.amount) > coalesce(l.amount, 0) OR (sum(c.amount) > 0 AND (r.state IS NULL"
            " OR r.state IN ('draft', 'cancelled', 'closed')))"
        ),
    ),
    Invariant(
        "money stays ordered only for open lines of live orders, and never below zero",
        text(
            "SELECT c.order_line_id, 'order line ' || c.order_line_id || ' keeps ' || sum(c.amount) || ' ordered'"
            " FROM purchasing_commitment c LEFT JOIN purchasing_order_line l ON l.id = c.order_line_id"
            " LEFT JOIN purchasing_order o ON o.id = l.order_id WHERE c.stage = 'ordered'"
            " GROUP BY c.order_line_id, l.state, o.state HAVING sum(c.amount) < 0 OR (sum(c.amount) > 0 AND"
            " (l.state IS NULL OR l.state <> 'open' OR o.state IN ('draft', 'cancelled')))"
        ),
    ),
    Invariant(
        "money counts as billed for exactly the matched invoice lines",
        text(
            "SELECT il.id, i.number || ' is in the ledger with ' || coalesce(c.amount, 0) FROM purchasing_invoice i"
            " JOIN purchasing_invoice_line il ON il.invoice_id = i.id LEFT JOIN (SELECT invoice_line_id,"
            " sum(amount) AS amount FROM purchasing_commitment WHERE stage = 'invoiced' GROUP BY invoice_line_id) c"
            " ON c.invoice_line_id = il.id WHERE coalesce(c.amount, 0) <> CASE WHEN c.invoice_line_id IS NULL"
            " AND il.cost_centre_id IS NULL AND i.order_id IS NULL THEN 0"
            " WHEN i.state IN ('matched', 'approved', 'posted', 'paid') THEN"
            " round(il.amount * i.rate * CASE WHEN i.kind = 'invoice' THEN 1 ELSE -1 END, 2) ELSE 0 END"
        ),
    ),
)

INVARIANTS = (*GOODS, *ORDERS, *INVOICES, *MONEY)
