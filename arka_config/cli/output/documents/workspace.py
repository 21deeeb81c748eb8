"""The JSON of the commands about the workspace server."""

from typing import NotRequired, TypedDict

from arka_config.cli.output.documents.values import BoundsDocument, Plan, Scope
from arka_config.schema import Time
from arka_config.workspace.server.audit_format import AuditEntryDocument


class ServingDocument(TypedDict):
    """A server that is ready. It is on one line."""

    url: str
    """its public address"""


class UserDocument(TypedDict):
    """A user."""

    id: str
    """the user's id"""
    email: str
    """the user's e-mail address"""
    plan: Plan
    """the user's plan"""


class InvitationDocument(UserDocument):
    """A user with a sign-in link."""

    link: str
    """the sign-in link, which works once"""
    expires: Time
    """when the link expires, in UTC"""
    new: NotRequired[bool]
    """whether the user was added now; `add-user` only"""


class ServiceAccountDocument(UserDocument):
    """A service account. Its `email` is its name."""

    service: bool
    """true"""
    new: bool
    """whether it was added now"""


class IssuedDetailsDocument(TypedDict):
    """What is known of a new token."""

    id: str
    """its id"""
    label: str
    """its name"""
    user: str
    """the e-mail address of its user, or the name of its service account"""
    scopes: list[Scope]
    """what it may do with other tokens; empty if nothing"""
    expires: Time | None
    """when it expires, in UTC; null if never"""
    issue: BoundsDocument | None
    """the bounds of a token with `tokens:issue`, as in [`tokens list`](#tokens-list); null for any other"""


class IssuedTokenDocument(TypedDict):
    """A new token."""

    token: str
    """the new token in full, since it is shown only once"""
    details: IssuedDetailsDocument
    """what is known of it"""


class ListedUserDocument(UserDocument):
    """A user, and what the user has."""

    created: Time
    """when the user was added, in UTC"""
    tokens: int
    """how many tokens the user has that are not revoked"""
    service: bool
    """whether it is a service account; its `email` is its name"""


class UsersDocument(TypedDict):
    """All users."""

    users: list[ListedUserDocument]
    """the users; empty if there are none"""


class RemovedUserDocument(TypedDict):
    """A user who was removed."""

    id: str
    """the user's id"""
    email: str
    """the user's e-mail address"""
    revoked: int
    """the number of tokens that were revoked"""


class MigrationDocument(TypedDict):
    """The migrations of the database."""

    before: str | None
    """the migration that the database was at; null if it had no tables"""
    after: str | None
    """the migration that it is at now; null if it has no tables"""
    pending: bool
    """with `--check`, whether it needs a migration; the exit code is 3 then"""


class CleanupDocument(TypedDict):
    """How much was deleted."""

    tokens: int
    """the number of expired tokens"""
    entries: int
    """the number of entries of the audit log"""


class FoundEntryDocument(AuditEntryDocument):
    """An entry of the audit log with its user."""

    email: str | None
    """the e-mail address of the user; null if the user was removed"""


class AuditDocument(TypedDict):
    """Entries of the audit log."""

    entries: list[FoundEntryDocument]
    """the entries, oldest first"""


class AuditExportDocument(TypedDict):
    """What was added to a file, with `--export`."""

    added: int
    """the number of entries"""
    path: str
    """the file"""


class ReplayDocument(TypedDict):
    """What was done again after a database was restored."""

    tokens: int
    """the number of tokens that were revoked"""
    users: int
    """the number of users that were removed"""
    plans: int
    """the number of plans that were changed"""
    sessions: int
    """the number of sessions that were ended"""
    last: Time | None
    """the time of the last entry, in UTC; null if there was none"""
