"""The steps of `login` and `refresh`: get a token, verify it, store it, and report what was stored."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

from arka_config import timestamps
from arka_config.cli.input.token_input import read_token
from arka_config.cli.output import terminal
from arka_config.cli.output.format import expiry_document
from arka_config.cli.runtime import browser_sign_in, legacy_sync, token_formats, unfinished, workspace_access
from arka_config.cli.runtime.origin_approval import approve_origin
from arka_config.errors import ConfigError, WorkspaceUnreachable
from arka_config.precedence.origin import Origin
from arka_config.precedence.values import ENV, FLAG
from arka_config.store.tokens import PLAIN, Credential
from arka_config.text import visible

if TYPE_CHECKING:
    from arka_config.cli.output.documents.credentials import LoginDocument, RefreshDocument
    from arka_config.cli.runtime.session import Session
    from arka_config.precedence.values import ResolvedValue
    from arka_config.secret import Secret
    from arka_config.workspace.client.sign_in.server import Granted
    from arka_config.workspace.client.verification import Verification


class Target(NamedTuple):
    """The profile that a token is stored in, the workspace that it is for, and what the options say about it.

    `suggested_label` is the token's name if neither the user nor the workspace gives one. `expires` is in stored form.
    `force` replaces another workspace's or user's token.
    """

    name: str
    url: ResolvedValue
    label: str = ""
    suggested_label: str = ""
    expires: str = ""
    expect_user: str | None = None
    verify: bool | None = None
    storage: str | None = None
    activate: bool = False
    force: bool = False


class Input(NamedTuple):
    """How the token is obtained: given by an option, pasted, or else through the browser if that works."""

    with_token: bool = False
    token_file: str | None = None
    paste: bool = False
    no_browser: bool = False

    def is_given(self, session: Session) -> bool:
        """Whether an option gives the token."""
        return self.with_token or self.token_file is not None or session.api_key is not None

    def may_use_browser(self, session: Session) -> bool:
        """Whether the token may come from a sign-in: with `--json`, a program shows the page to the user."""
        return not (self.paste or self.is_given(session) or session.no_input) and (session.can_ask or session.json)


def log_in(session: Session, target: Target, source: Input, *, is_refresh: bool = False) -> None:
    """Get a token, verify it and store it in the profile. Nothing is stored, and no new token left, if that fails.

    With `is_refresh`, the JSON output has the key `refreshed`.
    """
    _check_same_origin(session, target)
    approve_origin(session, target.url, remember=False)  # storing the token does that
    if target.verify is not False:  # --no-verify asks no workspace
        unfinished.finish(session)
    with contextlib.ExitStack() as stack:
        granted = _sign_in(session, target, source, stack) if source.may_use_browser(session) else None
        if granted is not None:
            token, verification = granted.token, _verify_token(session, target, granted.token)
        else:
            token, verification = read_token(
                session,
                target.name,
                str(target.url.value),
                with_token=source.with_token,
                token_file=source.token_file,
                open_browser=not source.no_browser,
                check=lambda token: _verify_token(session, target, token),
            )
        _check_same_user(session, target, verification, granted)
        credential = _credential(token, target, verification, granted)
        is_first = not session.store.tokens.names()
        is_active = session.store.log_in(
            target.name,
            credential,
            api_url=_url_to_store(session, target),
            activate=target.activate,
            storage=target.storage,
        )
    legacy_sync.update(session)
    _report(session, target.name, credential, verification, is_active, is_first, is_refresh)


def _sign_in(session: Session, target: Target, source: Input, stack: contextlib.ExitStack) -> Granted | None:
    """Get a token through the browser, revoked when the stack ends with an error. None if that is not supported."""
    session.store.check_can_log_in(target.name, Origin.of(str(target.url.value)), storage=target.storage)
    resolution = session.login_resolution(str(target.url.value) if target.url.layer == FLAG else None)
    server = browser_sign_in.find_server(session, resolution, target.url)
    if server is None:
        return None
    new_token = browser_sign_in.obtain_token(
        session,
        server,
        target.name,
        str(target.url.value),
        label=target.label or target.suggested_label,
        no_browser=source.no_browser,
    )
    return stack.enter_context(new_token)


def _check_same_origin(session: Session, target: Target) -> None:
    name, url = target.name, target.url
    stored = session.store.tokens.read(name)
    origin = Origin.of(str(url.value))
    if stored is None or stored.origin == origin or target.force:
        return
    if stored.user or url.layer != FLAG:
        raise _replacement_error(name, f"for {stored.origin}", f"for {origin}")
    terminal.note(f"profile '{name}' has a token for {stored.origin} that was never verified; this one replaces it")


def _check_same_user(session: Session, target: Target, verification: Verification, granted: Granted | None) -> None:
    """Raise ConfigError if the stored token is known to be another user's."""
    stored = session.store.tokens.read(target.name)
    user = _user(verification, granted)
    if stored is None or target.force or not (stored.user and user):
        return
    if stored.user.casefold() != user.casefold():
        raise _replacement_error(target.name, f"of {stored.user}", f"of {user}")


