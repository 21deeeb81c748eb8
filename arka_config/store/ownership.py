"""The users that are trusted, and the checks of a file's owner and mode. Standard library only."""

from __future__ import annotations

import os
import stat

from arka_config.errors import ConfigWarning, UnsafeFile
from arka_config.store.system import SYSTEM
from arka_config.text import quote_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_OTHERS_WRITE = 0o022
_OTHERS_READ = 0o044


def is_trusted(uid: int) -> bool:
    """Return whether a user's files are trusted: those of this user and root, and for root those of the user of sudo.

    git trusts the same users (CVE-2022-24765).
    """
    user = SYSTEM.user_id()
    return uid in (user, 0) or (user == 0 and os.environ.get("SUDO_UID") == str(uid))


def check_private(path: str, status: os.stat_result) -> None:
    """Raise UnsafeFile if other users own a secret file or can write to it. Warn if they can read it."""
    if not SYSTEM.has_modes:  # modes mean nothing there; the user folder's access list protects the file
        return
    check_owner(path, status)
    mode = stat.S_IMODE(status.st_mode)
    if mode & _OTHERS_WRITE:
        raise UnsafeFile(
            f"{path} can be written by others (mode {mode:04o}), so it is not trusted",
            path=path,
            hint=f"look at what is in it, then: chmod 600 {quote_path(path)}",
        )
    if mode & _OTHERS_READ:
        import warnings

        warnings.warn(
            ConfigWarning(f"{path} can be read by others (mode {mode:04o})", hint=f"chmod 600 {quote_path(path)}"),
            stacklevel=2,
        )


def check_owner(path: str, status: os.stat_result) -> None:
    """Raise UnsafeFile if the file belongs to a user that is not trusted."""
    if is_trusted(status.st_uid):
        return
    owner, user = user_name(status.st_uid), user_name(SYSTEM.user_id())
    takeover = f"{'' if user == 'root' else 'sudo '}chown {user} {quote_path(path)}"
    raise UnsafeFile(
        f"{path} belongs to {owner}, but you are {user}, so it is not trusted",
        path=path,
        hint=f"run this command as {owner}, or if it should be yours: {takeover}",
    )


def check_folders(paths: Iterable[str]) -> None:
    """Raise UnsafeFile if other users own one of the folders or can replace the files in it. A missing one is fine."""
    if not SYSTEM.has_modes:
        return
    for path in paths:
        try:
            status = os.stat(path)
        except OSError:  # there are no files in it, or reading them reports the error
            continue
        check_owner(path, status)
        if _others_can_write(status):
            mode = stat.S_IMODE(status.st_mode)
            raise UnsafeFile(
                f"{path} can be written by others (mode {mode:04o}), so what is in it is not trusted",
                path=path,
                hint=f"look at what is in it, then: chmod go-w {quote_path(path)}",
            )


def check_keys(path: str, status: os.stat_result, folders: Iterable[str], keys: Iterable[str]) -> None:
    """Raise UnsafeFile, with the first of the keys, if other users can change the file that they are in.

    The caller passes the keys that run a program, or decide what is read or where a token goes.
    """
    key = next(iter(keys), None)
    fault = find_fault(path, status, folders) if key is not None else None
    if fault is not None:
        reason, command = fault
        raise UnsafeFile(f"{path}: {key} is refused: {reason}", path=path, hint=f"check what is in it, then: {command}")


def find_fault(path: str, status: os.stat_result, folders: Iterable[str]) -> tuple[str, str] | None:
    """Return why other users can change a file that the user edits, or replace it in one of its folders.

    The second string is the command that prevents it.
    """
    if not SYSTEM.has_modes:
        return None
    for place in (path, *folders):
        if place != path:
            try:
                status = os.stat(place)
            except OSError:
                continue
        what = "it" if place == path else f"its folder {place}"
        if not is_trusted(status.st_uid):
            command = f"chown {user_name(SYSTEM.user_id())} {quote_path(place)}"
            return f"{what} belongs to {user_name(status.st_uid)}", command
        if _others_can_write(status):
            mode = stat.S_IMODE(status.st_mode)
            return f"others can write to {what} (mode {mode:04o})", f"chmod go-w {quote_path(place)}"
    return None


def _others_can_write(status: os.stat_result) -> bool:
    """Return whether other users can change the file, or replace the files in the folder.

    In a folder with the sticky bit, such as /tmp, they can only add files, which are then theirs.
    """
    mode = status.st_mode
    if mode & stat.S_ISVTX and stat.S_ISDIR(mode):
        return False
    return bool(mode & 0o002) or (bool(mode & 0o020) and not has_private_group(status))


def has_private_group(status: os.stat_result) -> bool:
    """Return whether the file's owner is the only member of its group, as on Debian and Fedora by default."""
    import grp
    import pwd

    try:
        owner, group = pwd.getpwuid(status.st_uid), grp.getgrgid(status.st_gid)
    except KeyError:
        return False
    return owner.pw_gid == group.gr_gid and owner.pw_name == group.gr_name and set(group.gr_mem) <= {owner.pw_name}


def user_name(uid: int) -> str:
    """Return a user's name, or the uid if it has none."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def refusal_hint(path: str) -> str:
    """Return what helps if the system refuses access to a file: a command for the file or folder that is the cause."""
    place, missing = _nearest_existing(path)
    if SYSTEM.has_modes:
        user_id = SYSTEM.user_id()
        user = user_name(user_id)
        for each in dict.fromkeys((place, place if missing else os.path.dirname(place))):
            status = os.stat(each)
            if status.st_uid == user_id:
                needed = stat.S_IRWXU if stat.S_ISDIR(status.st_mode) else stat.S_IRUSR | stat.S_IWUSR
                if status.st_mode & needed != needed:
                    return f"chmod u+{'rwx' if needed & stat.S_IXUSR else 'rw'} {quote_path(each)}"
            elif missing and not _is_below_own_folder(each):
                cause = f"{missing} does not exist, and {each}" if each == os.path.dirname(each) else each
                return (
                    f"{cause} belongs to {user_name(status.st_uid)}, but you are {user}: set HOME to a folder of yours"
                )
            else:
                owner = f"{each} belongs to {user_name(status.st_uid)}, but you are {user}"
                cause = "; a run with sudo creates such files" if status.st_uid == 0 else ""
                takeover = f"{'' if user == 'root' else 'sudo '}chown -hR {user} {quote_path(each)}"
                return f"{owner}{cause}; if it should be yours: {takeover}"
    return f"look at who owns it: ls -ld {quote_path(place)} {quote_path(os.path.dirname(place))}"


def not_a_folder_hint(path: str) -> str:
    """Return what helps if a folder of the path is not one."""
    place, _ = _nearest_existing(path)
    return "" if os.path.isdir(place) else f"{place} is not a folder; look at it: ls -ld {quote_path(place)}"


def _nearest_existing(path: str) -> tuple[str, str]:
    """Return the path, or its nearest parent that this user can see, and the missing path in it (empty if none is)."""
    missing = ""
    while not os.path.exists(path) and (parent := os.path.dirname(path)) != path:
        path, missing = parent, path
    return path, missing


def _is_below_own_folder(path: str) -> bool:
    """Return whether a folder above is the user's, as it is if a run with sudo created the path in the home folder."""
    while (parent := os.path.dirname(path)) != path:
        path = parent
        if os.stat(path).st_uid == SYSTEM.user_id():
            return True
    return False
