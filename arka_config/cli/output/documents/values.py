"""Parts of the JSON of several commands: errors, resolved values, and what is known of a token."""

from typing import Annotated, TypeAlias, TypedDict

from arka_config.precedence.values import ACTIVE, DEFAULT, ENV, FLAG, PIN, PROFILE
from arka_config.schema import OneOf, Time
from arka_config.store.tokens import STORAGES
from arka_config.workspace.client.verification import State
from arka_config.workspace.scopes import MANAGE_ALL, OFFERED

Layer: TypeAlias = Annotated[str, OneOf(FLAG, ENV, PROFILE, DEFAULT, PIN, ACTIVE)]
Storage: TypeAlias = Annotated[str, OneOf(*STORAGES)]
Scope: TypeAlias = Annotated[str, OneOf(*OFFERED, MANAGE_ALL)]
StateName: TypeAlias = Annotated[str, OneOf(*map(str, State))]
Plan: TypeAlias = Annotated[str, OneOf("free", "pro")]


class ErrorDocument(TypedDict):
    """Why a command failed."""

    message: str
    """what is wrong"""
    lines: list[str]
    """the same, as the lines on stderr"""
    hint: str | None
    """what to do, often a command; null if there is nothing to add"""
    exit_code: int
    """the exit code of the command"""


class FailureDocument(TypedDict):
    """What a command prints if it fails, unless it prints what it knows all the same."""

    error: ErrorDocument
    """why it failed"""


class ResolvedValueDocument(TypedDict):
    """A value with its source."""

    value: object
    """the value, with the setting's type in every layer. An invalid value stays a string. A secret is masked; it is
    `"(not fetched)"` if a helper command would print it, `"(missing)"` if its token reference resolves to nothing, and
    `"(not a token)"` if what is there is not in the token format"""
    layer: Layer
    """the layer that the value comes from; `pin` and `active` only for the profile itself"""
    source: str | None
    """the option, the variable, or the file; null for a built-in default"""
    key: str | None
    """the key in that file; null if the source is not a file with keys"""


class TracedValueDocument(ResolvedValueDocument):
    """A value with its source, and the values that it overrides."""

    overridden: list[ResolvedValueDocument]
    """the values of lower layers, the highest first; empty if there are none"""


class ExpiryDocument(TypedDict):
    """What is known of a token's expiry."""

    expires: Time | None
    """when the token expires, in UTC; null if it never does or that is not known: see `expiry`"""
    expiry: Annotated[str, OneOf("date", "never", "unknown", "not_checked")]
    """what is known of the expiry: [see below](#tokens)"""


class StoredTokenDocument(ExpiryDocument):
    """What is stored with a token."""

    storage: Storage
    """the kind of token store that it is in"""
    origin: str
    """the scheme, host and port that the token is for"""
    label: str | None
    """its name on the tokens page; null if unknown"""
    created: Time | None
    """when it was stored, in UTC; null if unknown"""
    user: str | None
    """the user, as reported by the workspace; null if it was never asked"""


class ProfileTokenDocument(StoredTokenDocument):
    """The token that a profile stores."""

    value: str | None
    """the token, masked; null if reading it would need a passphrase, or a keyring that may be locked"""


class TokenReferenceDocument(ExpiryDocument):
    """The token reference of a profile."""

    reference: dict[str, str]
    """one key, the kind of reference (`env`, `file` or `helper`), and its target, such as the name of the
    variable"""


class BoundsDocument(TypedDict):
    """What a token with the scope `tokens:issue` may create."""

    label: str
    """the pattern that the labels of its tokens match"""
    max_lifetime: int
    """how long its tokens may last, in seconds"""
    max_tokens: int
    """how many of its tokens may work at one time"""


class TokenDetailsDocument(ExpiryDocument):
    """What the workspace knows of a token."""

    id: str
    """its id at the workspace"""
    label: str
    """its name at the workspace; it may be empty"""
    last_four: str | None
    """its last four characters; null if the workspace does not say"""
    scopes: list[Scope]
    """what it may do with other tokens; empty if nothing"""
    created: Time | None
    """when it was created, in UTC; null if the workspace does not say"""
    last_used: Time | None
    """when it was last used, in UTC; null if never, or if the workspace does not say"""
    last_used_address: str | None
    """the address of the last use; null if the workspace does not say"""
    last_used_client: str | None
    """the program of the last use; null if the workspace does not say"""
    issue: BoundsDocument | None
    """the bounds of a token with `tokens:issue`; null for any other"""
