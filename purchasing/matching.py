"""Three-way match: ordered, received, billed; what differs, and whether it matters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from plantops.catalogues import ENGLISH
from plantops.wording import mark, say, speaking
from purchasing.models.bills import BillLine, Code

CENT = Decimal("0.01")

WAITING = frozenset({Code.NOT_RECEIVED})
"""Nothing is wrong: the invoice came before the goods, and each receipt matches it again."""
ACCEPTABLE = frozenset({Code.PRICE, Code.NO_PO, Code.TAX})
"""A person may let these pass. The others end only when what they are about is put right."""


@dataclass(frozen=True)
class Tolerance:
    """Upward only: a difference matters when it is above `least` and (above `percent` or above `most`)."""

    least: Decimal = Decimal(5)
    percent: Decimal = Decimal(2)
    most: Decimal = Decimal(100)

    def exceeded(self, expected: Decimal, billed: Decimal) -> bool:
        """Both in company currency."""
        over = billed - expected
        return over > self.least and (over > expected * self.percent / 100 or over > self.most)


@dataclass(frozen=True)
class Ordered:
    """An order line as the match sees it; `billed` is what other invoices took, less credits."""

    id: int
    position: int
    quantity: Decimal
    amount: Decimal
    accepted: Decimal
    returned: Decimal
    billed: Decimal
    bill_percent: Decimal = Decimal(0)
    three_way: bool = True
    may_still_come: bool = True

    @property
    def received(self) -> Decimal:
        return self.accepted - self.returned

    def expected(self, quantity: Decimal) -> Decimal:
        """What this much of the line costs by the order."""
        return (self.amount * quantity / self.quantity).quantize(CENT, ROUND_HALF_UP)

    def limit(self) -> Decimal:
        """How much more may be billed now."""
        base = self.received if self.three_way else self.quantity
        return base * (1 + self.bill_percent / 100) - self.billed

    def limit_ever(self) -> Decimal:
        """How much more may be billed once everything has come."""
        base = max(self.quantity, self.received) if self.may_still_come else self.received
        return base * (1 + self.bill_percent / 100) - self.billed


@dataclass(frozen=True)
class Billed:
    """An invoice line as the match sees it."""

    id: int
    position: int
    kind: BillLine
    order_line_id: int | None
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Bill:
    """The invoice's head as the match sees it."""

    currency: str
    rate: Decimal
    gross: Decimal
    stated_gross: Decimal
    order_currency: str | None = None
    order_is_over: bool = False
    freight_left: Decimal = Decimal(0)
    """Freight and surcharge of the order that no other invoice has billed."""
    duplicate_of: str | None = None
    duplicate_on: date | None = None
    iban: str = ""
    verified_iban: str | None = None
    is_credit: bool = False
    expected_without_order: Decimal | None = None
    expected_percent: Decimal = Decimal(0)


@dataclass(frozen=True)
class Finding:
    """One reason to hold the invoice. `fingerprint` changes with anything that an acceptance was about."""

    code: Code
    line_id: int | None
    text: str
    difference: Decimal
    fingerprint: str


# --- Rules


def number_key(number: str) -> str:
    """`RE-2025/00118` and `re 2025 118` are the same number: its letters and digits, without leading zeros."""
    plain_text = unicodedata.normalize("NFKC", number).upper()
    runs = re.findall(r"[^\W\d_]+|\d+", plain_text)
    return "".join(run.lstrip("0") or "0" if run.isdigit() else run for run in runs)


def findings(
    bill: Bill, lines: Sequence[Billed], ordered: Mapping[int, Ordered], tolerance: Tolerance
) -> list[Finding]:
    """Everything that holds this invoice; empty when it matches."""
    if bill.is_credit:
        found = [*_head(bill), *_credits(lines, ordered)]
    else:
        found = [
            *_head(bill),
            *_without_order(bill, lines),
            *_freight(bill, lines, tolerance),
            *_quantities(lines, ordered),
            *_prices(bill, lines, ordered, tolerance),
        ]
    return sorted(found, key=lambda f: (f.line_id or 0, list(Code).index(f.code)))


