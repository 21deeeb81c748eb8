"""Tokens: made, recognized, listed, rotated, revoked. The token itself leaves this module once, when it is made."""

from __future__ import annotations

import math
import re
import secrets
import string
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, or_, select, tuple_, update
from sqlalchemy.orm import contains_eager

from arka_config.errors import ConfigError, InvalidValue
from arka_config.secret import Secret
from arka_config.text import check_printable
from arka_config.workspace.server import audit
from arka_config.workspace.server.digests import digest, new_id
from arka_config.workspace.server.tables import LONGEST_LABEL, Token

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from arka_config.app_identity import AppIdentity
    from arka_config.workspace.server.database import Database

MANAGE = "tokens:manage"
ID = re.compile(r"tok_[A-Za-z0-9_-]{22}")

_ALPHABET = string.ascii_letters + string.digits
_LEAST_BITS = 190
_USUAL_LENGTH = 37
_USED_AGAIN = timedelta(minutes=1)
_ROUNDED_UP = timedelta(days=1)  # who says a date means the end of that day
_LAST_MOMENT = datetime.max.replace(tzinfo=UTC)


class Issued(NamedTuple):
    """A new token, and what is kept of it."""

    secret: Secret
    token: Token


class Place(NamedTuple):
    """Where a list goes on: after the token that was made at this moment, with this id."""

    created: datetime
    id: str


def new_token(app: AppIdentity) -> Secret:
    """A token of the app's shape. Raises ConfigError where that shape has no room for enough randomness."""
    length = app.token_length - len(app.token_prefix) if app.token_length else _USUAL_LENGTH
    if length * math.log2(len(_ALPHABET)) < _LEAST_BITS:
        raise ConfigError(
            f"a token of {app.name} has {length} random characters, which is less than {_LEAST_BITS} bits",
            hint="give the App a token_length of its prefix and 32 or more",
        )
    return Secret(app.token_prefix + "".join(secrets.choice(_ALPHABET) for _ in range(length)))


def check_label(label: str) -> str:
    """The label itself. Raises InvalidValue where it is empty, too long, or holds a character that drives a screen."""
    if not label.strip():
        raise InvalidValue("a token needs a name")
    if len(label) > LONGEST_LABEL:
        raise InvalidValue(f"a name has {LONGEST_LABEL} characters at most")
    return check_printable(label, "the name")


def check_expiry(expires: datetime | None) -> datetime | None:
    """The moment itself, to the second. Raises InvalidValue where it has passed."""
    if expires is None:
        return None
    expires = expires.replace(microsecond=0)
    if expires <= datetime.now(UTC):
        raise InvalidValue("the expiry has passed")
    return expires


def issue(
    session: Session,
    app: AppIdentity,
    user_id: str,
    label: str,
    expires: datetime | None = None,
    scopes: str = "",
    *,
    address: str = audit.LOCAL,
    token_id: str | None = None,
) -> Issued:
    """Makes a token for a user, with this id where one is given.

    Raises InvalidValue for a label or an expiry that cannot be, IntegrityError where there is a token with the id.
    """
    made = _made(app, user_id, check_label(label), check_expiry(expires), scopes)
    made.token.id = token_id or made.token.id
    session.add(made.token)
    audit.record(session, audit.TOKEN_CREATED, user_id=user_id, subject=made.token.id, address=address)
    return made


def _made(app: AppIdentity, user_id: str, label: str, expires: datetime | None, scopes: str) -> Issued:
    secret = new_token(app)
    text = secret.reveal()
    token = Token(
        id=new_id("tok"),
        user_id=user_id,
        digest=digest(text),
        label=label,
        last_four=text[-4:],
        scopes=scopes,
        created=datetime.now(UTC),
        expires=expires,
    )
    return Issued(secret, token)


def verify(database: Database, app: AppIdentity, text: str) -> Token | None:
    """The token that this text is, with its user, or None where it is not one that works; why not, nobody is told.

    One look into the unique index of digests. That it was used is written down at its first use, and then once a
    minute, so that a reader does not become a writer.
    """
    if not text.startswith(app.token_prefix) or len(text) > 200:
        return None
    now = datetime.now(UTC)
    with database.reading() as session:
        token = session.scalar(
            select(Token).join(Token.user).options(contains_eager(Token.user)).where(Token.digest == digest(text))
        )
    if token is None or (token.expires is not None and token.expires <= now):
        return None
    if token.last_used is None or token.last_used <= now - _USED_AGAIN:
        return token if _write_down_use(database, token, now) else None
    return token


