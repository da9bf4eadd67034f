"""Imports: bring a file, say what is what, set right what is wrong, load what is right, take it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from plantops import import_files, import_fixes, import_jobs, import_kinds, import_templates, imports, tables
from plantops.admin_lists import IMPORTS
from plantops.errors import Invalid
from plantops.import_fixes import Fault, StagedPage, WrongValue
from plantops.import_rows import RowState
from plantops.imports import State
from plantops.permissions import Can
from plantops.tables import Column, Kind, Table
from plantops.wording import number as number_of
from plantops.wording import plural, say
from web import chosen, live
from web.handing import handed_out
from web.list_parts import Tab
from web.lists import list_page
from web.page import Context, Form, Query, back, pages_router, parts, render, see
from web.uploads import laid, uploads_router
from web.visit import this_visit

router = pages_router()
uploads = uploads_router(Can.IMPORT)

LARGEST_MAP = 1024 * 1024
MOST_LETTERS = 60
STATES = {
    "fix": RowState.REFUSED,
    "ready": RowState.READY,
    "skipped": RowState.SKIPPED,
    "loaded": RowState.LOADED,
    "all": None,
}


@dataclass(frozen=True)
class NewImport:
    kind: str
    file: UploadFile
    map: UploadFile | None = None


@dataclass(frozen=True)
class Mend:
    head: str
    value: str = ""


@dataclass(frozen=True)
class Replacement:
    head: str
    new: str = ""
    old: str = ""
    remember: bool = False


@dataclass(frozen=True)
class Staged:
    """Rows of an import as the page shows them."""

    url: str
    show: str
    page: StagedPage
    tabs: tuple[Tab, ...]
    faults: tuple[Fault, ...]
    values: tuple[WrongValue, ...]
    fault: Fault | None
    more_url: str
    can_mend: bool
    names: tuple[tuple[str, str], ...]


@router.get("/admin/imports")
def index(ctx: Context, query: Query) -> Response:
    return list_page(ctx, IMPORTS, query, add=(say("Bring a file"), "/admin/imports/new"))


@router.get("/admin/imports/new")
def new(ctx: Context, query: Query) -> Response:
    ctx.need(Can.IMPORT)
    kinds = [(kind.name, kind.title) for kind in import_templates.allowed(ctx)]
    most = import_files.LARGEST
    return render(ctx, "admin/import_new.html", kinds=kinds, kind=query.get("kind", ""), most=most)


@router.get("/admin/imports/template/{kind}.xlsx")
def template(ctx: Context, kind: str) -> Response:
    """A workbook to fill in."""
    return handed_out(import_templates.template(ctx, kind), f"{safe_name(kind)}.xlsx", tables.XLSX)


@uploads.post("/admin/imports")
def upload(ctx: Context, form: Form, request: Request) -> Response:
    """The file lies in the store already; nothing of it is read yet."""
    typed = form.into(NewImport)
    if typed.map is not None and (typed.map.size or 0) > LARGEST_MAP:
        raise Invalid(say("A map is a short text; this one is larger than 1 MB."), field="map")
    map_text = typed.map.file.read().decode("utf-8", errors="replace") if typed.map is not None else ""
    name = safe_name(typed.file.filename or "")
    run = import_files.receive(ctx, typed.kind, name, laid(request, "file"), map_text)
    return see(
        ctx,
        f"/admin/imports/{run.id}/map",
        say("{file_name} is here. Say which column is which.", file_name=run.file_name),
    )


@router.get("/admin/imports/{id}")
def show(ctx: Context, id: int, query: Query) -> Response:
    run = import_files.one(ctx, id)
    work = import_jobs.work_on(ctx, id)
    why_not_now = import_jobs.why_not_now(work)
    if run.state is State.UPLOADED and why_not_now is None:
        return see(ctx, f"/admin/imports/{id}/map")
    ready = import_jobs.ready(ctx, run)
    return render(
        ctx,
        "admin/import.html",
        Can=Can,
        run=run,
        title=dict(import_kinds.titles(ctx.registry)).get(run.kind, run.kind),
        ready=ready,
        kept=imports.kept(ctx, id)[:50] if run.undone_at and ctx.may(Can.UNDO_IMPORT) else [],
        states=[State.UPLOADED, State.STAGED, State.LOADED, *([State.UNDONE] if run.state is State.UNDONE else [])],
        work=live.work_of(ctx, work) if work else None,
        why_not_load=imports.why_not_load(run, ready) or why_not_now,
        why_not_undo=imports.why_not_undo(run) or why_not_now,
        why_not_now=why_not_now,
        view=None if run.state is State.UPLOADED else staged(ctx, id, query),
        row=None,
    )


def staged(ctx: Context, id: int, query: Query) -> Staged:
    """The rows that the address asks for: those to be set right, while there are any."""
    run, url = import_files.one(ctx, id), f"/admin/imports/{id}"
    is_over = run.state is State.UNDONE
    first = "fix" if run.refused and not is_over else "all"
    show = query.get("show", first) if query.get("show", first) in STATES else first
    head, what = query.get("head", ""), query.get("what", "")
    page = import_fixes.rows(ctx, id, STATES[show], head=head, what=what, after=chosen.number(query, "after") or 0)
    faults, counts = import_fixes.faults(ctx, id), page.counts
    labels = {
        "fix": say("Refused") if is_over else say("To set right"),
        "ready": say("Ready"),
        "skipped": say("Left out"),
        "loaded": say("Loaded"),
        "all": say("All"),
    }
    tabs = tuple(
        Tab(label, f"{url}?show={name}", number_of(counted(counts, name), ","), name == show)
        for name, label in labels.items()
        if name in ("all", show) or counted(counts, name)
    )
    is_busy = import_jobs.why_not_now(import_jobs.work_on(ctx, id)) is not None
    more = {"show": show, "head": head, "what": what, "after": page.after}
    return Staged(
        url=url,
        show=show,
        page=page,
        tabs=tabs,
        faults=tuple(faults),
        values=tuple(import_fixes.wrong_values(ctx, id)),
        fault=next((one for one in faults if (one.head, one.what) == (head, what)), None),
        more_url=f"{url}?{urlencode(more)}" if page.after else "",
        can_mend=run.state in (State.STAGED, State.LOADED) and not is_busy,
        names=page.heads,
    )


def counted(counts: Mapping[RowState, int], name: str) -> int:
    state = STATES[name]
    return sum(counts.values()) if state is None else counts.get(state, 0)


# --- Setting right


@router.get("/admin/imports/{id}/rows/{number}")
def edit(ctx: Context, id: int, number: int, query: Query) -> Response:
    """One row with every cell open."""
    if not this_visit().is_partial:
        return see(ctx, f"/admin/imports/{id}?show=all&after={number - 1}")
    row, view = import_fixes.row(ctx, id, number), staged(ctx, id, query)
    return parts(ctx, (f"#row-{number}", "staged_row", "outerHTML"), view=view, row=row, is_open=True)


@router.post("/admin/imports/{id}/rows/{number}")
def mend(ctx: Context, id: int, number: int, form: Form, query: Query) -> Response:
    typed = form.into(Mend)
    row = import_fixes.set_cell(ctx, id, number, typed.head, typed.value)
    return redrawn(ctx, id, row, query)


@router.post("/admin/imports/{id}/rows/{number}/skip")
def skip(ctx: Context, id: int, number: int, query: Query) -> Response:
    import_fixes.skip(ctx, id, [number])
    return redrawn(ctx, id, import_fixes.row(ctx, id, number), query)


@router.post("/admin/imports/{id}/rows/{number}/take-in")
def take_in(ctx: Context, id: int, number: int, query: Query) -> Response:
    import_fixes.take_in(ctx, id, [number])
    return redrawn(ctx, id, import_fixes.row(ctx, id, number), query)


def redrawn(ctx: Context, id: int, row: import_fixes.StagedRow, query: Query) -> Response:
    """The row as it is judged now, and everything that counts rows."""
    changes = ((f"#row-{row.number}", "staged_row", "outerHTML"), ("#staged-head", "staged_head", "outerHTML"))
    return parts(ctx, *changes, view=staged(ctx, id, query), row=row, is_open=False)


@router.post("/admin/imports/{id}/replace")
def replace_all(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(Replacement)
    changed = import_fixes.replace_all(ctx, id, typed.head, typed.old, typed.new, remember=typed.remember)
    told = plural("{n} cell now says “{new}”.", "{n} cells now say “{new}”.", changed, new=typed.new)
    return back(ctx, f"/admin/imports/{id}", told)


@router.post("/admin/imports/{id}/skip")
def skip_fault(ctx: Context, id: int, form: Form) -> Response:
    left = import_fixes.skip_fault(ctx, id, form.text("head"), form.text("what"))
    return left_out(ctx, id, left)


@router.post("/admin/imports/{id}/skip-value")
def skip_value(ctx: Context, id: int, form: Form) -> Response:
    return left_out(ctx, id, import_fixes.skip_value(ctx, id, form.text("head"), form.text("old")))


def left_out(ctx: Context, id: int, count: int) -> Response:
    return see(ctx, f"/admin/imports/{id}", plural("{n} row is left out.", "{n} rows are left out.", count))


# --- What the worker does


@router.post("/admin/imports/{id}/try")
def try_out(ctx: Context, id: int) -> Response:
    import_jobs.ask_to_try(ctx, id)
    return see(ctx, f"/admin/imports/{id}", say("The worker tries it. Nothing is changed."))


@router.post("/admin/imports/{id}/load")
def load(ctx: Context, id: int) -> Response:
    import_jobs.ask_to_load(ctx, id)
    return see(ctx, f"/admin/imports/{id}", say("The worker loads it. You may leave this page."))


@router.post("/admin/imports/{id}/undo")
def undo(ctx: Context, id: int) -> Response:
    import_jobs.ask_to_undo(ctx, id)
    return see(ctx, f"/admin/imports/{id}", say("The worker takes it back. You may leave this page."))


@router.post("/admin/imports/{id}/discard")
def discard(ctx: Context, id: int) -> Response:
    import_files.discard(ctx, id)
    return see(ctx, "/admin/imports", say("The file and its rows are thrown away."))


@router.post("/admin/imports/{id}/again")
def again(ctx: Context, id: int) -> Response:
    return see(ctx, f"/admin/imports/{import_files.again(ctx, id).id}/map", say("The same file once more."))


# --- To take away


@router.get("/admin/imports/{id}/refused.xlsx")
def handed_back(ctx: Context, id: int) -> Response:
    """The refused rows as they stand, with a column that says why."""
    return handed_out(import_fixes.handed_back(ctx, id), f"import-{id}-refused.xlsx", tables.XLSX)


@router.get("/admin/imports/{id}/refused.csv")
def refused(ctx: Context, id: int) -> Response:
    """Every refused cell as a table, to be set right where the file came from."""
    report = imports.report(ctx, id)
    rows = [(cell.row, cell.column, cell.value, cell.why) for cell in report.refused]
    columns = (Column(say("Row"), Kind.WHOLE), Column(say("Column")), Column(say("Value")), Column(say("Why")))
    content = tables.as_csv(Table("Refused", columns, rows), zone=ctx.zone)
    return handed_out(content, f"import-{id}-refused.csv", tables.CSV)


def safe_name(given: str) -> str:
    """A stranger's name is only shown."""
    name = given.replace("\\", "/").rpartition("/")[2]
    plain = "".join(ch if ch.isalnum() or ch in "._- " else "_" for ch in name)
    return plain[-MOST_LETTERS:] or "file"  # also letters of four bytes fit into the name of a file
