"""Scopes: what a token may do. Without one, it has full access, but may not list, create or revoke other tokens."""

from __future__ import annotations

READ = "read"  # lists the user's tokens, changes nothing; programs that accept tokens should let it read only
MANAGE = "tokens:manage"  # lists, creates and revokes the user's other tokens
ISSUE = "tokens:issue"  # creates tokens within bounds, and lists and revokes those
MANAGE_ALL = "tokens:manage-all"  # lists and revokes the tokens of every user; only an operator can create one
OFFERED = (READ, ISSUE, MANAGE)  # those that a user may give a token


def join(*names: str) -> str:
    """Scopes as they are stored, separated by spaces as in RFC 6749."""
    return " ".join(sorted({name for name in names if name}))


def is_powerful(scopes: str) -> bool:
    """Whether a token may do something with other tokens."""
    return not {MANAGE, ISSUE, MANAGE_ALL}.isdisjoint(scopes.split())
