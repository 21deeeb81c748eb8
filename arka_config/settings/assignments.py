"""Parse `KEY=VALUE` arguments and check them against the settings class, as paths and values for a profile's file."""

from __future__ import annotations

import warnings
from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from arka_config.errors import ConfigWarning, SettingsError, UsageError
from arka_config.precedence.origin import Origin
from arka_config.references.registry import KINDS, kind_of
from arka_config.settings.fields import first_message, type_adapter, validator
from arka_config.settings.renaming import has, leaves_by_old_name, remove_old_names
from arka_config.store.toml import apply_changes
from arka_config.text import check_printable, did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import TypeAdapter

    from arka_config.app_identity import AppIdentity
    from arka_config.settings.fields import Leaf
    from arka_config.store.profile_store import ProfileStore

_PLAIN = ("description", "api_url")


def parse_assignments(app: AppIdentity, words: Iterable[str]) -> dict[tuple[str, ...], Any]:
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
        if problem := kind_of(kind).describe_malformed(text, app):
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


def check_together(
    store: ProfileStore, name: str, changes: Mapping[tuple[str, ...], Any], environ: Mapping[str, str]
) -> None:
    """Raise SettingsError if the class refuses the profile after these changes, for a reason that it did not have
    before.

    A value that is set was validated before; this runs the validators that see several fields.
    """
    if store.app.settings is None or not any(path[0] == "settings" for path in changes):
        return
    load = partial(store.app.settings_class().problems_with, profile=name, environ=environ, store=store)
    table = {"settings": store.profiles.read(name).settings}
    before = load(table["settings"])
    changed = deepcopy(table)
    apply_changes(changed, changes)
    if problems := [text for text in load(changed.get("settings", {})) if text not in before]:
        raise SettingsError(problems)


def removals(app: AppIdentity, keys: Iterable[str], settings: Mapping[str, Any]) -> dict[tuple[str, ...], None]:
    """Return the paths that keys name, each with None: known keys, and anything that the profile's settings contain.

    Raises UsageError for an unknown key.
    """
    paths: dict[tuple[str, ...], None] = {}
    for key in keys:
        path = tuple(key.removeprefix("settings.").split("."))
        if key in _PLAIN or key == "token" or (path[0] == "token" and path[1:] in [(kind,) for kind in KINDS]):
            paths[path] = None
        elif has(settings, path):
            paths["settings", *path] = None
        else:
            paths["settings", *_leaf(app, key).field.path] = None
    return paths


def without_old_names(
    app: AppIdentity, changes: Mapping[tuple[str, ...], Any], settings: Mapping[str, Any]
) -> dict[tuple[str, ...], Any]:
    """Return the changes of a profile's file, which also remove the changed settings under their old names."""
    if app.settings is None:
        return dict(changes)
    return remove_old_names(app.settings_class().leaves(), changes, settings)


def _leaf(app: AppIdentity, key: str) -> Leaf:
    leaves: dict[str, Leaf] = app.settings_class().leaves()
    settings = {name: leaf for name, leaf in leaves.items() if leaf.field.key.startswith("settings.")}
    name = key.removeprefix("settings.")
    leaf = settings.get(name) or leaves_by_old_name(settings).get(name)
    if leaf is not None and name != leaf.field.name:
        warnings.warn(ConfigWarning(f"{name} is an old name: it is {leaf.field.name} now"), stacklevel=2)
    if leaf is None:
        if reason := app.settings_class().retired.get(name):
            raise UsageError(f"'{_quote(app, key)}' is not a setting any more: {reason}")
        known = [*_PLAIN, *(f"token.{kind}" for kind in KINDS), *settings]
        raise UsageError(
            f"there is no setting '{_quote(app, key)}'",
            hint=did_you_mean(key, known) or f"the keys are {', '.join(known)}",
        )
    return leaf


def parse_value(leaf: Leaf, text: str) -> Any:
    """Parse a text as a TOML value that loads as what the text gives in a variable.

    It is validated by the field's type and by the field validators of the class. Raises SettingsError, which does not
    contain the text.
    """
    try:
        return _storable(leaf, validator(leaf), text)
    except (AttributeError, LookupError, TypeError):  # a validator that needs the other fields
        return _storable(leaf, type_adapter(leaf), text)


def _storable(leaf: Leaf, adapter: TypeAdapter[Any], text: str) -> Any:
    name = leaf.field.name
    given, value = _validate(leaf, adapter, text)
    plain = adapter.dump_python(value, mode="json", round_trip=True, exclude_none=True)
    native = int(plain) if isinstance(plain, float) and plain.is_integer() and text.isdigit() else plain
    for stored in (native, given, text):
        if _is_toml(stored) and _loads_as(leaf, adapter, stored, value):
            return stored
    raise SettingsError([f"{name}: a profile's file cannot hold this value; set {leaf.field.variable} instead"])


def _validate(leaf: Leaf, adapter: TypeAdapter[Any], text: str) -> tuple[Any, Any]:
    """Return what a text stands for, and the value that validation makes of it."""
    try:
        given = leaf.decoder.decode(text)
        return given, adapter.validate_python(given)
    except ValidationError as error:
        problem = first_message(error)
    except ValueError as error:
        problem = str(error)
    # Raised outside `except` so pydantic's error is not chained: it has the text.
    raise SettingsError([f"{leaf.field.name}: {problem}"])


def _is_toml(value: object) -> bool:
    """Whether TOML has such a value: it has no null."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_toml(inner) for key, inner in value.items())
    if isinstance(value, list):
        return all(map(_is_toml, value))
    return isinstance(value, bool | int | float | str)


def _loads_as(leaf: Leaf, adapter: TypeAdapter[Any], stored: object, value: object) -> bool:
    """Whether a value in a profile's file gives this value when it is loaded."""
    try:
        loaded = adapter.validate_python(leaf.from_profile(stored))
    except (ValueError, AttributeError, LookupError, TypeError):
        return False
    if _is_same(adapter.dump_python(loaded), adapter.dump_python(value)):
        return True
    # Objects of some types are never equal, and neither is NaN.
    return type(loaded) is type(value) and adapter.dump_json(loaded) == adapter.dump_json(value)


def _is_same(one: Any, other: Any) -> bool:
    """Whether two values are equal and of the same types. In Python, `True == 1` and `1 == 1.0`."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_is_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_is_same, one, other))
    return bool(one == other)


def to_native(leaf: Leaf, text: str) -> Any:
    """Convert the text of a flag or variable to the setting's number, boolean, list or table. Keep an invalid text."""
    try:
        value = parse_value(leaf, text)
    except SettingsError:
        return text
    return text if isinstance(value, str) else value


def _quote(app: AppIdentity, word: str) -> str:
    """Prepare an argument to be quoted in an error: it may be a token in the wrong place."""
    return app.redact(shorten(word, 80))
