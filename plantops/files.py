"""Files: photos, delivery notes and documents, kept once by their content and reached only through a record."""

from __future__ import annotations

import hashlib
import os
import re
import struct
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

import sqlalchemy as sa
from PIL import Image, UnidentifiedImageError
from PIL.ExifTags import Base as ExifTag
from sqlalchemy.orm import Mapped, mapped_column

from plantops.context import Context, anyone, within
from plantops.db import Base, Id
from plantops.errors import Conflict, Invalid, NotFound, Unavailable
from plantops.jobs import Done
from plantops.settings import Settings
from plantops.sight import may_see
from plantops.wording import say
from plantops.workbook import why_not_unpack

FOLDER = "files"
MAX_BYTES = 25 * 1024 * 1024
MAX_PIXELS = 50_000_000
LONGEST_SIDE = 4096
JPEG_QUALITY = 85
ORIENTATION, UPRIGHT = ExifTag.Orientation, 1
LONGEST_NAME = 150
PIECE = 1024 * 1024
ORPHAN_AFTER_SECONDS = 24 * 3600
SWEPT_AT_ONCE = 1000  # each takes a lock until the end
HOLD = sa.text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:content, 7255))")
TAKE = sa.text("SELECT pg_try_advisory_xact_lock(hashtextextended(:content, 7255))")
_ORIGIN = re.compile(r"[a-z_]+:\d+")
_PICTURES = {
    "JPEG": ("image/jpeg", "JPEG"),
    "MPO": ("image/jpeg", "JPEG"),  # what many phones write: a JPEG with further views behind it
    "PNG": ("image/png", "PNG"),
    "WEBP": ("image/webp", "WEBP"),
    "GIF": ("image/png", "PNG"),
    "BMP": ("image/png", "PNG"),
    "TIFF": ("image/png", "PNG"),
}
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")  # an MPO is opened as a JPEG
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What reading a picture whose bytes are wrong was seen to raise.
_DAMAGED = (UnidentifiedImageError, Image.DecompressionBombError, OSError, EOFError, SyntaxError, ValueError, TypeError,
            ArithmeticError, LookupError, AttributeError, RuntimeError, struct.error, zlib.error)  # fmt: skip
