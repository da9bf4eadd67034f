"""What may be accepted, taken off again and sent back: the rules of receipts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from plantops import lifecycle
from plantops.units import UNITS, plain
from plantops.wording import say
from purchasing.models import Order, OrderLine, Receipt
from purchasing.models.bills import ReceiptKind as Kind
from purchasing.models.bills import ReceiptState as State
from purchasing.models.orders import LineState
from purchasing.order_lines import most_receivable
from purchasing.orders import OUT
from purchasing.prices import LARGEST_QUANTITY, QUANTITY_STEP

EARLIEST = timedelta(days=60)
ZERO = Decimal(0)


@dataclass(frozen=True)
class Came:
    """What came of an order line, in the line's unit."""

    order_line_id: int
    accepted: Decimal
    rejected: Decimal = ZERO
    reason: str = ""


def why_not_receive(order: Order, line: OrderLine, accepted: Decimal) -> str | None:
    """Why this cannot be accepted: per line, whatever the rest of the order looks like."""
    if order.state not in OUT:
        return say("the order is {spoken}", spoken=lifecycle.spoken(order.state))
    if order.on_hold:
        return say("the order is on hold: {hold_reason}", hold_reason=order.hold_reason)
    if line.state is not LineState.OPEN:
        return say("line {position} is {spoken}", position=line.position, spoken=lifecycle.spoken(line.state))
    most = most_receivable(line)
    if accepted > most:
        return say(
            "line {position}: {came} of {quantity} {unit} came already, at most {most} more can be accepted. "
            "Park what is too much, or give it back to the driver",
            position=line.position,
            came=plain(line.accepted - line.returned),
            quantity=plain(line.quantity),
            unit=UNITS[line.unit].plural,
            most=plain(max(most, ZERO)),
        )
    return None


def why_not_arrived(day: date, today: date) -> str | None:
    """A day that somebody types: far back it is a slip of the finger."""
    return None if today - EARLIEST <= day <= today else say("a day of the last two months, not after today")


def why_not_quantities(came: Came) -> str | None:
    for value in (came.accepted, came.rejected):
        if not value.is_finite() or not 0 <= value <= LARGEST_QUANTITY or value != value.quantize(QUANTITY_STEP):
            return say("a quantity is 0 or more, with at most six decimals")
    if came.rejected and not came.reason.strip():
        return say("say why it was rejected")
    return None


def why_not_undo(line: OrderLine, accepted: Decimal) -> str | None:
    """Why so much of a line cannot be taken off again."""
    left = line.accepted - accepted
    if line.three_way and left < line.invoiced - line.credited:
        return say("line {position} was billed: it needs a credit note or a return", position=line.position)
    if left < line.returned:
        return say(
            "of line {position} {returned} went back to the supplier",
            position=line.position,
            returned=plain(line.returned),
        )
    return None


def why_not_return(line: OrderLine, quantity: Decimal) -> str | None:
    there = line.accepted - line.returned
    if quantity > there:
        return say("of line {position} only {there} are here", position=line.position, there=plain(there))
    return None


def why_not_send_back(receipt: Receipt, lines: Sequence[OrderLine]) -> str | None:
    """Why nothing of a delivery goes back to the supplier."""
    if receipt.kind is not Kind.DELIVERY or receipt.state is not State.POSTED:
        return (
            say("it is a {kind}", kind=receipt.kind)
            if receipt.kind is not Kind.DELIVERY
            else say("it is {state}", state=lifecycle.spoken(receipt.state))
        )
    came = {one.order_line_id for one in receipt.lines if one.accepted}
    if not any(line.accepted > line.returned for line in lines if line.id in came):
        return say("nothing of it is here any more")
    return None
