"""Checks of group Files: access to folders, modes, and owners."""

from __future__ import annotations

import os
import stat
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from arka_config.doctor.problem import (
    ERROR,
    WARNING,
    Fix,
    Problem,
    chmod_command,
    reason_of,
    shell_command,
)
from arka_config.errors import ConfigError
from arka_config.store import files
from arka_config.store.ownership import has_private_group, user_name
from arka_config.store.system import CLOEXEC, NOFOLLOW, NONBLOCK, SYSTEM
from arka_config.text import shorten_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from arka_config.doctor.machine import FileStatus, Machine

_OTHERS = 0o077
_WRITE = 0o022
_MAX_NAMES = 3  # in a message


def folders(machine: Machine) -> Iterator[Problem]:
    """Folders that are files, or that the user may not open. What is in them is not checked any further."""
    store = machine.store
    ours = [store.folders.config, store.profiles.folder, store.folders.data, store.tokens.folder, store.folders.state]
    reported: set[str] = set()
    for folder in dict.fromkeys(ours):
        try:
            os.listdir(folder)
        except FileNotFoundError:
            continue
        except NotADirectoryError:
            problem = _not_a_folder(folder)
        except OSError as error:
            problem = _inaccessible(machine, folder, error)
        else:
            continue
        if problem.place not in reported:
            reported.add(problem.place)
            yield problem


def read_only(machine: Machine) -> Iterator[Problem]:
    """Folders for tokens and state that their owner may not write to. The configuration may be read-only."""
    if not SYSTEM.has_modes:
        return
    for folder in machine.private_folders:
        if folder.owner == machine.owner and not folder.mode & stat.S_IWUSR:
            message = f"its owner may not write to it (mode {folder.mode:04o}): a command that changes it fails"
            yield Problem(WARNING, folder.path, message, shell_command("chmod", "u+w", folder.path))


def _not_a_folder(path: str) -> Problem:
    while not os.path.lexists(path):  # a parent is the file
        path = os.path.dirname(path)
    return Problem(ERROR, path, "this is a file, but must be a folder", shell_command("mv", path, f"{path}.old"))


def _inaccessible(machine: Machine, folder: str, error: OSError) -> Problem:
    """Report the topmost folder that the user may not open, and its owner."""
    above = folder
    while (parent := os.path.dirname(above)) != above:
        above = parent
        if os.path.isdir(above) and not os.access(above, os.X_OK):
            folder = above
    message = f"cannot be opened: {reason_of(error)}"
    owner = _owner(folder)
    if owner is None:
        command = shell_command("ls", "-ld", os.path.dirname(folder))
        return Problem(ERROR, folder, message, advice=f"look at its owner: {command}")
    if owner == machine.owner:
        return Problem(ERROR, folder, message, shell_command("chmod", "u+rwx", folder))
    if _is_foreign_home(machine):
        return _foreign_folder(machine, machine.home)
    if not _is_inside(folder, machine.home):
        return _foreign_folder(machine, folder)
    message = f"cannot be opened: it belongs to {user_name(owner)}, but you are {user_name(machine.owner)}"
    return Problem(ERROR, folder, message, _chown_command(machine, folder))


def _is_foreign_home(machine: Machine) -> bool:
    """Whether the home folder is another user's. Then its files were not created by a run with sudo."""
    owner = _owner(machine.home)
    return owner is not None and owner != machine.owner


def _foreign_folder(machine: Machine, folder: str) -> Problem:
    """Report another user's folder, without a command that would take it from that user."""
    uid = _owner(folder)
    owner = user_name(uid) if uid is not None else "another user"
    return Problem(
        ERROR,
        folder,
        f"it belongs to {owner}, but you are {user_name(machine.owner)}: {owner} can read a token that is stored there",
        advice=f"run this as {owner}, or set HOME (or {machine.app.variable('HOME')}) to a folder of your own",
    )


def _chown_command(machine: Machine, path: str) -> str:
    sudo = [] if SYSTEM.user_id() == 0 else ["sudo"]
    return shell_command(*sudo, "chown", "-hR", user_name(machine.owner), path)


def modes(machine: Machine) -> Iterator[Problem]:
    """Files and folders for tokens and state that others can read or write."""
    if not SYSTEM.has_modes:
        return
    for folder in machine.private_folders:
        if folder.mode & _OTHERS and stat.S_ISDIR(folder.status.st_mode):
            is_writable = folder.mode & _WRITE
            message = f"others can {'write to' if is_writable else 'open'} the folder (mode {folder.mode:04o})"
            severity = ERROR if is_writable else WARNING
            yield report_exposed(severity, folder.path, message, [folder.path], files.PRIVATE_FOLDER)
    yield from _exposed_files(machine.secret_files, ERROR)
    yield from _exposed_files(machine.state_files, WARNING)


