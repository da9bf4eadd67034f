"""What somebody may be allowed to do in the core."""

from __future__ import annotations

from enum import StrEnum


class Can(StrEnum):
    READ_USERS = "core.user.read"
    MANAGE_USERS = "core.user.manage"
    READ_PLACES = "core.place.read"
    MANAGE_PLACES = "core.place.manage"
    READ_AUDIT = "core.audit.read"
    READ_STOCK = "core.stock.read"
    MOVE_STOCK = "core.stock.move"
    COUNT_STOCK = "core.stock.count"
    MANAGE_STOCK = "core.stock.manage"
    READ_ITEMS = "core.item.read"
    MANAGE_ITEMS = "core.item.manage"
    READ_PARTIES = "core.party.read"
    MANAGE_PARTIES = "core.party.manage"
    MANAGE_APPROVALS = "core.approval.manage"
    DELEGATE = "core.approval.delegate"
    SAMPLE_APPROVALS = "core.approval.sample"
    READ_JOBS = "core.job.read"
    MANAGE_JOBS = "core.job.manage"
    READ_OUTBOX = "core.outbox.read"
    MANAGE_WEBHOOKS = "core.webhook.manage"
    IMPORT = "core.import.run"
    UNDO_IMPORT = "core.import.undo"
    READ_WEEKLY = "core.weekly.read"
    COMMENT_WEEKLY = "core.weekly.comment"
    READ_FILES = "core.file.read"
    MANAGE_CALENDAR = "core.calendar.manage"
    MANAGE_SETTINGS = "core.settings.manage"
    READ_DUE = "core.due.read"
    VERIFY = "core.verify.run"
