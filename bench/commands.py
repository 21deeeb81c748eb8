"""The measured commands: ours, and for each installed peer the one that does the same work."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench import homes
from bench.timing import Command, works

if TYPE_CHECKING:
    from collections.abc import Mapping

ARKA = str(Path(sys.executable).with_name("arka"))
BARE = "python -c pass"
GH = "gh auth token"
AWS = "aws configure list-profiles"
COMPLETION = "completion of a name"
TRUE = "true"
SEALED_KEY_FILE = "token, sealed, by a key file"
SEALED_SESSION = "token, sealed, by ARKA_SESSION"

LINES = {
    "token": "token",
    "token -p NAME": "token -p ci",
    "prompt": "prompt",
    "exec -- true": "exec -- true",
    "profiles list": "profiles list",
    "status --offline": "status --offline",
    "env": "env",
    "use": "use work",
    "--help": "--help",
}


def ours(home: Path) -> dict[str, Command]:
    """Create a home with two profiles, and return the commands of `arka` in it."""
    homes.fill(home, homes.names(2))
    environ = homes.environment(home)
    commands = {name: Command([ARKA, *line.split()], environ) for name, line in LINES.items()}
    commands["token, from the environment"] = Command([ARKA, "token"], {**environ, "ARKA_API_KEY": "arka_" + "e" * 37})
    asking = {"_ARKA_COMPLETE": "bash_complete", "COMP_WORDS": "arka use w", "COMP_CWORD": "2"}
    commands[COMPLETION] = Command([ARKA], {**environ, **asking})
    return commands


def sealed(home: Path) -> dict[str, Command]:
    """`token` with sealed tokens: opened by a key file, and by a session if the only unlocker is a passphrase."""
    commands = {}
    for name, way, variables in (
        (SEALED_KEY_FILE, "key-file", {}),
        (SEALED_SESSION, "passphrase", {"ARKA_PASSPHRASE": "correct horse battery staple"}),
    ):
        folder = home / way
        homes.fill(folder, homes.names(2))
        environ = homes.environment(folder)
        _run([ARKA, "vault", "enable", "--with", way], {**environ, **variables})
        if variables:
            line = _run([ARKA, "vault", "unlock", "--shell", "bash", "--json"], {**environ, **variables})
            environ |= json.loads(line)["variables"]
        commands[name] = Command([ARKA, "token"], environ)
    return commands


def _run(words: list[str], environ: dict[str, str]) -> str:
    """Run a command and return its output. Raises CalledProcessError."""
    return subprocess.run(
        words, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    ).stdout


def yardsticks(home: Path) -> dict[str, Command]:
    """A Python script and a program that do nothing: the lower limits."""
    environ = homes.environment(home)
    return {BARE: Command([sys.executable, "-c", "pass"], environ), TRUE: Command(["true"], environ)}


def peers(home: Path) -> dict[str, Command]:
    """Set up the installed peers in this home, and return those that work."""
    environ = {**homes.environment(home), "GH_TOKEN": "a-token"}
    (home / ".aws").mkdir(parents=True)
    (home / ".aws" / "config").write_text("[default]\nregion = eu\n[profile ci]\nregion = us\n")
    (home / "settings.toml").write_text('token = "a-token"\n')
    (home / "peer_settings.py").write_text(
        "from dynaconf import Dynaconf\nsettings = Dynaconf(settings_files=['settings.toml'])\n"
    )
    known = {
        GH: ["gh", "auth", "token"],
        AWS: ["aws", "configure", "list-profiles"],
        "dynaconf": ["dynaconf", "-i", "peer_settings.settings", "get", "token"],
        "keyring get": ["keyring", "get", "arka-bench", "work"],
        "prefect profile ls": ["prefect", "profile", "ls"],
    }
    environ |= {"PYTHONPATH": str(home), "ROOT_PATH_FOR_DYNACONF": str(home), "PREFECT_HOME": str(home / "prefect")}
    commands = {name: Command([_program(words[0]), *words[1:]], environ) for name, words in known.items()}
    _store_in_keyring(commands["keyring get"])
    return {name: command for name, command in commands.items() if works(command)}


def _program(name: str) -> str:
    """Find a peer, the system's own first: the shim of a version manager is slower."""
    return next((path for path in (f"/usr/bin/{name}",) if os.access(path, os.X_OK)), shutil.which(name) or name)


def _store_in_keyring(get: Command) -> None:
    """Store a secret for `get` in the keyring, if there is one (as under `dbus-run-session`)."""
    program, _, *where = get.words
    try:
        subprocess.run(
            [program, "set", *where], env=get.environ, input=b"a-token", capture_output=True, check=False, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return


def versions(commands: Mapping[str, Command]) -> list[str]:
    """Return a line with the version of each peer."""
    lines = []
    for name, command in commands.items():
        program = command.words[0]
        done = subprocess.run([program, "--version"], env=command.environ, capture_output=True, text=True, check=False)
        said = (done.stdout or done.stderr).strip().split("\n")[0]
        lines.append(f"{name}: {said or 'unknown version'}")
    return lines
