"""Preparation: read everything that a plan is made from, and make the plan."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from arka_config.errors import ConfigError, UnknownProfile, UsageError
from arka_config.templates.desired import Facts, read_desired
from arka_config.templates.ledger import Entry, Ledger, LedgerFile, same
from arka_config.templates.plan import Actual, ActualToken
from arka_config.templates.planning import ledger_after, make_plan, prunable_profiles
from arka_config.templates.policy import SettingsValidator
from arka_config.templates.reading import NAME_PATHS
from arka_config.templates.sealed import IdentityFile
from arka_config.templates.token_fetching import TokenFetcher
from arka_config.text import did_you_mean, quote_path, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arka_config.store.profile_store import ProfileStore
    from arka_config.templates.desired import DesiredSet
    from arka_config.templates.plan import Options, Plan
    from arka_config.templates.reading import Watch


class Prepared(NamedTuple):
    """A plan and what it was made from. `saved` is the ledger as it is in the file."""

    plan: Plan
    fetcher: TokenFetcher
    saved: Ledger
    ledger: Ledger
    file: LedgerFile
    was_interrupted: bool

    @property
    def is_ledger_outdated(self) -> bool:
        """Whether the ledger must be written even if nothing else is."""
        return self.was_interrupted or bool(self.saved.differences(ledger_after(self.plan, self.ledger, {})))


def prepare(
    store: ProfileStore,
    environ: Mapping[str, str],
    paths: Sequence[str],
    options: Options,
    identities: Sequence[str],
    watch: Watch,
) -> Prepared:
    """Read the templates, this machine's profiles and the ledger, and make the plan. Raises what is wrong with any."""
    app = store.app
    file = LedgerFile(store.folders.state)
    settings = SettingsValidator(app)
    saved, pending = _with_current_names(file.read(), settings), file.read_pending()
    can_be_gone = options.prune and bool(options.only)
    for path in paths:
        if not (can_be_gone or os.path.lexists(path)):
            created = _created_profiles(path, saved)
            what = f"; an apply of it created: {', '.join(created)}" if created else ""
            hint = _prune_command(app.name, path, created) if created else NAME_PATHS
            raise UsageError(f"{visible(path)} does not exist{what}", hint=hint)
    wanted = read_desired(app, store.preferences, Facts.of_this_machine(), paths, watch, can_be_gone=can_be_gone)
    _check_options(app.name, wanted, options, saved)
    if options.only:
        wanted.profiles = {name: desired for name, desired in wanted.profiles.items() if name in options.only}
    names = set(wanted.profiles) | (set(saved.differences(pending)) if pending is not None else set())
    for each in (saved, pending) if options.prune else ():
        names |= set(prunable_profiles(wanted, each, options)) if each is not None else set()
    actual = {name: _read_profile(store, name, settings) for name in watch(sorted(names), "Comparing")}
    ledger = saved if pending is None else _settle(saved, pending, actual)
    fetcher = TokenFetcher(app, environ, store.preferences, IdentityFile(store.folders.data), identities)
    unavailable = fetcher.find_unavailable(wanted, actual, ledger)
    defaults = settings.defaults() | {"api_url": store.default_url()}
    existing = () if options.prune else store.names()
    plan = make_plan(wanted, actual, ledger, options, defaults, unavailable, existing)
    return Prepared(plan, fetcher, saved, ledger, file, pending is not None)


