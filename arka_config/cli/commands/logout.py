"""`logout`: forgets the token of one profile, or of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.cli.runtime import legacy_sync, workspace_access
from arka_config.cli.runtime.command import command
from arka_config.errors import MalformedFile, UsageError

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session


@command()
@click.option("--all", "everyone", is_flag=True, help="Forget the tokens of all profiles.")
@click.option("--revoke", is_flag=True, help="Revoke the token at the workspace first; if that fails, keep it.")
def logout(session: Session, everyone: bool, revoke: bool) -> None:
    """Forget a profile's token; its settings stay.

    The token goes on working until it is revoked: with `--revoke`, or on the tokens page, with the trash icon.
    """
    if everyone and session.profile:
        raise UsageError("--all and --profile say two things", hint="keep one of them")
    names = session.store.names() if everyone else [_name(session)]
    if revoke:
        return _revoke(session, names)
    origins = {name: session.store.origin(name) for name in names}
    forgotten = [name for name in names if session.store.log_out(name)]
    legacy_sync.after_change(session)
    app = session.app
    if session.json:
        session.show_json({"profiles": forgotten})
    for name in forgotten:
        terminal.say(f"Forgot the token of profile '{name}'", mark="✓")
    for name in set(names) - set(forgotten) if not everyone else ():
        _say_nothing_was_stored(session, name)
    for page in sorted({app.page(app.tokens_page, origins[name]) for name in forgotten}):
        terminal.say(f"  It works until it is revoked: {page}")
    if everyone and not forgotten:
        terminal.say("No token is stored")
    _say_what_is_left(session)


def _revoke(session: Session, names: list[str]) -> None:
    """Revokes and forgets one token after another: what was revoked is forgotten, whatever becomes of the next."""
    forgotten: list[str] = []
    try:
        for name in names:
            if session.store.tokens.holds(name):
                said = workspace_access.revoke_or_stop(session, name)
                session.store.log_out(name)
                forgotten.append(name)
                terminal.say(said, mark="✓")
    finally:
        if forgotten:
            legacy_sync.after_change(session)
    if session.json:
        session.show_json({"profiles": forgotten})
    if not forgotten:
        terminal.say("No token is stored" if len(names) != 1 else f"Profile '{names[0]}' has no stored token")
    _say_what_is_left(session)


def _say_what_is_left(session: Session) -> None:
    variable = session.app.token_field.variable
    if session.environ.get(variable):
        terminal.note(f"{variable} is still set in this shell: unset {variable}")


def _name(session: Session) -> str:
    """The profile that is in force. What is to be forgotten need not be readable."""
    try:
        return session.profile_name(None)
    except MalformedFile:
        choice = session.resolution.choice()
        if choice is None:
            raise
        return session.store.check_exists(str(choice.value), choice.place)


def _say_nothing_was_stored(session: Session, name: str) -> None:
    reference = session.store.profiles.read(name).reference
    if reference is None:
        terminal.say(f"Profile '{name}' has no stored token")
    else:
        terminal.say(f"Profile '{name}' has no stored token, only a reference to one elsewhere; to take it out:")
        terminal.say(f"  {session.app.name} profiles unset {name} token")
