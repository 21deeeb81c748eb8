"""`login`: read a token from the user, stdin or a file, verify it, and store it in a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config import timestamps
from arka_config.cli.input.options import check_label, no_browser_option, parse_expires
from arka_config.cli.input.token_input import read_token
from arka_config.cli.output import terminal
from arka_config.cli.output.format import expiry_document
from arka_config.cli.runtime import legacy_sync, workspace_access
from arka_config.cli.runtime.command import Session, command
from arka_config.cli.runtime.origin_approval import approve_origin
from arka_config.errors import ConfigError, OriginConflict, UsageError
from arka_config.precedence.origin import Origin
from arka_config.precedence.profile import DEFAULT_PROFILE
from arka_config.precedence.values import ENV, FLAG, PROFILE, flatten, resolve
from arka_config.secret import mask
from arka_config.store.tokens import PLAIN, STORAGES, Credential
from arka_config.text import visible

if TYPE_CHECKING:
    from arka_config.precedence.values import ResolvedValue
    from arka_config.secret import Secret
    from arka_config.workspace.client.verification import Verification


@command()
@click.option("--with-token", is_flag=True, help="Read the token from standard input.")
@click.option("--token-file", metavar="PATH", help="Read the token from a file.")
@no_browser_option
@click.option("--label", metavar="TEXT", default="", help="The name of the token on the tokens page.")
@click.option("--expires", metavar="DATE|90d", help="When the token expires, as chosen on the tokens page.")
@click.option("--api-url", metavar="URL", help="The workspace that issued the token.")
@click.option("--expect-user", metavar="USER", help="Fail unless the token belongs to this user.")
@click.option(
    "--verify/--no-verify",
    default=None,
    help="Fail unless the workspace confirms the token, or skip asking it (default: ask if possible).",
)
@click.option(
    "--storage",
    type=click.Choice(STORAGES),
    help="Where to store the token (default: as before, else as config.toml says).",
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
    """Log in to a workspace and store the token in a profile.

    Unless an option provides the token, this opens the tokens page in a browser and prompts for the token: create one
    there, copy it, and paste it here. The input is not shown. The token is verified with the workspace before it is
    stored; if the workspace has no API or cannot be reached, the token is stored unverified.

    The workspace is that of `--api-url`, of a profile named with `--profile`, or of the variable for it, else the
    profile's, else the default one.

    \b
    {app} login --profile work
    {app} login --profile ci --label "CI/CD Pipeline" --expires 90d
    printf %s "$TOKEN" | {app} login --profile ci --with-token
    """
    name, url = _target(session, api_url)
    ends = parse_expires(expires) or ""
    check_label(session.app, label, "--label", hint="--with-token reads the token from stdin")
    if expect_user is not None and verify is False:
        raise UsageError("--expect-user and --no-verify cannot be combined", hint="keep one of them")
    _check_same_origin(session, name, url, force)
    approve_origin(session, url, remember=False)  # storing the token does that
    token, verification = read_token(
        session,
        name,
        str(url.value),
        with_token=with_token,
        token_file=token_file,
        open_browser=not no_browser,
        check=lambda token: _verify_token(session, url, token, verify, expect_user),
    )
    _check_same_user(session, name, verification, force)
    credential = _credential(token, url, label, ends, verification)
    is_first = not session.store.tokens.names()
    is_active = session.store.log_in(
        name, credential, api_url=_url_to_store(session, name, url), activate=activate, storage=storage
    )
    legacy_sync.after_change(session)
    _report(session, name, credential, verification, is_active, is_first)


def _target(session: Session, api_url: str | None) -> tuple[str, ResolvedValue]:
    """The profile to store the token in, and the URL that the token is for."""
    resolution = session.login_resolution(api_url)
    field = session.app.url_field
    url = resolve(field, flatten(resolution.ranks))
    if url is None:
        raise UsageError("the workspace's URL is not known", hint=f"{field.option} URL")
    origin = Origin.of(str(url.value), url.place)
    profile = resolution.profile.profile
    if url.layer == ENV and profile is not None and profile.api_url and Origin.of(profile.api_url) != origin:
        raise OriginConflict(
            f"{url.source} says {url.value}, but {profile.path}: api_url says {profile.api_url}",
            hint=f"unset {url.source}, or choose one of them: {field.option} URL",
        )
    _note_unused_url(session, url, origin)
    return resolution.name or DEFAULT_PROFILE, url


def _note_unused_url(session: Session, url: ResolvedValue, origin: Origin) -> None:
    """Print that the profile's URL is used, and not another one in the environment."""
    field = session.app.url_field
    other = session.environ.get(field.variable)
    if url.layer == PROFILE and other and str(Origin.of(other, field.variable)) != str(origin):
        terminal.note(
            f"using {origin}, from {session.with_tilde(url.place)}; {field.variable} is not used. To change it: "
            f"{field.option} {Origin.of(other)}"
        )


