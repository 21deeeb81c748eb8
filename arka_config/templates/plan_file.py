"""Saved plans: `plan --out FILE`, and `apply FILE`. The file says which plan was seen; the templates are read again."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from arka_config.errors import MalformedFile
from arka_config.store import external_files, files
from arka_config.templates.options import Options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arka_config.store.profile_store import ProfileStore

VERSION = 1
_KEYS = {"version", "app", "paths", "only", "prune", "take", "adopt", "identities", "digest", "plan"}


class SavedPlan:
    """What a plan was made of, and its digest."""

    def __init__(self, paths: Sequence[str], options: Options, identities: Sequence[str], digest: str) -> None:
        self.paths = list(paths)
        self.options = options
        self.identities = list(identities)
        self.digest = digest


def write(store: ProfileStore, path: str, saved: SavedPlan, shown: Mapping[str, Any]) -> None:
    """Puts a plan into a file for `apply`, and `shown`, its object, for who wants to read it."""
    document = {
        "version": VERSION,
        "app": store.app.name,
        "paths": [os.path.abspath(one) for one in saved.paths],
        **saved.options._asdict(),
        "identities": [os.path.abspath(os.path.expanduser(one)) for one in saved.identities],
        "digest": saved.digest,
        "plan": shown,
    }
    external_files.write(store, os.path.abspath(path), json.dumps(document, indent=2) + "\n")


def is_saved_plan(path: str) -> bool:
    """Whether a path is that of a saved plan: a file, and not a TOML one."""
    return os.path.isfile(path) and not path.endswith(".toml")


def read(path: str, app: str) -> SavedPlan:
    """The plan that a file holds. Raises MalformedFile."""
    text = files.read(os.path.abspath(path))
    try:
        document: dict[str, Any] = json.loads(text or "")
        if document["version"] != VERSION or document["app"] != app or document.keys() != _KEYS:
            raise ValueError("not this format")
        if document["take"] not in (None, "template", "mine") or not isinstance(document["digest"], str):
            raise ValueError("not this format")
        options = Options(
            tuple(_texts(document["only"])), document["prune"] is True, document["take"], document["adopt"] is True
        )
        return SavedPlan(_texts(document["paths"]), options, _texts(document["identities"]), document["digest"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    # Outside of the handler: the decoder's error holds the whole text.
    raise MalformedFile(f"{path}: neither a template nor a saved plan", path=path, hint=f"{app} plan PATH… --out FILE")


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TypeError("not texts")
    return value
