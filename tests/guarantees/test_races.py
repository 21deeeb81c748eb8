"""If 32 processes run commands at once, and some are killed, nothing is lost, half read, or left locked.

tests/store/test_races.py races the store itself. Here each process runs command lines as fast as it can, on its own
profiles and on shared ones, while the vault is rekeyed. At the end, every acknowledged change must be there. It takes a
few seconds; with `GUARANTEES=full` a minute, or RACE_SECONDS if that is set.
"""

from __future__ import annotations

import json
import os
import random
import signal
import time
from pathlib import Path

import pytest

from arka_config import open_store
from arka_config.arka import app
from arka_config.cli.output import terminal
from arka_config.errors import ConfigError, FileError, LockTimeout, SealingError
from arka_config.sealing.vault import vault_of
from tests.cli.program import TOKEN, Result, arka
from tests.guarantees import numbers
from tests.store.samples import token

PROCESSES = 32
SECONDS = float(os.environ.get("RACE_SECONDS") or (60 if numbers.FULL else 3 if numbers.BOUNDED else 4))
SHARED = ("shared-a", "shared-b", "shared-c")
DAMAGE = (FileError, SealingError)  # if a command loses a race for a shared profile, it fails in other ways


class Runner:
    """One process that runs commands."""

    def __init__(self, number: int, home: Path) -> None:
        self.number = number
        self.home = home
        self.dice = random.Random(number)
        self.ran = 0
        self.error: ConfigError | None = None  # of the last command
        self.log = os.open(home / f"log-{number}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def run(self, until: float) -> None:
        """Run commands until this time of the monotonic clock."""
        at = 0
        while time.monotonic() < until:
            at += 1
            self.run_alone(f"{self.number}-{at}")
            self.run_shared()
            if self.number % 8 == 0:
                self.insist("vault", "rekey")
            if self.number % 8 == 1:
                self.insist("apply", "templates", "--yes")

    def run_alone(self, name: str) -> None:
        """Change profiles that no other process touches, which must succeed."""
        kept = f"kept-{name}"
        self.insist("login", "-p", f"new-{name}", "--with-token", "--no-verify", stdin=token(kept))
        self.insist("profiles", "rename", f"new-{name}", kept)
        self.write({"kept": kept})
        self.insist("profiles", "copy", kept, f"copy-{name}", "--with-token")
        self.insist("profiles", "remove", f"copy-{name}", "--yes")
        assert self.insist("token", "-p", kept).out.strip() == token(kept), "another profile's token"

    def run_shared(self) -> None:
        """Run a command on profiles that all processes share. It may lose the race."""
        one, two = self.dice.sample(SHARED, 2)
        lines = [
            ("login", "-p", one, "--with-token", "--no-verify", "--force"),
            ("use", one),
            ("profiles", "rename", one, two),
            ("profiles", "copy", two, one, "--with-token"),
            ("token", "-p", one),
            ("logout", "-p", two),
            ("status", "--offline"),
            ("profiles", "list"),
            ("profiles", "remove", one, "--yes"),
            ("use", "-"),
        ]
        done = self.attempt(*self.dice.choice(lines), stdin=TOKEN)
        assert done.code == 0 or (self.error is not None and not isinstance(self.error, DAMAGE)), done.err

    def insist(self, *words: str, stdin: str = "") -> Result:
        """Run a command that must succeed. If the lock is busy, run it again."""
        done = self.attempt(*words, stdin=stdin)
        while isinstance(self.error, LockTimeout):
            done = self.attempt(*words, stdin=stdin)
        assert done.code == 0, (words, done.err)
        return done

    def attempt(self, *words: str, stdin: str = "") -> Result:
        self.error = None
        done = arka(*words, stdin=stdin)
        self.ran += 1
        assert "Traceback" not in done.err, done.err
        return done

    def write(self, document: object) -> None:
        os.write(self.log, (json.dumps(document) + "\n").encode())


def start(number: int, home: Path) -> int:
    process = os.fork()
    if process:
        return process
    runner = Runner(number, home)
    show_error = terminal.show_error

    def record_error(error: ConfigError) -> None:
        runner.error = error
        show_error(error)

    terminal.show_error = record_error
    try:
        runner.run(time.monotonic() + SECONDS)
    except BaseException as error:  # noqa: BLE001  # it is reported to the parent
        runner.write({"failed": f"{type(error).__name__}: {error}"})
    runner.write({"ran": runner.ran})
    os._exit(0)


@pytest.mark.slow
@pytest.mark.longest
def test_commands_that_run_at_once_lose_nothing_even_if_killed(two_profiles: Path, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "t.toml").write_text('version = 1\n[profile]\nname = "made"\n[token]\nprompt = true\n')
    assert arka("vault", "enable").code == 0
    assert arka("apply", "templates", "--yes").code == 0
    runners = [start(number, tmp_path) for number in range(PROCESSES)]
    until = time.monotonic() + SECONDS
    dice, killed = random.Random(0), 0
    while time.monotonic() < until - 1:
        time.sleep(dice.uniform(0.1, 0.4))
        victim = runners.pop(dice.randrange(len(runners)))
        os.kill(victim, signal.SIGKILL)
        os.waitpid(victim, 0)
        killed += 1
        # Not one that rekeys or applies: the other processes need those changes to be completed.
        runners.append(start(1000 + killed * 8 + 2, tmp_path))
    for runner in runners:
        os.waitpid(runner, 0)

    records = [json.loads(line) for file in tmp_path.glob("log-*") for line in file.read_text().splitlines()]
    assert [each["failed"] for each in records if "failed" in each] == []
    kept = [each["kept"] for each in records if "kept" in each]
    assert len(kept) > PROCESSES // 2
    assert killed > 0
    store = open_store(app)
    with store.lock:
        store.sweep()
    for name in kept:
        assert store.credential(name).token.reveal() == token(name)
    for name in store.names():
        store.profiles.read(name)
        if store.tokens.holds(name):
            store.credential(name).token.reveal()
    assert [path for path in two_profiles.rglob("*") if "tmp" in path.name] == []
    assert vault_of(store).require_file().unfinished in ("", "rekey")  # the next one completes a killed rekey
    ran = sum(each.get("ran", 0) for each in records)
    numbers.record("races", "commands", json.dumps({"ran": ran, "kept": len(kept), "killed": killed}))
