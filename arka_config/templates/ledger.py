"""The ledger: what the last apply wrote, so that a local edit and a change in a template can be distinguished.

It is written last. Before an apply writes anything, it announces the new ledger in a second, *pending* file. After a
kill, the next apply finds there what may have been written, and does not mistake it for local edits.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from arka_config.errors import MalformedFile
from arka_config.store import files
from arka_config.store.json import check_version
from arka_config.text import is_printable, is_profile_name, quote_path

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = 2  # since tokens have ids; a ledger without any is still written as 1, which older programs read

ISSUE = "issue"  # the kind of source of a token that the workspace issued for an apply


def plain(value: Any) -> Any:
    """Return a TOML value as JSON has it: `30.0` is `30`, a time is a string."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same in a file: `1` is not `true`, but `30.0` is `30`."""
    if type(one) is type(other) and not isinstance(one, float | list | dict):
        return bool(one == other)
    if one is None or other is None:
        return False
    return canonical(plain(one)) == canonical(plain(other))


def canonical(document: Any) -> str:
    """Return a document's canonical JSON text."""
    return json.dumps(document, sort_keys=True, ensure_ascii=True, separators=(",", ":"))


class RecordedToken(NamedTuple):
    """A token that an apply stored: its source's identifier, its origin, the time to the second, and if the workspace
    issued it for the apply, its id."""

    source: str
    origin: str
    created: str
    id: str = ""

    @property
    def is_issued(self) -> bool:
        """Whether the workspace issued it for an apply."""
        return self.source.partition(" ")[0] == ISSUE

    def document(self) -> dict[str, str]:
        """Return it as it is in the file."""
        return {key: text for key, text in self._asdict().items() if text or key != "id"}


class Entry(NamedTuple):
    """What an apply recorded about one profile.

    `folder` and `template` are the template's location, `created` is whether an apply created the profile, `fields` are
    the values that were written, and `kept` are the template's values that lost to local edits.
    """

    folder: str
    template: str
    created: bool
    fields: dict[str, Any]
    kept: dict[str, Any]
    token: RecordedToken | None

    def document(self) -> dict[str, Any]:
        """Return the entry as it is in the file."""
        document = self._asdict()
        document["token"] = None if self.token is None else self.token.document()
        return {key: value for key, value in document.items() if value or key in ("created", "fields")}


class Ledger:
    """The entries by profile name. Treat it as immutable."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self.entries = dict(entries)

    def text(self) -> str:
        """Return the file's text, which is the same for the same entries."""
        profiles = {name: entry.document() for name, entry in sorted(self.entries.items())}
        version = VERSION if any(entry.token and entry.token.id for entry in self.entries.values()) else 1
        return json.dumps({"version": version, "profiles": profiles}, indent=2, sort_keys=True) + "\n"

    def differences(self, other: Ledger) -> list[str]:
        """The names of profiles with different entries."""
        names = self.entries.keys() | other.entries.keys()
        return sorted(name for name in names if self.entries.get(name) != other.entries.get(name))


class LedgerFile:
    """`ledger.json` in the state folder, and the pending ledger next to it."""

    def __init__(self, folder: str) -> None:
        self.path = os.path.join(folder, "ledger.json")
        self.pending_path = os.path.join(folder, "ledger.pending.json")

    def read(self) -> Ledger:
        """Read the ledger, which is empty if there is no file. Raises MalformedFile, NewerFormat."""
        return _read(self.path) or Ledger({})

    def read_pending(self) -> Ledger | None:
        """Read what an interrupted apply was about to write, if anything. Raises MalformedFile, NewerFormat."""
        return _read(self.pending_path)

    def announce(self, ledger: Ledger) -> None:
        """Write the pending ledger, before the apply writes anything else."""
        files.write(self.pending_path, ledger.text())

    def note_rotation(self, name: str, origin: str, before: str, after: str, token_id: str) -> None:
        """Record that a token which an apply had issued was rotated, so that a later apply still knows it as its own.

        `before` and `after` are the times of the old and the new token. The caller must hold the lock. Nothing changes
        if the ledger has another token. Raises MalformedFile, FileError.
        """
        entries = self.read().entries
        entry = entries.get(name)
        token = entry.token if entry is not None else None
        if entry is None or token is None or not token.is_issued or (token.origin, token.created) != (origin, before):
            return
        entries[name] = entry._replace(token=token._replace(created=after, id=token_id))
        files.write(self.path, Ledger(entries).text())

    def write(self, ledger: Ledger) -> bool:
        """Write the ledger, after everything else was written. Return whether a file changed."""
        changed = files.write(self.path, ledger.text()) if ledger.entries or files.exists(self.path) else False
        return files.remove(self.pending_path) or changed


def _read(path: str) -> Ledger | None:
    text = files.read(path)
    if text is None:
        return None
    try:
        document = json.loads(text)
        check_version(document, VERSION, path)
        if document["version"] not in (1, VERSION) or document.keys() != {"version", "profiles"}:
            raise ValueError("another format")
        return Ledger({_check_name(name): _parse_entry(entry) for name, entry in document["profiles"].items()})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise MalformedFile(
            f"{path}: not a ledger, so it is not known what the last apply wrote",
            path=path,
            hint=f"rm {quote_path(path)}, then apply with --adopt",
        ) from None


def _check_name(name: str) -> str:
    if not is_profile_name(name):
        raise ValueError("not a profile name")
    return name


def _parse_entry(document: dict[str, Any]) -> Entry:
    token, created, fields, kept = (document.get(key) for key in ("token", "created", "fields", "kept"))
    if not (isinstance(created, bool) and isinstance(fields, dict) and isinstance(kept or {}, dict)):
        raise TypeError("not an entry")
    if document.keys() - set(Entry._fields):
        raise ValueError("an unknown key")
    return Entry(
        _check_text(document["folder"]),
        _check_text(document["template"]),
        created,
        fields,
        kept or {},
        None if token is None else RecordedToken(**{key: _check_text(value) for key, value in token.items()}),
    )


def _check_text(value: Any) -> str:
    if not isinstance(value, str) or not is_printable(value):
        raise ValueError("not printable text")
    return value
