"""The company's sign-in service, spoken to by OpenID Connect: where to send somebody, and who it says came back.

An adapter: besides mail the only place that connects to another host, and only to the issuer that the settings name.
"""

from __future__ import annotations

import hmac
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from requests.exceptions import RequestException

from plantops.errors import Unauthenticated, Unavailable
from plantops.settings import CompanyAccounts
from plantops.wording import say

SECONDS = 5
KEPT = timedelta(hours=1)
ASKED_AGAIN = timedelta(
    minutes=1
)  # keys that are not known yet: a flood of made-up ones must not become one of questions
CLOCKS_DIFFER = 60
OLDEST_TOKEN = timedelta(minutes=10)
LARGEST = 512_000
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Signatures with a public key only: `none` and keyed digests are not among them."""
SCOPE = "openid email profile"
STRONG = "mfa"  # RFC 8176: the service asked for more than one factor


@dataclass(frozen=True)
class Going:
    """Where to send the browser, and what to remember until it comes back."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class Told:
    """Whom the service says it is."""

    issuer: str
    subject: str
    email: str | None
    email_is_verified: bool
    name: str
    login: str
    is_strong: bool


@dataclass
class _Known:
    """What the service said of itself, and when."""

    about: dict[str, Any]
    keys: KeySet
    at: datetime
    keys_at: datetime


