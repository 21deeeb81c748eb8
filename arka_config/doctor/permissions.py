"""Who may read and write the files: folders that cannot be used, modes that let others in, files of another owner."""

from __future__ import annotations

import os
import stat
import sys
from itertools import groupby
from typing import TYPE_CHECKING

from arka_config.doctor import commands, places
from arka_config.doctor.problem import ERROR, WARNING, Fix, Problem
from arka_config.errors import ConfigError
from arka_config.store import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from arka_config.doctor.machine import Machine
    from arka_config.doctor.places import Place

_OTHERS = 0o077
_WRITE = 0o022
_NAMED = 3  # files that a message names


def folders(machine: Machine) -> Iterator[Problem]:
    """Folders that are no folders, or that this user may not look into. What lies below is then not looked at."""
    store = machine.store
    ours = [store.folders.config, store.profiles.folder, store.folders.data, store.tokens.folder, store.folders.state]
    told: set[str] = set()
    for folder in dict.fromkeys(ours):
        try:
            os.listdir(folder)
        except FileNotFoundError:
            continue
        except NotADirectoryError:
            problem = _no_folder(folder)
        except OSError as error:
            problem = _closed_to_us(machine, folder, error)
        else:
            continue
        if problem.place not in told:
            told.add(problem.place)
            yield problem


def _no_folder(folder: str) -> Problem:
    """A file stands in the folder's place, or in that of one above it."""
    while not os.path.lexists(folder):
        folder = os.path.dirname(folder)
    message = "a file stands where a folder belongs"
    return Problem(ERROR, folder, message, commands.line("mv", folder, f"{folder}.old"))


def _closed_to_us(machine: Machine, folder: str, error: OSError) -> Problem:
    """The topmost folder that keeps this user out, whose owner is to be known."""
    above = folder
    while (parent := os.path.dirname(above)) != above:
        above = parent
        if os.path.isdir(above) and not os.access(above, os.X_OK):
            folder = above
    reason = (error.strerror or type(error).__name__).lower()
    owner = _owner(folder)
    if owner is None:
        advice = f"look at who owns it: {commands.line('ls', '-ld', os.path.dirname(folder))}"
        return Problem(ERROR, folder, f"it cannot be looked into: {reason}", advice=advice)
    if owner == machine.owner:
        return Problem(ERROR, folder, f"it cannot be looked into: {reason}", commands.line("chmod", "u+rwx", folder))
    if _is_strange_home(machine):
        return _strange_home(machine, machine.home)
    if not _is_below(folder, machine.home):
        return _strange_home(machine, folder)
    whose = f"it belongs to {user_name(owner)}, and this is {user_name(machine.owner)}"
    return Problem(ERROR, folder, f"it cannot be looked into: {whose}", _chown(machine, folder))


def _is_strange_home(machine: Machine) -> bool:
    """Whether the home folder is another user's, so that nothing in it was left there by a run of this one."""
    owner = _owner(machine.home)
    return owner is not None and owner != machine.owner


def _strange_home(machine: Machine, folder: str) -> Problem:
    """What is there is another user's for good reason, and no command may give it to this one."""
    owner = _owner(folder)
    whose = user_name(owner) if owner is not None else "another user"
    return Problem(
        ERROR,
        folder,
        f"it belongs to {whose}, and this is {user_name(machine.owner)}: a token that is kept there is in wrong hands",
        advice=f"become {whose}, or set HOME (or {machine.app.variable('HOME')}) to a folder of your own",
    )


def _chown(machine: Machine, path: str) -> str:
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    return commands.line(*sudo, "chown", "-hR", user_name(machine.owner), path)


def modes(machine: Machine) -> Iterator[Problem]:
    """Files and folders of tokens and state that others can read or write."""
    if sys.platform == "win32":  # modes say nothing there: the profile folder's access list protects the files
        return
    for folder in places.private_folders(machine):
        if folder.mode & _OTHERS and stat.S_ISDIR(folder.status.st_mode):
            can = "write to" if folder.mode & _WRITE else "look into"
            severity = ERROR if folder.mode & _WRITE else WARNING
            message = f"others can {can} the folder (mode {folder.mode:04o})"
            yield _closed(severity, folder.path, message, [folder], files.PRIVATE_FOLDER)
    yield from _open_files(places.secret_files(machine), ERROR)
    yield from _open_files(places.state_files(machine), WARNING)


