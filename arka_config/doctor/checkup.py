"""Checkup: every check in order, what all of them found, and the fixes that are safe to make."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, NamedTuple

from arka_config.doctor import choices, credentials, documents, elsewhere, leftovers, permissions, sealing
from arka_config.doctor.ailment import ERROR, Ailment
from arka_config.errors import ConfigError, ConfigWarning, FileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from arka_config.doctor.patient import Patient


class Check(NamedTuple):
    """One thing that is looked at. `well` is what can be said where nothing was found."""

    name: str
    group: str
    well: str
    run: Callable[[Patient], Iterable[Ailment]]


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
    Check("work-tree", "Files", "no token lies where git would commit it", elsewhere.work_tree),
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
    Check("active", "Choice", "the active profile is there", choices.active),
    Check("pins", "Choice", "pinned directories and their profiles are there", choices.pins),
    Check("variables", "Choice", "no variable hides or contradicts a profile", choices.variables),
    Check("legacy", "Elsewhere", "the Node CLI's file is closed", elsewhere.legacy),
    Check("history", "Elsewhere", "no token in a shell's history", elsewhere.history),
    Check("exports", "Elsewhere", "no token in a start-up file", elsewhere.exports),
)


class Treatment(NamedTuple):
    """What became of an ailment under treatment; `why` it was left as it is, or empty where it was mended."""

    ailment: Ailment
    why: str = ""


def examine(patient: Patient, checks: Sequence[Check] = CHECKS) -> list[Ailment]:
    """All that is wrong, in the order of the checks. A check that fails is an ailment itself, and hides no other."""
    found: dict[tuple[str, str], Ailment] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConfigWarning)  # each is about what a check looks at
        for check in checks:
            for ailment in _found(check, patient):
                shown = _without_tokens(patient, ailment._replace(check=check.name))
                if not _is_out_of_sight(shown, found.values()):
                    found.setdefault((shown.place, shown.message), shown)
    return list(found.values())


def _is_out_of_sight(ailment: Ailment, found: Iterable[Ailment]) -> bool:
    """Whether it lies in a folder that cannot be looked into, which says all that is known."""
    closed = [each.place for each in found if each.check == "folders"]
    return ailment.check != "folders" and any(f"{ailment.place}/".startswith(f"{place}/") for place in closed)


def _found(check: Check, patient: Patient) -> Iterator[Ailment]:
    try:
        yield from check.run(patient)
    except FileError as error:
        yield Ailment(ERROR, error.path, error.message, advice=error.hint)
    except ConfigError as error:
        yield Ailment(ERROR, "", error.message, advice=error.hint)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        yield Ailment(ERROR, str(error.filename or ""), f"this could not be looked at: {reason}")
    except Exception as error:  # noqa: BLE001  # its text is not repeated: nobody knows what it holds
        yield Ailment(
            ERROR, "", f"the check '{check.name}' failed ({type(error).__name__}), which is a fault of this program"
        )


def _without_tokens(patient: Patient, ailment: Ailment) -> Ailment:
    """The same, and nothing in it that looks like a token: a variable may hold one where a name belongs."""
    hide = patient.app.redacted
    return ailment._replace(
        place=hide(ailment.place),
        message=hide(ailment.message),
        command=hide(ailment.command),
        advice=hide(ailment.advice),
    )


def treat(patient: Patient, ailments: Iterable[Ailment]) -> list[Treatment]:
    """Makes every fix that is safe, under the lock; what became of each ailment that was found."""
    ailments = list(ailments)
    if not any(ailment.fix for ailment in ailments):
        return [Treatment(ailment, _why_not(ailment)) for ailment in ailments]
    try:
        with patient.store.lock:
            return [_treated(ailment) for ailment in ailments]
    except ConfigError as error:
        why = error.message
    return [Treatment(ailment, why if ailment.fix else _why_not(ailment)) for ailment in ailments]


def _treated(ailment: Ailment) -> Treatment:
    if ailment.fix is None:
        return Treatment(ailment, _why_not(ailment))
    try:
        ailment.fix.run()
    except ConfigError as error:
        return Treatment(ailment, error.message)
    except OSError as error:
        return Treatment(ailment, (error.strerror or type(error).__name__).lower())
    return Treatment(ailment)


def _why_not(ailment: Ailment) -> str:
    return "it is yours to run" if ailment.command else "it is yours to decide"
