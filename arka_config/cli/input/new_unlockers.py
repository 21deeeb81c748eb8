"""The unlockers that `vault enable` and `add-unlocker` are asked for, with the passphrase that a new one needs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from arka_config.cli.output import terminal
from arka_config.errors import UsageError
from arka_config.sealing.data_key import KEY_FILE, PASSPHRASE
from arka_config.sealing.unlockers import passphrase as passphrases
from arka_config.sealing.unlockers.registry import NewUnlocker
from arka_config.sealing.vault import vault_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arka_config.cli.runtime.session import Session

_TRIES = 3


def unlockers(session: Session, kinds: Sequence[str], path: str | None) -> list[NewUnlocker]:
    """What is asked for. Raises UsageError where `--key-file` is given and no key file is wanted."""
    if path is not None and KEY_FILE not in kinds:
        raise UsageError("--key-file is for the unlocker 'key-file'", hint=f"--with {KEY_FILE}, or leave it out")
    return [_unlocker(session, kind, path) for kind in dict.fromkeys(kinds)]


def _unlocker(session: Session, kind: str, path: str | None) -> NewUnlocker:
    if kind == KEY_FILE:
        return NewUnlocker(kind, path=os.path.abspath(os.path.expanduser(path)) if path else "")
    return NewUnlocker(kind, passphrase=_new_passphrase(session) if kind == PASSPHRASE else "")


def _new_passphrase(session: Session) -> str:
    """The passphrase that the environment gives, else one that a person types twice, who does not see it."""
    given = passphrases.given(session.app, session.environ)
    if given is not None and given[0] != vault_of(session.store).passphrase:  # which opened it, and is not the new one
        return given[0]
    variable = session.app.variable("PASSPHRASE")
    if not session.can_ask:
        raise UsageError(
            "there is no new passphrase, and nobody can be asked for one here", hint=f"set {variable}_FILE"
        )
    for _ in range(_TRIES):
        typed = terminal.ask_secret("New passphrase", hint=f"set {variable}_FILE")
        if not typed:
            raise UsageError("the passphrase is empty", hint="run the command again")
        if terminal.ask_secret("The same again", hint=f"set {variable}_FILE") == typed:
            return typed
        terminal.say("These are two different passphrases.")
    raise UsageError("no passphrase was typed twice alike", hint="run the command again")
