"""Files that hang on documents: handed out whole, never shown as part of this site."""

from __future__ import annotations

from urllib.parse import quote

from fastapi.responses import Response

from plantops import files
from web.page import Context, pages_router

router = pages_router()

SHOWN = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
"""Pictures were drawn anew when they were stored, so a page may show them."""


@router.get("/files/{id}")
def download(ctx: Context, id: int, inline: bool = False) -> Response:
    file = files.readable(ctx, id)
    return handed_out(ctx, file, "inline" if inline and file.media_type in SHOWN else "attachment")


def handed_out(ctx: Context, file: files.File, kind: str) -> Response:
    """Its bytes under its name; what they are tells whether a program has them already."""
    disposition = f"{kind}; filename*=UTF-8''{quote(file.name, safe='')}"
    return Response(
        files.content(ctx, file.id),
        media_type=file.media_type,
        headers={
            "Content-Disposition": disposition,
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "ETag": f'"{file.sha256}"',
        },
    )
