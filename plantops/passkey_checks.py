"""What browsers are asked about passkeys, and whether their answers hold: no database in here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from plantops.errors import Invalid
from plantops.wording import say

PLANT = "plantops"
TIMEOUT_MS = 300_000
LARGEST_ANSWER = 20_000
VERIFIED = UserVerificationRequirement.REQUIRED  # a finger, a face or a PIN: what makes a key alone two factors


@dataclass(frozen=True)
class NewKey:
    credential_id: bytes
    public_key: bytes
    sign_count: int
    is_synced: bool


@dataclass(frozen=True)
class Shown:
    """What a browser says before it is believed."""

    credential_id: bytes
    user_handle: bytes | None


def site_of(public_url: str) -> tuple[str, str]:
    """(relying party id, origin): keys are bound to the address that people type."""
    parts = urlsplit(public_url)
    return parts.hostname or "", f"{parts.scheme}://{parts.netloc}"


def why_not_here(public_url: str) -> str | None:
    """Browsers know passkeys only on names, and only behind TLS, save on this computer itself."""
    host, _origin = site_of(public_url)
    if host.replace(".", "").isdigit() or ":" in host:
        return "PLANTOPS_PUBLIC_URL is a bare address, and passkeys need a name such as plantops.example.com"
    if not public_url.startswith("https:") and host != "localhost":
        return "PLANTOPS_PUBLIC_URL does not begin with https, which passkeys need"
    return None


def registration(
    public_url: str, *, challenge: bytes, handle: bytes, login: str, name: str, known: Sequence[bytes]
) -> str:
    """The options for navigator.credentials.create(), as JSON."""
    host, _origin = site_of(public_url)
    return webauthn.options_to_json(
        webauthn.generate_registration_options(
            rp_id=host,
            rp_name=PLANT,
            user_id=handle,
            user_name=login,
            user_display_name=name,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=VERIFIED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        )
    )


def request(public_url: str, *, challenge: bytes, allowed: Sequence[bytes]) -> str:
    """The options for navigator.credentials.get(), as JSON; none allowed by name means any key of this site."""
    host, _origin = site_of(public_url)
    return webauthn.options_to_json(
        webauthn.generate_authentication_options(
            rp_id=host,
            challenge=challenge,
            timeout=TIMEOUT_MS,
            user_verification=VERIFIED,
            allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in allowed],
        )
    )


def read_new(public_url: str, answer: str, challenge: bytes) -> NewKey:
    """The key that a browser has made. Raises Invalid when its answer does not hold."""
    host, origin = site_of(public_url)
    try:
        made = webauthn.verify_registration_response(
            credential=_small(answer),
            expected_challenge=challenge,
            expected_rp_id=host,
            expected_origin=origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise Invalid(say("This passkey cannot be added: the browser's answer does not fit. Try again.")) from error
    return NewKey(made.credential_id, made.credential_public_key, made.sign_count, made.credential_backed_up)


def read_shown(answer: str) -> Shown:
    """Which key a browser says it used. Raises Invalid when that cannot be read."""
    try:
        told = json.loads(_small(answer))
        handle = told["response"].get("userHandle")
        return Shown(
            webauthn.base64url_to_bytes(told["rawId"]), webauthn.base64url_to_bytes(handle) if handle else None
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Invalid(say("This passkey cannot be read. Try again.")) from error


def check(public_url: str, answer: str, challenge: bytes, *, public_key: bytes, sign_count: int) -> tuple[int, bool]:
    """(the key's new counter, whether it is synced). Raises Invalid when the signature or its counter does not hold."""
    host, origin = site_of(public_url)
    try:
        seen = webauthn.verify_authentication_response(
            credential=_small(answer),
            expected_challenge=challenge,
            expected_rp_id=host,
            expected_origin=origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise Invalid(say("This passkey is not the right one for here. Try again.")) from error
    return seen.new_sign_count, seen.credential_backed_up


def _small(answer: str) -> str:
    if not answer or len(answer) > LARGEST_ANSWER:
        raise ValueError("an answer of no size that a browser would send")
    return answer
