"""`profiles remove`: remove the settings and tokens of profiles."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

import click

from arka_config.app_identity import MANAGE
from arka_config.cli.input.options import yes_option
from arka_config.cli.output import progress, terminal
from arka_config.cli.runtime import legacy_copy, legacy_sync, revoking, workspace_access
from arka_config.cli.runtime.batch import REMOVED, REVOKED, Batch
from arka_config.cli.runtime.command import ProfileName, command, feature_option
from arka_config.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arka_config.cli.output.documents.profiles import RemovedProfileDocument, RemovedProfilesDocument
    from arka_config.cli.runtime.session import Session
    from arka_config.cli.runtime.workspace_access import StoredToken


class _Removal(NamedTuple):
    """A profile to remove, the origin of its token, if it has one and that is known, and the number of its secrets."""

    name: str
    has_token: bool
    origin: str | None
    secrets: int


@command()
@click.argument("names", metavar="NAME…", nargs=-1, type=ProfileName())
@yes_option
@feature_option(
    "--revoke",
    is_flag=True,
    help="Revoke the tokens at the workspace first; remove nothing if that fails.",
    needs=MANAGE,
)
def remove(session: Session, names: Sequence[str], yes: bool, revoke: bool) -> None:
    """Remove profiles with their tokens and secrets.

    A token keeps working until it is revoked[[manage:: with `--revoke`, or with the trash icon]] on the tokens page.
    """
    store = session.store
    removals = [
        _Removal(name, store.tokens.holds(name), store.read_origin(name), len(store.secrets.fields(name)))
        for name in _names_to_remove(session, names)
    ]
    if not yes:
        sharing = _describe_sharing(session, removals) if revoke else ""
        session.confirm(_question(removals, revoke=revoke) + sharing, flag="--yes")
    with_token = [each.name for each in removals if each.has_token]
    copy = legacy_copy.find_copy(session, with_token) if with_token and not revoke else None
    active = store.selection.read_active()[0]
    with progress.show_stages("Removing profiles", len(removals) + (len(with_token) if revoke else 0)):
        revoked = _revoke(session, with_token, removals) if revoke else {}
        unpinned = _remove(session, removals)
    legacy_sync.update(session)
    if session.json:
        removed: list[RemovedProfileDocument] = [
            {"profile": name, "unpinned": directories} for name, directories in unpinned.items()
        ]
        document: RemovedProfilesDocument = {"removed": removed}
        session.show_json(removed[0] if len(removed) == 1 else document)
    for each in removals:
        _report(session, each, revoked[each.name][1] if each.name in revoked else "", unpinned[each.name])
    for stored, _ in revoked.values():
        revoking.note_sharing(session, stored, besides=unpinned)
    legacy_copy.report_or_remove(session, copy, remove=False)
    if active in unpinned:
        terminal.say(f"  No profile is active now; choose one with: {session.app.name} use NAME")


def _revoke(session: Session, names: Sequence[str], removals: Sequence[_Removal]) -> dict[str, tuple[StoredToken, str]]:
    """Revoke the tokens, before anything is removed. Return each with the message that reports it."""
    again = f"{session.app.name} profiles remove --revoke {' '.join(each.name for each in removals)}"
    with Batch(names, "Revoking tokens", REVOKED, again, after="no profile was removed") as batch:
        return {name: revoking.revoke_before_removal(session, name, again) for name in batch}


def _remove(session: Session, removals: Sequence[_Removal]) -> dict[str, list[str]]:
    """Remove the profiles. Return the directories that are no longer pinned to each."""
    names = [each.name for each in removals]
    with Batch(names, "Removing profiles", REMOVED, f"{session.app.name} profiles list") as batch:
        return {name: session.store.remove(name) for name in batch}


def _names_to_remove(session: Session, names: Sequence[str]) -> list[str]:
    """Return the names of the arguments, else that of `--profile`. Never the effective profile's: it must be named."""
    for name in names:
        session.check_not_two(name)
    if not names and session.profile is None:
        raise UsageError("which profile?", hint=f"{session.app.name} profiles remove NAME")
    return [session.store.check_exists(name) for name in dict.fromkeys(names or [str(session.profile)])]


def _question(removals: Sequence[_Removal], *, revoke: bool) -> str:
    *first, last = [f"'{each.name}'" for each in removals]
    names = f"{', '.join(first)} and {last}" if first else last
    has_token, secrets = any(each.has_token for each in removals), sum(each.secrets for each in removals)
    whose, token = ("their", "tokens") if first else ("its", "token")
    parts = [token] * has_token + ["secret" if secrets == 1 else "secrets"] * bool(secrets)
    what = f" and {whose} {' and '.join(parts)}" if parts else ""
    revoked = f", and revoke the {token}" if secrets else f", and revoke {'those' if first else 'that'}"
    question = f"{what}{revoked if revoke and has_token else ''}?"
    return f"Remove profile{'s' if first else ''} {names}{question}"


def _describe_sharing(session: Session, removals: Sequence[_Removal]) -> str:
    """The other profiles with the tokens that are to be revoked. A token that cannot be read is refused later."""
    names, parts = [each.name for each in removals], []
    for each in removals:
        with contextlib.suppress(ConfigError):
            if each.has_token:
                stored = workspace_access.read_stored_token(session, each.name)
                parts.append(revoking.describe_sharing(session, stored, besides=names))
    return "".join(dict.fromkeys(parts))


def _report(session: Session, removal: _Removal, revoked: str, unpinned: Sequence[str]) -> None:
    app = session.app
    if revoked:
        terminal.say(revoked, mark="✓")
    terminal.say(f"Removed profile '{removal.name}'", mark="✓")
    if removal.has_token and not revoked:
        terminal.say(f"  Its token works until it is revoked: {app.page(app.tokens_page, removal.origin)}")
    for directory in unpinned:
        terminal.say(f"  {session.with_tilde(directory)} is no longer pinned")
