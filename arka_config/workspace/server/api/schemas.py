"""What the API takes and gives, as the OpenAPI document describes it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from arka_config import timestamps
from arka_config.errors import InvalidValue
from arka_config.text import UNPRINTABLE
from arka_config.workspace.server import accounts, tokens
from arka_config.workspace.server.tables import LONGEST_LABEL, Token, User

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_ID = "[A-Za-z0-9_-]{22}"


def _read_time(value: object) -> datetime:
    """An RFC 3339 time. Raises ValueError; pydantic alone would take numbers, bare dates and times without a zone."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise ValueError("write it as 2027-02-28T12:00:00Z")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("there is no such moment") from None


def _checked_label(label: str) -> str:
    try:
        return tokens.check_label(label)
    except InvalidValue as error:
        reason = error.message
    raise ValueError(reason)


def _printable_pattern() -> str:
    """What `check_label` takes, as a pattern: printable characters alone, and one of them is no blank."""
    runs: list[list[int]] = []
    for code in sorted(map(ord, UNPRINTABLE)):
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        elif not 0xD800 <= code < 0xE000:  # JSON text that is UTF-8 has none of these
            runs.append([code, code])
    refused = "".join(f"\\u{first:04X}-\\u{last:04X}" for first, last in runs)
    return f"^[^{refused}]*[^\\s{refused}][^{refused}]*$"


Time = Annotated[
    datetime,
    BeforeValidator(_read_time),
    PlainSerializer(timestamps.stored, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2027-02-28T12:00:00Z"]}),
]
Scope = Literal["tokens:manage"]
Label = Annotated[
    str,
    Field(
        min_length=1,
        max_length=LONGEST_LABEL,
        description="The token's name: printable, and not blank.",
        json_schema_extra={"pattern": _printable_pattern()},
    ),
    AfterValidator(_checked_label),
]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid")


class UserDocument(_Document):
    """Whose token it is."""

    id: str = Field(pattern=f"^usr_{_ID}$")
    email: str
    plan: Literal["free", "pro"]

    @classmethod
    def of(cls, user: User) -> UserDocument:
        """What is told of a user."""
        return cls(id=user.id, email=user.email, plan="pro" if user.plan == accounts.PRO else "free")


class TokenDocument(_Document):
    """What is known of a token; never the token itself."""

    id: str = Field(pattern=f"^tok_{_ID}$")
    label: str
    last_four: str
    scopes: list[Scope]
    created: Time
    expires: Time | None
    last_used: Time | None

    @classmethod
    def of(cls, token: Token) -> TokenDocument:
        """What is told of a token."""
        return cls(
            id=token.id,
            label=token.label,
            last_four=token.last_four,
            scopes=[tokens.MANAGE] if tokens.MANAGE in token.scopes.split() else [],
            created=token.created,
            expires=token.expires,
            last_used=token.last_used,
        )


class Me(_Document):
    """The token that asks, and whose it is."""

    user: UserDocument
    token: TokenDocument


class TokenPage(_Document):
    """Some tokens, the newest first, and where the list goes on."""

    tokens: list[TokenDocument]
    next_cursor: str | None = Field(description="What to send as `cursor` for those that follow; null at the end.")


class NewToken(_Document):
    """A token to be made."""

    label: Label
    expires: Time | None = Field(None, description="When it ends, which is in the future; null for never.")
    scopes: list[Scope] = Field(default_factory=list, max_length=10)


class Rotation(_Document):
    """How a token is rotated. Without `expires`, the new token lives as long as the old one was made to."""

    expires: Time | None = Field(None, description="When the new token ends, in the future; null for never.")


class IssuedToken(_Document):
    """A new token, which is shown here and never again."""

    token: str
    details: TokenDocument

    @classmethod
    def of(cls, issued: tokens.Issued) -> IssuedToken:
        """The one answer that holds a token."""
        return cls(token=issued.secret.reveal(), details=TokenDocument.of(issued.token))


class FieldError(_Document):
    """What is wrong with one field."""

    field: str
    detail: str


class ProblemDocument(BaseModel):
    """Problem details, as RFC 9457 has them."""

    type: str = Field(description="A path on the workspace, where the kind of problem is explained.")
    title: str
    status: int
    detail: str


class InvalidRequestDocument(ProblemDocument):
    """The fields that are off."""

    errors: list[FieldError]


class ForbiddenDocument(ProblemDocument):
    """Where to upgrade, when that is what is missing."""

    billing_url: str | None = Field(None, description="The billing page, for the type /problems/pro-required.")
