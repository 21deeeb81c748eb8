"""Asking workspaces about many tokens, several at a time."""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

from arka_config.cli.output.progress import track
from arka_config.errors import ConfigError
from arka_config.workspace.client import verification
from arka_config.workspace.client.verification import Verification

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arka_config.workspace.client.client import WorkspaceClient

_AT_ONCE = 8


def verify_all(questions: Sequence[WorkspaceClient | Verification]) -> list[Verification]:
    """Ask several workspaces at a time, and return the verifications in the order of the questions.

    The threads are daemons, so that Ctrl-C does not wait for answers.
    """
    futures: list[Future[Verification]] = [Future() for _ in questions]
    waiting: queue.SimpleQueue[tuple[Future[Verification], WorkspaceClient | Verification]] = queue.SimpleQueue()
    for each in zip(futures, questions, strict=True):
        waiting.put(each)
    for _ in range(min(_AT_ONCE, len(futures))):
        threading.Thread(target=_ask_next, args=(waiting,), daemon=True).start()
    return [future.result() for future in track(futures, "Asking")]


def _ask_next(waiting: queue.SimpleQueue[tuple[Future[Verification], WorkspaceClient | Verification]]) -> None:
    while True:
        try:
            future, question = waiting.get_nowait()
        except queue.Empty:
            return
        try:
            future.set_result(question if isinstance(question, Verification) else verification.verify(question))
        except ConfigError as error:
            future.set_result(Verification.from_error(error))
        except BaseException as error:  # noqa: BLE001  # raised again in the thread that waits
            future.set_exception(error)
