"""The settings of profiles as a shell completes them: their keys, and what each can be set to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from click.shell_completion import CompletionItem

from arka_config.errors import ConfigError
from arka_config.references.registry import KINDS
from arka_config.settings.fields import alternatives, choices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from arka_config.cli.runtime.session import Session
    from arka_config.settings.fields import Leaf
    from arka_config.store.profiles import Profile

_TEXTS = ("description", "api_url")
_TOKEN_WORDS = ("TOKEN", "KEY")  # in the name of a variable that may hold a token


def names(session: Session) -> Iterator[CompletionItem]:
    """Yield what `config get` takes."""
    yield CompletionItem("profile")
    if session.app.settings is not None:
        for name, leaf in session.app.settings_class().leaves().items():
            yield CompletionItem(name, help=leaf.info.description)


def assignments(session: Session, incomplete: str, urls: Callable[[], Iterable[str]]) -> Iterator[CompletionItem]:
    """Yield each key with its `=`; after the `=`, the key with each value that it can have."""
    key, separator, text = incomplete.partition("=")
    leaves = _leaves(session)
    if not separator:
        for name in (*_TEXTS, *(f"token.{kind}" for kind in KINDS)):
            yield CompletionItem(f"{name}=")
        for name, leaf in leaves.items():
            yield CompletionItem(f"{name}=", help=leaf.info.description)
    elif key == "token.file":
        yield CompletionItem(text, type="file")
    else:
        for value in dict.fromkeys(_values(session, leaves, key, urls)):
            yield CompletionItem(f"{key}={value}")


def keys_in(profile: Profile) -> Iterator[str]:
    """Yield the keys that a profile's file has, as `profiles unset` takes them."""
    yield from (name for name in _TEXTS if getattr(profile, name))
    if profile.reference is not None:
        yield f"token.{profile.reference[0]}"
    yield from (name for name, _ in _flatten(profile.settings))


def _leaves(session: Session) -> dict[str, Leaf]:
    """The settings that a profile's file can have."""
    if session.app.settings is None:
        return {}
    leaves: dict[str, Leaf] = session.app.settings_class().leaves()
    return {
        name: leaf for name, leaf in leaves.items() if leaf.field.key.startswith("settings.") and not leaf.field.secret
    }


def _values(session: Session, leaves: Mapping[str, Leaf], key: str, urls: Callable[[], Iterable[str]]) -> Iterator[str]:
    if key == "api_url":
        yield from urls()
    elif key == "token.helper":
        yield from session.store.preferences.helpers
    elif key == "token.env":
        yield from (name for name in session.environ if any(word in name for word in _TOKEN_WORDS))
    elif leaf := leaves.get(key.removeprefix("settings.")):
        kinds = [kind for kind in alternatives(leaf.info.annotation) if kind is not type(None)]
        if kinds == [bool]:
            yield from ("true", "false")
        elif known := dict(choices(kinds)):
            yield from known
        else:
            yield from _values_in_profiles(session, leaf.field.name)
            if isinstance(leaf.default, str | int | float):
                yield str(leaf.default).removesuffix(".0")


def _values_in_profiles(session: Session, name: str) -> Iterator[str]:
    for profile in session.store.names():
        try:
            settings = session.store.profiles.read(profile).settings
        except ConfigError:  # a broken file does not hide the others
            continue
        yield from (str(value) for key, value in _flatten(settings) if key == name)


def _flatten(table: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of a table that are not tables or arrays, by dotted name."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{within}{key}.")
        elif not isinstance(value, list):
            yield f"{within}{key}", value
