"""What the commands that run a workspace share: their options, the database's URL, and the check for the extra."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from arka_config.cli.output import terminal
from arka_config.errors import ConfigError, UsageError
from arka_config.extras import install_command
from arka_config.store.folders import check_full_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import timedelta

    from sqlalchemy import URL

    from arka_config.cli.output.documents.workspace import InvitationDocument
    from arka_config.cli.runtime.session import Session
    from arka_config.workspace.server.cleanup import Retention
    from arka_config.workspace.server.proxies import Network
    from arka_config.workspace.server.workspace import Invitation, Workspace

_FILE = "workspace.db"


def database_option(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add `--database-url` to a command."""
    option = click.option(
        "--database-url",
        metavar="URL",
        default="",
        help="postgresql://USER@HOST/NAME or sqlite:////FULL/PATH; default: a SQLite file in the data folder.",
    )
    return option(function)


def url_option(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add `--url` to a command."""
    option = click.option("--url", metavar="URL", default="", help="The address at which users reach the workspace.")
    return option(function)


def retention_options(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """Add `--keep-expired` and `--keep-audit` to a command."""
    for name, what in (("audit", "audit entries"), ("expired", "expired tokens")):
        option = click.option(
            f"--keep-{name}", metavar="90d", default="", help=f"Delete {what} after this time. Default: never."
        )
        function = option(function)
    return function


def parse_retention(expired: str, audit: str) -> Retention:
    """How long to keep expired tokens and audit entries. Raises UsageError."""
    from arka_config.workspace.server.cleanup import Retention

    return Retention(_parse_age("--keep-expired", expired), _parse_age("--keep-audit", audit))


def _parse_age(option: str, text: str) -> timedelta | None:
    from datetime import timedelta

    from arka_config import timestamps

    reason = ""
    try:
        return timedelta(days=timestamps.parse_days(text)) if text else None
    except ValueError as error:
        reason = str(error)
    raise UsageError(f"{option}: {reason}", hint=f"{option} 90d")


def find_database_url(session: Session, given: str) -> str | URL:
    """The database's URL: the option's, else the environment's, else the one of the file in the data folder.

    A URL may contain a password, which the environment keeps out of process lists.
    """
    from arka_config.workspace.server.database import file_url

    variable = session.app.variable("DATABASE_URL")
    url = given or session.environ.get(variable, "")
    scheme, _, file = url.partition(":///")
    if not given and scheme.startswith("sqlite") and file not in ("", ":memory:"):  # these are refused later
        check_full_path(variable, file)
    return url or file_url(os.path.join(session.store.folders.data, _FILE))


def trusted_proxies(session: Session, given: Sequence[str]) -> tuple[Network, ...]:
    """The networks of trusted proxies: the option's, else the environment's. Raises UsageError."""
    from arka_config.workspace.server.proxies import parse_networks

    if given:
        return parse_networks(given, "--trusted-proxy")
    variable = session.app.variable("TRUSTED_PROXIES")
    return parse_networks(session.environ.get(variable, "").replace(",", " ").split(), variable)


@contextmanager
def open_workspace(session: Session, database_url: str, url: str = "") -> Iterator[Workspace]:
    """Open the workspace in a database for a command, and close it. Its hint for an unknown user is a command."""
    with require_server_extra():
        from arka_config.workspace.server.accounts import UnknownUser
        from arka_config.workspace.server.workspace import Workspace

        with name_migrate_command(session, database_url):
            workspace = Workspace.open(session.app, find_database_url(session, database_url), url)
    try:
        yield workspace
    except UnknownUser as error:
        error.hint = f"{session.app.name} workspace list-users"
        raise
    finally:
        workspace.close()


@contextmanager
def name_migrate_command(session: Session, database_url: str) -> Iterator[None]:
    """Add the command that migrates the tables to the error that says that it is needed."""
    from arka_config.workspace.server.migrations import OutdatedSchema

    try:
        yield
    except OutdatedSchema as error:
        option = " --database-url URL" if database_url else ""
        error.hint = f"{session.app.name} workspace migrate{option}"
        raise


def show_link(session: Session, invitation: Invitation, *, is_new: bool | None = None) -> None:
    """Print a sign-in link on stdout. With `--json`, print the user too, and if it is known whether the user is new."""
    if session.json:
        document: InvitationDocument = {
            "id": invitation.id,
            "email": invitation.email,
            "plan": invitation.plan,
            "link": invitation.link,
            "expires": invitation.expires,
        }
        if is_new is not None:
            document["new"] = is_new
        session.show_json(document)
        return
    terminal.say("  To sign in, open this link within 15 minutes. It works once:")
    terminal.out(invitation.link)


@contextmanager
def require_server_extra() -> Iterator[None]:
    """Raise ConfigError, with the command that installs the server's packages, if one of them is missing."""
    missing = None
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("arka_config"):
            raise
        missing = error.name
    if missing is not None:
        raise ConfigError(f"a workspace needs {missing}, which is not installed", hint=install_command("workspace"))
