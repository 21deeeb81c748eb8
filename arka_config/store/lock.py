"""One writer at a time: an advisory lock on a file that is never deleted. Standard library only.

The file holds who has the lock, for the error that a second writer gets. It is emptied when the lock is given back, so
a name still standing there tells the next holder that the last one was killed, and that there may be something to
sweep. The lock itself is the kernel's and dies with its process: no holder can be stale.
"""

from __future__ import annotations

import os
import sys
import time
from _thread import RLock  # threading's own, without the rest of threading

from arka_config import debug
from arka_config.errors import LockTimeout
from arka_config.store import files
from arka_config.text import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

PATIENCE = 10.0  # seconds
_FIRST_PAUSE = 0.002
_LONGEST_PAUSE = 0.1


class Lock:
    """`with lock:` around every read-modify-write. May be entered again by the thread that holds it.

    `after_a_kill` is called, under the lock, when the holder before did not give it back. Raises LockTimeout after
    `patience` seconds, naming the holder, and FileError where the lock file cannot be made.
    """

    def __init__(self, path: str, *, after_a_kill: Callable[[], None], patience: float = PATIENCE) -> None:
        self.path = path
        self._after_a_kill = after_a_kill
        self._patience = patience
        self._descriptor = -1
        self._depth = 0
        self._threads = RLock()  # a file lock does not keep the threads of one process apart

    def __enter__(self) -> Lock:
        if not self._threads.acquire(timeout=self._patience):
            raise self._timed_out("another thread of this process")
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
            self._sign(f"{os.getpid()} {os.path.basename(sys.argv[0] or 'python')}")
        except BaseException:
            os.close(self._descriptor)
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._depth -= 1
        try:
            if self._depth == 0:
                self._give_back()
        finally:
            self._threads.release()

    def _give_back(self) -> None:
        try:
            self._sign("")
            _unlock(self._descriptor)
        except OSError:
            pass  # what was to be changed is changed, and closing the file gives the lock back as well
        finally:
            os.close(self._descriptor)

    def _open(self) -> int:
        try:
            files.make_folder(os.path.dirname(self.path))
            return os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), files.PRIVATE_FILE)
        except OSError as error:
            raise files.cannot("lock", self.path, error) from None

    def _was_killed(self) -> bool:
        """Whether the holder before this one left its name, and with it perhaps a file."""
        try:
            return bool(os.read(self._descriptor, 1))
        except OSError:
            return True  # nobody knows, and a look does no harm

    def _wait(self) -> None:
        deadline = time.monotonic() + self._patience
        pause = _FIRST_PAUSE
        while not self._is_taken():
            if pause == _FIRST_PAUSE:
                debug.log(f"waiting for {self.path}, which {self._holder()} holds")
            if time.monotonic() > deadline:
                raise self._timed_out(self._holder())
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _is_taken(self) -> bool:
        """Whether the lock is ours now. Raises FileError where there are no locks, as on some network file systems."""
        try:
            return _try_lock(self._descriptor)
        except OSError as error:
            raise files.cannot("lock", self.path, error) from None

    def _timed_out(self, holder: str) -> LockTimeout:
        return LockTimeout(
            f"{self.path} is held by {holder} for more than {self._patience:g} s; nothing was changed",
            hint="wait for that process, or end it, and run this command again",
        )

    def _holder(self) -> str:
        signed = self.signature()
        return f"process {signed[0]} ({signed[1]})" if signed is not None else "another process"

    def signature(self) -> tuple[int, str] | None:
        """The process that has the lock, or was killed while it had it, and its program; None where it was given back.
        Takes no lock."""
        try:
            with open(self.path, encoding="utf-8", errors="replace") as file:
                process, _, program = file.read(200).strip().partition(" ")
        except OSError:  # Windows lets nobody read a locked range
            return None
        return (int(process), visible(program)) if process.isascii() and process.isdigit() else None

    def _sign(self, holder: str) -> None:
        try:
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            os.truncate(self._descriptor, 0)
            os.write(self._descriptor, holder.encode("utf-8", "replace"))
        except OSError:
            pass  # on a full disk the lock holds all the same, and what frees room must still be allowed


if sys.platform == "win32":
    import msvcrt

    # Byte ranges past the end of the file may be locked, which leaves the holder's name readable.
    _RANGE_AT = 1 << 20

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, _RANGE_AT, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, _RANGE_AT, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
