"""At the door: second factors, recovery codes, roles that ask for them; and those who try to get in another way."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
import sqlalchemy as sa

from plantops import (
    accounts,
    authenticators,
    cli,
    factors,
    passwords,
    people,
    sealing,
    sessions,
    signing_in,
    tokens,
    verify,
)
from plantops.accounts import AccountFacts
from plantops.core import House
from plantops.entering import enter
from plantops.errors import Conflict, Invalid, PlantopsError, Throttled, Unauthenticated
from plantops.factors import Authenticator, Held, ProofNeeded, RecoveryCode
from plantops.outbox import OutgoingMail
from plantops.people import SignIn
from plantops.settings import Settings
from plantops.signing_in import Opened, Waits
from tests import houses
from tests.houses import NOW, Someone
from tests.plantops.signing import HERE, PASSWORD, Person

pytestmark = pytest.mark.db

LOGINS = itertools.count(1)
QUICK = passwords.HASHER.hash(PASSWORD)


Make = Callable[..., Person]


@pytest.fixture(scope="module")
def plant(server_url: str, template: str, shared_folder: Path, settings: Settings) -> Iterator[House]:
    """One for the whole file: everybody keeps to their own login."""
    house = houses.house_on(houses.make_database(server_url, template, shared_folder), settings)
    yield house
    house.database.dispose()
    houses.drop_database(house.database.url, server_url)


@pytest.fixture
def person(plant: House) -> Iterator[Make]:
    plant.clock = lambda: NOW

    def make(login: str = "ana", role: str = "buyer", *, phone: bool = False) -> Person:
        login = f"{login}-{next(LOGINS)}"
        with plant.acting() as ctx:
            user = people.add_user(ctx, login, login.title(), email=f"{login}@marenfeld.example")
            user.password_hash = QUICK
            people.grant(ctx, user.id, role)
        found = Person(plant, user.id, login)
        if phone:
            found.get_phone()
        return found

    yield make
    asked_of(plant)
    with plant.acting() as ctx:
        ctx.session.execute(sa.delete(people.LoginTry))


def asked_of(plant: House, *roles: str) -> None:
    with plant.acting() as ctx:
        factors.ask_of_roles(ctx, frozenset(roles))


# --- Rules


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        (Held(1, 0, 9, 0, True, False), None),
        (Held(1, 0, 9, 0, True, True), "last one"),
        (Held(1, 1, 9, 0, True, True), None),
        (Held(0, 1, 9, 0, False, False), "only way in"),
        (Held(0, 1, 9, 1, False, False), None),
        (Held(0, 1, 9, 0, True, False), None),
    ],
)
def test_what_has_to_stay(held: Held, reason: str | None) -> None:
    found = factors.why_not_remove_factor(held)
    assert (found is None) if reason is None else (reason in str(found))


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537 Chrome/140.0 Safari/537 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19 Safari/604", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/140.0 Mobile Safari/537", "Chrome on Android"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("curl/8", "Unknown device"),
    ],
)
def test_devices_are_called_as_people_call_them(agent: str, name: str) -> None:
    assert sessions.device_name(agent) == name


@pytest.mark.parametrize(("seconds", "fits"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)])
def test_a_phone_may_be_one_step_off(seconds: int, fits: bool) -> None:
    secret, now = pyotp.random_base32(), NOW
    code = pyotp.TOTP(secret).at(now + timedelta(seconds=seconds))
    assert (authenticators.step_of(secret, code, now) is not None) is fits


def test_recovery_codes_are_read_as_people_write_them() -> None:
    code = authenticators.new_code()
    assert len(code) == 19 and set(code) <= set(authenticators.CODE_SIGNS + "-")
    assert authenticators.typed(f" {code.lower().replace('-', ' ')} ") == code.replace("-", "")


# --- The second factor


def test_a_password_alone_opens_nothing_for_who_has_a_phone(person: Make) -> None:
    ana = person(phone=True)
    opened = ana.shows(ana.half(), ana.digits())
    with ana.plant.database.transaction() as session:
        row = session.scalars(sa.select(SignIn).where(SignIn.token_hash == people.digest(opened.token))).one()
    assert (row.is_strong, row.method, row.address) == (True, "password and code", "10.0.0.7")
    assert ana.enters(opened.token).user.login == ana.login


def test_a_code_is_taken_once(person: Make) -> None:
    ana = person(phone=True)
    code, first, second = ana.digits(), ana.half(), ana.half()
    ana.shows(first, code)
    with pytest.raises(Unauthenticated, match="used before"):
        ana.shows(second, code)
    with pytest.raises(Unauthenticated):  # nor one that came before it
        ana.shows(second, ana.digits(NOW - timedelta(seconds=30)))
    later = NOW + timedelta(seconds=30)
    assert ana.shows(second, ana.digits(later), later).token


def test_one_code_at_two_doors_at_once_opens_one(person: Make) -> None:
    ana = person(phone=True)
    for code in (ana.digits(), ana.codes[0]):
        notes, together = (ana.half(), ana.half()), threading.Barrier(2)

        def try_it(note: str, code: str = code, together: threading.Barrier = together) -> str:
            together.wait(10)
            try:
                return ana.shows(note, code).token
            except Unauthenticated:
                return ""

        with ThreadPoolExecutor(2) as both:
            assert len([token for token in both.map(try_it, notes) if token]) == 1


def test_a_half_open_door_is_no_session_and_opens_once(person: Make) -> None:
    ana = person(phone=True)
    note = ana.half()
    with pytest.raises(Unauthenticated):
        ana.enters(note)
    ana.shows(note, ana.digits())
    later = NOW + timedelta(minutes=1)
    with pytest.raises(Unauthenticated, match="finished before"):
        ana.shows(note, ana.digits(later), later)


def test_another_persons_code_opens_nothing(person: Make) -> None:
    ana, ben = person(phone=True), person("ben", phone=True)
    for code in (ben.digits(), ben.codes[0]):
        with pytest.raises(Unauthenticated):
            ana.shows(ana.half(), code)
    assert ben.shows(ben.half(), ben.codes[0]).codes_left == 9


def test_a_note_of_another_kind_time_or_house_opens_nothing(person: Make) -> None:
    ana = person(phone=True)
    note, settings = ana.half(), ana.plant.settings
    facts = sealing.read_note(settings, signing_in.SECOND, note, NOW)
    assert facts is not None
    elsewhere = replace(settings, given_secret=b"x" * 40)
    notes = {
        "old": (note, NOW + timedelta(minutes=11)),
        "cut": (note[:-4], NOW),
        "changed": (("A" if note[20] != "A" else "B").join((note[:20], note[21:])), NOW),
        "other purpose": (sealing.note(settings, "passkey", facts, NOW, timedelta(minutes=5)), NOW),
        "other house": (sealing.note(elsewhere, signing_in.SECOND, facts, NOW, timedelta(minutes=5)), NOW),
        "nonsense": ("ä\x00", NOW),
        "nothing": ("", NOW),
    }
    for what, (given, now) in notes.items():
        with pytest.raises(Unauthenticated):
            ana.shows(given, ana.digits(now), now)
            pytest.fail(what)


def test_a_new_password_or_a_closed_account_voids_the_note(person: Make) -> None:
    ana = person(phone=True)
    note = ana.half()
    with ana.plant.acting() as ctx:
        user = ctx.session.get_one(people.User, ana.id)
        accounts.set_password(ctx, ana.id, user.version, "another long sentence")
    with pytest.raises(Unauthenticated, match="changed meanwhile"):
        ana.shows(note, ana.digits())


def test_guesses_are_counted_for_the_account_whatever_browser_they_come_from(person: Make) -> None:
    ana = person(phone=True)
    wrong = f"{(int(ana.digits()) + 1) % 10**6:06}"
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            ana.shows(ana.half(), wrong)
    with pytest.raises(Throttled, match="Wait 60 seconds"):
        ana.shows(ana.half(), ana.digits())
    later = NOW + timedelta(seconds=61)
    assert ana.shows(ana.half(later), ana.digits(later), later).token


def test_a_dozen_guesses_at_once_are_no_more_than_five(person: Make) -> None:
    ana = person(phone=True)
    notes = [ana.half() for _ in range(8)]
    together = threading.Barrier(8)

    def guess(note: str) -> type[PlantopsError] | None:
        together.wait(10)
        try:
            ana.shows(note, "000000" if ana.digits() != "000000" else "000001")
        except PlantopsError as error:
            return type(error)
        return None

    with ThreadPoolExecutor(8) as many:
        found = list(many.map(guess, notes))
    assert (found.count(Unauthenticated), found.count(Throttled)) == (5, 3)


# --- Recovery codes


def test_a_recovery_code_opens_once_and_the_person_is_told(person: Make) -> None:
    ana = person(phone=True)
    assert len(set(ana.codes)) == 10
    opened = ana.shows(ana.half(), ana.codes[3].lower())
    assert opened.codes_left == 9
    with pytest.raises(Unauthenticated):
        ana.shows(ana.half(), ana.codes[3])
    with ana.plant.acting() as ctx:
        told = sa.select(OutgoingMail.subject).where(OutgoingMail.to_name == ana.login.title())
        mails = list(ctx.session.scalars(told.order_by(OutgoingMail.id)))
        assert mails == ["An authenticator app was added", "A recovery code was used"]


def test_new_codes_void_the_old_ones(person: Make) -> None:
    ana = person(phone=True)
    with ana.plant.acting(ana.id) as ctx:
        new = authenticators.renew_codes(ctx)
    with pytest.raises(Unauthenticated):
        ana.shows(ana.half(), ana.codes[0])
    assert ana.shows(ana.half(), new[0]).codes_left == 9


def test_no_secret_stands_in_the_database_readable(person: Make) -> None:
    """Neither in its row nor in the audit trail: not the app's, and no recovery code, nor what would prove a guess."""
    ana = person(phone=True)
    with ana.plant.acting() as ctx:
        app = ctx.session.scalars(sa.select(Authenticator).where(Authenticator.user_id == ana.id)).one()
        kept = ctx.session.scalars(sa.select(RecoveryCode.code_digest)).all()
        trail = "\n".join(ctx.session.scalars(sa.text("SELECT payload FROM core_audit WHERE payload IS NOT NULL")))
        everything = ctx.session.scalar(
            sa.text("SELECT string_agg(a::text, '') FROM core_authenticator a")
        ) + ctx.session.scalar(sa.text("SELECT string_agg(c::text, '') FROM core_recovery_code c"))
    assert ana.secret.encode() not in app.secret and ana.secret not in everything + trail
    assert app.secret.hex() not in trail and '"(hidden)"' in trail
    for code in ana.codes:
        plain = authenticators.typed(code)
        assert code not in everything + trail and plain not in everything + trail
        assert people.digest(plain) not in kept and people.digest(code) not in kept
    with pytest.raises(Conflict, match="another secret"):
        sealing.unseal(ana.plant.settings, "totp", app.secret, f"user {ana.id + 1}")  # copied to another row


