"""A made-up kind of token reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.precedence.layers import token_from

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.app_identity import AppIdentity
    from arka_config.references.context import Context
    from arka_config.references.protocol import Fault
    from arka_config.secret import Secret
    from arka_config.store.preferences import Preferences


class MadeUpReference:
    """A token that is the target, reversed."""

    help = "a text that is the token reversed"
    runs_program = False

    def describe(self, target: str) -> str:
        return f"made-up {target}"

    def fetch(self, target: str, subject: str, context: Context) -> Secret | None:
        return token_from(target[::-1], target)

    def remedy(self, target: str, context: Context) -> str:
        return "write it backwards"

    def command_to_set(self, target: str) -> str:
        return ""

    def missing(self, target: str, context: Context) -> str:
        return ""

    def check(self, target: str, subject: str, context: Context) -> Iterator[Fault]:
        return iter(())

    def malformed(self, target: str, app: AppIdentity) -> str:
        return ""

    def policy(self, target: str, app: AppIdentity, preferences: Preferences) -> str:
        return ""
