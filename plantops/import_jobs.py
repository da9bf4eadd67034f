"""Imports by the worker: read, tried, loaded or taken back while the person watches, or does something else."""

from __future__ import annotations

import sqlalchemy as sa

from plantops import import_rows, imports, jobs
from plantops.context import Context, requires
from plantops.errors import Conflict
from plantops.import_rows import RowState
from plantops.imports import Import, why_not_load, why_not_read, why_not_undo
from plantops.permissions import Can
from plantops.wording import plural, say

READ, TRY, LOAD, UNDO = "core.read_import", "core.try_import", "core.load_import", "core.undo_import"
TOLD = {"I": "made", "U": "changed", "D": "removed"}
"""In the result of a trial: how many rows of which tables."""


# --- Rules


def why_not_now(work: jobs.JobRun | None) -> str | None:
    if work is not None and work.state in (jobs.State.QUEUED, jobs.State.RUNNING):
        return say("the worker is busy with it")
    return None


# --- Questions


@requires(Can.IMPORT)
def work_on(ctx: Context, id: int) -> jobs.JobRun | None:
    """The last time that the worker was asked to do something with an import."""
    this = jobs.JobRun.arguments["import_id"].astext == str(id)
    query = sa.select(jobs.JobRun).where(jobs.JobRun.name.in_((READ, TRY, LOAD, UNDO)), this)
    return ctx.session.scalar(query.order_by(jobs.JobRun.id.desc()).limit(1))


# --- Actions


@requires(Can.IMPORT)
def ask_to_read(ctx: Context, id: int) -> int:
    """The worker reads its rows; returns the run to watch."""
    run = imports.locked(ctx, id)
    if reason := why_not_read(run) or why_not_now(work_on(ctx, id)):
        raise Conflict(say("Import {id} cannot be read: {reason}.", id=run.id, reason=reason))
    return ctx.enqueue(READ, lock=f"{READ}:{id}", import_id=id)


@requires(Can.IMPORT)
def ask_to_try(ctx: Context, id: int) -> int:
    """The worker loads it and takes it back, to tell what loading would do; returns the run to watch."""
    run = imports.locked(ctx, id)
    if reason := why_not_load(run, ready(ctx, run)) or why_not_now(work_on(ctx, id)):
        raise Conflict(say("Import {id} cannot be tried: {reason}.", id=run.id, reason=reason))
    return ctx.enqueue(TRY, lock=f"{TRY}:{id}", import_id=id)


@requires(Can.IMPORT)
def ask_to_load(ctx: Context, id: int) -> int:
    """The worker loads what is valid, all of it or nothing; returns the run to watch."""
    run = imports.locked(ctx, id)
    if reason := why_not_load(run, ready(ctx, run)) or why_not_now(work_on(ctx, id)):
        raise Conflict(say("Import {id} cannot be loaded: {reason}.", id=run.id, reason=reason))
    return ctx.enqueue(LOAD, lock=f"{LOAD}:{id}", import_id=id)


@requires(Can.UNDO_IMPORT)
def ask_to_undo(ctx: Context, id: int) -> int:
    """The worker takes it back; returns the run to watch."""
    run = imports.locked(ctx, id, to="undo an import of")
    if reason := why_not_undo(run) or why_not_now(work_on(ctx, id)):
        raise Conflict(say("Import {id} cannot be undone: {reason}.", id=run.id, reason=reason))
    return ctx.enqueue(UNDO, lock=f"{UNDO}:{id}", import_id=id)


@requires(Can.IMPORT)
def ready(ctx: Context, run: Import) -> int:
    """How many rows would load now."""
    return import_rows.counts(ctx, run.id).get(RowState.READY, 0)


# --- What the worker does: one transaction each; stopped, killed or failed, nothing of it is there


@requires(Can.IMPORT)
def read_by_worker(ctx: Context, import_id: int) -> jobs.Done:
    run = imports.read(ctx, import_id)
    read = plural("{n} row is read", "{n} rows are read", run.rows)
    return jobs.Done(
        say("{read}, {refused:,} of them with something to set right.", read=read, refused=run.refused),
        link_of(import_id),
    )


@requires(Can.IMPORT)
def try_by_worker(ctx: Context, import_id: int) -> jobs.Done:
    found = imports.try_out(ctx, import_id)
    would = plural("{n} row would load", "{n} rows would load", found.loads)
    told = {name: {table: n for table, what, n in found.touched if what == kind} for kind, name in TOLD.items()}
    message = say("{would}, {refused:,} would be refused. Nothing was changed.", would=would, refused=found.refused)
    return jobs.Done(message, link_of(import_id), told)


@requires(Can.IMPORT)
def load_by_worker(ctx: Context, import_id: int) -> jobs.Done:
    found = imports.load(ctx, import_id)
    refused = len({refusal.row for refusal in found.refused})
    return jobs.Done(
        say(
            "{loaded:,} of {rows:,} rows are loaded, {refused:,} refused.",
            loaded=found.loaded,
            rows=found.rows,
            refused=refused,
        ),
        link_of(import_id),
    )


@requires(Can.UNDO_IMPORT)
def undo_by_worker(ctx: Context, import_id: int) -> jobs.Done:
    run = imports.undo(ctx, import_id)
    if kept := imports.kept(ctx, import_id):
        stay = plural("{n} record is used meanwhile and stays", "{n} records are used meanwhile and stay", len(kept))
        return jobs.Done(say("{stay}; everything else is taken back.", stay=stay), link_of(import_id))
    return jobs.Done(say("{file_name} is taken back.", file_name=run.file_name), link_of(import_id))


def link_of(import_id: int) -> str:
    return f"/admin/imports/{import_id}"
