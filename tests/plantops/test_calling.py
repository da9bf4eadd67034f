"""Calls to other programs go where an administrator said, and nowhere else."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from plantops import calling


@pytest.mark.parametrize(
    "url",
    [
        "http://partner.example/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://10.1.2.3/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:7f00:1::]/",
        "https://0.0.0.0/",
        "https://224.0.0.1/",
        "https://eva:secret@partner.example/",
        "https://partner.example/#part",
        "https://partner.example:99999/",
        "https://part ner.example/",
        "https://partner.example/\r\nX: y",
        "ftp://partner.example/",
        "file:///etc/passwd",
        "//partner.example",
        "https://",
        "https://a..example/",
        f"https://{'a' * 64}.example/",
        "https://[",
        "https://partner.example/" + "x" * 1000,
    ],
)
def test_these_are_never_called(url: str) -> None:
    assert calling.why_not_url(url, inside=False)
    assert "was not called" in (calling.post(url, b"{}", {}, inside=False).error or "")


def test_an_address_of_the_open_internet_may_be_called() -> None:
    assert calling.why_not_url("https://partner.example:8443/plantops?key=1", inside=False) is None
    assert calling.why_not_address(ipaddress.ip_address("93.184.215.14")) is None
    assert calling.why_not_url("http://127.0.0.1:8000/x", inside=True) is None


def test_a_name_that_leads_inside_is_not_called() -> None:
    """The name itself looks harmless; what it stands for does not."""
    answer = calling.post("https://localhost/x", b"{}", {}, inside=False)
    assert answer.status is None and "is not an address of the open internet" in (answer.error or "")


def whole(caller: socket.socket) -> bytes:
    """Everything that a caller sends: head, and as many bytes as the head says."""
    got = caller.recv(65536)
    while b"\r\n\r\n" not in got:
        got += caller.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-len")
    )
    while len(body) < length:
        body += caller.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def listening(*said: bytes, pause: float = 0) -> Iterator[tuple[str, list[bytes]]]:
    """A server that says this to whoever calls, and what it heard."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as door:

        def answer() -> None:
            caller, _ = door.accept()
            with caller:
                heard.append(whole(caller))
                try:
                    for part in said:
                        caller.sendall(part)
                        time.sleep(pause)
                except OSError:
                    return  # the caller hung up

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}/hook", heard
        thread.join(5)


def test_what_is_sent_and_what_comes_back() -> None:
    with listening(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nthank") as (url, heard):
        answer = calling.post(url, b'{"a":1}', {"webhook-id": "msg_1"}, inside=True)
    assert answer == calling.Answer(200, "thank", None)
    assert heard[0].startswith(b"POST /hook HTTP/1.1\r\n") and b"webhook-id: msg_1\r\n" in heard[0]
    assert heard[0].count(b"Host:") == 1 and heard[0].endswith(b'{"a":1}')


def test_a_redirect_is_not_followed() -> None:
    said = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    with listening(said) as (url, _):
        answer = calling.post(url, b"{}", {}, inside=True)
    assert answer.status == 302 and "not followed" in (answer.error or "")


def test_a_long_answer_is_cut_and_a_wild_one_is_shown_as_text() -> None:
    with listening(b"HTTP/1.1 500 No\r\n\r\n" + b"\x00\x1b" + b"x" * 100_000) as (url, _):
        answer = calling.post(url, b"{}", {}, inside=True)
    assert answer.status == 500 and len(answer.text) == calling.MOST_BYTES and answer.text.startswith("\ufffd\ufffdx")


def test_an_answer_drop_by_drop_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "ALL_SECONDS", 0.3)
    begun = time.monotonic()
    with listening(b"HTTP/1.1 200 OK\r\n", *[b"X: y\r\n"] * 12, pause=0.1) as (url, _):
        answer = calling.post(url, b"{}", {}, inside=True)
        took = time.monotonic() - begun
    assert answer.error and took < 3


@pytest.mark.parametrize("said", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 999999 x\r\n\r\n"])
def test_nonsense_is_an_error_and_no_fault(said: bytes) -> None:
    with listening(said) as (url, _):
        assert "does not answer" in (calling.post(url, b"{}", {}, inside=True).error or "")


def test_a_closed_door_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    assert "does not answer" in (calling.post(f"http://127.0.0.1:{port}/", b"{}", {}, inside=True).error or "")
