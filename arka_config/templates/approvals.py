"""Approvals: what the user has approved before, so that anything new must be approved by name.

A template comes from a repository that others can write to. A new origin, a reference that would be sent to another
origin than before, a proxy, and a certificate file must each be approved (CVE-2026-21852). The content of a folder's
templates is recorded, so that apply can say what changed since.
"""

from __future__ import annotations

import json
import os
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from arka_config.errors import ConfigError, InvalidUrl, MalformedFile
from arka_config.precedence.origin import Origin
from arka_config.references.registry import KINDS, kind_of
from arka_config.store import files
from arka_config.store.json import check_version
from arka_config.store.system import SYSTEM
from arka_config.text import is_printable, quote_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from arka_config.store.profile_store import ProfileStore
    from arka_config.templates.plan import Plan
    from arka_config.templates.positions import TemplateText

VERSION = 1
FILE = "agreements.json"


class Difference(StrEnum):
    """How a template differs from the one that was approved last."""

    NEW = "new"
    REMOVED = "removed"
    CHANGED = "changed"


class Question(NamedTuple):
    """Something that must be approved by name.

    `key` is the value of `--allow-origin` that approves it. It is an origin, unless `setting` is the setting of a
    proxy or certificate file. `reference` is a token reference that was sent only to `known_origins` before.
    """

    key: str
    reference: str = ""
    known_origins: tuple[str, ...] = ()
    setting: str = ""


