"""The formats of the files of `sealing/`, as types. They are for mypy, tests and the generated reference: nothing
imports them at run time."""

from typing import Annotated, NotRequired, TypedDict

from arka_config.schema import Hex8, Hex12, Hex16, Hex32, Hex48, HexText, OneOf, Time
from arka_config.sealing import data_key, known_vault, sessions
from arka_config.sealing.unlockers.registry import KINDS
from arka_config.store.formats import CredentialMetadata
from arka_config.store.tokens import KEYRING, SEALED, VERSION


class KeyringEntry(TypedDict):
    """An entry of the OS keyring. Its service is the app's name."""

    backend: str
    """the full name of the `keyring` backend that holds it"""
    account: str
    """the account there"""


class SealedText(TypedDict):
    """How a token or another secret is sealed."""

    key: Hex8
    """the id of the data key"""
    nonce: Hex12
    """the nonce"""
    token: NotRequired[HexText]
    """of a token: the token in UTF-8, sealed: ciphertext and tag"""
    secret: NotRequired[HexText]
    """of another secret: the secret in UTF-8, sealed: ciphertext and tag"""


class SealedTokenFile(CredentialMetadata):
    """A token sealed under the data key. The keys of `CredentialMetadata` come after `profile`."""

    version: Annotated[int, OneOf(VERSION)]
    """the version of the format"""
    storage: Annotated[str, OneOf(SEALED)]
    """`"sealed"`"""
    profile: str
    """the profile it is for; same as the file name"""
    sealed: SealedText
    """the token"""


class KeyringTokenFile(CredentialMetadata):
    """A token in the OS keyring."""

    version: Annotated[int, OneOf(VERSION)]
    """the version of the format"""
    storage: Annotated[str, OneOf(KEYRING)]
    """`"keyring"`"""
    profile: str
    """the profile it is for; same as the file name"""
    keyring: KeyringEntry
    """the entry that holds the token"""


class SecretFile(TypedDict):
    """A secret setting other than the token, that is not in plain text."""

    version: Annotated[int, OneOf(VERSION)]
    """the version of the format"""
    storage: Annotated[str, OneOf(SEALED, KEYRING)]
    """the kind of token store that it is in"""
    profile: str
    """the profile it is for; same as in the file's name"""
    field: str
    """the setting's dotted name; same as in the file's name"""
    sealed: NotRequired[SealedText]
    """the secret, if it is sealed; else omitted"""
    keyring: NotRequired[KeyringEntry]
    """the entry that holds it, if it is in the OS keyring; else omitted"""


class UnlockerDetails(TypedDict):
    """The kind of an unlocker, and the keys that its kind adds."""

    kind: Annotated[str, OneOf(*KINDS)]
    """the kind of unlocker"""
    path: NotRequired[str]
    """the full path of the key file; `key-file` only"""
    memory: NotRequired[int]
    """the memory that Argon2id takes, in KiB; `passphrase` only"""
    passes: NotRequired[int]
    """the passes of Argon2id; `passphrase` only"""
    lanes: NotRequired[int]
    """the lanes of Argon2id; `passphrase` only"""
    backend: NotRequired[str]
    """the full name of the `keyring` backend that holds the secret. The service is the app's name; `keyring` only"""
    account: NotRequired[str]
    """the account there; `keyring` only"""


class UnlockerTable(UnlockerDetails):
    """The data key, wrapped for one unlocker."""

    salt: Hex16
    """the salt of the wrapping key"""
    nonce: Hex12
    """the nonce"""
    wrapped: Hex48
    """the data key, sealed"""


class PreviousKey(TypedDict):
    """The data key before a rekey, wrapped under the current one."""

    key: Hex8
    """its id"""
    nonce: Hex12
    """the nonce"""
    wrapped: Hex48
    """the key, sealed"""


class DataKeyFile(TypedDict):
    """The data key, wrapped once per unlocker."""

    version: Annotated[int, OneOf(data_key.VERSION)]
    """the version of the format"""
    app: str
    """the app's name"""
    key: Hex8
    """the data key's id"""
    unfinished: NotRequired[Annotated[str, OneOf(data_key.ENABLE, data_key.REKEY, data_key.DISABLE)]]
    """a change that was started but not finished; omitted if there is none"""
    unlockers: dict[str, UnlockerTable]
    """the unlockers, by name; at least one"""
    previous: NotRequired[PreviousKey]
    """during a rekey, the previous data key; otherwise omitted"""
    code: Hex32
    """HMAC that proves the writer had the data key"""
    checksum: Hex32
    """SHA-256 that detects damage"""


class KnownVaultFile(TypedDict):
    """Which vault is this machine's."""

    version: Annotated[int, OneOf(known_vault.VERSION)]
    """the version of the format"""
    key: Hex8
    """the data key's id"""
    previous: NotRequired[Hex8]
    """while the data key changes, the id before it; otherwise omitted"""


class SessionFile(TypedDict):
    """The data key, wrapped for one shell."""

    version: Annotated[int, OneOf(sessions.VERSION)]
    """the version of the format"""
    key: Hex8
    """the data key's id"""
    expires: Time
    """when it expires, in UTC, like `2026-11-24T21:00:00Z`"""
    nonce: Hex12
    """the nonce"""
    wrapped: Hex48
    """the data key, sealed"""
