"""Calls to other programs of the company and its partners: one POST, to a host that may be called, with no way round.

An adapter: besides mail and the sign-in service the only place that connects to another host.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from plantops.errors import Invalid
from plantops.wording import mark, say

SECONDS = 10
ALL_SECONDS = 20
"""A server that answers drop by drop is not waited for longer than this."""
MOST_BYTES = 2_000
LONGEST_URL, LONGEST_LABEL = 1_000, 63
NO_ADDRESS = mark("it is no address; write one such as https://partner.example/plantops")
WRAPPED = (
    ipaddress.ip_network("64:ff9b::/96"),
    ipaddress.ip_network("64:ff9b:1::/48"),
    ipaddress.ip_network("2002::/16"),
)
"""Addresses that hold another address inside."""
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Answer:
    """What came back: no error is a success; `gone` says that nobody wants to be called there any more."""

    status: int | None = None
    text: str = ""
    error: str | None = None

    @property
    def gone(self) -> bool:
        return self.status == 410


# --- Rules


def why_not_url(url: str, inside: bool) -> str | None:
    """Why this address is not called, as far as it can be seen from its letters."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return say(NO_ADDRESS)
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or not parts.hostname:
        return say(NO_ADDRESS)
    if parts.scheme != "https" and not (inside and parts.scheme == "http"):
        return "it must begin with https://"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return say("it must hold no name, no password and no #")
    if not all(0 < len(label) <= LONGEST_LABEL for label in parts.hostname.rstrip(".").split(".")):
        return say(NO_ADDRESS)
    literal = _literal(parts.hostname)
    if literal is not None and not inside:
        return why_not_address(literal)
    return None


def why_not_address(address: Address) -> str | None:
    """Only addresses of the open internet are called, unless the settings allow those inside."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    plain = mapped or address
    if not plain.is_global or plain.is_multicast or plain.is_reserved or any(plain in net for net in WRAPPED):
        return say("{address} is not an address of the open internet", address=address)
    return None


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


# --- The call


def post(url: str, body: bytes, headers: Mapping[str, str], *, inside: bool) -> Answer:
    """One POST. The host is looked up once and what was found is what is connected to; redirects are not followed."""
    if reason := why_not_url(url, inside):
        return Answer(error=say("It was not called: {reason}.", reason=reason))
    parts = urlsplit(url)
    try:
        address = _found(parts, inside)
    except Invalid as error:
        return Answer(error=error.message)
    except (OSError, UnicodeError) as error:  # a name that cannot be looked up at all is a UnicodeError
        return Answer(error=say("{hostname} is not known: {error}", hostname=parts.hostname, error=error)[:500])
    try:
        return _called(parts, address, body, headers)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(
            error=say(
                "{hostname} does not answer: {error}", hostname=parts.hostname, error=error or type(error).__name__
            )[:500]
        )


def _found(parts: SplitResult, inside: bool) -> str:
    """An address of the host. Raises Invalid when one of them may not be called."""
    found = socket.getaddrinfo(parts.hostname, _port(parts), type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]) for each in found]
    for one in addresses:
        if not inside and (reason := why_not_address(ipaddress.ip_address(one.partition("%")[0]))):
            raise Invalid(say("It was not called: {reason}.", reason=reason))
    return addresses[0]


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _called(parts: SplitResult, address: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    host = parts.hostname or ""
    line = http.client.HTTPConnection(host, _port(parts), timeout=SECONDS)
    line.sock = socket.create_connection((address, _port(parts)), timeout=SECONDS)
    late = threading.Event()
    ends = threading.Timer(ALL_SECONDS, _cut_off, (line, late))
    ends.daemon = True
    ends.start()
    try:
        if parts.scheme == "https":
            # The certificate is that of the name, not of the address; the hand-shake, too, may be cut off.
            safe = ssl.create_default_context()
            line.sock = safe.wrap_socket(line.sock, server_hostname=host, do_handshake_on_connect=False)
            line.sock.do_handshake()
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        line.request("POST", path, body=body, headers={**headers, "Connection": "close", "Host": parts.netloc})
        answer = line.getresponse()
        text = answer.read(MOST_BYTES).decode("utf-8", "replace")
        if late.is_set():  # an answer that was cut off looks whole
            raise TimeoutError(say("it takes longer than {all_seconds} seconds", all_seconds=ALL_SECONDS))
        return Answer(answer.status, _shown(text), _why(answer.status))
    finally:
        ends.cancel()
        line.close()


def _why(status: int) -> str | None:
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return say("It answered {status}: it leads elsewhere, which is not followed.", status=status)
    return say("It answered {status}.", status=status)


def _shown(text: str) -> str:
    return "".join(ch if ch.isprintable() or ch in "\n\t" else "\N{REPLACEMENT CHARACTER}" for ch in text)


def _cut_off(line: http.client.HTTPConnection, late: threading.Event) -> None:
    late.set()
    try:
        line.sock.shutdown(socket.SHUT_RDWR)
    except (OSError, AttributeError):
        return  # it has ended by itself
