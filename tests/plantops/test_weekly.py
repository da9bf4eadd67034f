"""The week: spans, what is unusual, what is said, what is kept, and who sees which figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from plantops import documents, files, outbox, people, weekly_archive, weekly_book, weekly_report, weekly_shape
from plantops.context import Actor, Context, Grant
from plantops.errors import Conflict, Forbidden, Invalid, NotFound
from plantops.jobs import Computation, Done, Reporter
from plantops.module import Module, ordered
from plantops.permissions import Can
from plantops.places import Site
from plantops.weekly import Better, Cause, Column, Indicator, Part, Rows, Span, WeekTotal
from plantops.wording import speaking
from tests.houses import Someone

WEEK = Span.week("2026-W46")
MONDAY = date(2026, 11, 9)


def indicator(weeks: Sequence[WeekTotal] = (), **more: object) -> Indicator:
    rows = Rows((Column("amount", "Amount", "number"),), [{"amount": 1}], Decimal(1))
    plain = Indicator(
        number=5,
        key="till.overtime",
        title="Overtime",
        unit="%",
        better=Better.LOW,
        definition="Hours above contract over hours worked.",
        exclusions="Without swaps.",
        owner="line_manager",
        target=Decimal(4),
        tolerance=Decimal("0.5"),
        permission=Can.READ_WEEKLY,
        weeks=lambda _ctx, _span: list(weeks),
        rows=lambda _ctx, _span, _part, _limit: rows,
        ledger=sa.text("SELECT CAST(61 AS numeric), CAST(1000 AS numeric) WHERE CAST(:from AS date) < :to"),
        causes=lambda _ctx, _span: [Cause("Store", Decimal(43)), Cause("Dock", Decimal(18))],
        scale=Decimal(100),
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def history(values: Sequence[int], last: int) -> list[WeekTotal]:
    """Numerators of the weeks before this one, and of this one, over 1000 each."""
    every = [*values, last]
    first = MONDAY - timedelta(days=7 * len(values))
    return [WeekTotal(first + timedelta(days=7 * n), Decimal(v), Decimal(1000)) for n, v in enumerate(every)]


# --- Spans


def test_a_week_is_monday_to_sunday_and_knows_its_neighbours() -> None:
    assert (WEEK.first, WEEK.last, WEEK.name) == (MONDAY, date(2026, 11, 15), "2026-W46")
    assert Span.week("2027-W01").back(1).name == "2026-W53"
    assert Span.of_day(date(2027, 1, 3)).name == "2026-W53"


@pytest.mark.parametrize("text", ["2026-W54", "2026W46", "", "W46", "2026-W00", "x-W1"])
def test_what_is_no_week_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="Write it like"):
        Span.week(text)


# --- Shaping


def test_a_week_stands_beside_its_past() -> None:
    weeks = history([40] * 60, 61)
    one = indicator(weeks)
    shaped = weekly_shape.shape(weekly_shape.frame(weeks, one, WEEK), one, WEEK)
    assert (shaped.value, shaped.previous, shaped.year_ago) == (Decimal("6.1"), Decimal(4), Decimal(4))
    assert len(shaped.line) == 13
    assert shaped.outside == Decimal("1.6")


def test_a_week_without_rows_is_zero_and_one_without_denominator_has_no_value() -> None:
    weeks = [WeekTotal(MONDAY - timedelta(days=14), Decimal(5), Decimal(100))]
    one = indicator(weeks)
    shaped = weekly_shape.shape(weekly_shape.frame(weeks, one, WEEK), one, WEEK)
    assert shaped.value is None
    counted = indicator(scale=Decimal(1))
    frame = weekly_shape.frame([WeekTotal(MONDAY - timedelta(days=7), Decimal(3))], counted, WEEK)
    assert weekly_shape.shape(frame, counted, WEEK).value == 0


@pytest.mark.parametrize(
    ("before", "last", "unusual"),
    [
        ([40, 42, 38, 41, 39, 40, 43, 37, 40, 41], 61, True),
        ([40, 42, 38, 41, 39, 40, 43, 37, 40, 41], 43, False),
        ([40] * 12, 61, False),  # nothing ever varied: no scale to judge by
        ([40, 42, 38], 200, False),  # too little history
    ],
)
def test_unusual_is_a_robust_z_score_beyond_three_and_a_half(before: list[int], last: int, unusual: bool) -> None:
    one = indicator()
    score = weekly_shape.robust_z(weekly_shape.frame(history(before, last), one, WEEK)["value"])
    assert (score is not None) is unusual


def test_high_is_good_is_judged_the_other_way() -> None:
    one = indicator(better=Better.HIGH, target=Decimal(95), tolerance=Decimal(2))
    assert weekly_shape.outside(Decimal(92), one) == 1
    assert weekly_shape.outside(Decimal(99), one) == 0


def test_the_fact_says_only_what_the_figures_say() -> None:
    one = indicator()
    shaped = weekly_shape.shape(weekly_shape.frame(history([40], 61), one, WEEK), one, WEEK)
    found = weekly_shape.shares([Cause("Store", Decimal(43)), Cause("Dock", Decimal(18))], Decimal(61))
    assert weekly_shape.fact(one, shaped, found) == "Overtime 6.1 %, target 4; 70 % from Store."


# --- Made, kept, shown


def house_with(ctx: Context, *figures: Indicator) -> Context:
    others = [replace(module, weekly=()) for module in ctx.registry.modules]
    return replace(ctx, registry=ordered([*others, Module(name="till", title="Till", weekly=figures)]))


@pytest.mark.db
def test_the_report_says_worst_best_and_whether_it_equals_the_ledger(ctx: Someone) -> None:
    good = indicator(history([2], 1), key="till.calm", title="Calm", ledger=sa.text("SELECT 999, 1000"))
    boss = house_with(ctx(as_="plant_manager"), indicator(history([40] * 10, 61)), good)
    payload = weekly_report.make(boss, WEEK)
    assert payload["sentences"][0] == "Worst: Overtime 6.1 %, target 4; 70 % from Store."
    assert payload["sentences"][1].startswith("Best: Calm 0.1 %")
    assert [row["reconciled"] for row in payload["figures"]] == [True, False]
    assert (payload["reconciled"], payload["foot"]) == (False, "1 of 2 figures equal the ledger.")
    assert [one["key"] for one in payload["exceptions"]] == ["till.overtime"]


@pytest.mark.db
def test_a_share_of_nothing_has_no_value_from_the_first_week_on_and_is_not_bad(ctx: Someone) -> None:
    cover = indicator((), better=Better.HIGH, target=Decimal(98), ledger=sa.text("SELECT 0, 0"))
    count = indicator((), key="till.cases", scale=Decimal(1), unit="", digits=0, ledger=sa.text("SELECT 0"))
    payload = weekly_report.make(house_with(ctx(as_="plant_manager"), cover, count), WEEK)
    assert [row["spoken"] for row in payload["figures"]] == ["no value", "0"]
    assert payload["exceptions"] == []
    assert payload["sentences"][0] == "Every figure is within its tolerance."
    assert weekly_report.in_words(None) == "no value"


@pytest.mark.db
def test_the_same_figures_are_the_same_revision_and_a_correction_says_what_changed(ctx: Someone) -> None:
    first = house_with(ctx(as_="plant_manager"), indicator(history([40] * 10, 61)))
    report, new = weekly_book.make(first, WEEK)
    assert (report.revision, new) == (1, True)
    assert weekly_book.make(first, WEEK) == (report, False)
    corrected = house_with(ctx(as_="plant_manager"), indicator(history([40] * 10, 45)))
    second, new = weekly_book.make(corrected, WEEK)
    assert (second.revision, new) == (2, True)
    seen = weekly_archive.as_seen(corrected, second)
    assert seen.changes == [{"key": "till.overtime", "title": "Overtime", "before": "6.1 %", "after": "4.5 %"}]


@pytest.mark.db
def test_the_week_is_read_in_the_readers_language(ctx: Someone) -> None:
    first = house_with(ctx(as_="plant_manager"), indicator(history([40] * 10, 61), title="Overtime"))
    weekly_book.make(first, WEEK)
    weekly_book.make(house_with(ctx(), indicator(history([40] * 10, 55), title="Overtime")), WEEK)
    with speaking("de"):
        german = weekly_archive.latest(first, WEEK)
        made_again, new = weekly_book.make(house_with(ctx(), indicator(history([40] * 10, 55), title="Overtime")), WEEK)
    assert german is not None and (made_again.revision, new) == (2, False), "another language is not another week"
    assert german.payload["sentences"][0] == "Schlechtester Wert: Überstunden 5,5 %, Ziel 4; 78 % aus Store."
    assert german.payload["figures"][0]["title"] == "Überstunden"
    assert german.changes == [{"key": "till.overtime", "title": "Überstunden", "before": "6,1 %", "after": "5,5 %"}]
    assert "languages" not in german.payload, "it would show what its reader may not see"


@pytest.mark.db
def test_who_may_not_see_a_figure_sees_neither_it_nor_what_is_said_of_it(ctx: Someone) -> None:
    secret = indicator(history([40] * 10, 61), permission=Can.MANAGE_USERS)
    boss = house_with(ctx(as_="plant_manager"), secret, indicator(history([40], 40), key="till.open"))
    weekly_book.make(boss, WEEK)
    seen = weekly_archive.latest(boss, WEEK)
    assert seen is not None
    assert [row["key"] for row in seen.payload["figures"]] == ["till.open"]
    assert seen.payload["exceptions"] == []
    assert seen.payload["sentences"] == ["You see 1 of 2 figures."]
    with pytest.raises(NotFound):
        weekly_archive.rows(boss, "till.overtime", WEEK, Part.NUMERATOR)
    with pytest.raises(Forbidden):
        weekly_archive.latest(house_with(ctx(as_="cleaner"), secret), WEEK)


@pytest.mark.parametrize(
    ("grants", "sees"),
    [
        ([(None, None)], True),
        ([(1, None)], False),
        ([(1, None), (2, None)], True),
        ([(1, None), (2, 20)], False),
        ([(None, 20)], False),
        ([], False),
    ],
)
def test_a_figure_of_all_sites_needs_the_right_at_each_of_them(
    grants: list[tuple[int | None, int | None]], sees: bool
) -> None:
    held = tuple(Grant("r", frozenset({"till.read"}), site, centre) for site, centre in grants)
    assert weekly_archive.covers(Actor(7, "kim", "Kim", held), "till.read", [1, 2]) is sees


def at_one_site(ctx: Someone, *figures: Indicator) -> Context:
    """A plant manager of Verrin only, in a company that counts two sites."""
    system = ctx()
    system.session.add(Site(code="WES", name="Depot West", zone="UTC", currency="EUR", country="LU", in_totals=True))
    verrin = system.session.scalars(sa.select(Site.id).where(Site.code == "VER")).one()
    kim = people.add_user(system, "kim", "Kim", email="kim@marenfeld.example")
    people.grant(system, kim.id, "plant_manager", site_id=verrin)
    ctx.known["kim"] = kim.id
    return house_with(ctx("plant_manager", login="kim"), *figures)


@pytest.mark.db
def test_who_reads_one_site_gets_no_total_of_the_company_on_page_paper_sheet_or_mail(ctx: Someone) -> None:
    figure = indicator(history([40] * 10, 61))
    kim = at_one_site(ctx, figure)
    boss = house_with(ctx("plant_manager"), figure)
    weekly_book.make(house_with(boss, indicator(history([40] * 10, 60))), WEEK)
    report, _new = weekly_book.make(boss, WEEK)
    seen = weekly_archive.latest(kim, WEEK)
    assert seen is not None
    assert (seen.payload["figures"], seen.payload["exceptions"], seen.changes) == ([], [], [])
    assert seen.payload["sentences"] == [
        "You see 0 of 1 figures.",
        "A figure counts every site; you may read some sites only.",
    ]
    for look in (weekly_archive.indicator, lambda who, key: weekly_archive.rows(who, key, WEEK, Part.NUMERATOR)):
        with pytest.raises(Forbidden, match="counts every site"):
            look(kim, "till.overtime")
    page = documents.html(weekly_book.paper(kim, seen, weekly_archive.list_actions(kim, WEEK)))
    assert "Overtime" not in page
    assert list(weekly_book.sheets(kim, seen.payload, WEEK)[0].rows) == []
    weekly_archive.add_action(boss, "till.overtime", WEEK, "Agency", boss.user.id, date(2026, 11, 30))
    assert weekly_archive.list_actions(kim, WEEK) == []
    assert weekly_archive.as_seen(boss, report).changes[0]["after"] == "6.1 %"


@pytest.mark.db
def test_the_week_is_mailed_once_to_who_sees_it_even_when_it_was_made_by_hand_before(ctx: Someone) -> None:
    figure = indicator(history([40] * 10, 61))
    at_one_site(ctx, figure)
    boss = ctx("plant_manager", login="pia")
    system = house_with(ctx(), figure)
    weekly_book.make(system, Span.of_day(system.today).back(1))
    sending = weekly_book.send_last_week(system)
    assert isinstance(sending, Computation)
    done = sending.then(system, sending.compute(Reporter()))
    assert isinstance(done, Done)
    assert done.message == "Week 2026-W47 is made and mailed to 1 people."
    (letter,) = outbox.list_mails(system)
    assert letter.to_address == "pia@marenfeld.example"
    assert files.content(boss, letter.file_ids[0]).startswith(b"%PDF")
    again = sending.then(system, sending.compute(Reporter()))
    assert again == weekly_book.send_last_week(system) == Done("Week 2026-W47 was sent already.", "/weekly/2026-W47")
    assert len(outbox.list_mails(system)) == 1


@pytest.mark.db
def test_page_paper_and_sheet_give_a_figure_the_same_number(ctx: Someone) -> None:
    figures = [
        indicator(
            [], key=f"till.n{number}{position}", title=f"Figure {number}.{position}", number=number, position=position
        )
        for number, position in ((1, 1), (3, 1), (10, 1), (10, 2))
    ]
    hidden = indicator([], key="till.hidden", title="Hidden", number=2, permission=Can.MANAGE_USERS)
    boss = house_with(ctx("plant_manager"), *figures, hidden)
    weekly_book.make(boss, WEEK)
    seen = weekly_archive.latest(boss, WEEK)
    assert seen is not None
    wanted = ["1", "3", "10", "10b"]
    assert [row["label"] for row in seen.payload["figures"]] == wanted
    assert [row[0] for row in weekly_book.sheets(boss, seen.payload, WEEK)[0].rows] == wanted
    page = documents.html(weekly_book.paper(boss, seen, []))
    assert all(f"<td>{label}</td>" in page for label in wanted)
    assert [table.name.split()[0] for table in weekly_book.sheets(boss, seen.payload, WEEK)[2:]] == wanted


@pytest.mark.db
def test_a_sheet_names_records_and_states_as_people_do(ctx: Someone) -> None:
    boss = ctx("plant_manager", login="pia")
    columns = (Column("who", "Who", "origin"), Column("state", "State"))
    cells = [{"who": f"core_user:{boss.user.id}", "state": "not_received"}, {"who": None, "state": None}]
    figure = indicator(rows=lambda _ctx, _span, _part, _limit: Rows(columns, cells, Decimal(0)))
    boss = house_with(boss, figure)
    weekly_book.make(boss, WEEK)
    seen = weekly_archive.latest(boss, WEEK)
    assert seen is not None
    sheet = weekly_book.sheets(boss, seen.payload, WEEK)[-1]
    assert [list(row) for row in sheet.rows] == [[f"Account {boss.user.id}", "Not received"], [None, None]]


@pytest.mark.db
def test_an_action_is_carried_until_it_is_done(ctx: Someone) -> None:
    boss = house_with(ctx(as_="plant_manager"), indicator(history([40], 61)))
    with pytest.raises(Invalid, match="The day is over"):
        weekly_archive.add_action(boss, "till.overtime", WEEK, "Agency", boss.user.id, date(2026, 11, 1))
    action = weekly_archive.add_action(boss, "till.overtime", WEEK, "Agency", boss.user.id, date(2026, 11, 30))
    later = weekly_archive.list_actions(boss, WEEK.back(-3))
    assert [(one.text, one.carried) for one in later] == [("Agency", True)]
    weekly_archive.end_action(boss, action.id, action.version, weekly_archive.ActionState.DONE)
    assert weekly_archive.list_actions(boss, WEEK.back(-3)) == []
    with pytest.raises(Conflict, match="already"):
        weekly_archive.end_action(boss, action.id, action.version, weekly_archive.ActionState.DROPPED)


@pytest.mark.db
def test_every_real_figure_equals_its_ledger_and_its_rows(ctx: Someone) -> None:
    boss = ctx(as_="administrator")
    payload = weekly_report.make(boss, WEEK)
    assert payload["reconciled"], [row["key"] for row in payload["figures"] if not row["reconciled"]]
    for one in weekly_report.indicators(boss):
        total = next((week for week in one.weeks(boss, WEEK) if week.monday == WEEK.first), None)
        assert one.rows(boss, WEEK, Part.NUMERATOR, 100).total == (total.numerator if total else 0), one.key
