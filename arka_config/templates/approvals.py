"""Agreement: what the user has said yes to, so that what is new is asked about by name.

A template comes from a repository, and who writes to that repository is not the user. Its words are taken as far as
they stay with what the user does already: a new origin, a reference that would go to another origin than before, a
proxy or a file of certificates has to be agreed to by name (CVE-2026-21852). A folder's templates are remembered by
content, so that what changed since is said.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from arka_config.errors import ConfigError, InvalidUrl, MalformedFile, NewerFormat
from arka_config.precedence.origin import Origin
from arka_config.store import files
from arka_config.text import is_printable, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from arka_config.store.profile_store import ProfileStore
    from arka_config.templates.plan import Plan

VERSION = 1


class Question(NamedTuple):
    """Something to be agreed to by name. `key` is what `--allow-origin` says to agree to it."""

    key: str
    text: str


class Agreements:
    """`agreements.json`: the folders' files by digest, the origins with the references that go there, the routes."""

    def __init__(self, folder: str) -> None:
        self.path = os.path.join(folder, "agreements.json")
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
            if (
                isinstance(document, dict)
                and isinstance(document.get("version"), int)
                and document["version"] > VERSION
            ):
                raise NewerFormat(
                    f"{self.path}: format {document['version']} is newer than this program",
                    path=self.path,
                    hint="update this program",
                )
            if document["version"] != VERSION:
                raise ValueError("not this format")
            self.folders = {folder: dict(names) for folder, names in document["folders"].items()}
            self.origins = {origin: _texts(references) for origin, references in document["origins"].items()}
            self.routes = _texts(document["routes"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise MalformedFile(
                f"{self.path}: not a file of agreements, so nothing is agreed to",
                path=self.path,
                hint=f"rm {quoted(self.path)}, and agree anew",
            ) from None

    def changed_since(self, plan: Plan) -> list[str]:
        """What is another one in the plan's folders than at the last agreement, in words. Empty before the first."""
        said = []
        for folder, names in _by_folder(plan.digests).items():
            before = self.folders.get(folder, {})
            if not before:
                continue
            said += [f"{name} is new" for name in sorted(names.keys() - before.keys())]
            if folder in plan.folders:
                said += [f"{name} was removed" for name in sorted(before.keys() - names.keys())]
            said += [f"{name} was changed" for name in sorted(names) if before.get(name, names[name]) != names[name]]
        return said

    def questions(self, plan: Plan, store: ProfileStore) -> list[Question]:
        """What the plan does that this user has not agreed to, or done, before."""
        known = self._known(plan, store)
        questions = [
            Question(origin, f"tokens go to {origin}, which this account has not used before")
            for origin in plan.origins
            if origin not in known
        ]
        asked = {question.key for question in questions}
        for reference, (words, origins) in sorted(plan.reads.items()):
            homes = {origin for origin, references in known.items() if reference in references}
            questions += [
                Question(origin, f"{words} goes to {origin}, and has gone to {' and '.join(sorted(homes))} so far")
                for origin in sorted(origins - asked - homes)
                if homes
            ]
        for setting, value in plan.routes:
            if f"{setting} {value}" not in self.routes:
                what = "tokens go through the proxy" if setting.endswith("proxy") else "workspaces are trusted by"
                questions.append(Question(value, f"{what} {value}"))
        return questions

    def _known(self, plan: Plan, store: ProfileStore) -> dict[str, set[str]]:
        """The origins that this user has used, with the references that go there."""
        known = {origin: set(references) for origin, references in self.origins.items()}
        default = store.app.default_url()
        if default is not None:
            known.setdefault(str(Origin.of(default)), set())
        is_covered = all(
            origins <= {origin for origin in known if reference in known[origin]}
            for reference, (_, origins) in plan.reads.items()
        )
        if known.keys() >= set(plan.origins) and is_covered:
            return known
        for origin, references in _used(store, default):
            known.setdefault(origin, set()).update(references)
        return known

    def agree(self, plan: Plan) -> None:
        """Remembers the plan as agreed to. For who holds the lock."""
        for folder, names in _by_folder(plan.digests).items():
            self.folders[folder] = names if folder in plan.folders else self.folders.get(folder, {}) | names
        for origin in plan.origins:
            self.origins.setdefault(origin, [])
        for reference, (_, origins) in plan.reads.items():
            for origin in origins:
                self.origins[origin] = sorted({*self.origins[origin], reference})
        self.routes = sorted({*self.routes, *(f"{setting} {value}" for setting, value in plan.routes)})
        document = {"version": VERSION, "folders": self.folders, "origins": self.origins, "routes": self.routes}
        files.write(self.path, json.dumps(document, indent=2, sort_keys=True) + "\n")


def named(origin: str) -> str:
    """What `--allow-origin` names, as a question's key has it."""
    try:
        return str(Origin.of(origin))
    except InvalidUrl:
        return origin


def _used(store: ProfileStore, default: str | None) -> Iterable[tuple[str, set[str]]]:
    """The origins of every profile on this machine, each with its reference. A broken file says nothing here."""
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


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) and is_printable(item) for item in value):
        raise TypeError("not texts")
    return value
