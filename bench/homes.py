"""Homes to measure in: an `ARKA_HOME` with any number of profiles, and an environment without the user's settings."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from arka_config import Credential, Origin, Secret, token_checksum
from arka_config.store.json import dumps
from arka_config.store.tokens import PlainTokens

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PROFILE = 'description = "A machine"\n\n[settings]\ntimeout = 60\n'
_OURS = ("ARKA_", "XDG_", "PYTHON", "GH_", "GITHUB_", "AWS_")


def environment(home: Path) -> dict[str, str]:
    """Return this process's environment without variables that would affect the measurement."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {**kept, "HOME": str(home), "ARKA_HOME": str(home / "arka")}


def names(count: int) -> list[str]:
    """Return so many names, beginning with `work` and `ci`."""
    return ["work", "ci", *(f"machine-{number:05d}" for number in range(2, count))][:count]


def fill(home: Path, profiles: Iterable[str]) -> None:
    """Write each profile's two files as the store does, but without locks, and make the first profile active."""
    folders = {kind: home / "arka" / kind for kind in ("config/profiles", "data/tokens", "state")}
    for folder in folders.values():
        folder.mkdir(parents=True, mode=0o700)
    for number, name in enumerate(profiles):
        body = f"{number:031d}"
        token = Secret(f"arka_{body}{token_checksum.compute(body)}")
        credential = Credential(
            token, Origin.of("https://arka-ai.com"), label=f"Machine {number}", created="2026-11-24T12:00:00Z"
        )
        path = folders["data/tokens"] / f"{name}.json"
        path.touch(mode=0o600)
        path.write_text(dumps(PlainTokens().save(name, credential)), "utf-8")
        (folders["config/profiles"] / f"{name}.toml").write_text(PROFILE, "utf-8")
        if number == 0:
            (folders["state"] / "active").write_text(f"{name} -\n", "utf-8")