def _user(verification: Verification, granted: Granted | None) -> str:
    if verification.identity is not None:
        return verification.identity.user
    return "" if granted is None else granted.user


def _replacement_error(name: str, stored: str, new: str) -> ConfigError:
    return ConfigError(
        f"profile '{name}' has a token {stored}, and this one is {new}; nothing was stored",
        hint="choose another --profile, or replace that token with --force",
    )


def _verify_token(session: Session, target: Target, token: Secret) -> Verification:
    """Ask the workspace about the token.

    Raises InvalidToken and ProRequired; with `--verify` or `--expect-user`, any reason why it cannot be verified.
    """
    from arka_config.workspace.client.verification import Skipped, State, Verification
    from arka_config.workspace.client.verification import verify as ask_workspace

    url, verify, expect_user = target.url, target.verify, target.expect_user
    if verify is False:
        return Verification(State.NOT_ASKED, skipped=Skipped.NO_VERIFY)
    resolution = session.login_resolution(str(url.value) if url.layer == FLAG else None)
    replacement = session.store.sign_in_command(target.name, str(url.value), is_profiles=url.layer not in (FLAG, ENV))
    client = workspace_access.client(session, resolution, url, token, replacement=replacement)
    verification = ask_workspace(client)
    if verification.state == State.VALID:
        token_formats.learn(session.store, client)
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
            f"the token belongs to '{identity.user}', not to '{name}'; nothing was stored",
            hint=f"check which account {session.app.title} is open in, and create a token there",
        )
    return verification


def _url_to_store(session: Session, target: Target) -> str:
    """The URL to write to the profile's file: `--api-url`, unless the file or the token's origin implies it."""
    if target.url.layer != FLAG:
        return ""
    text = str(target.url.value)
    default, origin = session.store.default_url(), Origin.of(text)
    implied = session.store.profiles.read(target.name).api_url
    if not implied:
        implied = default if default and Origin.of(default) == origin else str(origin)
    return "" if text.rstrip("/") == implied.rstrip("/") else text


def _credential(token: Secret, target: Target, verification: Verification, granted: Granted | None) -> Credential:
    """The credential to store. What the workspace says of the token overrides the options."""
    origin, created = Origin.of(str(target.url.value)), timestamps.to_text(timestamps.now())
    label, expires = target.label, target.expires
    if granted is not None:
        label, expires = granted.label or label, granted.expires or expires
    label = label or target.suggested_label
    if verification.identity is not None:
        details = verification.identity.token
        if details.label and target.label not in ("", details.label):
            terminal.note(f"the workspace calls this token '{details.label}', so --label is not used")
        if details.includes_expires and target.expires not in ("", details.expires):
            ends = f"expires {timestamps.describe(timestamps.parse(details.expires))}" if details.expires else ""
            terminal.note(f"the workspace says that it {ends or 'never expires'}, so --expires is not used")
        label = details.label or label
        expires = details.stored_expires or expires
    return Credential(token, origin, label=label, created=created, expires=expires, user=_user(verification, granted))


def _report(
    session: Session,
    name: str,
    credential: Credential,
    verification: Verification,
    is_active: bool,
    is_first: bool,
    is_refresh: bool,
) -> None:
    app = session.app
    token = app.mask(credential.token.reveal())
    storage = session.store.tokens.read_storage(name)
    if session.json:
        document: LoginDocument = {
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
        refreshed: RefreshDocument = {**document, "refreshed": True}
        session.show_json(refreshed if is_refresh else document)
    as_user = f", as {credential.user}" if credential.user else ""
    state = f"verified{as_user}" if verification.identity is not None else "unverified"
    terminal.say(f"Stored {token} under profile '{name}', for {credential.origin} ({state})", mark="✓")
    if verification.error is not None:
        terminal.note(f"it was not verified: {verification.reason}")
        if verification.error.hint and not isinstance(verification.error, WorkspaceUnreachable):
            terminal.show_hint(verification.error.hint)
    if is_first and storage == PLAIN:
        path = session.with_tilde(session.store.tokens.path(name))
        terminal.note(f"the token is stored in plain text in {path}, which only your account can read")
    if not is_active:
        terminal.say(f"  Another profile is active; switch with: {app.name} use {name}")
    if session.environ.get(app.token_field.variable):
        terminal.note(f"{app.token_field.variable} is set, and wins over this token unless --profile {name} is given")
