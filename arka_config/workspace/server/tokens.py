"""Tokens: create, list, rotate, revoke. The token itself leaves this module once, when it is created."""

from __future__ import annotations

import base64
import binascii
import hashlib
import math
import re
import secrets
import string
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, not_, or_, select, tuple_

from arka_config import timestamps, token_checksum
from arka_config.errors import ConfigError, InvalidValue
from arka_config.secret import Secret
from arka_config.text import check_printable
from arka_config.workspace.scopes import MANAGE
from arka_config.workspace.server import issuing, records
from arka_config.workspace.server.database import insert_row
from arka_config.workspace.server.selection import EVERYTHING
from arka_config.workspace.server.tables import MAX_LABEL_LENGTH, Token, digest, new_id

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from arka_config.app_identity import AppIdentity
    from arka_config.workspace.server.issuing import Bounds
    from arka_config.workspace.server.selection import Selection

ID = re.compile(r"tok_[A-Za-z0-9_-]{22}")
REQUEST_KEY = re.compile(r"[A-Za-z0-9_-]{22,64}")
MAX_CURSOR_LENGTH = 80

_ALPHABET = string.ascii_letters + string.digits
_MIN_BITS = 180
_MIN_RANDOM = math.ceil(_MIN_BITS / math.log2(len(_ALPHABET)))  # characters
_DEFAULT_LENGTH = 37  # characters after the prefix, if the app does not set a length
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Issued(NamedTuple):
    """A new token, and its row in the database."""

    secret: Secret
    token: Token


class Cursor(NamedTuple):
    """A position in a list of tokens: after the token with this time and id. Opaque to clients."""

    created: datetime
    id: str

    def encode(self) -> str:
        """The cursor as text for a URL."""
        microseconds = (self.created - _EPOCH) // timedelta(microseconds=1)
        return base64.urlsafe_b64encode(f"{microseconds} {self.id}".encode()).decode().rstrip("=")

    @staticmethod
    def decode(text: str) -> Cursor | None:
        """Parse a cursor; None if it is not one of ours."""
        try:
            decoded = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
            microseconds, _, token_id = decoded.partition(" ")
            created = _EPOCH + timedelta(microseconds=int(microseconds))
        except (binascii.Error, ValueError, OverflowError):
            return None
        cursor = Cursor(created, token_id)
        return cursor if ID.fullmatch(token_id) and cursor.encode() == text else None


def id_for_request(user_id: str, key: str) -> str:
    """The id of the token that a request with this key issues: the client can withdraw it without an answer.

    It depends on the user, so that no key leads to another user's token, and hides the key.
    """
    hashed = hashlib.sha256(f"{user_id} {key}".encode()).digest()[:16]
    return f"tok_{base64.urlsafe_b64encode(hashed).decode().rstrip('=')}"


def generate_token(app: AppIdentity) -> Secret:
    """Generate a token in the app's format. Raises ConfigError if the format has too few random characters."""
    whole = app.length_of(app.new_prefix)
    length = whole - len(app.new_prefix) if whole else _DEFAULT_LENGTH
    ends = token_checksum.LENGTH if app.token_checksum != token_checksum.NONE else 0
    if length - ends < _MIN_RANDOM:
        raise ConfigError(
            f"a token of {app.name} has {length - ends} random characters, which is less than {_MIN_BITS} bits",
            hint=f"give the App a token_length of its prefix and {_MIN_RANDOM + ends} or more",
        )
    random = "".join(secrets.choice(_ALPHABET) for _ in range(length - ends))
    return Secret(app.new_prefix + random + (token_checksum.compute(random) if ends else ""))


def check_label(label: str) -> str:
    """Return the label. Raises InvalidValue if it is empty, too long, or has a control character."""
    if not label.strip():
        raise InvalidValue("a token needs a name")
    if len(label) > MAX_LABEL_LENGTH:
        raise InvalidValue(f"a name has {MAX_LABEL_LENGTH} characters at most")
    return check_printable(label, "the name")


def check_expiry(expires: datetime | None) -> datetime | None:
    """Return the expiry, rounded down to a second. Raises InvalidValue if it is in the past."""
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
    address: str = records.LOCAL,
    acting_token: str | None = None,
    token_id: str | None = None,
    bounds: Bounds | None = None,
    issuer: Token | None = None,
) -> Issued:
    """Create a token for a user, with the given id if any. With `bounds`, it may issue others.

    `issuer` is the locked token with the scope `tokens:issue` that creates it. Raises OutOfBounds if that may not,
    InvalidValue for an invalid label or expiry, IntegrityError if the id is taken.
    """
    issued = _generate(app, user_id, check_label(label), check_expiry(expires), scopes)
    issued.token.id = token_id or issued.token.id
    if bounds is not None:
        issuing.set_bounds(issued.token, bounds)
    if issuer is not None:
        issuing.check_new(session, issuer, issued.token)
    insert_row(session, issued.token)
    records.audit(
        session,
        records.TOKEN_CREATED,
        user_id=user_id,
        subject=issued.token.id,
        address=address,
        acting_token=acting_token,
    )
    return issued


def _generate(app: AppIdentity, user_id: str, label: str, expires: datetime | None, scopes: str) -> Issued:
    secret = generate_token(app)
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
        has_checksum=app.token_checksum != token_checksum.NONE,
    )
    return Issued(secret, token)


