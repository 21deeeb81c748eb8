"""Tokens with the scope `tokens:issue`: the bounds of what they may create, and which tokens are theirs.

A machine that issues tokens needs no token that can revoke a whole fleet. Rotating such a token does not reset its
count: a token and its successors are one line, named by the id of the first.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, or_, select

from arka_config.errors import ConfigError, InvalidValue
from arka_config.text import check_printable
from arka_config.timestamps import MIN_LIFETIME
from arka_config.workspace import scopes
from arka_config.workspace.server.tables import MAX_LABEL_LENGTH, Token

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

MAX_LIFETIME = timedelta(days=366)
MAX_TOKENS = 100_000
_CLOCK_SKEW = timedelta(minutes=1)  # how far ahead a client's clock may be when it asks for the longest lifetime


class OutOfBounds(ConfigError):
    """A token may not create another one: the message names the bound."""


class Bounds(NamedTuple):
    """What a token may create: labels that match a pattern, how long they last, and how many work at one time."""

    label: str
    max_lifetime: timedelta
    max_tokens: int


def check_bounds(label: str, max_lifetime: timedelta, max_tokens: int) -> Bounds:
    """Return the bounds. Raises InvalidValue, naming the one that cannot be used."""
    if not 0 < len(label) <= MAX_LABEL_LENGTH:
        raise InvalidValue(f"the pattern for labels has 1 to {MAX_LABEL_LENGTH} characters")
    check_printable(label, "the pattern for labels")
    if not MIN_LIFETIME <= max_lifetime <= MAX_LIFETIME:
        shortest, longest = describe_lifetime(MIN_LIFETIME), describe_lifetime(MAX_LIFETIME)
        raise InvalidValue(f"the longest lifetime is between {shortest} and {longest}")
    if not 0 < max_tokens <= MAX_TOKENS:
        raise InvalidValue(f"the number of tokens is between 1 and {MAX_TOKENS}")
    return Bounds(label, max_lifetime, max_tokens)


def set_bounds(token: Token, bounds: Bounds) -> None:
    """Let a new token issue others."""
    token.scopes = scopes.join(*token.scopes.split(), scopes.ISSUE)
    token.issue_label, token.issue_lifetime = bounds.label, int(bounds.max_lifetime.total_seconds())
    token.issue_count, token.issue_line = bounds.max_tokens, token.id


def inherit(old: Token, new: Token) -> None:
    """Give a token's successor what belongs to it: its bounds, and its place in a line."""
    new.issue_label, new.issue_lifetime, new.issue_count = old.issue_label, old.issue_lifetime, old.issue_count
    new.issue_line, new.issued_by = old.issue_line, old.issued_by


def line_of(session: Session, token_id: str) -> str | None:
    """The line of a token that may issue others; None if it may not, or was revoked."""
    return session.scalar(select(Token.issue_line).where(Token.id == token_id))


def lock(session: Session, issuer_id: str) -> Token | None:
    """Lock a token that may issue others until the transaction ends. None if it may not, or was revoked.

    Its whole line is locked, so that two tokens of it cannot create the last one at the same time.
    """
    line = line_of(session, issuer_id)
    rows = session.scalars(select(Token).where(Token.issue_line == line).order_by(Token.id).with_for_update()).all()
    return next((row for row in rows if row.id == issuer_id), None)


def check_new(session: Session, issuer: Token, token: Token) -> None:
    """Check a token that is about to be created with a `tokens:issue` token, which is locked, and mark it as its own.

    The longest lifetime is counted from now: an expiry that is later because of the client's clock is corrected.
    Raises OutOfBounds, naming the bound that the token exceeds.
    """
    if issuer.issue_label is None or issuer.issue_lifetime is None or issuer.issue_count is None:
        raise _refuse("it has no bounds, so it may create nothing")
    if scopes.is_powerful(token.scopes):
        raise _refuse("a token that it creates may not manage or issue tokens")
    if not fnmatchcase(token.label, issuer.issue_label):
        raise _refuse(f"the label must match {issuer.issue_label}")
    lifetime = timedelta(seconds=issuer.issue_lifetime)
    latest = (datetime.now(UTC) + lifetime).replace(microsecond=0)
    if token.expires is None or token.expires > latest + _CLOCK_SKEW:
        raise _refuse(f"a token must expire within {describe_lifetime(lifetime)}")
    if _count(session, issuer.issue_line) >= issuer.issue_count:
        raise _refuse(
            f"{issuer.issue_count} tokens that it created work already; revoke some, or wait until they expire"
        )
    token.expires = min(token.expires, latest)
    token.issued_by, token.issue_count = issuer.issue_line, issuer.issue_count


def check_successor(session: Session, old: Token) -> None:
    """Check that an issued token may be rotated. Meanwhile two work, so at most twice the bound. Raises OutOfBounds."""
    if old.issued_by is not None and _count(session, old.issued_by) >= 2 * (old.issue_count or 0):
        raise _refuse("too many tokens that were created with the same token work; revoke those that were replaced")


def _count(session: Session, line: str | None) -> int:
    is_valid = or_(Token.expires.is_(None), Token.expires > datetime.now(UTC))
    return session.scalar(select(func.count(Token.id)).where(Token.issued_by == line, is_valid)) or 0


def describe_lifetime(lifetime: timedelta) -> str:
    """A lifetime as users type it: `90m`, `8h`, `7d`."""
    seconds = int(lifetime.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds} seconds"


def _refuse(reason: str) -> OutOfBounds:
    return OutOfBounds(f"this token may not create that: {reason}")
