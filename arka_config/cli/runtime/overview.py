"""The program without a command: the user, the effective profile and why, what needs attention, and the next step.

It reads files only: no network, no prompt, and no helper is run.
"""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, NamedTuple

from arka_config import timestamps
from arka_config.app_identity import MANAGE
from arka_config.cli.output import terminal
from arka_config.cli.output.format import (
    error_document,
    expiry_cell,
    expiry_document,
    expiry_warning,
    value_document,
    value_text,
)
from arka_config.errors import ConfigError, ConfigWarning
from arka_config.precedence.values import ACTIVE, ENV, FLAG, PIN, PROFILE
from arka_config.store.diagnosis import Diagnosis

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from arka_config.app_identity import AppIdentity
    from arka_config.cli.output.documents.credentials import OverviewDocument, OverviewTokenDocument
    from arka_config.cli.runtime.session import Session
    from arka_config.precedence.values import ResolvedValue
    from arka_config.store.tokens import Credential

_MOST = 5  # notices that are shown


class Notice(NamedTuple):
    """Something that needs attention or can be done next: what it is, and a hint.

    `command` is the app's command that the hint runs; it is empty if the hint is another one, such as an error's.
    """

    text: str
    hint: str
    command: str = ""


def _notice(app: AppIdentity, text: str, command: str, *words: str) -> Notice:
    """Return a notice whose hint runs a command of the app."""
    return Notice(text, " ".join((app.name, command, *words)), command)


class Overview(NamedTuple):
    """What is known without asking anyone. `stored` is the stored credential if the effective token is one."""

    profile: ResolvedValue | None
    token: ResolvedValue | None
    url: ResolvedValue | None
    stored: Credential | None
    notices: list[Notice]
    next_step: Notice
    error: ConfigError | None


def show(session: Session, commands: Collection[str]) -> None:
    """Show the overview, in a program that has these commands. Raises the error that the effective token has."""
    found = _collect(session, commands)
    if session.json:
        session.show_json(_document(session, found))
    else:
        lines = map(terminal.safe_text, _lines(session, found))
        terminal.out_report("\n".join(terminal.link(line, sys.stdout) for line in lines))
    if found.error is not None:
        raise found.error


def _collect(session: Session, commands: Collection[str]) -> Overview:
    resolution = session.resolution
    diagnosis = Diagnosis(resolution)
    with warnings.catch_warnings(record=True) as reported:
        warnings.simplefilter("always")
        profile = next(iter(diagnosis.trace_choice()), None)
        effective = diagnosis.attempt(resolution.effective_token)
        token = effective.token if effective is not None else None
        stored = resolution.profile.stored if token is not None and token.layer == PROFILE else None
        names = diagnosis.attempt(session.store.names) or []
        notices = [*_effective_notices(session, token, diagnosis), *_notices(session, names)]
    found = [warning.message for warning in reported if isinstance(warning.message, ConfigWarning)]
    notices += [Notice(warning.message, warning.hint) for warning in found]
    step = _next_step(session, commands, names, profile, token, notices)
    return Overview(
        profile, token, None if effective is None else effective.url, stored, notices, step, diagnosis.error
    )


def _effective_notices(session: Session, token: ResolvedValue | None, diagnosis: Diagnosis) -> Iterator[Notice]:
    """Yield what is wrong with the choice of the token: another one is hidden, or the state is incomplete."""
    if token is not None and diagnosis.error is None and (text := session.resolution.notice(token)):
        yield _notice(session.app, text, "status")
    left = diagnosis.attempt(session.store.journal.left_behind)
    if left:
        several = "s" if len(left) > 1 else ""
        yield _notice(session.app, f"{len(left)} interrupted command{several} may have left tokens", "doctor")


def _notices(session: Session, names: Collection[str]) -> Iterator[Notice]:
    """Yield what needs attention in the profiles: broken files, and tokens that expire or were never verified."""
    unverified = []
    verifies = session.app.can(MANAGE)  # another API may report no user
    for name in names:
        try:
            profile, stored = session.store.profiles.read(name), session.store.tokens.read(name)
            if profile.reference is None and stored is not None:
                yield from _expiry_notice(session, name, stored)
                if verifies and not (stored.user or stored.is_expired):
                    unverified.append(name)
        except ConfigError as error:
            yield Notice(error.message, error.hint)
    if len(unverified) == 1:
        text = f"the token of profile '{unverified[0]}' was never verified"
        yield _notice(session.app, text, "profiles", "verify", unverified[0])
    elif unverified:
        yield _notice(session.app, f"{len(unverified)} tokens were never verified", "profiles", "verify")


