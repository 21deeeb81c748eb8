"""Bad tokens of each address: counted in memory, and added to the database together.

A request does not wait for that write, and a database that cannot be written makes no bad token anything else.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError

from arka_config.workspace.server import records
from arka_config.workspace.server.outages import UNAVAILABLE

if TYPE_CHECKING:
    from arka_config.workspace.server.database import Database
    from arka_config.workspace.server.records import BlockedAddresses, Limit

_MAX_ADDRESSES = 10_000  # in memory


class BadTokens:
    """The bad tokens that one worker counts. It blocks an address once it, or all workers together, reach the limit."""

    def __init__(self, database: Database, blocked: BlockedAddresses) -> None:
        self._database = database
        self._blocked = blocked
        self._lock = threading.Lock()
        self._counted: dict[tuple[Limit, str], tuple[int, float]] = {}  # since when a window lasts
        self._unwritten: dict[tuple[Limit, str], int] = {}
        self._is_writing = False
        self._thread = ThreadPoolExecutor(1, "bad-tokens")

    def count(self, limit: Limit, address: str) -> None:
        """Count a bad token of an address that is not blocked."""
        key, now, window = (limit, records.network(address)), time.monotonic(), limit.window.total_seconds()
        with self._lock:
            count, began = self._counted.get(key, (0, now))
            count, began = (count + 1, began) if began > now - window else (1, now)
            if len(self._counted) >= _MAX_ADDRESSES:
                self._counted.clear()
            self._counted[key] = count, began
            if count >= limit.most:
                self._blocked.add(limit, address, round(began + window - now) + 1)
            if len(self._unwritten) < _MAX_ADDRESSES:
                self._unwritten[limit, address] = self._unwritten.get((limit, address), 0) + 1
            if not self._is_writing:
                self._is_writing = True
                self._thread.submit(self._write)

    def flush(self) -> None:
        """Wait until all are written, or cannot be."""
        self._thread.submit(lambda: None).result()

    def close(self) -> None:
        """Write those that are still in memory."""
        self._thread.shutdown()

    def _write(self) -> None:
        while True:
            with self._lock:
                unwritten, self._unwritten = self._unwritten, {}
                if not unwritten:
                    self._is_writing = False
                    return
            for (limit, address), times in unwritten.items():
                try:
                    seconds = records.count_failure(self._database, limit, address, times=times)
                except (DBAPIError, *UNAVAILABLE):
                    continue  # this worker still counts them
                if seconds:
                    self._blocked.add(limit, address, seconds)
