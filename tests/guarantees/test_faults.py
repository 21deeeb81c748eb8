"""If a write fails or the process is killed at any step of a command that writes, nothing is lost and the error is
reported.

Each command line runs once without a fault, which shows its steps, its result, and what a kill at each step leaves.
Then it runs once for each step and kind of error. Afterwards, each fact is either as before or as after the complete
command, and the lock is free. The next commands work and leave no temporary file. `GUARANTEES=full` tries every kind of
fault at every step, `cases` a kill and one error at each, and a bounded run one of six of these.
"""

from __future__ import annotations

import json
import os
import random
import re
import tempfile
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import command_samples
from tests.cli.program import OTHER, Result
from tests.command_samples import NEW_TOKEN, Line
from tests.faults import (
    CRASHED,
    ERRORS,
    FULL,
    GROWING,
    KILL,
    NO_FAULT,
    REQUEST,
    Fault,
    ForkedWorker,
    ForkResult,
    run_in_fork,
)
from tests.guarantees import numbers
from tests.guarantees.machine import Machine, MachineState
from tests.workspace.fake import serve_fake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.workspace.fake import FakeWorkspace

LINES = list(command_samples.lines("write"))
GENERATOR = random.Random()
REPETITIONS = 1  # in the bounded part, of the same call on the same file, which is usually the lock


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder in memory, if the system has one, because a machine is restored hundreds of times."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def workspace() -> Iterator[FakeWorkspace]:
    with serve_fake() as fake:
        yield fake


@pytest.fixture(scope="module")
def machines() -> dict[str, Machine]:
    """The machines by their scene. Making one takes a dozen commands."""
    return {}


@pytest.fixture
def find_machine(
    import_everything: None,
    home: Path,
    folder: Path,
    workspace: FakeWorkspace,
    machines: dict[str, Machine],
    monkeypatch: pytest.MonkeyPatch,
    no_umask: None,
) -> Callable[[str], Machine]:
    """Find or make the machine with a scene, with the environment of its user and a fixed time."""
    monkeypatch.setattr("arka_config.timestamps.now", lambda: datetime(2030, 1, 1, tzinfo=UTC))
    # The same random bytes in each trial: if the changes are the same, so is the state.
    monkeypatch.setattr(os, "urandom", GENERATOR.randbytes)
    monkeypatch.setattr(random, "_urandom", GENERATOR.randbytes)
    # When a thread that used OpenSSL ends, after join has returned, it holds one of OpenSSL's locks. A fork at that
    # moment inherits the lock, and its own first thread waits for it forever.
    monkeypatch.setattr("arka_config.workspace.client.transport.call_within", lambda seconds, call: call())

    def find(scene: str) -> Machine:
        place = folder / scene.replace(" ", "-")
        root = place / "root"
        for name, value in {
            "HOME": root,
            "ARKA_HOME": root / "arka",
            "XDG_CONFIG_HOME": root / "legacy",
            "GITHUB_ENV": root / "github",
            "ARKA_RUNNER_TOKEN": OTHER,
            "ARKA_NEW_TOKEN": NEW_TOKEN,
        }.items():
            monkeypatch.setenv(name, str(value))
        workspace.requests.clear()
        if scene not in machines:
            place.mkdir()
            workspace.tokens = {}
            GENERATOR.seed(f"scene {scene}")  # other tokens than those of a trial
            machines[scene] = Machine(place, scene, workspace)
        return machines[scene]

    return find


