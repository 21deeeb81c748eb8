"""The JSON of the commands that sign in and use tokens: from `login` to `token`."""

from typing import NotRequired, TypedDict

from arka_config.cli.output.documents.values import (
    ErrorDocument,
    ExpiryDocument,
    ResolvedValueDocument,
    StateName,
    Storage,
)
from arka_config.schema import Time


class SignInDocument(TypedDict):
    """What a program shows to the user who approves a sign-in. It is on a line of its own, before the result."""

    url: str
    """the page on which the user approves the sign-in"""
    code: str
    """the code that the page shows, or asks for with a device code"""
    expires_in: int
    """how long that is possible, in seconds"""
    url_with_code: NotRequired[str | None]
    """with a device code only: the page with the code filled in; null if the workspace has none"""


class LoginDocument(ExpiryDocument):
    """The token that was stored."""

    profile: str
    """the profile that it is stored in"""
    active: bool
    """whether that is the active profile"""
    token: str
    """the token, masked"""
    origin: str
    """the scheme, host and port that the token is for"""
    storage: Storage | None
    """the kind of token store that it is in"""
    label: str | None
    """its name on the tokens page; null if unknown"""
    verified: bool
    """whether the workspace accepts the token"""
    state: StateName
    """one of the [states](#states)"""
    reason: str | None
    """why the state is not `valid`; null if it is"""
    user: str | None
    """the token's user; null if the workspace was not asked or does not say"""


class RefreshDocument(LoginDocument):
    """The token that replaces one that did not work any more."""

    refreshed: bool
    """true"""


class UnchangedTokenDocument(TypedDict):
    """A token that was not replaced, because it works."""

    profile: str
    """the profile"""
    refreshed: bool
    """false"""


class LogoutDocument(TypedDict):
    """What was forgotten."""

    profiles: list[str]
    """the profiles that lost their token; empty if none had one"""
    error: NotRequired[ErrorDocument]
    """with `--revoke`: the [error](#resolved-values) that ended the command; omitted if there is none"""


class StatusTokenDocument(ResolvedValueDocument, ExpiryDocument):
    """The effective token."""

    label: NotRequired[str | None]
    """its name, by the workspace if it answered, else as stored; null if unknown, omitted if the token is not stored
    and the workspace did not answer"""
    user: NotRequired[str | None]
    """its user; null or omitted as `label`"""
    storage: NotRequired[Storage]
    """the kind of token store that it is in; omitted if it is not stored"""
    origin: NotRequired[str]
    """the scheme, host and port that it was stored for; omitted if it is not stored"""
    created: NotRequired[Time | None]
    """when it was stored, in UTC; null if unknown, omitted if it is not stored"""


class StatusDocument(TypedDict):
    """The effective profile and token."""

    profile: ResolvedValueDocument | None
    """the effective profile; null if none is selected"""
    token: StatusTokenDocument | None
    """the effective token; null if there is none"""
    api_url: ResolvedValueDocument | None
    """the URL that the token goes to; null if no layer has one"""
    verified: bool | None
    """whether the workspace accepts the token; null if there is no token or the workspace was not asked"""
    state: StateName
    """one of the [states](#states)"""
    reason: str | None
    """why the state is not `valid`; null if it is"""
    plan: str | None
    """the user's plan, such as `pro`; null if the workspace did not say"""
    error: ErrorDocument | None
    """the [error](#resolved-values) that is on stderr too; null if there is none"""


class RotateDocument(ExpiryDocument):
    """The new token of a profile."""

    profile: str
    """the effective profile"""
    profiles: list[str]
    """every profile that has the new token: this one, and those that stored the same old token"""
    token: str
    """the new token, masked"""
    before: str
    """the old token, masked"""
    id: str
    """the new token's id at the workspace"""
    label: str | None
    """its name at the workspace; null if unknown"""


class RevokeDocument(TypedDict):
    """The token of a profile that was revoked."""

    profile: str
    """the profile"""
    token: str
    """its token, masked"""
    revoked: bool
    """whether the workspace now rejects the token. False with `--forget` if the workspace has no API"""
    forgotten: bool
    """whether the token was deleted here. False if the profile had received another token in the meantime"""


class UseDocument(TypedDict):
    """The profile that is active now."""

    profile: str
    """the active profile"""
    before: str | None
    """the profile that was active before; null if none was"""


class PinDocument(TypedDict):
    """A directory and the profile that it is pinned to."""

    directory: str
    """the directory, as a full path with symbolic links resolved"""
    profile: str
    """the profile"""


class PinsDocument(TypedDict):
    """All pinned directories."""

    pins: list[PinDocument]
    """the directories, sorted; empty if none is pinned"""


class PromptDocument(TypedDict):
    """What a shell's prompt shows."""

    profile: str | None
    """the effective profile; null if none is selected or that cannot be found out"""


class TokenDocument(TypedDict):
    """The effective token, in full."""

    token: str
    """the token itself"""
    origin: str
    """the scheme, host and port that it is for"""
    profile: str | None
    """the effective profile; null if none is selected"""


class VariablesDocument(TypedDict):
    """Variables for other programs."""

    variables: dict[str, str]
    """the variables, by name"""


class NoticeDocument(TypedDict):
    """Something that needs attention."""

    text: str
    """what it is"""
    hint: str
    """what helps, often a command; empty if there is nothing to add"""


class OverviewTokenDocument(ResolvedValueDocument, ExpiryDocument):
    """The effective token."""

    label: str | None
    """its name; null if unknown"""


class OverviewDocument(TypedDict):
    """What is in use."""

    user: str | None
    """the user of the effective token; null unless that is stored and was verified"""
    profile: ResolvedValueDocument | None
    """the effective profile; null if none is selected"""
    token: OverviewTokenDocument | None
    """the effective token; null if there is none"""
    api_url: ResolvedValueDocument | None
    """the URL that the token goes to; null if no layer has one"""
    attention: list[NoticeDocument]
    """what needs attention; empty if nothing does"""
    next: str
    """the command to run next"""
    error: ErrorDocument | None
    """the [error](#resolved-values); null if there is none"""
