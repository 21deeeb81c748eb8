"""A made-up kind of token reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arka_config.precedence.layers import token_from
from arka_config.references.protocol import ReferenceKind

if TYPE_CHECKING:
    from arka_config.app_identity import AppIdentity
    from arka_config.references.protocol import Context
    from arka_config.secret import Secret
    from arka_config.store.preferences import Preferences


class MadeUpReference(ReferenceKind):
    """A reference to a token that is the target, reversed."""

    help = "a text that is the token reversed"

    def describe(self, target: str) -> str:
        return f"made-up {target}"

    def fetch(self, target: str, subject: str, context: Context) -> Secret | None:
        return token_from(target[::-1], target)

    def remedy(self, target: str, context: Context) -> str:
        return "write it backwards"

    def policy(self, target: str, app: AppIdentity, preferences: Preferences) -> str:
        return ""
