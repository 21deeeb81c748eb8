"""`login`: opens the tokens page, asks for a token without echo, and stores it under a profile's name."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from arka_config import moment
from arka_config.cli import legacy_sync, terminal
from arka_config.cli.command import command
from arka_config.errors import (
    ConfigError,
    InvalidToken,
    InvalidValue,
    NoToken,
    OriginConflict,
    TokenUnavailable,
    UsageError,
)
from arka_config.precedence.choice import DEFAULT_PROFILE
from arka_config.precedence.finding import ENV, FLAG, in_order, resolve
from arka_config.precedence.layers import token_from
from arka_config.precedence.origin import Origin
from arka_config.secret import Secret, masked
from arka_config.store import files
from arka_config.store.tokens import PLAIN, STORAGES, Credential
from arka_config.text import check_printable

if TYPE_CHECKING:
    from arka_config.cli.session import Session
    from arka_config.precedence.finding import Finding

_LONGEST_INPUT = 1 << 16  # characters; a token has a few dozen
_TRIES = 3


@command()
@click.option("--with-token", is_flag=True, help="Read the token from stdin.")
@click.option("--token-file", metavar="PATH", help="Read the token from a file.")
@click.option("--no-browser", is_flag=True, help="Print the tokens page's address and do not open it.")
@click.option("--label", metavar="TEXT", default="", help="The token's name on the tokens page.")
@click.option("--expires", metavar="DATE|90d", help="When the token expires, as chosen on the tokens page.")
@click.option("--api-url", metavar="URL", help="The workspace that the token is for.")
@click.option("--expect-user", metavar="USER", help="Store nothing unless the workspace says that the token is theirs.")
@click.option(
    "--storage", type=click.Choice(STORAGES), help="How to keep the token; else as before, or as config.toml says."
)
@click.option("--use", "activate", is_flag=True, help="Make the profile the active one.")
@click.option("--force", is_flag=True, help="Replace a token of another workspace or user.")
def login(
    session: Session,
    with_token: bool,
    token_file: str | None,
    no_browser: bool,
    label: str,
    expires: str | None,
    api_url: str | None,
    expect_user: str | None,
    storage: str | None,
    activate: bool,
    force: bool,
) -> None:
    """Store a token under a profile's name.

    Without an option that brings the token, the tokens page is opened in a browser and the token is asked for: create
    one there, copy it, and paste it here. It is not shown.

    \b
    {app} login --profile work
    {app} login --profile ci --label "CI/CD Pipeline" --expires 90d
    printf %s "$TOKEN" | {app} login --profile ci --with-token
    """
    name, url = _target(session, api_url)
    ends = _end(expires)
    _check_label(session, label)
    _check_replaceable(session, name, url, force)
    if expect_user is not None:
        raise ConfigError(
            f"cannot tell whether the token belongs to '{expect_user}': no workspace was asked; nothing was stored",
            hint="leave --expect-user out to store the token unverified",
        )
    token = _token(session, name, url, with_token, token_file, not no_browser)
    credential = Credential(
        token, Origin.of(str(url.value)), label=label, created=moment.stored(moment.now()), expires=ends
    )
    is_first = not session.store.tokens.names()
    is_active = session.store.log_in(
        name, credential, api_url=_kept_url(session, name, url), activate=activate, storage=storage
    )
    legacy_sync.after_change(session)
    _report(session, name, credential, is_active, is_first)


def _target(session: Session, api_url: str | None) -> tuple[str, Finding]:
    """The profile to store under, and the URL that the token will be for."""
    resolution = session.resolution_for_login(api_url)
    field = session.app.url_field
    url = resolve(field, in_order(resolution.ranks))
    if url is None:
        raise UsageError("no workspace is known to log in at", hint=f"{field.option} URL")
    origin = Origin.of(str(url.value), url.place)
    profile = resolution.profile.profile
    if url.layer == ENV and profile is not None and profile.api_url and Origin.of(profile.api_url) != origin:
        raise OriginConflict(
            f"{url.source} says {url.value}, but {profile.path}: api_url says {profile.api_url}",
            hint=f"unset {url.source}, or say which one: {field.option} URL",
        )
    return resolution.name or DEFAULT_PROFILE, url


def _kept_url(session: Session, name: str, url: Finding) -> str:
    """The URL to write into the profile's file: the one passed, where the token's origin alone would not give it."""
    if url.layer != FLAG:
        return ""
    text = str(url.value)
    written = session.store.profiles.read(name).api_url
    implied = written or str(Origin.of(text))
    return "" if text.rstrip("/") == implied.rstrip("/") else text


def _end(expires: str | None) -> str:
    if expires is None:
        return ""
    try:
        return moment.stored(moment.end(expires))
    except ValueError as error:
        raise UsageError(f"--expires: {error}") from None


def _check_label(session: Session, label: str) -> None:
    check_printable(label, "--label")
    if session.app.redacted(label) != label:
        raise UsageError(
            "--label: a token does not stand in a label, which is shown", hint="--with-token reads it from stdin"
        )


def _check_replaceable(session: Session, name: str, url: Finding, force: bool) -> None:
    before = session.store.tokens.read(name)
    origin = Origin.of(str(url.value))
    if before is not None and before.origin != origin and not force:
        raise ConfigError(
            f"profile '{name}' has a token for {before.origin}, and this one is for {origin}; nothing was stored",
            hint="choose another --profile, or replace that token with --force",
        )


def _token(
    session: Session, name: str, url: Finding, with_token: bool, token_file: str | None, open_browser: bool
) -> Secret:
    given = [flag for flag, is_given in (("--with-token", with_token), ("--token-file", token_file)) if is_given]
    if session.api_key is not None:
        given.append(session.app.token_field.option)
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} each bring a token", hint="keep one of them")
    if not given:
        if not session.can_ask:
            raise UsageError(
                "there is no token to store, and nobody can be asked for one here",
                hint="--with-token reads it from stdin, --token-file PATH from a file",
            )
        return _asked_for(session, name, url, open_browser)
    if session.api_key is not None:
        token = token_from(session.api_key, given[0])
    elif with_token:
        token = token_from(_from_stdin(session), "stdin")
    else:
        token = token_from(_content(str(token_file)), str(token_file))
    if token is None:
        raise NoToken(f"{given[0]}: no token is there", hint="pass the token and nothing else")
    session.app.check_token(token, str(url.value))
    return token


def _from_stdin(session: Session) -> str:
    """All of stdin, or what a person types there, who does not see it."""
    return terminal.ask_secret("Token") if session.can_ask else sys.stdin.read(_LONGEST_INPUT)


def _content(path: str) -> str:
    text = files.read(os.path.abspath(path), secret=True)
    if text is None:
        raise TokenUnavailable(f"--token-file: {path} does not exist", hint="write the path of a file with the token")
    return text


def _asked_for(session: Session, name: str, url: Finding, open_browser: bool) -> Secret:
    """A token that a person pastes. One that cannot be right is asked for again, a few times."""
    app = session.app
    page = app.page(app.tokens_page, str(url.value))
    terminal.say(f"A token for profile '{name}' is made on this page:")
    terminal.say("")
    terminal.say(f"  {page}")
    terminal.say("")
    terminal.say("Create Token, give it a name, copy it: it is shown once.")
    if open_browser and _open(session, page):
        terminal.say("The page was opened in your browser.")
    for left in reversed(range(_TRIES)):
        try:
            token = token_from(terminal.ask_secret("Paste the token (it will not be shown)"), "the pasted text")
            if token is None:
                raise NoToken("nothing was pasted; nothing was stored", hint="run the command again")
            app.check_token(token, str(url.value))
            return token
        except (InvalidToken, InvalidValue) as error:
            if not left:
                raise
            terminal.tell_error(error)
    raise AssertionError("the last try returns or raises")


def _open(session: Session, page: str) -> bool:
    """Opens the page where a browser can show it: not over ssh, and not in place of the terminal."""
    environ = session.environ
    has_screen = sys.platform in ("darwin", "win32") or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
    if not environ.get("BROWSER") and (not has_screen or environ.get("SSH_CONNECTION")):
        return False
    import webbrowser

    try:
        return webbrowser.open(page)
    except webbrowser.Error:
        return False


def _report(session: Session, name: str, credential: Credential, is_active: bool, is_first: bool) -> None:
    app = session.app
    token = masked(credential.token.reveal(), app.token_prefix)
    storage = session.store.tokens.storage(name)
    if session.json:
        session.show_json(
            {
                "profile": name,
                "active": is_active,
                "token": token,
                "origin": str(credential.origin),
                "storage": storage,
                "label": credential.label or None,
                "expires": credential.expires or None,
                "verified": False,
            }
        )
    terminal.say(f"Stored {token} under profile '{name}', for {credential.origin} (unverified)", mark="✓")
    if is_first and storage == PLAIN:
        path = session.tilde(session.store.tokens.path(name))
        terminal.note(f"the token is in plain text in {path}, which your account alone can read")
    if not is_active:
        terminal.say(f"  The active profile is another one; switch with: {app.name} use {name}")
    if session.environ.get(app.token_field.variable):
        terminal.note(f"{app.token_field.variable} is set, and wins over this token unless --profile {name} is given")
