"""Desired: what templates ask of this machine, each with a name, its fields, and where its token comes from."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from arka_config.errors import ConfigError
from arka_config.precedence.origin import Origin
from arka_config.references.registry import KINDS, describe
from arka_config.templates.expansion import expanded
from arka_config.templates.facts import Facts
from arka_config.templates.policy import SettingsCheck, malformed, not_permitted, unfit_end
from arka_config.templates.reading import Read, Template, read
from arka_config.text import check_profile_name, is_printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from arka_config.app_identity import AppIdentity
    from arka_config.store.preferences import Preferences
    from arka_config.templates.model import TokenTable
    from arka_config.templates.reading import Watch
    from arka_config.templates.template_text import Problem


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
        return f"{self.kind} {self.target}" if self.kind in KINDS else ""

    def __str__(self) -> str:
        if self.kind in KINDS:
            return describe(self.kind, self.target)
        return {"prompt": "asked for", "sealed": "sealed", "issue": f"issued as '{self.target}'"}[self.kind]


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


def desired(app: AppIdentity, preferences: Preferences, facts: Facts, paths: Sequence[str], watch: Watch) -> DesiredSet:
    """What the templates in files and folders ask of this machine.

    A template for other machines is checked as far as this machine can tell. Raises TemplateError with all problems of
    all files, UsageError for a path that is not there.
    """
    done = read(app, paths, watch)
    result = DesiredSet(done)
    check = SettingsCheck(app)
    for template in done.templates:
        when = template.model.when
        if facts.matches(when.hostname, when.os):
            one = _Asked(app, preferences, facts, template, check, done.problems).desired()
            other = result.profiles.setdefault(one.name, one) if one is not None else one
            if one is not None and other is not None and other is not one:
                said = f"'{one.name}' is described by {other.template.text.path} too"
                done.problems.append(template.text.problem(("profile", "name"), f"profile.name: {said}"))
        else:
            _Asked(app, None, Facts.elsewhere(), template, check, done.problems).desired()
            result.elsewhere.append(template)
    done.check()
    return result


class _Asked:
    """What one template asks of a machine with these facts and preferences; None stands for another user's."""

    def __init__(
        self,
        app: AppIdentity,
        preferences: Preferences | None,
        facts: Facts,
        template: Template,
        check: SettingsCheck,
        problems: list[Problem],
    ) -> None:
        self.app = app
        self.preferences = preferences
        self.facts = facts
        self.template = template
        self.text = template.text
        self.check = check
        self.problems = problems

    def desired(self) -> Desired | None:
        """What is asked, or None where something is wrong with it. Adds the problems."""
        before = len(self.problems)
        profile = self.template.model.profile
        fields: dict[str, Any] = {}
        name = self._name()
        if profile.description:
            fields["description"] = self._expanded(profile.description, ("profile", "description"))
        if profile.api_url is not None:
            fields["api_url"] = profile.api_url
            self._check_url(profile.api_url)
        table = self.template.model.token
        token = None if table is None else self._token(table)
        if token is not None and profile.api_url is None and self.app.default_url() is None:
            self._problem(("profile",), f"profile.api_url is missing, and {self.app.name} knows no workspace")
        if token is not None and not token.is_stored:
            fields["token"] = token.reference
        fields |= self.check.fields(self.text, self.template.model.settings, self.problems)
        is_whole = self.template.is_whole and len(self.problems) == before
        return Desired(self.template, name, fields, token) if is_whole else None

    def _problem(self, key: tuple[str, ...], said: str) -> None:
        dotted = ".".join(key)
        self.problems.append(self.text.problem(key, said if said.startswith(dotted) else f"{dotted}: {said}"))

    def _name(self) -> str:
        key = ("profile", "name")
        try:
            return check_profile_name(expanded(self.template.model.profile.name, self.facts, as_name=True))
        except ConfigError as error:
            self._problem(key, _whole(error))
        except ValueError as error:
            self._problem(key, str(error))
        return ""

    def _check_url(self, url: str) -> None:
        try:
            Origin.of(url, "profile.api_url")
        except ConfigError as error:
            self._problem(("profile", "api_url"), _whole(error))

    def _expanded(self, value: str, key: tuple[str, ...]) -> str:
        try:
            result = expanded(value, self.facts)
        except ValueError as error:
            self._problem(key, str(error))
            return ""
        if not is_printable(result):
            self._problem(key, "with this machine's facts it holds a control character")
        return result

    def _token(self, table: TokenTable) -> TokenSource:
        (kind,) = table.kinds
        if table.issue is not None:
            label = self._expanded(table.issue.label, ("token", "issue", "label"))
            expires = table.issue.expires or ""
            if said := unfit_end(expires):
                self._problem(("token", "issue", "expires"), said)
            return TokenSource(kind, label, is_stored=True, expires=expires)
        target = "" if table.prompt else str(getattr(table, kind)).strip()
        said = malformed(self.app, kind, target)
        if not said and self.preferences is not None:
            said = not_permitted(self.app, self.preferences, kind, target)
        if said:
            self._problem(("token", kind), said)
        return TokenSource(kind, target, is_stored=bool(table.copy_) or kind not in KINDS)


def _whole(error: ConfigError) -> str:
    return error.message + (f"; {error.hint}" if error.hint else "")
