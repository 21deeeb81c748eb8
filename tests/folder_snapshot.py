"""The contents of a folder in memory, to compare them and to restore them."""

from __future__ import annotations

import os
import re
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROCESS_ID = re.compile(rb'^\d+ |(?<="process": )\d+')  # in the lock, and in the journal


class Entry(NamedTuple):
    """A file, a folder or a link. `content` is a link's target, and empty for a folder."""

    mode: int
    content: bytes
    modified: int  # nanoseconds; 0 for a folder

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.mode)


class FolderSnapshot(NamedTuple):
    """The entries of a folder by relative path. A folder comes before its contents."""

    entries: dict[str, Entry]

    @classmethod
    def take(cls, folder: Path) -> FolderSnapshot:
        """Read a folder."""
        return cls(dict(_entries(str(folder), "")))

    @property
    def files(self) -> list[str]:
        """The paths of files and links."""
        return sorted(path for path, entry in self.entries.items() if not entry.is_folder)

    @property
    def state(self) -> frozenset[tuple[str, int, bytes]]:
        """Everything except timestamps and process ids, which differ in each run."""
        return frozenset(
            (path, entry.mode, _PROCESS_ID.sub(b"PID ", entry.content)) for path, entry in self.entries.items()
        )

    def restore(self, folder: Path, now: FolderSnapshot | None = None) -> None:
        """Change what differs in a folder. `now` is its current contents, if the caller knows them."""
        if now is None:
            folder.mkdir(exist_ok=True)
            now = FolderSnapshot.take(folder)
        for path, entry in reversed(now.entries.items()):
            if entry != self.entries.get(path):
                _remove(os.path.join(folder, path), entry, self.entries.get(path))
        for path, entry in self.entries.items():
            if entry != now.entries.get(path):
                _create(os.path.join(folder, path), entry)


def _entries(folder: str, within: str) -> Iterator[tuple[str, Entry]]:
    with os.scandir(folder) as found:
        for each in sorted(found, key=lambda each: each.name):
            path, status = within + each.name, each.stat(follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode):
                yield path, Entry(status.st_mode, b"", 0)
                yield from _entries(each.path, f"{path}/")
            else:
                yield path, Entry(status.st_mode, _read(each.path, status), status.st_mtime_ns)


def _read(path: str, status: os.stat_result) -> bytes:
    """Read a file or a link, without pathlib, which takes longer than the reading."""
    if stat.S_ISLNK(status.st_mode):
        return os.fsencode(os.readlink(path))
    descriptor = os.open(path, os.O_RDONLY)
    try:
        content = os.read(descriptor, status.st_size)
    finally:
        os.close(descriptor)
    assert len(content) == status.st_size, f"{path} was changed while it was read"
    return content


def _remove(path: str, entry: Entry, wanted: Entry | None) -> None:
    if not entry.is_folder:
        os.unlink(path)
    elif wanted is None or not wanted.is_folder:
        shutil.rmtree(path)


def _create(path: str, entry: Entry) -> None:
    if stat.S_ISLNK(entry.mode):
        os.symlink(entry.content, path)
        return
    if entry.is_folder:
        os.makedirs(path, exist_ok=True)
    else:
        Path(path).write_bytes(entry.content)
        os.utime(path, ns=(entry.modified, entry.modified))
    os.chmod(path, stat.S_IMODE(entry.mode))
