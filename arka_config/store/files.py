"""Checked reads and atomic writes: every file of the store goes through here.

A read opens the file first and checks what it opened, so that it cannot be swapped in between (CVE-2025-46327). A write
goes to a temporary file next to the target, which is then renamed, so that a reader sees the old file or the new one,
even after a kill or a power cut. Standard library only.
"""

from __future__ import annotations

import errno
import os
import stat
from _thread import _local  # threading's own, without importing the rest of threading

from arka_config import debug
from arka_config.errors import ConfigWarning, FileError, MalformedFile, UnsafeFile
from arka_config.store.ownership import check_private, not_a_folder_hint, refusal_hint
from arka_config.store.system import BINARY, CLOEXEC, NOFOLLOW, NONBLOCK, SYSTEM
from arka_config.text import quote_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
MAX_FILE_SIZE = 1 << 20  # bytes; the largest real file has a few thousand
_TEMPORARY = ".cli-tmp"
_TEMPORARIES = (_TEMPORARY, ".arka-tmp")  # the other one is what older versions wrote


def read(path: str, *, secret: bool = False, check: Callable[[str], None] | None = None) -> str | None:
    """Return the file's text, or None if the file does not exist.

    With `secret`, a file that other users own or can write raises UnsafeFile, and one that they can read gives a
    ConfigWarning. `check` is called with the real path of the file that was opened, before it is read, and raises to
    refuse it. Raises FileError if it cannot be opened, MalformedFile if it is too large or not UTF-8.
    """
    found = read_with_status(path, secret=secret, check=check)
    return None if found is None else found[0]


