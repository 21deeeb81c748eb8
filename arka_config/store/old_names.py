"""The warning about a value that was found under an old name of its setting, and the command that renames it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from arka_config.errors import ConfigWarning
from arka_config.precedence.values import ENV
from arka_config.text import edit_command

if TYPE_CHECKING:
    from arka_config.app_identity import AppIdentity
    from arka_config.precedence.values import Field, ResolvedValue


def warn_of_old_name(app: AppIdentity, found: ResolvedValue, old: Field, profile: str | None) -> None:
    """Warn that a value was found under an old name, and say how to rename it."""
    field = found.field
    if found.layer == ENV:
        message = f"{old.variable} is an old name: it is {field.variable} now"
        hint = f'export {field.variable}="${old.variable}"; unset {old.variable}'
    elif found.key:
        message, hint = f"{found.place} is an old name: it is {field.key} now", fix_command(app, found.source)
    else:
        message = f"{found.source}: the secret '{old.name}' has an old name: it is '{field.name}' now"
        hint = fix_command(app) or f"{app.name} secrets set {field.name} --profile {profile}"
    warnings.warn(ConfigWarning(message, hint=hint), stacklevel=2)


def fix_command(app: AppIdentity, path: str = "") -> str:
    """Return the command that writes the current names of settings, or opens the file if the app has no `doctor`."""
    if app.has_command("doctor"):
        return f"{app.name} doctor --fix"
    return edit_command(path) if path else ""
