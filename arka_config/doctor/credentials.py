"""The tokens themselves: those that have expired or soon will, and references that lead nowhere."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

from arka_config import timestamps
from arka_config.doctor import commands
from arka_config.doctor.problem import ERROR, WARNING, Problem
from arka_config.errors import ConfigError, InvalidToken, TokenUnavailable
from arka_config.store.references import described, referred
from arka_config.text import did_you_mean, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.doctor.machine import Machine
    from arka_config.store.profiles import Profile

_USUAL_WARNING = 14  # days, as Preferences has it


def expiry(machine: Machine) -> Iterator[Problem]:
    """Tokens that have expired, or will within the preference `expiry_warning`."""
    days = machine.preferences.expiry_warning if machine.preferences is not None else _USUAL_WARNING
    for name, credential in machine.credentials.items():
        if not credential.expires:
            continue
        ends = timestamps.read(credential.expires)
        path = machine.store.tokens.path(name)
        said = f"{timestamps.in_words(ends, machine.now)} ({ends:%Y-%m-%d})"
        if ends <= machine.now:
            command = commands.line(machine.program, "login", "--profile", name)
            yield Problem(ERROR, path, f"the token of profile '{name}' expired {said}", command)
        elif ends <= machine.now + timedelta(days=days):
            command = commands.line(machine.program, "rotate", "--profile", name)
            advice = f"or make one on the tokens page, and: {machine.program} login --profile {name}"
            yield Problem(WARNING, path, f"the token of profile '{name}' expires {said}", command, advice)


def references(machine: Machine) -> Iterator[Problem]:
    """References to a token that is not there: a variable, a file, or a helper, which is looked for and not run."""
    for profile in machine.profiles.values():
        if profile.reference is None:
            continue
        kind, target = profile.reference
        if kind == "helper":
            yield from _helper(machine, profile, target)
        else:
            yield from _followed(machine, profile, kind, target)


def _followed(machine: Machine, profile: Profile, kind: str, target: str) -> Iterator[Problem]:
    secret = referred(machine.app, profile, machine.store.environ, lambda: machine.store.preferences)
    assert secret is not None, "the profile has a reference"
    whose = f"profile '{profile.name}' takes its token from {described(kind, target)}"
    try:
        machine.app.check_token(secret, profile.api_url or None)
    except InvalidToken as error:
        said = error.message.removeprefix("Invalid token: ")
        yield Problem(ERROR, profile.path, f"{whose}, and what is there is no token: {said}", _put(kind, target))
        return
    except TokenUnavailable as error:
        yield Problem(ERROR, profile.path, error.message, _put(kind, target), "" if _put(kind, target) else error.hint)
        return
    except ConfigError as error:
        yield Problem(ERROR, profile.path, f"{whose}: {error.message}", advice=error.hint)
        return
    yield from _open_file(profile, kind, target)


def _put(kind: str, target: str) -> str:
    """The command that puts a token, which it reads unseen or from its input, where a reference leads."""
    if kind == "env":
        return f"read -rs {target} && export {target}" if target.isidentifier() and target.isascii() else ""
    path = os.path.expanduser(target)
    return f"(umask 077 && cat > {commands.quoted(path)})" if os.path.isabs(path) else ""


def _open_file(profile: Profile, kind: str, target: str) -> Iterator[Problem]:
    path = os.path.expanduser(target)
    if kind != "file" or os.name == "nt":
        return
    mode = os.stat(path).st_mode & 0o7777
    if mode & 0o077:
        message = f"others can read the file that profile '{profile.name}' takes its token from (mode {mode:04o})"
        yield Problem(ERROR, path, message, commands.line("chmod", "600", path))


def _helper(machine: Machine, profile: Profile, target: str) -> Iterator[Problem]:
    preferences = machine.preferences
    if preferences is None:  # which is said where its file is looked at
        return
    whose = f"profile '{profile.name}' takes its token from helper '{visible(target)}'"
    if target not in preferences.helpers:
        near = did_you_mean(target, preferences.helpers) or f'add: [helpers] {visible(target)} = ["program"]'
        message = f"{whose}, which {preferences.path} does not define; {near}"
        yield Problem(ERROR, profile.path, message, commands.edit(preferences.path))
        return
    program = preferences.helpers[target][0]
    if shutil.which(program, path=machine.store.environ.get("PATH")) is None:
        message = f"{whose}, and its program '{visible(program)}' is not there to be run"
        advice = "or install it, or put its folder into PATH"
        yield Problem(ERROR, preferences.path, message, commands.edit(preferences.path), advice)