# --- Roles that ask for it


def test_a_role_that_asks_ends_sessions_with_one_factor_and_leads_to_set_up(person: Make) -> None:
    ana = person()
    came = ana.comes()
    assert isinstance(came, Opened)
    asked_of(ana.plant, "buyer")
    with pytest.raises(Unauthenticated, match="asks for a second factor"):
        ana.enters(came.token)
    again = ana.comes()
    assert isinstance(again, Waits) and again.enrols
    with ana.door() as ctx:
        half = signing_in.half_way(ctx, again.note)
        secret = signing_in.app_of(ctx, half).secret
        with pytest.raises(Unauthenticated, match="Set up"):
            signing_in.by_code(ctx, half, "123456", HERE)
    with ana.door() as ctx:
        half = signing_in.half_way(ctx, again.note)
        opened = signing_in.by_first_code(ctx, half, pyotp.TOTP(secret).at(NOW), HERE)
    assert len(opened.codes) == 10 and ana.enters(opened.token).user.id == ana.id
    with pytest.raises(Unauthenticated), ana.door() as ctx:
        signing_in.half_way(ctx, again.note)  # nobody sets up a second one with the first note


def test_a_role_given_later_is_asked_at_once(person: Make) -> None:
    ana = person(role="employee")
    asked_of(ana.plant, "administrator")
    came = ana.comes()
    assert isinstance(came, Opened) and ana.enters(came.token)
    with ana.plant.acting() as ctx:
        people.grant(ctx, ana.id, "administrator", site_id=1)
    with pytest.raises(Unauthenticated, match="asks for a second factor"):
        ana.enters(came.token)


