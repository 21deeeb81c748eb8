"""A write that fails, and a kill: at every step of every command that writes, nothing is lost and all is said.

Each command's line is run once as it is, to know its steps and what it leaves. Then it is run once for each step and
kind of fault. Afterwards each fact is what it was before or what the whole command makes of it; the lock is free; the
next commands work, and leave no temporary file. `GUARANTEES=full` tries every kind of fault at every step, and else a
kill and one error at each.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import command_samples
from tests.cli.program import OTHER, Done
from tests.command_samples import NEW_TOKEN, Line
from tests.faults import CRASHED, ERRORS, FULL, GROWING, KILL, NONE, Ended, Fault, forked
from tests.guarantees import numbers
from tests.guarantees.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.workspace.fake import FakeWorkspace

LINES = list(command_samples.lines("write"))
MOST_OF_A_KIND = 3  # in the bounded part: the same call on the same file, which is the lock's as a rule


@pytest.fixture
def memory() -> Iterator[Path | None]:
    """A folder in memory, where the system has that: a machine is laid out some hundred times."""
    if not os.access("/dev/shm", os.W_OK):
        yield None
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


@pytest.fixture
def machines(
    everything_is_imported: None,
    home: Path,
    tmp_path: Path,
    memory: Path | None,
    monkeypatch: pytest.MonkeyPatch,
    no_umask: None,
) -> Path:
    """The folder for a machine, with the environment of one who works at it, at a moment that does not pass."""
    folder = memory or tmp_path
    root = folder / "root"
    for name, value in {
        "HOME": root,
        "ARKA_HOME": root / "arka",
        "XDG_CONFIG_HOME": root / "legacy",
        "GITHUB_ENV": root / "github",
        "ARKA_RUNNER_TOKEN": OTHER,
        "ARKA_NEW_TOKEN": NEW_TOKEN,
    }.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setattr("arka_config.timestamps.now", lambda: datetime(2030, 1, 1, tzinfo=UTC))
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # nobody cuts the power of a test
    return folder


class Trial:
    """A line on a machine, and what it comes to where nothing fails."""

    def __init__(self, machine: Machine, line: Line) -> None:
        self.machine = machine
        self.line = line
        machine.lay_out()
        self.before = machine.facts()
        whole = self.run(NONE)
        assert whole.code == 0, whole.said
        done, _ = whole.said
        assert done["code"] in (0, 3) or line.scene == "broken", done
        self.steps = whole.steps
        self.after = machine.facts()

    def run(self, fault: Fault) -> Ended:
        """Runs the line in a fork, with a fault in its way."""
        ended = self._ended(fault)
        if ended.met is None and fault is not NONE and "served" in self.line.scene:
            # Once in thousands of runs, the thread in which a fork asks the workspace ends without an answer. Then
            # nothing has been tried yet. A second time in a row it counts.
            ended = self._ended(fault)
        return ended

    def _ended(self, fault: Fault) -> Ended:
        self.machine.lay_out()
        return forked(lambda: self.machine.run(self.line)._asdict(), fault, self.machine.report, self._take_the_lock)

    def _take_the_lock(self) -> None:
        """For the process in which a command has failed, and which may go on. Raises LockTimeout where it cannot."""
        store = self.machine.store()
        store.lock._patience = 0
        with store.lock:
            pass

    # What must hold

    def check_facts(self) -> None:
        """Each fact is as before, or as the whole command leaves it; no token is gone that was to stay."""
        now = self.machine.facts()
        for name in {*self.before, *self.after, *now}:
            before, after, found = self.before.get(name), self.after.get(name), now.get(name)
            if before == after or not self._is_random(name):
                assert found in (before, after), f"{name} was {before} and should be {after}: it is {found}"
        kept = _tokens(self.before) & _tokens(self.after)
        assert kept <= _tokens(now), "a token is lost"
        active, _ = now["active"]
        assert active is None or f"profile {active}" in now, "the active profile is gone"
        if "served" in self.line.scene and "token work" in now:
            assert self.machine.fake.accepts(now["token work"]) or "revoke" in self.line.words

    def _is_random(self, name: str) -> bool:
        return name in ("token work", "token extra", "known of extra", "file arka/data/identity.txt") or (
            name.endswith("legacy/arka-code-nodejs/config.json") and self.line.words.startswith("rotate")
        )

    def check_the_next_command(self) -> None:
        """Another command works, and sweeps; the same line again does too, or says why not."""
        store = self.machine.store()
        store.lock._patience = 1
        store.create("zz-next", {})
        assert self.machine.temporary("arka/") == []
        store.remove("zz-next")
        again = self.machine.run(self.line)
        assert "Traceback" not in again.err
        assert again.code in (0, 1, 3, 4), again.err
        self.check_facts()
        if again.code in (0, 3):
            assert self.machine.temporary() == []
            self.check_done()

    def check_done(self) -> None:
        if "vault enable" in self.line.words or (self.line.scene == "sealed" and "disable" not in self.line.words):
            assert self.machine.plain_tokens() == []
        now = self.machine.facts()
        wrong = {name for name in {*self.after, *now} if now.get(name) != self.after.get(name)}
        assert {name for name in wrong if not self._is_random(name)} == set()

    def check_words(self, fault: Fault, ended: Ended) -> None:
        """A failure is one line that names the cause and the file, and the exit code 1; else all was done."""
        done = Done(**ended.said[0])
        assert "Traceback" not in done.err
        assert done.code in (0, 1, 3), done.err
        assert ended.met is not None
        if self.line.scene == "broken":  # what the doctor could not mend is a finding still, and the others are mended
            assert done.code in (0, 1), done.err
            if fault.words not in done.out + done.err:
                self.check_done()
            return
        lines = [line for line in done.err.splitlines() if line.startswith("error: ")]
        if done.code != 1:
            lines += [line for line in done.err.splitlines() if line.startswith("warning: ") and fault.words in line]
            if not lines:
                self.check_done()
                return
        assert len(lines) == 1, done.err
        assert fault.words in lines[0]
        name = _target(ended.met[1])
        assert name in lines[0] or fault.kind == FULL, f"{lines[0]} does not name {name}"


def _target(path: str) -> str:
    """A file's name, or, of a temporary file, that of the file that it is to become: a message may say that."""
    return re.sub(r"^\.(.*)\.[0-9a-f]{12}\.arka-tmp$", r"\1", os.path.basename(path))


