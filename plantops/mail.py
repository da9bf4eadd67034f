"""Mail: composing one letter and handing it to the plant's mail server; the only place that speaks SMTP."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import SplitResult, unquote, urlsplit

import css_inline

from plantops.wording import say

TIMEOUT_SECONDS = 20
LOCAL = ("localhost", "127.0.0.1", "::1")
SENDER_NAME = "plantops"


@dataclass(frozen=True)
class Letter:
    """One mail with everything that it needs; `attached` is (name, media type, bytes)."""

    id: int
    sender: str
    to_address: str
    to_name: str
    reply_to: str | None
    subject: str
    text: str
    html: str | None
    written_at: datetime
    attached: tuple[tuple[str, str, bytes], ...] = ()


@dataclass(frozen=True)
class Posted:
    """What the server said: no error is a success; a `final` one will not change by trying again."""

    error: str | None = None
    final: bool = False


def compose(letter: Letter) -> EmailMessage:
    """The letter as a message. Its Message-ID is always the same, so that a doubled delivery is seen as one."""
    message = EmailMessage(policy=SMTP)
    domain = letter.sender.rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<outbox.{letter.id}.{letter.written_at.timestamp():.0f}@{domain}>"
    message["Date"] = format_datetime(letter.written_at)
    message["From"] = Address(SENDER_NAME, addr_spec=letter.sender)
    message["To"] = Address(letter.to_name, addr_spec=letter.to_address)
    if letter.reply_to:
        message["Reply-To"] = Address(addr_spec=letter.reply_to)
    message["Subject"] = letter.subject
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    if letter.html:
        # Mail programs drop style sheets, and nothing may be fetched while a mail is written.
        message.add_alternative(css_inline.inline(letter.html, load_remote_stylesheets=False), subtype="html")
    for name, media_type, content in letter.attached:
        main, _, sub = media_type.partition("/")
        message.add_attachment(content, maintype=main, subtype=sub or "octet-stream", filename=name)
    return message


def post(url: str, message: EmailMessage) -> Posted:
    """Hand a message to the server: smtp://user:password@host:587 (TLS when offered) or smtps://host:465."""
    parts = urlsplit(url)
    try:
        with _connected(parts) as server:
            _sign_in(server, parts)
            server.send_message(message)
    except (smtplib.SMTPException, OSError) as error:
        return _refused(error)
    return Posted()


def _connected(parts: SplitResult) -> smtplib.SMTP:
    host = parts.hostname or "localhost"
    if parts.scheme == "smtps":
        return smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context())
    server = smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT_SECONDS)
    try:
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
    except BaseException:
        server.close()
        raise
    return server


def _sign_in(server: smtplib.SMTP, parts: SplitResult) -> None:
    if not parts.username:
        return
    secure = isinstance(server.sock, ssl.SSLSocket) or parts.hostname in LOCAL
    if not secure:
        raise smtplib.SMTPNotSupportedError(say("the server offers no TLS, and a password is not sent in the clear"))
    server.login(unquote(parts.username), unquote(parts.password or ""))


def _refused(error: Exception) -> Posted:
    """A 5xx answer about this mail is final; a server that is away, busy or refuses our login is not."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = next(iter(error.recipients.values()))
        return Posted(_said(code, words), final=code >= 500)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return Posted(
            say("the mail server refuses our sign-in: {smtp_code}", smtp_code=_said(error.smtp_code, error.smtp_error))
        )
    if isinstance(error, smtplib.SMTPSenderRefused | smtplib.SMTPDataError):
        return Posted(_said(error.smtp_code, error.smtp_error), final=error.smtp_code >= 500)
    return Posted(say("the mail server does not answer: {error}", error=error)[:500])


def _said(code: int, words: bytes | str) -> str:
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return say("the mail server says {code} {said}", code=code, said=said)[:500]