def checksum(session: Session, app: AppIdentity) -> str:
    """Return whether the tokens that work have a checksum: as the app says, and `required` once all of them do."""
    if app.token_checksum != token_checksum.OPTIONAL:
        return app.token_checksum
    works = or_(Token.expires.is_(None), Token.expires > datetime.now(UTC))
    older = session.scalar(select(Token.id).where(not_(Token.has_checksum), works).limit(1))
    return token_checksum.REQUIRED if older is None else token_checksum.OPTIONAL


def list_tokens(
    session: Session, user_id: str, limit: int, after: Cursor | None = None, selection: Selection = EVERYTHING
) -> list[Token]:
    """Return up to `limit` of a user's selected tokens, newest first, starting after a cursor."""
    query = selection.narrow(select(Token).where(Token.user_id == user_id), session)
    if after is not None:
        query = query.where(tuple_(Token.created, Token.id) < after)
    return list(session.scalars(query.order_by(Token.created.desc(), Token.id.desc()).limit(limit)))


def lock_if_valid(session: Session, token_id: str) -> bool:
    """Check that a verified token has not been revoked since, and prevent that until this transaction ends."""
    return session.scalar(select(Token.id).where(Token.id == token_id).with_for_update(read=True)) is not None


def find(session: Session, user_id: str, token_id: str) -> Token | None:
    """Find the user's token with this id. None if it does not exist or belongs to another user."""
    if not ID.fullmatch(token_id):  # PostgreSQL rejects text with a NUL
        return None
    return session.scalar(select(Token).where(Token.id == token_id, Token.user_id == user_id))


def revoke(
    session: Session,
    user_id: str,
    token_id: str,
    *,
    address: str,
    acting_token: str | None = None,
    issued_by: str | None = None,
) -> bool:
    """Delete the user's token with this id, irreversibly; with `issued_by` only one of that line. False if none."""
    if not ID.fullmatch(token_id):
        return False
    doomed = delete(Token).where(Token.id == token_id, Token.user_id == user_id)
    if issued_by is not None:
        doomed = doomed.where(Token.issued_by == issued_by)
    deleted = session.execute(doomed.returning(Token.id))
    if deleted.scalar() is None:
        return False
    records.audit(
        session, records.TOKEN_REVOKED, user_id=user_id, subject=token_id, address=address, acting_token=acting_token
    )
    return True


def revoke_selected(
    session: Session, user_id: str, selection: Selection, limit: int, *, address: str, acting_token: str
) -> list[Token]:
    """Delete up to `limit` of a user's selected tokens, newest first, and return them; never the acting token."""
    query = selection.narrow(select(Token).where(Token.user_id == user_id, Token.id != acting_token), session)
    rows = session.scalars(query.order_by(Token.created.desc(), Token.id.desc()).limit(limit).with_for_update()).all()
    session.execute(delete(Token).where(Token.id.in_([row.id for row in rows])))
    for row in rows:
        records.audit(
            session,
            records.TOKEN_REVOKED,
            user_id=user_id,
            subject=row.id,
            address=address,
            acting_token=acting_token,
        )
    return list(rows)


def rotate(
    session: Session,
    app: AppIdentity,
    token_id: str,
    *,
    expires: datetime | None,
    same_end: bool,
    address: str,
    key: str | None = None,
) -> Issued | None:
    """Create a successor with the same label and scopes. None if the token has been revoked in the meantime.

    The old token keeps working, so that a client that is killed before it stores the new one still has a valid token.
    An earlier successor that was never used is revoked: its client has lost it.

    With `same_end` the successor expires when the old token does, else at `expires`. Raises InvalidValue if that is in
    the past, or later than the end of an old token without `tokens:manage`: a leaked token must not stay alive.
    Raises IntegrityError if a request with the same key has issued a token.
    """
    old = session.scalar(select(Token).where(Token.id == token_id).with_for_update())
    if old is None:
        return None
    audit = partial(records.audit, session, user_id=old.user_id, address=address, acting_token=old.id)
    unused = delete(Token).where(Token.user_id == old.user_id, Token.successor_of == old.id, Token.last_used.is_(None))
    for unused_id in session.scalars(unused.returning(Token.id)).all():
        audit(records.TOKEN_REVOKED, subject=unused_id)
    ends = _successor_expiry(old, old.expires if same_end else expires)
    issuing.check_successor(session, old)
    issued = _generate(app, old.user_id, old.label, ends, old.scopes)
    issuing.inherit(old, issued.token)
    issued.token.successor_of = old.id
    issued.token.id = id_for_request(old.user_id, key) if key else issued.token.id
    insert_row(session, issued.token)
    audit(records.TOKEN_ROTATED, subject=f"{old.id} {issued.token.id}")
    return issued


def _successor_expiry(old: Token, expires: datetime | None) -> datetime | None:
    expires = check_expiry(expires)
    if old.expires is None or MANAGE in old.scopes.split():
        return expires
    if expires is None or expires > old.expires:
        end = timestamps.to_text(old.expires)
        raise InvalidValue(f"a token that may not manage tokens cannot extend its own life, which ends at {end}")
    return expires
