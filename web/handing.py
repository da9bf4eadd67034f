"""Files on their way to a browser: under their own name, and never as a part of this site."""

from __future__ import annotations

from urllib.parse import quote

from fastapi.responses import Response

SHOWN = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
"""Pictures were drawn anew when they were stored, so a page may show them."""


def handed_out(content: bytes, name: str, media_type: str, *, inline: bool = False, tag: str = "") -> Response:
    """To be kept under its name, or a picture to be shown; `tag` tells whether a program has it already."""
    kind = "inline" if inline and media_type in SHOWN else "attachment"
    headers = {
        "Content-Disposition": f"{kind}; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return Response(content, media_type=media_type, headers=headers | ({"ETag": f'"{tag}"'} if tag else {}))
