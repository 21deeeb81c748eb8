"""`tokens revoke`: revoke tokens at the workspace, by id or label."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import click

from arka_config.cli.input.options import yes_option
from arka_config.cli.output import terminal
from arka_config.cli.runtime import workspace_access
from arka_config.cli.runtime.command import Session, command
from arka_config.errors import EXIT_ERROR, RequestRefused, UsageError, WorkspaceError
from arka_config.workspace.client.client import CURRENT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from arka_config.workspace.client.client import WorkspaceClient
    from arka_config.workspace.client.models import TokenDetails


@command()
@click.argument("token_id", metavar="[ID]", required=False)
@click.option("--label", metavar="TEXT", help="Revoke the only token with this label, or with * all that match.")
@yes_option
def revoke(session: Session, token_id: str | None, label: str | None, yes: bool) -> int | None:
    """Revoke tokens at the workspace, by id (see `{app} tokens list`) or label.

    They then work nowhere. A profile that has one stored keeps it; `{app} revoke` forgets it too. If a device is lost:

    \b
    {app} tokens revoke --label 'MacBook*'
    """
    if (token_id is None) == (label is None):
        raise UsageError("name a token: by its ID, or by --label TEXT", hint=f"{session.app.name} tokens list")
    workspace = workspace_access.effective_workspace(session)
    own = workspace.get_identity().token
    wanted = [own] if token_id in (own.id, CURRENT) else _find_tokens(session, workspace, token_id, label)
    wanted.sort(key=lambda each: each.id == own.id)  # the effective token last: the others are revoked with it
    names = [f"'{each.label}', {session.app.token_prefix}…{each.last_four}" for each in wanted]
    if wanted[-1].id == own.id:
        terminal.warn(f"{names[-1]} is the effective token: once it is revoked, commands that need it fail")
    if not yes:
        for name in names if len(names) > 1 else []:
            terminal.say(f"  {name}")
        what = names[0] if len(names) == 1 else f"these {len(names)} tokens"
        session.confirm(f"Revoke {what}? It cannot be undone.", flag="--yes")
    revoked = _revoke_all(session, workspace, dict(zip(names, wanted, strict=True)), own.id)
    if session.json:
        session.show_json(revoked[0] if label is None else {"revoked": revoked})
    return None if len(revoked) == len(wanted) else EXIT_ERROR


def _revoke_all(
    session: Session, workspace: WorkspaceClient, wanted: Mapping[str, TokenDetails], own_id: str
) -> list[dict[str, object]]:
    """Revoke tokens, report each, and return the JSON values of those that were revoked.

    Raises RequestRefused and WorkspaceError if there is only one.
    """
    holders = workspace_access.profiles_by_last_four(session, workspace.origin)
    revoked: list[dict[str, object]] = []
    for name, details in wanted.items():
        try:
            workspace.revoke(details.id)
        except (RequestRefused, WorkspaceError) as error:
            if len(wanted) == 1:
                raise
            terminal.warn(f"{name} was not revoked: {error.message}", hint=error.hint)
            continue
        revoked.append({"id": details.id, "label": details.label, "current": details.id == own_id})
        terminal.say(f"Revoked {name}", mark="✓")
        for profile in holders.get(details.last_four, []):
            login = f"{session.app.name} login -p {profile}"
            terminal.note(f"profile '{profile}' has this token, which no longer works: {login}")
        if details.id == own_id and details.last_four not in holders:
            terminal.say(f"  To store another token: {session.app.name} login")
    return revoked


def _find_tokens(
    session: Session, workspace: WorkspaceClient, token_id: str | None, label: str | None
) -> list[TokenDetails]:
    """Fetch the token with this id or label, or those whose label matches a pattern with `*`, `?` or `[…]`.

    Raises RequestRefused if there is none, UsageError if several have the same label.
    """
    tokens = workspace.list_tokens()
    matches = [each for each in tokens if (each.id == token_id if label is None else each.label == label)]
    is_pattern = label is not None and not matches and any(character in label for character in "*?[")
    if is_pattern:
        matches = [each for each in tokens if fnmatchcase(each.label, label or "")]
    hint = f"{session.app.name} tokens list"
    if not matches:
        what = f"whose label matches {label!r}" if is_pattern else token_id or repr(label)
        raise RequestRefused(f"there is no token {what} at {workspace.origin}", hint=hint)
    if len(matches) > 1 and not is_pattern:
        raise _ambiguous(matches, label)
    return matches


def _ambiguous(matches: Sequence[TokenDetails], label: str | None) -> UsageError:
    ids = ", ".join(each.id for each in matches)
    return UsageError(f"{len(matches)} tokens have the label '{label}': {ids}", hint="name one of them by its ID")