def _expiry_notice(session: Session, name: str, stored: Credential) -> Iterator[Notice]:
    """Yield the notice of a token that has expired, or expires soon."""
    app, ends = session.app, stored.expiry
    if ends is None or ends > timestamps.now() + expiry_warning(session):
        return
    when = timestamps.describe(ends)
    if ends > timestamps.now():
        yield _notice(app, f"the token of profile '{name}' expires {when}", app.replacing_command, "-p", name)
    else:
        command = "refresh" if session.store.sign_in_command(name, str(stored.origin)) else "login"
        yield _notice(app, f"the token of profile '{name}' expired {when}", command, "-p", name)


def _next_step(
    session: Session,
    commands: Collection[str],
    names: Collection[str],
    profile: ResolvedValue | None,
    token: ResolvedValue | None,
    notices: list[Notice],
) -> Notice:
    app = session.app
    steps = []
    if token is None and profile is not None and profile.value in names:
        name = str(profile.value)
        steps.append(_notice(app, f"give profile '{name}' a token", "login", "-p", name))
    elif token is None and names:
        steps.append(_notice(app, "choose a profile", "use"))
    elif token is None:
        steps.append(_notice(app, "sign in", "login"))
    elif notices and notices[0].command:
        steps.append(notices[0]._replace(text="solve what needs attention"))
    steps.append(_notice(app, "run a command with the token", "exec", "--", "COMMAND"))
    steps.append(_notice(app, "list the commands", "help"))
    return next(step for step in steps if step.command in {*commands, "help"})


# Output


def _lines(session: Session, found: Overview) -> Iterator[str]:
    user = found.stored.user if found.stored is not None else ""
    yield f"user       {user or ('unknown' if found.token is not None else 'not signed in')}"
    yield f"profile    {_profile_text(session, found.profile)}"
    yield f"token      {_token_text(session, found)}"
    if found.url is not None:
        yield f"workspace  {value_text(session, found.url)}"
    if found.notices:
        yield ""
        yield "Needs attention:"
        for notice in found.notices[:_MOST]:
            yield f"  {notice.text}"
            if notice.hint:
                yield f"      {notice.hint}"
        if len(found.notices) > _MOST:
            yield f"  and {len(found.notices) - _MOST} more: {session.app.name} profiles list"
    yield ""
    yield f"Next: {found.next_step.hint}  # {found.next_step.text}"
    yield f"Help: {session.app.name} help"


def _profile_text(session: Session, profile: ResolvedValue | None) -> str:
    """The effective profile, and why it is the one."""
    if profile is None:
        return "none"
    place = session.short_path(profile.place)
    reasons: dict[str, str] = {
        FLAG: "named by --profile",
        ENV: f"named by {place}",
        PIN: f"pinned to {session.with_tilde(profile.key) or place}",
        ACTIVE: f"the active one: {session.app.name} use",
    }
    return f"{profile.value} ({reasons.get(profile.layer, 'its name is the default one')})"


def _token_text(session: Session, found: Overview) -> str:
    if found.token is None:
        return "none"
    text = value_text(session, found.token)
    if found.stored is None:
        return f"{text} (from {session.short_path(found.token.place)})"
    label = f' "{found.stored.label}"' if found.stored.label else ""
    cell = expiry_cell(session, found.stored, unknown="")
    expiry = cell if isinstance(cell, str) else cell[0]
    if expiry and not expiry.startswith("expired"):
        expiry = f"expires {expiry}"
    return f"{text}{label}{', ' * bool(expiry)}{expiry}"


def _document(session: Session, found: Overview) -> OverviewDocument:
    stored = found.stored
    value = value_document(session, found.token)
    token: OverviewTokenDocument | None = None
    if value is not None:
        label = stored.label if stored is not None else ""
        token = {**value, "label": label or None, **expiry_document(stored.expires if stored is not None else "")}
    return {
        "user": (stored.user or None) if stored is not None else None,
        "profile": value_document(session, found.profile),
        "token": token,
        "api_url": value_document(session, found.url),
        "attention": [{"text": notice.text, "hint": notice.hint} for notice in found.notices],
        "next": found.next_step.hint,
        "error": error_document(session, found.error),
    }
