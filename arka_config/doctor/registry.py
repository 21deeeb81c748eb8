"""The registry of checks, and the functions that run them and apply their fixes."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, NamedTuple

from arka_config.doctor import contents, leaks, leftovers, online, permissions, renaming, secrets, selection, tokens
from arka_config.doctor.problem import ERROR, Problem, reason_of
from arka_config.errors import ConfigError, ConfigWarning, FileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from arka_config.doctor.machine import Machine


class Check(NamedTuple):
    """One check. `passed` is shown if it finds no problem."""

    name: str
    group: str
    passed: str
    run: Callable[[Machine], Iterable[Problem]]


# The groups in the order of the report, each with what is shown if none of its checks finds a problem.
GROUPS = {
    "Files": "private, and nothing is left over",
    "Contents": "readable and complete",
    "Tokens": "available, and none expires soon",
    "Selection": "the profile exists, and nothing hides it",
    "Leaks": "no copies of tokens in other files",
    "Workspaces": "they know no token that is not in a profile",
}

CHECKS = (
    Check("folders", "Files", "the folders are accessible", permissions.folders),
    Check("read-only", "Files", "you can change tokens and state", permissions.read_only),
    Check("modes", "Files", "only you can access tokens and state", permissions.modes),
    Check("config-modes", "Files", "only you can write your settings", permissions.config_modes),
    Check("owners", "Files", "you own all files", permissions.owners),
    Check("work-tree", "Files", "no token would be committed to git", leaks.work_tree),
    Check("leftovers", "Files", "no temporary files of killed commands", leftovers.temporary_files),
    Check("lock", "Files", "the lock is free", leftovers.lock),
    Check("preferences", "Contents", "config.toml is valid", contents.preferences),
    Check("profiles", "Contents", "profiles and their settings are valid", contents.profiles),
    Check("templates", "Contents", "templates have the current names of settings", renaming.templates),
    Check("tokens", "Contents", "token files are undamaged", contents.token_files),
    Check("secrets", "Contents", "stored secrets are undamaged", secrets.records),
    Check("state", "Contents", "the state is readable", contents.state),
    Check("unfinished", "Contents", "no change was interrupted", leftovers.unfinished_changes),
    Check("expiry", "Tokens", "no token expires soon", tokens.expiry),
    Check("references", "Tokens", "every token reference leads to a token", tokens.references),
    Check("vault", "Tokens", "sealed tokens can be opened", tokens.vault),
    Check("plain-tokens", "Tokens", "nothing is plain that should be sealed", tokens.plain_tokens),
    Check("keyring", "Tokens", "the keyring answers, if one is used", tokens.keyring),
    Check("active", "Selection", "the active profile exists", selection.active),
    Check("pins", "Selection", "pinned directories and their profiles exist", selection.pins),
    Check("variables", "Selection", "no variable hides or contradicts a profile", selection.variables),
    Check("legacy", "Leaks", "the Node CLI's file is private", leaks.legacy),
    Check("history", "Leaks", "no token in a shell history", leaks.history),
    Check("exports", "Leaks", "no token in a start-up file", leaks.exports),
)

# With --online, after the others. They need the machine's survey.
ONLINE_CHECKS = (
    Check("workspaces", "Workspaces", "every workspace answers", online.workspaces),
    Check("rejected-tokens", "Workspaces", "no token is rejected", online.rejected_tokens),
    Check("expired-tokens", "Workspaces", "no token has expired", online.expired_tokens),
    Check("unheld-tokens", "Workspaces", "every token that works is in a profile", online.unheld_tokens),
    Check("shared-tokens", "Workspaces", "every profile has a token of its own", online.shared_tokens),
    Check("same-labels", "Workspaces", "every token has a label of its own", online.same_labels),
)


class FixResult(NamedTuple):
    """What became of a problem: fixed if `why` is empty, else `why` not."""

    problem: Problem
    why: str = ""

    @property
    def is_fixed(self) -> bool:
        """Whether the problem is fixed."""
        return not self.why


def run_checks(machine: Machine, checks: Iterable[Check] = CHECKS) -> list[Problem]:
    """Return the problems in the order of the checks. A check that fails is a problem too, and stops no other."""
    problems: dict[tuple[str, str], Problem] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConfigWarning)  # a check reports the same
        for check in checks:
            for problem in _run(check, machine):
                masked = _mask_tokens(machine, problem._replace(check=check.name))
                closed = [each.place for each in problems.values() if each.check == "folders"]
                is_explained = any(f"{masked.place}/".startswith(f"{folder}/") for folder in closed)
                if check.name == "folders" or not is_explained:
                    problems.setdefault((masked.place, masked.message), masked)
    return list(problems.values())


def _run(check: Check, machine: Machine) -> Iterator[Problem]:
    try:
        yield from check.run(machine)
    except ConfigError as error:
        yield Problem(ERROR, error.path if isinstance(error, FileError) else "", error.message, advice=error.hint)
    except OSError as error:
        yield Problem(ERROR, str(error.filename or ""), f"could not be checked: {reason_of(error)}")
    except Exception as error:  # noqa: BLE001  # its message may contain a secret, so it is not shown
        message = f"the check '{check.name}' failed ({type(error).__name__}): this is a bug in the program"
        yield Problem(ERROR, "", message)


def _mask_tokens(machine: Machine, problem: Problem) -> Problem:
    """Mask whatever looks like a token: a variable may contain one instead of a name."""
    mask = machine.app.redact
    return problem._replace(
        place=mask(problem.place),
        message=mask(problem.message),
        command=mask(problem.command),
        advice=mask(problem.advice),
    )


_MODES = ("modes", "config-modes")


def apply_fixes(machine: Machine, problems: Iterable[Problem]) -> list[FixResult]:
    """Apply the safe fixes while holding the lock. Return a result for every problem.

    The modes of folders are fixed before: in a folder that others can write to, the lock is refused. So are those that
    ask a workspace: other commands should not wait for its answer.
    """
    problems = list(problems)
    folders = [each for each in problems if each.check in _MODES and each.fix and os.path.isdir(each.place)]
    requests = [each for each in problems if each.fix and each.fix.asks_workspace]
    rest = [problem for problem in problems if problem not in folders and problem not in requests]
    unlocked = [FixResult(problem, _apply(problem)) for problem in [*folders, *requests]]
    return [*unlocked, *_apply_locked(machine, rest)]


def _apply_locked(machine: Machine, problems: list[Problem]) -> list[FixResult]:
    why = ""
    if any(problem.fix for problem in problems):
        try:
            with machine.store.lock:
                return [FixResult(problem, _apply(problem)) for problem in problems]
        except ConfigError as error:
            why = error.message
    return [FixResult(problem, why if problem.fix else _why_not_fixable(problem)) for problem in problems]


def _apply(problem: Problem) -> str:
    """Apply the problem's fix. Return why the problem is not fixed, or an empty string."""
    if problem.fix is None:
        return _why_not_fixable(problem)
    try:
        problem.fix.run()
    except ConfigError as error:
        return error.message
    except OSError as error:
        return reason_of(error)
    return ""


def _why_not_fixable(problem: Problem) -> str:
    return "run the command yourself" if problem.command else "only you can decide this"
