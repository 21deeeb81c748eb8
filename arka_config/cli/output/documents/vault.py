"""The JSON of the commands about the vault."""

from typing import Annotated, TypedDict

from arka_config.schema import OneOf, Time
from arka_config.sealing.data_key import DISABLE, ENABLE, REKEY
from arka_config.sealing.formats import UnlockerDetails


class UnlockerDocument(UnlockerDetails):
    """A way to open the data key."""

    name: str
    """its name"""


class StoredCountsDocument(TypedDict):
    """How many are in each kind of token store."""

    plain: int
    """in plain text"""
    sealed: int
    """sealed"""
    keyring: int
    """in the OS keyring"""


class VaultDocument(TypedDict):
    """Whether sealing is on, and how tokens are stored."""

    enabled: bool
    """whether sealing is on"""
    path: str
    """the data key's file, whether it exists or not"""
    open: bool
    """whether tokens can be read without a prompt"""
    unfinished: Annotated[str, OneOf(ENABLE, REKEY, DISABLE)] | None
    """the command to run again, if a change was interrupted; else null"""
    unlockers: list[UnlockerDocument]
    """what opens the vault; empty if sealing is off"""
    sessions: int
    """the number of shells in which the vault is unlocked"""
    tokens: StoredCountsDocument
    """how many tokens are stored how"""
    secrets: StoredCountsDocument
    """how many other secrets are stored how"""


class EnabledVaultDocument(TypedDict):
    """A vault that was created or completed."""

    path: str
    """the data key's file"""
    unlockers: list[UnlockerDocument]
    """what opens the vault, as in [`vault status`](#vault-status)"""
    finished: bool
    """whether this run completed an interrupted one"""
    sealed: list[str]
    """the profiles of the tokens that were sealed"""
    secrets: list[str]
    """the other secrets that were sealed, as `profile.setting`"""


class SealedDocument(TypedDict):
    """What was sealed again."""

    sealed: list[str]
    """the profiles of the tokens that were sealed"""
    secrets: list[str]
    """the other secrets that were sealed, as `profile.setting`"""


class UnsealedDocument(TypedDict):
    """What is stored in plain text now."""

    unsealed: list[str]
    """the profiles of the tokens that were unsealed"""
    secrets: list[str]
    """the other secrets that were unsealed, as `profile.setting`"""


class AddedUnlockerDocument(TypedDict):
    """A new unlocker."""

    unlocker: UnlockerDocument
    """the unlocker, as in [`vault status`](#vault-status)"""


class RemovedUnlockersDocument(TypedDict):
    """The unlockers that were removed."""

    unlockers: list[str]
    """their names"""


class UnlockedDocument(TypedDict):
    """A session of a shell."""

    variables: dict[str, str]
    """the variables to set: `ARKA_SESSION`, in full"""
    expires: Time
    """when the session ends, in UTC"""


class LockedDocument(TypedDict):
    """The sessions that were ended."""

    ended: int
    """their number"""
