"""Fixtures for sealing: a store with tokens, and a keyring in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import keyring
import pytest

from arka_config import ProfileStore, open_store
from arka_config.arka import app
from arka_config.sealing import operations, os_keyring
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of
from tests.sealing.memory_keyring import MemoryKeyring
from tests.store import conftest as store_fixtures
from tests.store.samples import EU_URL, credential

if TYPE_CHECKING:
    from collections.abc import Iterator

environ = store_fixtures.environ


@pytest.fixture
def store(environ: dict[str, str]) -> ProfileStore:
    """A store with three plain tokens. Sealing is off."""
    made = open_store(app, environ)
    made.log_in("work", credential("work", label="MacBook Pro"))
    made.log_in("ci", credential("ci", expires="2099-12-31T23:59:59Z"))
    made.log_in("eu", credential("eu", EU_URL, user="ada@example.com"))
    return made


@pytest.fixture
def sealed(store: ProfileStore) -> ProfileStore:
    """The same store. A key file opens its vault."""
    operations.enable(vault_of(store), [NewUnlocker("key-file")])
    return store


@pytest.fixture
def memory_keyring(monkeypatch: pytest.MonkeyPatch) -> Iterator[MemoryKeyring]:
    """A keyring in memory, set as the current one."""
    before = keyring.get_keyring()
    made = MemoryKeyring()
    keyring.set_keyring(made)
    monkeypatch.setattr(os_keyring, "TIME_LIMIT", 0.3)
    yield made
    keyring.set_keyring(before)


def again(store: ProfileStore, **variables: str) -> ProfileStore:
    """Open the same store as another process would, with other variables."""
    return open_store(app, {**store.environ, **variables})


def tokens(store: ProfileStore) -> dict[str, str]:
    """Reveal every profile's token."""
    return {name: store.credential(name).token.reveal() for name in store.tokens.names()}
