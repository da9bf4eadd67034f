"""Who follows a requisition hears of its steps: as many as may see it, in one look, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from plantops import activity, followers
from plantops.context import Context
from plantops.wording import speaking
from purchasing import orders, requisition_approval, requisitions
from purchasing.models import Requisition
from purchasing.requisition_lines import NewLine
from tests.purchasing.shop import D, Shop

pytestmark = pytest.mark.db
SHELF = NewLine(D(1), None, description="A shelf", unit="each", price=D(300))
LIFT = NewLine(D(1), None, description="A lift", unit="each", price=D(6000))


@contextmanager
def counted(ctx: Context) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(" ".join(statement.split()))

    connection = ctx.session.connection()
    sa.event.listen(connection, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sa.event.remove(connection, "before_cursor_execute", note)


def origin_of(requisition: Requisition) -> str:
    return f"purchasing_requisition:{requisition.id}"


def heard(person: Context, origin: str) -> list[str]:
    return [row.text for row in activity.waiting(person) if row.origin == origin]


def test_who_may_see_it_hears_of_a_step_and_others_do_not(shop: Shop) -> None:
    """A follower who only sees what waits for them hears of it from then on; a stranger never does."""
    reader, stranger = shop.someone(as_="auditor", login="audrey"), shop.someone(as_="requester", login="stan")
    draft = requisitions.start(shop.asker, shop.head(), (SHELF,))
    origin = origin_of(draft)
    for one in (reader, stranger, shop.approver):
        followers.follow(shop.asker, origin, one.user.id)
    submitted = requisition_approval.submit(shop.asker, draft.id, draft.version)
    assert heard(reader, origin) == ["It is now submitted."]
    requisition_approval.approve(shop.approver, submitted.id, submitted.version)
    assert heard(reader, origin)[0] == heard(shop.asker, origin)[0] == "It is now approved."
    assert heard(stranger, origin) == [], "followed, and told nothing of what cannot be seen"
    followers.follow(shop.asker, origin, shop.asker.user.id, follows=False)
    assert [row.name for row in followers.following(reader, origin) or ()] == ["Aron", "Audrey", "Stan"]


def test_who_follows_an_order_hears_that_it_was_sent_off(shop: Shop) -> None:
    """Each is told once, where it is in the end: small ones need nobody's yes."""
    reader = shop.someone(as_="auditor", login="audrey")
    for line, send_off, told in (
        (SHELF, orders.submit, "It is now approved."),
        (LIFT, orders.submit, "It is now pending approval."),
        (LIFT, orders.place, "It is now pending approval."),
    ):
        order = shop.draft_order(line)
        origin = f"purchasing_order:{order.id}"
        followers.follow(reader, origin, reader.user.id)
        send_off(shop.buyer, order.id, order.version)
        assert heard(reader, origin) == [told]


def test_telling_ten_asks_no_more_than_telling_one(shop: Shop) -> None:
    asked, asker = [], shop.asker
    for many in (1, 10):
        draft = requisitions.start(asker, shop.head(), (SHELF,))
        people = [shop.someone(as_="auditor", login=f"aud{number}") for number in range(many)]
        for one in people:
            followers.follow(asker, origin_of(draft), one.user.id)
        with counted(asker) as statements:
            activity.tell(asker, origin_of(draft), "It is now good.")
        assert [heard(one, origin_of(draft)) for one in people] == [["It is now good."]] * many
        asked.append(len(statements))
    assert asked == [2, 2], "who follows, and the writing for those of them who may see it"


def test_a_step_is_kept_as_its_state_and_said_in_the_language_of_who_reads(shop: Shop) -> None:
    reader = shop.someone(as_="auditor", login="audrey")
    draft = requisitions.start(shop.asker, shop.head(), (SHELF,))
    origin = origin_of(draft)
    followers.follow(shop.asker, origin, reader.user.id)
    with speaking("de"):
        requisition_approval.submit(shop.asker, draft.id, draft.version)
    assert heard(reader, origin) == ["It is now submitted."]
    with speaking("de"):
        assert heard(reader, origin) == ["Jetzt: Eingereicht."]


def test_what_is_undone_is_untold_and_words_stay(shop: Shop) -> None:
    reader = shop.someone(as_="auditor", login="audrey")
    draft = requisitions.start(shop.asker, shop.head(), (SHELF,))
    origin = origin_of(draft)
    followers.follow(shop.asker, origin, reader.user.id)
    submitted = requisition_approval.submit(shop.asker, draft.id, draft.version)
    activity.comment(shop.asker, origin, "It is now broken again @audrey")
    requisition_approval.take_step_back(shop.asker, submitted.id, submitted.version)
    assert heard(reader, origin) == ["It is now broken again @audrey"]
