"""What guards every answer: headers, the origin of changing requests, size limits, request ids."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from uuid import uuid4

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from plantops.wording import say, speaking

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "worker-src 'self'; manifest-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
TRANSPORT_SECURITY = "max-age=31536000; includeSubDomains"
FILE = "application/octet-stream"
PROBLEM = "application/problem+json"
LARGEST_BODY = 25 * 1024 * 1024
LARGEST_TEXT = 4 * 1024 * 1024  # what is no upload stays in memory while it is read
LONGEST_ADDRESS = 8000
SAFE = {"GET", "HEAD", "OPTIONS"}
SHORTEST_TOKEN = 16
WORDS = re.compile(r"[a-z_.-]+")
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

log = structlog.get_logger("web")


class TooLarge(Exception):
    """The body of a request is larger than this house takes."""


def why_not_origin(method: str, headers: Headers) -> str | None:
    """Why a changing request cannot come from one of our own pages; None when it can."""
    if method in SAFE or headers.get("authorization", "").lower().startswith("bearer "):
        return None
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return say("it was sent from another site")
    origin = headers.get("origin")
    if origin is None:
        return None if "sec-fetch-site" in headers else say("it does not say which page sent it")
    if origin == "null" or origin.partition("://")[2].lower() != headers.get("host", "").lower():
        return say("it was sent from another site")
    return None


def why_not_address(scope: Scope) -> str | None:
    raw = scope.get("raw_path", b"") + b"?" + scope.get("query_string", b"")
    if len(raw) > LONGEST_ADDRESS:
        return say("the address is too long")
    if b"%00" in raw or b"\x00" in raw:
        return say("the address holds a character that cannot be stored")
    return None


def why_not_taken(scope: Scope, headers: Headers, most: int) -> tuple[int, str] | None:
    """The status and the reason with which a request is refused before anything of it is read; None when it is not."""
    if reason := why_not_address(scope):
        return 400, reason
    if reason := why_not_origin(scope["method"], headers):
        return 403, reason
    if int_of(headers.get("content-length", "0")) > most:
        return 413, say("it is larger than {megabytes} MB", megabytes=most // 1024**2)
    return None


def most_bytes(content_type: str) -> int:
    """How large a body may be: an upload is laid down on disk as it comes, everything else is read into memory."""
    return LARGEST_BODY if content_type.lower().startswith(("multipart/form-data", FILE)) else LARGEST_TEXT


def is_upload(request: Request) -> bool:
    """Does a form bring files?"""
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


def is_file(request: Request) -> bool:
    """Does a program send a file as it is?"""
    return request.headers.get("content-type", "").lower().startswith(FILE)


def sayable(path: str) -> str:
    """The path as the log may keep it: parts that could be the token of a public link are left out."""
    parts = path.split("/")
    return "/".join("..." if len(part) >= SHORTEST_TOKEN and not WORDS.fullmatch(part) else part for part in parts)


class Guard:
    """The outermost layer around the application."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        secure: bool,
        observe: Callable[[Scope, int, float], None],
        on_bug: Callable[[Scope, Exception], ASGIApp],
        on_refused: Callable[[Scope, int, str], ASGIApp],
        language_of: Callable[[Headers], str],
    ) -> None:
        self.app = app
        self.secure = secure
        self.observe = observe
        self.on_bug = on_bug
        self.on_refused = on_refused
        self.language_of = language_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        scope["plantops.request_id"] = given if GIVEN_ID.fullmatch(given) else uuid4().hex
        answer = _Answer(self, scope, send)
        try:
            with speaking(self.language_of(headers)):
                refused = why_not_taken(scope, headers, answer.most)
            if refused is not None:
                await self.on_refused(scope, *refused)(scope, receive, answer.dressed)
            else:
                await answer.run(receive)
        finally:
            answer.tell()


class _Answer:
    """One request on its way through the guard."""

    def __init__(self, guard: Guard, scope: Scope, send: Send) -> None:
        self.guard, self.scope, self.send = guard, scope, send
        self.began = time.perf_counter()
        self.status = 0
        self.read = 0
        self.most = most_bytes(Headers(scope=scope).get("content-type", ""))

    async def run(self, receive: Receive) -> None:
        async def counted() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                self.read += len(message.get("body", b""))
                if self.read > self.most:
                    raise TooLarge
            return message

        try:
            await self.guard.app(self.scope, counted, self.dressed)
        except Exception as error:
            if self.status:
                raise
            answer = await run_in_threadpool(self.guard.on_bug, self.scope, error)
            await answer(self.scope, receive, self.dressed)

    async def dressed(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store")
            headers["x-request-id"] = self.scope["plantops.request_id"]
            if self.guard.secure:
                headers["strict-transport-security"] = TRANSPORT_SECURITY
        await self.send(message)

    def tell(self) -> None:
        seconds = time.perf_counter() - self.began
        self.guard.observe(self.scope, self.status, seconds)
        if self.scope["path"].startswith("/static/"):
            return
        # The path only, without its secrets: what was searched for and who searched stays out of the log.
        log.info(
            "request",
            method=self.scope["method"],
            path=sayable(self.scope["path"]),
            status=self.status,
            ms=round(seconds * 1000, 1),
            request_id=self.scope["plantops.request_id"],
        )


def int_of(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
