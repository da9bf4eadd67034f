"""The jobs that make the week; what is heavy (pandas, matplotlib) is loaded by the worker when they run."""

from __future__ import annotations

from plantops.context import Context, requires, within
from plantops.jobs import Computation, Done
from plantops.module import load
from plantops.permissions import Can
from plantops.weekly import Span


@within("the schedule of Monday 06:00 in plant time")
def send_last_week(ctx: Context) -> Computation[list[tuple[bytes, bytes]]] | Done:
    sending: Computation[list[tuple[bytes, bytes]]] | Done = load("plantops.weekly_book:send_last_week")(ctx)
    return sending


@within("the job of somebody who wants the week made")
def make_week(ctx: Context, week: str) -> Done:
    done: Done = load("plantops.weekly_book:make_week")(ctx, week)
    return done


@requires(Can.READ_WEEKLY)
def ask(ctx: Context, span: Span) -> int:
    """Puts the making of a week on the queue; returns the job."""
    return ctx.enqueue("core.make_week", week=span.name, lock=f"weekly:{span.name}")


@within("the job of somebody who wants the week on paper")
def print_week(ctx: Context, week: str) -> Computation[tuple[bytes, bytes]]:
    printing: Computation[tuple[bytes, bytes]] = load("plantops.weekly_book:print_week")(ctx, week)
    return printing


@requires(Can.READ_WEEKLY)
def ask_for_paper(ctx: Context, span: Span) -> int:
    """Puts the PDF and the workbook of a week on the queue, with what this person may see; returns the job."""
    return ctx.enqueue("core.print_week", week=span.name, lock=f"weekly-paper:{span.name}:{ctx.user.id}")
