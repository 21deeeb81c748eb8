"""The JSON of the commands about profiles, their settings and their secrets."""

from typing import NotRequired, TypedDict

from arka_config.cli.output.documents.values import (
    ErrorDocument,
    ExpiryDocument,
    ProfileTokenDocument,
    ResolvedValueDocument,
    StateName,
    Storage,
    TokenReferenceDocument,
    TracedValueDocument,
)


class ListedProfileDocument(TypedDict):
    """A profile."""

    name: str
    """its name"""
    active: bool
    """whether it is the active profile"""
    description: str | None
    """its description; null if it has none"""
    api_url: str | None
    """the URL in its file; null if it has none"""
    token: ProfileTokenDocument | TokenReferenceDocument | None
    """its [token](#tokens); null if it has none"""


class UnreadableProfileDocument(TypedDict):
    """A profile with a file that cannot be read."""

    name: str
    """its name"""
    active: bool
    """whether it is the active profile"""
    error: str
    """what is wrong with the file"""


class ProfilesDocument(TypedDict):
    """All profiles."""

    active: str | None
    """the active profile; null if none is"""
    profiles: list[ListedProfileDocument | UnreadableProfileDocument]
    """the profiles, sorted by name; empty if there are none"""


class StoredSecretDocument(TypedDict):
    """A stored secret, without its value."""

    name: str
    """the setting's dotted name"""
    storage: Storage | None
    """the kind of token store that it is in; null if its file cannot be read"""


class ProfileDocument(TypedDict):
    """A profile with its settings."""

    name: str
    """its name"""
    path: str
    """its file, whether it exists or not"""
    description: str | None
    """its description; null if it has none"""
    api_url: str | None
    """the URL in its file; null if it has none"""
    token: ProfileTokenDocument | TokenReferenceDocument | None
    """its [token](#tokens); null if it has none"""
    settings: dict[str, object]
    """the settings in its file, with the same nesting; secrets are hidden"""
    secrets: list[StoredSecretDocument]
    """its stored [secrets](commands.md#arka-secrets-set), never their values; empty if there are none"""


class VerifiedProfileDocument(ExpiryDocument):
    """What the workspace says of a profile's token."""

    name: str
    """the profile"""
    state: StateName
    """one of the [states](#states)"""
    reason: str | None
    """why the state is not `valid`; null if it is"""
    user: str | None
    """the token's user; null if the workspace did not say"""
    plan: str | None
    """the user's plan; null if the workspace did not say"""
    label: str | None
    """the token's name; null if the workspace did not say"""


class VerifiedProfilesDocument(TypedDict):
    """What the workspaces say of the profiles' tokens."""

    profiles: list[VerifiedProfileDocument]
    """the profiles, in the order in which you named them, or sorted if you named none"""


class CreatedProfileDocument(TypedDict):
    """A new profile."""

    profile: str
    """its name"""
    path: str
    """its file"""


class ChangedProfileDocument(TypedDict):
    """A profile that was edited."""

    profile: str
    """its name"""
    changed: bool
    """false if it had these values already"""


class RenamedProfileDocument(TypedDict):
    """A profile with a new name."""

    profile: str
    """its new name"""
    before: str
    """its old name"""


class CopiedProfileDocument(TypedDict):
    """A copy of a profile."""

    profile: str
    """the new profile"""
    copied_from: str
    """the profile that it is a copy of"""


class RemovedProfileDocument(TypedDict):
    """A profile that was removed."""

    profile: str
    """its name"""
    unpinned: list[str]
    """the directories that were pinned to it; empty if none was"""


class RemovedProfilesDocument(TypedDict):
    """Several profiles that were removed."""

    removed: list[RemovedProfileDocument]
    """the profiles"""


class SettingsDocument(TypedDict):
    """Every setting with its value."""

    settings: dict[str, ResolvedValueDocument | TracedValueDocument | None]
    """a [resolved value](#resolved-values) for `profile` and for every setting, by name; null if no layer has
    one. With `--sources`, with the values that it overrides"""
    not_read: NotRequired[dict[str, str]]
    """the variables that have no effect, each with the reason; omitted without `--sources`"""
    error: NotRequired[ErrorDocument | None]
    """the [error](#resolved-values); null if there is none"""


class SettingDocument(ResolvedValueDocument):
    """One setting."""

    name: str
    """its dotted name"""


class PathsDocument(TypedDict, total=False):
    """Where the files are. If you name a place, the object has only that key."""

    config: str
    """the folder of `config.toml` and the profiles"""
    data: str
    """the folder of the tokens"""
    state: str
    """the folder of what `arka` remembers"""
    profile: str
    """the effective profile's file, whether it exists or not; omitted if no profile is selected"""
    token: str
    """its token's file, whether it exists or not; omitted if no profile is selected"""
    legacy: str
    """the Node CLI's file; omitted for a program without one"""
    error: ErrorDocument
    """the [error](#resolved-values), if the effective profile does not exist or cannot be read; else omitted"""


class SettingReferenceDocument(TypedDict):
    """The description of a setting."""

    name: str
    """its dotted name"""
    type: str
    """its type, in words"""
    default: str | None
    """its default, as text; null if there is none"""
    required: bool
    """whether a command fails without it"""
    variable: str
    """the environment variable"""
    option: str
    """the option; empty if the program has none for it"""
    key: str
    """its key in a profile's file"""
    description: str
    """what it is for"""


class SettingsReferenceDocument(TypedDict):
    """The descriptions of all settings."""

    settings: list[SettingReferenceDocument]
    """the settings, in the order of the settings class"""


class ChangedPreferencesDocument(TypedDict):
    """What became of `config.toml`."""

    path: str
    """its path"""
    changed: bool
    """false if it had these values already"""


class ListedSecretDocument(TypedDict):
    """A secret setting."""

    name: str
    """the setting's dotted name"""
    storage: Storage | None
    """the kind of token store that it is in; null if no secret is stored"""
    variable: str | None
    """the variable that overrides it; null if the setting no longer exists"""


class SecretsDocument(TypedDict):
    """The secret settings of a profile, without their values."""

    profile: str | None
    """the profile; null for a program without secrets"""
    secrets: list[ListedSecretDocument]
    """the secrets; empty for a program without any"""


class SetSecretDocument(TypedDict):
    """A secret that was stored."""

    profile: str
    """the profile"""
    secret: str
    """the setting's dotted name"""
    storage: Storage
    """the kind of token store that it is in"""


class UnsetSecretsDocument(TypedDict):
    """The secrets that were removed."""

    profile: str
    """the profile"""
    removed: list[str]
    """the names of the secrets that were removed; empty if none was stored"""
