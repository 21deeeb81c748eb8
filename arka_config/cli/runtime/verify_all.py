"""Asking workspaces about many tokens, several at a time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from arka_config.cli.output.progress import track
from arka_config.errors import ConfigError
from arka_config.workspace.client import verification
from arka_config.workspace.client.parallel import start_all
from arka_config.workspace.client.verification import Verification

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from arka_config.workspace.client.client import WorkspaceClient


def verify_all(questions: Sequence[WorkspaceClient | Verification]) -> Iterator[Verification]:
    """Ask several workspaces at a time, and yield the verifications in the order of the questions, with a bar."""
    futures = start_all([partial(_verify, question) for question in questions])
    return (future.result() for future in track(futures, "Asking"))


def _verify(question: WorkspaceClient | Verification) -> Verification:
    try:
        return question if isinstance(question, Verification) else verification.verify(question)
    except ConfigError as error:
        return Verification.from_error(error)
