"""A machine in a folder: made once, laid out for each trial at the same path, and read as facts that can be lost."""

from __future__ import annotations

import copy
import json
import os
import shutil
import stat
from contextlib import chdir
from typing import TYPE_CHECKING, Any

from arka_config import ProfileStore, open_store
from arka_config.arka import app
from arka_config.templates.ledger import LedgerFile
from tests.cli.program import OTHER, TOKEN, Done, arka
from tests.command_samples import NEW_TOKEN
from tests.guarantees import scenes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.command_samples import Line
    from tests.workspace.fake import FakeWorkspace

TEMPORARY = "arka-tmp"
# What is in these is made of chance; that it is of use is looked at in other ways.
RANDOM = (
    "plan.json",
    "arka/data/data-key.json",
    "arka/data/identity.txt",
    "arka/state/vault.key",
    "github",
    "keys/",
    "templates/runner.toml",
)
WRITTEN_ANEW = ("arka/data/tokens/", "arka/state/sessions/", "arka/state/lock", "arka/state/ledger")


class Machine:
    """A scene, the folder that it is laid out in, and the workspace that it speaks to."""

    def __init__(self, folder: Path, scene: str, fake: FakeWorkspace) -> None:
        self.root = folder / "root"
        self.report = folder / "report"
        self.made = folder / "made"
        self.fake = fake
        self.root.mkdir()
        fake.add(TOKEN, scopes=("tokens:manage",))
        fake.add(NEW_TOKEN, "extra")
        with chdir(self.root):
            scenes.make(self.root, scene, fake)
        self.root.rename(self.made)
        self._known = copy.deepcopy(fake.tokens)

    def lay_out(self) -> None:
        """The scene as it was made, whatever was done to it."""
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(self.made, self.root, symlinks=True)
        self.fake.tokens = copy.deepcopy(self._known)

    def run(self, line: Line) -> Done:
        """Runs a command line on it, in this process."""
        with chdir(self.root / line.cwd):
            return arka(*line.words.split(), stdin=line.stdin)

    def store(self) -> ProfileStore:
        """The store, as another process opens it."""
        return open_store(app)

    # What there is

    def facts(self) -> dict[str, Any]:
        """All that can be lost, each under a name. Raises where anything cannot be read."""
        store = self.store()
        found: dict[str, Any] = {"active": store.selection.active()}
        for name in store.names():
            profile = store.profiles.read(name)
            table = [profile.description, profile.api_url, profile.reference, profile.settings, profile.is_on_disk]
            found[f"profile {name}"] = table
            credential = store.tokens.read(name)
            if credential is not None:
                found[f"token {name}"] = credential.token.reveal()
                found[f"known of {name}"] = [str(credential.origin), credential.label, credential.expires]
        found |= {f"pin {os.path.relpath(at, self.root)}": name for at, name in store.selection.pins().items()}
        ledger = LedgerFile(store.folders.state)
        ledger.read_pending()
        found |= {f"ledger {name}": entry.document() for name, entry in ledger.read().entries.items()}
        return found | self._files()

    def _files(self) -> dict[str, Any]:
        found = {}
        for path in self.files():
            if not path.startswith(WRITTEN_ANEW) and TEMPORARY not in path:
                text = (self.root / path).read_text("utf-8")
                found[f"file {path}"] = "some" if path.startswith(RANDOM) else _parsed(path, text)
        return found

    def files(self) -> list[str]:
        """Every file, by its path below the root."""
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*") if not path.is_dir())

    def temporary(self, within: str = "") -> list[str]:
        """The temporary files that are there."""
        return [path for path in self.files() if TEMPORARY in path and path.startswith(within)]

    def exposed(self) -> list[str]:
        """The files with a token in them, or in a folder of ours, that others can read or write."""
        return [path for path in self.files() if (self._mode(path) & 0o077 and self._is_secret(path))]

    def _is_secret(self, path: str) -> bool:
        content = (self.root / path).read_bytes()
        return path.startswith(("arka/data", "arka/state", "keys/")) or any(
            token.encode() in content for token in (TOKEN, OTHER, NEW_TOKEN)
        )

    def _mode(self, path: str) -> int:
        return stat.S_IMODE((self.root / path).lstat().st_mode)

    def plain_tokens(self) -> list[str]:
        """The files of the store in which a token stands in plain text."""
        tokens = (TOKEN.encode(), OTHER.encode())
        inside = (path for path in self.files() if path.startswith("arka/"))
        return [path for path in inside if any(token in (self.root / path).read_bytes() for token in tokens)]


def _parsed(path: str, text: str) -> Any:
    return json.loads(text) if path.endswith("config.json") else text
