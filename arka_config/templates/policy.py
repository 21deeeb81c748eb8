"""What a template may name: variables, files, helpers and settings.

The author of a template is not the user, so what gives access to the user's secrets must be allowed in `config.toml`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arka_config.references.registry import KINDS, kind_of
from arka_config.templates.age_format import BEGIN
from arka_config.text import did_you_mean, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import TypeAdapter

    from arka_config.app_identity import AppIdentity
    from arka_config.settings.fields import Leaf
    from arka_config.store.preferences import Preferences


def source_problem(app: AppIdentity, preferences: Preferences | None, kind: str, target: str) -> str:
    """What is wrong with a token's source, or why `config.toml` does not allow it; an empty string if it may be used.

    Without `preferences`, only what is wrong on every machine.
    """
    if kind in KINDS:
        problem = kind_of(kind).describe_malformed(target, app)
        return problem or ("" if preferences is None else kind_of(kind).policy(target, app, preferences))
    if kind == "sealed" and not target.startswith(BEGIN):
        return f"it is not an armored age text: create one with {app.name} seal"
    return ""


class SettingsValidator:
    """Validate settings against the app's settings class, if it has one."""

    def __init__(self, app: AppIdentity) -> None:
        self._leaves: dict[str, Leaf] = {}
        self._adapters: dict[str, TypeAdapter[Any]] = {}
        self._old: dict[str, str] = {}
        self._retired: Mapping[str, str] = {}
        self._is_typed = app.settings is not None
        if self._is_typed:
            leaves: Mapping[str, Leaf] = app.settings_class().leaves()
            self._leaves = {name: leaf for name, leaf in leaves.items() if leaf.field.key.startswith("settings.")}
            self._old = {old.name: name for name, leaf in self._leaves.items() for old in leaf.field.old}
            self._retired = app.settings_class().retired

    def defaults(self) -> dict[str, Any]:
        """The default values by field, such as `settings.timeout`, without those of secrets."""
        leaves = [leaf for leaf in self._leaves.values() if leaf.info.default_factory is None and not leaf.field.secret]
        defaults = {leaf.field.key: leaf.default for leaf in leaves}
        return {key: value for key, value in defaults.items() if isinstance(value, bool | int | float | str)}

    def flatten(self, table: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
        """Yield the settings of a table by dotted name."""
        for key, value in table.items():
            name = f"{within}{key}"
            known = {*self._leaves, *self._old, *self._retired}
            is_table = isinstance(value, dict) and name not in known
            if is_table and (not self._is_typed or any(leaf.startswith(f"{name}.") for leaf in known)):
                yield from self.flatten(value, f"{name}.")
            else:
                yield name, value

    def is_known(self, name: str) -> bool:
        """Whether the app has a setting with this dotted name. An app without a settings class accepts any."""
        return not self._is_typed or self.current(name) in self._leaves

    def current(self, name: str) -> str:
        """Return the name that a setting has now."""
        return self._old.get(name, name)

    def used_name(self, name: str, settings: Mapping[str, Any]) -> str:
        """Return the name under which a table gives the value of this setting, if it has several of its names."""
        from arka_config.settings.renaming import has

        field = self._leaves[self.current(name)].field
        return next((each.name for each in (field, *field.old) if has(settings, each.path)), name)

    @property
    def has_other_names(self) -> bool:
        """Whether any setting has an old name or was retired."""
        return bool(self._old or self._retired)

    def retired(self, name: str) -> str:
        """Return why a setting is no more; an empty string for any other name."""
        return self._retired.get(name, "")

    def is_secret(self, name: str) -> bool:
        """Whether a setting is, or contains, a secret."""
        name = self.current(name)
        return name in self._leaves and self._leaves[name].field.secret

    def nearest(self, name: str) -> list[str]:
        """Return the most similar names of settings, the best first."""
        return nearest(name, self._leaves)

    def problem(self, name: str, value: object, *, may_be_secret: bool = False) -> str:
        """What is wrong with a setting's value, without repeating it, or an empty string."""
        from pydantic import ValidationError

        from arka_config.settings.fields import first_message, type_adapter, validator

        if not self._is_typed or self.retired(name):
            return ""
        name = self.current(name)
        leaf = self._leaves.get(name)
        if leaf is None:
            suggestion = did_you_mean(name, self._leaves) or f"the settings are {', '.join(self._leaves)}"
            return f"unknown setting; {suggestion}"
        if self.is_secret(name) and not may_be_secret:
            return "a secret is not allowed in a template, which everyone can read"
        if name not in self._adapters:
            self._adapters[name] = validator(leaf)
        try:
            try:
                self._adapters[name].validate_python(value)
            except (AttributeError, LookupError, TypeError):  # a validator that needs the other fields
                type_adapter(leaf).validate_python(value)
        except ValidationError as error:
            # A validator's message may quote its input.
            return "not valid" if self.is_secret(name) else first_message(error)
        return ""
