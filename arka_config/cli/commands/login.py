"""`login`: opens the tokens page, asks for a token without echo, and stores it under a profile's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config import timestamps
from arka_config.cli.input.token_input import read_token
from arka_config.cli.output import terminal
from arka_config.cli.runtime import legacy_sync, workspace_access
from arka_config.cli.runtime.command import command
from arka_config.errors import ConfigError, OriginConflict, UsageError
from arka_config.precedence.origin import Origin
from arka_config.precedence.profile import DEFAULT_PROFILE
from arka_config.precedence.values import ENV, FLAG, in_order, resolve
from arka_config.secret import masked
from arka_config.store.tokens import PLAIN, STORAGES, Credential
from arka_config.text import check_printable, visible

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session
    from arka_config.precedence.values import ResolvedValue
    from arka_config.secret import Secret
    from arka_config.workspace.client.verification import Verification


@command()
@click.option("--with-token", is_flag=True, help="Read the token from stdin.")
@click.option("--token-file", metavar="PATH", help="Read the token from a file.")
@click.option("--no-browser", is_flag=True, help="Print the tokens page's address and do not open it.")
@click.option("--label", metavar="TEXT", default="", help="The token's name on the tokens page.")
@click.option("--expires", metavar="DATE|90d", help="When the token expires, as chosen on the tokens page.")
@click.option("--api-url", metavar="URL", help="The workspace that the token is for.")
@click.option("--expect-user", metavar="USER", help="Store nothing unless the workspace says that the token is theirs.")
@click.option(
    "--verify/--no-verify",
    default=None,
    help="Store nothing unless the workspace says that the token works; or ask no workspace.",
)
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
    verify: bool | None,
    storage: str | None,
    activate: bool,
    force: bool,
) -> None:
    """Store a token under a profile's name.

    Without an option that brings the token, the tokens page is opened in a browser and the token is asked for: create
    one there, copy it, and paste it here. It is not shown. The workspace is asked whether it works, before it is
    stored; where there is none to ask, it is stored unverified.

    \b
    {app} login --profile work
    {app} login --profile ci --label "CI/CD Pipeline" --expires 90d
    printf %s "$TOKEN" | {app} login --profile ci --with-token
    """
    name, url = _target(session, api_url)
    ends = _end(expires)
    _check_label(session, label)
    _check_asked(verify, expect_user)
    _check_replaceable(session, name, url, force)
    token, found = read_token(
        session,
        name,
        str(url.value),
        with_token=with_token,
        token_file=token_file,
        open_browser=not no_browser,
        check=lambda token: _verify_token(session, url, token, verify, expect_user),
    )
    _check_same_user(session, name, found, force)
    credential = _credential(token, url, label, ends, found)
    is_first = not session.store.tokens.names()
    is_active = session.store.log_in(
        name, credential, api_url=_kept_url(session, name, url), activate=activate, storage=storage
    )
    legacy_sync.after_change(session)
    _report(session, name, credential, found, is_active, is_first)


def _target(session: Session, api_url: str | None) -> tuple[str, ResolvedValue]:
    """The profile to store under, and the URL that the token will be for."""
    resolution = session.login_resolution(api_url)
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


def _kept_url(session: Session, name: str, url: ResolvedValue) -> str:
    """The URL to write into the profile's file: the one passed, where the token's origin alone would not give it."""
    if url.layer != FLAG:
        return ""
    text = str(url.value)
    written = session.store.profiles.read(name).api_url
    implied = written or str(Origin.of(text))
    return "" if text.rstrip("/") == implied.rstrip("/") else text


def _check_asked(verify: bool | None, expect_user: str | None) -> None:
    if expect_user is not None and verify is False:
        raise UsageError("--expect-user is for the workspace to answer, and --no-verify asks none", hint="keep one")


def _end(expires: str | None) -> str:
    if expires is None:
        return ""
    try:
        return timestamps.stored(timestamps.end(expires))
    except ValueError as error:
        raise UsageError(f"--expires: {error}") from None


def _check_label(session: Session, label: str) -> None:
    check_printable(label, "--label")
    if session.app.redacted(label) != label:
        raise UsageError(
            "--label: a token does not stand in a label, which is shown", hint="--with-token reads it from stdin"
        )


def _check_replaceable(session: Session, name: str, url: ResolvedValue, force: bool) -> None:
    before = session.store.tokens.read(name)
    origin = Origin.of(str(url.value))
    if before is not None and before.origin != origin and not force:
        raise ConfigError(
            f"profile '{name}' has a token for {before.origin}, and this one is for {origin}; nothing was stored",
            hint="choose another --profile, or replace that token with --force",
        )


def _verify_token(
    session: Session, url: ResolvedValue, token: Secret, verify: bool | None, expect_user: str | None
) -> Verification:
    """What the workspace says of the token. Raises InvalidToken, ProRequired, and, where the user is to be known or
    `--verify` was given, whatever keeps the workspace from saying it."""
    from arka_config.workspace.client.verification import Skipped, State, Verification

    if verify is False:
        return Verification(State.NOT_ASKED, skipped=Skipped.NO_VERIFY)
    resolution = session.login_resolution(str(url.value) if url.layer == FLAG else None)
    found = workspace_access.verify_token(session, resolution, str(url.value), token)
    if found.error is not None and (found.is_refusal or verify):
        raise found.error
    if expect_user is not None:
        _check_user(session, found, expect_user)
    return found


def _check_user(session: Session, found: Verification, expected: str) -> None:
    if found.identity is None:
        raise ConfigError(
            f"cannot tell whether the token belongs to '{visible(expected)}': {found.reason}; nothing was stored",
            hint="leave --expect-user out to store the token unverified",
        )
    if not found.identity.is_user(expected):
        raise ConfigError(
            f"the token belongs to '{found.identity.email}', not to '{visible(expected)}'; nothing was stored",
            hint=f"look at which account {session.app.title} is open in, and make a token there",
        )


def _check_same_user(session: Session, name: str, found: Verification, force: bool) -> None:
    """Raises ConfigError where another identity's token would be replaced, as far as both are known."""
    before = session.store.tokens.read(name)
    user = found.identity.email if found.identity is not None else ""
    if before is not None and before.user and user and before.user.casefold() != user.casefold() and not force:
        raise ConfigError(
            f"profile '{name}' has a token of {before.user}, and this one is of {user}; nothing was stored",
            hint="choose another --profile, or replace that token with --force",
        )


