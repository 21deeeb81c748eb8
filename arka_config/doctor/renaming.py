"""Old and retired names of settings in profiles and templates, and the fix that writes the current ones."""

from __future__ import annotations

import os
import stat
from functools import partial
from typing import TYPE_CHECKING

from arka_config.doctor.machine import work_tree_of
from arka_config.doctor.problem import ERROR, WARNING, Fix, Problem, edit_command
from arka_config.errors import ConfigError, FileError, UnsafeFile
from arka_config.settings.renaming import modernize
from arka_config.store import files
from arka_config.store.system import SYSTEM
from arka_config.templates.approvals import Approvals
from arka_config.templates.ledger import LedgerFile
from arka_config.templates.policy import SettingsValidator
from arka_config.templates.positions import NOWHERE, TemplateText
from arka_config.templates.reading import TemplateFiles, read
from arka_config.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from arka_config.doctor.machine import Machine
    from arka_config.templates.reading import Template

_REFUSED = "--fix does not change it"


def templates(machine: Machine) -> Iterator[Problem]:
    """Old names in the templates of earlier applies, if they are still there, and in those that were named.

    Other problems are reported only of templates that were named: `plan` reports them too.
    """
    if machine.app.settings is None:
        return
    named = read(machine.app, machine.templates, _silent, can_be_gone=True)
    for problem in named.problems:
        place = problem.path if problem.position == NOWHERE else f"{problem.path}:{problem.position.line}"
        yield Problem(ERROR, place, problem.text, edit_command(problem.path))
    validator = SettingsValidator(machine.app)
    if not validator.has_other_names:
        return
    seen = set()
    for template in (*named.templates, *_read_applied(machine).templates):
        if template.text.real_path not in seen:
            seen.add(template.text.real_path)
            yield from _template(machine, validator, template)


def _silent(items: Sequence[object], _: str) -> Sequence[object]:
    return items


def _read_applied(machine: Machine) -> TemplateFiles:
    """The templates that the last apply of each profile read, without those that are gone."""
    try:
        entries = LedgerFile(machine.store.folders.state).read().entries.values()
    except ConfigError:  # reported by `state`
        return TemplateFiles()
    paths = sorted({os.path.join(entry.folder, entry.template) for entry in entries})
    return read(machine.app, [path for path in paths if os.path.isfile(path)], _silent)


def _template(machine: Machine, validator: SettingsValidator, template: Template) -> Iterator[Problem]:
    text = template.text
    names = [name for name, _ in validator.flatten(template.model.settings)]
    current = [validator.current(name) for name in names]
    doubled = {name for name in current if current.count(name) > 1}
    why_not = "" if not doubled else f"{_REFUSED}: it does not know which value is meant"
    why_not = why_not or _why_not_ours(machine, text.real_path)
    fix_command = machine.command("doctor", "--fix", *machine.templates)
    for name in names:
        now, reason = validator.current(name), validator.retired(name)
        message = f"settings.{name} is an old name: it is settings.{now} now"
        done = f"renamed settings.{name} to settings.{now} in"
        if now in doubled and now != name:
            message = f"settings.{name} is settings.{now} under an old name, and the template has both: keep one"
        elif reason:
            message = f"settings.{name} has no effect any more: {reason}"
            done = f"removed settings.{name} from"
        elif now == name or validator.is_secret(name):
            continue
        place = text.place(("settings", *name.split(".")))
        if why_not:
            yield Problem(WARNING, place, message, edit_command(text.path), why_not)
        else:
            fix = Fix(f"{done} {describe(text.real_path)}", partial(_rewrite_template, machine, text))
            yield Problem(WARNING, place, message, fix_command, fix=fix)


def describe(path: str) -> str:
    """Return a file's path for the report of a change, with where a link leads and the repository that it is in."""
    real = os.path.realpath(path)
    link = f", a link to {real}" if os.path.islink(path) else ""
    root = work_tree_of(os.path.dirname(real))
    return visible(f"{path}{link}") + (f", in the git work tree {visible(root)}" if root else "")


def rewrite_profile(machine: Machine, name: str) -> None:
    """Write the current names of settings to a profile's file. A link to a file of the user's is followed."""
    path = machine.store.profiles.path(name)
    try:
        _check_owner(machine, path, os.stat(path))
    except FileNotFoundError:
        return
    machine.store.profiles.rewrite(name, partial(_modernize, machine, path=path))


def _modernize(machine: Machine, text: str, *, path: str) -> str:
    settings = machine.app.settings_class()
    return modernize(text, settings.leaves(), settings.retired, path)


def _rewrite_template(machine: Machine, text: TemplateText) -> None:
    """Write the current names of settings to a template, which stays approved if it was."""
    path = text.real_path
    approvals = Approvals(machine.store.folders.state)  # first: if it cannot be read, nothing changes
    content = _read(machine, path)
    if content is None:
        return
    before = TemplateText(path, text.folder, text.name, content)
    after = TemplateText(path, text.folder, text.name, _modernize(machine, content, path=path))
    if after.digest == before.digest:
        return
    files.sweep([text.folder])
    check = partial(_check_unchanged, machine, path, content)
    files.write(path, after.text, follow_links=False, keep_mode=True, before_rename=check)
    approvals.follow_rewrite(before, after)


def _read(machine: Machine, path: str) -> str | None:
    """Return the text of a template. Raises UnsafeFile if it is a link, or another user's."""

    def check(real: str) -> None:
        if real != path:
            raise UnsafeFile(f"{path} is a symbolic link to {real}", path=path, hint=edit_command(real))

    found = files.read_with_status(path, check=check)
    if found is None:
        return None
    _check_owner(machine, path, found[1])
    return found[0]


def _check_unchanged(machine: Machine, path: str, content: str) -> None:
    if _read(machine, path) != content:
        raise FileError(f"{path} was changed meanwhile", path=path, hint="run it again")


def _why_not_ours(machine: Machine, path: str) -> str:
    """Return why a template is not ours to change, or an empty string."""
    status = os.lstat(path)
    if stat.S_ISLNK(status.st_mode):
        return f"{_REFUSED}: it is a symbolic link to {visible(os.path.realpath(path))}"
    try:
        _check_owner(machine, path, status)
    except UnsafeFile:
        return f"{_REFUSED}: it belongs to another user"
    return ""


def _check_owner(machine: Machine, path: str, status: os.stat_result) -> None:
    if SYSTEM.has_modes and status.st_uid != machine.owner:
        raise UnsafeFile(f"{path} belongs to another user", path=path, hint=edit_command(path))
