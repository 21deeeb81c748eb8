"""The journal: tokens that a command had issued, or is about to replace, until each is stored or revoked.

A token that is written here is recorded before it can be lost, so a kill leaves none that nothing remembers. Every
entry means the same: either a profile holds this token, or it must be revoked. The journal has ids, never tokens.

A command that requests a token:

    with journal.begin(ROTATE, profile="work", origin=origin, label="MacBook Pro", user=user_id) as entry:
        issued = workspace.rotate(key=entry.key)    # the workspace can withdraw what it issued for this key
        entry.identify(issued.details.id)           # as soon as the response is there, before the token is stored
        ...                                         # store the token, or revoke it
        entry.finish()

A command that is about to replace or remove the only copy of a token calls `begin` with its `token_id` before, and
`finish` once the token is revoked. Leaving the block without `finish` keeps the entry: after a kill, or if the
workspace could not be asked, the next command finds it with `left_behind` and finishes it.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from arka_config import timestamps
from arka_config.errors import ConfigError, MalformedFile
from arka_config.store import files, json
from arka_config.store.system import SYSTEM
from arka_config.text import is_printable, quote_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType
    from typing import Self

    from arka_config.store.lock import Lock

FILE = "journal.json"
ROTATE, APPLY, CREATE, LOGIN = "rotate", "apply", "tokens create", "login"  # the kinds: commands, as they are typed
REVOKE, REVOKE_OWN = "tokens revoke", "tokens revoke current"  # the second: of the token that the request was made with

VERSION = 1
_MAX_REQUEST_AGE = 3600.0  # seconds; no command waits longer for a token, so an older process id is another process's
_MAX_DELIVERY_TIME = 60.0  # seconds in which a request that a killed process sent may still arrive
REQUESTED, UNNEEDED = "requested", "unneeded"  # the roles
_TEXTS = ("kind", "role", "profile", "origin", "label", "user", "begun", "host", "id")
_active: set[str] = set()  # the keys of the entries that this process is working on


@dataclass(slots=True)
class Entry:
    """A token that is neither known to be stored nor known to be revoked.

    Its `role` is REQUESTED, or UNNEEDED for a token that is about to be replaced or removed. `key` is an unguessable
    text that is sent with a request, and `id` the token's id; it is empty while it is unknown, because the answer is
    not there or was lost. `profile` is the profile that the token is for, `user` the id of the token's user if known,
    `begun` the time of the request.
    """

    key: str
    kind: str
    role: str
    profile: str
    origin: str
    label: str
    user: str
    begun: str
    process: int
    host: str
    id: str
    _journal: Journal = field(repr=False, compare=False)

    def identify(self, token_id: str, *, user: str = "") -> None:
        """Record the id, and the user's id if it was not known before. Raises LockTimeout, FileError."""
        self.id, self.user = token_id, user or self.user
        self._journal.write(self)

    def finish(self) -> None:
        """Remove the entry: the token is stored or revoked. If that fails, a later command finds the same out."""
        self._journal.finish(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _active.discard(self.key)

    def __str__(self) -> str:
        name = f"'{self.label}' ({self.id})" if self.label and self.id else self.id or f"'{self.label}'"
        return f"token {name}" if self.id or self.label else "a token"

    @property
    def is_revocation(self) -> bool:
        """Whether the user wanted this token to be revoked, and it is not known if it was."""
        return self.kind in (REVOKE, REVOKE_OWN)

    @property
    def age(self) -> float:
        """The seconds since the request; an invalid time is long ago."""
        try:
            return (timestamps.now() - timestamps.parse(self.begun)).total_seconds()
        except ValueError:
            return _MAX_REQUEST_AGE

    @property
    def may_still_arrive(self) -> bool:
        """Whether the request may be on its way to the workspace."""
        return not self.id and self.age < _MAX_DELIVERY_TIME

    @property
    def is_in_progress(self) -> bool:
        """Whether a process may be working on it.

        Of a process on another machine, which shares the home folder, only the time is known.
        """
        if self.age >= _MAX_REQUEST_AGE:
            return False
        import socket

        if self.host != socket.gethostname():
            return True
        return self.key in _active if self.process == os.getpid() else SYSTEM.is_alive(self.process)

    def document(self) -> dict[str, Any]:
        """Return the entry as it is in the file."""
        texts = {name: text for name in _TEXTS if (text := getattr(self, name))}
        return {**texts, "process": self.process}


class Journal:
    """`journal.json` in the state folder."""

    def __init__(self, folder: str, lock: Lock) -> None:
        self.path = os.path.join(folder, FILE)
        self._lock = lock

    def begin(
        self,
        kind: str,
        *,
        profile: str,
        origin: str,
        label: str = "",
        user: str = "",
        token_id: str = "",
        key: str = "",
    ) -> Entry:
        """Record a token that is about to be requested, or with `token_id` one that is about to be replaced.

        `key` is what withdraws the request if the server has chosen it: the code of a sign-in. Raises LockTimeout,
        FileError, MalformedFile: without the record, nothing may be requested.
        """
        import secrets
        import socket

        key, begun = key if _is_key(key) else secrets.token_urlsafe(16), timestamps.to_text(timestamps.now())
        role, host = UNNEEDED if token_id else REQUESTED, socket.gethostname()
        entry = Entry(key, kind, role, profile, origin, label, user, begun, os.getpid(), host, token_id, self)
        _active.add(key)
        try:
            self.write(entry)
        except BaseException:
            _active.discard(key)
            raise
        return entry

    def write(self, entry: Entry) -> None:
        """Write an entry that is new or has changed."""
        with self._lock:
            self._write(self._read() | {entry.key: entry.document()})

    def finish(self, *entries: Entry) -> None:
        """Remove entries with one write, after their tokens were stored or revoked. If it fails, that is no error."""
        keys = {entry.key for entry in entries}
        with contextlib.suppress(ConfigError), self._lock:
            table = self._read()
            if not keys.isdisjoint(table):
                self._write({key: entry for key, entry in table.items() if key not in keys})
        _active.difference_update(keys)

    def left_behind(self) -> list[Entry]:
        """Return the entries that no process works on, oldest first. Takes no lock. Raises MalformedFile."""
        return [entry for entry in self.entries() if not entry.is_in_progress]

    def entries(self) -> list[Entry]:
        """Return all entries, oldest first. Raises MalformedFile, NewerFormat."""
        entries = [self._entry(key, document) for key, document in self._read().items()]
        return sorted(entries, key=lambda entry: (entry.begun, entry.key))

    def _entry(self, key: str, document: Mapping[str, Any]) -> Entry:
        texts = {name: document.get(name, "") for name in _TEXTS}
        texts["role"] = texts["role"] or REQUESTED
        return Entry(key=key, process=document["process"], _journal=self, **texts)

    def _read(self) -> dict[str, dict[str, Any]]:
        fault = "not a journal, so it is not known which tokens a killed command left"
        hint = f"rm {quote_path(self.path)}"
        table = json.read_table(self.path, VERSION, "tokens", fault=fault, hint=hint)
        if not all(map(_is_entry, table, table.values())):
            raise MalformedFile(f"{self.path}: {fault}", path=self.path, hint=hint)
        return table

    def _write(self, table: Mapping[str, Mapping[str, Any]]) -> None:
        if not table:
            files.remove(self.path)
            return
        files.write(self.path, json.dumps({"version": VERSION, "tokens": dict(sorted(table.items()))}))


def describe(entries: Iterable[Entry], program: str) -> str:
    """One line that says what killed commands left, for a command that does not ask the workspace."""
    first, *more = entries
    others = f", and {len(more)} more" if more else ""
    where = f"for profile '{first.profile}' at {first.origin}" if first.profile else f"at {first.origin}"
    if first.is_revocation:
        return (
            f"{first} {where} may not be revoked, because the response was lost{others}; "
            f"to revoke it if so: {program} doctor --fix"
        )
    return (
        f"a killed '{first.kind}' may have left {first} {where} that no profile holds{others}; "
        f"to revoke what is left: {program} doctor --fix"
    )


def _is_entry(key: object, document: object) -> bool:
    """Whether this is an entry. Keys that a newer program added are ignored, and kept."""
    return (
        _is_key(key)
        and isinstance(document, dict)
        and type(document.get("process")) is int
        and all(isinstance(text := document.get(name, ""), str) and is_printable(text) for name in _TEXTS)
        and bool(document.get("kind") and document.get("origin"))
    )


def _is_key(text: object) -> bool:
    return isinstance(text, str) and text.replace("-", "").replace("_", "").isalnum() and text.isascii()