def _head(bill: Bill) -> list[Finding]:
    found: list[Finding] = []
    if bill.duplicate_of:
        text = mark("this bill was captured before as {number} of {day}")
        found.append(_finding(Code.DUPLICATE, text, number=bill.duplicate_of, day=bill.duplicate_on))
    if bill.gross != bill.stated_gross:
        off = bill.stated_gross - bill.gross
        text = mark("lines and tax add up to {sum:,.2f}, the bill says {stated:,.2f}")
        found.append(_finding(Code.TAX, text, off, sum=bill.gross, stated=bill.stated_gross))
    if bill.order_currency and bill.currency != bill.order_currency:
        text = mark("billed in {currency}, ordered in {ordered}")
        found.append(_finding(Code.CURRENCY, text, currency=bill.currency, ordered=bill.order_currency))
    if not bill.is_credit and bill.verified_iban is None:
        text = mark("no bank account of the supplier was verified by a second person")
        found.append(_finding(Code.BANK_CHANGED, text))
    elif not bill.is_credit and bill.iban and bill.iban != bill.verified_iban:
        text = mark("the bill names the account {named}, verified is {verified}")
        named, verified = shown_iban(bill.iban), shown_iban(bill.verified_iban or "")
        found.append(_finding(Code.BANK_CHANGED, text, named=named, verified=verified))
    if bill.order_is_over and not bill.is_credit:
        found.append(_finding(Code.CLOSED_PO, mark("the order is closed or cancelled")))
    return found


def _without_order(bill: Bill, lines: Sequence[Billed]) -> list[Finding]:
    loose = [line for line in lines if line.order_line_id is None and line.kind is not BillLine.FREIGHT]
    if bill.order_currency is not None:
        loose = [line for line in loose if line.kind not in (BillLine.SURCHARGE, BillLine.DEPOSIT)]
    if not loose:
        return []
    net = sum((line.amount for line in loose), Decimal(0))
    if bill.expected_without_order is None:
        text = mark("{net:,.2f} {currency} were billed without an order")
        return [_finding(Code.NO_PO, text, net, net=net, currency=bill.currency)]
    off = net - bill.expected_without_order
    if abs(off) <= bill.expected_without_order * bill.expected_percent / 100:
        return []
    text = mark("{expected:,.2f} {currency} come every month, {net:,.2f} were billed")
    return [_finding(Code.NO_PO, text, off, expected=bill.expected_without_order, currency=bill.currency, net=net)]


def _freight(bill: Bill, lines: Sequence[Billed], tolerance: Tolerance) -> list[Finding]:
    kinds = (BillLine.FREIGHT, BillLine.SURCHARGE)
    charges = [line for line in lines if line.kind in kinds]
    if not charges or bill.order_currency is None:
        return []
    billed = sum((line.amount for line in charges), Decimal(0))
    if not tolerance.exceeded(bill.freight_left * bill.rate, billed * bill.rate):
        return []
    text = mark("freight and surcharge of {billed:,.2f} {currency} were billed, {agreed:,.2f} agreed")
    off = billed - bill.freight_left
    found = _finding(
        Code.PRICE, text, off, charges[0].id, billed=billed, currency=bill.currency, agreed=bill.freight_left
    )
    return [found]


def _credits(lines: Sequence[Billed], ordered: Mapping[int, Ordered]) -> list[Finding]:
    """No more can be credited than was billed."""
    found: list[Finding] = []
    for id, (first, quantity) in _by_order_line(lines).items():
        if quantity > ordered[id].billed:
            text, billed = mark("credited {credited:f}, billed {billed:f}"), ordered[id].billed.normalize()
            found.append(_finding(Code.QTY, text, line_id=first.id, credited=quantity.normalize(), billed=billed))
    return found


