"""Writing files outside the store: where the user says, and next to other programs' files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from arka_config.errors import FileError
from arka_config.store import files

if TYPE_CHECKING:
    from arka_config.store.profile_store import ProfileStore


def write(store: ProfileStore, path: str, text: str) -> None:
    """Replace the file's content with text, and remove temporary files of killed writers, which may contain a token.

    Raises FileError, LockTimeout.
    """
    try:
        with store.lock:
            files.sweep([os.path.dirname(os.path.realpath(path))])
            files.write(path, text)
    except FileError as error:
        if error.path != store.lock.path:
            raise
        files.write(path, text)  # the store is read-only, but this folder need not be
