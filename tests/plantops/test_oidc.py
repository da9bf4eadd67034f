"""The company's accounts, against a service on this computer: who gets in by its word, and when it is not believed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import sqlalchemy as sa

from plantops import factors, identities, people, signing_in
from plantops.context import SYSTEM_ID, Context
from plantops.core import House
from plantops.errors import Conflict, NotFound, PlantopsError, Unauthenticated, Unavailable
from plantops.factors import Identity, ProofNeeded
from plantops.identities import Trip
from plantops.oidc import service
from plantops.people import User
from plantops.settings import BadSetting, CompanyAccounts, Settings
from plantops.signing_in import Door, Opened, Waits
from tests import houses
from tests.houses import NOW
from tests.oidc_provider import CLIENT, KEYS, SECRET, Provider, running, signed_with_public_key, unsigned
from tests.plantops.test_signing_in import asked_of

pytestmark = pytest.mark.db


@dataclass
class Trips:
    """A plant that believes a service, and browsers that go there and back."""

    plant: House
    provider: Provider
    number: int = field(default=0)

    def believes(self, **more: Any) -> None:
        company = CompanyAccounts(self.provider.issuer, CLIENT, SECRET, **more)
        self.plant.settings = replace(self.plant.settings, company=company)

    def go(self, trip: Trip = Trip.SIGN_IN, user_id: int = SYSTEM_ID) -> tuple[str, str]:
        with self.plant.acting(user_id, channel="public") as ctx:
            return identities.leave(ctx, trip, "/jobs")

    def there(self, url: str) -> dict[str, str]:
        """What the service sends the browser back with."""
        answer = httpx.get(url)
        assert answer.status_code == 302
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    def back(self, note: str, answer: dict[str, str]) -> Opened | Waits:
        with self.plant.acting(channel="public") as ctx:
            back = identities.come_back(ctx, note, answer)
            assert back.trip is Trip.SIGN_IN and back.next == "/jobs"
            return signing_in.by_company(ctx, back.told, Door("10.0.0.7", "test"))

    def round(self) -> Opened | Waits:
        url, note = self.go()
        return self.back(note, self.there(url))

    def someone(self, *, linked: bool = False, **more: Any) -> User:
        self.number += 1
        self.provider.claims["sub"] = f"subject {self.number}"
        with self.plant.acting() as ctx:
            user = people.add_user(ctx, f"ana-{self.number}", "Ana", **more)
            people.grant(ctx, user.id, "buyer")
            if linked:
                found = {"issuer": self.provider.issuer, "subject": self.provider.claims["sub"], "created_at": NOW}
                ctx.session.add(Identity(user_id=user.id, **found))
        return user


@pytest.fixture(scope="module")
def plant(server_url: str, template: str, shared_folder: Path, settings: Settings) -> Iterator[House]:
    house = houses.house_on(houses.make_database(server_url, template, shared_folder), settings)
    yield house
    house.database.dispose()
    houses.drop_database(house.database.url, server_url)


NUMBERS = iter(range(0, 10_000, 100))


@pytest.fixture
def trips(plant: House) -> Iterator[Trips]:
    plant.clock = lambda: NOW
    with running(lambda: plant.clock()) as provider:
        found = Trips(plant, provider, next(NUMBERS))
        found.believes()
        yield found
    asked_of(plant)


def whose(trips: Trips, came: Opened | Waits) -> int:
    assert isinstance(came, Opened)
    with trips.plant.database.transaction() as session:
        return people.session_user(session, came.token, NOW)


# --- Who gets in


def test_a_linked_person_comes_in_by_the_services_word(trips: Trips) -> None:
    user = trips.someone(linked=True)
    assert whose(trips, trips.round()) == user.id
    url, _note = trips.go()
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
    assert len(asked["state"]) >= 40 and len(asked["nonce"]) >= 40 and "code_verifier" not in asked
    assert asked["redirect_uri"] == f"{trips.plant.settings.public_url}/login/company/back"


def test_nobody_gets_in_unlinked_also_with_the_same_address(trips: Trips) -> None:
    """A mail address is no proof: whoever may write any into the service would be anybody here."""
    trips.someone(email="ana@marenfeld.example")
    trips.provider.claims |= {"email": "ana@marenfeld.example", "email_verified": True}
    with pytest.raises(Unauthenticated, match="No account here is linked"):
        trips.round()


def test_a_verified_address_links_once_where_the_settings_say_so(trips: Trips) -> None:
    trips.believes(links_by_mail=True)
    user = trips.someone(email=f"Ana{trips.number}@marenfeld.example")
    trips.provider.claims |= {"email": str(user.email).lower(), "email_verified": "true"}
    with pytest.raises(Unauthenticated):
        trips.round()
    trips.provider.claims["email_verified"] = True
    assert whose(trips, trips.round()) == user.id
    trips.provider.claims["email"] = "other@marenfeld.example"
    assert whose(trips, trips.round()) == user.id  # from now on by the subject alone
    trips.provider.claims |= {"sub": "somebody else", "email": str(user.email)}
    with pytest.raises(Unauthenticated):
        trips.round()  # the account has its company account


def test_two_accounts_with_one_address_are_told_apart_by_nobody(trips: Trips) -> None:
    trips.believes(links_by_mail=True)
    for _ in range(2):
        trips.someone(email="shared@marenfeld.example")
    trips.provider.claims |= {"email": "shared@marenfeld.example", "email_verified": True}
    with pytest.raises(Unauthenticated):
        trips.round()


def test_a_new_account_is_made_only_where_the_settings_say_so_and_may_little(trips: Trips) -> None:
    trips.provider.claims |= {"sub": "new", "preferred_username": "New.Person", "name": "New Person"}
    with pytest.raises(Unauthenticated):
        trips.round()
    trips.believes(makes_accounts=True)
    user_id = whose(trips, trips.round())
    with trips.plant.acting() as ctx:
        user = ctx.session.get_one(User, user_id)
        assert (user.login, user.email, user.password_hash) == ("new.person", None, None)
        assert people.actor_of(ctx.session, ctx.registry, user).roles == ("employee",)
    trips.provider.claims |= {"sub": "impostor"}
    with pytest.raises(Unauthenticated):
        trips.round()  # the login is taken: nobody is let into it


def test_a_closed_account_stays_closed(trips: Trips) -> None:
    user = trips.someone(linked=True)
    with trips.plant.acting() as ctx:
        people.close_account(ctx, user.id, ctx.session.get_one(User, user.id).version)
    with pytest.raises(Unauthenticated, match="closed"):
        trips.round()


def test_a_second_factor_is_asked_for_unless_the_service_asked(trips: Trips) -> None:
    trips.someone(linked=True)
    asked_of(trips.plant, "buyer")
    assert isinstance(trips.round(), Waits)
    trips.provider.claims["amr"] = ["pwd", "mfa"]
    assert isinstance(trips.round(), Opened)
    trips.provider.claims["amr"] = ["pwd"]
    trips.believes(shows_second_factor=True)
    assert isinstance(trips.round(), Opened)


# --- Whom it is not believed of


LIES: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example"},
    "for another house": {"aud": "another client"},
    "for many, and not handed to us": {"aud": [CLIENT, "another"], "azp": "another"},
    "an old question": {"nonce": "replayed"},
    "no question": {"nonce": None},
    "expired": {"exp": int((NOW - timedelta(minutes=5)).timestamp())},
    "never ends": {"exp": None},
    "from tomorrow": {"iat": int((NOW + timedelta(days=1)).timestamp())},
    "from yesterday": {"iat": int((NOW - timedelta(days=1)).timestamp())},
    "nobody": {"sub": None},
    "an empty name": {"sub": ""},
    "no text": {"sub": 17},
    "another access token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
}


@pytest.mark.parametrize("what", LIES)
def test_a_token_that_says_something_else_opens_nothing(trips: Trips, what: str) -> None:
    trips.someone(linked=True)
    trips.provider.lies = LIES[what]
    with pytest.raises(Unauthenticated):
        trips.round()


@pytest.mark.parametrize("sign", [unsigned, signed_with_public_key])
def test_a_token_that_nobody_signed_opens_nothing(trips: Trips, sign: Callable[[dict[str, Any]], str]) -> None:
    trips.someone(linked=True)
    trips.provider.sign = sign
    with pytest.raises(Unauthenticated, match="not signed as it should be"):
        trips.round()


def test_another_key_opens_nothing_and_new_keys_are_looked_for_once_a_minute(trips: Trips) -> None:
    user = trips.someone(linked=True)
    assert whose(trips, trips.round()) == user.id
    trips.provider.key = KEYS[1]
    for _ in range(3):
        with pytest.raises(Unauthenticated):
            trips.round()
    trips.provider.shown = KEYS  # the service changes its keys
    trips.plant.clock = lambda: NOW + timedelta(minutes=2)
    assert whose(trips, trips.round()) == user.id
    assert trips.provider.asked.count("/keys") == 2


def test_an_answer_to_another_question_opens_nothing(trips: Trips) -> None:
    trips.someone(linked=True)
    (url, note), (other_url, other_note) = trips.go(), trips.go()
    answer, other = trips.there(url), trips.there(other_url)
    for wrong in (
        {**answer, "state": other["state"]},
        {**answer, "state": ""},
        {**answer, "iss": "https://evil.example"},
        {name: value for name, value in answer.items() if name != "iss"},
        {"state": answer["state"], "iss": answer["iss"], "error": "access_denied"},
        {"state": answer["state"], "iss": answer["iss"]},
        {**answer, "code": "made up"},
    ):
        with pytest.raises(Unauthenticated):
            trips.back(note, wrong)
    with pytest.raises(Unauthenticated):  # sent to a victim's browser, which carries no or another note
        trips.back("", answer)
    with pytest.raises(Unauthenticated):
        trips.back(other_note, answer)
    trips.back(note, answer)
    with pytest.raises(Unauthenticated):  # and none a second time
        trips.back(note, answer)


def test_a_code_that_was_listened_to_is_worth_nothing_without_its_verifier(trips: Trips) -> None:
    trips.someone(linked=True)
    url, _note = trips.go()
    stolen = trips.there(url)
    _own_url, own_note = trips.go()
    with pytest.raises(Unauthenticated):
        trips.back(own_note, stolen)


@pytest.mark.parametrize(
    "about",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": None},
    ],
)
def test_a_service_that_names_unsafe_places_is_not_used(trips: Trips, about: dict[str, Any]) -> None:
    trips.provider.about = about
    with pytest.raises(Unavailable):
        trips.go()


def test_a_service_that_does_not_answer_is_told_so(trips: Trips, plant: House) -> None:
    plant.settings = replace(plant.settings, company=CompanyAccounts("http://127.0.0.1:9", CLIENT, SECRET))
    with pytest.raises(Unavailable, match="does not answer"):
        trips.go()
    plant.settings = replace(plant.settings, company=None)
    with pytest.raises(NotFound):
        trips.go()


# --- Linking, and showing again who one is


def as_person(trips: Trips, user_id: int, work: Callable[[Context], Any]) -> Any:
    with trips.plant.acting(user_id) as ctx:
        return work(ctx)


def test_a_link_is_made_by_the_person_and_belongs_to_one(trips: Trips) -> None:
    ana, ben = trips.someone(email="a@marenfeld.example"), trips.someone()
    url, note = trips.go(Trip.LINK, ana.id)
    answer = trips.there(url)
    with trips.plant.acting(channel="public") as ctx:
        back = identities.come_back(ctx, note, answer)
    assert (back.trip, back.user_id) == (Trip.LINK, ana.id)
    as_person(trips, ana.id, lambda ctx: identities.link(ctx, back.told))
    with pytest.raises(Conflict, match="linked to another account"):
        as_person(trips, ben.id, lambda ctx: identities.link(ctx, back.told))
    assert whose(trips, trips.round()) == ana.id
    row = as_person(trips, ana.id, lambda ctx: identities.list_mine(ctx)[0].id)
    with pytest.raises(Conflict, match="only way in"):
        as_person(trips, ana.id, lambda ctx: identities.unlink(ctx, row))
    with pytest.raises(PlantopsError, match="no such link"):
        as_person(trips, ben.id, lambda ctx: identities.unlink(ctx, row))


def test_linking_asks_for_a_recent_sign_in(trips: Trips) -> None:
    ana = trips.someone()
    with trips.plant.acting(ana.id) as ctx:
        ctx.proved_at = NOW - timedelta(minutes=11)
        with pytest.raises(ProofNeeded):
            identities.leave(ctx, Trip.LINK, "/")


def test_who_shows_again_is_really_asked_again(trips: Trips) -> None:
    ana = trips.someone(linked=True)
    url, note = trips.go(Trip.PROVE, ana.id)
    assert "max_age=0" in url and "prompt=login" in url
    trips.provider.lies = {"auth_time": int((NOW - timedelta(hours=2)).timestamp())}
    with pytest.raises(Unauthenticated, match="did not ask you again"), trips.plant.acting() as ctx:
        identities.come_back(ctx, note, trips.there(url))
    trips.provider.lies = {}
    url, note = trips.go(Trip.PROVE, ana.id)
    with trips.plant.acting() as ctx:
        assert identities.come_back(ctx, note, trips.there(url)).user_id == ana.id


# --- Settings


def test_the_settings_name_one_service_behind_tls() -> None:
    given = {"PLANTOPS_OIDC_ISSUER": "https://login.example.com/realms/plant", "PLANTOPS_OIDC_CLIENT_ID": "plantops"}
    company = Settings.read(environ=given).company
    assert company == CompanyAccounts("https://login.example.com/realms/plant", "plantops", None)
    assert not (company.links_by_mail or company.makes_accounts or company.shows_second_factor)
    for wrong in (
        {"PLANTOPS_OIDC_ISSUER": "http://login.example.com"},
        {"PLANTOPS_OIDC_CLIENT_ID": ""},
        {"PLANTOPS_OIDC_LINK_BY_MAIL": "perhaps"},
    ):
        with pytest.raises(BadSetting):
            Settings.read(environ={**given, **wrong})
    secret = Settings.read(environ={**given, "PLANTOPS_OIDC_CLIENT_SECRET": "hush"})
    assert "hush" not in repr(secret)


def test_where_to_sign_out_there_too(trips: Trips) -> None:
    company = identities.company_of(trips.plant.settings)
    url = service(company).leaving("http://localhost:8000/login", NOW)
    assert url is not None and url.startswith(f"{trips.provider.issuer}/leave?client_id={CLIENT}&post_logout")
    trips.provider.about = {"end_session_endpoint": "javascript:alert(1)"}
    assert service(company).leaving("x", NOW + timedelta(hours=2)) is None


def test_a_service_is_counted_as_a_way_in(trips: Trips) -> None:
    ana = trips.someone(linked=True)
    with trips.plant.database.transaction() as session:
        assert factors.held_by(session, ana.id).identities == 1
        assert session.scalar(sa.select(Identity.used_at).where(Identity.user_id == ana.id)) is None
