"""HTML to PDF/UA by WeasyPrint: heavy, for the worker only, and deaf to the network."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import weasyprint
from weasyprint.urls import FatalURLFetchingError, URLFetcherResponse

from plantops.documents import FOLDER
from plantops.errors import Invalid
from plantops.wording import say

BASE = "paper:"
PICTURE = "picture:"
FONT = "font:"
TYPES = {".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png", ".ttf": "font/ttf"}
VARIANT = "pdf/ua-1"


class NotPackaged(FatalURLFetchingError):  # type: ignore[misc]
    """The document asked for something that does not lie in the package."""


class Fetcher:
    """Hands out the module's own packaged files, the core's paper, its fonts and the pictures of this document."""

    def __init__(self, package: str, pictures: Mapping[str, bytes]) -> None:
        self._folders = (Path(str(files(package))) / FOLDER, Path(str(files("plantops"))) / "paper")
        self._fonts = Path(str(files("matplotlib"))) / "mpl-data" / "fonts" / "ttf"
        self._pictures = pictures

    def fetch(self, url: str, headers: object = None) -> URLFetcherResponse:  # noqa: ARG002
        if url.startswith(PICTURE):
            content = self._pictures.get(url.removeprefix(PICTURE))
            if content is None:
                raise NotPackaged(f"the document has no picture '{url.removeprefix(PICTURE)}'")
            kind = "image/png" if content.startswith(b"\x89PNG") else "image/svg+xml"
            return URLFetcherResponse(url, content, {"Content-Type": kind})
        for scheme, folders in ((BASE, self._folders), (FONT, (self._fonts,))):
            if url.startswith(scheme):
                path = self._packaged(url.removeprefix(scheme), folders)
                return URLFetcherResponse(url, path.read_bytes(), {"Content-Type": TYPES[path.suffix]})
        raise NotPackaged(f"a document takes nothing from outside: {url[:100]}")

    __call__ = fetch

    @staticmethod
    def _packaged(name: str, folders: tuple[Path, ...]) -> Path:
        for folder in folders:
            path = (folder / name).resolve()
            if path.is_relative_to(folder.resolve()) and path.is_file() and path.suffix in TYPES:
                return path
        raise NotPackaged(f"there is no packaged file '{name[:100]}'")


def render(html: str, package: str, pictures: Mapping[str, bytes]) -> bytes:
    """The bytes of a PDF/UA-1. Raises Invalid when the document asks for anything outside of its package."""
    fetcher: Any = Fetcher(package, pictures)
    try:
        document = weasyprint.HTML(string=html, base_url=BASE, url_fetcher=fetcher)
        made: bytes = document.write_pdf(pdf_variant=VARIANT, pdf_tags=True, optimize_images=True)
    except NotPackaged as error:
        raise Invalid(say("The document cannot be printed: {error}.", error=error)) from None
    return made
