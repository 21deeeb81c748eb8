"""Checkup: every check in order, what all of them found, and the fixes that are safe to make."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, NamedTuple

from arka_config.doctor import credentials, documents, leaks, leftovers, permissions, sealing, selection
from arka_config.doctor.problem import ERROR, Problem
from arka_config.errors import ConfigError, ConfigWarning, FileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from arka_config.doctor.machine import Machine


class Check(NamedTuple):
    """One thing that is looked at. `well` is what can be said where nothing was found."""

    name: str
    group: str
    well: str
    run: Callable[[Machine], Iterable[Problem]]


GROUPS = {
    "Files": "for you alone, and nothing was left behind",
    "Contents": "all can be read, and nothing is half done",
    "Tokens": "none ends soon, and all can be had",
    "Choice": "what is chosen is there, and nothing hides it",
    "Elsewhere": "no copy of a token lies about",
}

CHECKS = (
    Check("folders", "Files", "the folders can be used", permissions.folders),
    Check("modes", "Files", "tokens and state are for you alone", permissions.modes),
    Check("config-modes", "Files", "nobody else can write your settings", permissions.config),
    Check("owners", "Files", "all of it is yours", permissions.owners),
    Check("work-tree", "Files", "no token lies where git would commit it", leaks.work_tree),
    Check("leftovers", "Files", "no killed command left anything", leftovers.temporary),
    Check("lock", "Files", "the lock is free", leftovers.lock),
    Check("preferences", "Contents", "config.toml can be read", documents.preferences),
    Check("profiles", "Contents", "profiles and their settings can be read", documents.profiles),
    Check("tokens", "Contents", "token files are as they were written", documents.tokens),
    Check("state", "Contents", "the state can be read", documents.state),
    Check("unfinished", "Contents", "nothing is half done", leftovers.unfinished),
    Check("expiry", "Tokens", "no token ends soon", credentials.expiry),
    Check("references", "Tokens", "every reference leads to a token", credentials.references),
    Check("vault", "Tokens", "what is sealed can be opened", sealing.vault),
    Check("plain-tokens", "Tokens", "nothing is plain that should be sealed", sealing.plain_tokens),
    Check("keyring", "Tokens", "the keyring answers, where one is used", sealing.keyring),
    Check("active", "Choice", "the active profile is there", selection.active),
    Check("pins", "Choice", "pinned directories and their profiles are there", selection.pins),
    Check("variables", "Choice", "no variable hides or contradicts a profile", selection.variables),
    Check("legacy", "Elsewhere", "the Node CLI's file is closed", leaks.legacy),
    Check("history", "Elsewhere", "no token in a shell's history", leaks.history),
    Check("exports", "Elsewhere", "no token in a start-up file", leaks.exports),
)


class FixResult(NamedTuple):
    """What became of an problem under fix_result; `why` it was left as it is, or empty where it was mended."""

    problem: Problem
    why: str = ""


def run_checks(machine: Machine, checks: Sequence[Check] = CHECKS) -> list[Problem]:
    """All that is wrong, in the order of the checks. A check that fails is an problem itself, and hides no other."""
    found: dict[tuple[str, str], Problem] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConfigWarning)  # each is about what a check looks at
        for check in checks:
            for problem in _found(check, machine):
                shown = _without_tokens(machine, problem._replace(check=check.name))
                if not _is_out_of_sight(shown, found.values()):
                    found.setdefault((shown.place, shown.message), shown)
    return list(found.values())


def _is_out_of_sight(problem: Problem, found: Iterable[Problem]) -> bool:
    """Whether it lies in a folder that cannot be looked into, which says all that is known."""
    closed = [each.place for each in found if each.check == "folders"]
    return problem.check != "folders" and any(f"{problem.place}/".startswith(f"{place}/") for place in closed)


def _found(check: Check, machine: Machine) -> Iterator[Problem]:
    try:
        yield from check.run(machine)
    except FileError as error:
        yield Problem(ERROR, error.path, error.message, advice=error.hint)
    except ConfigError as error:
        yield Problem(ERROR, "", error.message, advice=error.hint)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        yield Problem(ERROR, str(error.filename or ""), f"this could not be looked at: {reason}")
    except Exception as error:  # noqa: BLE001  # its text is not repeated: nobody knows what it holds
        yield Problem(
            ERROR, "", f"the check '{check.name}' failed ({type(error).__name__}), which is a fault of this program"
        )


def _without_tokens(machine: Machine, problem: Problem) -> Problem:
    """The same, and nothing in it that looks like a token: a variable may hold one where a name belongs."""
    hide = machine.app.redacted
    return problem._replace(
        place=hide(problem.place),
        message=hide(problem.message),
        command=hide(problem.command),
        advice=hide(problem.advice),
    )


def apply_fixes(machine: Machine, problems: Iterable[Problem]) -> list[FixResult]:
    """Makes every fix that is safe, under the lock; what became of each problem that was found."""
    problems = list(problems)
    if not any(problem.fix for problem in problems):
        return [FixResult(problem, _why_not(problem)) for problem in problems]
    try:
        with machine.store.lock:
            return [_fix_results(problem) for problem in problems]
    except ConfigError as error:
        why = error.message
    return [FixResult(problem, why if problem.fix else _why_not(problem)) for problem in problems]


def _fix_results(problem: Problem) -> FixResult:
    if problem.fix is None:
        return FixResult(problem, _why_not(problem))
    try:
        problem.fix.run()
    except ConfigError as error:
        return FixResult(problem, error.message)
    except OSError as error:
        return FixResult(problem, (error.strerror or type(error).__name__).lower())
    return FixResult(problem)


def _why_not(problem: Problem) -> str:
    return "it is yours to run" if problem.command else "it is yours to decide"
