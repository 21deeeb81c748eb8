"""Reading with a check, and writing without a half-way: every file of the store goes through here.

Reading opens first and checks what it opened, so that nothing can be swapped in between (CVE-2025-46327). Writing goes
to a temporary file beside the target and renames it, so that a reader sees the old file or the new one, also after a
kill or a power cut. Standard library only.
"""

from __future__ import annotations

import errno
import os
import stat
import sys

from arka_config import debug
from arka_config.errors import ConfigWarning, FileError, MalformedFile, UnsafeFile
from arka_config.store import durability
from arka_config.text import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
LARGEST_FILE = 1 << 20  # bytes; the largest honest file here has a few thousand
_TEMPORARY = ".arka-tmp"

_CLOEXEC = getattr(os, "O_CLOEXEC", 0)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)


def read(path: str, *, secret: bool = False) -> str | None:
    """The file's text, or None where there is no such file.

    With `secret`, a file that group or others can write raises UnsafeFile, and one that they can read gives a
    ConfigWarning. Raises FileError where it cannot be opened, MalformedFile where it is too large or not UTF-8.
    """
    try:
        # Non-blocking, so that a named pipe in the file's place is refused below and not waited for.
        descriptor = os.open(path, os.O_RDONLY | _CLOEXEC | _BINARY | _NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        debug.log(f"{path} is not there")
        return None
    except OSError as error:
        raise cannot("read", path, error) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise MalformedFile(f"{path} is not a regular file", path=path, hint=f"look at it: ls -ld {quoted(path)}")
        if secret:
            _check_private(path, status)
        content = _read_all(descriptor, path)
    except OSError as error:
        raise cannot("read", path, error) from None
    finally:
        os.close(descriptor)
    debug.log(f"read {path}")
    return _decoded(content, path)


def _decoded(content: bytes, path: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
    # Outside of the handler: the decoder's error holds the whole content, and would be the context of this one.
    raise MalformedFile(f"{path}, line {line}: not UTF-8 text", path=path, hint=f"look at it: file {quoted(path)}")


def _read_all(descriptor: int, path: str) -> bytes:
    parts = []
    size = 0
    while part := os.read(descriptor, 1 << 16):
        size += len(part)
        if size > LARGEST_FILE:
            raise MalformedFile(f"{path} is larger than {LARGEST_FILE} bytes", path=path)
        parts.append(part)
    return b"".join(parts)


def _check_private(path: str, status: os.stat_result) -> None:
    if sys.platform == "win32":  # modes say nothing there: the profile folder's access list protects the file
        return
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o022:
        raise UnsafeFile(
            f"{path} can be written by others (mode {mode:04o}), so it is not trusted",
            path=path,
            hint=f"look at what is in it, then: chmod 600 {quoted(path)}",
        )
    if mode & 0o044:
        import warnings

        warnings.warn(
            ConfigWarning(f"{path} can be read by others (mode {mode:04o})", hint=f"chmod 600 {quoted(path)}"),
            stacklevel=2,
        )


def write(path: str, text: str, *, before_rename: Callable[[], None] | None = None) -> bool:
    """Puts text in place of the file's content, all or nothing; whether anything was written.

    The file is 0600 from its first byte, or keeps a stricter mode, and its owner. A symbolic link is followed, and
    stays. Missing folders are made, 0700. Nothing is written where nothing would change. Raises FileError.

    `before_rename` is called when only the rename is left to do, for a file that programs without our lock write to
    as well: what it raises leaves the file as it is.
    """
    content = _encoded(text, path)
    if len(content) > LARGEST_FILE:
        raise FileError(
            f"cannot write {path}: it would be larger than {LARGEST_FILE} bytes, which is never read", path=path
        )
    try:
        target = os.path.realpath(path)
        before = _status(target)
        if before is not None and not stat.S_ISREG(before.st_mode):
            raise FileError(f"cannot write {path}: it is not a regular file", path=path)
        if before is not None and not before.st_mode & 0o077 and _holds(target, content):
            debug.log(f"{path} holds that already")
            return False
        make_folder(os.path.dirname(target))
        _replace(target, content, before, before_rename)
    except OSError as error:
        raise cannot("write", path, error) from None
    debug.log(f"wrote {path}")
    return True


def _encoded(text: str, path: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        pass
    # Outside of the handler: the encoder's error holds the whole text, and would be the context of this one.
    raise FileError(f"cannot write {path}: what it is to hold is not Unicode text", path=path)


def _replace(
    target: str, content: bytes, before: os.stat_result | None, before_rename: Callable[[], None] | None
) -> None:
    folder = os.path.dirname(target)
    temporary = os.path.join(folder, f".{os.path.basename(target)}.{os.urandom(6).hex()}{_TEMPORARY}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW | _CLOEXEC | _BINARY
    descriptor = os.open(temporary, flags, PRIVATE_FILE)
    try:
        try:
            if before is not None:
                _keep_owner_and_mode(descriptor, before)
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if before_rename is not None:
            before_rename()
        _rename_over(temporary, target)
    except BaseException:
        try:
            os.unlink(temporary)
        except OSError:
            pass  # the next holder of the lock sweeps it
        raise
    durability.settle(folder, target)


def _keep_owner_and_mode(descriptor: int, before: os.stat_result) -> None:
    if sys.platform == "win32":
        return
    if before.st_uid != os.geteuid() and os.geteuid() == 0:
        os.fchown(descriptor, before.st_uid, before.st_gid)
    stricter = stat.S_IMODE(before.st_mode) & PRIVATE_FILE
    if stricter != PRIVATE_FILE:
        os.fchmod(descriptor, stricter)


def _rename_over(temporary: str, target: str) -> None:
    """`os.replace`, which on Windows fails for as long as a scanner or an editor has the target open."""
    attempts = 20 if sys.platform == "win32" else 1
    for attempt in range(attempts):
        try:
            return os.replace(temporary, target)
        except PermissionError:
            if attempt == attempts - 1:
                raise
            import time

            time.sleep(0.05)


def remove(path: str) -> bool:
    """Removes the file (a symbolic link itself, not what it points to); whether there was one. Raises FileError."""
    try:
        os.unlink(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise cannot("remove", path, error) from None
    debug.log(f"removed {path}")
    durability.settle(os.path.dirname(path), path)
    return True


def make_folder(path: str) -> None:
    """Makes the folder and its parents, each new one 0700. Raises OSError."""
    if os.path.isdir(path):
        return
    parent = os.path.dirname(path)
    if parent != path:
        make_folder(parent)
    try:
        os.mkdir(path, PRIVATE_FOLDER)
    except FileExistsError:
        if not os.path.isdir(path):
            raise


class Together:
    """`with Together():` around many writes that count only together: their folders are made durable once, at its end.

    Until then a power cut may undo some of them, the later ones first or last, as a kill would have. For one thread.
    """

    def __enter__(self) -> None:
        durability.hold()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for folder in durability.release():
            try:
                durability.sync(folder)
            except OSError as error:
                if kind is None:  # else there is another error on its way
                    raise cannot("write", folder, error) from None


def sweep(folders: Iterable[str]) -> None:
    """Removes what a killed writer left behind. Only for who holds the lock: every write happens under it."""
    for folder in folders:
        for path in temporaries(folder):
            try:
                os.unlink(path)
            except OSError:
                continue  # on a read-only folder it stays, and does no harm


def temporaries(folder: str) -> list[str]:
    """The temporary files of writers in a folder, of killed ones and of those that are at work."""
    try:
        return [entry.path for entry in os.scandir(folder) if entry.name.endswith(_TEMPORARY)]
    except OSError:
        return []


def exists(path: str) -> bool:
    """Whether there is a file; a folder that may not be searched raises FileError and is not taken for an empty one."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise cannot("read", path, error) from None
    return True


def cannot(what: str, path: str, error: OSError) -> FileError:
    """The FileError for an OSError: the system's words, the path, and what usually helps."""
    hints = {
        errno.EACCES: f"look at who owns it: ls -ld {quoted(path)} {quoted(os.path.dirname(path))}",
        errno.EPERM: f"look at who owns it: ls -ld {quoted(path)} {quoted(os.path.dirname(path))}",
        errno.EROFS: "the file system is read-only; choose another place with the app's HOME variable",
        errno.ENOSPC: f"make room on that disk: df -h {quoted(os.path.dirname(path))}",
        errno.ELOOP: f"a symbolic link leads back to itself: ls -l {quoted(path)}",
    }
    reason = (error.strerror or type(error).__name__).lower()
    code = error.errno or 0
    return FileError(f"cannot {what} {path}: {reason}", path=path, hint=hints.get(code, ""), code=code)


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _holds(path: str, content: bytes) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(len(content) + 1) == content
    except OSError:
        return False