class Trial:
    """A command line on a machine, with its result if nothing fails."""

    def __init__(self, machine: Machine, line: Line) -> None:
        self.machine = machine
        self.line = line
        machine.restore()
        self.before = machine.facts()
        self.after = self.before
        self.steps: list[tuple[str, str]] = []
        self._checked: set[tuple[object, ...]] = set()

    def find_states(self, *, first: int) -> Iterator[tuple[Fault, MachineState]]:
        """Run the line with each fault. After its process has ended, yield each fault and the state that it left."""
        killed: list[MachineState] = []
        found: list[tuple[Fault, MachineState]] = []
        with ForkedWorker(self._run_line, self._take_the_lock) as worker:
            complete, now = self._run(worker, NO_FAULT, lambda: killed.append(self.machine.read_state()))
            assert complete.code == 0, complete.value
            done, _ = complete.value
            assert done.code in (0, 3) or self.line.scene == "broken", done
            self.steps = complete.steps
            assert len(killed) == len(self.steps), "a kill at each step"
            self.after = self.machine.facts()
            for fault in numbers.part_of(select_faults(self.steps), 6, first=first):
                with self.explain_failure(fault):
                    if fault.kind == KILL:
                        found.append((fault, killed[fault.step - 1]))
                    else:
                        result, now = self._run(worker, fault, now=now)
                        assert result.hit == self.steps[fault.step - 1], f"another step was reached: {result}"
                        assert result.code != CRASHED, result.value
                        self.check_error(fault, result)
                        assert now.temporary == []
                        found.append((fault, now))
        yield from found

    @contextmanager
    def explain_failure(self, fault: Fault) -> Iterator[None]:
        """Add the fault to the error if the block fails."""
        try:
            yield
        except BaseException as error:
            error.add_note(f"at {fault}, {self.steps[fault.step - 1]} of {self.line.words}")
            raise

    def _run(
        self,
        worker: ForkedWorker,
        fault: Fault,
        at_step: Callable[[], None] | None = None,
        now: MachineState | None = None,
    ) -> tuple[ForkResult, MachineState]:
        """Run the line with a fault. Return the result, and the state that it left."""
        self.machine.restore(now=now)
        GENERATOR.seed("workspace")
        result = worker.run(fault, at_step)
        return result, self.machine.read_state()

    def _run_line(self) -> Result:
        GENERATOR.seed("command")
        return self.machine.run(self.line)

    def _take_the_lock(self) -> None:
        """Take the lock after a command failed, in its process, since that may go on. Raises LockTimeout."""
        store = self.machine.store()
        store.lock._timeout = 0
        with store.lock:
            pass

    # What must hold

    def check_state(self, state: MachineState, *, and_the_next_command: bool) -> None:
        """Check that the state is as it should be, once for each state: most faults leave the same one."""
        key = state.key
        if (key, True) in self._checked or (key, and_the_next_command) in self._checked:
            return
        self.machine.restore(state)
        assert self.machine.exposed() == []
        self.check_facts()
        if and_the_next_command:
            self.check_the_next_command()
        self._checked.add((key, and_the_next_command))

    def check_facts(self) -> None:
        """Check that each fact is as before or as after the complete command, and that no token is lost."""
        now = self.machine.facts()
        for name in {*self.before, *self.after, *now}:
            before, after, value = self.before.get(name), self.after.get(name), now.get(name)
            if before == after or not self._is_random(name):
                assert value in (before, after), f"{name} was {before} and should be {after}: it is {value}"
        unchanged = _tokens(self.before) & _tokens(self.after)
        assert unchanged <= _tokens(now), "a token is lost"
        assert self.machine.unknown_tokens() == [], "a token works that nothing here knows"
        active = now["active"]
        assert active is None or f"profile {active}" in now, "the active profile is gone"
        if self.line.scene in ("served", "issuing") and "token work" in now:
            assert self.machine.fake.accepts(now["token work"]) or "revoke" in self.line.words

    def _is_random(self, name: str) -> bool:
        if self.line.scene == "issuing" and name.endswith((" old", " gone", " box")):
            return True  # an issued token, its details, and its id in the ledger
        return name in ("token work", "token extra", "details of extra", "file arka/data/identity.txt") or (
            name.endswith("legacy/arka-code-nodejs/config.json") and self.line.words.startswith("rotate")
        )

    def check_the_next_command(self) -> None:
        """Check that another command works and removes temporary files, and that the same line works or raises an
        error.
        """
        GENERATOR.seed("next command")
        store = self.machine.store()
        store.lock._timeout = 1
        store.create("zz-next", {})
        assert self.machine.temporary("arka/") == []
        store.remove("zz-next")
        again = self.machine.run(self.line)
        assert "Traceback" not in again.err
        assert again.code in (0, 1, 3, 4), again.err
        self.check_facts()
        if again.code in (0, 3):
            assert self.machine.unheld_tokens() == [], "a token works that no profile holds"
            assert self.machine.temporary() == []
            self.check_done()

    def check_done(self) -> None:
        """Check that each fact is as after the complete command."""
        if "vault enable" in self.line.words or (
            self.line.scene in ("sealed", "sealed secrets") and "disable" not in self.line.words
        ):
            assert self.machine.plain_tokens() == []
        now = self.machine.facts()
        wrong = {name for name in {*self.after, *now} if now.get(name) != self.after.get(name)}
        assert {name for name in wrong if not self._is_random(name)} == set()

    def check_error(self, fault: Fault, result: ForkResult) -> None:
        """Check that a failure has exit code 1 and one line with the cause and the file, and that a success is
        complete.
        """
        done = result.value[0]
        assert "Traceback" not in done.err
        assert done.code in (0, 1, 3), done.err
        assert result.hit is not None
        if self.line.scene == "broken":  # doctor reports a problem that it could not fix
            assert done.code in (0, 1), done.err
            if fault.message not in done.out + done.err:
                self.check_done()
            return
        lines = [line for line in done.err.splitlines() if line.startswith("error: ")]
        if done.code != 1:
            lines += [line for line in done.err.splitlines() if line.startswith("warning: ") and fault.message in line]
            if not lines:
                self.check_done()
                return
        assert len(lines) == 1, done.err
        assert fault.message in lines[0]
        name = _target(result.hit[1])
        assert name in lines[0] or fault.kind == FULL, f"{lines[0]} does not name {name}"


