"""A home folder to run `arka doctor` and the commands it prints in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pexpect

from arka_config import Credential, Origin, ProfileStore, Secret, open_store
from arka_config.arka import app
from tests import no_network
from tests.cli.program import OTHER, TOKEN, Result, arka

if TYPE_CHECKING:
    from collections.abc import Mapping

BIN = str(Path(sys.executable).parent)
URL = "https://arka-ai.com"


class UserHome:
    """A home folder. `environ` is set for every run of the program and of the shell."""

    def __init__(self, home: Path, **places: str) -> None:
        self.home = home
        self.environ: dict[str, str] = {"HOME": str(home), **places}

    @property
    def store(self) -> ProfileStore:
        """The store as a new process opens it."""
        return open_store(app, self.environ)

    def store_token(self, name: str, token: str = TOKEN, url: str = URL, **metadata: str) -> None:
        self.store.log_in(name, Credential(Secret(token), Origin.of(url), **metadata))

    def path(self, *parts: str) -> Path:
        """Return a path in the home folder."""
        return self.home.joinpath(*parts)

    def config(self, *parts: str) -> Path:
        return Path(self.store.folders.config, *parts)

    def data(self, *parts: str) -> Path:
        return Path(self.store.folders.data, *parts)

    def state(self, *parts: str) -> Path:
        return Path(self.store.folders.state, *parts)

    def write(self, path: Path, text: str, mode: int = 0o600) -> Path:
        """Write a file, and create its folders."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(text)
        path.chmod(mode)
        return path

    def doctor(self, *options: str, **environ: str) -> Result:
        """Run `arka doctor` in this process."""
        return arka("doctor", *options, environ={**self.environ, **environ})

    def problems(self, *options: str, **environ: str) -> list[dict[str, Any]]:
        """Run `arka doctor` and return the problems."""
        problems: list[dict[str, Any]] = self.doctor("--json", *options, **environ).json["problems"]
        return problems

    def variables(self, environ: Mapping[str, str]) -> dict[str, str]:
        return {
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "LANG": "C.UTF-8",
            **no_network.VARIABLES,
            **self.environ,
            **environ,
        }

    def problems_after(self, command: str, *, stdin: str = "", types: str = "", **environ: str) -> list[dict[str, Any]]:
        """Run a command in a shell exactly as it was printed, and return the problems that remain in that shell."""
        report = self.home.parent / "report.json"
        line = f"{command}\narka doctor --json >'{report}'\ntrue"
        if types:
            child = pexpect.spawn(
                "bash", ["-c", line], env=self.variables(environ), cwd=str(self.home), encoding="utf-8", timeout=30
            )
            child.expect("Paste the token")
            child.waitnoecho(timeout=10)
            child.sendline(types)
            child.expect(pexpect.EOF)
            child.wait()
            child.close()
            assert types not in (child.before or "")
        else:
            done = subprocess.run(
                ["bash", "-c", line],
                env=self.variables(environ),
                cwd=self.home,
                input=stdin,
                capture_output=True,
                encoding="utf-8",
                check=True,
                timeout=60,
            )
            assert TOKEN not in done.stdout + done.stderr
        problems: list[dict[str, Any]] = json.loads(report.read_text())["problems"]
        return problems


def add_profiles(user_home: UserHome) -> UserHome:
    """Add two profiles with tokens: the active one, and one with settings."""
    user_home.store_token("work", label="MacBook Pro")
    user_home.store_token("ci", OTHER, expires="2099-12-31T23:59:59Z")
    user_home.store.edit("ci", {("description",): "Build runners", ("settings", "timeout"): 30})
    user_home.store.use("work")
    return user_home