def _url_to_store(session: Session, name: str, url: ResolvedValue) -> str:
    """The URL to write to the profile's file: `--api-url`, unless the file or the token's origin implies it."""
    if url.layer != FLAG:
        return ""
    text = str(url.value)
    implied = session.store.profiles.read(name).api_url or str(Origin.of(text))
    return "" if text.rstrip("/") == implied.rstrip("/") else text


def _check_same_origin(session: Session, name: str, url: ResolvedValue, force: bool) -> None:
    stored = session.store.tokens.read(name)
    origin = Origin.of(str(url.value))
    if stored is None or stored.origin == origin or force:
        return
    if stored.user or url.layer != FLAG:
        raise _replacement_refused(name, f"for {stored.origin}", f"for {origin}")
    terminal.note(f"profile '{name}' has a token for {stored.origin} that was never verified; this one replaces it")


def _check_same_user(session: Session, name: str, verification: Verification, force: bool) -> None:
    """Raise ConfigError if the stored token is known to be another user's."""
    stored = session.store.tokens.read(name)
    user = verification.identity.email if verification.identity is not None else ""
    if stored is not None and stored.user and user and stored.user.casefold() != user.casefold() and not force:
        raise _replacement_refused(name, f"of {stored.user}", f"of {user}")


def _replacement_refused(name: str, stored: str, new: str) -> ConfigError:
    return ConfigError(
        f"profile '{name}' has a token {stored}, and this one is {new}; nothing was stored",
        hint="choose another --profile, or replace that token with --force",
    )


def _verify_token(
    session: Session, url: ResolvedValue, token: Secret, verify: bool | None, expect_user: str | None
) -> Verification:
    """Ask the workspace about the token.

    Raises InvalidToken and ProRequired; with `--verify` or `--expect-user`, any reason why it cannot be verified.
    """
    from arka_config.workspace.client.verification import Skipped, State, Verification

    if verify is False:
        return Verification(State.NOT_ASKED, skipped=Skipped.NO_VERIFY)
    resolution = session.login_resolution(str(url.value) if url.layer == FLAG else None)
    verification = workspace_access.verify_token(session, resolution, url, token)
    if verification.error is not None and (verification.is_refusal or verify):
        raise verification.error
    if expect_user is None:
        return verification
    identity, name = verification.identity, visible(expect_user)
    if identity is None:
        raise ConfigError(
            f"cannot check whether the token belongs to '{name}': {verification.reason}; nothing was stored",
            hint="leave --expect-user out to store the token unverified",
        )
    if not identity.is_user(expect_user):
        raise ConfigError(
            f"the token belongs to '{identity.email}', not to '{name}'; nothing was stored",
            hint=f"check which account {session.app.title} is open in, and create a token there",
        )
    return verification


def _credential(token: Secret, url: ResolvedValue, label: str, expires: str, verification: Verification) -> Credential:
    """The credential to store. What the workspace says of the token overrides the options."""
    origin, created, user = Origin.of(str(url.value)), timestamps.to_text(timestamps.now()), ""
    if verification.identity is not None:
        details, user = verification.identity.token, verification.identity.email
        if details.label and label not in ("", details.label):
            terminal.note(f"the workspace calls this token '{details.label}', so --label is not used")
        if details.includes_expires and expires not in ("", details.expires):
            ends = f"expires {timestamps.describe(timestamps.parse(details.expires))}" if details.expires else ""
            terminal.note(f"the workspace says that it {ends or 'never expires'}, so --expires is not used")
        label = details.label or label
        expires = details.stored_expires or expires
    return Credential(token, origin, label=label, created=created, expires=expires, user=user)


def _report(
    session: Session, name: str, credential: Credential, verification: Verification, is_active: bool, is_first: bool
) -> None:
    app = session.app
    token = mask(credential.token.reveal(), app.token_prefix)
    storage = session.store.tokens.read_storage(name)
    if session.json:
        session.show_json(
            {
                "profile": name,
                "active": is_active,
                "token": token,
                "origin": str(credential.origin),
                "storage": storage,
                "label": credential.label or None,
                **expiry_document(credential.expires),
                "verified": verification.identity is not None,
                "state": verification.state,
                "reason": verification.reason or None,
                "user": credential.user or None,
            }
        )
    state = f"verified, as {credential.user}" if verification.identity is not None else "unverified"
    terminal.say(f"Stored {token} under profile '{name}', for {credential.origin} ({state})", mark="✓")
    if verification.error is not None:
        terminal.note(f"it was not verified: {verification.reason}")
    if is_first and storage == PLAIN:
        path = session.with_tilde(session.store.tokens.path(name))
        terminal.note(f"the token is stored in plain text in {path}, which only your account can read")
    if not is_active:
        terminal.say(f"  Another profile is active; switch with: {app.name} use {name}")
    if session.environ.get(app.token_field.variable):
        terminal.note(f"{app.token_field.variable} is set, and wins over this token unless --profile {name} is given")