def _by_order_line(lines: Sequence[Billed]) -> dict[int, tuple[Billed, Decimal]]:
    """Per order line, not per invoice line: the same line billed twice is seen."""
    found: dict[int, tuple[Billed, Decimal]] = {}
    for line in lines:
        if line.order_line_id is not None:
            first, before = found.get(line.order_line_id, (line, Decimal(0)))
            found[line.order_line_id] = (first, before + line.quantity)
    return found


def _quantities(lines: Sequence[Billed], ordered: Mapping[int, Ordered]) -> list[Finding]:
    found: list[Finding] = []
    for id, (first, quantity) in _by_order_line(lines).items():
        source = ordered[id]
        if quantity <= source.limit():
            continue
        value = source.expected(quantity - max(source.limit(), Decimal(0)))
        text = mark("billed {billed:f}, received {received:f} of {quantity:f}")
        if source.billed:
            text = mark("billed {billed:f}, received {received:f} of {quantity:f}, billed before {before:f}")
        waits = source.three_way and quantity <= source.limit_ever()
        code = Code.NOT_RECEIVED if waits else Code.QTY
        finding = _finding(
            code,
            text,
            value,
            first.id,
            billed=quantity.normalize(),
            received=source.received.normalize(),
            quantity=source.quantity.normalize(),
            before=source.billed.normalize(),
        )
        found.append(finding)
    return found


def _prices(bill: Bill, lines: Sequence[Billed], ordered: Mapping[int, Ordered], tolerance: Tolerance) -> list[Finding]:
    found: list[Finding] = []
    if bill.order_currency is not None and bill.order_currency != bill.currency:
        return found
    for line in lines:
        if line.order_line_id is None:
            continue
        expected = ordered[line.order_line_id].expected(line.quantity)
        if tolerance.exceeded(expected * bill.rate, line.amount * bill.rate):
            off = line.amount - expected
            text = mark("billed {billed:,.2f} {currency}, by the order {expected:,.2f}")
            finding = _finding(
                Code.PRICE, text, off, line.id, billed=line.amount, currency=bill.currency, expected=expected
            )
            found.append(finding)
    return found


def warnings(bill: Bill, lines: Sequence[Billed], ordered: Mapping[int, Ordered], tolerance: Tolerance) -> list[str]:
    """What holds nothing but may interest: a price that is lower than agreed."""
    said: list[str] = []
    for line in lines:
        if line.order_line_id is None:
            continue
        expected = ordered[line.order_line_id].expected(line.quantity)
        if tolerance.exceeded(line.amount * bill.rate, expected * bill.rate):
            said.append(
                say(
                    "Line {position} is {expected:,.2f} {currency} cheaper than ordered.",
                    position=line.position,
                    expected=expected - line.amount,
                    currency=bill.currency,
                )
            )
    return said


def shown_iban(iban: str) -> str:
    """The ends of an account number: enough to compare, not enough to copy."""
    return f"{iban[:4]} … {iban[-4:]}" if len(iban) > 8 else iban


def why_not_iban(iban: str) -> str | None:
    """ISO 13616: two letters, two check digits, up to 30 characters; the remainder of 97 is 1."""
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{10,30}", iban):
        return say("an IBAN has two letters, two digits and up to 30 letters and digits")
    digits = "".join(str(int(ch, 36)) for ch in iban[4:] + iban[:4])
    return None if int(digits) % 97 == 1 else say("its check digits are wrong: a figure was mistyped")


def _finding(
    code: Code, text: str, difference: Decimal = Decimal(0), line_id: int | None = None, **values: Any
) -> Finding:
    """The fingerprint is English whoever captures: what was accepted in one language is so in each."""
    with speaking(ENGLISH):
        english = say(text, **values)
    return Finding(code, line_id, say(text, **values), difference, f"{code}|{line_id or ''}|{english}")
