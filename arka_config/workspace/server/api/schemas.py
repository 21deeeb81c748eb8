"""The API's request and response bodies."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)
from starlette.responses import Response

from arka_config import timestamps
from arka_config.errors import InvalidValue
from arka_config.text import UNPRINTABLE, check_printable
from arka_config.workspace.server import issuing, tokens
from arka_config.workspace.server.selection import MAX_PATTERN_LENGTH, Selection, State
from arka_config.workspace.server.tables import MAX_EMAIL_LENGTH, MAX_LABEL_LENGTH, Token
from arka_config.workspace.server.verified_token import VerifiedToken

MAX_PAGE_SIZE = 1000  # tokens
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_ID = "[A-Za-z0-9_-]{22}"


def _parse_time(value: object) -> datetime:
    """Parse an RFC 3339 time. Raises ValueError; pydantic would also accept numbers, dates and times without a zone."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise ValueError("write it as 2027-02-28T12:00:00Z")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("there is no such time") from None


def _check_label(label: str) -> str:
    try:
        return tokens.check_label(label)
    except InvalidValue as error:
        raise ValueError(error.message) from None


def _excluded_characters() -> str:
    """The characters that no text has, as the content of a set in a pattern."""
    runs: list[list[int]] = []
    for code in sorted(map(ord, UNPRINTABLE)):
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        elif not 0xD800 <= code < 0xE000:  # surrogates cannot occur in UTF-8
            runs.append([code, code])
    return "".join(f"\\u{first:04X}-\\u{last:04X}" for first, last in runs)


def _printable_pattern() -> str:
    """What `check_label` accepts, as a pattern: printable characters only, at least one of them not a space."""
    excluded = _excluded_characters()
    return f"^[^{excluded}]*[^\\s{excluded}][^{excluded}]*$"


Time = Annotated[
    datetime,
    BeforeValidator(_parse_time),
    PlainSerializer(timestamps.to_text, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2027-02-28T12:00:00Z"]}),
]
Scope = Literal["read", "tokens:manage"]
HeldScope = Literal["read", "tokens:issue", "tokens:manage", "tokens:manage-all"]
Label = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_LABEL_LENGTH,
        description="The token's name: printable, and not blank.",
        json_schema_extra={"pattern": _printable_pattern()},
    ),
    AfterValidator(_check_label),
]


def _unset() -> Any:
    """The default of a condition that is not given. Null is not a value, so that a null never selects all tokens."""
    return None


def _check_pattern(pattern: str) -> str:
    try:
        return check_printable(pattern, "the pattern")
    except InvalidValue as error:
        raise ValueError(error.message) from None


_PATTERN_DESCRIPTION = "A label, or a pattern with `*`, `?` and `[…]`, as in a shell."
_PRINTABLE = {"pattern": f"^[^{_excluded_characters()}]*$"}
_Pattern = Annotated[
    str,
    Field(min_length=1, max_length=MAX_PATTERN_LENGTH, description=_PATTERN_DESCRIPTION, json_schema_extra=_PRINTABLE),
    AfterValidator(_check_pattern),
]
# It has a type of its own: of two lengths for one field, the first counts.
_IssuedLabel = Annotated[
    str,
    Field(min_length=1, max_length=MAX_LABEL_LENGTH, description=_PATTERN_DESCRIPTION, json_schema_extra=_PRINTABLE),
    AfterValidator(_check_pattern),
]


def _seconds(duration: timedelta) -> int:
    return int(duration.total_seconds())


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", from_attributes=True)


class UserDocument(_Document):
    """The token's user."""

    id: str = Field(pattern=f"^usr_{_ID}$")
    email: str
    plan: Literal["free", "pro"]


class TokenDocument(_Document):
    """A token's details, without the token itself."""

    id: str = Field(pattern=f"^tok_{_ID}$")
    label: str
    last_four: str
    scopes: Annotated[list[HeldScope], BeforeValidator(str.split)]
    created: Time
    expires: Time | None
    last_used: Time | None


class IssueBounds(_Document):
    """What a token with the scope `tokens:issue` may create."""

    label: _IssuedLabel
    max_lifetime: int = Field(
        ge=_seconds(timestamps.MIN_LIFETIME), le=_seconds(issuing.MAX_LIFETIME), description="Seconds."
    )
    max_tokens: int = Field(ge=1, le=issuing.MAX_TOKENS, description="How many may work at one time.")

    def bounds(self) -> issuing.Bounds:
        """The bounds for the database."""
        return issuing.Bounds(self.label, timedelta(seconds=self.max_lifetime), self.max_tokens)


class ListedToken(TokenDocument):
    """A token's details, its last use, and the bounds of one that may issue tokens."""

    last_used_address: str | None = Field(description="The address that the last use came from, if known.")
    last_used_client: str | None = Field(description="The program of the last use, from its User-Agent, if known.")
    issue: IssueBounds | None = None

    @model_validator(mode="before")
    @classmethod
    def _read_row(cls, row: object) -> object:
        """Collect the bounds from the columns of a row."""
        if not isinstance(row, Token):
            return row
        names = [name for name in cls.model_fields if name != "issue"]
        issue = None
        if row.issue_label is not None:
            issue = {"label": row.issue_label, "max_lifetime": row.issue_lifetime, "max_tokens": row.issue_count}
        return {name: getattr(row, name) for name in names} | {"issue": issue}


class Me(_Document):
    """The authenticating token, and its user."""

    user: UserDocument
    token: TokenDocument


def describe_caller(token: VerifiedToken) -> Response:
    """The response of `GET /api/v1/me`."""
    document = Me.model_validate({"user": token.user, "token": token})
    return Response(document.model_dump_json(), media_type="application/json")


