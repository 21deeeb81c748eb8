"""Outages of the database: each is logged once when it begins and once when it ends.

While the database is silent (it accepts a statement and does not answer), one request at a time waits for it, and all
others fail at once.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from arka_config.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

READ, WRITE = "read", "write"
TIME_LIMIT = 2.0  # seconds for a connection, and for each statement
UNAVAILABLE = (InterfaceError, NoConnectionFree, OperationalError)  # it is down, silent, read-only, full or too busy

_PAUSE = 1.0  # seconds between two requests that try a silent database
_QUIET = 1.0  # seconds without an error after which a success ends an outage
_BEGINS = {
    READ: "the database does not respond: %s; requests get 503 until it does",
    WRITE: "the database cannot be written: %s; tokens still work, and changes get 503 until it can",
}
_ENDS = {
    READ: "the database responds again, after %.0f s and %s failed attempts",
    WRITE: "the database can be written again, after %.0f s and %s failed attempts",
}
_log = logging.getLogger(__name__)


class _Outage:
    """One that has begun."""

    def __init__(self) -> None:
        self.began = self.last_error = time.monotonic()
        self.errors = 0


class Outages:
    """The outages that one worker knows of. Safe in threads. Only a worker logs them; a command reports its error."""

    def __init__(self) -> None:
        self.is_worker = False
        self._lock = threading.Lock()
        self._current: dict[str, _Outage] = {}
        self._silent_until = 0.0
        self._thread = threading.local()

    @contextmanager
    def watch(self, work: str) -> Iterator[None]:
        """Note whether this work, READ or WRITE, succeeds. Raises OperationalError while the database is silent."""
        is_probe = self._start_probe()
        try:
            self.check_silence()
            yield
        except UNAVAILABLE as error:
            self._note_error(work, error)
            raise
        else:
            if self._current or is_probe:
                self._note_success(work)
        finally:
            if is_probe:
                self._thread.is_probe = False
                if self._silent_until == math.inf:  # it answered, be it with an error
                    self._silent_until = 0

    def note_silence(self) -> None:
        """Note that the database did not answer within the time limit."""
        self._silent_until = time.monotonic() + _PAUSE

    @property
    def is_silent(self) -> bool:
        """Whether the database did not answer the last time."""
        return self._silent_until > 0

    def check_silence(self) -> None:
        """Raise OperationalError while the database is silent, except in the thread that tries it."""
        if self._silent_until and not getattr(self._thread, "is_probe", False):
            raise OperationalError(None, None, TimeoutError(f"no response within {TIME_LIMIT:g} s"))

    def _start_probe(self) -> bool:
        """Let this thread try a silent database if it is time for that, and no other thread does."""
        if not self._silent_until:
            return False
        with self._lock:
            if self._silent_until > time.monotonic():
                return False
            self._silent_until = math.inf
        self._thread.is_probe = True
        return True

    def _note_error(self, work: str, error: Exception) -> None:
        with self._lock:
            outage = self._current.get(work) or self._current.get(READ)  # if it cannot be read, nor can it be written
            if is_new := outage is None:
                outage = self._current[work] = _Outage()
            outage.errors += 1
            outage.last_error = time.monotonic()
        if is_new and self.is_worker:
            _log.error(_BEGINS[work], visible(driver_message(error)))

    def _note_success(self, work: str) -> None:
        now = time.monotonic()
        with self._lock:
            self._silent_until = 0
            ended = [
                (each, self._current.pop(each))
                for each in dict.fromkeys((READ, work))
                if each in self._current and self._current[each].last_error <= now - _QUIET
            ]
        for each, outage in ended:
            if self.is_worker:
                _log.warning(_ENDS[each], now - outage.began, f"{outage.errors:,}")


def driver_message(error: Exception) -> str:
    """The first line of the driver's message. SQLAlchemy's own message repeats the statement."""
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
