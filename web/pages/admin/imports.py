"""Imports: bring a file, see what is wrong in which cell, load what is right, take it back."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from fastapi.responses import Response
from starlette.datastructures import UploadFile

from plantops import import_kinds, imports
from plantops.admin_lists import IMPORTS, import_run
from plantops.permissions import Can
from web.lists import list_page
from web.page import Context, Form, Query, pages_router, render, see

router = pages_router()

MOST_SHOWN = 200


@dataclass(frozen=True)
class NewImport:
    kind: str
    file: UploadFile
    map: UploadFile
    site: str | None = None


@router.get("/admin/imports")
def index(ctx: Context, query: Query) -> Response:
    return list_page(ctx, IMPORTS, query, add=("Bring a file", "/admin/imports/new"))


@router.get("/admin/imports/new")
def new(ctx: Context) -> Response:
    ctx.need(Can.IMPORT)
    kinds = import_kinds.kinds(ctx.registry)
    return render(ctx, "admin/import_new.html", kinds=sorted((name, kind.title) for name, kind in kinds.items()))


@router.post("/admin/imports")
def stage(ctx: Context, form: Form) -> Response:
    """Reads the file and keeps each row with what is wrong with it; nothing is loaded yet."""
    typed = form.into(NewImport)
    map_text = typed.map.file.read().decode("utf-8", errors="replace")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / safe_name(typed.file.filename or "")
        path.write_bytes(typed.file.file.read())
        run = imports.stage(ctx, typed.kind, path, map_text, site=typed.site)
    return see(ctx, f"/admin/imports/{run.id}", f"{run.file_name} is read. Look it over, then load it.")


@router.get("/admin/imports/{id}")
def show(ctx: Context, id: int) -> Response:
    run, report = import_run(ctx, id), imports.report(ctx, id)
    return render(
        ctx,
        "admin/import.html",
        run=run,
        report=report,
        refused=report.refused[:MOST_SHOWN],
        why_not_undo=imports.why_not_undo(run),
    )


@router.post("/admin/imports/{id}/load")
def load(ctx: Context, id: int) -> Response:
    report = imports.load(ctx, id)
    return see(ctx, f"/admin/imports/{id}", f"{report.loaded:,} of {report.rows:,} rows are loaded.")


@router.post("/admin/imports/{id}/undo")
def undo(ctx: Context, id: int) -> Response:
    run = imports.undo(ctx, id)
    return see(ctx, f"/admin/imports/{id}", f"{run.file_name} is taken back.")


def safe_name(given: str) -> str:
    """The ending decides how a file is read; the rest of a stranger's name is only shown."""
    name = Path(given.replace("\\", "/")).name
    return "".join(ch if ch.isalnum() or ch in "._- " else "_" for ch in name)[-100:] or "file"
