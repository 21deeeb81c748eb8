"""The costs of Argon2id, which stretches a passphrase."""

from __future__ import annotations

from arka_config.sealing.unlockers.passphrase import Passphrase

USUAL = Passphrase.parameters  # 190 ms of CPU
LOWEST = {"memory": 7 << 10, "passes": 1, "lanes": 1}  # that a file may specify: 6 ms