class Approvals:
    """`agreements.json`: digests of each folder's templates, origins with the references sent there, and routes."""

    def __init__(self, folder: str) -> None:
        self.path = os.path.join(folder, FILE)
        self.folders: dict[str, dict[str, str]] = {}
        self.origins: dict[str, list[str]] = {}
        self.routes: list[str] = []
        self._read()

    def _read(self) -> None:
        text = files.read(self.path)
        if text is None:
            return
        try:
            document = json.loads(text)
            check_version(document, VERSION, self.path)
            if document["version"] != VERSION:
                raise ValueError("another format")
            self.folders = {folder: dict(names) for folder, names in document["folders"].items()}
            self.origins = {origin: _check_texts(references) for origin, references in document["origins"].items()}
            self.routes = _check_texts(document["routes"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise MalformedFile(
                f"{self.path}: not a file of approvals, so nothing is approved",
                path=self.path,
                hint=f"rm {quote_path(self.path)}, then approve again",
            ) from None

    def differences(self, plan: Plan) -> list[tuple[str, Difference]]:
        """The names of templates that differ from those approved last. Empty for a folder's first approval."""
        found = []
        for folder, names in _by_folder(plan.carried_out).items():
            before = self.folders.get(folder, {})
            if not before:
                continue
            found += [(name, Difference.NEW) for name in sorted(names.keys() - before.keys())]
            if folder in plan.folders:
                found += [(name, Difference.REMOVED) for name in sorted(before.keys() - names.keys())]
            changed = [name for name in sorted(names) if before.get(name, names[name]) != names[name]]
            found += [(name, Difference.CHANGED) for name in changed]
        return found

    def questions(self, plan: Plan, store: ProfileStore) -> list[Question]:
        """What the plan does that the user has not approved, or done, before."""
        known = self._read_known_origins(plan, store)
        questions = [Question(origin) for origin in plan.origins if origin not in known]
        new_origins = {question.key for question in questions}
        for reference, origins in sorted(plan.reads.items()):
            before = _origins_of(reference, known)
            if before:
                questions += [
                    Question(origin, reference, tuple(sorted(before)))
                    for origin in sorted(origins - new_origins - before)
                ]
        routes = [route for route in plan.routes if " ".join(route) not in self.routes]
        return questions + [Question(value, setting=setting) for setting, value in routes]

    def _read_known_origins(self, plan: Plan, store: ProfileStore) -> dict[str, set[str]]:
        """The origins that the user has used, with the references that are sent there.

        The machine's profiles are read only if the recorded approvals do not cover the plan.
        """
        known = {origin: _all_spellings(references) for origin, references in self.origins.items()}
        default = store.default_url()
        if default is not None:
            known.setdefault(str(Origin.of(default)), set())
        is_covered = known.keys() >= set(plan.origins) and all(
            origins <= _origins_of(reference, known) for reference, origins in plan.reads.items()
        )
        if not is_covered:
            for origin, references in _used_origins(store, default):
                known.setdefault(origin, set()).update(_all_spellings(references))
        return known

    def has_used(self, store: ProfileStore, origin: str) -> bool:
        """Whether the user has approved an origin, or a profile, a stored token or a default on this machine has it."""
        defaults = {str(Origin.of(url)) for url in (store.app.default_url(), store.default_url()) if url is not None}
        if origin in self.origins or origin in defaults:
            return True
        return any(used == origin for used, _ in _used_origins(store, store.default_url()))

    def record_origin(self, origin: str) -> None:
        """Write that tokens may be sent to an origin. The caller must hold the lock."""
        self.origins.setdefault(origin, [])
        self._write()

    def record(self, plan: Plan) -> None:
        """Write that the plan is approved. The caller must hold the lock."""
        for folder, names in _by_folder(plan.carried_out).items():
            self.folders[folder] = names if folder in plan.folders else self.folders.get(folder, {}) | names
        for origin in plan.origins:
            self.origins.setdefault(origin, [])
        for reference, origins in plan.reads.items():
            for origin in origins:
                self.origins[origin] = sorted({*self.origins[origin], *_spellings(reference)})
        self.routes = sorted({*self.routes, *map(" ".join, plan.routes)})
        self._write()

    def follow_rewrite(self, before: TemplateText, after: TemplateText) -> None:
        """Approve a template's new text in place of the old one, if that is what was approved last.

        For a rewrite by this program that changes nothing of the plan. The caller must hold the lock.
        """
        names = self.folders.get(before.folder, {})
        if names.get(before.name) == before.digest:
            names[before.name] = after.digest
            self._write()

    def _write(self) -> None:
        document = {"version": VERSION, "folders": self.folders, "origins": self.origins, "routes": self.routes}
        files.write(self.path, json.dumps(document, indent=2, sort_keys=True) + "\n")


def normalize_key(text: str) -> str:
    """Return a value of `--allow-origin` as a question's key: a URL becomes its origin."""
    try:
        return str(Origin.of(text))
    except InvalidUrl:
        return text


def _spellings(reference: str) -> set[str]:
    """The references that name the same place: `sec//tok` and `sec/tok` are one file, and so is a link to it."""
    kind, _, target = reference.partition(" ")
    if kind not in KINDS:
        return {reference}
    names = {f"{kind} {name}" for name in kind_of(kind).spellings(target)}
    # A file system that ignores case is the rule there: asking once too often is the safe side.
    return {name.casefold() for name in names} if SYSTEM.folds_case else names


def _all_spellings(references: Iterable[str]) -> set[str]:
    return {spelling for reference in references for spelling in _spellings(reference)}


def _origins_of(reference: str, known: Mapping[str, set[str]]) -> set[str]:
    """The origins that a reference, in any spelling, is known to be sent to."""
    spellings = _spellings(reference)
    return {origin for origin, references in known.items() if spellings & references}


def _used_origins(store: ProfileStore, default: str | None) -> Iterable[tuple[str, set[str]]]:
    """Yield the origin of every profile on this machine, with its reference. Skip files that cannot be read."""
    for name in store.names():
        try:
            profile, credential = store.profiles.read(name), store.tokens.read(name)
            url = profile.api_url or default
            if url is not None and (profile.api_url or profile.reference):
                yield str(Origin.of(url)), {" ".join(profile.reference)} if profile.reference else set()
        except ConfigError:
            continue
        if credential is not None:
            yield str(credential.origin), set()


def _by_folder(digests: Mapping[str, str]) -> dict[str, dict[str, str]]:
    folders: dict[str, dict[str, str]] = {}
    for path, digest in digests.items():
        folder, name = os.path.split(path)
        folders.setdefault(folder, {})[name] = digest
    return folders


def _check_texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) and is_printable(item) for item in value):
        raise TypeError("not a list of printable texts")
    return value
