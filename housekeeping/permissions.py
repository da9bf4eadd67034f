"""What somebody may be allowed to do in housekeeping and the facility desk."""

from __future__ import annotations

from enum import StrEnum


class Can(StrEnum):
    READ_ROSTERS = "housekeeping.roster.read"
    PLAN_ROSTERS = "housekeeping.roster.plan"
    PUBLISH_ROSTERS = "housekeeping.roster.publish"
    READ_CLEANING = "housekeeping.cleaning.read"
    MANAGE_CLEANING = "housekeeping.cleaning.manage"
    DO_ROUNDS = "housekeeping.round.do"
    SHARE_ROUNDS = "housekeeping.round.share"
    REPORT = "housekeeping.request.report"
    READ_REQUESTS = "housekeeping.request.read"
    TRIAGE = "housekeeping.request.triage"
    WORK = "housekeeping.workorder.do"
    MANAGE_WORK = "housekeeping.workorder.manage"
    IMPORT = "housekeeping.request.import"
    READ_CONSUMABLES = "housekeeping.consumable.read"
    USE_CONSUMABLES = "housekeeping.consumable.use"
