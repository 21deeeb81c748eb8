"""The preferences named on a command line, as changes of `config.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.errors import InvalidValue, UsageError
from arka_config.store.preferences import KINDS
from arka_config.text import check_printable, did_you_mean, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from arka_config.app_identity import AppIdentity

    Path = tuple[str, ...]  # of a key in nested tables


def preference_changes(app: AppIdentity, texts: Iterable[str]) -> dict[Path, object]:
    """Return the changes for `KEY=VALUE` texts. Raises UsageError for an unknown key, InvalidValue."""
    changes: dict[Path, object] = {}
    for text in texts:
        name, separator, value = text.partition("=")
        shown = visible(name[:80])
        if not separator:
            raise UsageError(f"'{shown}' is not KEY=VALUE", hint="write it as expiry_warning=30d")
        if not value:
            raise UsageError(f"'{shown}' has no value", hint=f"to remove it: {app.name} config unset {shown}")
        path = _path(name)
        if path[0] not in KINDS or (KINDS[path[0]] is dict) != (len(path) == 2):
            hint = did_you_mean(path[0], KINDS) or f"the preferences are {', '.join(KINDS)}"
            if path[0] == "helpers":
                hint = "name the helper: helpers.NAME=COMMAND"
            elif app.settings and name in app.settings_class().leaves():
                hint = f"it is set in a profile: {app.name} profiles set NAME {shown}=VALUE"
            raise UsageError(f"there is no preference '{shown}'", hint=hint)
        if path in changes:
            raise UsageError(f"'{shown}' is given twice", hint="keep one of them")
        if app.redact(value) != value:
            raise UsageError(f"{shown}: the value contains a token, but config.toml is not secret")
        changes[path] = _parse(check_printable(value, shown), KINDS[path[0]], shown)
    return changes


def preference_removals(names: Iterable[str]) -> dict[Path, None]:
    """Return the changes that remove these keys."""
    return {_path(name): None for name in names}


def _path(name: str) -> Path:
    first, dot, rest = name.partition(".")
    return (first, rest) if dot and rest else (name,)


def _parse(text: str, kind: type, name: str) -> object:
    if name == "ca_bundle":
        return _parse_bundle(text)
    if kind is bool:
        if text not in ("true", "false"):
            raise InvalidValue(f"{name} must be true or false")
        return text == "true"
    if text.startswith("[") and kind is not str:
        return _parse_array(text, name)
    return [item.strip() for item in text.split(",") if item.strip()] if kind is list else text


def _parse_bundle(text: str) -> str:
    from arka_config.workspace.client.connection import check_bundle

    try:
        return check_bundle(text)
    except ValueError as error:
        message = f"ca_bundle is {error}"
    raise InvalidValue(message, hint="write it as /etc/ssl/our-ca.pem")


def _parse_array(text: str, name: str) -> object:
    import tomllib

    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        pass
    raise InvalidValue(f"{name}: not an array", hint='write it as ["one", "two"]')
