"""The protocol of an unlocker kind. Separate, because importing `typing` is too slow for `arka token`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from arka_config.sealing.data_key import DataKeyFile, Unlocker
    from arka_config.sealing.unlockers.context import Context, Option, Prompt


class UnlockerKind(Protocol):
    """A kind of unlocker: how its secret is created, found again and removed.

    The data key is wrapped under a key derived from the secret. `derive` turns the secret into the input of that key
    derivation: Argon2id for a passphrase, nothing for a secret that is random already.
    """

    @property
    def name(self) -> str:
        """The word for it on the command line and in `data-key.json`."""

    @property
    def details(self) -> Mapping[str, type]:
        """What `data-key.json` records about each unlocker of this kind, in this order: names with `str` or `int`."""

    @property
    def parameters(self) -> Mapping[str, object]:
        """The details that every new unlocker of this kind shares. A rekey updates them."""

    @property
    def options(self) -> Sequence[Option]:
        """Command-line options of `vault enable` and `vault add-unlocker` that are only for this kind."""

    @property
    def prompts(self) -> Sequence[Prompt]:
        """Secrets that the user has to choose for a new unlocker of this kind."""

    @property
    def is_quick(self) -> bool:
        """Whether it opens the vault at once: without asking the user, and without waiting for another process."""

    @property
    def asks(self) -> bool:
        """Whether the user types its secret. It is tried last, and one answer is for all unlockers of the kind."""

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
        """Return what the wrapping key is derived from. `path` is the data key's file, for messages.

        Raises SealingError if that is not possible here.
        """

    def describe(self, unlocker: Unlocker) -> str:
        """Return in words where the secret is or how it is protected; a path if that says it."""

    def forget(self, context: Context, unlocker: Unlocker) -> None:
        """Delete a removed unlocker's secret if it was stored for this vault alone; warn if that fails."""

    def leftover(self, unlocker: Unlocker) -> str:
        """Return the path of the file that `forget` leaves to the user, or an empty string."""
