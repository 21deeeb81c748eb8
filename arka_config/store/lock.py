"""One writer at a time: an advisory lock on a file that is never deleted. Standard library only.

The file contains the holder's process id, for the error that another writer gets. It is emptied when the lock is
released, so an id that is still there tells the next holder that the last one was killed and may have left temporary
files. The lock itself is the kernel's and ends with its process: it cannot be stale.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from _thread import RLock  # threading's own, without the rest of threading

from arka_config import debug
from arka_config.errors import LockTimeout, UnsafeFile
from arka_config.store import files
from arka_config.store.ownership import check_folders
from arka_config.store.system import CLOEXEC, NOFOLLOW, SYSTEM
from arka_config.text import quote_path, visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from types import TracebackType

TIMEOUT = 10.0  # seconds
_FIRST_PAUSE = 0.002
_LONGEST_PAUSE = 0.1
_FLAGS = os.O_RDWR | os.O_CREAT | CLOEXEC | NOFOLLOW


class Lock:
    """`with lock:` around every read-modify-write. The thread that holds it may enter it again.

    `after_a_kill` is called under the lock if the previous holder did not release it, and `when_taken` each time that
    it is taken. `folders` are those that no other
    user may own or write to. Raises LockTimeout after `timeout` seconds, naming the holder, FileError if the lock file
    cannot be created, and UnsafeFile.
    """

    def __init__(
        self,
        path: str,
        *,
        after_a_kill: Callable[[], None],
        when_taken: Callable[[], None] = lambda: None,
        folders: Collection[str] = (),
        timeout: float = TIMEOUT,
    ) -> None:
        self.path = path
        self._folders = folders
        self._after_a_kill = after_a_kill
        self._when_taken = when_taken
        self._timeout = timeout
        self._descriptor = -1
        self._depth = 0
        self._threads = RLock()  # a file lock does not keep the threads of one process apart

    def __enter__(self) -> Lock:
        if not self._threads.acquire(timeout=self._timeout):
            raise self._timeout_error("another thread of this process")
        try:
            if self._depth == 0:
                self._take()
            self._depth += 1
        except BaseException:
            self._threads.release()
            raise
        return self

    def _take(self) -> None:
        self._descriptor = self._open()
        try:
            self._wait()
            if self._was_killed():
                self._after_a_kill()
            self._write_holder(f"{os.getpid()} {os.path.basename(sys.argv[0] or 'python')}")
            self._when_taken()
        except BaseException:
            os.close(self._descriptor)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._depth -= 1
        try:
            if self._depth == 0:
                self._release()
        finally:
            self._threads.release()

    def _release(self) -> None:
        try:
            self._write_holder("")
            SYSTEM.unlock(self._descriptor)
        except OSError:
            pass  # the change has been made, and closing the file releases the lock as well
        finally:
            os.close(self._descriptor)

    def _open(self) -> int:
        """Open the file, which is emptied later: a link to another file is refused (CWE-59)."""
        check_folders(self._folders)
        try:
            files.make_folder(os.path.dirname(self.path))
            if SYSTEM.follows_links and os.path.islink(self.path):
                raise self._link_error()
            descriptor = os.open(self.path, _FLAGS, files.PRIVATE_FILE)
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise self._link_error() from None
            raise files.failure("lock", self.path, error) from None
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode) and status.st_nlink <= 1:
            return descriptor
        os.close(descriptor)
        raise self._link_error()

    def _link_error(self) -> UnsafeFile:
        return UnsafeFile(
            f"{self.path} is a link or a special file, which would be emptied; nothing was changed",
            path=self.path,
            hint=f"look at it: ls -l {quote_path(self.path)}, then: rm {quote_path(self.path)}",
        )

    def _was_killed(self) -> bool:
        """Return whether the previous holder left its id, and so perhaps a temporary file."""
        try:
            return bool(os.read(self._descriptor, 1))
        except OSError:
            return True  # unknown, and looking is harmless

    def _wait(self) -> None:
        deadline = time.monotonic() + self._timeout
        pause = _FIRST_PAUSE
        while not self._try():
            if pause == _FIRST_PAUSE:
                debug.log(f"waiting for {self.path}, held by {self._describe_holder()}")
            if time.monotonic() > deadline:
                raise self._timeout_error(self._describe_holder())
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _try(self) -> bool:
        """Try to take the lock. Raises FileError if there are no locks, as on some network file systems."""
        try:
            return SYSTEM.try_lock(self._descriptor)
        except OSError as error:
            raise files.failure("lock", self.path, error) from None

    def _timeout_error(self, holder: str) -> LockTimeout:
        return LockTimeout(
            f"{self.path} is held by {holder} for more than {self._timeout:g} s; nothing was changed",
            hint="wait for that process, or end it, and run this command again",
        )

    def _describe_holder(self) -> str:
        holder = self.read_holder()
        return f"process {holder[0]} ({holder[1]})" if holder is not None else "another process"

    def read_holder(self) -> tuple[int, str] | None:
        """Return the process id and program of the process that holds the lock, or was killed while it held it; None if
        the lock was released. Takes no lock."""
        try:
            with open(self.path, encoding="utf-8", errors="replace") as file:
                process, _, program = file.read(200).strip().partition(" ")
        except OSError:  # on Windows, a locked range cannot be read
            return None
        return (int(process), visible(program)) if process.isascii() and process.isdigit() else None

    def _write_holder(self, holder: str) -> None:
        try:
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.truncate(self._descriptor, 0)
            os.write(self._descriptor, holder.encode("utf-8", "replace"))
        except OSError:
            pass  # the lock works on a full disk too, and commands that free space must be possible
