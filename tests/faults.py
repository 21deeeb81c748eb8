"""Inject faults: the n-th change that a process makes to the disk fails, or the process dies there.

A step is a call that changes something: a write, a sync, a rename, a removal, a folder, a mode, a lock, or opening a
file for writing. Two more steps are the moments before a request is sent and after its response arrives. The work runs
in a fork of a process that has imported everything.

A fork takes longer than most commands. So one ForkedWorker tries all errors of a command. For the kills, it stops at
each step of a run without a fault, and the test reads what a kill there leaves: a killed process changes nothing more.
"""

from __future__ import annotations

import builtins
import errno
import fcntl
import gc
import json
import multiprocessing
import os
import signal
import sys
import threading
import traceback
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from arka_config.workspace.client import transport
from tests.folder_snapshot import FolderSnapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection as Pipe
    from pathlib import Path

    from arka_config.workspace.client.connection import Connection

KILL = "kill"  # the process dies; a write is half done
FULL = "full"  # the disk is full from this step on
ERRORS = ("ENOSPC", "EIO", "EACCES", "EINTR", FULL)
KINDS = (KILL, *ERRORS)

_CALLS = ("open", "write", "fsync", "replace", "rename", "unlink", "remove", "mkdir", "truncate", "fchmod", "chmod")
GROWING = frozenset({"open", "write", "mkdir"})  # these calls fail if the disk is full
_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT
REQUEST = "request"  # the name of a step; only a kill is tried there
CRASHED = 70  # the exit code of a fork if it raises an unexpected exception
_STOPPED = "stopped"  # what a worker sends at a step


class Fault(NamedTuple):
    """The kind of fault, and its step, counted from 1. No fault happens at step 0."""

    step: int
    kind: str = KILL

    @property
    def code(self) -> int:
        """The error's number."""
        return errno.ENOSPC if self.kind == FULL else int(getattr(errno, self.kind))

    @property
    def message(self) -> str:
        """The system's message for the error, in lower case."""
        return os.strerror(self.code).lower()


NO_FAULT = Fault(0)


