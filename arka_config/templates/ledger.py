"""The ledger: what the last apply wrote, so that a hand's edit is told from a template's change.

It is written last. Before the first write of an apply, what it will be is put beside it as *pending*: who comes after a
kill finds there what the killed apply was about to write, and so takes none of it for a hand's work.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from arka_config.errors import MalformedFile, NewerFormat
from arka_config.store import files
from arka_config.text import is_printable, is_profile_name, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arka_config.templates.actual import Actual

VERSION = 1


def plain(value: Any) -> Any:
    """A value of TOML as JSON has it: `30.0` is `30`, a time is its text."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same in a file: `1` is not `true`, and `30.0` is `30`."""
    if type(one) is type(other) and not isinstance(one, float | list | dict):
        return bool(one == other)
    if one is None or other is None:
        return False
    return canonical(plain(one)) == canonical(plain(other))


def canonical(document: Any) -> str:
    """The one JSON text of a document."""
    return json.dumps(document, sort_keys=True, ensure_ascii=True, separators=(",", ":"))


class StoredToken(NamedTuple):
    """A token that an apply stored: its source's identifier, its origin, and the second when it was stored."""

    source: str
    origin: str
    created: str


class Entry(NamedTuple):
    """What is remembered of one profile.

    `folder` and `template` are where it came from, `created` is whether an apply made it, `fields` are the values that
    were written, and `kept` those of the template that gave way to this machine's.
    """

    folder: str
    template: str
    created: bool
    fields: dict[str, Any]
    kept: dict[str, Any]
    token: StoredToken | None

    def document(self) -> dict[str, Any]:
        """The entry as the file has it."""
        document = self._asdict()
        document["token"] = None if self.token is None else self.token._asdict()
        return {key: value for key, value in document.items() if value or key in ("created", "fields")}


class Ledger:
    """The entries by profile name. Immutable in use: a new one is made, and written."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self.entries = dict(entries)

    def text(self) -> str:
        """The file's text, the same for the same entries."""
        profiles = {name: entry.document() for name, entry in sorted(self.entries.items())}
        return json.dumps({"version": VERSION, "profiles": profiles}, indent=2, sort_keys=True) + "\n"

    def settled(self, pending: Ledger | None, actual: Mapping[str, Actual]) -> Ledger:
        """The ledger as a killed apply would have left it, had it recorded each write at once.

        What stands on the machine as it was about to be written was written. All else is as it was before.
        """
        if pending is None:
            return self
        entries = dict(self.entries)
        for name in self.unlike(pending):
            before, after, found = self.entries.get(name), pending.entries.get(name), actual[name]
            if not found.exists:
                entries.pop(name, None)
            elif after is not None:
                entries[name] = _settled(before, after, found)
        return Ledger(entries)

    def unlike(self, other: Ledger) -> list[str]:
        """The names whose entries are not the same in both."""
        names = self.entries.keys() | other.entries.keys()
        return sorted(name for name in names if self.entries.get(name) != other.entries.get(name))


def _settled(before: Entry | None, after: Entry, found: Actual) -> Entry:
    fields = dict(before.fields) if before else {}
    for name in fields.keys() - after.fields.keys():
        if name not in found.fields:
            del fields[name]
    for name, value in after.fields.items():
        if name in found.fields and same(found.fields[name], value):
            fields[name] = value
    token = before.token if before else None
    # Two applies within a second stamp alike. The token is then taken for the old one, and stored again.
    is_stamped_anew = token is None or after.token is None or token.created != after.token.created
    if after.token and found.held and found.held.created == after.token.created and is_stamped_anew:
        token = after.token
    created = after.created if before is None else before.created
    return after._replace(fields=fields, token=token, created=created)


class LedgerFile:
    """`ledger.json` in the state folder, and the pending one beside it."""

    def __init__(self, folder: str) -> None:
        self.path = os.path.join(folder, "ledger.json")
        self.pending_path = os.path.join(folder, "ledger.pending.json")

    def read(self) -> Ledger:
        """The ledger; an empty one where there is no file. Raises MalformedFile."""
        return _read(self.path) or Ledger({})

    def pending(self) -> Ledger | None:
        """What a killed apply was about to write, or None. Raises MalformedFile."""
        return _read(self.pending_path)

    def announce(self, ledger: Ledger) -> None:
        """Puts down what is about to be written, before anything is."""
        files.write(self.pending_path, ledger.text())

    def write(self, ledger: Ledger) -> bool:
        """Keeps the ledger, once all that it says has been written; whether it changed."""
        changed = files.write(self.path, ledger.text()) if ledger.entries or files.exists(self.path) else False
        return files.remove(self.pending_path) or changed


def _read(path: str) -> Ledger | None:
    text = files.read(path)
    if text is None:
        return None
    try:
        document = json.loads(text)
        if isinstance(document, dict) and isinstance(document.get("version"), int) and document["version"] > VERSION:
            raise NewerFormat(
                f"{path}: format {document['version']} is newer than this program",
                path=path,
                hint="update this program",
            )
        if document["version"] != VERSION or document.keys() != {"version", "profiles"}:
            raise ValueError("not this format")
        return Ledger({_name(name): _entry(entry) for name, entry in document["profiles"].items()})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise MalformedFile(
            f"{path}: not a ledger, so what was written last is not known",
            path=path,
            hint=f"rm {quoted(path)}, and apply with --adopt",
        ) from None


def _name(name: str) -> str:
    if not is_profile_name(name):
        raise ValueError("not a name")
    return name


def _entry(document: dict[str, Any]) -> Entry:
    token, created, fields, kept = (document.get(key) for key in ("token", "created", "fields", "kept"))
    if not (isinstance(created, bool) and isinstance(fields, dict) and isinstance(kept or {}, dict)):
        raise TypeError("not an entry")
    if document.keys() - set(Entry._fields):
        raise ValueError("a key that no entry has")
    return Entry(
        _text(document["folder"]),
        _text(document["template"]),
        created,
        fields,
        kept or {},
        None if token is None else StoredToken(**{key: _text(value) for key, value in token.items()}),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str) or not is_printable(value):
        raise ValueError("not a plain text")
    return value
