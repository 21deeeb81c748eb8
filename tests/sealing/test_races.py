"""Readers take no lock, and get every token even if a change is in progress."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from arka_config import ProfileStore, open_store
from arka_config.arka import app
from arka_config.sealing import operations
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of
from tests.store.samples import credential

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_readers_get_every_token_during_enable_rekey_and_disable(tmp_path: Path) -> None:
    def at() -> ProfileStore:
        return open_store(app, {"ARKA_HOME": str(tmp_path)})

    for word in ("work", "ci"):
        at().log_in(word, credential(word))
    command = [sys.executable, "-m", "tests.sealing.reading", str(tmp_path)]
    readers = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        for _ in range(2)
    ]
    try:
        for _ in range(40):
            operations.enable(vault_of(at()), [NewUnlocker("key-file")])
            operations.rekey(vault_of(at()))
            operations.rekey(vault_of(at()))
            operations.disable(vault_of(at()))
    finally:
        (tmp_path / "stop").touch()
        ended = [reader.communicate(timeout=60) for reader in readers]
    for reader, (out, err) in zip(readers, ended, strict=True):
        assert reader.returncode == 0, err
        assert int(out) > 100