def test_tokens_of_programs_go_on(person: Make) -> None:
    ana = person()
    with ana.plant.acting() as ctx:
        text = tokens.add(ctx, ana.id, "core")
    asked_of(ana.plant, "buyer")
    with ana.plant.database.transaction() as session:
        assert tokens.shown(session, text, NOW).user_id == ana.id


def test_who_asks_must_have_one(ctx: Someone) -> None:
    boss = ctx(as_="administrator")
    with pytest.raises(Conflict, match="your own second factor first"):
        factors.ask_of_roles(boss, frozenset({"administrator"}))
    factors.ask_of_roles(boss, frozenset({"buyer", "hr"}))
    factors.ask_of_roles(boss, frozenset({"hr"}))
    assert factors.strong_roles(boss) == {"hr"}
    assert factors.without_second(boss)["administrator"] == 1
    with pytest.raises(Invalid, match="no role emperor"):
        factors.ask_of_roles(boss, frozenset({"emperor"}))


def test_the_last_factor_stays_while_a_role_asks(person: Make) -> None:
    ana = person(phone=True)
    asked_of(ana.plant, "buyer")
    with ana.plant.acting(ana.id) as ctx, pytest.raises(Conflict, match="last one"):
        authenticators.remove(ctx, authenticators.list_mine(ctx)[0].id)
    asked_of(ana.plant)
    with ana.plant.acting(ana.id) as ctx:
        authenticators.remove(ctx, authenticators.list_mine(ctx)[0].id)
        assert factors.mine(ctx) == Held(0, 0, 0, 0, True, False)  # the codes went with it
    assert isinstance(ana.comes(), Opened)


