"""What a person has to show who they are, besides a password: apps, recovery codes, passkeys, the company's account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from plantops import outbox, people
from plantops.context import SYSTEM_ID, Context, anyone, requires, within
from plantops.db import Base, Id, bump, get, unaudited
from plantops.errors import Conflict, Forbidden, Invalid, Unauthenticated
from plantops.people import SignIn, User, UserGrant
from plantops.permissions import Can
from plantops.places import sort_key
from plantops.wording import say, speaking

PROOF_LASTS = timedelta(minutes=10)
LONGEST_NAME = 60
KEPT = timedelta(days=30)


class ProofNeeded(Forbidden):
    """The right is there, but the browser may have been left open: the person shows again who they are."""

    code = "proof_needed"


# --- Tables


class Authenticator(Base):
    """An app on a phone that shows six digits; its secret is sealed with the installation's key."""

    __tablename__ = "core_authenticator"

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"), index=True)
    name: Mapped[str]
    secret: Mapped[bytes] = mapped_column(sa.LargeBinary, info={"hidden": True})
    last_step: Mapped[int | None]
    """The half minute whose code was taken last: neither it nor an older one is taken again."""
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """One of ten codes on paper, for the day on which the phone is gone; kept as a keyed digest only."""

    __tablename__ = "core_recovery_code"
    __table_args__ = (sa.UniqueConstraint("user_id", "code_digest"),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"))
    code_digest: Mapped[bytes] = mapped_column(sa.LargeBinary, info={"hidden": True})
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Passkey(Base):
    """A key that lives in a phone, a computer or a stick; here is its public half."""

    __tablename__ = "core_passkey"

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"), index=True)
    name: Mapped[str]
    credential_id: Mapped[bytes] = mapped_column(sa.LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(sa.LargeBinary)
    user_handle: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sign_count: Mapped[int]
    is_synced: Mapped[bool]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Identity(Base):
    """The person at the company's own sign-in service: who says so, and under which unchanging name."""

    __tablename__ = "core_identity"
    __table_args__ = (sa.UniqueConstraint("issuer", "subject"),)

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("core_user.id"), index=True)
    issuer: Mapped[str]
    subject: Mapped[str]
    email: Mapped[str | None]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class StrongRole(Base):
    """A role whose holders show a second factor."""

    __tablename__ = "core_strong_role"

    id: Mapped[Id]
    role: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]


class UsedNote(Base):
    """A note that did its work: it works once."""

    __tablename__ = "core_used_note"
    __table_args__ = unaudited()

    digest: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    used_at: Mapped[datetime]


@dataclass(frozen=True)
class Held:
    """What somebody has to show, in numbers."""

    apps: int
    passkeys: int
    codes_left: int
    identities: int
    has_password: bool
    must: bool

    @property
    def has_second(self) -> bool:
        return bool(self.apps or self.passkeys)


# --- Rules


def why_not_name(name: str) -> str | None:
    if not name.strip():
        return say("it needs a name by which you know it again, such as Phone")
    if len(name) > LONGEST_NAME:
        return say("its name is longer than {longest_name} characters", longest_name=LONGEST_NAME)
    return None


def why_not_remove_factor(held: Held) -> str | None:
    """Why an app or a passkey has to stay."""
    if held.must and held.apps + held.passkeys == 1:
        return say("your role asks for a second factor, and this is the last one. Add another first")
    if held.apps + held.passkeys == 1 and held.passkeys and not (held.has_password or held.identities):
        return say("it is the only way in that you have")
    return None


def why_not_unlink(held: Held) -> str | None:
    if held.identities == 1 and not (held.has_password or held.passkeys):
        return say("it is the only way in that you have")
    return None


def is_recent(proved_at: datetime | None, now: datetime) -> bool:
    """Who acts from no browser (a command, a job) has nothing that could be left open."""
    return proved_at is None or now - proved_at <= PROOF_LASTS


# --- Questions


def held_by(session: Session, user_id: int) -> Held:
    """One look; also before there is a context."""
    row = session.execute(
        sa.text(
            "SELECT (SELECT count(*) FROM core_authenticator WHERE user_id = u.id AND confirmed_at IS NOT NULL),"
            " (SELECT count(*) FROM core_passkey WHERE user_id = u.id),"
            " (SELECT count(*) FROM core_recovery_code WHERE user_id = u.id AND used_at IS NULL),"
            " (SELECT count(*) FROM core_identity WHERE user_id = u.id),"
            " u.password_hash IS NOT NULL,"
            " EXISTS (SELECT FROM core_grant g JOIN core_strong_role r ON r.role = g.role WHERE g.user_id = u.id)"
            " FROM core_user u WHERE u.id = :id"
        ),
        {"id": user_id},
    ).one()
    return Held(*row)


@anyone("each person sees what they have themselves")
def mine(ctx: Context) -> Held:
    return held_by(ctx.session, ctx.user.id)


@requires(Can.READ_USERS)
def of_account(ctx: Context, user_id: int) -> Held:
    get(ctx.session, people.visible(ctx).where(User.id == user_id), what="account")
    return held_by(ctx.session, user_id)


@requires(Can.READ_USERS)
def strong_roles(ctx: Context) -> frozenset[str]:
    return frozenset(ctx.session.scalars(sa.select(StrongRole.role)))


@requires(Can.READ_USERS)
def without_second(ctx: Context) -> dict[str, int]:
    """For each role, how many open accounts hold it and have no second factor yet."""
    rows = ctx.session.execute(
        sa.select(UserGrant.role, sa.func.count(UserGrant.user_id.distinct()))
        .join(User, User.id == UserGrant.user_id)
        .where(
            User.active,
            User.id.in_(people.visible(ctx).with_only_columns(User.id)),
            ~sa.exists().where(Authenticator.user_id == User.id, Authenticator.confirmed_at.is_not(None)),
            ~sa.exists().where(Passkey.user_id == User.id),
        )
        .group_by(UserGrant.role)
    )
    return {role: number for role, number in rows}  # noqa: C416


