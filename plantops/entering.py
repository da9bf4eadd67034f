"""Coming in: one look at the database says whose session it is, what they may do, and which clock the plant keeps."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from plantops.context import Actor, Context, Grant
from plantops.db import Database
from plantops.errors import Unauthenticated
from plantops.module import Registry
from plantops.people import SignIn, digest, has_ended
from plantops.places import SITES, SiteRow
from plantops.settings import Settings
from plantops.wording import say

SEEN_EVERY = timedelta(minutes=1)

# Every page begins with this, so it is one round trip instead of five; it also tells the audit trail who acts.
WHO = sa.text(
    "SELECT s.id, s.created_at, s.seen_at, s.ended_at, s.address, s.is_strong,"
    " coalesce(s.proved_at, s.created_at) AS proved_at, u.id AS user_id, u.login, u.name, u.language, u.active,"
    " (SELECT coalesce(json_agg(json_build_array(g.role, g.site_id, g.cost_centre_id) ORDER BY g.id), '[]')"
    "  FROM core_grant g WHERE g.user_id = u.id) AS grants,"
    " EXISTS (SELECT FROM core_grant g JOIN core_strong_role r ON r.role = g.role"
    "  WHERE g.user_id = u.id) AS strong_only,"
    " (SELECT zone FROM core_site WHERE in_totals ORDER BY id LIMIT 1) AS zone,"
    " (SELECT json_agg(json_build_array(id, name, currency, in_totals) ORDER BY in_totals DESC, id)"
    "  FROM core_site) AS sites,"
    " set_config('plantops.actor', u.id::text, true), set_config('plantops.on_behalf_of', '', true),"
    " set_config('plantops.request', :request, true)"
    " FROM core_session s JOIN core_user u ON u.id = s.user_id WHERE s.token_hash = :hash"
)


def enter(
    session: Session,
    token: str,
    *,
    registry: Registry,
    database: Database,
    settings: Settings,
    now: datetime,
    request_id: str = "",
    address: str = "",
    is_theirs: bool = True,
) -> Context:
    """The context of the person whose browser holds this session; `is_theirs` not where a page asks by itself.

    Raises Unauthenticated when it has ended, or when a role of the person asks for a second factor that it has not.
    """
    row = session.execute(WHO, {"hash": digest(token), "request": request_id}).one_or_none()
    ended = row is None or has_ended(SignIn(created_at=row.created_at, seen_at=row.seen_at, ended_at=row.ended_at), now)
    if row is None or ended or not row.active:
        raise Unauthenticated(say("Your session has ended. Sign in again; what you typed is kept."))
    if row.strong_only and not row.is_strong:
        raise Unauthenticated(say("Your role asks for a second factor. Sign in again to show it or to set it up."))
    if is_theirs and (now - row.seen_at > SEEN_EVERY or address != row.address):
        session.execute(sa.update(SignIn).where(SignIn.id == row.id).values(seen_at=now, address=address[:100]))
    session.info[SITES] = tuple(SiteRow(*site) for site in row.sites or ())
    rights = registry.role_permissions()
    grants = tuple(Grant(role, rights.get(role, frozenset()), site, centre) for role, site, centre in row.grants)
    return Context(
        session=session,
        user=Actor(row.user_id, row.login, row.name, grants, row.language),
        now=now,
        registry=registry,
        database=database,
        settings=settings,
        zone=ZoneInfo(row.zone or "UTC"),
        request_id=request_id,
        proved_at=row.proved_at,
    )