_Cursor = Annotated[str, Field(max_length=tokens.MAX_CURSOR_LENGTH)]
_Ids = Annotated[list[Annotated[str, Field(max_length=40)]], Field(min_length=1, max_length=MAX_PAGE_SIZE)]


class _Selection(BaseModel):
    """Conditions for tokens. All that are given must be met."""

    user: str = Field(
        default_factory=str,
        max_length=MAX_EMAIL_LENGTH,
        description="The e-mail address of the tokens' user, if not the token's own: needs `tokens:manage-all`.",
    )
    label: _Pattern = Field(default_factory=_unset)
    state: State = Field(default_factory=_unset, description="Whether the token still works.")
    expires_before: Time = Field(
        default_factory=_unset, description="The token expires, or has expired, before this time."
    )
    last_used_before: Time = Field(
        default_factory=_unset,
        description="The token was last used before this time; or created before it, and never used.",
    )

    def selection(self) -> Selection:
        """The conditions for the database."""
        return Selection(self.label or "", self.state, self.expires_before, self.last_used_before)


class TokenQuery(_Selection):
    """The parameters of a list of tokens."""

    limit: int = Field(500, ge=1, le=MAX_PAGE_SIZE, description="How many tokens to return at most.")
    cursor: _Cursor = Field(default_factory=str, description="The `next_cursor` of the previous page.")


class Revocation(_Selection):
    """Which tokens to revoke: at least one condition."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "anyOf": [{"required": [name]} for name in ("label", "state", "expires_before", "last_used_before", "ids")]
        },
    )

    ids: _Ids = Field(default_factory=list, description="The token is one of these. Unknown ids are ignored.")

    @model_validator(mode="after")
    def _check_not_empty(self) -> Self:
        if not self.model_fields_set - {"user"}:
            raise ValueError("name at least one condition next to the user; the label * selects all tokens")
        return self

    def selection(self) -> Selection:
        """The conditions for the database. PostgreSQL rejects text with a NUL, which no id has."""
        ids = tuple(each for each in self.ids if tokens.ID.fullmatch(each)) or ("",)
        return super().selection()._replace(ids=ids if "ids" in self.model_fields_set else ())


class RevokedTokens(_Document):
    """The tokens that were revoked."""

    revoked: list[ListedToken]
    more: bool = Field(description="Whether there may be more: repeat the request.")


class TokenPage(_Document):
    """One page of tokens, newest first, and the cursor of the next page."""

    tokens: list[ListedToken]
    next_cursor: str | None = Field(description="The `cursor` of the next page; null on the last page.")
    user: str = Field(description="The e-mail address of the user whose tokens they are.")


class NewToken(_Document):
    """A token to create."""

    label: Label
    expires: Time | None = Field(None, description="When the token expires, in the future; null for never.")
    scopes: list[Scope] = Field(default_factory=list, max_length=10)
    issue: IssueBounds | None = Field(None, description="Give it the scope `tokens:issue`, with these bounds.")


class Rotation(_Document):
    """How to rotate a token. Without `expires`, the new token expires when the old one does."""

    expires: Time | None = Field(None, description="When the new token expires, in the future; null for never.")


class IssuedToken(_Document):
    """A new token, which is returned only here."""

    token: str
    details: ListedToken

    @classmethod
    def of(cls, issued: tokens.Issued) -> IssuedToken:
        """Build the only document that contains a token."""
        return cls(token=issued.secret.reveal(), details=ListedToken.model_validate(issued.token))


class TokenFormat(_Document):
    """The format of the workspace's tokens."""

    prefix: str
    length: int | None = Field(description="In characters, with the prefix; null if it is not fixed.")
    checksum: Literal["none", "optional", "required"] = Field(
        description="Whether a token ends in a checksum: six digits of base62 (0-9A-Za-z), the most significant first, "
        "of the CRC-32 of the characters between the prefix and the checksum. `required` if every token that works "
        "has one; `optional` while older tokens without one work."
    )


class Metadata(_Document):
    """What a client can know of a workspace without a token."""

    token_format: TokenFormat


class Withdrawal(_Document):
    """Whether the request had issued a token, which is now revoked."""

    revoked: bool


class ActivityEntry(_Document):
    """An entry of the audit log. `subject` is what the action was done to, such as a token's id; it may be empty."""

    id: int
    at: Time
    action: str
    subject: str
    address: str = Field(description="The address that the request came from.")
    acting_token: str | None = Field(description="The id of the token that the action was done with.")


class ActivityPage(_Document):
    """One page of the audit log, newest first, and the cursor of the next page."""

    entries: list[ActivityEntry]
    next_cursor: str | None = Field(description="The `cursor` of the next page; null on the last page.")


class FoundToken(_Document):
    """A found token."""

    token: str = Field(max_length=200)


class LeakReport(BaseModel):
    """A leaked token, as GitHub's secret scanning reports it. Other keys are ignored."""

    token: str = Field(max_length=1000)
    type: str = Field(max_length=200, description="The partner's name for the format of the token.")
    url: str | None = Field(None, max_length=4000, description="Where the token was found.")
    source: str | None = Field(None, max_length=200, description="What it was found in, such as `commit`.")


class LeakVerdict(_Document):
    """Whether a reported token is a token."""

    token_hash: str = Field(description="The SHA-256 of the token, in hexadecimal digits.", pattern="^[0-9a-f]{64}$")
    token_type: str
    label: Literal["true_positive", "false_positive"]


LINK_RESPONSE: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"Link": {"description": "The next page (RFC 8288), if any", "schema": {"type": "string"}}}}
}
