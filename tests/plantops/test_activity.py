"""Comments, people called in, to-dos; and everything that falls due in one list."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from plantops import activity, due
from plantops.activity import ActivityKind
from plantops.context import Context, anyone, requires
from plantops.errors import Conflict, Invalid, NotFound
from plantops.events import DueItem
from plantops.module import Module, ordered
from plantops.permissions import Can
from tests.houses import Someone

pytestmark = pytest.mark.db
ORIGIN = "paper_order:17"


@pytest.mark.parametrize(
    ("text", "logins"),
    [
        ("@ana please look", ["ana"]),
        ("Please, @Ana, @bob.brandt: @ana again.", ["ana", "bob.brandt"]),
        ("mail to ana@plant.example", []),
        ("(@b)", ["b"]),
        ("@ nobody @@x", []),
        ("", []),
    ],
)
def test_who_is_called_in_a_text(text: str, logins: list[str]) -> None:
    assert activity.mentioned(text) == logins


def test_a_comment_calls_people_in_and_their_bell_empties(ctx: Someone) -> None:
    ana, bob = ctx(as_="employee", login="ana"), ctx(as_="employee", login="bob")
    activity.comment(ana, ORIGIN, "  @bob @ana @nobody where does it lie? ")
    assert [(row.kind, row.author, row.text) for row in activity.talk(bob, ORIGIN)] == [
        (ActivityKind.COMMENT, "Ana", "@bob @ana @nobody where does it lie?")
    ]
    assert [row.origin for row in activity.waiting(bob)] == [ORIGIN]
    assert activity.waiting(ana) == []
    assert activity.seen(ana, ORIGIN) == 0
    assert activity.seen(bob, "paper_order:18") == 0
    assert activity.seen(bob, ORIGIN) == 1
    assert activity.waiting(bob) == []


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 10_001])
def test_a_text_that_cannot_be(ctx: Someone, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        activity.comment(ctx(), ORIGIN, text)
    assert refused.value.field == "text"


def test_a_to_do_is_finished_by_whom_it_is_for_or_who_wrote_it(ctx: Someone) -> None:
    ana, bob = ctx(as_="employee", login="ana"), ctx(as_="employee", login="bob")
    one = activity.add_todo(ana, ORIGIN, "call them", for_id=bob.user.id)
    two = activity.add_todo(ana, ORIGIN, "call them again", for_id=bob.user.id)
    assert [row.id for row in activity.waiting(bob)] == [two.id, one.id]
    with pytest.raises(NotFound):
        activity.finish(ctx(as_="administrator"), one.id)
    activity.finish(bob, one.id)
    with pytest.raises(Conflict, match="done already"):
        activity.finish(ana, one.id)
    activity.finish(ana, two.id)
    comment = activity.comment(ana, ORIGIN, "thanks")
    with pytest.raises(Conflict, match="nothing to do"):
        activity.finish(ana, comment.id)
    with pytest.raises(Invalid):
        activity.add_todo(ana, ORIGIN, "x", for_id=999_999)


def test_mails_stand_in_the_talk(ctx: Someone) -> None:
    activity.mailed(ctx(), ORIGIN, "Order sent to orders@brandt.example")
    assert [row.kind for row in activity.talk(ctx(), ORIGIN)] == [ActivityKind.MAIL]


# --- What falls due


@requires(Can.READ_AUDIT)
def secret_due(ctx: Context, until: date) -> list[DueItem]:
    return [DueItem("Audit drill", ctx.today, "/audit", kind="drill")]


@anyone("a test")
def open_due(ctx: Context, until: date) -> list[DueItem]:
    return [
        DueItem("Lift inspection", ctx.today + timedelta(days=40), "/lift", kind="inspection"),
        DueItem("Licence", ctx.today - timedelta(days=2), "/licence", ctx.user.id, "certificate"),
        DueItem("Contract", ctx.today + timedelta(days=5), "/contract", kind="contract"),
    ]


def test_what_is_due_is_everybodys_for_who_reads_it_and_ones_own_for_all(ctx: Someone) -> None:
    module = Module(name="paper", title="Paper", due=(secret_due, open_due), links={"paper_order": "/orders/{id}"})
    ctx.house = replace(ctx.house, registry=ordered([replace(ctx.house.registry["core"], links={}), module]))
    employee, manager, auditor = ctx(as_="employee"), ctx(as_="plant_manager"), ctx(as_="auditor")
    until = employee.today + timedelta(days=30)
    activity.add_todo(employee, ORIGIN, "call Brandt\nabout the crane", due_on=employee.today)
    activity.add_todo(employee, ORIGIN, "much later", due_on=until + timedelta(days=1))
    assert [(item.title, item.href) for item in due.due(employee, until)] == [
        ("Licence", "/licence"),
        ("call Brandt", "/orders/17"),
    ]
    assert [item.title for item in due.due(manager, until)] == ["Licence", "Contract"]
    assert [item.title for item in due.due(auditor, until)] == ["Licence", "Audit drill", "Contract"]
    assert [item.title for item in due.due(auditor, until, mine=True)] == ["Licence"]
    assert [item.title for item in due.due(auditor, until, kind="drill")] == ["Audit drill"]