# --- Steps of other actions


@within("every change of how somebody signs in begins with it")
def need_recent(ctx: Context) -> None:
    """Raises ProofNeeded when the person at this browser has not shown for ten minutes who they are."""
    if not is_recent(ctx.proved_at, ctx.now):
        raise ProofNeeded(say("Show first that it is still you: this changes how somebody signs in."))


@within("the change that it tells of has checked the right")
def tell(ctx: Context, user: User, subject: str, text: str) -> None:
    """A mail to whose account it is, so that nobody changes it unseen; who has no address is not written to."""
    if user.email is None or outbox.why_not_address(user.email):
        return
    foot = say("If this was not you, tell whoever looks after plantops at your plant at once.")
    outbox.write(
        ctx,
        to=user.email,
        to_name=user.name,
        subject=subject,
        text="\n".join((text, "", say("Account: {login}", login=user.login), foot, "")),
        origin=f"core_user:{user.id}",
        wait_seconds=0,
    )


@within("each person's own sign-in")
def own(ctx: Context) -> User:
    """The person's own account, locked: what they change of their sign-in is done one after the other."""
    return get(ctx.session, sa.select(User).where(User.id == ctx.user.id), what="account", lock=True)


@within("after an app or passkey was removed")
def drop_codes_of_nothing(ctx: Context, user_id: int) -> None:
    """Codes that stand in for a factor go with the last one."""
    if not held_by(ctx.session, user_id).has_second:
        ctx.session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user_id))


def spend(session: Session, purpose: str, once: str, now: datetime) -> None:
    """A note works once. Raises Unauthenticated when it was used before."""
    taken = session.execute(
        sa.text("INSERT INTO core_used_note (digest, used_at) VALUES (:d, :now) ON CONFLICT DO NOTHING RETURNING 1"),
        {"d": people.digest(f"{purpose}:{once}"), "now": now},
    ).first()
    if taken is None:
        raise Unauthenticated(say("This sign-in was finished before. Begin again."))


# --- Actions of an administrator


@requires(Can.MANAGE_USERS)
def reset(ctx: Context, user_id: int, version: int | None = None) -> User:
    """Phone lost, stick broken: apps, passkeys and recovery codes go, all sessions end, and the person is told."""
    ctx.need_everywhere(Can.MANAGE_USERS, to="reset a second factor")
    need_recent(ctx)
    user = get(ctx.session, people.visible(ctx).where(User.id == user_id), what="account", version=version, lock=True)
    if user.id == SYSTEM_ID:
        raise Conflict(say("Nobody signs in as the system."))
    held = held_by(ctx.session, user_id)
    if not (held.has_second or held.codes_left):
        raise Conflict(say("{login} has no second factor that could be reset.", login=user.login))
    for table in (Authenticator, Passkey, RecoveryCode):
        ctx.session.execute(sa.delete(table).where(table.user_id == user_id))
    bump(user)
    end_sessions(ctx, user_id)
    ctx.session.execute(sa.delete(people.LoginTry).where(people.LoginTry.key == f"factor:{user_id}"))
    with speaking(user.language):
        tell(
            ctx,
            user,
            say("Your second factor was reset"),
            say(
                "An administrator removed your authenticator apps, passkeys and recovery codes. All your sessions have "
                "ended. Sign in with your password and set up a new second factor."
            ),
        )
    return user


@within("the actions that end them have checked the right")
def end_sessions(ctx: Context, user_id: int) -> int:
    ended = sa.update(SignIn).where(SignIn.user_id == user_id, SignIn.ended_at.is_(None))
    return int(ctx.session.execute(ended.values(ended_at=ctx.now)).rowcount)  # type: ignore[attr-defined]


@requires(Can.MANAGE_USERS)
def ask_of_roles(ctx: Context, roles: frozenset[str]) -> None:
    """Exactly these roles ask for a second factor. Who holds one and has none sets it up at the next sign-in."""
    ctx.need_everywhere(Can.MANAGE_USERS, to="decide who shows a second factor")
    need_recent(ctx)
    known = ctx.registry.role_titles()
    if unknown := roles - known.keys():
        raise Invalid(say("There is no role {unknown}.", unknown=", ".join(sorted(unknown))), field="roles")
    held = set(ctx.user.roles)
    if held & roles and not held_by(ctx.session, ctx.user.id).has_second:
        raise Conflict(say("Set up your own second factor first: you hold one of these roles."))
    ctx.session.execute(sa.text("LOCK TABLE core_strong_role IN SHARE ROW EXCLUSIVE MODE"))
    now_asked = set(ctx.session.scalars(sa.select(StrongRole.role)))
    ctx.session.execute(sa.delete(StrongRole).where(StrongRole.role.in_(now_asked - roles)))
    ctx.session.add_all(StrongRole(role=role, created_at=ctx.now) for role in sorted(roles - now_asked, key=sort_key))
    ctx.session.flush()


@within("a job of the system")
def forget_old(ctx: Context) -> int:
    """Notes, failed tries and sessions of last month; returns how many."""
    before = {"before": ctx.now - KEPT}
    statements = (
        "DELETE FROM core_used_note WHERE used_at < :before",
        "DELETE FROM core_login_try WHERE last_at < :before",
        "DELETE FROM core_session WHERE seen_at < :before",
    )
    return sum(len(ctx.session.execute(sa.text(f"{one} RETURNING 1"), before).all()) for one in statements)
