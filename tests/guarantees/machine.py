"""A machine in a folder. It is created once, copied to the same path for each trial, and read as facts that can be
lost.
"""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import stat
from contextlib import chdir
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arka_config import ProfileStore, open_store
from arka_config.arka import app
from arka_config.templates.ledger import LedgerFile
from tests.cli.program import OTHER, TOKEN, Result, arka
from tests.command_samples import NEW_SECRET, NEW_TOKEN
from tests.guarantees import scenes
from tests.secretive import secretive

if TYPE_CHECKING:
    from collections.abc import Iterator

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


class Machine:
    """A scene, the folder that it is copied to, and its workspace."""

    def __init__(self, folder: Path, scene: str, fake: FakeWorkspace) -> None:
        self.root = folder / "root"
        self.report = folder / "report"
        self.original = folder / "original"
        self.fake = fake
        self.root.mkdir()
        fake.add(TOKEN, scopes=("tokens:manage",))
        fake.add(NEW_TOKEN, "extra")
        with chdir(self.root):
            scenes.make(self.root, scene, fake)
        self.root.rename(self.original)
        self._issued = copy.deepcopy(fake.tokens)
        self._spare = {TOKEN, OTHER, NEW_TOKEN}  # the user has a copy of it

    def restore(self) -> None:
        """Restore the original state of the scene and the workspace."""
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(self.original, self.root, symlinks=True)
        self.fake.tokens = copy.deepcopy(self._issued)

    def run(self, line: Line) -> Result:
        """Run a command line on it, in this process."""
        program = secretive if "secrets" in line.scene else arka
        with chdir(self.root / line.cwd):
            return program(*line.words.split(), stdin=line.stdin)

    def store(self) -> ProfileStore:
        """The store, as another process opens it."""
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

    def state(self) -> tuple[object, ...]:
        """Return everything on it and at its workspace, without the ids of processes."""
        entries = [
            (path, entry.st_mode, re.sub(rb'^\d+ |(?<="process": )\d+', b"PID ", content))
            for path, entry, content in _entries(str(self.root))
        ]
        return tuple(sorted(entries)), json.dumps(self.fake.tokens)

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
        for path in self.files():
            if not path.startswith(OFTEN_REWRITTEN) and TEMPORARY not in path:
                text = (self.root / path).read_text("utf-8")
                facts[f"file {path}"] = "some" if path.startswith(RANDOM) else _content(path, text)
        return facts

    def files(self) -> list[str]:
        """Return every file's path below the root."""
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*") if not path.is_dir())

    def temporary(self, within: str = "") -> list[str]:
        """Return the temporary files."""
        return [path for path in self.files() if TEMPORARY in path and path.startswith(within)]

    def exposed(self) -> list[str]:
        """Return the files that others can read or write, if they hold a token or are in a private folder."""
        return [path for path in self.files() if (self._mode(path) & 0o077 and self._is_secret(path))]

    def _is_secret(self, path: str) -> bool:
        content = (self.root / path).read_bytes()
        return path.startswith(("arka/data", "arka/state", "keys/")) or any(
            token.encode() in content for token in (TOKEN, OTHER, NEW_TOKEN, NEW_SECRET, *scenes.SECRETS.values())
        )

    def _mode(self, path: str) -> int:
        return stat.S_IMODE((self.root / path).lstat().st_mode)

    def plain_tokens(self) -> list[str]:
        """Return the files of the store that contain a token in plain text."""
        tokens = tuple(text.encode() for text in (TOKEN, OTHER, NEW_SECRET, *scenes.SECRETS.values()))
        inside = (path for path in self.files() if path.startswith("arka/"))
        return [path for path in inside if any(token in (self.root / path).read_bytes() for token in tokens)]


def _content(path: str, text: str) -> Any:
    return json.loads(text) if path.endswith("config.json") else text


def _entries(root: str) -> Iterator[tuple[str, os.stat_result, bytes]]:
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = os.path.join(folder, name)
            entry = os.lstat(path)
            content = b""
            if stat.S_ISLNK(entry.st_mode):
                content = os.fsencode(os.readlink(path))
            elif stat.S_ISREG(entry.st_mode):
                content = Path(path).read_bytes()
            yield os.path.relpath(path, root), entry, content
