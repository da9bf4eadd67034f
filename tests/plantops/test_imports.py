"""Imports: bad cells are named, good rows load, a dry run changes nothing, and undo takes all of it back."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from plantops import cli, import_command, imports, places
from plantops.context import Context
from plantops.core import House, everything
from plantops.errors import Conflict, Forbidden, Invalid, NotFound
from plantops.import_kinds import Column, Holds, ImportKind, ImportRun, Kept, Loaded, Refusal, Row
from plantops.imports import Import, ImportRow, RowState, State
from plantops.module import Module, Registry
from plantops.permissions import Can
from plantops.places import CostCentre
from tests.houses import Someone

pytestmark = pytest.mark.db

MAP = 'site = "VER"\n[columns]\ncode = "Code"\nname = "Name"\nweight = "Weight"\n'
CHUNKS: list[list[str]] = []


def load_centres(ctx: Context, run: ImportRun, rows: Sequence[Row]) -> Loaded:
    """Cost centres stand for documents: code, name and the origin in its name."""
    CHUNKS.append([str(row.text("code")) for row in rows])
    refused, made = [], {}
    for row in rows:
        if row.text("name") == "refused by the kind":
            refused.append(Refusal(row.number, "Name", "refused by the kind", "no such name may be"))
        elif row.text("name") == "raises":
            raise Conflict("The budget is closed.", field="name")
        else:
            made[row.number] = places.add_cost_centre(ctx, run.site_id or 0, str(row.text("code")), run.origin).id
    return Loaded(refused, made)


def take_back(ctx: Context, run: ImportRun) -> list[Kept]:
    mine = sa.select(CostCentre).where(CostCentre.name == run.origin)
    stays = []
    for centre in ctx.session.scalars(mine):
        if centre.code == "KEEP":
            raise Conflict("Cost centre KEEP has bookings.")
        if centre.archived:
            stays.append(Kept(centre.id, f"{centre.code} is used by others"))
        else:
            ctx.session.delete(centre)
    return stays


KIND = ImportKind(
    name="centres",
    title="Cost centres",
    permission=Can.MANAGE_PLACES,
    columns=(
        Column("code", "Code", longest=10),
        Column("name", "Name"),
        Column("weight", "Weight", Holds.NUMBER, required=False),
    ),
    load=load_centres,
    undo=take_back,
)


@pytest.fixture
def kinds(house: House) -> Iterator[Callable[[ImportKind], None]]:
    """The house's registry with one more module that declares this kind."""
    before = house.registry

    def declare(kind: ImportKind) -> None:
        house.registry = Registry((*before.modules, Module(name="testing", title="Testing", imports=(kind,))))

    CHUNKS.clear()
    declare(KIND)
    yield declare
    house.registry = before


@pytest.fixture
def system(kinds: object, ctx: Someone) -> Context:
    return ctx()


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def write(*lines: str, header: str = "Code;Name;Weight") -> Path:
        path = tmp_path / "centres.csv"
        path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
        return path

    return write


def centres(ctx: Context) -> list[str]:
    return sorted(ctx.session.scalars(sa.select(CostCentre.code).where(CostCentre.name.like("import:%"))))


def test_good_rows_load_and_bad_cells_are_named(system: Context, file: Callable[..., Path]) -> None:
    path = file("A;one;1.5", ";two;2", "C;three;heavy", "D;refused by the kind;", "E;five;")
    found = imports.bring(system, "centres", path, MAP)
    assert centres(system) == ["A", "E"]
    assert (found.rows, found.loaded, found.kind) == (5, 2, "centres")
    assert found.refused == (
        Refusal(3, "Code", "", "it is empty"),
        Refusal(4, "Weight", "heavy", "'heavy' is not a number"),
        Refusal(5, "Name", "refused by the kind", "no such name may be"),
    )
    rows = {row.number: row for row in system.session.scalars(sa.select(ImportRow))}
    assert [rows[n].state for n in (2, 3, 5)] == [RowState.LOADED, RowState.REFUSED, RowState.REFUSED]
    assert rows[2].cells == {"code": "A", "name": "one", "weight": "1.5"}
    assert rows[2].made_id
    assert imports.report(system, found.import_id or 0) == found
    assert imports.list_imports(system)[0].note == "read as CSV in utf-8, separated by ;"


