"""The database tables. Of tokens, sign-in codes and sessions they hold SHA-256 digests only.

A change here needs a migration; a test compares the two.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, ForeignKey, Index, LargeBinary, MetaData, String, false, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

MAX_EMAIL_LENGTH = 254  # RFC 5321, 4.5.3.1.3, without the angle brackets
MAX_LABEL_LENGTH = 100
MAX_ADDRESS_LENGTH = 64
MAX_CLAIM_LENGTH = 255  # OpenID Connect Core, 2: the subject
MAX_CLIENT_LENGTH = 120
MAX_LEAK_URL_LENGTH = 500


def digest(secret: str) -> bytes:
    """The SHA-256 of a secret, which the database stores instead of the secret.

    It needs no salt, no stretching and no server key, which protect guessable secrets: each secret here has 180 or more
    random bits. A unique index finds a digest, and the timing of that comparison reveals nothing about the secret.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def new_id(kind: str) -> str:
    """An id with 128 random bits: `tok_…` for the kind `tok`."""
    return f"{kind}_{secrets.token_urlsafe(16)}"


def new_secret() -> str:
    """A sign-in code or session key: 256 random bits in 43 characters."""
    return secrets.token_urlsafe(32)


class Timestamp(TypeDecorator[datetime]):
    """An aware datetime in UTC. SQLite, which has no time zones, stores it without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert a value for the database."""
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Convert a value from the database."""
        if value is None:
            return None
        time: datetime = value
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


class Table(DeclarativeBase):
    """The base of all tables. It names the constraints, so that migrations can refer to them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class User(Table):
    """A user, or a service account: a name in place of the address, which cannot sign in."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    email: Mapped[str] = mapped_column(String(MAX_EMAIL_LENGTH), unique=True)
    plan: Mapped[str] = mapped_column(String(20))
    created: Mapped[datetime] = mapped_column(Timestamp)
    is_service: Mapped[bool] = mapped_column(server_default=false())


class Identity(Table):
    """A user's account at a provider of single sign-on. An issuer never gives a subject to someone else."""

    __tablename__ = "identities"

    issuer: Mapped[str] = mapped_column(String(MAX_CLAIM_LENGTH), primary_key=True)
    subject: Mapped[str] = mapped_column(String(MAX_CLAIM_LENGTH), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created: Mapped[datetime] = mapped_column(Timestamp)


_ONLY_WITHOUT: dict[str, Any] = {f"{dialect}_where": text("NOT has_checksum") for dialect in ("sqlite", "postgresql")}


class Token(Table):
    """A valid or expired token. Revoked tokens are deleted."""

    __tablename__ = "tokens"
    __table_args__ = (
        Index(None, "user_id", "created", "id"),
        Index("ix_tokens_without_checksum", "expires", **_ONLY_WITHOUT),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    label: Mapped[str] = mapped_column(String(MAX_LABEL_LENGTH))
    last_four: Mapped[str] = mapped_column(String(4))
    scopes: Mapped[str] = mapped_column(String(200))  # separated by spaces, as in RFC 6749
    created: Mapped[datetime] = mapped_column(Timestamp)
    expires: Mapped[datetime | None] = mapped_column(Timestamp)
    last_used: Mapped[datetime | None] = mapped_column(Timestamp)
    last_used_address: Mapped[str | None] = mapped_column(String(MAX_ADDRESS_LENGTH))
    last_used_client: Mapped[str | None] = mapped_column(String(MAX_CLIENT_LENGTH))
    has_checksum: Mapped[bool] = mapped_column(server_default=false())  # false: issued by an older version
    successor_of: Mapped[str | None] = mapped_column(String(40))  # the rotated token, which may have been deleted
    # The bounds of a token that may issue others, the id of the first token of its line, and the line that issued it.
    issue_label: Mapped[str | None] = mapped_column(String(MAX_LABEL_LENGTH))
    issue_lifetime: Mapped[int | None]  # seconds
    issue_count: Mapped[int | None]  # for an issued token too, as the bound of its line
    issue_line: Mapped[str | None] = mapped_column(String(40), index=True)
    issued_by: Mapped[str | None] = mapped_column(String(40), index=True)

    user: Mapped[User] = relationship(lazy="raise")


class Leak(Table):
    """A token that was revoked because it leaked. Its owner sees a notice until they dismiss it."""

    __tablename__ = "leaks"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)  # of the token
    id: Mapped[str] = mapped_column(String(40), unique=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    label: Mapped[str] = mapped_column(String(MAX_LABEL_LENGTH))
    last_four: Mapped[str] = mapped_column(String(4))
    reported: Mapped[datetime] = mapped_column(Timestamp)
    reporter: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(40))  # what it was found in, such as a commit; empty if unknown
    url: Mapped[str] = mapped_column(String(MAX_LEAK_URL_LENGTH))
    dismissed: Mapped[datetime | None] = mapped_column(Timestamp)


class SignInCode(Table):
    """A one-time code of a sign-in link. Used codes are deleted."""

    __tablename__ = "sign_in_codes"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    expires: Mapped[datetime] = mapped_column(Timestamp, index=True)


class BrowserSession(Table):
    """A signed-in browser."""

    __tablename__ = "sessions"

    digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    expires: Mapped[datetime] = mapped_column(Timestamp, index=True)

    user: Mapped[User] = relationship(lazy="raise")


class Attempt(Table):
    """The failures of one address since its window began."""

    __tablename__ = "attempts"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    address: Mapped[str] = mapped_column(String(64), primary_key=True)
    ends: Mapped[datetime] = mapped_column(Timestamp, index=True)
    count: Mapped[int]


class AuditEntry(Table):
    """A user's action, with its time and address."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Timestamp, index=True)
    user_id: Mapped[str | None] = mapped_column(String(40), index=True)  # no foreign key: entries outlive their user
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(64))
    acting_token: Mapped[str | None] = mapped_column(String(40))  # the id of the token that the action was done with


class Job(Table):
    """When a recurring job of the servers was last started, so that one worker does it at a time."""

    __tablename__ = "jobs"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    started: Mapped[datetime] = mapped_column(Timestamp)


class SchemaCompatibility(Table):
    """One row: the oldest program, by the last migration that it has, that works with these tables."""

    __tablename__ = "schema_compatibility"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    oldest_program: Mapped[str] = mapped_column(String(32))


class LoginRequest(Table):
    """A program's request to sign in, which a user approves or denies. `digest` is that of its device or other code."""

    __tablename__ = "login_requests"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    grant: Mapped[str] = mapped_column("grant_type", String(60))  # `grant` is a keyword of SQL
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_code: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    client_id: Mapped[str] = mapped_column(String(100))
    redirect_uri: Mapped[str | None] = mapped_column(String(200))
    challenge: Mapped[str | None] = mapped_column(String(43))
    machine: Mapped[str] = mapped_column(String(MAX_LABEL_LENGTH))
    profile: Mapped[str] = mapped_column(String(MAX_LABEL_LENGTH))
    label: Mapped[str] = mapped_column(String(MAX_LABEL_LENGTH))
    address: Mapped[str] = mapped_column(String(64))
    created: Mapped[datetime] = mapped_column(Timestamp)
    expires: Mapped[datetime] = mapped_column(Timestamp)
    remove_after: Mapped[datetime] = mapped_column(Timestamp, index=True)
    interval: Mapped[int] = mapped_column("poll_interval")  # seconds
    polled: Mapped[datetime | None] = mapped_column(Timestamp)
    state: Mapped[str] = mapped_column(String(20))
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    token_expires: Mapped[datetime | None] = mapped_column(Timestamp)
    token_id: Mapped[str | None] = mapped_column(String(40))  # of the token that the code was exchanged for
