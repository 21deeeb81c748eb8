"""Selection: conditions for tokens. A newer workspace applies them; the client applies them too, for an older one."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from arka_config import timestamps

if TYPE_CHECKING:
    from arka_config.workspace.client.models import TokenDetails

VALID = "valid"
EXPIRED = "expired"
_PATTERN_CHARACTERS = "*?["


class Selection(NamedTuple):
    """Conditions, all of which must be met. `label` is a pattern, `state` VALID or EXPIRED; times are in stored form.

    `user` is an e-mail address, which only the workspace can apply, or empty for the user of the token that asks. A
    token that was never used counts as last used when it was created.
    """

    label: str = ""
    state: str = ""
    expires_before: str = ""
    last_used_before: str = ""
    user: str = ""

    @classmethod
    def by_label(cls, label: str) -> Selection:
        """The tokens with exactly this label."""
        return cls("".join(f"[{each}]" if each in _PATTERN_CHARACTERS else each for each in label))

    def query(self) -> str:
        """The conditions as the parameters of a URL. An older workspace ignores them."""
        return urlencode({name: value for name, value in self._asdict().items() if value})

    def matches(self, details: TokenDetails) -> bool:
        """Whether a token meets all conditions."""
        if self.label and not fnmatchcase(details.label, self.label):
            return False
        if self.state and (self.state == EXPIRED) != _is_before(details.expires, timestamps.to_text(timestamps.now())):
            return False
        if self.expires_before and not _is_before(details.expires, self.expires_before):
            return False
        last_use = details.last_used or details.created
        return not self.last_used_before or _is_before(last_use, self.last_used_before)


EVERYTHING = Selection()


def is_pattern(label: str) -> bool:
    """Whether a text has a character with a meaning in patterns."""
    return any(character in label for character in _PATTERN_CHARACTERS)


def _is_before(timestamp: str, limit: str) -> bool:
    return bool(timestamp) and timestamps.parse(timestamp) <= timestamps.parse(limit)