def read_with_status(
    path: str, *, secret: bool = False, check: Callable[[str], None] | None = None
) -> tuple[str, os.stat_result] | None:
    """Return what `read` returns, with the owner and mode of the file that was read."""
    try:
        # Non-blocking: a named pipe in the file's place is refused below instead of blocking.
        descriptor = os.open(path, os.O_RDONLY | CLOEXEC | BINARY | NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        debug.log(f"{path} does not exist")
        return None
    except OSError as error:
        raise failure("read", path, error) from None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise MalformedFile(
                f"{path} is not a regular file", path=path, hint=f"look at it: ls -ld {quote_path(path)}"
            )
        if secret:
            check_private(path, status)
        if check is not None:
            check(_real_path(descriptor, status, path))
        content = _read_all(descriptor, path)
    except OSError as error:
        raise failure("read", path, error) from None
    finally:
        os.close(descriptor)
    debug.log(f"read {path}")
    return _decode(content, path), status


def _real_path(descriptor: int, status: os.stat_result, path: str) -> str:
    """Return the real path of an opened file, even if a link on the way to it was changed since. Raises OSError."""
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:  # there is no /proc, or it is not mounted
        pass
    real = os.path.realpath(path)
    if not os.path.samestat(os.stat(real), status):
        raise OSError(errno.ESTALE, "the file was exchanged while it was opened")
    return real


def _decode(content: bytes, path: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
    # Raised outside of the handler: the decoder's error contains the file's content.
    raise MalformedFile(
        f"{path}, line {line}: not UTF-8 text",
        path=path,
        hint=f"convert it to UTF-8, or look at it: od -c {quote_path(path)} | head",
    )


def _read_all(descriptor: int, path: str) -> bytes:
    parts = []
    size = 0
    while part := os.read(descriptor, 1 << 16):
        size += len(part)
        if size > MAX_FILE_SIZE:
            message = f"{path} is larger than {MAX_FILE_SIZE} bytes"
            raise MalformedFile(message, path=path, hint=f"look at what is in it: head -c 300 {quote_path(path)}")
        parts.append(part)
    return b"".join(parts)


def write(
    path: str,
    text: str,
    *,
    follow_links: bool = True,
    keep_mode: bool = False,
    before_rename: Callable[[], None] | None = None,
) -> bool:
    """Replace the file's content with text, atomically. Return whether anything was written.

    The file is 0600 from its first byte, or keeps a stricter mode, and keeps its owner. With `keep_mode`, it gets the
    mode of the file that it replaces, which others may read: for files that are not ours alone. A symbolic link is
    followed and stays; without `follow_links`, a link at the path is replaced. Missing folders are created, 0700. If
    the content is the same, nothing is written. Raises FileError.

    `before_rename` is called just before the rename, for files that programs without our lock also write to: if it
    raises, the file stays as it is.
    """
    content = _encode(text, path)
    if len(content) > MAX_FILE_SIZE:
        raise FileError(
            f"cannot write {path}: it would be larger than {MAX_FILE_SIZE} bytes, which is never read", path=path
        )
    try:
        target = os.path.realpath(path) if follow_links else _place_of(path)
        before = _status(target)
        if before is not None and not stat.S_ISREG(before.st_mode):
            raise FileError(f"cannot write {path}: it is not a regular file", path=path)
        is_private = before is not None and not before.st_mode & 0o077
        if before is not None and (is_private or keep_mode) and _has_content(target, content):
            debug.log(f"{path} is already up to date")
            return False
        make_folder(os.path.dirname(target))
        _replace(target, content, before, before_rename, keep_mode=keep_mode)
    except OSError as error:
        raise failure("write", path, error) from None
    debug.log(f"wrote {path}")
    return True


def refuse_link(path: str) -> None:
    """Raise UnsafeFile if a symbolic link decides which file an output goes to.

    A link at the path, or in a relative path, can come from a repository: `.env` could be one to a file of the user's
    home folder (CWE-59).
    """
    parts = path.split(os.sep)
    places = [path] if os.path.isabs(path) else [os.sep.join(parts[:length]) for length in range(1, len(parts) + 1)]
    for place in places:
        if os.path.islink(place):
            raise UnsafeFile(
                f"cannot write {path}: {place} is a symbolic link to {os.readlink(place)}",
                path=path,
                hint=f"write to {quote_path(os.path.realpath(path))} itself, or add --follow-links",
            )


def _encode(text: str, path: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        pass
    # Raised outside of the handler: the encoder's error contains the text.
    raise FileError(f"cannot write {path}: the content is not Unicode text", path=path)


def _place_of(path: str) -> str:
    """Return the path with the links of its folder resolved, but not a link at the path itself."""
    folder, name = os.path.split(os.path.abspath(path))
    return os.path.join(os.path.realpath(folder), name)


def _replace(
    target: str,
    content: bytes,
    before: os.stat_result | None,
    before_rename: Callable[[], None] | None,
    *,
    keep_mode: bool,
) -> None:
    folder = os.path.dirname(target)
    temporary = os.path.join(folder, f".{os.path.basename(target)}.{os.urandom(6).hex()}{_TEMPORARY}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NOFOLLOW | CLOEXEC | BINARY
    descriptor = os.open(temporary, flags, PRIVATE_FILE)
    try:
        try:
            if before is not None:
                SYSTEM.keep_owner_and_mode(descriptor, before, is_shared=keep_mode)
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if before_rename is not None:
            before_rename()
        SYSTEM.replace(temporary, target)
    except BaseException:
        try:
            os.unlink(temporary)
        except OSError:
            pass  # the next process that takes the lock removes it
        raise
    _sync_after_change(folder, target)


def remove(path: str) -> bool:
    """Remove the file (a symbolic link itself, not its target). Return whether it existed. Raises FileError."""
    try:
        os.unlink(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise failure("remove", path, error) from None
    debug.log(f"removed {path}")
    _sync_after_change(os.path.dirname(path), path)
    return True


def make_folder(path: str) -> None:
    """Create the folder and its parents, each new one 0700. Raises OSError."""
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


# Making changes of a folder survive a power cut


class _Pending(_local):
    folders: set[str] | None = None  # the folders that this thread syncs when DeferredSync ends


_pending = _Pending()


class DeferredSync:
    """`with DeferredSync():` around many writes of one thread: their folders are synced once, at the end.

    Until then, a power cut may undo any of them.
    """

    def __enter__(self) -> None:
        _pending.folders = set()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        folders, _pending.folders = _pending.folders, None
        for folder in sorted(folders or ()):
            try:
                _sync(folder)
            except OSError as error:
                if kind is None:  # otherwise the block's own error is raised
                    raise failure("write", folder, error) from None


def _sync_after_change(folder: str, path: str) -> None:
    """Sync a folder. The change has already been made, so a failed fsync is only a warning."""
    try:
        _sync(folder)
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


def _sync(folder: str) -> None:
    """Make a rename or a removal in this folder durable, if the system can. Raises OSError."""
    if not SYSTEM.syncs_folders:
        return
    if _pending.folders is not None:
        _pending.folders.add(folder)
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY | CLOEXEC)
    except OSError:
        return  # the folder is writable but not readable; the rename itself has been done
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EROFS):
            raise
    finally:
        os.close(descriptor)


# Temporary files of killed writers


def sweep(folders: Iterable[str]) -> None:
    """Remove the temporary files of killed writers. The caller must hold the lock: all writes happen under it."""
    for folder in folders:
        for path in temporary_files(folder):
            try:
                os.unlink(path)
            except OSError:
                continue  # it stays in a read-only folder, and is harmless


def temporary_files(folder: str) -> list[str]:
    """Return the temporary files in a folder, of killed and of running writers."""
    try:
        return [entry.path for entry in os.scandir(folder) if entry.name.endswith(_TEMPORARIES)]
    except OSError:
        return []


def stems(folder: str, suffix: str) -> list[str]:
    """Return the names of the files in a folder that end in the suffix, without it: none if the folder is missing.

    Hidden files are left out. Raises FileError.
    """
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise failure("read", folder, error) from None
    return [name.removesuffix(suffix) for name in names if name.endswith(suffix) and name[0] != "."]


def exists(path: str) -> bool:
    """Return whether the file exists. Raises FileError if its folder may not be searched."""
    try:
        os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise failure("read", path, error) from None
    return True


def failure(action: str, path: str, error: OSError) -> FileError:
    """Return the FileError for an OSError: the system's reason, the path, and what usually helps."""
    hints = {
        errno.EROFS: "the file system is read-only; choose another place with the app's HOME variable",
        errno.ENOSPC: f"make room on that disk: df -h {quote_path(os.path.dirname(path))}",
        errno.ELOOP: f"a symbolic link leads back to itself: ls -l {quote_path(path)}",
    }
    reason = (error.strerror or type(error).__name__).lower()
    code = error.errno or 0
    if code in (errno.EACCES, errno.EPERM):
        hint = refusal_hint(path)
    elif code in (errno.ENOTDIR, errno.EEXIST):
        hint = not_a_folder_hint(path)
    else:
        hint = hints.get(code, "")
    return FileError(f"cannot {action} {path}: {reason}", path=path, hint=hint, code=code)


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _has_content(path: str, content: bytes) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(len(content) + 1) == content
    except OSError:
        return False
