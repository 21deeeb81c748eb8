"""A machine in a folder. It is created once, restored before each trial, and read as facts that can be lost."""

from __future__ import annotations

import json
import os
from contextlib import chdir
from typing import TYPE_CHECKING, Any, NamedTuple

from arka_config import ProfileStore, open_store
from arka_config.arka import app
from arka_config.templates.ledger import LedgerFile
from tests.cli.program import OTHER, TOKEN, Result, arka
from tests.command_samples import NEW_SECRET, NEW_TOKEN
from tests.folder_snapshot import FolderSnapshot
from tests.guarantees import scenes
from tests.secretive import secretive

if TYPE_CHECKING:
    from pathlib import Path

    from tests.command_samples import Line
    from tests.workspace.fake import FakeWorkspace

TEMPORARY = "cli-tmp"
# The contents of these files are random. Other checks show that they can be used.
RANDOM = (
    "plan.json",
    "arka/data/data-key.json",
    "arka/data/identity.txt",
    "arka/state/vault.json",
    "arka/state/vault.key",
    "github",
    "keys/",
    "templates/runner.toml",
)
# These may differ from their state before and after a complete command.
OFTEN_REWRITTEN = (
    "arka/data/tokens/",
    "arka/state/sessions/",
    "arka/state/lock",
    "arka/state/ledger",
    "arka/state/journal.json",
)


class MachineState(NamedTuple):
    """A machine's files, and the workspace's tokens as JSON."""

    files: FolderSnapshot
    tokens: str

    @property
    def key(self) -> tuple[object, ...]:
        """What two equal states have in common."""
        return self.files.state, self.tokens

    @property
    def temporary(self) -> list[str]:
        """The temporary files."""
        return [path for path in self.files.files if TEMPORARY in path]


class Machine:
    """A scene, its folder, and its workspace."""

    def __init__(self, folder: Path, scene: str, fake: FakeWorkspace) -> None:
        self.root = folder / "root"
        self.report = folder / "report"
        self.fake = fake
        self.root.mkdir()
        fake.add(TOKEN, scopes=("tokens:manage",))
        fake.add(NEW_TOKEN, "extra")
        with chdir(self.root):
            scenes.make(self.root, scene, fake)
        self.original = self.read_state()
        self._spare = {TOKEN, OTHER, NEW_TOKEN}  # the user has a copy of them

    def restore(self, state: MachineState | None = None, *, now: MachineState | None = None) -> None:
        """Restore a state, by default the original one. `now` is the current state, if the caller knows it."""
        state = state or self.original
        state.files.restore(self.root, now and now.files)
        self.fake.tokens = json.loads(state.tokens)

    def read_state(self) -> MachineState:
        """Read every file and the workspace's tokens."""
        return MachineState(FolderSnapshot.take(self.root), json.dumps(self.fake.tokens))

    def run(self, line: Line) -> Result:
        """Run a command line on it, in this process."""
        program = secretive if "secrets" in line.scene else arka
        with chdir(self.root / line.cwd):
            return program(*line.words.split(), stdin=line.stdin)

    def store(self) -> ProfileStore:
        """Open the store as another process does."""
        store = open_store(app)
        store.reports_unfinished = False
        return store

    # What is at its workspace

    def unheld_tokens(self) -> list[str]:
        """Return the labels of the tokens that the workspace accepts and no profile holds, except those from before."""
        store = self.store()
        stored = [store.tokens.read(name) for name in store.names()]
        held = {credential.token.reveal() for credential in stored if credential is not None}
        return [row["details"]["label"] for token, row in self.fake.tokens.items() if token not in held | self._spare]

    def unknown_tokens(self) -> list[str]:
        """Return those labels whose token is not in the journal either, by its id or the key of its request."""
        store = self.store()
        stored = [store.tokens.read(name) for name in store.names()]
        held = {credential.token.reveal() for credential in stored if credential is not None}
        known = {word for entry in store.journal.entries() for word in (entry.id, entry.key)}
        return [
            row["details"]["label"]
            for token, row in self.fake.tokens.items()
            if token not in held | self._spare and known.isdisjoint((row["details"]["id"], row["key"]))
        ]

    # What is on it

    def facts(self) -> dict[str, Any]:
        """Return everything that can be lost, by name. Raises if anything cannot be read."""
        store = self.store()
        active, previous = store.selection.read_active()
        facts: dict[str, Any] = {"active": active, "previous": previous}
        for name in store.names():
            profile = store.profiles.read(name)
            table = [profile.description, profile.api_url, profile.reference, profile.settings, profile.is_on_disk]
            facts[f"profile {name}"] = table
            credential = store.tokens.read(name)
            if credential is not None:
                facts[f"token {name}"] = credential.token.reveal()
                facts[f"details of {name}"] = [str(credential.origin), credential.label, credential.expires]
        for name, field in store.secrets.names():
            secret = store.secrets.read(name, field)
            assert secret is not None
            facts[f"secret {name} {field}"] = secret.reveal()
        facts |= {f"pin {os.path.relpath(at, self.root)}": name for at, name in store.selection.read_pins().items()}
        ledger = LedgerFile(store.folders.state)
        ledger.read_pending()
        facts |= {f"ledger {name}": entry.document() for name, entry in ledger.read().entries.items()}
        return facts | self._files()

    def _files(self) -> dict[str, Any]:
        facts = {}
        files = FolderSnapshot.take(self.root)
        for path in files.files:
            if not path.startswith(OFTEN_REWRITTEN) and TEMPORARY not in path:
                text = files.entries[path].content.decode()
                facts[f"file {path}"] = "some" if path.startswith(RANDOM) else _content(path, text)
        return facts

    def temporary(self, within: str = "") -> list[str]:
        """Return the temporary files."""
        return [path for path in self.read_state().temporary if path.startswith(within)]

    def exposed(self) -> list[str]:
        """Return the files that others can read or write, if they hold a token or are in a private folder."""
        files = FolderSnapshot.take(self.root)
        return [path for path in files.files if files.entries[path].mode & 0o077 and _is_secret(files, path)]

    def plain_tokens(self) -> list[str]:
        """Return the files of the store that contain a token in plain text."""
        tokens = tuple(text.encode() for text in (TOKEN, OTHER, NEW_SECRET, *scenes.SECRETS.values()))
        files = FolderSnapshot.take(self.root)
        inside = (path for path in files.files if path.startswith("arka/"))
        return [path for path in inside if any(token in files.entries[path].content for token in tokens)]


def _is_secret(files: FolderSnapshot, path: str) -> bool:
    content = files.entries[path].content
    return path.startswith(("arka/data", "arka/state", "keys/")) or any(
        token.encode() in content for token in (TOKEN, OTHER, NEW_TOKEN, NEW_SECRET, *scenes.SECRETS.values())
    )


def _content(path: str, text: str) -> Any:
    return json.loads(text) if path.endswith("config.json") else text
