"""The formats of the files of `store/`, as types. They are for mypy, tests and the generated reference: nothing imports
them at run time."""

from typing import Annotated, NotRequired, TypeAlias, TypedDict

from arka_config.schema import OneOf, Time
from arka_config.store import journal, selection, sign_in_cache, token_formats
from arka_config.store.preferences import REFUSE, WARN
from arka_config.store.tokens import NEVER, PLAIN_VERSION, STORAGES

Expires: TypeAlias = Annotated[str, OneOf(NEVER)] | Time


class ReferenceTable(TypedDict, total=False):
    """A token reference: exactly one of these keys."""

    env: str
    """the variable that holds the token; not one of the program's own, such as `ARKA_SESSION`"""
    file: str
    """the file that holds the token; the path starts with `/` or `~`"""
    helper: str
    """the name of the `config.toml` helper that prints the token"""


class ProfileFile(TypedDict, total=False):
    """A profile. All keys are optional; an unknown key is an error."""

    description: str
    """text for `profiles list`"""
    api_url: str
    """the workspace's URL: `https`, or `http` for this machine itself"""
    token: ReferenceTable
    """where the token is kept; omitted if it is stored by `login`, or there is none"""
    settings: dict[str, object]
    """the settings, with the types and the nesting of the settings class"""


class PreferencesFile(TypedDict, total=False):
    """The user's preferences. All keys are optional; an unknown key is a warning."""

    api_url: str
    """the default workspace: where a token goes if neither its own source nor `ARKA_API_URL` names another one.
    Default: `"https://arka-ai.com"`"""
    storage: Annotated[str, OneOf(*STORAGES)]
    """the token store for profiles that have no token yet: `plain`, `sealed` or `keyring`. While sealing is on, `plain`
    has no effect. If the store is unavailable, that is an error and nothing is stored. Default: `"sealed"` if
    sealing is on, else `"plain"`"""
    legacy_sync: bool
    """keep [the Node CLI's file](../guides/legacy.md#in-step-with-the-active-profile) in step with the active profile.
    Default: `false`"""
    expiry: Annotated[str, OneOf(WARN, REFUSE)]
    """what `token`, `exec` and others do with a stored token that has expired: `warn`, or `refuse` and exit with 4.
    Default: `"warn"`"""
    expiry_warning: str
    """how long before a token expires warnings start, in days. Default: `"14d"`"""
    helpers: dict[str, list[str] | str]
    """the commands that print a token, by name, each as an array of strings, or as a string that is split like a shell
    would, but no shell runs it. Default: none"""
    allow_env: list[str]
    """variables that [templates](../guides/templates.md#template-file) may read in addition to `ARKA_…_TOKEN` and
    `ARKA_…_API_KEY`. Default: `[]`"""
    file_roots: list[str]
    """folders that templates may read files from, as full paths. A token reference to a file below one of them does not
    follow a link out of them. Default: `["/run/secrets", "/var/run/secrets"]`"""
    ca_bundle: str
    """a file of [certificates](../explanation/security-model.md#certificates) to trust instead of the system's, by its
    full path; a profile's `ca_bundle` overrides it. Default: none"""
    trust_env_ca: bool
    """accept the certificates that the environment names. Default: `false`"""


class CredentialMetadata(TypedDict):
    """What is stored with a token, in every kind of token store."""

    origin: str
    """the scheme, host and port that the token is for; a default port is omitted"""
    label: NotRequired[str]
    """its name on the tokens page; omitted if unknown"""
    created: NotRequired[Time]
    """when it was stored, in UTC; omitted if unknown"""
    expires: NotRequired[Expires]
    """when it expires, in UTC; `never` if the workspace says that it does not expire; omitted if unknown"""
    user: NotRequired[str]
    """the user that the workspace reported; omitted if it was not asked"""


class PlainTokenFile(CredentialMetadata):
    """A token in plain text. An unknown key is an error."""

    version: Annotated[int, OneOf(PLAIN_VERSION)]
    """the version of the format"""
    token: str
    """the token"""


class PlainSecretFile(TypedDict):
    """Another secret in plain text. An unknown key is an error."""

    version: Annotated[int, OneOf(PLAIN_VERSION)]
    """the version of the format"""
    profile: str
    """the profile that it is for"""
    field: str
    """the setting's dotted name"""
    secret: str
    """the secret"""


class PinsFile(TypedDict):
    """The pinned directories."""

    version: Annotated[int, OneOf(selection.VERSION)]
    """the version of the format"""
    pins: dict[str, str]
    """the profile of each directory, by its full path with symbolic links resolved"""


class SignInEntry(TypedDict):
    """What a workspace said."""

    read: int
    """when it was read, in seconds since 1970"""
    metadata: dict[str, object]
    """the server's metadata (RFC 8414), as far as this program uses it"""


class SignInFile(TypedDict):
    """What each workspace said about signing in."""

    version: Annotated[int, OneOf(sign_in_cache.VERSION)]
    """the version of the format"""
    issuers: dict[str, SignInEntry]
    """the answers, by the workspace's URL"""


class TokenFormatsFile(TypedDict):
    """What each workspace says about the checksum of its tokens."""

    version: Annotated[int, OneOf(token_formats.VERSION)]
    """the version of the format"""
    checksums: dict[str, Annotated[str, OneOf("required", "optional", "none")]]
    """`required`, `optional` or `none`, by the workspace's origin"""


class JournalEntry(TypedDict):
    """A token that is neither known to be stored nor known to be revoked. Keys of a newer version are kept."""

    kind: str
    """the command that requested, replaces or revokes the token"""
    role: NotRequired[Annotated[str, OneOf(journal.REQUESTED, journal.UNNEEDED)]]
    """`requested`, or `unneeded` for a token that is about to be replaced, removed or revoked; if it is missing, it is
    `requested`"""
    profile: NotRequired[str]
    """the profile that the token is for; omitted if there is none"""
    origin: str
    """the token's workspace"""
    label: NotRequired[str]
    """the token's name there; omitted if unknown"""
    user: NotRequired[str]
    """the id of the token's user; omitted if unknown"""
    begun: NotRequired[Time]
    """when it was requested, in UTC"""
    host: NotRequired[str]
    """the machine that requested it"""
    id: NotRequired[str]
    """the token's id; omitted until the workspace has answered"""
    process: int
    """the process that requested it"""


class JournalFile(TypedDict):
    """The tokens whose request or revocation is not finished."""

    version: Annotated[int, OneOf(journal.VERSION)]
    """the version of the format"""
    tokens: dict[str, JournalEntry]
    """the entries, each by a random key that was sent with the request, so that what it issued can be withdrawn"""
