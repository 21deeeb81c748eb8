"""Desired: the profiles that templates describe for this machine, with their fields and the sources of their tokens."""

from __future__ import annotations

import hashlib
import re
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from arka_config import timestamps
from arka_config.app_identity import MANAGE
from arka_config.errors import ConfigError, ConfigWarning
from arka_config.precedence.origin import Origin
from arka_config.references.registry import KINDS
from arka_config.store.system import SYSTEM
from arka_config.templates.policy import SettingsValidator, source_problem
from arka_config.templates.reading import Template, TemplateFiles, read
from arka_config.text import (
    check_profile_name,
    did_you_mean,
    edit_command,
    is_printable,
    quote_path,
    shorten,
    suggest_profile_name,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from arka_config.app_identity import AppIdentity
    from arka_config.store.preferences import Preferences
    from arka_config.templates.positions import Problem
    from arka_config.templates.reading import Watch

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class Facts(NamedTuple):
    """What a template may know about the machine. Nothing here comes from the environment.

    `os` is `linux`, `macos` or `windows`. A fact is empty if the machine has none.
    """

    hostname: str
    user: str
    os: str

    @classmethod
    def of_this_machine(cls) -> Facts:
        """Return the facts of this machine."""
        import socket

        return cls(socket.gethostname(), SYSTEM.account_name(), SYSTEM.name)

    def match(self, hostname: str | None, system: str | None) -> bool:
        """Whether the name matches a pattern such as `runner-*`, ignoring case, and the system is the given one."""
        from fnmatch import fnmatchcase

        is_named = hostname is None or fnmatchcase(self.hostname.lower(), hostname.lower())
        return is_named and system in (None, self.os)


def expand(text: str, facts: Facts, *, as_name: bool = False) -> str:
    """Replace `{hostname}`, `{user}` and `{os}`. Raises ConfigError for another placeholder or an empty fact.

    Environment variables are never expanded: a template could send them somewhere (CVE-2026-101043, pnpm). With
    `as_name`, a fact is converted to a profile name: `Build_01.example.com` becomes `build_01-example-com`.
    """
    known = facts._asdict()

    def replacement(match: re.Match[str]) -> str:
        fact = match[1]
        if fact not in known:
            raise ConfigError(
                f"unknown placeholder {{{shorten(fact, 40)}}}: only {{hostname}}, {{user}} and {{os}} are replaced",
                hint=did_you_mean(fact, known),
            )
        if not known[fact]:
            raise ConfigError(f"this machine has no {fact}, so {{{fact}}} cannot be replaced")
        return suggest_profile_name(known[fact]) if as_name else known[fact]

    return _PLACEHOLDER.sub(replacement, text)


class TokenSource(NamedTuple):
    """Where a token comes from. `target` is the variable, file, helper, sealed text, or the new token's label.

    `is_stored` is whether the token is copied to the token store; otherwise the profile keeps the reference.
    """

    kind: str
    target: str
    is_stored: bool
    expires: str = ""

    @property
    def identifier(self) -> str:
        """A text that changes when the token's source changes. The ledger records it."""
        if self.kind == "sealed":
            return f"sealed {hashlib.sha256(self.target.encode()).hexdigest()}"
        return " ".join(filter(None, (self.kind, self.target, self.expires)))

    @property
    def reference(self) -> str:
        """The token reference as `env ARKA_CI_TOKEN`, or an empty string for another kind of source."""
        return f"{self.kind} {self.target}" if self.kind in KINDS else ""


@dataclass(frozen=True, slots=True)
class Desired:
    """A profile that this machine should have. `fields` are the values of the profile's file by dotted name.

    A reference that is kept is the field `token`: `env ARKA_CI_TOKEN`.
    """

    template: Template
    name: str
    fields: dict[str, Any]
    token: TokenSource | None

    def origin(self, default_url: str | None) -> str | None:
        """The origin that the profile's token is sent to."""
        url = self.fields.get("api_url") or default_url
        return None if url is None else str(Origin.of(url))

    def place(self, field: str) -> str:
        """The line of a field in the template: `profiles/ci.toml:14`."""
        key = ("profile", field) if field in ("description", "api_url") else tuple(field.split("."))
        if field == "token" and self.token is not None:
            key = ("token", self.token.kind)
        return self.template.text.place(key)


@dataclass(slots=True)
class DesiredSet:
    """The profiles that all templates describe, by name, and the templates that are for other machines."""

    files: TemplateFiles
    profiles: dict[str, Desired] = field(default_factory=dict)
    for_other_machines: list[Template] = field(default_factory=list)


def read_desired(
    app: AppIdentity,
    preferences: Preferences,
    facts: Facts,
    paths: Sequence[str],
    watch: Watch,
    *,
    can_be_gone: bool = False,
) -> DesiredSet:
    """Read the templates in files and folders, and return the profiles that this machine should have.

    Templates for other machines are validated as far as possible. Raises TemplateError with all problems of all files,
    and UsageError for a path that does not exist.
    """
    found = read(app, paths, watch, can_be_gone=can_be_gone)
    result = DesiredSet(found)
    settings = SettingsValidator(app)
    for template in found.templates:
        when = template.model.when
        if not facts.match(when.hostname, when.os):
            # The facts and preferences of another machine are not known.
            _Builder(app, None, Facts("hostname", "user", "linux"), template, settings, found.problems).build()
            result.for_other_machines.append(template)
            continue
        desired = _Builder(app, preferences, facts, template, settings, found.problems).build()
        if desired is None:
            continue
        other = result.profiles.setdefault(desired.name, desired)
        if other is not desired:
            message = f"profile.name: '{desired.name}' is also described by {other.template.text.path}"
            found.problems.append(template.text.problem(("profile", "name"), message))
    found.check()
    return result


@dataclass(frozen=True, slots=True)
class _Builder:
    """Build the desired profile of one template."""

    app: AppIdentity
    preferences: Preferences | None
    facts: Facts
    template: Template
    settings: SettingsValidator
    problems: list[Problem]

    def build(self) -> Desired | None:
        """Return the desired profile, or None after adding problems."""
        before = len(self.problems)
        profile = self.template.model.profile
        fields: dict[str, Any] = {}
        name = self._name()
        if profile.description:
            fields["description"] = self._expand(profile.description, ("profile", "description"))
        if profile.api_url is not None:
            fields["api_url"] = profile.api_url
            try:
                Origin.of(profile.api_url)
            except ConfigError as error:
                self._add_error(("profile", "api_url"), error)
        token = self._token()
        has_default = (self.preferences is not None and self.preferences.api_url) or self.app.default_url()
        if token is not None and profile.api_url is None and not has_default:
            self._add_problem(("profile", "api_url"), f"missing, and {self.app.name} has no default")
        if token is not None and not token.is_stored:
            fields["token"] = token.reference
        fields |= self._settings()
        is_whole = self.template.is_whole and len(self.problems) == before
        return Desired(self.template, name, fields, token) if is_whole else None

    def _add_problem(self, key: tuple[str, ...], message: str) -> None:
        self.problems.append(self.template.text.problem(key, f"{'.'.join(key)}: {message}"))

    def _add_error(self, key: tuple[str, ...], error: ConfigError) -> None:
        self._add_problem(key, error.message + (f"; {error.hint}" if error.hint else ""))

    def _name(self) -> str:
        try:
            return check_profile_name(expand(self.template.model.profile.name, self.facts, as_name=True))
        except ConfigError as error:
            self._add_error(("profile", "name"), error)
            return ""

    def _expand(self, text: str, key: tuple[str, ...]) -> str:
        try:
            result = expand(text, self.facts)
        except ConfigError as error:
            self._add_error(key, error)
            return ""
        if not is_printable(result):
            self._add_problem(key, "contains a control character once this machine's facts are inserted")
        return result

    def _token(self) -> TokenSource | None:
        table = self.template.model.token
        if table is None:
            return None
        (kind,) = table.kinds
        if table.issue is not None:
            if not self.app.can(MANAGE):
                self._add_problem(("token", "issue"), f"{self.app.name} has no API that issues tokens")
            label = self._expand(table.issue.label, ("token", "issue", "label"))
            expires = table.issue.expires or ""
            try:
                if expires:
                    timestamps.parse_expiry(expires)
            except ValueError as error:
                self._add_problem(("token", "issue", "expires"), visible(str(error)))
            return TokenSource(kind, label, is_stored=True, expires=expires)
        target = "" if table.prompt else str(getattr(table, kind)).strip()
        if problem := source_problem(self.app, self.preferences, kind, target):
            self._add_problem(("token", kind), problem)
        return TokenSource(kind, target, is_stored=bool(table.copy_) or kind not in KINDS)

    def _settings(self) -> dict[str, Any]:
        """The settings by dotted name, with the prefix `settings.`."""
        settings = self.template.model.settings
        fields: dict[str, Any] = {}
        if any("." in key for key in _all_keys(settings)):
            self._add_problem(("settings",), "a key with a dot is not a setting's name")
        for name, value in self.settings.flatten(settings):
            current, key = self.settings.current(name), ("settings", *name.split("."))
            problem = self.settings.problem(name, value)
            if f"settings.{current}" in fields:
                problem = f"this is {current} under an old name: keep one of them"
            if problem:
                self.problems.append(self.template.text.problem(key, f"settings.{visible(name)}: {problem}"))
            elif reason := self.settings.retired(name):
                self._warn(key, f"settings.{name} has no effect any more: {reason}")
                continue
            elif current != name:
                self._warn(key, f"settings.{name} is an old name: it is settings.{current} now")
            fields[f"settings.{current}"] = value
        return fields

    def _warn(self, key: tuple[str, ...], message: str) -> None:
        place = self.template.text.place(key)
        path = self.template.text.path
        has_doctor = self.app.has_command("doctor")
        hint = f"{self.app.name} doctor --fix {quote_path(path)}" if has_doctor else edit_command(path)
        warnings.warn(ConfigWarning(f"{place}: {message}", hint=hint), stacklevel=2)


def _all_keys(table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        yield key
        if isinstance(value, dict):
            yield from _all_keys(value)
