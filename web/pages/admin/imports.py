"""Imports: bring a file, see what is wrong in which cell, load what is right, take it back."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from fastapi.responses import Response
from starlette.datastructures import UploadFile

from plantops import import_jobs, import_templates, imports, tables
from plantops.admin_lists import IMPORTS, import_run
from plantops.errors import Invalid
from plantops.imports import State
from plantops.permissions import Can
from plantops.tables import Column, Kind, Table
from web import live
from web.lists import list_page
from web.page import Context, Form, Query, pages_router, render, see

router = pages_router()

MOST_SHOWN = 200
LARGEST_MAP = 1024 * 1024


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
def new(ctx: Context, query: Query) -> Response:
    ctx.need(Can.IMPORT)
    kinds = [(kind.name, kind.title) for kind in import_templates.allowed(ctx)]
    return render(ctx, "admin/import_new.html", kinds=kinds, kind=query.get("kind", ""))


@router.get("/admin/imports/template/{kind}.xlsx")
def template(ctx: Context, kind: str) -> Response:
    """A workbook to fill in."""
    head = {"Content-Disposition": f'attachment; filename="{safe_name(kind)}.xlsx"'}
    return Response(import_templates.template(ctx, kind), media_type=tables.XLSX, headers=head)


@router.post("/admin/imports")
def stage(ctx: Context, form: Form) -> Response:
    """Reads the file and keeps each row with what is wrong with it; nothing is loaded yet."""
    typed = form.into(NewImport)
    if (typed.map.size or 0) > LARGEST_MAP:
        raise Invalid("A map is a short text; this one is larger than 1 MB.", field="map")
    map_text = typed.map.file.read().decode("utf-8", errors="replace")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / safe_name(typed.file.filename or "")
        with path.open("wb") as out:
            shutil.copyfileobj(typed.file.file, out)
        run = imports.stage(ctx, typed.kind, path, map_text, site=typed.site)
    return see(ctx, f"/admin/imports/{run.id}", f"{run.file_name} is read. Look it over, then load it.")


@router.get("/admin/imports/{id}")
def show(ctx: Context, id: int) -> Response:
    run, report = import_run(ctx, id), imports.report(ctx, id)
    work = import_jobs.work_on(ctx, id)
    return render(
        ctx,
        "admin/import.html",
        Can=Can,
        run=run,
        report=report,
        refused=report.refused[:MOST_SHOWN],
        states=(State.STAGED, State.LOADED, State.UNDONE)
        if run.state is State.UNDONE
        else (State.STAGED, State.LOADED),
        work=live.work_of(ctx, work) if work else None,
        why_not_load=import_jobs.why_not_load(run, work),
        why_not_undo=imports.why_not_undo(run) or import_jobs.why_not_now(work),
    )


@router.get("/admin/imports/{id}/refused.csv")
def refused(ctx: Context, id: int) -> Response:
    """Every refused cell as a table, to be set right where the file came from."""
    report = imports.report(ctx, id)
    rows = [(cell.row, cell.column, cell.value, cell.why) for cell in report.refused]
    columns = (Column("Row", Kind.WHOLE), Column("Column"), Column("Value"), Column("Why"))
    head = {"Content-Disposition": f'attachment; filename="import-{id}-refused.csv"'}
    return Response(tables.as_csv(Table("Refused", columns, rows), zone=ctx.zone), media_type=tables.CSV, headers=head)


@router.post("/admin/imports/{id}/load")
def load(ctx: Context, id: int) -> Response:
    import_jobs.ask_to_load(ctx, id)
    return see(ctx, f"/admin/imports/{id}", "The worker loads it. You may leave this page.")


@router.post("/admin/imports/{id}/undo")
def undo(ctx: Context, id: int) -> Response:
    import_jobs.ask_to_undo(ctx, id)
    return see(ctx, f"/admin/imports/{id}", "The worker takes it back. You may leave this page.")


def safe_name(given: str) -> str:
    """The ending decides how a file is read; the rest of a stranger's name is only shown."""
    name = Path(given.replace("\\", "/")).name
    return "".join(ch if ch.isalnum() or ch in "._- " else "_" for ch in name)[-100:] or "file"
