"""A made-up unlocker kind, the answer to a riddle. Tests register it without changing the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.errors import WrongPassphrase
from arka_config.sealing import cipher
from arka_config.sealing.unlockers.protocol import NoAnswer, Option, UnlockerKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from arka_config.sealing.data_key import DataKeyFile, Unlocker
    from arka_config.sealing.unlockers.protocol import Context

LINE = "tests.sealing.riddle:Riddle"  # its line in the registry


class Riddle(UnlockerKind):
    """The answer is read from the environment variable RIDDLE_ANSWER."""

    name = "riddle"
    details: Mapping[str, type] = {"question": str, "rounds": int}
    parameters: Mapping[str, object] = {"rounds": 2}
    options = (Option("question", "--riddle", "TEXT", "The riddle."),)
    is_quick = True

    def create(
        self, context: Context, file: DataKeyFile, values: Mapping[str, str], undo: list[Callable[[], object]]
    ) -> tuple[dict[str, object], bytes]:
        return {"question": values.get("question", "what has keys but no locks?")}, _answer(context)

    def secrets(self, context: Context, file: DataKeyFile, unlockers: Sequence[Unlocker]) -> Iterator[bytes]:
        yield _answer(context)
        raise WrongPassphrase("that is not the answer", hint="think again")

    def derive(self, secret: bytes, unlocker: Unlocker, path: str) -> bytes:
        for _ in range(int(str(unlocker.details["rounds"]))):
            secret = cipher.digest(secret + unlocker.salt)
        return secret

    def describe(self, unlocker: Unlocker) -> str:
        return f"the answer to: {unlocker.details['question']}"


def _answer(context: Context) -> bytes:
    answer = context.environ.get("RIDDLE_ANSWER")
    if not answer:
        raise NoAnswer("the riddle has no answer", hint="export RIDDLE_ANSWER=…")
    return answer.encode()
