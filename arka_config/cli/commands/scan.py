"""`scan`: find leaked tokens in files, in a repository's history and in shell histories, and revoke them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import click

from arka_config import token_checksum
from arka_config.app_identity import MANAGE, VERIFY
from arka_config.cli.input.options import yes_option
from arka_config.cli.output import tables, terminal
from arka_config.cli.output.format import is_locked
from arka_config.cli.output.progress import show_busy, show_count, track
from arka_config.cli.runtime import revoking, token_formats, words, workspace_access
from arka_config.cli.runtime.batch import REVOKED, Batch
from arka_config.cli.runtime.command import command, feature_option
from arka_config.cli.runtime.secret_settings import searchable_secrets
from arka_config.errors import EXIT_ERROR, AuthError, ConfigError, RevocationUnknown, UsageError, WorkspaceError
from arka_config.precedence.values import DEFAULT, FLAG, ResolvedValue
from arka_config.scanning import file_search
from arka_config.scanning.allow_list import AllowList
from arka_config.scanning.findings import Finding, Place
from arka_config.scanning.git import Repository
from arka_config.scanning.secrets import SecretPattern
from arka_config.scanning.tokens import Pattern, rule_for_gitleaks
from arka_config.secret import Secret
from arka_config.store.child_environment import child_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from arka_config.cli.output.documents.machine import CommitDocument, FindingDocument, ScanDocument
    from arka_config.cli.runtime.session import Session
    from arka_config.scanning.findings import Commit
    from arka_config.workspace.client.client import WorkspaceClient
    from arka_config.workspace.client.verification import Verification


@command()
@click.argument("paths", metavar="[PATH]…", nargs=-1, type=words.FILE)
@click.option("--git", is_flag=True, help="Search every object of the git repository, and the messages of commits.")
@click.option("--staged", is_flag=True, help="Search the files that are staged for the next commit.")
@click.option("--history", is_flag=True, help="Search the histories of shells, Python and Node.")
@click.option("--all", "search_ignored", is_flag=True, help="Search the files that git ignores too.")
@click.option("--look-alikes", is_flag=True, help="Show text without a valid checksum too, if every token has one.")
@click.option(
    "--allow",
    metavar="FILE",
    type=words.FILE,
    help="Allow what this file lists (default: .{app}-scan-allow, if it exists).",
)
@feature_option("--verify", is_flag=True, help="Ask the workspace which of the tokens work.", needs=VERIFY)
@feature_option("--revoke", is_flag=True, help="Revoke those that work.", needs=MANAGE)
@click.option("--sarif", "as_sarif", is_flag=True, help="Print the findings as SARIF 2.1.0.")
@click.option("--gitleaks-rule", is_flag=True, help="Print a rule for gitleaks, and search nothing.")
@yes_option
def scan(
    session: Session,
    paths: Sequence[str],
    git: bool,
    staged: bool,
    history: bool,
    search_ignored: bool,
    look_alikes: bool,
    allow: str | None,
    verify: bool,
    revoke: bool,
    as_sarif: bool,
    gitleaks_rule: bool,
    yes: bool,
) -> int | None:
    """Find tokens that were left in files, in this folder or in PATHs.

    The exit code is 1 if there are any. Tokens are shown masked. Files that git ignores are left out, and so are
    placeholders such as a row of x. To allow an example, add `{app}:allow` to its line, or its fingerprint (see --json)
    to a file .{app}-scan-allow.

    \b
    {app} scan --staged             before a commit
    {app} scan --git[[verify: --verify]][[no-verify:         ]]       everything that was ever committed
    {app} scan --history[[manage: --revoke]][[no-manage:         ]]   shell histories
    """
    secrets, unread = searchable_secrets(session)
    if not (session.app.token_prefixes or (secrets and not gitleaks_rule)):
        raise ConfigError("the tokens of this program have no prefix, so they cannot be distinguished from other text")
    if gitleaks_rule:
        terminal.out(rule_for_gitleaks(session.app).rstrip("\n"))
        return None
    excluded = file_search.Excluded(session.store.tokens.folder)
    options = {"git": git, "staged": staged, "history": history, "search_ignored": search_ignored}
    found = _search(session, SecretPattern(session.app, secrets), paths, excluded, **options)
    candidates = found if look_alikes else _drop_look_alikes(session, found)
    allowed = _read_allow_list(session, allow)
    findings = [each for each in candidates if not allowed.allows(each)]
    left_out = _LeftOut(len(candidates) - len(findings), len(found) - len(candidates), excluded, unread)
    report = _Report(session, findings)
    if verify or revoke:
        report.verify()
    if as_sarif:
        report.show_sarif()
    else:
        report.show(left_out)
    left_out.note(session)
    if revoke:
        report.revoke(yes=yes)
    return EXIT_ERROR if findings else None


class _LeftOut(NamedTuple):
    """What the findings leave out: how many are allowed or only look like tokens, which places were not searched, and
    how many stored secrets were not searched for."""

    allowed: int
    look_alikes: int
    excluded: file_search.Excluded
    unread: int

    def note(self, session: Session) -> None:
        """Say what may be missing in the findings."""
        if self.excluded.was_met:
            folder = session.with_tilde(self.excluded.folder)
            terminal.note(f"{folder} was not searched: {session.app.name} stores its tokens there")
        if self.look_alikes:
            what = "look-alike is" if self.look_alikes == 1 else "look-alikes are"
            terminal.note(f"{self.look_alikes} {what} not shown, without a valid checksum; to show: --look-alikes")
        if self.unread:
            what = "1 stored secret was" if self.unread == 1 else f"{self.unread} stored secrets were"
            terminal.note(f"{what} not searched for, because reading it needs a passphrase or the OS keyring")


def _drop_look_alikes(session: Session, findings: Sequence[Finding]) -> list[Finding]:
    """Leave out what cannot be a token, because it has no valid checksum and every token has one.

    Every token has one if the app says so, or all workspaces that this user has used: else older ones would be missed.
    """
    app = session.app
    valid = [
        each
        for each in findings
        if each.match.secret or token_checksum.is_valid(each.match.token, app.prefix_of(each.match.token))
    ]
    if app.token_checksum == token_checksum.NONE or len(valid) == len(findings):
        return list(findings)
    is_required = app.token_checksum == token_checksum.REQUIRED or token_formats.all_have_checksum(session.store)
    return valid if is_required else list(findings)


def _search(
    session: Session,
    pattern: Pattern,
    paths: Sequence[str],
    excluded: file_search.Excluded,
    *,
    git: bool,
    staged: bool,
    history: bool,
    search_ignored: bool,
) -> list[Finding]:
    if sum((git, staged, history, bool(paths))) > 1:
        raise UsageError("--git, --staged, --history and PATHs cannot be combined", hint="run one after the other")
    repository = _repository(session, ".")
    if git:
        with show_count("Searching") as progress:
            progress(0, None)  # until git has listed the objects
            return repository.search_history(pattern, _warn, progress)
    if staged:
        return list(repository.search_staged(pattern, _warn))
    if history:
        files = file_search.history_paths(os.path.expanduser("~"), session.environ)
        return list(file_search.search_files(track(list(files), "Searching"), pattern, _warn, Place.HISTORY))
    with show_busy("Listing files"):
        files = [file for path in paths or ["."] for file in _files(session, path, excluded, search_ignored)]
    return list(file_search.search_files(track(files, "Searching"), pattern, _warn))


def _files(session: Session, path: str, excluded: file_search.Excluded, search_ignored: bool) -> Iterator[str]:
    """Yield the files to search at a path: those that git would show, if it is in a work tree."""
    if not os.path.lexists(path):
        raise UsageError(f"{path} does not exist")
    if excluded.contains(path):
        return
    if not os.path.isdir(path):
        yield path
        return
    repository = _repository(session, path)
    if search_ignored or repository.root() is None:
        yield from (os.path.normpath(each) for each in file_search.walk(path, _warn, excluded))
    else:
        yield from (os.path.normpath(os.path.join(path, each)) for each in excluded.leave_out(path, repository.files()))


def _repository(session: Session, folder: str) -> Repository:
    return Repository(folder, child_environment(session.app, session.environ))


def _read_allow_list(session: Session, path: str | None) -> AllowList:
    if path is not None:
        listed = AllowList.read(path)
        if listed is None:
            raise UsageError(f"{path} does not exist")
        return listed
    name = f".{session.app.folder}-scan-allow"
    folder = _repository(session, ".").root() or "."
    return AllowList.read(os.path.join(folder, name)) or AllowList()


def _warn(path: str, reason: str) -> None:
    terminal.warn(f"{path} was not searched completely: {reason}")


class _Report:
    """The findings, the profile that stores each token, and what the workspace says of it."""

    def __init__(self, session: Session, findings: Sequence[Finding]) -> None:
        self._session = session
        self._findings = findings
        self._profiles = self._find_profiles() if findings else {}
        self._clients: dict[str, WorkspaceClient] = {}
        self._verifications: Mapping[str, Verification] = {}

    def _find_profiles(self) -> dict[str, list[str]]:
        """The profiles that store each token. Tokens that would need a prompt are not compared."""
        profiles: dict[str, list[str]] = {each.match.token: [] for each in self._findings if each.match.token}
        store = self._session.store
        for name in store.names():
            try:
                stored = store.tokens.read(name)
                if stored is not None and not is_locked(self._session, stored):
                    profiles.get(stored.token.reveal(), []).append(name)
            except ConfigError:  # a broken profile hides no finding; `doctor` reports it
                continue
        return profiles

    def _profiles_of(self, finding: Finding) -> list[str]:
        return self._profiles[finding.match.token] if finding.match.token else [finding.match.secret.partition(".")[0]]

    def verify(self) -> None:
        """Ask the workspaces about the tokens, each once."""
        from arka_config.cli.runtime.verify_all import verify_all

        self._clients = {token: self._client(token, profiles) for token, profiles in self._profiles.items()}
        self._verifications = dict(zip(self._clients, verify_all(list(self._clients.values())), strict=True))

    def _client(self, token: str, profiles: Sequence[str]) -> WorkspaceClient:
        """A client for the origin that the token was stored for, else for the default workspace or `--api-url`.

        Never for one that only the environment names: it may not be the user's.
        """
        session = self._session
        if profiles:
            return workspace_access.read_stored_token(session, profiles[0]).workspace
        field = session.app.url_field
        url = session.flags.get(field.name)
        address = ResolvedValue(field, url or session.store.default_url(), FLAG if url else DEFAULT, field.option)
        if not address.value:
            raise UsageError("the workspace's URL is not known", hint=f"{field.option} URL")
        return workspace_access.client(session, session.resolution, address, Secret(token))

    def _state(self, finding: Finding) -> str | None:
        verification = self._verifications.get(finding.match.token)
        return None if verification is None else str(verification.state)

    def show(self, left_out: _LeftOut) -> None:
        """Print the findings, as JSON with `--json`, and how many are allowed."""
        if self._session.json:
            document: ScanDocument = {
                "findings": self._documents(),
                "allowed": left_out.allowed,
                "look_alikes": left_out.look_alikes,
                "not_searched": [left_out.excluded.folder] if left_out.excluded.was_met else [],
            }
            self._session.show_json(document)
        else:
            self._show_table(left_out.allowed)

    def _documents(self) -> list[FindingDocument]:
        """The findings as JSON values. No value contains a token."""
        return [
            {
                "place": each.place,
                "path": each.path or None,
                "line": each.match.line,
                "column": each.match.column,
                "token": self._session.app.mask(each.match.token) if each.match.token else None,
                "secret": each.match.secret.partition(".")[2] or None,
                "fingerprint": each.match.fingerprint,
                "profiles": self._profiles_of(each),
                "state": self._state(each),
                "object": each.object_id or None,
                "commit": None if each.commit is None else _commit_document(each.commit),
            }
            for each in self._findings
        ]

    def _show_table(self, allowed: int) -> None:
        columns = ["LOCATION", "TOKEN"]
        columns += ["STATE"] if self._verifications else []
        columns += ["PROFILE"] if any(map(self._profiles_of, self._findings)) else []
        columns += ["COMMIT", "AUTHOR"] if any(each.commit for each in self._findings) else []
        rows = [[self._cells(each)[name] for name in columns] for each in self._findings]
        if rows:
            tables.show(columns, rows)
        else:
            terminal.say("No tokens found", mark="✓")
        if allowed:
            terminal.note(f"{allowed} allowed {'finding is' if allowed == 1 else 'findings are'} not shown")

    def _cells(self, finding: Finding) -> dict[str, tables.Cell]:
        commit, secret = finding.commit, finding.match.secret.partition(".")[2]
        return {
            "LOCATION": self._session.with_tilde(finding.location),
            "TOKEN": self._session.app.mask(finding.match.token) if finding.match.token else f"secret '{secret}'",
            "STATE": (self._state(finding) or "").replace("_", " "),
            "PROFILE": ", ".join(self._profiles_of(finding)),
            "COMMIT": "" if commit is None else f"{commit.id[:10]} {commit.date[:10]}",
            "AUTHOR": "" if commit is None else commit.author,
        }

    def show_sarif(self) -> None:
        """Print the findings as SARIF."""
        from arka_config.scanning.sarif import sarif
        from arka_config.versions import app_version, toolkit_version

        app = self._session.app
        self._session.show_json(sarif(self._findings, app, app_version(app) or toolkit_version()))

    def revoke(self, *, yes: bool) -> None:
        """Revoke the tokens that work, after asking. Raises WorkspaceError for the first that cannot be revoked."""
        from arka_config.workspace.client.verification import State

        live = [token for token, each in self._verifications.items() if each.state == State.VALID]
        if not live:
            terminal.note("none of the tokens works, so there is nothing to revoke")
            return
        app = self._session.app
        names = ", ".join(app.mask(token) for token in live)
        if not yes:
            self._session.confirm(f"Revoke {names}? It cannot be undone.", flag="--yes")
        with Batch(live, "Revoking tokens", REVOKED, "run the same command again", name=app.mask) as batch:
            for token in batch:
                client = self._clients[token]
                try:
                    revoking.revoke(client, app.mask(token), "")
                except RevocationUnknown as error:
                    batch.set_failed(is_unsure=True)
                    terminal.warn(error.message)
                    continue
                except (AuthError, WorkspaceError) as error:
                    batch.set_failed(is_unsure=False)
                    terminal.warn(f"{app.mask(token)} was not revoked: {error.message}", hint=error.hint)
                    continue
                terminal.say(f"Revoked {app.mask(token)} at {client.origin}", mark="✓")
                revoking.note_holders(self._session, self._profiles[token])


def _commit_document(commit: Commit) -> CommitDocument:
    return {"id": commit.id, "author": commit.author, "date": commit.date}
