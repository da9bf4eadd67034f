"""What /design/parts shows: lists as boards and groups, rows of a file, things to do, with invented values."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from types import SimpleNamespace as Sample

from markupsafe import Markup

from plantops.listing import Ask
from plantops.undo import Offer
from web.list_parts import Bulk, Chip, Column, ColumnChoice, Group, Lane, ListView, Option, Row, Saved, Tab, Tools
from web.visit import Toast

HERE = "/design/parts"
LONG = "Donaudampfschifffahrtsgesellschaft for Lubricants, Seals and Everything Else that Turns, Branch Office Osterby"
COLUMNS = (
    Column("number", "Number", place="lead"),
    Column("supplier", "Supplier"),
    Column("state", "State", place="aside"),
    Column("due", "Due", is_titled=True, is_time=True),
    Column("total", "Total", is_number=True),
)
PILL = Markup('<span class="pill tone-{}">{}</span>')
CELL = Markup('<button type="button" class="cell" data-cell="due" aria-label="Change due: {0}">{0}</button>')
TOASTS = (
    Toast("PO-2026-0003 sent."),
    Toast("Nothing was changed.", "info"),
    Toast("The price differs.", "warn"),
    Toast("The server does not answer.", "bad"),
)
UNDO = Offer("core_user:1", 3, 24)


def row(n: int, supplier: str, state: str, tone: str) -> Row:
    cells = (f"PO-2026-{n:04d}", supplier, PILL.format(tone, state), CELL.format("23 Nov 2026"), "1,234.50 EUR")
    return Row(n, f"{HERE}?row={n}", cells)


ROWS = (row(1, "Brandt Lager", "Ordered", "info"), row(2, LONG, "Late", "bad"), row(3, "Rivo Lifts", "Draft", "plain"))
TOOLS = Tools(
    name="design",
    asked="",
    whole_url=HERE,
    is_whole=False,
    opens_whole=True,
    views=(
        Saved(1, "Late and mine", HERE, "Buyers", is_current=True),
        Saved(2, LONG, HERE, "only me", is_start=True),
    ),
    teams=(("buyer", "Buyer"),),
    columns=tuple(ColumnChoice(one.key, one.title, one.key != "due", one.place == "lead") for one in COLUMNS),
    groupings=(Option("State", HERE, True), Option("Supplier", HERE)),
    ungroup_url=HERE,
    shows=(Option("As a list", HERE, True), Option("As a board", HERE)),
)
FRAME = ListView(
    "Orders in groups",
    HERE,
    COLUMNS,
    (),
    search="",
    tabs=(Tab("Open", HERE, "3", True), Tab("All", HERE)),
    chips=(Chip("By state", HERE),),
    deeds=(Bulk("Send", HERE, "send"), Bulk("Cancel", HERE, "x", "bad")),
    tools=TOOLS,
    exports=(Option("CSV", HERE), Option("Excel", HERE)),
    imports=(Option("Orders", HERE), Option("Prices", HERE)),
)
GROUPED = replace(
    FRAME,
    id="grouped",
    groups=(Group(PILL.format("bad", "Late"), "2", HERE, HERE, ("", "", "", "", "2,469.00 EUR")),),
    totals=("", "", "", "", "2,469.00 EUR"),
    total="2 in 1 group",
)
OPEN_GROUP = replace(FRAME, id="open-group", rows=ROWS, more_url=HERE)
BOARD = replace(
    FRAME,
    title="Orders as a board",
    id="board",
    moves_url=HERE,
    lanes=(
        Lane("draft", "Draft", "2", ROWS[:2], more_url=HERE),
        Lane("ordered", PILL.format("info", "Ordered"), "1", ROWS[2:]),
        Lane("closed", "Closed", "0", ()),
    ),
)


def a_move(key: str, label: str, why_not: str = "", *asks: Ask) -> Sample:
    return Sample(move=Sample(key=key, label=label, asks=asks, tone="plain"), why_not=why_not)


CARD = Sample(
    version=3,
    ways=(
        a_move("send", "Send"),
        a_move("close", "Close", "goods are still to come."),
        a_move("cancel", "Cancel", "", Ask("reason", "Why?")),
    ),
)
OPEN_CELL = Sample(version=3, column=Sample(title="Due"), unit="", edit=Sample(required=True))


def to_dos(today: date) -> Sample:
    asked = Sample(assigned_to_id=0, author_id=0)
    return Sample(
        origin="core_user:1",
        todos=(
            Sample(id=1, text="Ask for the missing certificate", assigned_to="Ben Budget", due_on=today, **vars(asked)),
            Sample(id=2, text=LONG, assigned_to="Rita Request", due_on=None, **vars(asked)),
        ),
    )


def typed_before(now: datetime) -> Sample:
    return Sample(values=[["text", "What stood there"]], at=now - timedelta(hours=2))


def staged() -> Sample:
    """Rows of a file: one is right, one has a wrong cell, one was left out, one is in."""

    def line(number: int, state: str, price: str, why: str = "") -> Sample:
        cells = (
            Sample(text=LONG, why="", column=None, head="name"),
            Sample(text=price, why=why, column=None, head="price"),
        )
        return Sample(number=number, state=state, cells=cells, why="")

    fault = Sample(head="price", what="is no number", rows=1)
    rows = (
        line(2, "ready", "4.20"),
        line(3, "refused", "four", "is no number"),
        line(4, "skipped", ""),
        line(5, "loaded", "9.10"),
    )
    return Sample(
        url=HERE,
        show="fix",
        tabs=(Tab("To set right", HERE, "1", True), Tab("All", HERE, "4")),
        faults=(fault,),
        fault=None,
        page=Sample(heads=(("name", "Name"), ("price", "Price")), rows=rows),
        more_url=HERE,
        can_mend=True,
    )