def test_a_dry_run_tells_the_same_and_changes_nothing(system: Context, file: Callable[..., Path]) -> None:
    path = file("A;one;1", "B;raises;", "C;three;x")
    found = imports.dry_run(system, "centres", path, MAP)
    assert (found.loaded, found.import_id) == (1, None)
    assert centres(system) == []
    assert imports.list_imports(system) == []
    assert imports.bring(system, "centres", path, MAP).refused == found.refused


def test_a_file_that_two_have_staged_is_loaded_once(system: Context, file: Callable[..., Path]) -> None:
    path = file("A;one;1")
    mine, theirs = (imports.stage(system, "centres", path, MAP) for _ in range(2))
    later = replace(system, now=system.now + timedelta(seconds=1))
    imports.load(later, theirs.id)
    with pytest.raises(Conflict, match=f"as import {theirs.id}: undo that one first"):
        imports.load(later, mine.id)
    imports.undo(later, theirs.id)
    assert imports.load(later, mine.id).loaded == 1


def test_a_chunk_that_fails_loses_only_its_guilty_rows(system: Context, file: Callable[..., Path]) -> None:
    lines = [f"C{n};{'raises' if n in (3, 11) else 'fine'};" for n in range(16)]
    found = imports.bring(system, "centres", file(*lines), MAP)
    assert found.loaded == 14
    assert found.refused == (
        Refusal(5, "name", "raises", "The budget is closed."),
        Refusal(13, "name", "raises", "The budget is closed."),
    )
    assert len(centres(system)) == 14


def test_what_the_database_refuses_is_one_row_too(system: Context, file: Callable[..., Path]) -> None:
    def insert(ctx: Context, run: ImportRun, rows: Sequence[Row]) -> None:
        for row in rows:
            ctx.session.add(CostCentre(site_id=run.site_id, code=row.text("code"), name=run.origin))

    kind = replace(KIND, load=insert)
    system.registry = Registry((*system.registry.modules[:-1], Module(name="testing", title="T", imports=(kind,))))
    found = imports.bring(system, "centres", file("A;x;", "4100;x;", "B;x;"), MAP)
    assert [(r.row, r.column) for r in found.refused] == [(3, "(row)")]
    assert "uq_core_cost_centre_site_id_code" in found.refused[0].why
    assert centres(system) == ["A", "B"]


def test_rows_of_one_document_load_together_wherever_they_stand(
    kinds: Callable[[ImportKind], None], ctx: Someone, file: Callable[..., Path]
) -> None:
    kinds(replace(KIND, group_by=("name",), chunk_rows=3))
    lines = ["A;o1;", "B;o2;", "C;o1;", "D;o3;", "E;o2;", "F;o4;", "G;o1;"]
    assert imports.bring(ctx(), "centres", file(*lines), MAP).loaded == 7
    assert CHUNKS == [["A", "C", "G"], ["B", "E", "D"], ["F"]]


def test_undo_takes_everything_back_once(system: Context, file: Callable[..., Path]) -> None:
    path = file("A;one;", "B;two;")
    found = imports.bring(system, "centres", path, MAP)
    with pytest.raises(Conflict, match="This very file was loaded"):
        imports.bring(system, "centres", path, MAP)
    assert imports.undo(system, found.import_id or 0).state is State.UNDONE
    assert centres(system) == []
    with pytest.raises(Conflict, match="undone before"):
        imports.undo(system, found.import_id or 0)
    assert imports.bring(system, "centres", path, MAP).loaded == 2


def test_what_has_been_used_meanwhile_keeps_the_import(system: Context, file: Callable[..., Path]) -> None:
    found = imports.bring(system, "centres", file("A;one;", "KEEP;two;"), MAP)
    with pytest.raises(Conflict, match="KEEP has bookings"), system.session.begin_nested():
        imports.undo(system, found.import_id or 0)
    assert centres(system) == ["A", "KEEP"]


