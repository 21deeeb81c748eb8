"""`tokens create`: a new token, printed once or stored in a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config import timestamps
from arka_config.cli.commands.rotate import end
from arka_config.cli.commands.tokens.list import document
from arka_config.cli.output import terminal
from arka_config.cli.runtime import workspace_access
from arka_config.cli.runtime.command import ProfileName, command
from arka_config.errors import AuthError, ConfigError, UsageError, WorkspaceError
from arka_config.secret import masked
from arka_config.store.tokens import Credential
from arka_config.text import check_printable, check_profile_name
from arka_config.workspace.client.models import MANAGE

if TYPE_CHECKING:
    from arka_config.cli.runtime.session import Session
    from arka_config.workspace.client.client import WorkspaceClient
    from arka_config.workspace.client.models import Issued

_LONGEST_LABEL = 100  # characters, as the workspace has it


@command()
@click.argument("label")
@click.option("--expires", metavar="DATE|90d|never", help="When the token expires; else it never does.")
@click.option("--may-manage-tokens", is_flag=True, help="Let the new token list, make and revoke tokens too.")
@click.option(
    "--store-as", metavar="NAME", type=ProfileName(), help="Store the token in this profile, and print it nowhere."
)
def create(session: Session, label: str, expires: str | None, may_manage_tokens: bool, store_as: str | None) -> None:
    """Make a new token, and print it: it is shown this once.

    The token in force must be allowed to manage tokens.

    \b
    {app} tokens create "CI/CD Pipeline" --expires 90d --store-as ci
    """
    ends = end(expires)
    _check_label(session, label)
    if store_as is not None:
        _check_free(session, store_as)
    workspace = workspace_access.in_force(session)
    issued = workspace.create(label, expires=ends or "", scopes=[MANAGE] if may_manage_tokens else [])
    if store_as is not None:
        _store(session, workspace, store_as, issued)
    else:
        _print(session, issued)


def _check_label(session: Session, label: str) -> None:
    check_printable(label, "the label")
    if session.app.redacted(label) != label:
        raise UsageError("a token does not stand in a label, which is shown", hint="give it a name")
    if not 0 < len(label.strip()) <= _LONGEST_LABEL:
        raise UsageError(f"a label has 1 to {_LONGEST_LABEL} characters", hint='as in "CI/CD Pipeline"')


def _check_free(session: Session, name: str) -> None:
    """Raises ConfigError before anything is issued, where the new token could not be stored."""
    check_profile_name(name)
    profile = session.store.profiles.read(name)
    if profile.reference is not None or session.store.tokens.holds(name):
        raise ConfigError(
            f"profile '{name}' has a token already, which would be lost; none was made",
            hint=f"name another profile, or: {session.app.name} rotate --profile {name}",
        )


def _store(session: Session, workspace: WorkspaceClient, name: str, issued: Issued) -> None:
    details = issued.details
    credential = Credential(
        issued.token,
        workspace.origin,
        label=details.label,
        created=details.created or timestamps.stored(timestamps.now()),
        expires=details.expires,
    )
    try:
        has_path = workspace.url != str(workspace.origin)
        session.store.log_in(name, credential, api_url=workspace.url if has_path else "")
    except ConfigError as error:
        raise ConfigError(
            f"{error.message}; the new token was not stored, {_withdrawn(workspace, details.id)}", hint=error.hint
        ) from None
    token = masked(issued.token.reveal(), session.app.token_prefix)
    if session.json:
        session.show_json({"token": token, "profile": name, "details": document(details)})
    terminal.say(f"Made {token}, '{details.label}', and stored it under profile '{name}'", mark="✓")


def _withdrawn(workspace: WorkspaceClient, token_id: str) -> str:
    """Revokes a token that could not be stored: nobody would ever have it."""
    try:
        workspace.revoke(token_id)
    except (AuthError, WorkspaceError):
        return "and stands on the tokens page, where it can be revoked"
    return "and was revoked again"


def _print(session: Session, issued: Issued) -> None:
    token = issued.token.reveal()
    if session.json:
        session.show_json({"token": token, "profile": None, "details": document(issued.details)}, reveal=True)
    else:
        terminal.out(token)
    terminal.say(f"Made token '{issued.details.label}'. It is shown this once: keep it where it is used", mark="✓")
