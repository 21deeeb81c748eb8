"""The folder of token files: one for each profile, each of the kind that it says itself."""

from __future__ import annotations

import os

from arka_config.errors import MalformedFile, UnsafeFile
from arka_config.secret import Secret
from arka_config.store import files
from arka_config.store.json import text_of
from arka_config.store.tokens import PLAIN, Credential, PlainTokens, parsed, storage_of
from arka_config.text import is_profile_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from arka_config.precedence.origin import Origin
    from arka_config.store.protocols import TokenStore
    from arka_config.store.tokens import Document

_ENDING = ".json"


class TokenFiles:
    """Keeps credentials by profile name, each in the kind of token store that its file says.

    `default` gives the kind for a profile that has no token yet. Whoever writes holds the store's lock.
    """

    def __init__(
        self,
        folder: str,
        *,
        kinds: tuple[str, ...],
        make_kind: Callable[[str], TokenStore],
        default: Callable[[], str],
    ) -> None:
        self.folder = folder
        self._other_kinds = kinds
        self._make_kind = make_kind
        self._default = default
        self._kinds: dict[str, TokenStore] = {PLAIN: PlainTokens()}

    def kind(self, storage: str) -> TokenStore:
        """The kind of token store that a word means, imported at this call."""
        if storage not in self._kinds:
            self._kinds[storage] = self._make_kind(storage)
        return self._kinds[storage]

    # What there is

    def path(self, name: str) -> str:
        """The file of a profile's credential, there or not. The name has been checked: it is no path."""
        return os.path.join(self.folder, name + _ENDING)

    def names(self) -> set[str]:
        """The profiles that have a token."""
        try:
            entries = os.listdir(self.folder)
        except (FileNotFoundError, NotADirectoryError):
            return set()
        except OSError as error:
            raise files.cannot("read", self.folder, error) from None
        stems = (entry[: -len(_ENDING)] for entry in entries if entry.endswith(_ENDING))
        return {stem for stem in stems if is_profile_name(stem)}

    def holds(self, name: str) -> bool:
        """Whether the profile has a token here."""
        return files.exists(self.path(name))

    def read(self, name: str) -> Credential | None:
        """The profile's credential, or None; a token that is not in the file itself is fetched when it is revealed.

        Raises MalformedFile, UnsafeFile.
        """
        path = self.path(name)
        text = files.read(path, secret=True)
        if text is None:
            return None
        document = parsed(text, path)
        storage = storage_of(document, path)
        if storage != PLAIN:
            _check_is_as_written(text, document, path)
        return self.kind(storage).read(name, document, path)

    def storage(self, name: str) -> str | None:
        """The kind of the profile's token; None where there is none. A file that cannot be read still tells, where
        its beginning does: a token that was sealed must not be replaced by a plain one because it was damaged."""
        try:
            text = files.read(self.path(name))
        except MalformedFile:
            return None
        if text is None:
            return None
        said = next((word for word in self._other_kinds if f'"storage": "{word}"' in text), None)
        return said or PLAIN if '"version"' in text else said

    # Changes

    def write(self, name: str, credential: Credential, *, storage: str | None = None) -> None:
        """Keeps the credential, in place of the one before: in the kind that is asked for, else in that of the one
        before, else in the usual one. Raises InvalidValue, FileError, and SealingError where that kind cannot."""
        self.put(name, self.prepare(name, credential, storage=storage))

    def prepare(self, name: str, credential: Credential, *, storage: str | None = None) -> Document:
        """The document that `put` then keeps. What may fail for want of a key or a keyring fails here."""
        return self.kind(storage or self.storage(name) or self._default()).save(name, credential)

    def check_can_store(self, name: str, origin: Origin) -> None:
        """Raises what `prepare` raises, for who is about to ask somebody for a token that then has to be kept."""
        self.drop(name, self.prepare(name, Credential(Secret("none yet"), origin)))

    def put(self, name: str, document: Document) -> None:
        """Keeps a prepared document. Raises FileError, and then nothing of it is kept anywhere."""
        before = self.document(name)
        try:
            files.write(self.path(name), text_of(document))
        except BaseException:
            self.drop(name, document)
            raise
        if before is not None:
            self.drop(name, before)

    def drop(self, name: str, document: Document) -> None:
        """Forgets what a document that is not in the folder, or not any more, points to."""
        try:
            storage = storage_of(document, self.path(name))
        except MalformedFile:
            return
        if storage != PLAIN:
            self.kind(storage).forget(name, document)

    def remove(self, name: str) -> bool:
        """Forgets the profile's credential, readable or not; whether there was one."""
        before = self.document(name)
        removed = files.remove(self.path(name))
        if before is not None:
            self.drop(name, before)
        return removed

    def document(self, name: str) -> Document | None:
        """What stands in the profile's file; None where nothing does that anybody could read."""
        try:
            text = files.read(self.path(name))
            return None if text is None else parsed(text, self.path(name))
        except (MalformedFile, UnsafeFile):
            return None


def _check_is_as_written(text: str, document: Document, path: str) -> None:
    """Raises SealedFileDamaged where a text says the same in other bytes than ours: every one of them counts."""
    if text_of(document) != text:
        from arka_config.errors import SealedFileDamaged

        raise SealedFileDamaged(
            f"{path}: damaged: it is not as it was written", path=path, hint=f"take it from a backup: {path}"
        )
