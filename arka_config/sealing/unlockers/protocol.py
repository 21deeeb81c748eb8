"""What every kind of unlocker can do, and what it gets and asks for."""

from __future__ import annotations

from arka_config.errors import VaultLocked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Protocol

    from arka_config.sealing.data_key import DataKeyFile, Unlocker
    from arka_config.store.profile_store import ProfileStore
else:
    Protocol = object  # importing `typing` is too slow for `arka token`


RECOVERY = "docs/guides/recovery.md of arka-config"  # the page about vaults that do not open


class NoAnswer(VaultLocked):
    """An unlocker needs an answer that is not in the environment, and there is no terminal to ask on."""


class Context:
    """What a kind may use of the store. `path` is the data key's file; `ask` asks for a secret, and returns None if
    there is no terminal. Unless it `may_wait`, no program is run, and no keyring asked."""

    may_wait = True

    def __init__(self, store: ProfileStore) -> None:
        self.app = store.app
        self.environ = store.environ
        self.folders = store.folders
        self.path = store.data_key_path
        self.ask = store.ask_passphrase or (lambda _question: None)


class Unattended(Context):
    """A context in which the user is not asked."""

    def __init__(self, store: ProfileStore, *, may_wait: bool) -> None:
        super().__init__(store)
        self.may_wait = may_wait
        self.ask = lambda _question: None


class Option:
    """A command-line option that is only for one kind. `name` is its key in the values that `create` gets."""

    def __init__(self, name: str, flag: str, metavar: str, text: str) -> None:
        self.name = name
        self.flag = flag
        self.metavar = metavar
        self.help = text


class Prompt:
    """A secret that the user chooses: from VARIABLE, VARIABLE_FILE or VARIABLE_COMMAND, otherwise typed.

    `name` is its key in the values that `create` gets, and its name in questions. `variable` has no prefix, and must be
    one of the app's `secret_variables`.
    """

    def __init__(self, name: str, variable: str) -> None:
        self.name = name
        self.variable = variable


class UnlockerKind(Protocol):
    """A kind of unlocker: how its secret is created, found again and removed.

    `name` is its name on the command line and in `data-key.json`, which records `details` about each unlocker of the
    kind, in this order: names with `str` or `int`. Every new unlocker has the same `parameters` among its details; a
    rekey updates them. `options` of `vault enable` and `vault add-unlocker` and `prompts` are for creating one.

    A kind that `is_quick` opens the vault without asking the user or waiting for another process. One that `asks` for
    what the user types is tried last, and one answer is for all unlockers of the kind.
    """

    name: str
    details: Mapping[str, type] = {}
    parameters: Mapping[str, object] = {}
    options: Sequence[Option] = ()
    prompts: Sequence[Prompt] = ()
    is_quick: bool = False
    asks: bool = False

    def create(
        self, context: Context, file: DataKeyFile, values: Mapping[str, str], undo: list[Callable[[], object]]
    ) -> tuple[dict[str, object], bytes]:
        """Create and store a secret; return the details (without `parameters`) and the secret.

        `values` holds the options and prompts by name; an option that was not given is missing. Each step that has to
        be undone if a later one fails is appended to `undo`. The caller holds the store's lock.
        """

    def secrets(self, context: Context, file: DataKeyFile, unlockers: Sequence[Unlocker]) -> Iterator[bytes]:
        """Yield the secrets to try on these unlockers. To ask for the next one means that the last one was wrong.

        Raises SealingError or FileError if there is none, or no other.
        """

    def derive(self, secret: bytes, unlocker: Unlocker, path: str) -> bytes:
        """Return what the key that wraps the data key is derived from: the secret itself if it is random.

        `path` is the data key's file, for messages. Raises SealingError if that is not possible here.
        """
        return secret

    def describe(self, unlocker: Unlocker) -> str:
        """Return in words where the secret is or how it is protected; a path if that says it."""

    def protection(self, context: Context, unlocker: Unlocker) -> str:
        """Return in words what it protects against, and what it does not; an empty string if that is unknown."""
        return ""

    def weakness(self, values: Mapping[str, str]) -> str:
        """Return why these options and secrets for `create` protect little; an empty string if nothing says so."""
        return ""

    def forget(self, context: Context, unlocker: Unlocker) -> None:
        """Delete a removed unlocker's secret if it was stored for this vault alone; warn if that fails."""
        return

    def leftover(self, unlocker: Unlocker) -> str:
        """Return the path of the file that `forget` leaves to the user, or an empty string."""
        return ""