def test_what_stayed_is_taken_back_later_and_then_nothing_is_said_to_stay(
    system: Context, file: Callable[..., Path]
) -> None:
    path = file("A;one;", "B;two;", "C;three;")
    id = imports.bring(system, "centres", path, MAP).import_id or 0
    used = system.session.scalars(sa.select(CostCentre).where(CostCentre.code.in_(("A", "B")))).all()
    for centre in used:
        centre.archived = True
    run = imports.undo(system, id)
    assert (run.state, run.loaded, centres(system)) == (State.LOADED, 2, ["A", "B"])
    assert [(one.row, one.why) for one in imports.kept(system, id)] == [
        (2, "A is used by others"), (3, "B is used by others"),
    ]  # fmt: skip
    for centre in used:
        centre.archived = False
    run = imports.undo(system, id)
    assert (run.state, run.loaded, centres(system), imports.kept(system, id)) == (State.UNDONE, 0, [], [])
    assert imports.bring(system, "centres", path, MAP).loaded == 3


def test_a_file_that_stayed_in_part_can_come_again(system: Context, file: Callable[..., Path]) -> None:
    path = file("A;one;", "B;two;")
    id = imports.bring(system, "centres", path, MAP).import_id or 0
    system.session.scalars(sa.select(CostCentre).where(CostCentre.code == "A")).one().archived = True
    imports.undo(system, id)
    assert imports.stage(system, "centres", path, MAP).rows == 2


def test_a_staged_import_is_loaded_once_and_not_undone_before(system: Context, file: Callable[..., Path]) -> None:
    staged = imports.stage(system, "centres", file("A;one;"), MAP)
    assert centres(system) == []
    with pytest.raises(Conflict, match="never loaded"):
        imports.undo(system, staged.id)
    assert imports.load(system, staged.id).loaded == 1
    with pytest.raises(Conflict, match="loaded already"):
        imports.load(system, staged.id)


def test_what_concerns_the_whole_file_loads_nothing(system: Context, file: Callable[..., Path]) -> None:
    for change, why in (
        ({"header": "Code;Name"}, "lacks the column 'Weight'"),
        ({"header": "Code;Name;Weight;name"}, "there twice"),
    ):
        with pytest.raises(Invalid, match=why), system.session.begin_nested():
            imports.bring(system, "centres", file("A;one;1", **change), MAP)
    with pytest.raises(Invalid, match=r"no import of 'parcels'\. Known: .*centres"):
        imports.bring(system, "parcels", file("A;one;1"), MAP)
    with pytest.raises(NotFound, match="no site XYZ"):
        imports.bring(system, "centres", file("A;one;1"), MAP, site="XYZ")
    with pytest.raises(Invalid, match="need a site"):
        imports.bring(system, "centres", file("A;one;1"), MAP.replace('site = "VER"', ""))
    assert system.session.scalar(sa.select(sa.func.count()).select_from(Import)) == 0


def test_who_may_import_and_of_what(kinds: object, ctx: Someone, file: Callable[..., Path]) -> None:
    with pytest.raises(Forbidden):
        imports.bring(ctx("employee"), "centres", file("A;one;1"), MAP)
    boss = ctx("administrator")
    found = imports.bring(boss, "centres", file("A;one;1"), MAP)
    with pytest.raises(Forbidden):
        imports.undo(ctx("auditor"), found.import_id or 0)
    assert imports.undo(boss, found.import_id or 0).undone_by_id == boss.user.id


def test_what_a_file_held_is_told_to_who_may_bring_in_such_things_only(
    kinds: object, ctx: Someone, file: Callable[..., Path]
) -> None:
    found = imports.bring(ctx("administrator"), "centres", file("A;one;1", "B;;secret"), MAP)
    buyer = ctx("buyer")
    assert imports.report(ctx("administrator"), found.import_id or 0).refused
    with pytest.raises(Forbidden):
        imports.report(buyer, found.import_id or 0)
    with pytest.raises(Forbidden):
        imports.kept(buyer, found.import_id or 0)


def test_a_text_that_no_index_takes_is_one_row_refused_in_words(
    kinds: Callable[[ImportKind], None], ctx: Someone, file: Callable[..., Path]
) -> None:
    code, *others = KIND.columns
    kinds(replace(KIND, columns=(replace(code, longest=5000), *others)))
    endless = "".join(map(chr, random.Random(1).choices(range(0x4E00, 0x9000), k=3000)))
    found = imports.bring(ctx(), "centres", file("A;one;1", f"{endless};two;2", "C;three;3"), MAP)
    assert (found.loaded, [(one.row, one.why) for one in found.refused]) == (
        2,
        [(3, "A text is too long here. Shorten the longest one.")],
    )


