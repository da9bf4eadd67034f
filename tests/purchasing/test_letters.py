"""The worker prints an order and writes the mail to its supplier, once per revision."""

from __future__ import annotations

import io
from typing import Any

import pypdf
import pytest
import sqlalchemy as sa

from plantops import files, jobs, outbox, worker
from plantops.core import House
from plantops.jobs import JobRun
from purchasing import amendments, letters
from purchasing.amendments import LineChange
from purchasing.models import Order
from purchasing.requisition_lines import NewLine
from tests.houses import Someone
from tests.purchasing.shop import D, Shop, open_shop

pytestmark = pytest.mark.db


def test_the_paper_names_packs_prices_and_charges(shop: Shop) -> None:
    order = shop.issued(NewLine(D(500), shop.gloves_id), NewLine(D(40), shop.bearing_id))
    values = letters.paper(shop.someone(), order.id).values
    assert [line["pack"] for line in values["lines"]] == ["box of 100 pieces", ""]
    assert [line["per"] for line in values["lines"]] == ["box", "100 pieces"]
    assert values["total"].amount == D("212.50")


def test_a_reminder_names_what_is_missing(shop: Shop) -> None:
    order = shop.issued()
    shop.receive(order, 2)
    subject, text = letters.reminder_mail(letters.correspondence(shop.someone(), order.id))
    assert order.number and order.number in subject
    assert "Nitrile gloves L: 3 boxes" in text


def run_all(house: House) -> None:
    with house.database.transaction() as session:
        waiting = session.scalars(sa.select(JobRun.id).where(JobRun.state == jobs.State.QUEUED)).all()
    for run_id in waiting:
        worker.run(house, run_id)


def test_an_issued_order_is_printed_kept_and_mailed(plant: House) -> None:
    with plant.database.transaction() as session:
        shop = open_shop(Someone(plant, session))
        order_id = shop.issued().id
    run_all(plant)
    with plant.acting() as ctx:
        order = ctx.session.get_one(Order, order_id)
        (letter,) = outbox.list_mails(ctx, origin=f"purchasing_order:{order_id}")
        assert (letter.to_address, letter.reply_to) == ("kessling@supply.example", "bea@marenfeld.example")
        assert letter.file_ids == [order.file_id]
        text = _words(files.content(ctx, letter.file_ids[0]))
    assert order.number and order.number in text
    assert "Kessling Hygiene" in text
    with plant.database.transaction() as session:
        shop.someone = Someone(plant, session, known=shop.someone.known)
        order = shop.fresh(Order, order_id)
        version = order.version
        line_id = session.scalar(sa.text("SELECT id FROM purchasing_order_line WHERE order_id = :id"), {"id": order_id})
        amendments.revise(shop.buyer, order_id, version, "a better price", [LineChange(int(line_id or 0), price=D(9))])
    run_all(plant)
    with plant.acting() as ctx:
        newest = outbox.list_mails(ctx, origin=f"purchasing_order:{order_id}")[0]
        assert "revision 1" in newest.subject
        assert "a better price" in _words(files.content(ctx, newest.file_ids[0]))


def _words(content: Any) -> str:
    return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
