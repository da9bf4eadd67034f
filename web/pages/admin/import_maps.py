"""The mapping page: which column of the file is which of ours, and how the file writes days and numbers."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi.responses import Response

from plantops import import_files, import_jobs
from plantops.import_choices import AS_IN_MAP, Choices
from plantops.import_files import FileMapping
from plantops.import_guess import NUMBERS, ORDERS
from plantops.imports import State
from plantops.wording import say
from web.page import Context, Form, Query, pages_router, render, see

router = pages_router()

DELIMITERS = [(",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "bar")]
ENCODINGS = [("utf-8", "UTF-8"), ("cp1252", "Windows-1252"), ("iso-8859-15", "Latin-9"), ("utf-16", "UTF-16")]


@dataclass(frozen=True)
class HeadForm:
    head: str
    to: str = ""


@dataclass(frozen=True)
class ConstantForm:
    name: str
    value: str = ""


@dataclass(frozen=True)
class MapForm:
    days: str = ""
    numbers: str = ""
    sheet: str = ""
    header_row: int = 1
    encoding: str = ""
    delimiter: str = ""
    site: str = ""
    name: str = ""
    named: str = ""
    heads: tuple[HeadForm, ...] = ()
    constants: tuple[ConstantForm, ...] = ()

    @property
    def choices(self) -> Choices:
        return Choices(
            targets={one.head: one.to for one in self.heads if one.to},
            constants={one.name: one.value for one in self.constants if one.value},
            days=self.days,
            numbers=self.numbers,
            sheet=self.sheet,
            header_row=max(self.header_row, 1),
            encoding=self.encoding,
            delimiter="\t" if self.delimiter == "tab" else self.delimiter,
            site=self.site,
        )


@router.get("/admin/imports/{id}/map")
def show(ctx: Context, id: int, query: Query) -> Response:
    run = import_files.one(ctx, id)
    if run.state not in (State.UPLOADED, State.STAGED):
        return see(ctx, f"/admin/imports/{id}")
    return drawn(ctx, import_files.mapping(ctx, id, named=query.get("map", "")), named=query.get("map", ""))


@router.post("/admin/imports/{id}/map/look")
def look(ctx: Context, id: int, form: Form) -> Response:
    """The same page with what was changed: nothing is kept."""
    typed = form.into(MapForm)
    return drawn(ctx, import_files.mapping(ctx, id, typed.choices, typed.named), "mapping", named=typed.named)


@router.post("/admin/imports/{id}/map")
def choose(ctx: Context, id: int, form: Form) -> Response:
    typed = form.into(MapForm)
    import_files.choose(ctx, id, typed.choices, typed.name, typed.named)
    import_jobs.ask_to_read(ctx, id)
    return see(ctx, f"/admin/imports/{id}", say("The worker reads the rows."))


def drawn(ctx: Context, found: FileMapping, *blocks: str, named: str) -> Response:
    kind = found.kind
    return render(
        ctx,
        "admin/import_map.html",
        *blocks,
        found=found,
        named=named,
        run=found.run,
        kind=kind,
        targets=[(column.name, f"{column.title} *" if column.required else column.title) for column in kind.columns],
        sites=list(import_files.sites(ctx, kind).items()),
        days=[(order, order) for order in (*ORDERS, AS_IN_MAP) if order in ORDERS or order == found.choices.days],
        numbers=[(form, form) for form in NUMBERS],
        delimiters=[("tab" if sign == "\t" else sign, name) for sign, name in DELIMITERS],
        encodings=ENCODINGS,
        sheets=[(name, name) for name in found.sheets],
        is_workbook=bool(found.sheets),
    )
