"""Searching files: those of a folder, without what git ignores, and the histories of shells and interpreters."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from arka_config.scanning.findings import Finding, Place
from arka_config.scanning.tokens import MAX_SIZE
from arka_config.store.system import CLOEXEC, NOFOLLOW, NONBLOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from arka_config.scanning.tokens import Pattern

HISTORIES = (
    *(".bash_history", ".zsh_history", ".zhistory", ".histfile", ".sh_history"),
    *(".python_history", ".node_repl_history", ".psql_history"),
    ".local/share/fish/fish_history",
    ".local/share/powershell/PSReadLine/ConsoleHost_history.txt",
)
_FLAGS = os.O_RDONLY | NONBLOCK | CLOEXEC | NOFOLLOW


class Excluded:
    """A folder that is not searched: the app's own token store. `was_met` says whether the search came to it."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.was_met = False
        self._target = os.path.realpath(folder)

    def contains(self, path: str) -> bool:
        """Whether the path is the folder or below it."""
        target = os.path.realpath(path)
        is_inside = target == self._target or target.startswith(self._target + os.sep)
        self.was_met |= is_inside
        return is_inside

    def leave_out(self, folder: str, names: Iterable[str]) -> Iterator[str]:
        """Yield the paths, relative to a folder, that are not below this one, without a look at each of the files."""
        below = os.path.relpath(self._target, os.path.realpath(folder)) + os.sep
        for name in names:
            if name.startswith(below):
                self.was_met = True
            else:
                yield name


def history_paths(home: str, environ: Mapping[str, str]) -> list[str]:
    """The paths of the history files of shells, Python, Node and psql, which need not exist."""
    paths = [os.path.join(home, name) for name in HISTORIES]
    paths += [os.path.expanduser(environ["HISTFILE"])] if environ.get("HISTFILE") else []
    data = environ.get("XDG_DATA_HOME", "")
    paths += [os.path.join(data, "fish", "fish_history")] if os.path.isabs(data) else []
    return list(dict.fromkeys(map(os.path.abspath, paths)))


def walk(folder: str, warn: Callable[[str, str], None], excluded: Excluded) -> Iterator[str]:
    """Yield the files below a folder, without those in `.git`, which have a format of their own."""
    for parent, folders, names in os.walk(folder, onerror=lambda error: warn(str(error.filename), _reason(error))):
        folders[:] = sorted(name for name in folders if name != ".git")
        if (store := os.path.basename(excluded.folder)) in folders and excluded.contains(os.path.join(parent, store)):
            folders.remove(store)
        yield from (os.path.join(parent, name) for name in sorted(names))


def search_files(
    paths: Iterable[str], pattern: Pattern, warn: Callable[[str, str], None], place: Place = Place.FILE
) -> Iterator[Finding]:
    """Yield the tokens in regular files. Links are not followed: their target is searched under its own name.

    `warn` is called with a path and a reason for each file that was not searched completely. A missing file is none.
    """
    for path in paths:
        try:
            content = _read(path, warn)
        except FileNotFoundError:
            continue
        except OSError as error:
            if not os.path.islink(path):
                warn(path, _reason(error))
            continue
        for match in pattern.find(content):
            yield Finding(place, path, match)


def _read(path: str, warn: Callable[[str, str], None]) -> bytes:
    descriptor = os.open(path, _FLAGS)
    with open(descriptor, "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return b""
        content = file.read(MAX_SIZE)
        if len(content) == MAX_SIZE:
            warn(path, f"only the first {MAX_SIZE >> 20} MiB were searched")
        return content


def _reason(error: OSError) -> str:
    return (error.strerror or "it cannot be read").lower()
