"""Random sequences of login, rotate, apply, prune, create, remove and revoke, with kills, leave no token unknown.

After every command, each token that the workspace accepts is stored in a profile, or is in the journal, or was
abandoned: the user logged in over it, or removed its profile without revoking it. At the end, `doctor --fix` revokes
what is in the journal, and `doctor --online` names every token that no profile holds.

Commands run in forks, against a workspace in this process. A kill comes before or after any write or request.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from arka_config import open_store
from arka_config.arka import app
from arka_config.workspace.scopes import MANAGE
from arka_config.workspace.server.serving import RunningWorkspace, serve_in_thread
from arka_config.workspace.server.tables import Token, digest
from arka_config.workspace.server.tokens import id_for_request
from tests.cli.program import Result, arka
from tests.faults import CRASHED, Fault, ForkedWorker, ForkResult
from tests.guarantees import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = st.sampled_from(["one", "two", "three"])
LABELS = st.sampled_from(["first", "second"])
INDEXES = st.integers(0, 2)  # the number of an existing profile
STEPS = st.integers(0, 120)  # the step at which a command is killed, or 0; if the command has fewer steps, it completes
EXAMPLES, LENGTH = (30, 12) if numbers.FULL else (3, 8)
ADMIN = "admin"


def run_command(words: tuple[str, ...], stdin: str) -> Result:
    return arka(*words, stdin=stdin)


def has_profiles(machine: Lifecycle) -> bool:
    """Tell whether there is a profile besides `admin`."""
    return bool(machine.others())


@pytest.fixture
def workspace() -> Iterator[RunningWorkspace]:
    with serve_in_thread(app) as running:
        yield running


class Lifecycle(RuleBasedStateMachine):
    """A user with a machine; its profile `admin` may manage tokens."""

    workspace: RunningWorkspace
    patch: pytest.MonkeyPatch
    users = 0

    def __init__(self) -> None:
        super().__init__()
        in_memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.folder = Path(tempfile.mkdtemp(prefix="lifecycle-", dir=in_memory))
        self.templates = self.folder / "templates"
        self.templates.mkdir()
        (self.templates / "none.toml").write_text('version = 1\n[profile]\nname = "none"\n', "utf-8")
        self.patch.setenv("HOME", str(self.folder))
        self.patch.setenv("ARKA_HOME", str(self.folder / "arka"))
        self.released: set[str] = set()  # the ids of tokens that the user abandoned
        self.log: list[str] = []
        self.worker = ForkedWorker(run_command)

    def teardown(self) -> None:
        try:
            if self.log:
                self._check_the_end()
        finally:
            self.worker.end()
            shutil.rmtree(self.folder, ignore_errors=True)

    @initialize()
    def sign_up(self) -> None:
        type(self).users += 1
        self.email = f"user-{self.users}@example.com"
        self.workspace.add_user(self.email, "pro")
        issued = self.workspace.issue(self.email, "Admin", [MANAGE])
        self.user = issued.token.user_id
        self._run("login", "-p", ADMIN, "--with-token", "--api-url", self.workspace.url, stdin=issued.secret.reveal())

    def others(self) -> list[str]:
        """Return the profiles besides `admin`."""
        return [name for name in open_store(app).names() if name != ADMIN] if self.log else []

    # What the user does

    @rule(name=NAMES, step=STEPS)
    def log_in(self, name: str, step: int) -> None:
        issued = self.workspace.issue(self.email, "Pasted")
        self.released.add(issued.token.id)  # the user has a copy of it
        self.released |= self._find_held_by(name)
        line = ("login", "-p", name, "--with-token", "--force", "--api-url", self.workspace.url)
        self._run(*line, stdin=issued.secret.reveal(), step=step)

    @rule(index=INDEXES, step=STEPS)
    def rotate(self, index: int, step: int) -> None:
        names = [*self.others(), ADMIN]
        self._run("rotate", "-p", names[index % len(names)], step=step)

    @rule(name=NAMES, label=LABELS, step=STEPS)
    def apply(self, name: str, label: str, step: int) -> None:
        issue = f'[token]\nissue = {{ label = "{label}" }}\n'
        text = f'version = 1\n[profile]\nname = "{name}"\napi_url = "{self.workspace.url}"\n{issue}'
        (self.templates / f"{name}.toml").write_text(text, "utf-8")
        self._apply(step)

    @precondition(lambda self: len(list(self.templates.iterdir())) > 1)
    @rule(index=INDEXES, step=STEPS)
    def prune(self, index: int, step: int) -> None:
        templates = sorted(file for file in self.templates.iterdir() if file.stem != "none")
        templates[index % len(templates)].unlink()
        self._apply(step)

    @rule(name=NAMES, step=STEPS)
    def create(self, name: str, step: int) -> None:
        self._run("tokens", "create", "Created", "--store-as", name, "-p", ADMIN, step=step)

    @precondition(has_profiles)
    @rule(index=INDEXES, step=STEPS, revoke=st.booleans())
    def remove(self, index: int, step: int, revoke: bool) -> None:
        name = self.others()[index % len(self.others())]
        if not revoke:
            self.released |= self._find_held_by(name)
        self._run("profiles", "remove", name, "--yes", *(["--revoke"] if revoke else []), step=step)

    @precondition(has_profiles)
    @rule(index=INDEXES, step=STEPS, forget=st.booleans())
    def revoke(self, index: int, step: int, forget: bool) -> None:
        name = self.others()[index % len(self.others())]
        words = ("revoke", "--yes", "--no-browser") if forget else ("logout", "--revoke")
        self._run(*words, "-p", name, step=step)

    @rule(step=STEPS)
    def fix(self, step: int) -> None:
        self._run("doctor", "--fix", step=step)

    def _apply(self, step: int) -> None:
        recorded = self._read_recorded()
        for name in ("one", "two", "three"):  # --take allows it to replace a token that the user stored
            self.released |= self._find_held_by(name) - recorded
        line = ("apply", str(self.templates), "--yes", "--prune", "--adopt", "--take", "template")
        self._run(*line, "--allow-origin", self.workspace.url, "-p", ADMIN, step=step)

    def _run(self, *words: str, stdin: str = "", step: int = 0) -> None:
        result = self._run_in_worker(*words, stdin=stdin, step=step)
        killed = result.code == -signal.SIGKILL
        assert killed or result.code == 0, result.value
        assert result.code != CRASHED, result.value
        end = f"killed at {result.hit}" if killed else f"exit {result.value[0].code}: {result.value[0].err[:300]}"
        self.log.append(f"{' '.join(words)}: {end}")
        assert killed or "Traceback" not in result.value[0].err, self.log

    def _run_in_worker(self, *words: str, stdin: str = "", step: int = 0) -> ForkResult:
        """Run a command in the process that ran the one before, or in a new one if that was killed."""
        if not self.worker.is_alive:
            self.worker = ForkedWorker(run_command)
        return self.worker.run(Fault(step), arguments=(words, stdin))

    # What must hold

    @invariant()
    def every_token_is_known(self) -> None:
        """Check that each token is stored, or in the journal by its id or the key of its request, or was abandoned."""
        if not self.log:
            return
        entries = open_store(app).journal.entries()
        known = {entry.id for entry in entries} | {id_for_request(self.user, entry.key) for entry in entries}
        unknown = self._find_live() - self._find_held() - self.released - known
        assert not unknown, "\n".join([*self.log, f"unknown: {unknown}"])

    def _check_the_end(self) -> None:
        self._run("doctor", "--fix")
        living, held = self._find_live(), self._find_held()
        assert not living - held - self.released, "\n".join([*self.log, "a token is left that the user did not let go"])
        result = self._run_in_worker("doctor", "--online", "--json")
        assert result.code == 0, result.value
        named = {problem["token_id"] for problem in result.value[0].json["problems"]}
        assert living - held <= named, "\n".join([*self.log, f"not named: {living - held - named}"])
        assert ADMIN in open_store(app).names()

    def _find_live(self) -> set[str]:
        """Return the ids of the user's tokens that the workspace accepts."""
        with self.workspace.workspace.database.read() as session:
            return set(session.scalars(select(Token.id).where(Token.user_id == self.user)))

    def _find_held(self) -> set[str]:
        return {token_id for name in open_store(app).names() for token_id in self._find_held_by(name)}

    def _find_held_by(self, name: str) -> set[str]:
        """Return the id of the token that a profile has stored, if the workspace knows it."""
        credential = open_store(app).tokens.read(name)
        if credential is None:
            return set()
        with self.workspace.workspace.database.read() as session:
            wanted = select(Token.id).where(Token.digest == digest(credential.token.reveal()))
            return set(session.scalars(wanted))

    def _read_recorded(self) -> set[str]:
        """Return the ids of the tokens that an apply issued, according to the ledgers."""
        ids = set()
        for name in ("ledger.json", "ledger.pending.json"):
            path = self.folder / "arka" / "state" / name
            if path.exists():
                entries: dict[str, Any] = json.loads(path.read_text("utf-8"))["profiles"]
                ids |= {entry["token"].get("id", "") for entry in entries.values() if entry.get("token")}
        return ids


@pytest.mark.slow
@pytest.mark.longest
def test_no_sequence_of_commands_and_kills_leaves_an_unknown_token(
    import_everything: None, workspace: RunningWorkspace, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arka_config.workspace.client.transport.call_within", lambda seconds, call: call())
    bound = {"workspace": workspace, "patch": monkeypatch}
    run_state_machine_as_test(
        type("BoundLifecycle", (Lifecycle,), bound),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=LENGTH,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
            phases=[
                Phase.explicit,
                Phase.reuse,
                Phase.generate,
            ],  # if it fails, the log says more than a shorter sequence would
        ),
    )