def _tokens(facts: dict[str, Any]) -> set[str]:
    return {value for name, value in facts.items() if name.startswith("token ")}


def faults(steps: list[tuple[str, str]]) -> Iterator[Fault]:
    """Those to try: a kill at each step, and one error; where all is asked for, every one, at each repetition too."""
    seen: Counter[tuple[str, str]] = Counter()
    for at, (name, path) in enumerate(steps, 1):
        # A config folder that may not be written to is no fault: a profile that is only a token goes with it then.
        errors = [
            kind
            for kind in ERRORS
            if (kind != FULL or name in GROWING) and (kind != "EACCES" or "/arka/config/" not in path)
        ]
        seen[name, _target(path)] += 1
        if numbers.FULL or seen[name, _target(path)] <= MOST_OF_A_KIND:
            yield Fault(at, KILL)
            yield from (Fault(at, kind) for kind in (errors if numbers.FULL else [errors[at % len(errors)]]))


@pytest.mark.slow
@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.scene}: {line.words[:60]}")
def test_a_fault_at_any_step_loses_nothing_and_is_said(machines: Path, fake: FakeWorkspace, line: Line) -> None:
    trial = Trial(Machine(machines, line.scene, fake), line)
    assert trial.steps, "it writes nothing"
    tried: Counter[str] = Counter()
    for fault in faults(trial.steps):
        try:
            ended = trial.run(fault)
            assert ended.met is not None, "the step did not come"
            if fault.kind == KILL:
                assert ended.code < 0
            else:
                assert ended.code != CRASHED, ended.said
                trial.check_words(fault, ended)
                assert trial.machine.temporary() == []
            assert trial.machine.exposed() == []
            trial.check_facts()
            if fault.kind == KILL or numbers.FULL:
                trial.check_the_next_command()
        except BaseException as error:
            error.add_note(f"at {fault}, {trial.steps[fault.step - 1]} of {line.words}")
            raise
        tried[fault.kind] += 1
    numbers.record("faults", line.words, json.dumps(tried))


def test_a_command_that_reads_writes_nothing(machines: Path, fake: FakeWorkspace) -> None:
    machine = Machine(machines, "served", fake)
    for line in command_samples.lines("read"):
        machine.lay_out()
        ended = forked(lambda line=line: machine.run(line), NONE, machine.report)  # type: ignore[misc]  # mypy cannot infer a lambda's default
        assert ended.code == 0, ended.said
        assert ended.steps == [], line.words
