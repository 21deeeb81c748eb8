"""Actual: how the profiles that a plan is about stand on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from arka_config.store.profile_store import ProfileStore
    from arka_config.templates.policy import SettingsCheck
    from arka_config.templates.reading import Watch


class Held(NamedTuple):
    """A stored token, without itself: the origin that it is for, and when it was stored."""

    origin: str
    created: str


class Actual(NamedTuple):
    """One profile, there or not. `fields` are all values of its file by dotted name; a reference is `env NAME`."""

    name: str
    path: str
    is_on_disk: bool
    fields: dict[str, Any]
    held: Held | None

    @property
    def exists(self) -> bool:
        return self.is_on_disk or self.held is not None


def actual(store: ProfileStore, names: Iterable[str], check: SettingsCheck, watch: Watch) -> dict[str, Actual]:
    """The profiles of these names. Raises MalformedFile, UnsafeFile: what cannot be read is not planned over."""
    return {name: _actual(store, name, check) for name in watch(sorted(set(names)), "Looking")}


def _actual(store: ProfileStore, name: str, check: SettingsCheck) -> Actual:
    profile = store.profiles.read(name)
    credential = store.tokens.read(name)
    fields: dict[str, Any] = {}
    if profile.description:
        fields["description"] = profile.description
    if profile.api_url:
        fields["api_url"] = profile.api_url
    if profile.reference is not None:
        fields["token"] = " ".join(profile.reference)
    fields |= {f"settings.{key}": value for key, value in check.flat(profile.settings)}
    held = None if credential is None else Held(str(credential.origin), credential.created)
    return Actual(name, profile.path, profile.is_on_disk, fields, held)
