"""Saved plans: `plan --out FILE` and `apply FILE`. The file identifies the plan; the templates are read again."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from arka_config.errors import MalformedFile
from arka_config.store import external_files, files
from arka_config.templates.plan import Options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arka_config.store.profile_store import ProfileStore

VERSION = 1
_KEYS = {"version", "app", "paths", "only", "prune", "take", "adopt", "identities", "digest", "plan"}


class SavedPlan:
    """The inputs of a plan, and its digest."""

    def __init__(self, paths: Sequence[str], options: Options, identities: Sequence[str], digest: str) -> None:
        self.paths = list(paths)
        self.options = options
        self.identities = list(identities)
        self.digest = digest


def write(store: ProfileStore, path: str, saved: SavedPlan, document: Mapping[str, Any]) -> None:
    """Write a plan to a file for `apply`, together with its JSON document for readers."""
    content = {
        "version": VERSION,
        "app": store.app.name,
        "paths": [os.path.abspath(one) for one in saved.paths],
        **saved.options._asdict(),
        "identities": [os.path.abspath(os.path.expanduser(one)) for one in saved.identities],
        "digest": saved.digest,
        "plan": document,
    }
    external_files.write(store, os.path.abspath(path), json.dumps(content, indent=2) + "\n")


def is_saved_plan(path: str) -> bool:
    """Whether a path is a saved plan: a file that does not end in `.toml`."""
    return os.path.isfile(path) and not path.endswith(".toml")


def read(path: str, app: str) -> SavedPlan:
    """Read a saved plan. Raises MalformedFile."""
    text = files.read(os.path.abspath(path))
    try:
        document: dict[str, Any] = json.loads(text or "")
        if document["version"] != VERSION or document["app"] != app or document.keys() != _KEYS:
            raise ValueError("another format")
        if document["take"] not in (None, "template", "mine") or not isinstance(document["digest"], str):
            raise ValueError("another format")
        only, take = tuple(_check_texts(document["only"])), document["take"]
        options = Options(only, document["prune"] is True, take, document["adopt"] is True)
        paths, identities = _check_texts(document["paths"]), _check_texts(document["identities"])
        return SavedPlan(paths, options, identities, document["digest"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    # Outside `except`, because the decoder's error contains the whole text.
    raise MalformedFile(f"{path}: neither a template nor a saved plan", path=path, hint=f"{app} plan PATH… --out FILE")


def _check_texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TypeError("not a list of texts")
    return value