def _exposed_files(candidates: Iterable[FileStatus], severity: str) -> Iterator[Problem]:
    """Yield one problem per folder with files that others can read or write."""
    open_files = [file for file in candidates if file.mode & _OTHERS and stat.S_ISREG(file.status.st_mode)]
    for folder, group in groupby(open_files, lambda file: os.path.dirname(file.path)):
        members = list(group)
        is_writable = any(file.mode & _WRITE for file in members)
        place, what = members[0].path, f"the file (mode {members[0].mode:04o})"
        if len(members) > 1:
            names = [os.path.basename(file.path) for file in members]
            place, what = folder, f"{len(names)} files in it: {shorten_list(names, _MAX_NAMES)}"
        message = f"others can {'write to' if is_writable else 'read'} {what}"
        paths = [file.path for file in members]
        yield report_exposed(ERROR if is_writable else severity, place, message, paths, files.PRIVATE_FILE)


def report_exposed(severity: str, place: str, message: str, paths: Sequence[str], mode: int) -> Problem:
    """Report files that others can access, with the command and the fix that restrict them to `mode`."""
    fix = Fix(f"removed access for others: {place}", partial(restrict, paths, mode))
    return Problem(severity, place, message, chmod_command(f"{mode:o}", paths), fix=fix)


def restrict(paths: Iterable[str], mode: int) -> None:
    """Remove the permissions that `mode` does not have. Raises ConfigError for a file that is not the user's own.

    No symbolic or hard link is followed: in a folder that others can write to, it could make root change a system file.
    """
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY | NOFOLLOW | NONBLOCK | CLOEXEC)
        try:
            status = os.fstat(descriptor)
            is_file = stat.S_ISREG(status.st_mode)
            if status.st_uid != SYSTEM.user_id():
                raise ConfigError(f"{path} belongs to another user")
            if not (is_file or stat.S_ISDIR(status.st_mode)) or (is_file and status.st_nlink > 1):
                raise ConfigError(f"{path} is a link or a special file: check what it is first")
            os.fchmod(descriptor, stat.S_IMODE(status.st_mode) & mode)
        finally:
            os.close(descriptor)


def config_modes(machine: Machine) -> Iterator[Problem]:
    """Files that the user edits and that others can write: a helper in config.toml is a command that runs."""
    if not SYSTEM.has_modes:
        return
    for file in machine.config_files:
        by_group = file.mode & 0o020 and not has_private_group(file.status)
        if (by_group or file.mode & 0o002) and not file.mode & stat.S_ISVTX:
            message = f"others can write to it (mode {file.mode:04o}), and so change the commands and URLs you use"
            fix = Fix(f"removed write access for others: {file.path}", partial(restrict, [file.path], ~_WRITE))
            yield Problem(ERROR, file.path, message, shell_command("chmod", "go-w", file.path), fix=fix)


def owners(machine: Machine) -> Iterator[Problem]:
    """Files and folders with another owner, for example after a run with sudo."""
    if not SYSTEM.has_modes:
        return
    if _is_foreign_home(machine) and _is_inside(machine.store.folders.data, machine.home):
        yield _foreign_folder(machine, machine.home)
        return
    private = [*machine.private_folders, *machine.secret_files, *machine.state_files]
    foreign = {file.path: file for file in private if file.owner != machine.owner}
    foreign |= {file.path: file for file in machine.config_files if _has_wrong_owner(machine, file)}
    for path, file in foreign.items():
        if any(_is_inside(path, other) for other in foreign):
            continue
        inside = sum(_is_inside(other, path) for other in foreign)
        more = f", and so do {inside} files in it" if inside > 1 else ", and so does a file in it" if inside else ""
        cause = "; a run with sudo creates such files" if file.owner == 0 else ""
        message = f"it belongs to {user_name(file.owner)}, not to {user_name(machine.owner)}{more}{cause}"
        yield Problem(ERROR, path, message, _chown_command(machine, path))


def _has_wrong_owner(machine: Machine, file: FileStatus) -> bool:
    """Whether a config file's owner is a problem. Outside of the home folder, root may own and manage it."""
    if file.owner == machine.owner:
        return False
    is_managed = file.owner == 0 and not file.mode & _WRITE and os.access(file.path, os.R_OK)
    return not (is_managed and not _is_inside(os.path.realpath(file.path), os.path.realpath(machine.home)))


def _is_inside(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)


def _owner(path: str) -> int | None:
    try:
        return os.lstat(path).st_uid
    except OSError:
        return None
