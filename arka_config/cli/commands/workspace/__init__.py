"""The commands of `workspace`, and what both of them take."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from arka_config.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import URL

    from arka_config.cli.runtime.session import Session

_FILE = "workspace.db"


def database_option(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """`--database-url`, for a command that opens the workspace's database."""
    option = click.option(
        "--database-url",
        metavar="URL",
        default="",
        help="postgresql://USER@HOST/NAME, or sqlite:////FULL/PATH; else a SQLite file in the data folder.",
    )
    return option(function)


def url_option(function: Callable[..., int | None]) -> Callable[..., int | None]:
    """`--url`, the address that people reach the workspace at."""
    option = click.option("--url", metavar="URL", default="", help="The address that people reach the workspace at.")
    return option(function)


def database_url(session: Session, given: str) -> str | URL:
    """The URL of the database: the one that was given, that of the environment, or that of the file in the data folder.

    A URL may hold a password, which the environment keeps out of the process list.
    """
    from arka_config.workspace.server.database import file_url

    url = given or session.environ.get(session.app.variable("DATABASE_URL"), "")
    return url or file_url(os.path.join(session.store.folders.data, _FILE))


@contextmanager
def needs_the_extra() -> Iterator[None]:
    """Says what to install where the server's packages are missing."""
    missing = None
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("arka_config"):
            raise
        missing = error.name
    if missing is not None:
        raise ConfigError(
            f"a workspace needs {missing}, which is not installed", hint="pip install 'arka-config[workspace]'"
        )