_PICTURE_MAGIC = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"GIF8", b"BM", b"II*\0", b"MM\0*")
_OFFICE = {
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_ENDINGS = {
    "application/pdf": ".pdf",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "application/xml": ".xml",
    "text/plain": ".txt",
    _OFFICE["xl/workbook.xml"]: ".xlsx",
    _OFFICE["word/document.xml"]: ".docx",
}
KNOWN = "PDF, pictures (JPEG, PNG, WebP), Excel, Word, XML, CSV and plain text"


class File(Base):
    """A stored file. Its bytes lie in the data folder under their SHA-256, never under the web root."""

    __tablename__ = "core_file"

    id: Mapped[Id]
    sha256: Mapped[str] = mapped_column(sa.CHAR(64), index=True)
    name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    created_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"), index=True)
    created_at: Mapped[datetime]


class Attachment(Base):
    """A file hung on a record, which `origin` names as `table:id`."""

    __tablename__ = "core_attachment"
    __table_args__ = (sa.Index("ix_core_attachment_origin", "origin"),)

    id: Mapped[Id]
    file_id: Mapped[int] = mapped_column(sa.ForeignKey("core_file.id"), index=True)
    origin: Mapped[str]
    title: Mapped[str]
    added_by_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    by_hand: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Somebody put it there by hand, so it may be taken off again; what an action hung there stays."""


@dataclass(frozen=True)
class LaidDown:
    """Bytes that are in the store already, before a row names them."""

    sha256: str
    size: int


@dataclass(frozen=True)
class AttachmentRow:
    id: int
    file_id: int
    title: str
    name: str
    media_type: str
    size: int
    added_by: str
    added_at: datetime
    added_by_id: int
    by_hand: bool


HUNG = """
SELECT 'file' AS part, a.id, a.added_at AS at, u.name AS actor, NULL AS on_behalf_of,
    jsonb_build_object('file_id', a.file_id, 'title', a.title, 'name', f.name, 'media_type', f.media_type,
        'size', f.size, 'added_by_id', a.added_by_id, 'by_hand', a.by_hand) AS more
FROM core_attachment a JOIN core_file f ON f.id = a.file_id JOIN core_user u ON u.id = a.added_by_id
WHERE a.origin = :origin AND a.removed_at IS NULL
"""


# --- Rules


def why_not_remove(row: Attachment | AttachmentRow, user_id: int) -> str | None:
    """Why this person cannot take a file off a document."""
    if not row.by_hand:
        return say("it belongs to the document")
    return None if row.added_by_id == user_id else say("somebody else put it there")


def sniffed(content: bytes) -> str:
    """What the bytes are, whatever the name says. Raises Invalid for what is not taken in."""
    if not content:
        raise Invalid(say("The file is empty."), field="file")
    if len(content) > MAX_BYTES:
        limit = MAX_BYTES // 1024**2
        raise Invalid(
            say(
                "The file has {content:.0f} MB; at most {limit} MB are kept.",
                content=len(content) / 1024**2,
                limit=limit,
            ),
            field="file",
        )
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    if content.startswith(_PICTURE_MAGIC):
        return _picture(content)[0]
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    return _text(content)


def _office(content: bytes) -> str:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names = {entry.filename for entry in archive.infolist()}
            reason = why_not_unpack(archive.infolist())
    except (zipfile.BadZipFile, EOFError, ValueError) as error:
        raise Invalid(say("The file is damaged: {error}.", error=error), field="file") from None
    kind = next((media for part, media in _OFFICE.items() if part in names), None)
    if reason or kind is None or any("vbaProject" in name for name in names):
        why = reason or say("it holds macros or is an archive of another kind")
        raise Invalid(say("The file is not taken: {why}. Known are {known}.", why=why, known=KNOWN), field="file")
    return kind


def _text(content: bytes) -> str:
    try:
        words = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        words = "" if b"\0" in content else content.decode("cp1252", "replace")
    start = words.lstrip()[:200].lower()
    if (
        not start
        or "\0" in words
        or start.startswith(("<!doctype html", "<html", "<svg", "<script"))
        or "<svg" in start
    ):
        raise Invalid(say("A file of this kind is not taken. Known are {known}.", known=KNOWN), field="file")
    return "application/xml" if start.startswith("<?xml") else "text/plain"


def _picture(content: bytes) -> tuple[str, bytes]:
    """The picture drawn anew: no place or camera data, no hidden parts, upright, at most 4096 pixels wide."""
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise Invalid(
                    say("The picture has more than {max_pixels} million pixels.", max_pixels=MAX_PIXELS // 10**6),
                    field="file",
                )
            media_type, form = _PICTURES[str(picture.format)]
            turn = _TURNS.get(picture.getexif().get(ORIENTATION, UPRIGHT))
            upright = picture.transpose(turn) if turn is not None else picture.copy()
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            plain = upright.convert("RGB" if form == "JPEG" or not upright.has_transparency_data else "RGBA")
            plain.info = {}  # a comment in it would be written along
            out = BytesIO()
            plain.save(out, form, quality=JPEG_QUALITY)
    except _DAMAGED as error:
        raise Invalid(
            say("The picture is damaged and cannot be read: {name__}.", name__=type(error).__name__), field="file"
        ) from None
    return media_type, out.getvalue()


def clean_name(name: str, media_type: str) -> str:
    """A name without folders and tricks, with the ending that fits what the file is."""
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    shown = "".join(ch for ch in base if unicodedata.category(ch)[0] != "C").strip(" .")
    stem, dot, ending = shown.rpartition(".")
    stem = (stem if dot else shown) or "file"
    if media_type == "text/plain" and ending.lower() in ("csv", "txt", "log", "eml"):
        return f"{stem[:LONGEST_NAME]}.{ending.lower()}"
    return stem[:LONGEST_NAME] + _ENDINGS[media_type]


# --- The store


def folder(settings: Settings) -> Path:
    return settings.data / FOLDER


def path_of(settings: Settings, sha256: str) -> Path:
    return folder(settings) / sha256[:2] / sha256[2:4] / sha256


def _put(settings: Settings, content: bytes) -> str:
    """Write once, whole or not at all: a draft beside, flushed to disk, then renamed."""
    digest = hashlib.sha256(content).hexdigest()
    path = path_of(settings, digest)
    if path.exists() and path.stat().st_size == len(content):
        os.utime(path)  # not an orphan while this transaction runs
        return digest
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{digest[:12]}-{uuid4().hex}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        draft.rename(path)
        _flush_folder(path.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise Unavailable(
            say("The file could not be saved: {strerror}. Nothing was changed; try again.", strerror=error.strerror)
        ) from error
    return digest


def lay_down(settings: Settings, source: BinaryIO) -> LaidDown:
    """Bytes of any size into the store, piece by piece; no transaction is needed, and none should be open.

    What no row names a day later is swept away again.
    """
    folder(settings).mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = folder(settings) / f".{uuid4().hex}"
    digest, size = hashlib.sha256(), 0
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            while piece := source.read(PIECE):
                digest.update(piece)
                size += len(piece)
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        path = path_of(settings, digest.hexdigest())
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft.rename(path)
        _flush_folder(path.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise Unavailable(
            say("The file could not be saved: {strerror}. Nothing was changed; try again.", strerror=error.strerror)
        ) from error
    return LaidDown(digest.hexdigest(), size)


def _flush_folder(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- Questions


@anyone("its maker, and everybody who may see a record that it hangs on")
def readable(ctx: Context, id: int) -> File:
    """The file, for who may read it. NotFound for others, as for one that does not exist."""
    file = ctx.session.get(File, id)
    if file is not None:
        if ctx.user.is_system or file.created_by_id == ctx.user.id:
            return file
        hung = sa.select(Attachment.origin).where(Attachment.file_id == id, Attachment.removed_at.is_(None))
        for origin in ctx.session.scalars(hung):
            if may_see(ctx, origin):
                return file
    raise NotFound(say("There is no such file, or you may not see it."))


@anyone("its maker, and everybody who may see a record that it hangs on")
def content(ctx: Context, id: int) -> bytes:
    """The bytes, proved to be those that were stored. Raises Unavailable when they are gone or changed."""
    file = readable(ctx, id)
    try:
        found = path_of(ctx.settings, file.sha256).read_bytes()
    except OSError as error:
        raise Unavailable(
            say("The file {name} is missing in the data folder: restore it from a backup.", name=file.name)
        ) from error
    if hashlib.sha256(found).hexdigest() != file.sha256:
        raise Unavailable(
            say("The file {name} was damaged in the data folder: restore it from a backup.", name=file.name)
        )
    return found


@within("shown on a record that the person may see")
def attachments(ctx: Context, origin: str) -> list[AttachmentRow]:
    """What hangs on a record, oldest first."""
    rows = ctx.session.execute(sa.text(f"{HUNG} ORDER BY id"), {"origin": origin})
    return [attachment(row) for row in rows]


def attachment(row: sa.Row[Any]) -> AttachmentRow:
    return AttachmentRow(id=row.id, added_at=row.at, added_by=row.actor, **row.more)


@within("the check of the live database")
def stored(ctx: Context) -> Iterator[tuple[int, str, str, int]]:
    """Every file for `missing`: id, name, sha256, size."""
    every = sa.select(File.id, File.name, File.sha256, File.size).order_by(File.id)
    for row in ctx.session.execute(every.execution_options(yield_per=1000)):
        yield row.id, row.name, row.sha256, row.size


def missing(settings: Settings, stored: Iterator[tuple[int, str, str, int]]) -> Iterator[tuple[int, str]]:
    """For `verify`: (id, sentence) for each (id, name, sha256, size) whose bytes are not there as they were."""
    for id, name, sha256, size in stored:
        path = path_of(settings, sha256)
        if not path.is_file():
            yield id, f"file {name} is missing in the data folder"
        elif path.stat().st_size != size:
            yield id, f"file {name} has {path.stat().st_size} bytes instead of {size}"


# --- Actions


@within("the action on the record has checked the right")
def keep(ctx: Context, name: str, content: bytes) -> File:
    """Store a file; a picture is drawn anew. Raises Invalid for what is empty, too large or of an unknown kind."""
    media_type = sniffed(content)
    if media_type.startswith("image/"):
        media_type, content = _picture(content)
    return keep_made(ctx, clean_name(name, media_type), media_type, content)


@within("the action that made it has checked the right")
def keep_made(ctx: Context, name: str, media_type: str, content: bytes) -> File:
    """Store a file that the house made itself, whatever its size."""
    # Until this transaction ends the sweeper leaves these bytes alone, though no row names them yet.
    ctx.session.execute(HOLD, {"content": hashlib.sha256(content).hexdigest()})
    return keep_laid(ctx, name, media_type, LaidDown(_put(ctx.settings, content), len(content)))


@within("the action that they are for has checked the right")
def keep_laid(ctx: Context, name: str, media_type: str, laid: LaidDown) -> File:
    """Bytes that were laid down get their row."""
    ctx.session.execute(HOLD, {"content": laid.sha256})
    file = File(
        sha256=laid.sha256,
        name=name,
        media_type=media_type,
        size=laid.size,
        created_by_id=ctx.user.id,
        created_at=ctx.now,
    )
    ctx.session.add(file)
    ctx.session.flush()
    return file


@within("the action on the record has checked the right")
def attach(ctx: Context, origin: str, file_id: int, title: str = "", *, by_hand: bool = False) -> Attachment:
    """Hang a file that this person may read on a record."""
    if not _ORIGIN.fullmatch(origin):
        raise ValueError(f"An origin is table:id, not {origin!r}.")
    file = readable(ctx, file_id)
    hung = Attachment(
        file_id=file.id,
        origin=origin,
        title=title.strip() or file.name,
        added_by_id=ctx.user.id,
        added_at=ctx.now,
        by_hand=by_hand,
    )
    ctx.session.add(hung)
    ctx.session.flush()
    return hung


@within("the action on the record has checked the right")
def detach(ctx: Context, origin: str, attachment_id: int) -> None:
    """Take a file off a record; who hung it there and when stays known."""
    taken = ctx.session.scalar(
        sa.update(Attachment)
        .where(Attachment.id == attachment_id, Attachment.origin == origin, Attachment.removed_at.is_(None))
        .values(removed_at=ctx.now)
        .returning(Attachment.id)
    )
    if taken is None:
        raise NotFound(say("This attachment does not hang here any more."))


@within("the page has checked that the person may see the record")
def take_off(ctx: Context, origin: str, attachment_id: int) -> None:
    """Take off what one put there oneself; what an action hung on the record stays."""
    hung = ctx.session.get(Attachment, attachment_id, with_for_update=True)
    if hung is not None and hung.origin == origin and (why := why_not_remove(hung, ctx.user.id)):
        raise Conflict(say("This file cannot be taken off: {why}.", why=why))
    detach(ctx, origin, attachment_id)


@within("a job of the system")
def sweep_orphans(ctx: Context) -> Done:
    """Remove bytes that no row names: drafts and files of transactions that were rolled back a day ago."""
    known = set(ctx.session.scalars(sa.select(File.sha256).distinct()))
    removed = 0
    for path in chain(folder(ctx.settings).glob("*/*/*"), folder(ctx.settings).glob(".*")):
        if removed == SWEPT_AT_ONCE:
            break
        if path.name not in known and _is_orphan(ctx, path):
            path.unlink()
            removed += 1
    return Done(say("{removed} files of undone work removed", removed=removed))


def _is_orphan(ctx: Context, path: Path) -> bool:
    """Old, and nobody keeps the same bytes at this moment; asked again under the lock that `keep` holds too."""
    if not path.is_file() or time.time() - path.stat().st_mtime <= ORPHAN_AFTER_SECONDS:
        return False
    if path.name.startswith("."):
        return True
    if not ctx.session.scalar(TAKE, {"content": path.name}):
        return False
    named = ctx.session.scalar(sa.select(sa.exists().where(File.sha256 == path.name)))
    return not named and time.time() - path.stat().st_mtime > ORPHAN_AFTER_SECONDS
