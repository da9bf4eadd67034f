"""Mails: only after the commit, through a real server, again when it was away, and the same mail when doubled."""

from __future__ import annotations

import email
import email.policy
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from plantops import files, mail, outbox, people
from plantops.core import House
from plantops.errors import Conflict, Forbidden, Invalid, NotFound
from plantops.mail import Letter, Posted, compose, post
from plantops.outbox import NO_SERVER, OutgoingMail, State, after_failure, why_not_address
from plantops.worker import Worker
from tests.houses import NOW, Someone
from tests.plantops.job_house import QUICK


class Mailbox:
    """A real SMTP server's handler that keeps what it gets, or answers as it is told."""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []
        self.answer: str | None = None
        self.at_rcpt: str | None = None

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if self.at_rcpt:
            return self.at_rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.answer:
            return self.answer
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.got.append(message)
        return "250 OK"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(box: Mailbox, port: int, **options: Any) -> Iterator[str]:
    controller = Controller(box, hostname="127.0.0.1", port=port, server_hostname="localhost", **options)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}"
    finally:
        controller.stop()


LETTER = Letter(
    id=17,
    sender="plantops@marenfeld.example",
    to_address="ana@novak.example",
    to_name="Novak Safety",
    reply_to="buyer@marenfeld.example",
    subject="Order PO-VER-26-00017 für Größe L",
    text="Guten Tag,\nplease find our order attached.",
    html="<style>p {color: red}</style><link rel=stylesheet href='http://evil.example/x.css'><p>Order</p>",
    written_at=NOW,
    attached=(("order.pdf", "application/pdf", b"%PDF-1.7 order"),),
)

# --- Rules


@pytest.mark.parametrize("address", ["ana@novak.example", "a.b+c@sub.novak.example", "o'neil@novak.example"])
def test_plain_mailboxes_are_addresses(address: str) -> None:
    assert why_not_address(address) is None


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ana",
        "@novak.example",
        "ana@",
        "ana@localhost",
        "a@b.example, c@d.example",
        "a@b.example\nBcc: x@y.example",
        "Ana <ana@novak.example>",
        "a b@novak.example",
    ],
)
def test_lists_and_tricks_are_no_addresses(address: str) -> None:
    assert why_not_address(address) is not None


def test_it_waits_longer_each_time_and_gives_up_after_a_day() -> None:
    waits = [after_failure(tries, Posted("away")) for tries in range(1, 9)]
    assert waits[0] == timedelta(minutes=1)
    known = [wait for wait in waits if wait is not None]
    assert known == sorted(known)
    assert timedelta(hours=20) < sum(known, timedelta()) < timedelta(hours=30)
    assert waits[-1] is None
    assert after_failure(1, Posted("no such mailbox", final=True)) is None


# --- The adapter, against a real SMTP server


def test_a_letter_arrives_whole() -> None:
    box = Mailbox()
    with server(box, free_port()) as url:
        assert post(url, compose(LETTER)) == Posted()
        assert post(url, compose(LETTER)) == Posted()
    first, second = box.got
    assert first["Message-ID"] == second["Message-ID"] == "<outbox.17.1795424400@marenfeld.example>"
    assert first["Subject"] == "Order PO-VER-26-00017 für Größe L"
    assert (first["To"], first["Reply-To"]) == ("Novak Safety <ana@novak.example>", "buyer@marenfeld.example")
    assert first["Auto-Submitted"] == "auto-generated"
    plain, html = first.get_body(("plain",)), first.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert "please find our order" in plain.get_content()
    assert "color: red" in html.get_content()
    assert "evil.example" not in html.get_content()
    (attached,) = first.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("order.pdf", b"%PDF-1.7 order")


@pytest.mark.parametrize(
    ("at_rcpt", "answer", "final", "words"),
    [
        ("550 no such mailbox", None, True, "550 no such mailbox"),
        ("450 greylisted", None, False, "450 greylisted"),
        (None, "554 looks like spam", True, "554 looks like spam"),
        (None, "451 try later", False, "451 try later"),
    ],
)
def test_what_the_server_answers_is_told(at_rcpt: str | None, answer: str | None, final: bool, words: str) -> None:
    box = Mailbox()
    box.at_rcpt, box.answer = at_rcpt, answer
    with server(box, free_port()) as url:
        posted = post(url, compose(LETTER))
    assert posted.final is final
    assert words in str(posted.error)


def test_a_server_that_is_away_is_no_final_failure() -> None:
    posted = post(f"smtp://127.0.0.1:{free_port()}", compose(LETTER))
    assert not posted.final
    assert "does not answer" in str(posted.error)


