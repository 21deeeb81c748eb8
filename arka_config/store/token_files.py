"""The folder of token files, one for each profile, and of records of other secrets, each of the kind that it names."""

from __future__ import annotations

import os

from arka_config.errors import MalformedFile, UnsafeFile
from arka_config.secret import Secret
from arka_config.store import files, json
from arka_config.store.ownership import check_folders
from arka_config.store.tokens import PLAIN, PLAIN_VERSION, Credential, PlainTokens, parse_document, storage_of
from arka_config.text import is_profile_name, quote_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from arka_config.precedence.origin import Origin
    from arka_config.store.protocols import TokenStore
    from arka_config.store.tokens import Document

_SUFFIX = ".json"


class TokenFiles:
    """Stores credentials by profile name, each in the kind of token store that its file names.

    `kinds` are the kinds other than the plain one, which `make_kind` makes. `choose` returns the kind for a new token,
    given the kind of the current one. `on_plain` is called for each plain token that is read, replaced or removed. No
    other user may own the folder or one of `guarded`, or write to it. Writers must hold the store's lock.

    A name with a dot is that of another secret, as `work.webhook_secret`: store/secret_records.py.
    """

    def __init__(
        self,
        folder: str,
        *,
        kinds: tuple[str, ...],
        make_kind: Callable[[str], TokenStore],
        choose: Callable[[str | None], str],
        on_plain: Callable[[str, Document], None],
        guarded: Collection[str] = (),
    ) -> None:
        self.folder = folder
        self._guarded = (*guarded, folder)
        self._other_kinds = kinds
        self._make_kind = make_kind
        self._choose = choose
        self._on_plain = on_plain
        self._kinds: dict[str, TokenStore] = {PLAIN: PlainTokens()}

    def kind(self, storage: str) -> TokenStore:
        """The kind of token store with this name."""
        if storage not in self._kinds:
            self._kinds[storage] = self._make_kind(storage)
        return self._kinds[storage]

    # Reading

    def path(self, name: str) -> str:
        """The profile's token file, whether it exists or not. The name must have been checked."""
        return os.path.join(self.folder, name + _SUFFIX)

    def names(self) -> set[str]:
        """Return the profiles that have a token."""
        return {stem for stem in self.stems() if is_profile_name(stem)}

    def stems(self) -> list[str]:
        """Return the names of all JSON files in the folder, without the suffix."""
        return files.stems(self.folder, _SUFFIX)

    def holds(self, name: str) -> bool:
        """Return whether the profile has a token file."""
        return files.exists(self.path(name))

    def read(self, name: str) -> Credential | None:
        """Return the profile's credential, or None. A token outside the file is fetched when it is revealed.

        Raises MalformedFile, UnsafeFile.
        """
        document, path = self.read_checked(name), self.path(name)
        return None if document is None else self.kind(storage_of(document, path)).read(name, document, path)

    def read_checked(self, name: str) -> Document | None:
        """Return the content of a file that may be used, or None. Raises MalformedFile, UnsafeFile."""
        check_folders(self._guarded)
        path = self.path(name)
        text = files.read(path, secret=True)
        if text is None:
            return None
        document = parse_document(text, path)
        storage = storage_of(document, path)
        if storage == PLAIN:
            self._on_plain(name, document)
        else:
            _check_bytes(text, document, path)
        return document

    def read_storage(self, name: str) -> str | None:
        """Return the kind of the profile's token, or None if it has none.

        Works for damaged files too, if their beginning is readable: a sealed token must not be replaced by a plain one
        because its file was damaged.
        """
        try:
            text = files.read(self.path(name))
        except MalformedFile:
            return None
        if text is None:
            return None
        kind = next((kind for kind in self._other_kinds if f'"storage": "{kind}"' in text), None)
        return kind or PLAIN if '"version"' in text else kind

    def read_document(self, name: str) -> Document | None:
        """Return the content of the profile's token file, or None if it is missing or unreadable."""
        try:
            text = files.read(self.path(name))
            return None if text is None else parse_document(text, self.path(name))
        except (MalformedFile, UnsafeFile):
            return None

    # Writing

    def write(self, name: str, credential: Credential, *, storage: str | None = None) -> None:
        """Store a credential in place of the previous one, in kind `storage`, else in the kind that `choose` returns.

        Raises InvalidValue, FileError, and SealingError if the kind is not available.
        """
        self.put(name, self.prepare(name, credential, storage=storage))

    def prepare(self, name: str, credential: Credential, *, storage: str | None = None) -> Document:
        """Return the document for `put`. Raises here what a missing key or keyring makes fail."""
        return self.kind(storage or self.choose_storage(name)).save(name, credential)

    def choose_storage(self, name: str) -> str:
        """Return the kind for new content of a file. Raises SealingError if it should be sealed and cannot be."""
        return self._choose(self.read_storage(name))

    def check_can_store(self, name: str, origin: Origin, *, storage: str | None = None) -> None:
        """Check that a token could be stored before prompting for one. Raises the same errors as `prepare`."""
        self.discard(name, self.prepare(name, Credential(Secret("none yet"), origin), storage=storage))

    def put(self, name: str, document: Document) -> None:
        """Write a prepared document. Raises FileError, after discarding the document."""
        before = self._read_replaced(name)
        try:
            self._check_place(name, before)
            files.write(self.path(name), json.dumps(document))
        except BaseException:
            self.discard(name, document)
            raise
        if before is not None:
            self.discard(name, before)

    def _check_place(self, name: str, before: Document | None) -> None:
        """Raise UnsafeFile if other users can replace a file here, or if a link leads to a file that is not ours."""
        check_folders(self._guarded)
        path = self.path(name)
        if before is None and os.path.islink(path) and files.exists(path):
            raise UnsafeFile(
                f"{path} is a link to {os.path.realpath(path)}, which is not a credential file",
                path=path,
                hint=f"remove the link: rm {quote_path(path)}",
            )

    def discard(self, name: str, document: Document) -> None:
        """Delete what a document points to outside the folder, once the document is no longer in it."""
        try:
            storage = storage_of(document, self.path(name))
        except MalformedFile:
            return
        if storage != PLAIN:
            self.kind(storage).forget(name, document)

    def remove(self, name: str) -> bool:
        """Remove the profile's credential, readable or not. Return whether there was one."""
        before = self._read_replaced(name)
        removed = files.remove(self.path(name))
        if before is not None:
            self.discard(name, before)
        return removed

    def _read_replaced(self, name: str) -> Document | None:
        document = self.read_document(name)
        if document is not None and document.get("version") == PLAIN_VERSION:
            self._on_plain(name, document)
        return document


def _check_bytes(text: str, document: Document, path: str) -> None:
    """Raise SealedFileDamaged if the text has the same meaning but other bytes than this program writes."""
    if json.dumps(document) != text:
        from arka_config.errors import SealedFileDamaged

        raise SealedFileDamaged(
            f"{path}: damaged: it has changed since it was written", path=path, hint=f"restore {path} from a backup"
        )
