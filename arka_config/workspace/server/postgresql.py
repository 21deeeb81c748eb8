"""Connections to PostgreSQL that never wait long: for a connection, for a statement, or for a frozen server."""

from __future__ import annotations

import select
import time
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.errors import ReadOnlySqlTransaction
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError, OperationalError

from arka_config.workspace.server.outages import TIME_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from sqlalchemy import Engine
    from sqlalchemy.engine import ExceptionContext

    from arka_config.workspace.server.outages import Outages

# The server cancels a slow statement itself; the client gives up a little later, if the server does not.
_MARGIN = 0.1  # seconds
_IDLE_LIMIT = 10  # seconds until the server ends the transaction, with its locks, of a worker that was frozen
# libpq's parameters, unless the URL sets them. They also notice a peer that is gone while a connection is idle.
_PARAMETERS = {
    "connect_timeout": int(TIME_LIMIT),
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": int(2_000 * TIME_LIMIT),
}
_EVENTS = {1: select.POLLIN, 2: select.POLLOUT, 3: select.POLLIN | select.POLLOUT}
# In the server's time zone, the last hours of the calendar may be out of range.
_SETTINGS = "SELECT set_config('TimeZone', 'UTC', false), set_config('statement_timeout', %s, false), \
set_config('idle_in_transaction_session_timeout', %s, false)"


class LimitedConnection(psycopg.Connection[Any]):
    """A connection that is closed if a statement takes longer than `seconds`. psycopg itself would wait forever."""

    seconds = TIME_LIMIT
    note_silence: Callable[[], None]

    def wait(self, gen: Generator[Any, Any, Any], *_: Any, **__: Any) -> Any:
        """Run one of psycopg's generators until it ends. Raises OperationalError at the limit.

        psycopg's own `wait` has no limit before 3.3. A generator yields what to wait for, 1 to read and 2 to write, and
        gets what is ready.
        """
        deadline = time.monotonic() + self.seconds + _MARGIN
        poll, socket = select.poll(), self.pgconn.socket
        try:
            wanted = next(gen)
            while True:
                poll.register(socket, _EVENTS[wanted])
                found = poll.poll(1000 * max(deadline - time.monotonic(), 0))
                if not found:
                    self.note_silence()
                    self.pgconn.finish()
                    raise psycopg.OperationalError(f"no response within {self.seconds:g} s")
                # After an error or a hang-up, libpq finds out what it is.
                ready = (found[0][1] & ~select.POLLOUT != 0) | (found[0][1] & ~select.POLLIN != 0) << 1
                wanted = gen.send(ready)
        except StopIteration as end:
            return end.value
        except KeyboardInterrupt:  # in the middle of a statement
            self.pgconn.finish()
            raise

    def allow(self, seconds: float) -> None:
        """Allow each statement of the current transaction so many seconds."""
        self.execute("SELECT set_config('statement_timeout', %s, true)", [f"{1000 * seconds:.0f}"])
        self.seconds = seconds


def prepare(engine: Engine, outages: Outages, on_read_only: Callable[[], None]) -> None:
    """Let an engine use limited connections, and check them without a round trip before they are used again.

    `on_read_only` is called if a write fails because the server is read-only, as after a failover. Its connections are
    then replaced, since their server may be the former primary.
    """

    def connect(_dialect: object, _record: object, arguments: list[Any], parameters: dict[str, Any]) -> Any:
        outages.check_silence()
        parameters = {key: value for key, value in _PARAMETERS.items() if key not in parameters} | parameters
        connection = LimitedConnection.connect(*arguments, **parameters)
        connection.note_silence = outages.note_silence
        connection.autocommit = True
        connection.execute(_SETTINGS, [f"{1000 * TIME_LIMIT:.0f}", f"{1000 * _IDLE_LIMIT}"])
        connection.autocommit = False
        return connection

    def handle_error(context: ExceptionContext) -> None:
        original = context.original_exception
        if isinstance(original, psycopg.errors.ConnectionTimeout):
            outages.note_silence()
        if isinstance(original, ReadOnlySqlTransaction):  # psycopg calls it an internal error
            context.is_disconnect = True
            on_read_only()
            raise OperationalError(context.statement, None, original, hide_parameters=True) from None

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "checkout", _check_is_open)
    event.listen(engine, "handle_error", handle_error)


def _check_is_open(connection: LimitedConnection, _record: object, _proxy: object) -> None:
    """Raise DisconnectionError, so that the pool replaces the connection, if the server has closed it.

    The server says so before it closes one: an idle connection with something to read is at its end.
    """
    connection.seconds = TIME_LIMIT
    poll = select.poll()
    if not connection.closed:
        poll.register(connection.fileno(), select.POLLIN)
    if connection.closed or poll.poll(0):
        raise DisconnectionError
