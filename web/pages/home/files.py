"""Files that hang on documents: handed out whole, never shown as part of this site."""

from __future__ import annotations

from fastapi.responses import Response

from plantops import files
from web.handing import handed_out
from web.page import Context, pages_router

router = pages_router()


@router.get("/files/{id}")
def download(ctx: Context, id: int, inline: bool = False) -> Response:
    return kept_file(ctx, id, inline=inline)


def kept_file(ctx: Context, id: int, *, inline: bool = False) -> Response:
    """A file of the store, for who may read it."""
    file = files.readable(ctx, id)
    return handed_out(files.content(ctx, id), file.name, file.media_type, inline=inline, tag=file.sha256)
