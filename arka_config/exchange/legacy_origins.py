"""The workspaces that the user has allowed for each Node CLI's file: a file holds one token, and no URL."""

from __future__ import annotations

import json
import os

from arka_config.errors import MalformedFile
from arka_config.store import files
from arka_config.store.json import check_version
from arka_config.text import is_printable, quote_path

VERSION = 1
FILE = "legacy-origins.json"


class LegacyOrigins:
    """`legacy-origins.json`: the origins of the tokens that may be written to each file, by the file's path."""

    def __init__(self, folder: str) -> None:
        self.path = os.path.join(folder, FILE)
        self._files: dict[str, list[str]] = {}
        text = files.read(self.path, secret=True)  # others could give consent in the user's name
        if text is not None:
            self._files = self._parse(text)

    def allows(self, path: str, origin: str) -> bool:
        """Whether the user has allowed tokens of this origin in the file."""
        return origin in self._files.get(path, ())

    def allow(self, path: str, origin: str) -> None:
        """Remember that the user allows tokens of this origin in the file. The caller must hold the lock."""
        self._files[path] = sorted({*self._files.get(path, ()), origin})
        document = {"version": VERSION, "files": self._files}
        files.write(self.path, json.dumps(document, indent=2, sort_keys=True) + "\n")

    def _parse(self, text: str) -> dict[str, list[str]]:
        try:
            document = json.loads(text)
            check_version(document, VERSION, self.path)
            allowed = document["files"].items()
            if all(isinstance(origins, list) and all(map(is_printable, origins)) for _, origins in allowed):
                return dict(allowed)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            pass
        raise MalformedFile(
            f"{self.path}: not a file of allowed workspaces, so only the default one is allowed",
            path=self.path,
            hint=f"rm {quote_path(self.path)}",
        )