def _target(path: str) -> str:
    """Return a file's name. If it is temporary, return the name of the file that it replaces, as messages do."""
    return re.sub(r"^\.(.*)\.[0-9a-f]{12}\.cli-tmp$", r"\1", os.path.basename(path))


def _tokens(facts: dict[str, Any]) -> set[str]:
    return {value for name, value in facts.items() if name.startswith("token ")}


def select_faults(steps: list[tuple[str, str]]) -> Iterator[Fault]:
    """Return the faults at each step. In a full run, a repeated step counts each time."""
    seen: Counter[tuple[str, str]] = Counter()
    for at, (name, path) in enumerate(steps, 1):
        # A read-only config folder is not a fault: if a profile has no settings, it needs no file.
        errors = [
            kind
            for kind in ERRORS
            if (kind != FULL or name in GROWING) and (kind != "EACCES" or "/arka/config/" not in path)
        ]
        if name == REQUEST:
            yield Fault(at, KILL)
            continue
        seen[name, _target(path)] += 1
        if numbers.FULL or seen[name, _target(path)] <= REPETITIONS:
            yield Fault(at, KILL)
            yield from (Fault(at, kind) for kind in (errors if numbers.FULL else [errors[at % len(errors)]]))


@pytest.mark.slow
@pytest.mark.longest
@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.scene}: {line.words[:60]}")
def test_a_fault_at_any_step_loses_nothing_and_is_reported(find_machine: Callable[[str], Machine], line: Line) -> None:
    trial = Trial(find_machine(line.scene), line)
    counts: Counter[str] = Counter()
    for fault, state in trial.find_states(first=LINES.index(line)):
        with trial.explain_failure(fault):
            trial.check_state(state, and_the_next_command=fault.kind == KILL or numbers.FULL)
        counts[fault.kind] += 1
    assert trial.steps, "it writes nothing"
    numbers.record("faults", line.words, json.dumps(counts))


def test_a_command_that_reads_changes_nothing(find_machine: Callable[[str], Machine]) -> None:
    machine = find_machine("served")
    for line in command_samples.lines("read"):
        machine.restore()
        result = run_in_fork(lambda line=line: machine.run(line), NO_FAULT, machine.report)  # type: ignore[misc]  # mypy cannot infer a lambda's default
        assert result.code == 0, result.value
        assert [step for step in result.steps if step[0] != REQUEST] == [], line.words
