"""The JSON of the commands about the workspace's tokens: `tokens …` and `activity`."""

from typing import TypedDict

from arka_config.cli.output.documents.values import TokenDetailsDocument
from arka_config.schema import Time


class ListedTokenDocument(TokenDetailsDocument):
    """A token of the workspace, and what this machine has of it."""

    current: bool
    """whether it is the effective token"""
    profiles: list[str]
    """the profiles that store it, recognized by its workspace and last four characters; empty if none does"""


class TokensDocument(TypedDict):
    """The tokens of the workspace."""

    tokens: list[ListedTokenDocument]
    """the tokens, newest first; empty if none matches"""


class CreatedTokenDocument(TypedDict):
    """A new token."""

    token: str
    """the new token in full, since it is shown only once. With `--store-as` it is masked"""
    profile: str | None
    """the profile it was stored in; null without `--store-as`"""
    details: TokenDetailsDocument
    """what the workspace says of it: the keys of [`tokens list`](#tokens-list), without `current` and `profiles`"""


class RevokedTokenDocument(TypedDict):
    """A token that was revoked."""

    id: str | None
    """its id at the workspace. With `current` as the id, null if the workspace already rejects that token"""
    label: str | None
    """its name; null as `id`"""
    current: bool
    """whether it was the effective token"""


class RevokedTokensDocument(TypedDict):
    """The tokens that `--label` selected."""

    revoked: list[RevokedTokenDocument]
    """the tokens that were revoked"""


class ActivityEntryDocument(TypedDict):
    """An entry of the workspace's audit log."""

    at: Time
    """when it was, in UTC"""
    action: str
    """what was done, such as `token created`"""
    subject: str | None
    """what it was done to, such as a token's id; null if the action has none"""
    address: str | None
    """the address that the request came from; null if it was none, or the workspace does not say"""
    acting_token: str | None
    """the id of the token that it was done with; null if it was done otherwise, as on a page"""


class ActivityDocument(TypedDict):
    """What was done in the workspace."""

    activity: list[ActivityEntryDocument]
    """the entries, newest first"""
