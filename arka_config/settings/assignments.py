"""Parse `KEY=VALUE` arguments and check them against the settings class, as paths and values for a profile's file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from arka_config.errors import SettingsError, UsageError
from arka_config.precedence.origin import Origin
from arka_config.references.registry import KINDS, kind_of
from arka_config.settings.fields import first_message, type_adapter
from arka_config.text import check_printable, did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from arka_config.app_identity import AppIdentity
    from arka_config.settings.fields import Leaf

_PLAIN = ("description", "api_url")


def assignments(app: AppIdentity, words: Iterable[str]) -> dict[tuple[str, ...], Any]:
    """Parse words of the form KEY=VALUE, and return the values by path in a profile's file.

    Raises UsageError for another form or an unknown key, and one SettingsError for all invalid values.
    """
    values: dict[tuple[str, ...], Any] = {}
    problems: list[str] = []
    for word in words:
        key, separator, text = word.partition("=")
        if not separator:
            raise UsageError(f"'{_quote(app, word)}' is not KEY=VALUE", hint="write it as timeout=30")
        if not text:
            raise UsageError(f"'{_quote(app, key)}' has no value", hint=f"to remove it: unset {_quote(app, key)}")
        check_printable(text, key)
        try:
            values |= _assignment(app, key, text)
        except SettingsError as error:
            problems += error.problems
    if problems:
        raise SettingsError(problems)
    return values


def _assignment(app: AppIdentity, key: str, text: str) -> dict[tuple[str, ...], Any]:
    if key == "token" or app.redact(text) != text:
        raise UsageError(
            f"{_quote(app, key)}: a token cannot be stored in a profile's file",
            hint=f"{app.name} login, or token.env=NAME",
        )
    if key == "api_url":
        Origin.of(text, "api_url")
    if key in _PLAIN:
        return {(key,): text}
    if key.startswith("token."):
        kind = key.partition(".")[2]
        if kind not in KINDS:
            raise UsageError(
                f"'{_quote(app, key)}' is not a kind of token reference",
                hint=" or ".join(f"token.{name}" for name in KINDS),
            )
        if problem := kind_of(kind).malformed(text, app):
            raise SettingsError([f"{key}: {problem}"])
        # A profile has one reference: remove the other kinds.
        return {("token", name): text if name == kind else None for name in KINDS}
    leaf = _leaf(app, key)
    if leaf.field.secret:
        raise UsageError(
            f"{_quote(app, key)}: it is a secret, which is never written to a profile's file",
            hint=f"{app.name} secrets set {leaf.field.name} --profile NAME",
        )
    return {("settings", *leaf.field.path): parse_value(leaf, text)}


def removals(app: AppIdentity, keys: Iterable[str], settings: Mapping[str, Any]) -> dict[tuple[str, ...], None]:
    """Return the paths that keys name, each with None: known keys, and anything that the profile's settings contain.

    Raises UsageError for an unknown key.
    """
    paths: dict[tuple[str, ...], None] = {}
    for key in keys:
        path = tuple(key.removeprefix("settings.").split("."))
        if key in _PLAIN or key == "token" or (path[0] == "token" and path[1:] in [(kind,) for kind in KINDS]):
            paths[path] = None
        elif _is_in(settings, path):
            paths["settings", *path] = None
        else:
            paths["settings", *_leaf(app, key).field.path] = None
    return paths


def _is_in(table: object, path: tuple[str, ...]) -> bool:
    for part in path:
        if not isinstance(table, dict) or part not in table:
            return False
        table = table[part]
    return True


def _leaf(app: AppIdentity, key: str) -> Leaf:
    leaves: dict[str, Leaf] = app.settings_class().leaves()
    settings = {name: leaf for name, leaf in leaves.items() if leaf.field.key.startswith("settings.")}
    leaf = settings.get(key.removeprefix("settings."))
    if leaf is None:
        known = [*_PLAIN, *(f"token.{kind}" for kind in KINDS), *settings]
        raise UsageError(
            f"there is no setting '{_quote(app, key)}'",
            hint=did_you_mean(key, known) or f"the keys are {', '.join(known)}",
        )
    return leaf


def parse_value(leaf: Leaf, text: str) -> Any:
    """Parse a text as a TOML value of the setting's type. Raises SettingsError, which does not contain the text."""
    adapter = type_adapter(leaf)
    is_json = text[:1] in ("[", "{")  # a list or a table, unless the field is a string
    message = ""
    for validate in (adapter.validate_python, *([adapter.validate_json] if is_json else [])):
        try:
            value = json.loads(json.dumps(adapter.dump_python(validate(text), mode="json")))
        except ValidationError as error:
            message = first_message(error)
        else:
            return int(value) if isinstance(value, float) and text.isdigit() else value
    raise SettingsError([f"{leaf.field.name}: {message}"])


def native_value(leaf: Leaf, text: str) -> Any:
    """Convert the text of a flag or variable to the setting's number, boolean, list or table. Keep an invalid text."""
    try:
        value = parse_value(leaf, text)
    except SettingsError:
        return text
    return text if isinstance(value, str) else value


def _quote(app: AppIdentity, word: str) -> str:
    """Prepare an argument to be quoted in an error: it may be a token in the wrong place."""
    return app.redact(shorten(word, 80))
