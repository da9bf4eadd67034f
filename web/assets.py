"""Style sheets, scripts and icons: read once, packed once, and kept by the browser for good."""

from __future__ import annotations

import gzip
import hashlib
import json
import mimetypes
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import Response
from markupsafe import Markup, escape

FOLDER = Path(__file__).parent / "static"
SERVED = {".css", ".js", ".svg", ".png", ".ico", ".webmanifest", ".woff2"}
KEPT = (".css", ".js", ".svg", ".woff2")  # what a device keeps, so that its pages look the same without network
FOREVER = "public, max-age=31536000, immutable"

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Asset:
    """One file of the static folder, plain and packed."""

    content: bytes
    packed: bytes
    media_type: str


@lru_cache
def assets() -> dict[str, Asset]:
    """Every file that is served, by its path below the static folder."""
    found: dict[str, Asset] = {}
    for file in sorted(FOLDER.rglob("*")):
        if file.is_file() and file.suffix in SERVED:
            content = file.read_bytes()
            media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            packed = gzip.compress(content, 9, mtime=0)
            found[file.relative_to(FOLDER).as_posix()] = Asset(content, packed, media_type)
    return found


@lru_cache
def edition() -> str:
    """A short name for exactly these files: it changes with any of them, and so do their addresses."""
    digest = hashlib.sha256()
    for path, asset in assets().items():
        digest.update(path.encode() + b"\0" + asset.content)
    return digest.hexdigest()[:12]


@lru_cache
def address_of(path: str) -> str:
    """The address of a static file in this edition. Raises KeyError when there is no such file."""
    assets()[path]
    return f"/static/{edition()}/{path}"


@lru_cache
def icon_names() -> frozenset[str]:
    return frozenset(re.findall(r'<symbol id="([^"]+)"', assets()["icons.svg"].content.decode()))


@lru_cache(maxsize=512)
def icon(name: str, title: str = "") -> Markup:
    """An icon of the sprite; with a title it speaks for itself, without one a word must stand beside it."""
    if name not in icon_names():
        raise KeyError(f"There is no icon {name} in web/static/icons.svg. Known: {', '.join(sorted(icon_names()))}.")
    speaks = Markup('role="img" aria-label="{}"').format(title) if title else Markup('aria-hidden="true"')
    use = escape(f"{address_of('icons.svg')}#{name}")
    return Markup(f'<svg class="icon" {speaks}><use href="{use}"></use></svg>')  # noqa: S704  both parts are escaped


@router.get("/sw.js")
async def service_worker() -> Response:
    """At the root, for from below /static it could not look after pages. It changes with any file that it keeps."""
    kept = [address_of(path) for path in assets() if path.endswith(KEPT) and path != "sw.js"]
    head = f"self.KEPT = {json.dumps({'edition': edition(), 'files': kept, 'queue': address_of('queue.js')})};\n"
    content = head.encode() + assets()["sw.js"].content
    return Response(content, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


@router.get("/static/{asked_edition}/{path:path}")
async def static_file(request: Request, asked_edition: str, path: str) -> Response:
    asset = assets().get(path)
    if asset is None:
        return Response(status_code=404, headers={"Cache-Control": "no-store"})
    # A page of another edition, still open during an upgrade, gets today's file but may not keep it.
    headers = {"Cache-Control": FOREVER if asked_edition == edition() else "no-cache", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.packed, media_type=asset.media_type, headers={**headers, "Content-Encoding": "gzip"})
    return Response(asset.content, media_type=asset.media_type, headers=headers)