def test_it_signs_in_and_tells_a_wrong_password() -> None:
    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, auth_data: Any) -> AuthResult:
        right = isinstance(auth_data, LoginPassword) and auth_data.password == b"p@ss"
        return AuthResult(success=right, handled=False)

    box, port = Mailbox(), free_port()
    with server(box, port, authenticator=check, auth_required=True, auth_require_tls=False):
        assert post(f"smtp://plantops:p%40ss@127.0.0.1:{port}", compose(LETTER)) == Posted()
        refused = post(f"smtp://plantops:wrong@127.0.0.1:{port}", compose(LETTER))
    assert len(box.got) == 1
    assert not refused.final
    assert "refuses our sign-in" in str(refused.error)


def test_a_password_never_goes_out_in_the_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "LOCAL", ())
    box = Mailbox()
    with server(box, port := free_port()):
        refused = post(f"smtp://plantops:secret@127.0.0.1:{port}", compose(LETTER))
    assert "no TLS" in str(refused.error)
    assert box.got == []


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate for localhost that this process trusts, as a server's context."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate of this test")
    key, made = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*command, "-keyout", str(key), "-out", str(made)], check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(made))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    return context


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_it_speaks_tls_and_looks_at_the_certificate(
    certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    box, port = Mailbox(), free_port()
    options = (
        {"tls_context": certificate, "require_starttls": True} if scheme == "smtp" else {"ssl_context": certificate}
    )
    with server(box, port, **options):
        assert post(f"{scheme}://localhost:{port}", compose(LETTER)) == Posted()
        monkeypatch.delenv("SSL_CERT_FILE")
        refused = post(f"{scheme}://localhost:{port}", compose(LETTER))
    assert len(box.got) == 1
    assert "certificate" in str(refused.error).lower()
    assert not refused.final


# --- The outbox


@pytest.mark.db
def test_a_mail_waits_half_a_minute_and_can_be_recalled(ctx: Someone) -> None:
    writer, other = ctx("employee", login="writer"), ctx("employee", login="other")
    letter = write(writer)
    assert letter.next_try_at == NOW + timedelta(seconds=30)
    assert outbox.list_mails(other) == []
    with pytest.raises(NotFound):
        outbox.recall(other, letter.id)
    with pytest.raises(Forbidden):
        outbox.recall(ctx("auditor"), letter.id)
    assert outbox.recall(writer, letter.id).state is State.RECALLED
    with pytest.raises(Conflict, match="recalled already"):
        outbox.recall(writer, letter.id)
    system = ctx(now=NOW + timedelta(minutes=5))
    system.settings = replace(system.settings, smtp_url="smtp://127.0.0.1:1")
    assert "nothing to do" in str(outbox.send(system, letter.id))


def write(ctx: Any, **changes: Any) -> OutgoingMail:
    values = {"to": "ana@novak.example", "subject": "Order", "text": "Here it is.", "origin": "purchasing_order:17"}
    return outbox.write(ctx, **(values | changes))


@pytest.mark.db
@pytest.mark.parametrize(
    ("changes", "field"),
    [({"to": "nobody"}, "to"), ({"subject": " \n "}, "subject"), ({"reply_to": "x\ny@z.example"}, "reply_to")],
)
def test_a_mail_that_cannot_be_is_refused_when_it_is_written(ctx: Someone, changes: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        write(ctx(), **changes)
    assert field in refused.value.fields


@pytest.mark.db
def test_a_subject_cannot_smuggle_a_header(ctx: Someone) -> None:
    assert write(ctx(), subject="Order\r\nBcc: x@y.example").subject == "Order Bcc: x@y.example"


@pytest.mark.db
def test_without_a_server_mails_wait_and_the_outbox_says_so(ctx: Someone) -> None:
    system = ctx(now=NOW + timedelta(minutes=5))
    letter = write(ctx("employee"))
    assert NO_SERVER in str(outbox.send(system, letter.id))
    assert (letter.state, letter.error) == (State.WAITING, NO_SERVER)
    assert NO_SERVER in str(outbox.look(system))
    assert outbox.count(system) == outbox.Count(waiting=1, failed=0, server=False)
    assert [found.id for found in outbox.list_mails(ctx("auditor"), State.WAITING, "purchasing_order:17")] == [
        letter.id
    ]


@pytest.mark.db
def test_a_mail_that_failed_is_visible_and_sent_again_by_an_administrator(ctx: Someone) -> None:
    letter = write(ctx("employee"))
    letter.state, letter.tries, letter.error = State.FAILED, 8, "550 no such mailbox"
    assert outbox.count(ctx()).failed == 1
    with pytest.raises(Forbidden):
        outbox.send_again(ctx("employee"), letter.id)
    again = outbox.send_again(ctx("administrator"), letter.id)
    assert (again.state, again.tries) == (State.WAITING, 0)
    with pytest.raises(Conflict, match="this one is waiting"):
        outbox.send_again(ctx("administrator"), letter.id)


# --- With a worker


@pytest.fixture
def post_office(plant: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[House, int, Callable[[], None]]]:
    """A plant with a worker in real time; the mail server's port is known, the server is not up yet."""
    port = free_port()
    plant.settings = replace(plant.settings, smtp_url=f"smtp://127.0.0.1:{port}")
    plant.clock = lambda: datetime.now(UTC)
    quiet = tuple(replace(known, schedules=()) for known in plant.registry.modules)
    plant.registry = replace(plant.registry, modules=quiet)
    monkeypatch.setattr(outbox, "WAITS", (timedelta(seconds=1),) * 20)
    worker = Worker(plant, QUICK)
    thread = threading.Thread(target=worker.forever)
    yield plant, port, thread.start
    worker.stop()
    if thread.is_alive():
        thread.join(40)


def wait_for(plant: House, mail_id: int, state: State, seconds: float = 40) -> OutgoingMail:
    end = time.monotonic() + seconds
    while True:
        with plant.acting() as ctx:
            letter = outbox.one(ctx, mail_id)
        if letter.state is state:
            return letter
        assert time.monotonic() < end, f"{letter.state}: {letter.error}"
        time.sleep(0.05)


def undone(plant: House) -> None:
    with plant.acting() as ctx:
        write(ctx, subject="never", wait_seconds=0)
        raise Conflict("the order could not be issued")


@pytest.mark.db
def test_a_mail_leaves_after_the_commit_with_its_files(post_office: tuple[House, int, Callable[[], None]]) -> None:
    plant, port, start_worker = post_office
    box = Mailbox()
    with pytest.raises(Conflict):
        undone(plant)
    with plant.acting() as ctx:
        bob = people.add_user(ctx, "bob", "Bob")
    with plant.acting(bob.id) as ctx:
        kept = files.keep(ctx, "order.pdf", b"%PDF-1.7 order")
        letter = write(ctx, file_ids=[kept.id], wait_seconds=0)
    with server(box, port):
        start_worker()
        sent = wait_for(plant, letter.id, State.SENT)
    assert (sent.tries, sent.error, sent.created_by_id) == (1, None, bob.id)
    assert sent.sent_at is not None
    assert [message["Subject"] for message in box.got] == ["Order"]
    assert [part.get_filename() for part in box.got[0].iter_attachments()] == ["order.pdf"]


@pytest.mark.db
def test_a_server_that_was_down_gets_the_mail_once_it_is_up(post_office: tuple[House, int, Callable[[], None]]) -> None:
    plant, port, start_worker = post_office
    with plant.acting() as ctx:
        letter = write(ctx, wait_seconds=0)
    start_worker()
    end = time.monotonic() + 40
    while True:
        with plant.acting() as ctx:
            tried = outbox.one(ctx, letter.id)
        if tried.tries >= 2:
            break
        assert time.monotonic() < end
        time.sleep(0.05)
    assert "does not answer" in str(tried.error)
    box = Mailbox()
    with server(box, port):
        sent = wait_for(plant, letter.id, State.SENT)
    assert sent.tries >= 3
    assert len(box.got) == 1


@pytest.mark.db
def test_a_refused_mailbox_is_given_up_at_once(post_office: tuple[House, int, Callable[[], None]]) -> None:
    plant, port, start_worker = post_office
    box = Mailbox()
    box.at_rcpt = "550 no such mailbox"
    with plant.acting() as ctx:
        letter = write(ctx, wait_seconds=0)
    with server(box, port):
        start_worker()
        failed = wait_for(plant, letter.id, State.FAILED)
    assert failed.tries == 1
    assert "550 no such mailbox" in str(failed.error)


@pytest.mark.db
def test_mails_that_waited_for_a_server_go_out_once_one_is_set(
    post_office: tuple[House, int, Callable[[], None]],
) -> None:
    plant, port, start_worker = post_office
    with plant.acting() as ctx:
        letter = write(ctx, wait_seconds=0)
        ctx.session.execute(sa.text("DELETE FROM procrastinate_jobs"))
        ctx.session.execute(sa.text("UPDATE core_job_run SET state = 'done'"))
    time.sleep(0.1)
    box = Mailbox()
    with server(box, port):
        start_worker()
        with plant.acting() as ctx:
            assert "1 mails" in str(outbox.look(ctx))
        wait_for(plant, letter.id, State.SENT)
    assert len(box.got) == 1