def _open_files(found: Sequence[Place], severity: str) -> Iterator[Problem]:
    """One problem for each folder with files that others can read or write."""
    wide = [place for place in found if place.mode & _OTHERS and stat.S_ISREG(place.status.st_mode)]
    for folder, group in groupby(wide, lambda place: os.path.dirname(place.path)):
        members = list(group)
        can = "write to" if any(place.mode & _WRITE for place in members) else "read"
        grave = ERROR if can == "write to" else severity
        if len(members) == 1:
            path, message = members[0].path, f"others can {can} the file (mode {members[0].mode:04o})"
        else:
            path, message = folder, f"others can {can} {_named(members)}"
        yield _closed(grave, path, message, members, files.PRIVATE_FILE)


def _named(found: Sequence[Place]) -> str:
    """`3 files in it: a.json, b.json, c.json`."""
    names = [os.path.basename(place.path) for place in found]
    rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{len(names)} files in it: {', '.join(names[:_NAMED])}{rest}"


def _closed(severity: str, place: str, message: str, found: Sequence[Place], mode: int) -> Problem:
    paths = [each.path for each in found]
    fix = Fix(f"closed to others: {place}", closing(paths, mode))
    return Problem(severity, place, message, commands.chmod(f"{mode:o}", paths), fix=fix)


def closing(paths: Iterable[str], mode: int) -> Callable[[], None]:
    """Takes from each path what `mode` does not grant. Raises ConfigError for what is not this user's own."""

    def run() -> None:
        for path in paths:
            _close(path, mode)

    return run


def _close(path: str, mode: int) -> None:
    """By the opened file, and through no link of any kind: in a folder that others could write to, root would otherwise
    be led to change a file of the system's."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        is_file = stat.S_ISREG(status.st_mode)
        if status.st_uid != os.geteuid():
            raise ConfigError(f"{path} belongs to another user")
        if not (is_file or stat.S_ISDIR(status.st_mode)) or (is_file and status.st_nlink > 1):
            raise ConfigError(f"{path} is a link, or no plain file: look at it first")
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode) & mode)
    finally:
        os.close(descriptor)


def config(machine: Machine) -> Iterator[Problem]:
    """Files that people edit, and others can write to: a helper in config.toml is a command that runs."""
    if sys.platform == "win32":
        return
    for place in places.config_places(machine):
        by_group = place.mode & 0o020 and not _is_own_group(place.status)
        if (by_group or place.mode & 0o002) and not place.mode & stat.S_ISVTX:
            message = f"others can write to it (mode {place.mode:04o}), and so choose commands and URLs for you"
            fix = Fix(f"others can no longer write to {place.path}", closing([place.path], place.mode & ~_WRITE))
            yield Problem(ERROR, place.path, message, commands.line("chmod", "go-w", place.path), fix=fix)


def _is_own_group(status: os.stat_result) -> bool:
    """Whether nobody but its owner is in the file's group: a group of one's own, as Debian and Fedora give it."""
    import grp
    import pwd

    try:
        owner, group = pwd.getpwuid(status.st_uid), grp.getgrgid(status.st_gid)
    except KeyError:
        return False
    return owner.pw_gid == group.gr_gid and owner.pw_name == group.gr_name and set(group.gr_mem) <= {owner.pw_name}


def owners(machine: Machine) -> Iterator[Problem]:
    """Files and folders of another owner, as a run by sudo leaves them."""
    if sys.platform == "win32":
        return
    if _is_strange_home(machine) and _is_below(machine.store.folders.data, machine.home):
        yield _strange_home(machine, machine.home)
        return
    private = [*places.private_folders(machine), *places.secret_files(machine), *places.state_files(machine)]
    found = {place.path: place for place in private if place.owner != machine.owner}
    found |= {place.path: place for place in places.config_places(machine) if _is_in_the_way(machine, place)}
    topmost = [path for path in found if not any(_is_below(path, other) for other in found)]
    for path in topmost:
        place = found[path]
        below = sum(_is_below(other, path) for other in found)
        more = f", with {below} {'thing' if below == 1 else 'things'} in it" if below else ""
        whose = user_name(place.owner)
        yield Problem(
            ERROR,
            path,
            f"it belongs to {whose} and not to {user_name(machine.owner)}{more}"
            + (": a run by sudo leaves such files" if place.owner == 0 else ""),
            _chown(machine, path),
        )


def _is_in_the_way(machine: Machine, place: Place) -> bool:
    """Whether a config file's owner matters: the system may own those that are managed, outside of the home folder."""
    if place.owner == machine.owner:
        return False
    is_managed = place.owner == 0 and not place.mode & _WRITE and os.access(place.path, os.R_OK)
    return not (is_managed and not _is_below(os.path.realpath(place.path), os.path.realpath(machine.home)))


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)


def _owner(path: str) -> int | None:
    try:
        return os.lstat(path).st_uid
    except OSError:
        return None


def user_name(uid: int) -> str:
    """A user's name, or the number where it has none."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
