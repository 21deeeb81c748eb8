"""Which profile is active, the one before it, and which directories are pinned to one."""

from __future__ import annotations

import os

from arka_config.errors import MalformedFile, NewerFormat
from arka_config.store import files, json
from arka_config.text import check_printable, is_printable, is_profile_name, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_NONE = "-"
_VERSION = 1


class Selection:
    """The files `active` and `pins.json` of the state folder."""

    def __init__(self, folder: str) -> None:
        self.active_path = os.path.join(folder, "active")
        self.pins_path = os.path.join(folder, "pins.json")

    def active(self) -> tuple[str | None, str | None]:
        """The active profile and the one before it. Raises MalformedFile."""
        text = files.read(self.active_path)
        if text is None:
            return None, None
        names = text.split()
        if not 1 <= len(names) <= 2 or not all(name == _NONE or is_profile_name(name) for name in names):
            raise MalformedFile(
                f"{self.active_path}: it holds no profile's name",
                path=self.active_path,
                hint=f"rm {quoted(self.active_path)}",
            )
        active, previous = (*names, _NONE)[:2]
        return _name(active), _name(previous)

    def activate(self, name: str | None, *, previous: str | None) -> None:
        """Makes the profile active, or none."""
        files.write(self.active_path, f"{name or _NONE} {previous or _NONE}\n")

    def pins(self) -> dict[str, str]:
        """The pinned directories, each with its profile. Raises MalformedFile."""
        path = self.pins_path
        text = files.read(path)
        if text is None:
            return {}
        document = json.parse(text, path, f"rm {quoted(path)}")
        version = document.get("version") if isinstance(document, dict) else None
        if isinstance(version, int) and version > _VERSION:
            raise NewerFormat(
                f"{path}: format {version} is newer than this program", path=path, hint="update this program"
            )
        pins = document.get("pins") if isinstance(document, dict) and document.get("version") == _VERSION else None
        if not isinstance(pins, dict) or not all(is_printable(d) and _is_name(n) for d, n in pins.items()):
            raise MalformedFile(f"{path}: not a file of pinned directories", path=path, hint=f"rm {quoted(path)}")
        return pins

    def write_pins(self, pins: Mapping[str, str]) -> None:
        """Keeps these pins in place of those before. Raises InvalidValue for a directory that cannot be shown."""
        for directory in pins:
            check_printable(directory, "the directory's path")
        ordered = dict(sorted(pins.items()))
        files.write(self.pins_path, json.text_of({"version": _VERSION, "pins": ordered}))

    def pin(self, directory: str, name: str) -> None:
        """Pins a directory tree to a profile."""
        self.write_pins(self.pins() | {directory: name})

    def unpin(self, directory: str) -> str | None:
        """Takes a directory's own pin away; the profile that it was pinned to, or None."""
        pins = self.pins()
        name = pins.pop(directory, None)
        if name is not None:
            self.write_pins(pins)
        return name

    def move(self, name: str, other: str | None) -> list[str]:
        """Lets whatever chose a profile choose the other one, or nothing; the directories that were pinned to it."""
        pins = self.pins()
        concerned = [folder for folder, pinned in pins.items() if pinned == name]
        if concerned:
            kept = {folder: pinned for folder, pinned in pins.items() if pinned != name}
            self.write_pins(kept | (dict.fromkeys(concerned, other) if other else {}))
        active, previous = self.active()
        if name in (active, previous):
            self.activate(other if active == name else active, previous=other if previous == name else previous)
        return concerned


def _is_name(value: object) -> bool:
    return isinstance(value, str) and is_profile_name(value)


def _name(word: str) -> str | None:
    return None if word == _NONE else word
