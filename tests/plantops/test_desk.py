"""Everybody's own desk, the bell, and one mail a day: nobody sees another's, nobody is told what they may not see."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from plantops import activity, bell, desk, digest
from plantops.activity import ActivityKind
from plantops.context import Context
from plantops.desk import Place
from plantops.errors import Conflict, Invalid, NotFound
from plantops.events import DueItem, WaitingCard
from plantops.outbox import OutgoingMail
from plantops.parties import PartyFacts, add_party
from plantops.people import User
from tests.houses import Someone

pytestmark = pytest.mark.db


# --- Favourites and what was opened


def test_favourites_are_ones_own_and_can_be_taken_off(ctx: Someone) -> None:
    ana, bob = ctx(as_="buyer", login="ana"), ctx(as_="buyer", login="bob")
    desk.mark(ana, "/purchasing/orders?state=issued", "Orders  at work")
    desk.mark(ana, "/items/3", "Bearing")
    desk.mark(ana, "/items/3", "Ball bearing")
    assert desk.mine(ana).marked == (
        Place("/purchasing/orders?state=issued", "Orders at work"),
        Place("/items/3", "Ball bearing"),
    )
    assert desk.mine(bob).marked == ()
    desk.unmark(ana, "/items/3")
    assert [place.url for place in desk.mine(ana).marked] == ["/purchasing/orders?state=issued"]


@pytest.mark.parametrize(
    "url",
    ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)", "", "/a\nb"],
)
def test_only_pages_of_the_house_are_marked(ctx: Someone, url: str) -> None:
    with pytest.raises(Invalid, match="no page of this house"):
        desk.mark(ctx(as_="buyer"), url, "Elsewhere")


def test_favourites_do_not_grow_without_end(ctx: Someone) -> None:
    ana = ctx(as_="buyer")
    for number in range(desk.MOST_MARKED):
        desk.mark(ana, f"/items/{number}", "Item")
    with pytest.raises(Conflict, match="Take one off"):
        desk.mark(ana, "/items/999", "One more")


def test_the_last_ten_records_stand_newest_first_and_once(ctx: Someone) -> None:
    ana = ctx(as_="buyer")
    for number in [*range(12), 5]:
        desk.mine(ana, f"/items/{number}", f"Item {number}")
    assert [place.title for place in desk.mine(ana).opened] == [f"Item {n}" for n in (5, 11, 10, 9, 8, 7, 6, 4, 3, 2)]
    seen_from_there = desk.mine(ana, "/items/5", "Item 5").opened
    assert seen_from_there[0].title == "Item 11"
    desk.forget_opened(ana)
    assert desk.mine(ana).opened == ()


def test_single_keys_and_the_daily_mail_are_on_until_switched_off(ctx: Someone) -> None:
    ana = ctx(as_="buyer")
    assert (desk.mine(ana).single_keys, desk.mine(ana).digest) == (True, True)
    desk.choose(ana, single_keys=False)
    desk.choose(ana, digest=False)
    assert (desk.mine(ana).single_keys, desk.mine(ana).digest) == (False, False)


# --- The bell


def called(ctx: Someone, origin: str, text: str = "@ana please look") -> Context:
    ana = ctx(as_="buyer", login="ana")
    activity.comment(ctx(as_="storekeeper", login="bob"), origin, text)
    return ana


def test_the_bell_counts_until_read_and_a_mention_is_done_with_that(ctx: Someone) -> None:
    party = add_party(ctx(), PartyFacts("Kessling Hygiene"))
    ana = called(ctx, f"core_party:{party.id}")
    notice = bell.notices(ana)[0]
    assert (notice.is_unread, notice.kind, desk.mine(ana).unread) == (True, ActivityKind.MENTION, 1)
    assert bell.read(ana, notice.id) == f"/parties/{party.id}"
    assert (desk.mine(ana).unread, activity.waiting(ana)) == (0, [])
    bell.unread(ana, notice.id)
    assert (desk.mine(ana).unread, len(activity.waiting(ana))) == (1, 1)


def test_a_todo_that_was_read_waits_until_it_is_done(ctx: Someone) -> None:
    ana = ctx(as_="buyer", login="ana")
    activity.add_todo(ctx(as_="storekeeper"), "core_item:1", "Ask for a price", for_id=ana.user.id)
    assert bell.read_all(ana) == 1
    assert (desk.mine(ana).unread, [row.text for row in activity.waiting(ana)]) == (0, ["Ask for a price"])


def test_nobody_reads_anothers_notice(ctx: Someone) -> None:
    ana = called(ctx, "core_item:1")
    with pytest.raises(NotFound):
        bell.read(ctx(as_="buyer", login="eve"), bell.notices(ana)[0].id)


def test_what_one_may_not_see_is_not_told(ctx: Someone) -> None:
    ana = called(ctx, "purchasing_invoice:999999", "@ana the secret price")
    notice = bell.notices(ana)[0]
    assert (notice.text, notice.url, notice.label) == ("You may not see what this is about.", "", "")
    assert "secret" not in digest.letter("Ana", [], [notice], [], "https://plant.example", ana.today)


# --- One mail a day


def mails(ctx: Context) -> list[OutgoingMail]:
    return list(ctx.session.scalars(sa.select(OutgoingMail).where(OutgoingMail.subject.startswith("What waits"))))


def with_mail(ctx: Context) -> None:
    ctx.session.get_one(User, ctx.user.id).email = f"{ctx.user.login}@marenfeld.example"
    ctx.session.flush()


def test_the_mail_is_in_its_readers_language(ctx: Someone) -> None:
    ana = called(ctx, "core_item:1")
    with_mail(ana)
    ctx().session.get_one(User, ana.user.id).language = "de"
    ctx().session.flush()
    assert digest.send_digests(ctx()) == 1
    (mail,) = ctx().session.scalars(sa.select(OutgoingMail)).all()
    assert mail.text.startswith("Guten Morgen") and not mail.subject.startswith("What waits")


def test_one_mail_a_day_for_who_has_something_waiting(ctx: Someone) -> None:
    ana, idle = called(ctx, "core_item:1"), ctx(as_="employee", login="idle")
    with_mail(ana)
    with_mail(idle)
    assert digest.send_digests(ctx()) == 1
    assert digest.send_digests(ctx()) == 0
    (mail,) = mails(ctx())
    assert (mail.to_address, f"/bell/{bell.notices(ana)[0].id}" in mail.text) == ("ana@marenfeld.example", True)
    ctx.now += timedelta(days=1)
    assert digest.send_digests(ctx()) == 1


def test_an_address_that_is_none_keeps_nobody_else_from_their_mail(ctx: Someone) -> None:
    ana, bad = called(ctx, "core_item:1"), ctx(as_="employee", login="bad")
    with_mail(ana)
    activity.add_todo(bad, "core_item:1", "Look at it")
    ctx().session.get_one(User, bad.user.id).email = "nobody"
    ctx().session.flush()
    assert digest.send_digests(ctx()) == 1
    assert [mail.to_address for mail in mails(ctx())] == ["ana@marenfeld.example"]


def test_who_switched_it_off_gets_none(ctx: Someone) -> None:
    ana = called(ctx, "core_item:1")
    with_mail(ana)
    desk.choose(ana, digest=False)
    assert digest.send_digests(ctx()) == 0


def test_the_letter_is_short_and_says_how_to_stop_it(ctx: Someone) -> None:
    today = ctx().today
    cards = [WaitingCard("To approve", 5, "/purchasing/approvals")]
    soon = [DueItem(f"Licence {n}", today - timedelta(days=1), f"/x/{n}") for n in range(12)]
    text = digest.letter("Ana", cards, [], soon, "https://plant.example", today)
    assert "5 To approve: https://plant.example/purchasing/approvals" in text
    assert "and 2 more: https://plant.example/due" in text
    assert text.endswith("Switch it off: https://plant.example/desk\n")
