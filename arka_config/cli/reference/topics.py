"""The help topics. Each is a function that makes its document for an app, with the app's own name and variables."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from arka_config.app_identity import AppIdentity
    from arka_config.cli.reference.document import Block


class Topic(NamedTuple):
    """A topic: its name on the command line, and what it explains. Its module has a function `blocks(app)`."""

    name: str
    summary: str

    def blocks(self, app: AppIdentity) -> list[Block]:
        """Make the document for an app."""
        module = import_module(f"arka_config.cli.reference.{self.name.replace('-', '_')}")
        made: list[Block] = module.blocks(app)
        return made


TOPICS = {
    topic.name: topic
    for topic in (
        Topic("precedence", "Which profile, value and token is used"),
        Topic("environment", "The environment variables"),
        Topic("exit-codes", "What each exit code means"),
        Topic("files", "The files, and where they are"),
    )
}
