"""Writing files that are not of the store: where the user says, and beside files of others."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from arka_config.errors import FileError
from arka_config.store import files

if TYPE_CHECKING:
    from arka_config.store.profile_store import ProfileStore


def write(store: ProfileStore, path: str, text: str) -> None:
    """Puts text in place of the file's content, and first removes what a killed writer of ours left beside it: that may
    hold a token. Raises FileError, LockTimeout."""
    try:
        with store.lock:
            files.sweep([os.path.dirname(os.path.realpath(path))])
            files.write(path, text)
    except FileError as error:
        if error.path != store.lock.path:
            raise
        files.write(path, text)  # where the store is read-only, another place need not be