def _check_options(program: str, wanted: DesiredSet, options: Options, saved: Ledger) -> None:
    """Raise UsageError, UnknownProfile or ConfigError if the options do not fit the templates."""
    folders, known = wanted.files.folders, {*wanted.profiles, *saved.entries}
    if options.prune and not folders:
        raise UsageError("--prune needs a folder: a file says nothing about other profiles", hint="name a folder")
    for folder in folders:
        is_empty = not any(text.folder == folder for text in wanted.files.texts)
        if is_empty and not (options.prune and options.only):
            names = _created_profiles(folder, saved)
            loss = "--prune would remove every profile that an apply of it created" if options.prune else ""
            created = f"; {loss or 'an apply of it created'}: {', '.join(names)}" if names else ""
            hint = _prune_command(program, folder, names) if names else f"look at it: ls {quote_path(folder)}"
            raise ConfigError(f"{visible(folder)} contains no templates{created}", hint=hint)
    for name in options.only:
        if name not in known:
            raise UnknownProfile(
                f"--only: no template describes a profile '{visible(name)}' on this machine",
                hint=did_you_mean(name, known) or f"the profiles are: {', '.join(sorted(known)) or 'none'}",
            )


def _created_profiles(path: str, saved: Ledger) -> list[str]:
    folder = os.path.realpath(path)
    return [name for name, entry in sorted(saved.entries.items()) if entry.created and entry.folder == folder]


def _prune_command(program: str, path: str, names: Sequence[str]) -> str:
    """The command that removes a folder's profiles when its last template is gone.

    It names them: a folder may also be empty because the wrong branch is checked out.
    """
    return f"{program} apply {quote_path(path)} --prune {' '.join(f'--only {name}' for name in names)}"


def _read_profile(store: ProfileStore, name: str, settings: SettingsValidator) -> Actual:
    profile, credential = store.profiles.read(name), store.tokens.read(name)
    reference = " ".join(profile.reference or ())
    fields: dict[str, Any] = {"description": profile.description, "api_url": profile.api_url, "token": reference}
    fields = {key: value for key, value in fields.items() if value}
    for key, value in settings.flatten(profile.settings):
        field = f"settings.{settings.current(key)}"
        if not settings.is_secret(key) and (settings.current(key) == key or field not in fields):
            fields[field] = value  # no template may have a secret, so no apply changes it
    token = None if credential is None else ActualToken(str(credential.origin), credential.created)
    return Actual(name, profile.path, profile.is_on_disk, fields, token)


def _with_current_names(ledger: Ledger, settings: SettingsValidator) -> Ledger:
    """Return the ledger with the names that settings have now: an earlier version of the program wrote it."""

    def current(fields: Mapping[str, Any]) -> dict[str, Any]:
        names = {name: f"settings.{settings.current(name.removeprefix('settings.'))}" for name in fields}
        return {names[name] if name.startswith("settings.") else name: value for name, value in fields.items()}

    return Ledger(
        {
            name: entry._replace(fields=current(entry.fields), kept=current(entry.kept))
            for name, entry in ledger.entries.items()
        }
    )


def _settle(saved: Ledger, pending: Ledger, actual: Mapping[str, Actual]) -> Ledger:
    """Return the ledger as if the interrupted apply had recorded each write at once.

    What is on the machine as announced was written by that apply; everything else is as before.
    """
    entries = dict(saved.entries)
    for name in saved.differences(pending):
        before, after, profile = saved.entries.get(name), pending.entries.get(name), actual[name]
        if not profile.exists:
            entries.pop(name, None)
        elif after is not None:
            entries[name] = _settle_entry(before, after, profile)
    return Ledger(entries)


def _settle_entry(before: Entry | None, after: Entry, actual: Actual) -> Entry:
    fields = dict(before.fields) if before else {}
    for name in fields.keys() - after.fields.keys():
        if name not in actual.fields:
            del fields[name]
    for name, value in after.fields.items():
        if name in actual.fields and same(actual.fields[name], value):
            fields[name] = value
    token = before.token if before else None
    # Two applies in the same second have the same time. The token is then taken for the old one, and stored again.
    has_new_time = token is None or after.token is None or token.created != after.token.created
    if after.token and actual.token and actual.token.created == after.token.created and has_new_time:
        token = after.token
    created = after.created if before is None else before.created
    return after._replace(fields=fields, token=token, created=created)