# --- An administrator's reset


def test_a_reset_takes_all_ends_sessions_and_tells_the_person(person: Make) -> None:
    ana, boss = person(phone=True), person("boss", "administrator")
    opened = ana.shows(ana.half(), ana.digits())
    with ana.plant.acting(boss.id) as ctx:
        factors.reset(ctx, ana.id)
        assert factors.of_account(ctx, ana.id) == Held(0, 0, 0, 0, True, False)
        with pytest.raises(Conflict, match="no second factor"):
            factors.reset(ctx, ana.id)
    with pytest.raises(Unauthenticated):
        ana.enters(opened.token)
    with ana.plant.acting() as ctx:
        last = ctx.session.scalars(sa.select(OutgoingMail).order_by(OutgoingMail.id.desc())).first()
        assert last is not None and (last.to_address, last.subject) == (
            f"{ana.login}@marenfeld.example",
            "Your second factor was reset",
        )
        who = ctx.session.scalars(
            sa.text(
                "SELECT DISTINCT actor_id FROM core_audit WHERE table_name = 'core_authenticator' AND operation = 'D'"
                " AND payload::json->>'user_id' = :id"
            ),
            {"id": str(ana.id)},
        ).all()
        assert who == [boss.id]
    assert isinstance(ana.comes(), Opened)


