"""Desired: what templates ask of this machine, each with a name, its fields, and where its token comes from."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from arka_config.errors import ConfigError
from arka_config.precedence.origin import Origin
from arka_config.templates import permitted
from arka_config.templates.expansion import expanded
from arka_config.templates.model import REFERENCES
from arka_config.templates.reading import Read, Template, problem_of, read
from arka_config.text import check_profile_name, is_printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from arka_config.app import App
    from arka_config.store.preferences import Preferences
    from arka_config.templates.facts import Facts
    from arka_config.templates.permitted import SettingsCheck
    from arka_config.templates.reading import Problem, Watch


class TokenSource:
    """Where a token comes from. `target` is the variable, the file, the helper, the sealed text or the new label.

    `is_stored` is whether the token ends up in the token store; else the profile keeps the reference.
    """

    __slots__ = ("expires", "is_stored", "kind", "target")

    def __init__(self, kind: str, target: str, *, is_stored: bool, expires: str = "") -> None:
        self.kind = kind
        self.target = target
        self.is_stored = is_stored
        self.expires = expires

    @property
    def identifier(self) -> str:
        """A text that is another one when the token is another one: what the ledger remembers of it."""
        if self.kind == "sealed":
            return f"sealed {hashlib.sha256(self.target.encode()).hexdigest()}"
        return " ".join(part for part in (self.kind, self.target, self.expires) if part)

    @property
    def reference(self) -> str:
        """`env ARKA_CI_TOKEN` where a place on this machine is read, else an empty string."""
        return f"{self.kind} {self.target}" if self.kind in REFERENCES else ""

    def __str__(self) -> str:
        words = {"env": f"${self.target}", "file": f"file {self.target}", "helper": f"helper {self.target}"}
        words |= {"prompt": "asked for", "sealed": "sealed", "issue": f"issued as '{self.target}'"}
        return words[self.kind]


class Desired:
    """One profile that this machine should have. `fields` are values by dotted name in the profile's file.

    The reference of a token that stays elsewhere is the field `token`: `env ARKA_CI_TOKEN`.
    """

    def __init__(self, template: Template, name: str, fields: dict[str, Any], token: TokenSource | None) -> None:
        self.template = template
        self.name = name
        self.fields = fields
        self.token = token
        self.names = {name, template.model.profile.name}  # what a sealed token may say it is for

    @property
    def api_url(self) -> str | None:
        url: str | None = self.fields.get("api_url")
        return url

    def place(self, field: str) -> str:
        """Where the template says it: `profiles/ci.toml:14`."""
        key = ("profile", field) if field in ("description", "api_url") else tuple(field.split("."))
        if field == "token" and self.token is not None:
            key = ("token", self.token.kind)
        return self.template.text.place(key)


class DesiredSet:
    """What all templates ask, by profile name, and the templates that are for other machines."""

    def __init__(self, done: Read) -> None:
        self.texts = done.texts
        self.folders = done.folders
        self.profiles: dict[str, Desired] = {}
        self.elsewhere: list[Template] = []


def desired(app: App, preferences: Preferences, facts: Facts, paths: Sequence[str], watch: Watch) -> DesiredSet:
    """What the templates in files and folders ask of this machine.

    Raises TemplateError with all problems of all files, UsageError for a path that is not there.
    """
    done = read(app, paths, watch)
    result = DesiredSet(done)
    check = permitted.SettingsCheck(app)
    for template in done.templates:
        when = template.model.when
        if not facts.matches(when.hostname, when.os):
            result.elsewhere.append(template)
            continue
        one = _desired(app, preferences, facts, template, check, done.problems)
        if one is None:
            continue
        if one.name in result.profiles:
            other = result.profiles[one.name].template.text.path
            done.problems.append(
                template.text.problem(("profile", "name"), f"profile '{one.name}' is described by {other} too")
            )
        result.profiles[one.name] = one
    done.check()
    return result


def _desired(
    app: App,
    preferences: Preferences,
    facts: Facts,
    template: Template,
    check: SettingsCheck,
    problems: list[Problem],
) -> Desired | None:
    before = len(problems)
    text, profile = template.text, template.model.profile
    fields: dict[str, Any] = {}
    name = ""
    try:
        name = check_profile_name(expanded(profile.name, facts, as_name=True))
    except ConfigError as error:
        problems.append(problem_of(text, ("profile", "name"), error))
    except ValueError as error:
        problems.append(text.problem(("profile", "name"), str(error)))
    if profile.description:
        fields["description"] = _expanded(profile.description, facts, template, ("profile", "description"), problems)
    if profile.api_url is not None:
        fields["api_url"] = profile.api_url
        try:
            Origin.of(profile.api_url, "profile.api_url")
        except ConfigError as error:
            problems.append(problem_of(text, ("profile", "api_url"), error))
    token = _token(app, preferences, facts, template, problems)
    if token is not None and profile.api_url is None and app.default_url() is None:
        problems.append(text.problem(("profile",), f"profile.api_url is missing, and {app.name} knows no workspace"))
    if token is not None and not token.is_stored:
        fields["token"] = token.reference
    fields |= check.fields(text, template.model.settings, problems)
    return Desired(template, name, fields, token) if len(problems) == before else None


def _expanded(value: str, facts: Facts, template: Template, key: tuple[str, ...], problems: list[Problem]) -> str:
    try:
        result = expanded(value, facts)
    except ValueError as error:
        problems.append(template.text.problem(key, str(error)))
        return ""
    if not is_printable(result):
        problems.append(template.text.problem(key, "with this machine's facts it holds a control character"))
    return result


def _token(
    app: App, preferences: Preferences, facts: Facts, template: Template, problems: list[Problem]
) -> TokenSource | None:
    table = template.model.token
    if table is None:
        return None
    (kind,) = table.kinds
    if table.issue is not None:
        label = _expanded(table.issue.label, facts, template, ("token", "issue", "label"), problems)
        expires = table.issue.expires or ""
        if problem := permitted.unfit_end(expires):
            problems.append(template.text.problem(("token", "issue", "expires"), problem))
        return TokenSource(kind, label, is_stored=True, expires=expires)
    target = "" if table.prompt else str(getattr(table, kind)).strip()
    if problem := permitted.unfit_source(app, preferences, kind, target):
        problems.append(template.text.problem(("token", kind), problem))
    return TokenSource(kind, target, is_stored=bool(table.copy_) or kind not in REFERENCES)