class FaultInjector:
    """Replacements of the functions that change the disk. `hit` is the call at which the fault happened.

    `stop` is called at each step, at which a write is half done.
    """

    def __init__(self, fault: Fault, stop: Callable[[], object] | None = None) -> None:
        self.fault = fault
        self._stop = stop
        self.steps: list[tuple[str, str]] = []  # each call, with the path that it changed
        self.hit: tuple[str, str] | None = None
        self._before_kill: Callable[[], None] = lambda: None
        self._paths: dict[int, str] = {}
        self._originals = {name: getattr(os, name) for name in _CALLS}
        self._flock, self._builtin_open = fcntl.flock, builtins.open
        self._original_send = transport._send_once

    def install(self, before_kill: Callable[[], None]) -> None:
        """Count the calls of this process from now on. `before_kill` is called before the process dies."""
        self._before_kill = before_kill
        for name in _CALLS:
            setattr(os, name, self._counting(name, self._originals[name]))
        fcntl.flock = self._counting("flock", self._flock)
        transport._send_once = self._send
        builtins.open = self._open  # type: ignore[assignment]

    def uninstall(self) -> None:
        """Restore the original functions."""
        for name, function in self._originals.items():
            setattr(os, name, function)
        fcntl.flock, builtins.open = self._flock, self._builtin_open
        transport._send_once = self._original_send

    def _counting(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **options: Any) -> Any:
            if name == "open" and not _is_to_write(arguments, options):
                descriptor = function(*arguments, **options)
                self._paths[descriptor] = str(arguments[0])
                return descriptor
            target = arguments[0]
            path = self._paths.get(target, "") if isinstance(target, int) else str(target)
            written = self._count(name, path, arguments)
            if name == "fsync":  # no wait for the disk: if a process is killed, nothing that it wrote is lost
                return None
            if written:
                return written + function(target, bytes(arguments[1])[written:])
            result = function(*arguments, **options)
            if name == "open":
                self._paths[result] = str(target)
            return result

        return step

    def _open(self, path: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
        if not set(mode).isdisjoint("wax+") and path != os.devnull:
            self._count("open", str(path), (path,))
        return self._builtin_open(path, mode, *rest, **options)

    def _send(
        self, request: transport.Request, connection: Connection, seconds: float
    ) -> transport.Response | transport.Failure:
        self._count(REQUEST, request.url, ())
        response = self._original_send(request, connection, seconds)
        self._count(REQUEST, request.url, ())
        return response

    def _count(self, name: str, path: str, arguments: tuple[Any, ...]) -> int:
        """Count a step, and fail or stop there. Return how many bytes were written before it stopped."""
        self.steps.append((name, path))
        if len(self.steps) == self.fault.step:
            self.hit = (name, path)
        is_hit = self._is_hit(name, path)
        written = 0
        if name == "write" and (is_hit or self._stop):
            half = bytes(arguments[1])[: len(arguments[1]) // 2]
            written = self._originals["write"](arguments[0], half)
        if self._stop:
            self._stop()
        if is_hit and self.fault.kind == KILL:
            self._before_kill()
            os.kill(os.getpid(), signal.SIGKILL)
        if is_hit:
            raise OSError(self.fault.code, os.strerror(self.fault.code), path or None)
        return written

    def _is_hit(self, name: str, path: str) -> bool:
        if self.fault.kind == FULL and self.hit is not None:
            return name in GROWING and not (name == "open" and os.path.exists(path))
        return len(self.steps) == self.fault.step


def _is_to_write(arguments: tuple[Any, ...], options: dict[str, Any]) -> bool:
    flags = options.get("flags", arguments[1] if len(arguments) > 1 else 0)
    return bool(flags & _TO_WRITE) and arguments[0] != os.devnull


class ForkResult(NamedTuple):
    """How a fork ended. If a signal ended it, `code` is negative. `value` is the functions' result, or a traceback."""

    code: int
    hit: tuple[str, str] | None
    steps: list[tuple[str, str]]
    value: Any


def run_in_fork(
    work: Callable[[], Any], fault: Fault, report: Path, then: Callable[[], Any] = lambda: None
) -> ForkResult:
    """Run a function with a fault in a fork, and then another function there without one. `value` is the pair of
    results.

    Both results must be JSON values.
    """
    process = os.fork()
    if process == 0:
        gc.disable()  # a collection would touch all of the parent's memory, and so copy it
        _run_and_exit(work, then, fault, str(report))
    _, status = os.waitpid(process, 0)
    try:
        _, hit, steps, value = json.loads(report.read_text("utf-8"))
    except FileNotFoundError:
        hit, steps, value = None, [], None
    report.unlink(missing_ok=True)
    return ForkResult(os.waitstatus_to_exitcode(status), hit and tuple(hit), [tuple(step) for step in steps], value)


def _run_and_exit(work: Callable[[], Any], then: Callable[[], Any], fault: Fault, report: str) -> None:
    original_open = builtins.open

    def write_report(result: ForkResult) -> None:
        with original_open(report, "w", encoding="utf-8") as file:
            json.dump(result, file)

    injector = FaultInjector(fault)
    code = CRASHED
    try:
        result = _run(work, then, injector, before_kill=write_report)
        write_report(result)
        code = result.code
        sys.stdout.flush()
    finally:
        os._exit(code)


def _run(
    work: Callable[[], Any],
    then: Callable[[], Any],
    injector: FaultInjector,
    before_kill: Callable[[ForkResult], None] = lambda result: None,
) -> ForkResult:
    """Run a function with a fault, and then another one without."""

    def report_kill() -> None:
        injector.uninstall()
        before_kill(ForkResult(-signal.SIGKILL, injector.hit, injector.steps, None))

    code = 0
    try:
        injector.install(report_kill)
        try:
            result = work()
        finally:
            injector.uninstall()
        value = [result, then()]
    except BaseException:  # noqa: BLE001  # it is reported, and the parent's code must not run on in the fork
        value, code = traceback.format_exc(), CRASHED  # type: ignore[assignment]
    return ForkResult(code, injector.hit, injector.steps, value)


class ForkedWorker:
    """A fork that runs a function with a fault, and then another function without, until a fault kills it."""

    def __init__(self, work: Callable[..., Any], then: Callable[[], Any] = lambda: None) -> None:
        self._pipe, other = multiprocessing.Pipe()
        self._process = os.fork()
        if self._process == 0:
            self._pipe.close()
            _serve_and_exit(other, work, then)
        other.close()
        self.is_alive = True

    def __enter__(self) -> ForkedWorker:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """End the fork, if a fault has not killed it."""
        if self.is_alive:
            self.is_alive = False
            self._pipe.close()
            os.waitpid(self._process, 0)

    def run(
        self, fault: Fault, at_step: Callable[[], None] | None = None, arguments: tuple[Any, ...] = ()
    ) -> ForkResult:
        """Run both functions, the first with the arguments. `at_step` is called in this process at each step, while
        the worker waits.
        """
        self._pipe.send((fault, at_step is not None, arguments))
        while (answer := self._pipe.recv()) == _STOPPED:
            assert at_step is not None
            at_step()
            self._pipe.send(None)
        assert isinstance(answer, ForkResult)
        if answer.code < 0:
            self.end()
        return answer


def _serve_and_exit(pipe: Pipe, work: Callable[..., Any], then: Callable[[], Any]) -> None:
    gc.freeze()  # a collection would touch all of the parent's memory, and so copy it
    one_at_a_time = threading.Lock()  # a command sends requests in threads

    def stop() -> None:
        with one_at_a_time:
            pipe.send(_STOPPED)
            pipe.recv()

    try:
        while True:
            fault, stops, arguments = pipe.recv()
            injector = FaultInjector(fault, stop if stops else None)
            pipe.send(_run(partial(work, *arguments), then, injector, before_kill=pipe.send))
    except EOFError:
        pass
    finally:
        os._exit(0)


def snapshots_after_kills(work: Callable[[], Any], folder: Path) -> list[FolderSnapshot]:
    """Run a function in a fork. Return what is in a folder if the fork is killed, for each step of the function.

    The function runs to its end. The fork has ended too, so its process id is that of no process.
    """
    snapshots: list[FolderSnapshot] = []
    with ForkedWorker(work) as worker:
        result = worker.run(NO_FAULT, lambda: snapshots.append(FolderSnapshot.take(folder)))
    assert result.code == 0, result.value
    assert len(snapshots) == len(result.steps)
    return snapshots


def distinct(snapshots: list[FolderSnapshot]) -> list[tuple[int, FolderSnapshot]]:
    """Return each different state once, with its step. Steps such as a sync change no file."""
    found: dict[object, tuple[int, FolderSnapshot]] = {}
    for step, snapshot in enumerate(snapshots, 1):
        found.setdefault(snapshot.state, (step, snapshot))
    return list(found.values())
