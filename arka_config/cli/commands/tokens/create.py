"""`tokens create`: create a token at the workspace, and print it once or store it in a profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from arka_config.cli.input.options import check_label, parse_expires
from arka_config.cli.input.token_options import access_options
from arka_config.cli.output import terminal
from arka_config.cli.output.format import token_details_document
from arka_config.cli.runtime import issuing, unfinished, workspace_access
from arka_config.cli.runtime.command import ProfileName, command
from arka_config.errors import ConfigError, UsageError
from arka_config.store.journal import CREATE
from arka_config.text import check_profile_name
from arka_config.workspace.scopes import MANAGE, OFFERED

if TYPE_CHECKING:
    from arka_config.cli.input.token_options import Access
    from arka_config.cli.output.documents.tokens import CreatedTokenDocument
    from arka_config.cli.runtime.session import Session
    from arka_config.store.journal import Entry
    from arka_config.workspace.client.client import WorkspaceClient
    from arka_config.workspace.client.models import Issued

_LONGEST_LABEL = 100  # characters; the workspace's limit


@command()
@click.argument("label")
@click.option("--expires", metavar="DATE|1h|90d|never", help="When the token expires (default: never).")
@access_options(OFFERED)
@click.option("--may-manage-tokens", is_flag=True, help="The same as --scope tokens:manage.")
@click.option(
    "--store-as", metavar="NAME", type=ProfileName(), help="Store the token in this profile instead of printing it."
)
def create(
    session: Session,
    label: str,
    expires: str | None,
    access: Access,
    may_manage_tokens: bool,
    store_as: str | None,
) -> None:
    """Create a token at the workspace, and print it; it is shown only once.

    The effective token must be allowed to manage tokens, or to issue this one.

    \b
    {app} tokens create "CI/CD Pipeline" --expires 90d --store-as ci
    """
    ends = parse_expires(expires, allow_never=True) or ""
    scopes = sorted({*access.scopes, *([MANAGE] if may_manage_tokens else [])})
    check_label(session.app, label, "the label", hint="give the token a name")
    if not 0 < len(label.strip()) <= _LONGEST_LABEL:
        raise UsageError(f"a label has 1 to {_LONGEST_LABEL} characters", hint='as in "CI/CD Pipeline"')
    if store_as is not None:
        _check_has_no_token(session, store_as)
    unfinished.finish(session)
    workspace = workspace_access.effective_workspace(session)
    user, origin = workspace.get_identity().id, str(workspace.origin)
    with session.store.journal.begin(CREATE, profile=store_as or "", origin=origin, label=label, user=user) as entry:
        issued = issuing.request_token(
            entry,
            workspace,
            lambda key: workspace.create(label, expires=ends, scopes=scopes, key=key, bounds=access.bounds),
        )
        if store_as is not None:
            _store(session, workspace, store_as, issued, entry)
        else:
            entry.finish()  # before it is printed: the user has it then
            _print(session, issued)


def _check_has_no_token(session: Session, name: str) -> None:
    """Raise ConfigError, before a token is issued, if the profile already has one."""
    check_profile_name(name)
    profile = session.store.profiles.read(name)
    if profile.reference is not None or session.store.tokens.holds(name):
        raise ConfigError(
            f"profile '{name}' already has a token, which would be lost; no token was created",
            hint=f"name another profile, or: {session.app.name} rotate --profile {name}",
        )


def _store(session: Session, workspace: WorkspaceClient, name: str, issued: Issued, entry: Entry) -> None:
    details = issued.details
    try:
        has_path = workspace.url != str(workspace.origin)
        credential = issuing.credential_of(issued, workspace.origin)
        session.store.log_in(name, credential, api_url=workspace.url if has_path else "")
    except ConfigError as error:
        is_revoked = issuing.revoke_unused(workspace, details.id) is None
        if is_revoked:
            entry.finish()
        state = "was revoked again" if is_revoked else "is left on the tokens page, where it can be revoked"
        raise ConfigError(f"{error.message}; the new token was not stored, and {state}", hint=error.hint) from None
    entry.finish()
    token = session.app.mask(issued.token.reveal())
    document: CreatedTokenDocument = {
        "token": token,
        "profile": name,
        "details": token_details_document(details),
    }
    session.report(
        document,
        f"Created {token}, '{details.label}', and stored it under profile '{name}'",
    )


def _print(session: Session, issued: Issued) -> None:
    token = issued.token.reveal()
    if session.json:
        document: CreatedTokenDocument = {
            "token": token,
            "profile": None,
            "details": token_details_document(issued.details),
        }
        session.show_json(document, reveal=True)
    else:
        terminal.out(token)
    terminal.say(f"Created token '{issued.details.label}'. It is shown only once: store it now", mark="✓")
