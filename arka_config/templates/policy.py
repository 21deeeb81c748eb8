"""What a template may name: which variables, files and helpers, and which settings. Whoever writes a template is not
the user, so what leads to the user's secrets is the user's to allow, in `config.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from arka_config.references.registry import KINDS, kind_of
from arka_config.text import did_you_mean, nearest, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from arka_config.app_identity import AppIdentity
    from arka_config.settings.leaves import Leaf
    from arka_config.store.preferences import Preferences
    from arka_config.templates.template_text import Problem, TemplateText

_LEAST_ARMOR = "-----BEGIN AGE ENCRYPTED FILE-----"


def malformed(app: AppIdentity, kind: str, target: str) -> str:
    """What is wrong with a token's source on every machine, in words, or an empty string."""
    if kind in KINDS:
        return kind_of(kind).malformed(target, app)
    if kind == "sealed" and not target.startswith(_LEAST_ARMOR):
        return f"token.sealed is not an armored age text: {app.name} seal makes one"
    return ""


def not_permitted(app: AppIdentity, preferences: Preferences, kind: str, target: str) -> str:
    """Why the user lets no template name this source, in words, or an empty string."""
    return kind_of(kind).policy(target, app, preferences) if kind in KINDS else ""


def unfit_end(expires: str) -> str:
    """What is wrong with the end of a token, or an empty string."""
    from arka_config import timestamps

    try:
        if expires:
            timestamps.end(expires)
    except ValueError as error:
        return f"token.issue.expires: {visible(str(error))}"
    return ""


class SettingsCheck:
    """The settings of templates against the app's settings class, whose validators are made once for all of them."""

    def __init__(self, app: AppIdentity) -> None:
        self._leaves: dict[str, Leaf] = {}
        self._adapters: dict[str, Any] = {}
        self._is_typed = app.settings is not None
        if self._is_typed:
            leaves: Mapping[str, Leaf] = app.settings_class().leaves()
            self._leaves = {name: leaf for name, leaf in leaves.items() if leaf.field.key.startswith("settings.")}

    def defaults(self) -> dict[str, Any]:
        """The values that are in force where nobody sets one, by field: `settings.timeout`."""
        defaults = {leaf.field.key: leaf.default for leaf in self._leaves.values() if leaf.info.default_factory is None}
        return {key: value for key, value in defaults.items() if isinstance(value, bool | int | float | str)}

    def fields(self, text: TemplateText, settings: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
        """The settings by dotted name, `settings.` before each; what does not fit is added to the problems."""
        fields: dict[str, Any] = {}
        if any("." in key for key, _ in _keys(settings)):
            problems.append(text.problem(("settings",), "settings: a key with a dot in it is no setting's name"))
        for name, value in self.flat(settings):
            if problem := self.unfit(name, value):
                problems.append(text.problem(("settings", *name.split(".")), f"settings.{visible(name)}: {problem}"))
            fields[f"settings.{name}"] = value
        return fields

    def flat(self, table: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
        """The values of a table of settings by dotted name: those that can be set on their own."""
        for key, value in table.items():
            name = f"{within}{key}"
            is_table = isinstance(value, dict) and name not in self._leaves
            if is_table and (not self._is_typed or any(leaf.startswith(f"{name}.") for leaf in self._leaves)):
                yield from self.flat(value, f"{name}.")
            else:
                yield name, value

    def is_known(self, name: str) -> bool:
        """Whether the app has a setting with this dotted name. An app without a settings class accepts any."""
        return not self._is_typed or name in self._leaves

    def nearest(self, name: str) -> list[str]:
        """Return the most similar names of settings, the best first."""
        return nearest(name, self._leaves)

    def unfit(self, name: str, value: object, *, may_be_secret: bool = False) -> str:
        """What is wrong with a setting's value, in words that do not repeat it, or an empty string."""
        from pydantic import ValidationError

        from arka_config.settings.leaves import is_secret

        leaf = self._leaves.get(name)
        if not self._is_typed:
            return ""
        if leaf is None:
            near = did_you_mean(name, self._leaves) or f"the settings are {', '.join(self._leaves)}"
            return f"unknown setting; {near}"
        if is_secret(leaf.info.annotation) and not may_be_secret:
            return "a secret does not stand in a template, where everybody reads it"
        try:
            self._adapter(name, leaf).validate_python(value)
        except ValidationError as error:
            said: str = error.errors(include_input=False, include_url=False, include_context=False)[0]["msg"]
        else:
            return ""
        return said[:1].lower() + said[1:]

    def _adapter(self, name: str, leaf: Leaf) -> Any:
        from pydantic import TypeAdapter

        if name not in self._adapters:
            annotation: Any = leaf.info.annotation
            for constraint in leaf.info.metadata:
                annotation = Annotated[annotation, constraint]
            self._adapters[name] = TypeAdapter(annotation)
        return self._adapters[name]


def _keys(table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every key of a table of tables with its value, however deep."""
    for key, value in table.items():
        yield key, value
        if isinstance(value, dict):
            yield from _keys(value)
