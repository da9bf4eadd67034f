"""Users, rights, sessions and tokens."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from plantops import accounts, approval_rules, delegations, passwords, people, tokens
from plantops.context import SYSTEM_ID, Context, Grant
from plantops.core import House
from plantops.db import Database
from plantops.errors import Conflict, Forbidden, Invalid, Throttled, Unauthenticated
from plantops.permissions import Can
from tests.houses import NOW, Someone
from tests.plantops.signing import sign_in

pytestmark = pytest.mark.db


def test_an_employee_may_not_add_users(ctx: Someone) -> None:
    with pytest.raises(Forbidden, match=r"You may not manage user"):
        people.add_user(ctx(as_="employee"), "new", "New")


def test_a_login_is_taken_once_whatever_its_case(ctx: Someone) -> None:
    people.add_user(ctx(), "Ana", "Ana")
    with pytest.raises(Conflict, match="taken"):
        people.add_user(ctx(), "ana ", "Another")


def test_an_unknown_role_names_the_known_ones(ctx: Someone) -> None:
    user = people.add_user(ctx(), "ana", "Ana")
    with pytest.raises(Invalid, match="administrator"):
        people.grant(ctx(), user.id, "emperor")


def test_the_last_administrator_stays(ctx: Someone) -> None:
    admin = ctx(as_="administrator")
    with pytest.raises(Conflict, match="last administrator"):
        people.revoke(admin, admin.user.id, "administrator")


@pytest.mark.parametrize("how", ["revoke", "close", "take back", "take back or close"])
def test_two_administrators_cannot_shut_each_other_out_at_once(plant: House, how: str) -> None:
    with plant.acting() as ctx:
        pair = [people.add_user(ctx, login, login.title()) for login in ("ada", "bo")]
        for one in pair:
            people.grant(ctx, one.id, "administrator")
    both_are_in = threading.Barrier(2)
    found: list[object] = []

    def shut_out(actor: people.User, other: people.User) -> None:
        def work(ctx: Context) -> None:
            both_are_in.wait(10)
            if how == "revoke":
                people.revoke(ctx, other.id, "administrator")
            elif how == "take back" or (how == "take back or close" and other is pair[0]):
                accounts.take_back(ctx, other.id, accounts.grants_of(ctx, other.id)[0].id)
            else:
                people.close_account(ctx, other.id, other.version)

        try:
            found.append(plant.run(work, actor.id))
        except Conflict as refused:
            found.append(refused.message)

    threads = [threading.Thread(target=shut_out, args=one) for one in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(found, key=str) == [None, "This is the last administrator. Make somebody else one first."]


def test_a_role_for_one_site_holds_nowhere_else(ctx: Someone) -> None:
    user = people.add_user(ctx(), "ana", "Ana")
    site = ctx().session.connection().exec_driver_sql("select id from core_site").scalar_one()
    people.grant(ctx(), user.id, "auditor", site_id=site)
    own = ctx._context(user.id)
    assert own.may(Can.READ_STOCK, site_id=site)
    assert not own.may(Can.READ_STOCK, site_id=site + 1)
    assert own.sites(Can.READ_STOCK) == {site}


def test_an_administrator_of_one_site_gives_nobody_the_keys_of_all(ctx: Someone) -> None:
    boss = ctx(as_="administrator", login="boss").user.id
    user = people.add_user(ctx(), "ana", "Ana")
    site = ctx().session.connection().exec_driver_sql("select id from core_site").scalar_one()
    people.grant(ctx(), user.id, "administrator", site_id=site)
    own = ctx._context(user.id)
    works: list[Callable[[], object]] = [
        lambda: people.grant(own, user.id, "administrator"),
        lambda: people.grant(own, user.id, "hr"),
        lambda: people.add_user(own, "twin", "Twin"),
        lambda: tokens.add(own, boss, "*"),
        lambda: people.revoke(own, boss, "administrator"),
        lambda: people.close_account(own, boss, 1),
        lambda: accounts.set_password(own, boss, 2, "a plant of one's own"),
        lambda: accounts.change(own, boss, 2, accounts.AccountFacts("Mine")),
        lambda: accounts.open_again(own, boss, 2),
        lambda: accounts.take_back(own, boss, 1),
        lambda: approval_rules.add_rule(own, approval_rules.RuleFacts("purchasing_requisition", role="employee")),
        lambda: delegations.delegate(own, user.id, own.today, own.today, from_user_id=boss),
    ]
    for work in works:
        with pytest.raises(Forbidden, match="it concerns every site"):
            work()


def test_the_administrator_of_one_site_is_not_the_last_for_all(ctx: Someone) -> None:
    admin = ctx(as_="administrator")
    user = people.add_user(ctx(), "ana", "Ana")
    site = ctx().session.connection().exec_driver_sql("select id from core_site").scalar_one()
    people.grant(ctx(), user.id, "administrator", site_id=site)
    with pytest.raises(Conflict, match="last administrator"):
        people.revoke(admin, admin.user.id, "administrator")


def test_a_grant_for_one_cost_centre_opens_no_other_at_another_site(ctx: Someone) -> None:
    """One grant for a site, another for a cost centre elsewhere: what neither covers stays closed."""
    rows = sa.values(sa.column("site", sa.BigInteger), sa.column("centre", sa.BigInteger), name="rows").data(
        [(1, 10), (1, 11), (2, 20), (2, 21)]
    )
    right = frozenset({str(Can.READ_STOCK)})
    reader = ctx(as_="employee")
    reader.user = replace(reader.user, grants=(Grant("a", right, 1), Grant("b", right, 2, 20)))
    query = sa.select(rows.c.centre).where(reader.reaches(Can.READ_STOCK, rows.c.site, rows.c.centre))
    assert set(reader.session.scalars(query)) == {10, 11, 20}
    none = reader.reaches(Can.MANAGE_USERS, rows.c.site, rows.c.centre)
    assert list(reader.session.scalars(sa.select(rows.c.centre).where(none))) == []


def test_scopes_narrow_a_token(ctx: Someone) -> None:
    ctx(as_="administrator", login="boss")
    narrow = ctx._context(ctx.known["boss"], scopes=frozenset({"core.user"}))
    assert narrow.may(Can.READ_USERS)
    assert not narrow.may(Can.READ_STOCK)
    assert narrow.sites(Can.READ_STOCK) == frozenset()


def test_signing_in_and_out(plant: House) -> None:
    with plant.acting() as ctx:
        ana = people.add_user(ctx, "ana", "Ana", password="correct horse battery")
    token = sign_in(plant, "ANA", "correct horse battery", address="127.0.0.1", now=NOW)
    with plant.database.transaction() as session:
        assert people.session_user(session, token, NOW) == ana.id
        with pytest.raises(Unauthenticated):
            people.session_user(session, token, NOW + people.IDLE + timedelta(seconds=1))
        people.sign_out(session, token, NOW)
        with pytest.raises(Unauthenticated):
            people.session_user(session, token, NOW)


def test_wrong_passwords_and_unknown_accounts_say_the_same_and_then_wait(plant: House) -> None:
    sentences = set()
    for login in ("nobody", "ana", "ana", "ana", "ana", "ana"):
        with pytest.raises(Unauthenticated) as caught:
            sign_in(plant, login, "wrong", address="127.0.0.9", now=NOW)
        sentences.add(caught.value.message)
    assert len(sentences) == 1
    with pytest.raises(Throttled, match="Wait 60 seconds"):
        sign_in(plant, "ana", "wrong", address="127.0.0.9", now=NOW)


def test_many_sign_in_at_once_while_each_holds_a_page(plant: House) -> None:
    """Each page holds a connection while it signs in with a second: more pages than connections must all get in."""
    plant.database.dispose()
    plant.database = Database(plant.database.url, pool_size=2)
    pages = 2 + 10
    all_hold_one = threading.Barrier(pages)
    with plant.acting() as ctx:
        for number in range(pages):
            people.add_user(ctx, f"ana{number}", "Ana", password="correct horse battery")
    found: list[str] = []

    def page(login: str) -> None:
        with plant.database.transaction() as session:
            session.execute(sa.text("SELECT 1"))
            all_hold_one.wait(10)
            user_id = people.check_password(plant.database, login, "correct horse battery", address="", now=NOW)
            at = {"method": "password", "is_strong": False, "address": "", "device": ""}
            found.append(people.open_session(session, user_id, now=NOW, **at))

    threads = [threading.Thread(target=page, args=(f"ana{number}",)) for number in range(pages)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(set(found)) == pages


def test_a_closed_account_is_out_at_once(plant: House) -> None:
    with plant.acting() as ctx:
        ana = people.add_user(ctx, "ana", "Ana", password="correct horse battery")
    token = sign_in(plant, "ana", "correct horse battery", address="", now=NOW)
    with plant.acting() as ctx:
        people.close_account(ctx, ana.id, ana.version)
    with plant.database.transaction() as session, pytest.raises(Unauthenticated):
        people.session_user(session, token, NOW)


def test_a_dozen_guesses_at_once_are_no_more_than_five(plant: House) -> None:
    with plant.acting() as ctx:
        people.add_user(ctx, "ana", "Ana", password="correct horse")
    all_are_in = threading.Barrier(12)
    found: list[type[Exception]] = []

    def guess(number: int) -> None:
        all_are_in.wait(10)
        try:
            sign_in(plant, "ana", f"guess {number}", address="10.0.0.1", now=NOW)
        except (Throttled, Unauthenticated) as error:
            found.append(type(error))

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (found.count(Unauthenticated), found.count(Throttled)) == (5, 7)


def test_nobody_calls_as_the_system(ctx: Someone) -> None:
    with pytest.raises(Conflict, match="as the system"):
        tokens.add(ctx(as_="administrator"), SYSTEM_ID, "*")


def test_guesses_of_the_old_password_wait_as_those_at_the_door(plant: House) -> None:
    right = "correct horse battery"
    with plant.acting() as ctx:
        ana = people.add_user(ctx, "ana", "Ana", password=right)

    def change(old: str, new: str = "a new sentence") -> None:
        plant.run(lambda ctx: people.change_password(ctx, old, new), ana.id)

    change(right)
    for number in range(5):
        with pytest.raises(Invalid, match="old password"):
            change(f"guess {number}")
    with pytest.raises(Throttled, match="Wait 60 seconds"):
        change("a new sentence", right)
    with pytest.raises(Throttled):
        sign_in(plant, "ana", "a new sentence", address="127.0.0.1", now=NOW)
    later = NOW + timedelta(seconds=61)
    assert sign_in(plant, "ana", "a new sentence", address="127.0.0.1", now=later)


def test_two_changes_of_one_password_are_one(plant: House) -> None:
    with plant.acting() as ctx:
        ana = people.add_user(ctx, "ana", "Ana", password="correct horse battery")
    both, found = threading.Barrier(2), []

    def change(number: int) -> None:
        def work(ctx: Context) -> str:
            both.wait(10)
            people.change_password(ctx, "correct horse battery", f"new sentence {number}")
            return "changed"

        try:
            found.append(plant.run(work, ana.id))
        except (Conflict, Invalid) as refused:
            found.append(type(refused).__name__)

    threads = [threading.Thread(target=change, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found.count("changed") == 1


def test_a_flood_of_guesses_is_turned_away_before_it_takes_every_hand(plant: House) -> None:
    def guess() -> None:
        sign_in(plant, "nobody", "guess", address="10.0.0.1", now=NOW)

    with ExitStack() as line:
        for number in range(passwords.MOST_IN_LINE):
            line.enter_context(passwords.in_line(f"person{number}", f"10.0.1.{number}"))
        with pytest.raises(Throttled, match="Too many people sign in just now"):
            guess()
    with plant.acting() as ctx:
        assert ctx.session.scalar(sa.select(sa.func.count()).select_from(people.LoginTry)) == 0
    with pytest.raises(Unauthenticated):
        guess()
    assert not passwords.matches(passwords.DUMMY_HASH, "x" * 100_000)


def test_who_floods_the_line_stands_in_nobody_elses_way() -> None:
    with ExitStack() as line:
        for number in range(passwords.MOST_OF_ADDRESS):
            line.enter_context(passwords.in_line(f"guess{number}", "10.0.0.1"))
        with pytest.raises(Throttled):
            line.enter_context(passwords.in_line("guess", "10.0.0.1"))
        line.enter_context(passwords.in_line("ana", "10.0.0.2"))
    with ExitStack() as line:
        for number in range(passwords.MOST_OF_LOGIN):
            line.enter_context(passwords.in_line("ana", f"10.0.1.{number}"))
        with pytest.raises(Throttled):
            line.enter_context(passwords.in_line("ana", "10.0.0.3"))
        line.enter_context(passwords.in_line("bob", "10.0.0.3"))
    assert not passwords._standing, "who left stands there no more"


def test_only_a_few_passwords_are_checked_together(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, most, counting = [0], [0], threading.Lock()
    check = passwords.HASHER.verify

    def counted(_hasher: object, stored: str, password: str) -> bool:
        with counting:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        try:
            return check(stored, password)
        finally:
            with counting:
                at_once[0] -= 1

    monkeypatch.setattr(type(passwords.HASHER), "verify", counted)
    with ThreadPoolExecutor(12) as pool:
        assert not any(pool.map(lambda number: passwords.matches(None, f"guess {number}"), range(12)))
    assert most[0] == passwords.CHECKED_AT_ONCE
