"""`logout`: remove the stored token of one profile, or of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.app_identity import LEGACY, MANAGE
from arka_config.cli.input.options import yes_option
from arka_config.cli.output import terminal
from arka_config.cli.runtime import legacy_copy, legacy_sync, revoking, unfinished
from arka_config.cli.runtime.batch import REMOVED, REVOKED, Batch
from arka_config.cli.runtime.command import command, feature_option, show_json_error
from arka_config.errors import ConfigError, MalformedFile, NoToken, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arka_config.cli.output.documents.credentials import LogoutDocument
    from arka_config.cli.runtime.session import Session


@command()
@click.option("--all", "all_profiles", is_flag=True, help="Remove the tokens of all profiles.")
@yes_option
@feature_option(
    "--revoke", is_flag=True, help="Revoke the token at the workspace first; keep it if that fails.", needs=MANAGE
)
@feature_option("--legacy", is_flag=True, help="Remove the copy in the Node CLI's file too.", needs=LEGACY)
def logout(session: Session, all_profiles: bool, yes: bool, revoke: bool, legacy: bool) -> None:
    """Remove a profile's stored token; its settings stay.

    The token keeps working until it is revoked[[manage:: with `--revoke`, or with the trash icon]] on the tokens page.
    """
    store, app = session.store, session.app
    names = _every_name(session, yes=yes) if all_profiles else [_effective_name(session)]
    copy = legacy_copy.find_copy(session, names, any_token=all_profiles)
    origins = {} if revoke else {name: store.read_origin(name) for name in names}
    if revoke:
        unfinished.finish(session)
        forgotten = _revoke_and_forget(session, names)
    else:
        forgotten = _forget(session, names)
    if session.json:
        document: LogoutDocument = {"profiles": forgotten}
        session.show_json(document)
    if not revoke:
        for name in forgotten:
            terminal.say(f"Forgot the token of profile '{name}'", mark="✓")
        for page in sorted({app.page(app.tokens_page, origins[name]) for name in forgotten}):
            terminal.say(f"  It works until it is revoked: {page}")
    if not forgotten:
        _say_nothing_was_stored(session, None if all_profiles else names[0])
    command = f"{app.name} logout --legacy " + ("--all" if all_profiles else f"--profile {names[0]}")
    legacy_copy.report_or_remove(session, copy, remove=legacy, command=command)
    variable = app.token_field.variable
    if session.environ.get(variable):
        terminal.note(f"{variable} is still set in this shell: unset {variable}")


def _every_name(session: Session, *, yes: bool) -> list[str]:
    """All profiles, after the user has confirmed that on a terminal. A script has named all of them already."""
    if session.profile:
        raise UsageError("--all and --profile cannot be combined", hint="keep one of them")
    names = session.store.names()
    if not yes and session.can_ask:
        _confirm_all(session, names)
    return names


def _confirm_all(session: Session, names: list[str]) -> None:
    held = [name for name in names if session.store.tokens.holds(name)]
    if held:
        count = "the token" if len(held) == 1 else f"the tokens of {len(held)} profiles"
        session.confirm(f"Remove {count} ({', '.join(held)})?", flag="--yes")


def _forget(session: Session, names: Sequence[str]) -> list[str]:
    again = f"{session.app.name} logout " + ("--all" if len(names) > 1 else f"--profile {names[0]}" if names else "")
    held = [name for name in names if session.store.tokens.holds(name)]
    forgotten = []
    with Batch(held, "Forgetting tokens", REMOVED, again) as batch:
        for name in batch:
            if session.store.log_out(name):
                forgotten.append(name)  # noqa: PERF401  # a batch is a context
    legacy_sync.update(session)
    return forgotten


def _revoke_and_forget(session: Session, names: Sequence[str]) -> list[str]:
    """Revoke and forget one token after another. Those already revoked stay forgotten if a later one fails."""
    forgotten: list[str] = []
    held = [name for name in names if session.store.tokens.holds(name)]
    kept = "nothing was removed" if len(held) == 1 else "it was kept"
    again = f"{session.app.name} logout --revoke " + (f"--profile {names[0]}" if len(names) == 1 else "--all")
    try:
        with Batch(held, "Revoking tokens", REVOKED, again) as batch:
            for name in batch:
                stored, message = revoking.revoke_before_removal(session, name, again, kept=kept)
                revoking.forget_token(session, stored)
                forgotten.append(name)
                terminal.say(message, mark="✓")
                revoking.note_sharing(session, stored, besides=names)
    except ConfigError as error:
        show_json_error(session, error, {"profiles": forgotten})
        raise
    finally:
        if forgotten:
            legacy_sync.update(session)
    return forgotten


def _effective_name(session: Session) -> str:
    """The effective profile. Its file need not be readable: only the token is removed."""
    variable = session.app.token_field.variable
    try:
        if session.resolution.name is None and session.environ.get(variable):
            raise NoToken(f"no token is stored: the one in use is in {variable}", hint=f"unset {variable}")
        return session.profile_name(None)
    except MalformedFile:
        choice = session.resolution.choice()
        if choice is None:
            raise
        return session.store.check_exists(str(choice.value), choice.place)


def _say_nothing_was_stored(session: Session, name: str | None) -> None:
    if name is None:
        terminal.say("No token is stored")
    elif session.store.profiles.read(name).reference is None:
        terminal.say(f"Profile '{name}' has no stored token")
    else:
        terminal.say(f"Profile '{name}' has no stored token, only a token reference; to remove it:")
        terminal.say(f"  {session.app.name} profiles unset {name} token")