def _credential(token: Secret, url: ResolvedValue, label: str, expires: str, found: Verification) -> Credential:
    """What is stored: the workspace's own words where it has some, and those of the flags where it has none."""
    origin, created, user = Origin.of(str(url.value)), timestamps.stored(timestamps.now()), ""
    if found.identity is not None:
        details, user = found.identity.token, found.identity.email
        if details.label and label not in ("", details.label):
            terminal.note(f"the workspace calls this token '{details.label}', so --label is not used")
        if details.includes_expires and expires not in ("", details.expires):
            ends = (
                f"it expires {timestamps.in_words(timestamps.read(details.expires))}"
                if details.expires
                else "it has no end"
            )
            terminal.note(f"the workspace says that {ends}, so --expires is not used")
        label = details.label or label
        expires = details.expires if details.includes_expires else expires
    return Credential(token, origin, label=label, created=created, expires=expires, user=user)


def _report(
    session: Session, name: str, credential: Credential, found: Verification, is_active: bool, is_first: bool
) -> None:
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
                "verified": found.identity is not None,
                "state": found.state,
                "reason": found.reason or None,
                "user": credential.user or None,
            }
        )
    said = f"verified, as {credential.user}" if found.identity is not None else "unverified"
    terminal.say(f"Stored {token} under profile '{name}', for {credential.origin} ({said})", mark="✓")
    if found.error is not None:
        terminal.note(f"it was not verified: {found.reason}")
    if is_first and storage == PLAIN:
        path = session.with_tilde(session.store.tokens.path(name))
        terminal.note(f"the token is in plain text in {path}, which your account alone can read")
    if not is_active:
        terminal.say(f"  The active profile is another one; switch with: {app.name} use {name}")
    if session.environ.get(app.token_field.variable):
        terminal.note(f"{app.token_field.variable} is set, and wins over this token unless --profile {name} is given")
