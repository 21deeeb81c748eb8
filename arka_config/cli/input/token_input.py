"""Read the token that `login` stores: from stdin, a file or a flag, or pasted by the user."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from arka_config.cli.input.retry import retry
from arka_config.cli.output import terminal
from arka_config.errors import InvalidToken, InvalidValue, NoToken, TokenUnavailable, UsageError
from arka_config.precedence.layers import token_from
from arka_config.store import files
from arka_config.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from arka_config.app_identity import AppIdentity
    from arka_config.cli.runtime.session import Session
    from arka_config.secret import Secret

    T = TypeVar("T")

_COPIED_WITH = ("authorization:", "bearer ")
_LONGEST_INPUT = 1 << 16  # characters; a token has a few dozen


def read_token(
    session: Session,
    name: str,
    url: str,
    *,
    with_token: bool,
    token_file: str | None,
    open_browser: bool,
    check: Callable[[Secret], T],
) -> tuple[Secret, T]:
    """Read the token for a profile, and return it with the result of `check`.

    `check` raises InvalidToken to reject a token; if it was pasted, it is asked for again.
    """

    def check_all(token: Secret) -> T:
        session.check_checksum(token, url)
        return check(token)

    given = (("--with-token", with_token), ("--token-file", token_file is not None))
    flags = [flag for flag, is_given in given if is_given]
    if session.api_key is not None:
        flags.append(session.app.token_field.option)
    if len(flags) > 1:
        raise UsageError(f"{' and '.join(flags)} each give a token", hint="keep one of them")
    if not flags:
        if not session.can_ask:
            raise UsageError(
                "there is no token to store, and no terminal to ask on",
                hint="--with-token reads it from stdin, --token-file PATH from a file",
            )
        return _ask_for_token(session, name, url, open_browser, check_all)
    if session.api_key is not None:
        token = parse_copied_token(session.api_key, flags[0])
    elif with_token:
        token = parse_copied_token(read_stdin(session), "stdin")
    else:
        token = parse_copied_token(_read_file(str(token_file)), str(token_file))
    if token is None:
        raise NoToken(f"{flags[0]}: no token was given", hint="pass the token and nothing else")
    session.app.check_token(token, url)
    return token, check_all(token)


def parse_copied_token(text: str, source: str) -> Secret | None:
    """Return the token in a copied text, without the quotes and the `Authorization: Bearer` around it.

    None if there is nothing else in the text. Raises InvalidValue for a control character.
    """
    before = None
    while text != before:
        before, text = text, text.strip().strip("\"'`")
        for word in _COPIED_WITH:
            if text.casefold().startswith(word):
                text = text[len(word) :]
    return token_from(text, source)


def read_stdin(session: Session) -> str:
    """Read stdin, without echo if it is a terminal."""
    return terminal.ask_secret("Token") if session.can_ask else sys.stdin.read(_LONGEST_INPUT)


def _read_file(path: str) -> str:
    if not path:
        raise UsageError("--token-file: the path is empty", hint="pass the path of a file with the token")
    if os.path.exists(path) and not os.path.isfile(path):  # such as `<(op read …)`, which would be read as it is
        raise TokenUnavailable(
            f"--token-file: {visible(path)} is not a regular file", hint="pipe the token to --with-token instead"
        )
    text = files.read(os.path.abspath(path), secret=True)
    if text is None:
        raise TokenUnavailable(
            f"--token-file: {visible(path)} does not exist", hint="pass the path of a file with the token"
        )
    return text


def _ask_for_token(
    session: Session, name: str, url: str, open_browser: bool, check: Callable[[Secret], T]
) -> tuple[Secret, T]:
    """Show where to create a token, and prompt for it."""
    app = session.app
    page = app.page(app.tokens_page, url)
    session.show_page(
        page,
        f"Create a token for profile '{name}' on this page:",
        "Choose Create Token, name it and copy it: it is shown only once."
        if app.has_workspace_api
        else "Create one there and copy it: it may be shown only once.",
        open_browser=open_browser,
    )

    def ask() -> tuple[Secret, T]:
        answer = _prompt_once(app, "Paste the token (it will not be shown)", url, check)
        if answer is None:
            raise NoToken("nothing was pasted; nothing was stored", hint=f"copy the token from {page}, and paste it")
        return answer

    return retry(ask, InvalidToken, InvalidValue, NoToken)


def prompt_for_token(
    app: AppIdentity, question: str, url: str | None, check: Callable[[Secret], T]
) -> tuple[Secret, T] | None:
    """Prompt for a token, at most three times, and return it with the result of `check`. None if nothing is entered.

    Raises the error of the last try.
    """
    return retry(lambda: _prompt_once(app, question, url, check), InvalidToken, InvalidValue)


def _prompt_once(
    app: AppIdentity, question: str, url: str | None, check: Callable[[Secret], T]
) -> tuple[Secret, T] | None:
    token = parse_copied_token(terminal.ask_secret(question), "the pasted text")
    if token is None:
        return None
    app.check_token(token, url)
    return token, check(token)