def _write_down_use(database: Database, token: Token, now: datetime) -> bool:
    """Whether the token is still there, in which case its last use is now, or a moment ago."""
    with database.writing() as session:
        session.execute(
            update(Token)
            .where(Token.id == token.id, or_(Token.last_used.is_(None), Token.last_used <= now - _USED_AGAIN))
            .values(last_used=now)
        )
        token.last_used = session.scalar(select(Token.last_used).where(Token.id == token.id))
    return token.last_used is not None


def listed(session: Session, user_id: str, limit: int, after: Place | None = None) -> list[Token]:
    """A user's tokens, the newest first: at most so many of those that come after a place."""
    query = select(Token).where(Token.user_id == user_id)
    if after is not None:
        query = query.where(tuple_(Token.created, Token.id) < after)
    return list(session.scalars(query.order_by(Token.created.desc(), Token.id.desc()).limit(limit)))


def still_works(session: Session, token: Token) -> bool:
    """Whether a token that was verified a moment ago is there yet; until this transaction ends, nobody revokes it."""
    return session.scalar(select(Token.id).where(Token.id == token.id).with_for_update(read=True)) is not None


def find(session: Session, user_id: str, token_id: str) -> Token | None:
    """The user's token with this id, or None, as for another user's."""
    if not ID.fullmatch(token_id):  # PostgreSQL takes no text with a NUL in it
        return None
    return session.scalar(select(Token).where(Token.id == token_id, Token.user_id == user_id))


def revoke(session: Session, user_id: str, token_id: str, *, address: str) -> bool:
    """Makes an end of the user's token with this id; whether there was one. It does not come back."""
    if not ID.fullmatch(token_id):
        return False
    found = session.execute(delete(Token).where(Token.id == token_id, Token.user_id == user_id).returning(Token.id))
    if found.scalar() is None:
        return False
    audit.record(session, audit.TOKEN_REVOKED, user_id=user_id, subject=token_id, address=address)
    return True


def rotate(
    session: Session, app: AppIdentity, token_id: str, *, expires: datetime | None, same_lifetime: bool, address: str
) -> Issued | None:
    """Makes a successor with the same label and scopes; None where the token was revoked in the meantime.

    The old token goes on working: whoever is killed before the new one is stored still has it. A successor that was
    never used is revoked, since who asks again has lost it. With `same_lifetime` the successor lives as long as the
    old one was made to, else until `expires`. Raises InvalidValue where that has passed, or is later than a token that
    may not manage tokens can give itself.
    """
    old = session.scalar(select(Token).where(Token.id == token_id).with_for_update())
    if old is None:
        return None
    lost = delete(Token).where(Token.user_id == old.user_id, Token.successor_of == old.id, Token.last_used.is_(None))
    for lost_id in session.scalars(lost.returning(Token.id)).all():
        audit.record(session, audit.TOKEN_REVOKED, user_id=old.user_id, subject=lost_id, address=address)
    made = _made(app, old.user_id, old.label, _successor_s_end(old, expires, same_lifetime), old.scopes)
    made.token.successor_of = old.id
    session.add(made.token)
    audit.record(
        session, audit.TOKEN_ROTATED, user_id=old.user_id, subject=f"{old.id} {made.token.id}", address=address
    )
    return made


def _successor_s_end(old: Token, expires: datetime | None, same_lifetime: bool) -> datetime | None:
    if old.expires is None:
        return None if same_lifetime else check_expiry(expires)
    try:
        usual = datetime.now(UTC) + (old.expires - old.created)
    except OverflowError:  # the calendar's end comes first
        usual = _LAST_MOMENT
    if same_lifetime:
        return check_expiry(usual)
    if MANAGE not in old.scopes.split() and (expires is None or expires - usual > _ROUNDED_UP):
        raise InvalidValue("a token that may not manage tokens cannot give itself more time than it was made for")
    return check_expiry(expires)
