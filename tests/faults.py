"""Faults: the n-th change that a process makes to the disk fails, or is the last thing that the process does.

A step is a call that changes something: a write, a sync, a rename, a removal, a folder, a mode, a lock, or a file that
is opened to be written. What runs is forked from a process that has imported everything, so that hundreds of faults
take seconds; the fork is armed, and tells at which call it met its fault.
"""

from __future__ import annotations

import builtins
import errno
import fcntl
import gc
import json
import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KILL = "kill"  # the process dies there; a write is half done
FULL = "full"  # the disk is full from there on
ERRORS = ("ENOSPC", "EIO", "EACCES", "EINTR", FULL)
KINDS = (KILL, *ERRORS)

_CALLS = ("open", "write", "fsync", "replace", "rename", "unlink", "remove", "mkdir", "truncate", "fchmod", "chmod")
GROWING = frozenset({"open", "write", "mkdir"})  # what a full disk refuses
_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CRASHED = 70  # the exit code of a fork that raised what nobody caught


class Fault(NamedTuple):
    """What happens, and at which step, counted from 1. At step 0 nothing ever does."""

    step: int
    kind: str = KILL

    @property
    def code(self) -> int:
        """The system's number for the error."""
        return errno.ENOSPC if self.kind == FULL else int(getattr(errno, self.kind))

    @property
    def words(self) -> str:
        """What the system calls it."""
        return os.strerror(self.code).lower()


NONE = Fault(0)


class Armed:
    """The functions of this process that change the disk, each of which counts. `met` is the call of the fault."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.steps: list[tuple[str, str]] = []  # each call, with what it was about
        self.met: tuple[str, str] | None = None
        self._tell: Callable[[], None] = lambda: None
        self._paths: dict[int, str] = {}
        self._real = {name: getattr(os, name) for name in _CALLS}
        self._flock, self._builtin_open = fcntl.flock, builtins.open

    def arm(self, tell: Callable[[], None]) -> None:
        """From now on. `tell` is called before a process dies."""
        self._tell = tell
        for name in _CALLS:
            setattr(os, name, self._counted(name, self._real[name]))
        fcntl.flock = self._counted("flock", self._flock)
        builtins.open = self._opened  # type: ignore[assignment]

    def disarm(self) -> None:
        """Puts everything back."""
        for name, function in self._real.items():
            setattr(os, name, function)
        fcntl.flock, builtins.open = self._flock, self._builtin_open

    def _counted(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **options: Any) -> Any:
            if name == "open" and not _is_to_write(arguments, options):
                found = function(*arguments, **options)
                self._paths[found] = str(arguments[0])
                return found
            about = arguments[0]
            path = self._paths.get(about, "") if isinstance(about, int) else str(about)
            self._count(name, path, arguments)
            if name == "fsync":  # which would only cost time: a process that dies loses nothing that was written
                return None
            found = function(*arguments, **options)
            if name == "open":
                self._paths[found] = str(about)
            return found

        return step

    def _opened(self, path: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
        if not set(mode).isdisjoint("wax+") and path != os.devnull:
            self._count("open", str(path), (path,))
        return self._builtin_open(path, mode, *rest, **options)

    def _count(self, name: str, about: str, arguments: tuple[Any, ...]) -> None:
        self.steps.append((name, about))
        if len(self.steps) == self.fault.step:
            self.met = (name, about)
        if not self._is_hit(name, about):
            return
        if name == "write":
            self._real["write"](arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
        if self.fault.kind == KILL:
            self._tell()
            os.kill(os.getpid(), signal.SIGKILL)
        raise OSError(self.fault.code, os.strerror(self.fault.code), about or None)

    def _is_hit(self, name: str, about: str) -> bool:
        if self.fault.kind == FULL and self.met is not None:
            return name in GROWING and not (name == "open" and os.path.exists(about))
        return len(self.steps) == self.fault.step


def _is_to_write(arguments: tuple[Any, ...], options: dict[str, Any]) -> bool:
    flags = options.get("flags", arguments[1] if len(arguments) > 1 else 0)
    return bool(flags & _TO_WRITE) and arguments[0] != os.devnull


class Ended(NamedTuple):
    """How a fork ended. `code` is negative for a signal; `said` is what its function gave, or its traceback."""

    code: int
    met: tuple[str, str] | None
    steps: list[tuple[str, str]]
    said: Any


def forked(work: Callable[[], Any], fault: Fault, report: Path, then: Callable[[], Any] = lambda: None) -> Ended:
    """Runs a function in a fork that has a fault before it, and then another one that has none.

    What both give, in a pair, must fit into JSON.
    """
    process = os.fork()
    if process == 0:
        _in_the_fork(work, then, fault, str(report))
    _, status = os.waitpid(process, 0)
    try:
        met, steps, said = json.loads(report.read_text("utf-8"))
    except FileNotFoundError:
        met, steps, said = None, [], None
    report.unlink(missing_ok=True)
    return Ended(os.waitstatus_to_exitcode(status), met and tuple(met), [tuple(step) for step in steps], said)


def _in_the_fork(work: Callable[[], Any], then: Callable[[], Any], fault: Fault, report: str) -> None:
    gc.disable()  # it would touch, and so copy, all that the parent has
    code = 0
    said: Any = None
    armed = Armed(fault)
    really_open = builtins.open

    def tell() -> None:
        armed.disarm()
        with really_open(report, "w", encoding="utf-8") as file:
            json.dump([armed.met, armed.steps, said], file)

    try:
        armed.arm(tell)
        found = work()
        armed.disarm()
        said = [found, then()]
    except BaseException:  # noqa: BLE001  # it is told, and nothing of the parent's may run on in the fork
        said, code = traceback.format_exc(), CRASHED
    try:
        tell()
        sys.stdout.flush()
    finally:
        os._exit(code)
