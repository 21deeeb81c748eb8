"""Which profile is active, which one was before it, and which directories are pinned to a profile."""

from __future__ import annotations

import os

from arka_config.errors import MalformedFile
from arka_config.store import files, json
from arka_config.store.ownership import check_folders
from arka_config.text import check_printable, is_printable, is_profile_name, quote_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_NONE = "-"
VERSION = 1


class Selection:
    """The files `active` and `pins.json` in the state folder. No other user may own `guarded` or write to it."""

    def __init__(self, folder: str, guarded: Collection[str] = ()) -> None:
        self._guarded = guarded
        self.active_path = os.path.join(folder, "active")
        self.pins_path = os.path.join(folder, "pins.json")

    def read_active(self) -> tuple[str | None, str | None]:
        """Return the active profile and the previous one. Raises MalformedFile, UnsafeFile."""
        check_folders(self._guarded)
        text = files.read(self.active_path)
        if text is None:
            return None, None
        names = text.split()
        if not 1 <= len(names) <= 2 or not all(name == _NONE or is_profile_name(name) for name in names):
            raise MalformedFile(
                f"{self.active_path}: not the name of a profile",
                path=self.active_path,
                hint=f"rm {quote_path(self.active_path)}",
            )
        active, previous = (None if name == _NONE else name for name in (*names, _NONE)[:2])
        return active, previous

    def activate(self, name: str | None, *, previous: str | None) -> None:
        """Make the profile the active one; None for no active profile."""
        files.write(self.active_path, f"{name or _NONE} {previous or _NONE}\n")

    def read_pins(self) -> dict[str, str]:
        """Return the profile of each pinned directory. Raises MalformedFile, UnsafeFile."""
        check_folders(self._guarded)
        path = self.pins_path
        text = files.read(path)
        if text is None:
            return {}
        document = json.parse(text, path, f"rm {quote_path(path)}")
        json.check_version(document, VERSION, path)
        pins = document.get("pins") if isinstance(document, dict) and document.get("version") == VERSION else None
        if not isinstance(pins, dict) or not all(is_printable(d) and _is_name(n) for d, n in pins.items()):
            raise MalformedFile(f"{path}: not a file of pinned directories", path=path, hint=f"rm {quote_path(path)}")
        return pins

    def write_pins(self, pins: Mapping[str, str]) -> None:
        """Replace all pins. Raises InvalidValue for a directory with unprintable characters."""
        for directory in pins:
            check_printable(directory, "the directory's path")
        ordered = dict(sorted(pins.items()))
        files.write(self.pins_path, json.dumps({"version": VERSION, "pins": ordered}))

    def pin(self, directory: str, name: str) -> None:
        """Pin a directory tree to a profile."""
        self.write_pins(self.read_pins() | {directory: name})

    def unpin(self, directory: str) -> str | None:
        """Remove a directory's own pin. Return the profile that it was pinned to, or None."""
        pins = self.read_pins()
        name = pins.pop(directory, None)
        if name is not None:
            self.write_pins(pins)
        return name

    def replace(self, name: str, other: str | None) -> list[str]:
        """Select `other`, or no profile, wherever `name` was selected. Return its pinned directories."""
        pins = self.read_pins()
        folders = [folder for folder, pinned in pins.items() if pinned == name]
        if folders:
            rest = {folder: pinned for folder, pinned in pins.items() if pinned != name}
            self.write_pins(rest | (dict.fromkeys(folders, other) if other else {}))
        active, previous = self.read_active()
        if name in (active, previous):
            self.activate(other if active == name else active, previous=other if previous == name else previous)
        return folders


def _is_name(value: object) -> bool:
    return isinstance(value, str) and is_profile_name(value)
