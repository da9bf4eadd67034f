"""API tokens of one's own: made after showing who one is, narrowed, seen and ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from plantops import tokens
from plantops.audit import AuditRow
from plantops.core import House
from plantops.errors import Invalid, NotFound, Unauthenticated
from plantops.factors import ProofNeeded
from plantops.outbox import OutgoingMail
from plantops.people import Token, User, digest
from plantops.tokens import NewToken
from tests.houses import NOW, Someone

pytestmark = pytest.mark.db

SCANNER = NewToken("Goods scanner", 30, ("purchasing.receipt", "core.stock.move"))


def test_a_token_of_ones_own_is_seen_used_and_ended(plant: House, ctx: Someone) -> None:
    store = ctx(as_="storekeeper")
    text = tokens.add_mine(store, SCANNER)
    assert text.startswith("po_")
    [row] = tokens.list_mine(store)
    assert (row.name, row.scopes, row.used_on) == ("Goods scanner", SCANNER.scopes, None)
    assert row.expires_at == NOW + timedelta(days=30)
    shown = tokens.shown(store.session, text, NOW)
    tokens.note_use(store.session, shown, NOW)
    tokens.note_use(store.session, shown, NOW + timedelta(hours=1))
    store.session.expire_all()
    assert tokens.list_mine(store)[0].used_on == NOW.date()
    tokens.end_mine(store, row.id)
    assert tokens.list_mine(store) == []
    with pytest.raises(Unauthenticated, match="has ended"):
        tokens.shown(store.session, text, NOW)
    with pytest.raises(NotFound):
        tokens.end_mine(store, row.id)


def test_an_expired_one_opens_nothing(ctx: Someone) -> None:
    store = ctx(as_="storekeeper")
    text = tokens.add_mine(store, SCANNER)
    with pytest.raises(Unauthenticated):
        tokens.shown(store.session, text, NOW + timedelta(days=30))


def test_nobody_ends_or_sees_what_is_somebody_elses(ctx: Someone) -> None:
    store, buyer = ctx(as_="storekeeper"), ctx(as_="buyer", login="bea")
    tokens.add_mine(store, SCANNER)
    [row] = tokens.list_mine(store)
    assert tokens.list_mine(buyer) == []
    with pytest.raises(NotFound):
        tokens.end_mine(buyer, row.id)
    boss = ctx(as_="administrator")
    assert [one.name for one in tokens.list_of(boss, store.user.id)] == ["Goods scanner"]
    with pytest.raises(NotFound):
        tokens.end(boss, buyer.user.id, row.id)
    tokens.end(boss, store.user.id, row.id)
    assert tokens.list_of(boss, store.user.id) == []


def test_making_one_asks_for_a_recent_sign_in(ctx: Someone) -> None:
    store = ctx(as_="storekeeper")
    store.proved_at = NOW - timedelta(minutes=11)
    with pytest.raises(ProofNeeded):
        tokens.add_mine(store, SCANNER)


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (NewToken(" ", 30, ("core",)), "name"),
        (NewToken("x", 31, ("core",)), "days"),
        (NewToken("x", 30), "scopes"),
        (NewToken("x", 30, ("kitchen",)), "scopes"),
        (NewToken("x", 30, ("purchasing.order.re",)), "scopes"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(ctx: Someone, new: NewToken, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        tokens.add_mine(ctx(as_="storekeeper"), new)
    assert refused.value.fields.keys() == {field}


def test_its_owner_is_told_by_mail_and_the_trail_keeps_no_secret(ctx: Someone) -> None:
    store = ctx(as_="storekeeper")
    store.session.execute(sa.update(User).where(User.id == store.user.id).values(email="store@example.org"))
    text = tokens.add_mine(store, SCANNER)
    [mail] = store.session.scalars(sa.select(OutgoingMail).where(OutgoingMail.subject == "An API token was made"))
    assert "Goods scanner" in mail.text and text not in mail.text
    of_tokens = sa.select(AuditRow.payload).where(AuditRow.table_name == Token.__tablename__)
    told = store.session.scalars(of_tokens).all()
    assert any("Goods scanner" in payload for payload in told)
    assert not any(digest(text).hex() in payload for payload in told)
