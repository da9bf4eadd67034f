"""Files: what the bytes are counts, not the name; pictures lose their secrets; nobody reads through the side door."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from plantops import files, sight
from plantops.context import Context
from plantops.core import House
from plantops.errors import Invalid, NotFound, Unavailable
from plantops.files import File, clean_name, sniffed
from plantops.module import Module, Registry
from plantops.sight import RecordSeen
from plantops.tables import Column, Table, as_xlsx
from plantops.verify import verify
from tests.houses import NOW, Someone

PDF = b"%PDF-1.7\n1 0 obj\n"


def picture(form: str = "JPEG", size: tuple[int, int] = (40, 20), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, form, **options)
    return out.getvalue()


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return out.getvalue()


def workbook() -> bytes:
    zone = NOW.tzinfo
    return as_xlsx([Table("T", [Column("A")], [["x"]])], title="T", zone=zone, now=NOW)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PDF, "application/pdf"),
        (picture(), "image/jpeg"),
        (picture("PNG"), "image/png"),
        (picture("WEBP"), "image/webp"),
        (picture("GIF"), "image/png"),
        (workbook(), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (archive("word/document.xml"), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b'<?xml version="1.0"?><Invoice/>', "application/xml"),
        ("Größe;1\n".encode("cp1252"), "text/plain"),
    ],
)
def test_the_bytes_say_what_a_file_is(content: bytes, media_type: str) -> None:
    assert sniffed(content) == media_type


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   ",
        b"MZ\x90\x00\x03",
        b"\x7fELF\x02\x01\x01\x00",
        b"<html><script>alert(1)</script>",
        b"\xef\xbb\xbf <!DOCTYPE html>",
        b'<?xml version="1.0"?><svg onload="x"/>',
        b"<svg/>",
        b"\x89PNG\r\n\x1a\nnonsense",
        picture()[:60],
        archive("a.exe"),
        archive("xl/workbook.xml", "xl/vbaProject.bin"),
        b"PK\x03\x04broken",
    ],
)
def test_what_is_not_known_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        sniffed(content)
    assert "file" in refused.value.fields


def test_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 1000)
    with pytest.raises(Invalid, match="at most"):
        sniffed(PDF + b"x" * 1000)
    monkeypatch.setattr(files, "MAX_PIXELS", 100)
    with pytest.raises(Invalid, match="million pixels"):
        sniffed(picture())


@pytest.mark.parametrize(
    ("name", "media_type", "expected"),
    [
        ("../../etc/passwd", "application/pdf", "passwd.pdf"),
        ("C:\\temp\\photo.exe", "image/jpeg", "photo.jpg"),
        ("evil\u202egpj.exe", "image/png", "evilgpj.png"),
        ("list.csv", "text/plain", "list.csv"),
        ("run.sh", "text/plain", "run.txt"),
        ("\0\n", "application/pdf", "file.pdf"),
        ("x" * 300, "application/pdf", "x" * 150 + ".pdf"),
        ("..", "application/pdf", "file.pdf"),
    ],
)
def test_names_lose_folders_tricks_and_wrong_endings(name: str, media_type: str, expected: str) -> None:
    assert clean_name(name, media_type) == expected


@pytest.mark.db
def test_a_file_is_kept_once_by_its_content(ctx: Someone) -> None:
    system = ctx()
    one, two = files.keep(system, "a.pdf", PDF), files.keep(system, "b.pdf", PDF)
    assert one.id != two.id
    assert one.sha256 == two.sha256 == hashlib.sha256(PDF).hexdigest()
    assert files.content(system, two.id) == PDF
    path = files.path_of(system.settings, one.sha256)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [other.name for other in path.parent.iterdir()] == [one.sha256]


@pytest.mark.db
def test_a_picture_loses_where_it_was_taken_and_stands_upright(ctx: Someone) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned
    exif[0x010F] = "Secret camera"
    system = ctx()
    kept = files.keep(system, "photo.heic", picture(exif=exif.tobytes()))
    found = files.content(system, kept.id)
    assert b"Secret camera" not in found
    assert Image.open(io.BytesIO(found)).size == (20, 40)
    assert (kept.name, kept.media_type, kept.size) == ("photo.jpg", "image/jpeg", len(found))
    trailing = files.keep(system, "p.png", picture("PNG") + b"<script>alert(1)</script>")
    assert b"script" not in files.content(system, trailing.id)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_no_broken_byte_of_a_photo_breaks_the_house() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x011A] = 6, "Camera", 72.5
    whole = picture(size=(4, 2), exif=exif.tobytes())
    taken = 0
    for place in range(len(whole)):
        for byte in (0, 1, 3, 255):
            try:
                taken += sniffed(whole[:place] + bytes([byte]) + whole[place + 1 :]).startswith("image/")
            except Invalid:
                continue
    assert taken > len(whole), "most of them are pictures nevertheless"


@pytest.mark.db
def test_a_photo_of_several_views_is_one_picture_without_its_comment(ctx: Someone) -> None:
    views = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(views, "MPO", save_all=True, append_images=[Image.new("RGB", (30, 20))])
    system = ctx()
    kept = files.keep(system, "phone.jpg", views.getvalue())
    drawn = Image.open(io.BytesIO(files.content(system, kept.id)))
    assert (drawn.format, drawn.size) == ("JPEG", (30, 20))
    told = files.keep(system, "p.jpg", picture(comment="Ada was here"))
    assert b"Ada" not in files.content(system, told.id)


@pytest.mark.db
def test_damaged_or_missing_bytes_are_told(ctx: Someone) -> None:
    system = ctx()
    kept = files.keep(system, "a.pdf", PDF + b"damaged")
    path = files.path_of(system.settings, kept.sha256)
    listed = iter([(kept.id, kept.name, kept.sha256, kept.size)])
    path.write_bytes(b"other")
    with pytest.raises(Unavailable, match="damaged"):
        files.content(system, kept.id)
    assert "bytes instead of" in next(files.missing(system.settings, listed))[1]
    path.unlink()
    with pytest.raises(Unavailable, match="restore it from a backup"):
        files.content(system, kept.id)


def seeing(ctx: Context, logins: tuple[str, ...]) -> Context:
    """The same person, in a house where these logins see order 7."""

    def answer(_ctx: Context, question: RecordSeen) -> list[sight.Sight]:
        seen = question.origin == "purchasing_order:7"
        return [sight.sees(one) for one in question.readers if seen and one.user.login in logins]

    module = Module(name="testing", title="T", answers={RecordSeen: (answer,)})
    return replace(ctx, registry=Registry((*ctx.registry.modules, module)))


@pytest.mark.db
def test_a_file_is_read_by_its_maker_and_by_who_sees_a_record_it_hangs_on(ctx: Someone) -> None:
    maker, reader, stranger = (
        seeing(ctx("employee", login=login), ("maker", "reader")) for login in ("maker", "reader", "stranger")
    )
    kept = files.keep(maker, "note.pdf", PDF)
    assert files.readable(maker, kept.id).name == "note.pdf"
    with pytest.raises(NotFound):
        files.readable(reader, kept.id)
    hung = files.attach(maker, "purchasing_order:7", kept.id, "Delivery note")
    assert files.content(reader, kept.id) == PDF
    assert [row.title for row in files.attachments(reader, "purchasing_order:7")] == ["Delivery note"]
    for unseen in (kept.id, 999_999):
        with pytest.raises(NotFound, match="no such file"):
            files.readable(stranger, unseen)
    with pytest.raises(NotFound):
        files.attach(stranger, "purchasing_order:8", kept.id)
    files.detach(maker, "purchasing_order:7", hung.id)
    assert files.attachments(maker, "purchasing_order:7") == []
    with pytest.raises(NotFound):
        files.readable(reader, kept.id)
    with pytest.raises(NotFound, match="does not hang here"):
        files.detach(maker, "purchasing_order:7", hung.id)


@pytest.mark.db
def test_bytes_of_undone_work_are_swept_after_a_day(ctx: Someone) -> None:
    system = ctx()
    kept = files.keep(system, "a.pdf", PDF + b"kept")
    undone = files.keep(system, "b.pdf", PDF + b"undone")
    young = files.keep(system, "c.pdf", PDF + b"young")
    for file in (undone, young):
        system.session.delete(system.session.get_one(File, file.id))
    system.session.flush()
    yesterday = time.time() - 2 * 24 * 3600
    for file in (kept, undone):
        os.utime(files.path_of(system.settings, file.sha256), (yesterday, yesterday))
    files.sweep_orphans(system)
    there = [files.path_of(system.settings, file.sha256).exists() for file in (kept, undone, young)]
    assert there == [True, False, True]


@pytest.mark.db
def test_bytes_that_are_kept_at_this_moment_are_not_swept(plant: House) -> None:
    content, yesterday = PDF + b"kept just now", time.time() - 2 * 24 * 3600
    with plant.acting() as keeping:
        file = files.keep(keeping, "a.pdf", content)
        path = files.path_of(plant.settings, file.sha256)
        os.utime(path, (yesterday, yesterday))  # as the sweeper saw it a moment before it was kept again
        plant.run(files.sweep_orphans)
        assert path.exists()
        keeping.session.rollback()
    plant.run(files.sweep_orphans)
    assert not path.exists()


def test_a_process_killed_while_it_writes_leaves_no_half_file(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from plantops import files; from plantops.settings import Settings\n"
        "settings = Settings.read(Path(sys.argv[1]), environ={})\n"
        "print('go', flush=True)\n"
        "for n in range(100000): files._put(settings, b'%PDF-' + str(n).encode() * 200000)\n"
    )
    writer = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    writer.stdout.readline()
    time.sleep(0.5)
    writer.kill()
    writer.wait()
    writer.stdout.close()
    stored = [path for path in tmp_path.rglob("*") if path.is_file() and not path.name.startswith(".")]
    assert stored
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == path.name for path in stored)


@pytest.mark.db
def test_verify_sees_a_file_that_is_gone(ctx: Someone) -> None:
    system = ctx()
    kept = files.keep(system, "a.pdf", PDF + b"gone")
    assert verify(system).broken == ()
    files.path_of(system.settings, kept.sha256).unlink()
    (broken,) = verify(system).broken
    assert broken.sentence == "file a.pdf is missing in the data folder"
