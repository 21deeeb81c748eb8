"""The preferences of config.toml as a shell completes them: their keys, and what each can be set to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from arka_config.store import files, toml
from arka_config.store.preferences import KINDS, REFUSE, WARN
from arka_config.store.tokens import STORAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from arka_config.cli.runtime.session import Session

_PATHS = {"ca_bundle": "file", "file_roots": "dir"}


def assignments(session: Session, incomplete: str, urls: Callable[[], Iterable[str]]) -> Iterator[CompletionItem]:
    """Yield each key with its `=`; after the `=`, the key with each value that it can have."""
    key, separator, text = incomplete.partition("=")
    if not separator:
        yield from (CompletionItem(f"{name}." if kind is dict else f"{name}=") for name, kind in KINDS.items())
        yield from (CompletionItem(f"helpers.{name}=") for name in session.store.preferences.helpers)
    elif key in _PATHS:
        yield CompletionItem(text, type=_PATHS[key])
    else:
        values = {"storage": STORAGES, "expiry": (WARN, REFUSE)}.get(key, ())
        if KINDS.get(key) is bool:
            values = ("true", "false")
        elif key == "api_url":
            values = tuple(urls())
        yield from (CompletionItem(f"{key}={value}") for value in values)


def keys_in(path: str) -> Iterator[str]:
    """Yield the keys that config.toml has, as `config unset` takes them."""
    for key, value in toml.parse(files.read(path) or "", path).items():
        if isinstance(value, dict):
            yield from (f"{key}.{name}" for name in value)
        yield key
