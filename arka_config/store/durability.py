"""Makes changes of a folder last through a power cut: each at once, or those of many writes together at their end."""

from __future__ import annotations

import errno
import os
import sys
from _thread import _local  # threading's own, without the rest of threading

from arka_config.errors import ConfigWarning

_CLOEXEC = getattr(os, "O_CLOEXEC", 0)


class _Held(_local):
    folders: set[str] | None = None  # those that are to be synced when this thread releases them


_held = _Held()


def hold() -> None:
    """From now on this thread's folders are only noted."""
    _held.folders = set()


def release() -> list[str]:
    """The folders that were noted, in order; from now on each is synced at once again."""
    folders, _held.folders = _held.folders, None
    return sorted(folders or ())


def settle(folder: str, path: str) -> None:
    """Syncs a folder after a change of it. The change has been made, and who asked for it must not take it for undone:
    that it may not last through a power cut is a warning."""
    try:
        sync(folder)
    except OSError as error:
        import warnings

        reason = (error.strerror or type(error).__name__).lower()
        warnings.warn(
            ConfigWarning(
                f"{path} was changed, and a power cut may undo that: {folder}: {reason}",
                hint="check that disk",
            ),
            stacklevel=2,
        )


def sync(folder: str) -> None:
    """Makes a rename or a removal in this folder last, where the system can. Raises OSError."""
    if sys.platform == "win32":  # a folder cannot be opened there, and NTFS journals its entries
        return
    if _held.folders is not None:
        _held.folders.add(folder)
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY | _CLOEXEC)
    except OSError:
        return  # a folder that may be written and not read: the rename itself has been done
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EROFS):
            raise
    finally:
        os.close(descriptor)
