"""Signing in: a code that works once and not for long, and the session that a browser gets for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import contains_eager

from arka_config.workspace.server import audit
from arka_config.workspace.server.digests import digest, new_secret
from arka_config.workspace.server.tables import BrowserSession, SignInCode, User

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

PAGE = "/sign-in"
CODE_LASTS = timedelta(minutes=15)
SESSION_LASTS = timedelta(hours=12)


def link(url: str, code: str) -> str:
    """The link that signs in, at a workspace's URL.

    The code is in the fragment, which a browser keeps to itself: no server, proxy or log along the way sees it.
    """
    return f"{url}{PAGE}#{code}"


def code_in(text: str) -> str:
    """The code in what a person pasted: a whole link, or the code alone."""
    return text.strip().rpartition("#")[2]


def new_code(session: Session, user: User) -> str:
    """A code that signs this user in once. Those that nobody used in time are swept away."""
    now = datetime.now(UTC)
    session.execute(delete(SignInCode).where(SignInCode.expires <= now))
    code = new_secret()
    session.add(SignInCode(digest=digest(code), user_id=user.id, expires=now + CODE_LASTS))
    audit.record(session, audit.LINK_MADE, user_id=user.id)
    return code


def is_open(session: Session, code: str) -> bool:
    """Whether a code would work now."""
    found = select(SignInCode.user_id).where(SignInCode.digest == digest(code), SignInCode.expires > datetime.now(UTC))
    return session.scalar(found) is not None


def sign_in(session: Session, code: str, *, address: str, before: str = "") -> str | None:
    """The key of a new session, or None for a code that is unknown, used or too old: there is no telling which.

    The session that the browser had `before`, by its key, ends with it.
    """
    now = datetime.now(UTC)
    used = delete(SignInCode).where(SignInCode.digest == digest(code), SignInCode.expires > now)
    user_id = session.scalar(used.returning(SignInCode.user_id))  # one statement, so that two cannot both use it
    if user_id is None:
        return None
    session.execute(
        delete(BrowserSession).where(or_(BrowserSession.expires <= now, BrowserSession.digest == digest(before)))
    )
    key = new_secret()
    session.add(BrowserSession(digest=digest(key), user_id=user_id, expires=now + SESSION_LASTS))
    audit.record(session, audit.SIGNED_IN, user_id=user_id, address=address)
    return key


def user_of(session: Session, key: str) -> User | None:
    """Who is signed in with this key, or None."""
    found = session.scalar(
        select(BrowserSession)
        .join(BrowserSession.user)
        .options(contains_eager(BrowserSession.user))
        .where(BrowserSession.digest == digest(key), BrowserSession.expires > datetime.now(UTC))
    )
    return found.user if found else None


def sign_out(session: Session, key: str, user_id: str, *, address: str) -> None:
    """Makes an end of the session with this key."""
    session.execute(delete(BrowserSession).where(BrowserSession.digest == digest(key)))
    audit.record(session, audit.SIGNED_OUT, user_id=user_id, address=address)