def test_the_command_resets_as_the_page_does(
    person: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ana = person(phone=True)
    monkeypatch.setenv("PLANTOPS_DATABASE_URL", ana.plant.database.url)
    assert cli.main(["users", "reset-second-factor", ana.login]) == 0
    assert "no second factor any more" in capsys.readouterr().out
    assert isinstance(ana.comes(), Opened)
    assert cli.main(["users", "reset-second-factor", ana.login]) == 1
    assert cli.main(["user", "reset-second-factor", "nobody"]) == 2
    with ana.plant.acting() as ctx:
        assert verify.verify(ctx).broken == ()


# --- Is it still you?


def test_ten_minutes_after_signing_in_changes_ask_again(person: Make) -> None:
    ana = person()
    came = ana.comes()
    assert isinstance(came, Opened)
    later = NOW + timedelta(minutes=11)
    rest = {name: getattr(ana.plant, name) for name in ("registry", "database", "settings")}
    with ana.plant.database.transaction() as session:
        ctx = enter(session, came.token, now=later, **rest)
        for change in (
            lambda: authenticators.begin(ctx, "Phone"),
            lambda: authenticators.confirm(ctx, "123456"),
            lambda: authenticators.remove(ctx, 1),
            lambda: authenticators.renew_codes(ctx),
        ):
            with pytest.raises(ProofNeeded):
                change()
        with pytest.raises(Invalid, match="password is not right"):
            sessions.prove_by_password(ctx, "guess", came.token)
        sessions.prove_by_password(ctx, PASSWORD, came.token)
    with ana.plant.database.transaction() as session:
        ctx = enter(session, came.token, now=later, **rest)
        assert authenticators.begin(ctx, "Phone").id


def test_an_administrator_shows_it_too(ctx: Someone) -> None:
    boss = ctx(as_="administrator")
    boss.proved_at = NOW - timedelta(minutes=11)
    other = people.add_user(ctx(), "zoe", "Zoe", email="zoe@marenfeld.example")
    for change in (
        lambda: factors.reset(boss, other.id),
        lambda: factors.ask_of_roles(boss, frozenset({"hr"})),
        lambda: accounts.set_password(boss, other.id, other.version, "a long sentence"),
        lambda: accounts.change(boss, other.id, other.version, AccountFacts("Zoe", "mallory@marenfeld.example")),
    ):
        with pytest.raises(ProofNeeded):
            change()
    accounts.change(boss, other.id, other.version, AccountFacts("Zoe New", "zoe@marenfeld.example"))


# --- Sessions


def test_sessions_are_listed_and_ended_one_by_one_or_all_others(person: Make) -> None:
    ana, ben = person(), person("ben")
    tokens = [came.token for came in (ana.comes(), ana.comes(), ana.comes()) if isinstance(came, Opened)]
    theirs = ben.comes()
    assert isinstance(theirs, Opened)
    ctx = ana.enters(tokens[1])
    with ana.plant.database.transaction() as session:
        ctx.session = session
        rows = sessions.list_mine(ctx, tokens[1])
        assert [row.is_here for row in rows] == [True, False, False]
        assert (rows[0].device, rows[0].address) == ("Firefox on Windows", "10.0.0.7")
        foreign = session.scalars(sa.select(SignIn.id).where(SignIn.user_id == ben.id)).one()
        with pytest.raises(PlantopsError, match="no such session"):
            sessions.end(ctx, foreign)
        sessions.end(ctx, rows[1].id)
        assert sessions.end_others(ctx, tokens[1]) == 1
        assert [row.is_here for row in sessions.list_mine(ctx, tokens[1])] == [True]
    assert ana.enters(tokens[1]) and ben.enters(theirs.token)
    for token in (tokens[0], tokens[2]):
        with pytest.raises(Unauthenticated):
            ana.enters(token)


def test_what_is_old_is_forgotten(person: Make) -> None:
    ana = person(phone=True)
    opened = ana.shows(ana.half(), ana.digits())
    ana.plant.clock = lambda: NOW + timedelta(days=31)
    with ana.plant.acting() as ctx:
        assert factors.forget_old(ctx) >= 2
        assert ctx.session.scalar(sa.text("SELECT count(*) FROM core_session")) == 0
    with pytest.raises(Unauthenticated):
        ana.enters(opened.token)
