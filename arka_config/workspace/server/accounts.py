"""Users and how they sign in: plans, one-time codes, and browser sessions."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import contains_eager

from arka_config.errors import ConfigError, UsageError
from arka_config.text import is_printable
from arka_config.workspace.server import records
from arka_config.workspace.server.database import insert
from arka_config.workspace.server.tables import (
    MAX_EMAIL_LENGTH,
    BrowserSession,
    SignInCode,
    Token,
    User,
    digest,
    new_id,
    new_secret,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from arka_config.app_identity import AppIdentity

FREE = "free"
PRO = "pro"
PLANS = (FREE, PRO)

SIGN_IN_PAGE = "/sign-in"
_SERVICE_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
CODE_LIFETIME = timedelta(minutes=15)
SESSION_LIFETIME = timedelta(hours=12)


class UnknownUser(ConfigError):
    """There is no user with this e-mail address."""


class ListedUser(NamedTuple):
    """A user, and the number of tokens that are not revoked."""

    id: str
    email: str
    plan: str
    created: datetime
    tokens: int
    is_service: bool


def normalize_email(email: str) -> str:
    """Return the address in stored form: lower case, without surrounding spaces.

    Raises UsageError for text that is not an address. Only the form is checked; signing in proves the rest.
    """
    email = email.strip().lower()  # before the length check: lower case may be longer
    if len(email) <= MAX_EMAIL_LENGTH and is_printable(email) and re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", email):
        return email
    raise UsageError("that is not an e-mail address", hint="write it as name@example.com")


def add(session: Session, email: str, plan: str | None = None, *, address: str = records.LOCAL) -> tuple[User, bool]:
    """Get or create the user with this address, and set the plan if one is given. Return the user and if it is new."""
    return _add(session, normalize_email(email), plan, is_service=False, address=address)


def _add(session: Session, email: str, plan: str | None, *, is_service: bool, address: str) -> tuple[User, bool]:
    row = {
        "id": new_id("usr"),
        "email": email,
        "plan": _check_plan(plan or FREE),
        "created": datetime.now(UTC),
        "is_service": is_service,
    }
    # One statement, so that two processes can add the same address at the same time.
    statement = insert(session, User).values(row).on_conflict_do_nothing(index_elements=["email"]).returning(User.id)
    is_new = session.scalar(statement) is not None
    user = session.scalars(select(User).where(User.email == email).with_for_update()).one()
    if is_new:
        records.audit(session, records.USER_ADDED, user_id=user.id, subject=user.plan, address=address)
    else:
        set_plan(session, user, plan or user.plan, address=address)
    return user, is_new


def add_service(session: Session, name: str, plan: str | None = None) -> tuple[User, bool]:
    """Get or create the service account with this name, as `add` does for a user. It cannot sign in.

    Raises UsageError for text that is not such a name. No e-mail address is one, so no one can sign in as it.
    """
    name = name.strip().lower()
    if not _SERVICE_NAME.fullmatch(name):
        raise UsageError("that is not a name for a service account", hint="use a-z, 0-9, '.', '_' and '-': build-farm")
    return _add(session, name, plan, is_service=True, address=records.LOCAL)


def find(session: Session, email: str) -> User:
    """Find the user with this address, or the service account with this name. Raises UnknownUser.

    The row is locked until the transaction ends.
    """
    is_name = _SERVICE_NAME.fullmatch(email.strip().lower())
    email = is_name[0] if is_name else normalize_email(email)
    user = session.scalar(select(User).where(User.email == email).with_for_update())
    if user is None:
        raise UnknownUser(f"the workspace has no user {email}")
    return user


def find_id(session: Session, email: str) -> str | None:
    """The id of the user with this address, as it is stored."""
    return session.scalar(select(User.id).where(User.email == email)) if is_printable(email) else None


def list_users(session: Session) -> list[ListedUser]:
    """List all users with the number of their tokens, in the order of their e-mail addresses."""
    count = select(func.count()).where(Token.user_id == User.id).correlate(User).scalar_subquery()
    query = select(User.id, User.email, User.plan, User.created, count, User.is_service).order_by(User.email)
    return [ListedUser(*row) for row in session.execute(query)]


def describe(session: Session, user: User) -> ListedUser:
    """Return a user with the number of their tokens."""
    count = session.scalar(select(func.count()).where(Token.user_id == user.id)) or 0
    return ListedUser(user.id, user.email, user.plan, user.created, count, user.is_service)


def remove(session: Session, user: User) -> ListedUser:
    """Delete a user with all tokens, sessions and sign-in codes. Their audit entries stay, without the address."""
    removed = describe(session, user)
    session.execute(delete(User).where(User.id == user.id))
    records.audit(session, records.USER_REMOVED, user_id=user.id, subject=f"{removed.tokens} tokens revoked")
    return removed


def set_plan(session: Session, user: User, plan: str, *, address: str = records.LOCAL) -> None:
    """Change the user's plan, if it is another one."""
    if user.plan != _check_plan(plan):
        user.plan = plan
        records.audit(session, records.PLAN_CHANGED, user_id=user.id, subject=plan, address=address)