def test_decimals_come_through_exactly(kinds: Callable[[ImportKind], None], ctx: Someone, tmp_path: Path) -> None:
    seen: list[Decimal | None] = []

    def watch(_ctx: Context, _run: ImportRun, rows: Sequence[Row]) -> None:
        seen.extend(row.decimal("weight") for row in rows)

    kinds(replace(KIND, load=watch))
    path = tmp_path / "c.csv"
    path.write_text("Code;Name;Weight\nA;x;0,10\nB;x;123456789012345,1234567\nC;x;\n")
    imports.bring(ctx(), "centres", path, "decimal_comma = true\n" + MAP)
    assert seen == [Decimal("0.10"), Decimal("123456789012345.1234567"), None]


# --- The command


@pytest.fixture
def shell(
    plant: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """`plantops ...` on the plant's database, whose modules include the tests' kind."""
    monkeypatch.setenv("PLANTOPS_DATABASE_URL", plant.database.url)
    monkeypatch.setenv("PLANTOPS_DATA", str(tmp_path))
    widened = Registry((*everything().modules, Module(name="testing", title="Testing", imports=(KIND,))))
    monkeypatch.setattr("plantops.command.open_house", lambda *_a, **_k: replace(plant, registry=widened))

    def run(*args: str) -> tuple[int, str, str]:
        code = cli.main(["import", *args])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_the_command_prints_what_acceptance_reads(
    shell: Callable[..., tuple[int, str, str]], file: Callable[..., Path], tmp_path: Path
) -> None:
    path, imap = file("A;one;1", "B;two;x"), tmp_path / "map.toml"
    imap.write_text(MAP)
    code, out, _ = shell("centres", str(path), "--map", str(imap), "--dry-run", "--json")
    told = json.loads(out)
    assert (code, told["import_id"], told["loaded"]) == (0, None, 1)
    code, out, _ = shell("centres", str(path), "--map", str(imap), "--json")
    told = json.loads(out)
    assert code == 0
    assert {key: told[key] for key in ("kind", "rows", "loaded", "refused")} == {
        "kind": "centres",
        "rows": 2,
        "loaded": 1,
        "refused": [{"row": 3, "column": "Weight", "value": "x", "why": "'x' is not a number"}],
    }
    code, out, err = shell("centres", str(path), "--map", str(imap))
    assert (code, out) == (1, "")
    assert f"as import {told['import_id']}: undo that one first" in err
    code, out, _ = shell("undo", str(told["import_id"]))
    assert code == 0
    assert "1 rows taken back" in out


def test_the_command_says_what_is_wrong_in_one_sentence(
    shell: Callable[..., tuple[int, str, str]], file: Callable[..., Path], tmp_path: Path
) -> None:
    imap = tmp_path / "map.toml"
    imap.write_text(MAP)
    for args, words in (
        (("centres", str(file("A;one;1"))), "Add --map"),
        (("centres", str(tmp_path / "none.csv"), "--map", str(imap)), "There is no file"),
        (("centres", str(file("A;one;1")), "--map", str(tmp_path / "none.toml")), "none.toml"),
        (("undo", "last"), "is not the number of an import"),
        (("undo", "99"), "no such import"),
    ):
        code, out, err = shell(*args)
        assert (code, out) == (2, ""), args
        assert words in err
        assert err.count("\n") == 1


def test_a_long_list_of_faults_is_shown_short(system: Context, file: Callable[..., Path]) -> None:
    found = imports.bring(system, "centres", file(*(f"C{n};x;heavy" for n in range(30)), "D;x;"), MAP)
    said = import_command.spoken(found, dry_run=False)
    assert said.startswith("1 of 31 rows loaded, 30 refused")
    assert "and 10 more" in said
    assert "    30 Weight" in said


def test_verify_sees_an_import_that_counts_wrong(system: Context, file: Callable[..., Path]) -> None:
    imports.bring(system, "centres", file("A;one;", ";two;"), MAP)
    (invariant,) = imports.INVARIANTS
    assert system.session.execute(invariant.query).all() == []
    system.session.execute(sa.text("UPDATE core_import SET loaded = 2"))
    assert "counts other rows" in system.session.execute(invariant.query).one()[1]
