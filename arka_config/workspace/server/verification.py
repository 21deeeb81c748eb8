"""Verify presented tokens: one lookup, by the unique index of digests, for all requests that wait for one.

Each request is answered by a statement that started after the request arrived, so a revocation is effective at once,
in all workers. Nothing is cached.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select
from sqlalchemy.exc import OperationalError

from arka_config.workspace.server.database import is_locked
from arka_config.workspace.server.last_uses import LastUses
from arka_config.workspace.server.tables import Token, User, digest
from arka_config.workspace.server.verified_token import Sender, VerifiedToken, VerifiedUser

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arka_config.app_identity import AppIdentity
    from arka_config.workspace.server.database import Database

UNKNOWN_SENDER = Sender()
_MAX_LENGTH = 200  # characters of a token
_MAX_BATCH = 64  # tokens looked up by one statement

_COLUMNS = (
    *(Token.digest, Token.id, Token.user_id, Token.label, Token.last_four, Token.scopes),
    *(Token.created, Token.expires, Token.last_used, Token.successor_of),
)
_LOOKUP = (
    select(*_COLUMNS, User.email, User.plan)
    .join(User, Token.user_id == User.id)
    .where(Token.digest.in_(bindparam("digests", expanding=True)))
)


class Verifier:
    """Verifies the tokens of one worker's requests. `verify` is for its event loop, `verify_now` for any thread."""

    def __init__(self, app: AppIdentity, database: Database) -> None:
        self.last_uses = LastUses(database)
        self._app = app
        self._database = database
        self._waiting: list[tuple[bytes, asyncio.Future[VerifiedToken | None]]] = []
        self._task: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, "token-lookup")

    async def verify(self, text: str, sender: Sender = UNKNOWN_SENDER) -> VerifiedToken | None:
        """Look up a presented token and its user. None if it is invalid; the reason is not disclosed."""
        if not self._is_plausible(text):
            return None
        loop = asyncio.get_running_loop()
        future: asyncio.Future[VerifiedToken | None] = loop.create_future()
        self._waiting.append((digest(text), future))
        if self._task is None:
            self._task = loop.create_task(self._look_up_waiting(loop))
        token = _unless_expired(await future)
        if token is not None and self.last_uses.must_be_written_now(token):
            return await loop.run_in_executor(None, self.last_uses.write_first_use, token, sender)
        return self.last_uses.record(token, sender) if token is not None else None

    def verify_now(self, text: str) -> VerifiedToken | None:
        """Do the same without an event loop."""
        if not self._is_plausible(text):
            return None
        key = digest(text)
        token = _unless_expired(self._look_up([key]).get(key))
        if token is not None and self.last_uses.must_be_written_now(token):
            return self.last_uses.write_first_use(token, UNKNOWN_SENDER)
        return self.last_uses.record(token, UNKNOWN_SENDER) if token is not None else None

    def close(self) -> None:
        """Write the last uses that are still in memory."""
        self._thread.shutdown()
        self.last_uses.close()

    def _is_plausible(self, text: str) -> bool:
        return text.startswith(self._app.token_prefixes or "") and len(text) <= _MAX_LENGTH

    async def _look_up_waiting(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look up all waiting tokens, and those that come meanwhile: together, so that all share one round trip."""
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:_MAX_BATCH], self._waiting[_MAX_BATCH:]
                try:
                    found = await self._find([key for key, _ in batch], loop)
                except Exception as error:  # noqa: BLE001  # each request reports it
                    for _, future in batch:
                        if not future.done():
                            future.set_exception(error)
                else:
                    for key, future in batch:
                        if not future.done():  # a request that was given up
                            future.set_result(found.get(key))
        finally:
            self._task = None

    async def _find(self, digests: list[bytes], loop: asyncio.AbstractEventLoop) -> dict[bytes, VerifiedToken]:
        if not self._database.is_sqlite:
            return await loop.run_in_executor(self._thread, self._look_up, digests)
        try:
            return self._look_up(digests)  # takes less time than passing it to a thread, and does not wait for writers
        except OperationalError as error:
            if not is_locked(error):
                raise
            return await loop.run_in_executor(self._thread, self._look_up_and_wait, digests)

    def _look_up_and_wait(self, digests: list[bytes]) -> dict[bytes, VerifiedToken]:
        """Look up tokens while the database is locked."""
        with self._database.read() as session:
            return dict(map(_parse_row, session.execute(_LOOKUP, {"digests": digests})))

    def _look_up(self, digests: list[bytes]) -> dict[bytes, VerifiedToken]:
        # A power of two, so that the database prepares few different statements.
        padded = digests + digests[-1:] * ((1 << (len(digests) - 1).bit_length()) - len(digests))
        return dict(map(_parse_row, self._database.look_up(_LOOKUP, {"digests": padded})))


def _parse_row(row: Sequence[Any]) -> tuple[bytes, VerifiedToken]:
    user = VerifiedUser(row[2], row[-2], row[-1])
    return row[0], VerifiedToken._make([*row[1:-2], user])


def _unless_expired(token: VerifiedToken | None) -> VerifiedToken | None:
    if token is None or (token.expires is not None and token.expires <= datetime.now(UTC)):
        return None
    return token
