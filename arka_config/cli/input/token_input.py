"""The token that `login` stores: from stdin, a file or a flag, or pasted by a person who is shown where to get one."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from arka_config.cli.output import terminal
from arka_config.cli.runtime.browser import open_page
from arka_config.errors import InvalidToken, InvalidValue, NoToken, TokenUnavailable, UsageError
from arka_config.precedence.layers import token_from
from arka_config.store import files
from arka_config.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from arka_config.cli.runtime.session import Session
    from arka_config.secret import Secret

    T = TypeVar("T")

_LONGEST_INPUT = 1 << 16  # characters; a token has a few dozen
_TRIES = 3


def given(
    session: Session,
    name: str,
    url: str,
    *,
    with_token: bool,
    token_file: str | None,
    open_browser: bool,
    check: Callable[[Secret], T],
) -> tuple[Secret, T]:
    """The token for a profile, and what the check says of it.

    The check raises InvalidToken for one that will not do. A person is then asked again, a few times.
    """
    flags = [flag for flag, is_given in (("--with-token", with_token), ("--token-file", token_file)) if is_given]
    if session.api_key is not None:
        flags.append(session.app.token_field.option)
    if len(flags) > 1:
        raise UsageError(f"{' and '.join(flags)} each bring a token", hint="keep one of them")
    if not flags:
        if not session.can_ask:
            raise UsageError(
                "there is no token to store, and nobody can be asked for one here",
                hint="--with-token reads it from stdin, --token-file PATH from a file",
            )
        return _asked_for(session, name, url, open_browser, check)
    if session.api_key is not None:
        token = token_from(session.api_key, flags[0])
    elif with_token:
        token = token_from(_from_stdin(session), "stdin")
    else:
        token = token_from(_content(str(token_file)), str(token_file))
    if token is None:
        raise NoToken(f"{flags[0]}: no token is there", hint="pass the token and nothing else")
    session.app.check_token(token, url)
    return token, check(token)


def _from_stdin(session: Session) -> str:
    """All of stdin, or what a person types there, who does not see it."""
    return terminal.ask_secret("Token") if session.can_ask else sys.stdin.read(_LONGEST_INPUT)


def _content(path: str) -> str:
    text = files.read(os.path.abspath(path), secret=True)
    if text is None:
        raise TokenUnavailable(
            f"--token-file: {visible(path)} does not exist", hint="write the path of a file with the token"
        )
    return text


def _asked_for(
    session: Session, name: str, url: str, open_browser: bool, check: Callable[[Secret], T]
) -> tuple[Secret, T]:
    """A token that a person pastes. One that cannot be right, or is refused, is asked for again, a few times."""
    app = session.app
    page = app.page(app.tokens_page, url)
    terminal.say(f"A token for profile '{name}' is made on this page:")
    terminal.say("")
    terminal.say(f"  {page}")
    terminal.say("")
    terminal.say("Create Token, give it a name, copy it: it is shown once.")
    if open_browser and open_page(session, page):
        terminal.say("The page was opened in your browser.")
    for left in reversed(range(_TRIES)):
        try:
            token = token_from(terminal.ask_secret("Paste the token (it will not be shown)"), "the pasted text")
            if token is None:
                raise NoToken("nothing was pasted; nothing was stored", hint="run the command again")
            app.check_token(token, url)
            return token, check(token)
        except (InvalidToken, InvalidValue) as error:
            if not left:
                raise
            terminal.show_error(error)
    raise AssertionError("the last try returns or raises")