def may_use_api(app: AppIdentity, plan: str) -> bool:
    """Return whether the API accepts tokens of a user on this plan: of all users, if the app has no plans."""
    return plan == PRO or not app.has_plans


def _check_plan(plan: str) -> str:
    if plan not in PLANS:
        raise UsageError("there is no such plan", hint=f"use one of {', '.join(PLANS)}")
    return plan


def sign_in_link(url: str, code: str) -> str:
    """The sign-in link for a workspace's URL and a code.

    The code is in the fragment, which browsers do not send: no server, proxy or log sees it.
    """
    return f"{url}{SIGN_IN_PAGE}#{code}"


def extract_code(text: str) -> str:
    """Return the code in pasted text: a whole link, or the code alone."""
    return text.strip().rpartition("#")[2]


def create_code(session: Session, user: User) -> str:
    """Create a code that signs this user in once. Also deletes expired codes.

    Raises UsageError for a service account.
    """
    if user.is_service:
        raise UsageError(f"{user.email} is a service account, which cannot sign in")
    now = datetime.now(UTC)
    session.execute(delete(SignInCode).where(SignInCode.expires <= now))
    code = new_secret()
    session.add(SignInCode(digest=digest(code), user_id=user.id, expires=now + CODE_LIFETIME))
    records.audit(session, records.LINK_MADE, user_id=user.id)
    return code


def is_code_valid(session: Session, code: str) -> bool:
    """Whether the code would sign in now."""
    now = datetime.now(UTC)
    query = select(SignInCode.user_id).where(SignInCode.digest == digest(code), SignInCode.expires > now)
    return session.scalar(query) is not None


def sign_in(session: Session, code: str, *, address: str, old_key: str = "") -> str | None:
    """Use a code and return the key of a new session. None if the code is unknown, used or expired.

    The browser's previous session, given by its key, ends.
    """
    now = datetime.now(UTC)
    used = delete(SignInCode).where(SignInCode.digest == digest(code), SignInCode.expires > now)
    user_id = session.scalar(used.returning(SignInCode.user_id))  # one statement, so that a code is used only once
    if user_id is None:
        return None
    return start_session(session, user_id, address=address, old_key=old_key)


def start_session(session: Session, user_id: str, *, address: str, old_key: str) -> str:
    """Sign a browser in and return the key of its session. Its previous session, given by its key, ends."""
    now = datetime.now(UTC)
    session.execute(
        delete(BrowserSession).where(or_(BrowserSession.expires <= now, BrowserSession.digest == digest(old_key)))
    )
    key = new_secret()
    session.add(BrowserSession(digest=digest(key), user_id=user_id, expires=now + SESSION_LIFETIME))
    records.audit(session, records.SIGNED_IN, user_id=user_id, address=address)
    return key


def find_signed_in(session: Session, key: str) -> User | None:
    """Find the user of the session with this key."""
    row = session.scalar(
        select(BrowserSession)
        .join(BrowserSession.user)
        .options(contains_eager(BrowserSession.user))
        .where(BrowserSession.digest == digest(key), BrowserSession.expires > datetime.now(UTC))
    )
    return row.user if row else None


def sign_out(session: Session, key: str, user_id: str, *, address: str) -> None:
    """End the session with this key."""
    session.execute(delete(BrowserSession).where(BrowserSession.digest == digest(key)))
    records.audit(session, records.SIGNED_OUT, user_id=user_id, address=address)
