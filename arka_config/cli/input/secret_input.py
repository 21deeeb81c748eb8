"""Read the secret that `secrets set` stores: typed without echo, or from stdin. Never from the command line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from arka_config.cli.input.retry import retry
from arka_config.cli.output import terminal
from arka_config.errors import InvalidValue, UsageError
from arka_config.secret import Secret
from arka_config.store.secret_records import MAX_LENGTH, check_secret

if TYPE_CHECKING:
    from collections.abc import Callable

    from arka_config.cli.runtime.session import Session


def read_secret(session: Session, name: str, check: Callable[[str], None]) -> Secret:
    """Return the secret for a setting, after `check`; if it was typed, it is asked for again after an InvalidValue.

    One trailing line break is dropped. Raises UsageError if stdin is a terminal and the user may not be asked.
    """
    if session.can_ask:
        question = f"{name} (it will not be shown)"
        hint = f"{session.app.name} secrets set {name} < FILE"
        return retry(lambda: _check_secret(terminal.ask_secret(question, hint=hint), name, check), InvalidValue)
    if sys.stdin.isatty():
        why = "prompts are off" if session.no_input else "there is no terminal to ask on"
        hint = f"pass the secret on stdin: {session.app.name} secrets set {name} < FILE"
        raise UsageError(f"there is no secret to store, and {why}", hint=hint)
    text = None
    try:
        text = sys.stdin.read(MAX_LENGTH + 3)  # one character more than can be stored, with a line end
    except UnicodeDecodeError:
        pass
    if text is None:  # raised outside of the handler: the decoder's error contains the text
        raise InvalidValue(f"{name}: stdin is not UTF-8 text")
    return _check_secret(text, name, check)


def _check_secret(text: str, name: str, check: Callable[[str], None]) -> Secret:
    secret = Secret(text.removesuffix("\n").removesuffix("\r"))
    check_secret(secret, name)
    check(secret.reveal())
    return secret
