"""A keyring in memory that can be locked, slow, forgetful or broken."""

from __future__ import annotations

import time

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

NAME = f"{__name__}.MemoryKeyring"


class MemoryKeyring(KeyringBackend):
    """If `fault` is set, it selects how the keyring misbehaves."""

    priority = -1  # `keyring` never selects it by itself

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.fault = ""
        self.calls = 0

    def _answer(self) -> None:
        self.calls += 1
        if self.fault == "locked":
            raise KeyringLocked("the collection is locked")
        if self.fault == "slow":
            time.sleep(2)
        if self.fault == "broken":
            raise OSError("the bus is gone")

    def get_password(self, service: str, username: str) -> str | None:
        self._answer()
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._answer()
        if self.fault != "forgetful":
            self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._answer()
        self.entries.pop((service, username), None)
