"""Imports by the worker: loaded or taken back as a whole while the person watches, or does something else."""

from __future__ import annotations

import sqlalchemy as sa

from plantops import imports, jobs
from plantops.context import Context, requires
from plantops.db import get
from plantops.errors import Conflict
from plantops.import_kinds import kind_named
from plantops.imports import Import, State, why_not_undo
from plantops.permissions import Can

LOAD, UNDO = "core.load_import", "core.undo_import"


# --- Rules


def why_not_now(work: jobs.JobRun | None) -> str | None:
    if work is not None and work.state in (jobs.State.QUEUED, jobs.State.RUNNING):
        return "the worker is busy with it"
    return None


def why_not_load(run: Import, work: jobs.JobRun | None) -> str | None:
    if run.state is not State.STAGED:
        return f"it is {run.state} already"
    if run.rows == run.refused:
        return "no row of it is valid"
    return why_not_now(work)


# --- Questions


@requires(Can.IMPORT)
def work_on(ctx: Context, id: int) -> jobs.JobRun | None:
    """The last time that the worker was asked to load an import or to take it back."""
    this = jobs.JobRun.arguments["import_id"].as_integer() == id
    query = sa.select(jobs.JobRun).where(jobs.JobRun.name.in_((LOAD, UNDO)), this)
    return ctx.session.scalar(query.order_by(jobs.JobRun.id.desc()).limit(1))


# --- Actions


@requires(Can.IMPORT)
def ask_to_load(ctx: Context, id: int) -> int:
    """The worker loads it, whole or not at all; returns the run to watch."""
    run = get(ctx.session, imports.visible(ctx).where(Import.id == id), what="import", lock=True)
    if reason := why_not_load(run, work_on(ctx, id)):
        raise Conflict(f"Import {run.id} cannot be loaded: {reason}.")
    ctx.need(kind_named(ctx.registry, run.kind).permission, site_id=run.site_id, to=f"import {run.kind}")
    return ctx.enqueue(LOAD, lock=f"{LOAD}:{id}", import_id=id)


@requires(Can.UNDO_IMPORT)
def ask_to_undo(ctx: Context, id: int) -> int:
    """The worker takes it back, whole or not at all; returns the run to watch."""
    run = get(ctx.session, imports.visible(ctx).where(Import.id == id), what="import", lock=True)
    if reason := why_not_undo(run) or why_not_now(work_on(ctx, id)):
        raise Conflict(f"Import {run.id} cannot be undone: {reason}.")
    ctx.need(kind_named(ctx.registry, run.kind).permission, site_id=run.site_id, to=f"undo an import of {run.kind}")
    return ctx.enqueue(UNDO, lock=f"{UNDO}:{id}", import_id=id)


@requires(Can.IMPORT)
def load_by_worker(ctx: Context, import_id: int) -> jobs.Done:
    """One transaction: stopped, killed or failed, nothing of it is there."""
    found = imports.load(ctx, import_id)
    refused = len({refusal.row for refusal in found.refused})
    return jobs.Done(f"{found.loaded:,} of {found.rows:,} rows are loaded, {refused:,} refused.", link_of(import_id))


@requires(Can.UNDO_IMPORT)
def undo_by_worker(ctx: Context, import_id: int) -> jobs.Done:
    run = imports.undo(ctx, import_id)
    return jobs.Done(f"{run.file_name} is taken back.", link_of(import_id))


def link_of(import_id: int) -> str:
    return f"/admin/imports/{import_id}"
