"""A sign-in service on this computer, small but real: discovery, codes with PKCE, signed tokens, keys that change."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "plantops-test", "a-secret-between-the-two"
KEYS = tuple(
    RSAKey.generate_key(2048, {"kid": f"key-{n}", "use": "sig", "alg": "RS256"}, private=True) for n in range(2)
)


@dataclass
class Provider:
    """Who signs in there, and what the service is made to say wrongly."""

    issuer: str
    clock: Callable[[], datetime]
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "17", "preferred_username": "ana"})
    lies: dict[str, Any] = field(default_factory=dict)
    """Claims that replace the right ones; None leaves one out."""
    key: RSAKey = field(default_factory=lambda: KEYS[0])
    shown: tuple[RSAKey, ...] = (KEYS[0],)
    sign: Callable[[dict[str, Any]], str] | None = None
    about: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/leave",
            "authorization_response_iss_parameter_supported": True,
            **self.about,
        }

    def authorize(self, asked: dict[str, str]) -> str:
        """Everybody who comes is let in: where the browser goes next."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.issuer}
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def token(self, basic: str, given: dict[str, str]) -> dict[str, Any] | None:
        asked = self.codes.pop(given.get("code", ""), None)
        digest = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        known = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if (
            asked is None
            or asked.get("code_challenge_method") != "S256"
            or asked.get("code_challenge") != challenge
            or asked["redirect_uri"] != given.get("redirect_uri")
            or basic != f"Basic {known}"
        ):
            return None
        now = int(self.clock().timestamp())
        right = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        claims = {**right, **self.claims, **({"auth_time": now} if "max_age" in asked else {}), **self.lies}
        claims = {name: value for name, value in claims.items() if value is not None}
        signed = self.sign(claims) if self.sign else jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)
        return {"access_token": secrets.token_urlsafe(8), "token_type": "Bearer", "id_token": signed}


def in_words(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def unsigned(claims: dict[str, Any], algorithm: str = "none") -> str:
    """alg none: nobody signed it."""
    head = {"alg": algorithm, "kid": KEYS[0].kid}
    return f"{in_words(json.dumps(head).encode())}.{in_words(json.dumps(claims).encode())}."


def signed_with_public_key(claims: dict[str, Any]) -> str:
    """The old trick: what everybody may read, taken for a password that both know."""
    text = unsigned(claims, "HS256").rstrip(".")
    return f"{text}.{in_words(hmac.digest(KEYS[0].as_pem(private=False), text.encode(), hashlib.sha256))}"


@contextmanager
def running(clock: Callable[[], datetime]) -> Iterator[Provider]:
    class Desk(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            provider.asked.append(address.path)
            if address.path == "/.well-known/openid-configuration":
                self.tell(provider.discovery())
            elif address.path == "/keys":
                self.tell({"keys": [key.as_dict(private=False) for key in provider.shown]})
            elif address.path == "/authorize":
                asked = {name: values[0] for name, values in parse_qs(address.query).items()}
                self.send_response(302)
                self.send_header("Location", provider.authorize(asked))
                self.end_headers()
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            given = {name: values[0] for name, values in parse_qs(body).items()}
            found = provider.token(self.headers.get("Authorization", ""), given)
            self.tell(found or {"error": "invalid_grant"}, 200 if found else 400)

        def tell(self, value: dict[str, Any], status: int = 200) -> None:
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    provider = Provider(f"http://127.0.0.1:{server.server_address[1]}", clock)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    server.server_close()
