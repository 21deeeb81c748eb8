"""The choice of the profile: flag, variable, pinned directory, active profile, `default`. Standard library only."""

from __future__ import annotations

import os

from arka_config.precedence.layers import environment, flags
from arka_config.precedence.values import ACTIVE, DEFAULT, PIN, ResolvedValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from arka_config.precedence.values import Field, Layer

DEFAULT_PROFILE = "default"


def choice_layers(
    *,
    flag: str | None,
    environ: Mapping[str, str],
    directory: Callable[[], str],
    pins: Callable[[], tuple[Mapping[str, str], str]],
    active: Callable[[], tuple[str | None, str]],
    exists: Callable[[str], bool],
) -> tuple[Layer, ...]:
    """Return the layers that select the profile, highest precedence first.

    `pins` and `active` return a value and the file it is in; they are called only if no layer above has a value.
    """

    def pin(field: Field) -> ResolvedValue | None:
        pinned, path = pins()
        folder = longest_match(directory(), pinned) if pinned else None
        return None if folder is None else ResolvedValue(field, pinned[folder], PIN, path, folder)

    def active_profile(field: Field) -> ResolvedValue | None:
        name, path = active()
        return None if name is None else ResolvedValue(field, name, ACTIVE, path)

    def default(field: Field) -> ResolvedValue | None:
        return ResolvedValue(field, DEFAULT_PROFILE, DEFAULT) if exists(DEFAULT_PROFILE) else None

    return (flags({"profile": flag}), environment(environ), pin, active_profile, default)


def longest_match(directory: str, pinned: Mapping[str, str]) -> str | None:
    """Return the innermost pinned folder that contains the directory, or is it, or None."""
    while directory not in pinned:
        parent = os.path.dirname(directory)
        if parent == directory:
            return None
        directory = parent
    return directory