class Service:
    """One issuer; what it says of itself is kept for an hour."""

    def __init__(self, company: CompanyAccounts) -> None:
        self.company = company
        self._known: _Known | None = None
        self._lock = threading.Lock()

    # --- The two steps

    def begin(self, redirect_uri: str, now: datetime, *, again: bool = False) -> Going:
        """`again`: the person has to show anew who they are, also where the service remembers them."""
        state, nonce, verifier = generate_token(43), generate_token(43), generate_token(64)
        more = {"max_age": "0", "prompt": "login"} if again else {}
        with self._client(redirect_uri) as client:
            endpoint = self._about(now)["authorization_endpoint"]
            url, _ = client.create_authorization_url(endpoint, state=state, nonce=nonce, code_verifier=verifier, **more)
        return Going(url, state, nonce, verifier)

    def finish(
        self, redirect_uri: str, answer: Mapping[str, str], going: Going, now: datetime, *, again: bool = False
    ) -> Told:
        """Raises Unauthenticated when what came back does not fit what was asked, in whatever way."""
        about = self._about(now)
        if not hmac.compare_digest(answer.get("state", "").encode(), going.state.encode()):
            raise refused(say("its answer belongs to another sign-in"))
        says_issuer = about.get("authorization_response_iss_parameter_supported") is True or "iss" in answer
        if says_issuer and answer.get("iss") != self.company.issuer:
            raise refused(say("its answer comes from somewhere else"))
        if "error" in answer:
            raise refused(
                say("it was cancelled there") if answer["error"] == "access_denied" else say("the service refused it")
            )
        if not answer.get("code"):
            raise refused(say("its answer says nothing"))
        token = self._token(redirect_uri, about["token_endpoint"], answer["code"], going.verifier)
        claims = self._claims(token, going.nonce, now, again=again)
        return self._told(claims)

    def leaving(self, back_to: str, now: datetime) -> str | None:
        """Where somebody signs out of the service as well; None when it offers no such page."""
        endpoint = self._about(now).get("end_session_endpoint")
        if not isinstance(endpoint, str) or not self._is_safe(endpoint):
            return None
        asked = {"client_id": self.company.client_id, "post_logout_redirect_uri": back_to}
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(asked)}"

    # --- What it said

    def _token(self, redirect_uri: str, endpoint: str, code: str, verifier: str) -> Mapping[str, Any]:
        try:
            with self._client(redirect_uri) as client:
                token: Mapping[str, Any] = client.fetch_token(
                    endpoint,
                    code=code,
                    code_verifier=verifier,
                    grant_type="authorization_code",
                    timeout=SECONDS,
                    allow_redirects=False,
                )
        except RequestException as error:
            raise silent(self.company) from error
        except (OAuthError, ValueError, TypeError, AttributeError) as error:
            raise refused(say("the service does not know this answer")) from error
        if not isinstance(token.get("id_token"), str):
            raise refused(say("it does not say who it is"))
        return token

    def _claims(self, token: Mapping[str, Any], nonce: str, now: datetime, *, again: bool) -> CodeIDToken:
        params = {"nonce": nonce, "client_id": self.company.client_id, "access_token": token.get("access_token")}
        expected = {
            "iss": {"essential": True, "value": self.company.issuer},
            "aud": {"essential": True, "value": self.company.client_id},
            "sub": {"essential": True},
        }
        try:
            signed = self._signed(token["id_token"], now)
            claims = CodeIDToken(signed.claims, signed.header, expected, params)
            claims.validate(now=int(now.timestamp()), leeway=CLOCKS_DIFFER)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise refused(say("what it says is not signed as it should be, or not meant for here")) from error
        if not isinstance(claims.get("nonce"), str) or not all(
            isinstance(claims.get(name), str) and claims[name] for name in ("iss", "sub")
        ):
            raise refused(say("it does not say for whom"))
        if claims["iat"] < (now - OLDEST_TOKEN).timestamp():
            raise refused(say("what it says is old"))
        if again and not is_fresh(claims.get("auth_time"), now):
            raise refused(say("it did not ask you again who you are"))
        return claims

    def _signed(self, id_token: str, now: datetime) -> jwt.Token:
        known = self._look(now)
        try:
            return jwt.decode(id_token, known.keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError) as error:
            with self._lock:
                if known.keys_at + ASKED_AGAIN > now:
                    raise
                known.keys, known.keys_at = self._keys(known.about), now
            try:
                return jwt.decode(id_token, known.keys, algorithms=ALGORITHMS)
            except (JoseError, ValueError):
                raise error from None

    def _told(self, claims: CodeIDToken) -> Told:
        email, name = claims.get("email"), claims.get("name")
        login = claims.get("preferred_username")
        amr = {one for one in claims.get("amr") or () if isinstance(one, str)}
        return Told(
            issuer=self.company.issuer,
            subject=claims["sub"],
            email=email if isinstance(email, str) and email else None,
            email_is_verified=claims.get("email_verified") is True,
            name=name if isinstance(name, str) else "",
            login=login if isinstance(login, str) else "",
            is_strong=self.company.shows_second_factor or STRONG in amr,
        )

    # --- Asking it

    def _about(self, now: datetime) -> dict[str, Any]:
        return self._look(now).about

    def _look(self, now: datetime) -> _Known:
        with self._lock:
            if self._known is None or self._known.at + KEPT < now:
                about = self._ask(self.company.issuer.rstrip("/") + "/.well-known/openid-configuration")
                if about.get("issuer") != self.company.issuer:
                    raise Unavailable(
                        say("{name} says that it is another issuer than the settings name.", name=self.company.name)
                    )
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    if not isinstance(about.get(name), str) or not self._is_safe(about[name]):
                        raise Unavailable(
                            say(
                                "{name} names no safe {replace}.",
                                name=self.company.name,
                                replace=name.replace("_", " "),
                            )
                        )
                self._known = _Known(about, self._keys(about), now, now)
            return self._known

    def _keys(self, about: Mapping[str, Any]) -> KeySet:
        try:
            return KeySet.import_key_set(self._ask(about["jwks_uri"]))  # type: ignore[arg-type]
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise Unavailable(say("{name} shows keys that cannot be read.", name=self.company.name)) from error

    def _ask(self, url: str) -> dict[str, Any]:
        try:
            with self._client("") as client:
                answer = client.get(url, withhold_token=True, timeout=SECONDS, allow_redirects=False, stream=True)
                body = answer.raw.read(LARGEST + 1, decode_content=True)
                if answer.status_code != 200 or len(body) > LARGEST:
                    raise silent(self.company)
                answer._content = body
                found = answer.json()
        except (RequestException, ValueError, OSError) as error:
            raise silent(self.company) from error
        if not isinstance(found, dict):
            raise silent(self.company)
        return found

    def _is_safe(self, url: str) -> bool:
        """Behind TLS, as the issuer itself is; a service on this computer may do without, as it did in the settings."""
        return url.startswith("https://") or (
            self.company.issuer.startswith("http://")
            and urlsplit(url).hostname == urlsplit(self.company.issuer).hostname
        )

    def _client(self, redirect_uri: str) -> Any:
        return OAuth2Session(
            self.company.client_id,
            self.company.client_secret,
            token_endpoint_auth_method="client_secret_basic" if self.company.client_secret else "none",
            scope=SCOPE,
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            default_timeout=SECONDS,
        )


def is_fresh(auth_time: object, now: datetime) -> bool:
    return isinstance(auth_time, int | float) and abs(now.timestamp() - auth_time) <= OLDEST_TOKEN.total_seconds()


def refused(why: str) -> Unauthenticated:
    return Unauthenticated(say("You are not signed in: {why}. Try again.", why=why))


def silent(company: CompanyAccounts) -> Unavailable:
    return Unavailable(say("The sign-in service ({name}) does not answer. Try again in a moment.", name=company.name))


_services: dict[CompanyAccounts, Service] = {}


def service(company: CompanyAccounts) -> Service:
    """The one service that the settings name."""
    return _services.setdefault(company, Service(company))
