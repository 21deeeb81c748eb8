"""Find stored secrets other than tokens in a text. They have no common format, so their values are searched for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from arka_config.scanning.tokens import Match, TokenPattern, marker_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from arka_config.app_identity import AppIdentity

LEAST_LENGTH = 8  # characters; shorter texts are found everywhere
_LEAST_DISTINCT = 5  # characters


class SecretPattern:
    """Finds an app's tokens, and the values of secrets, by the name of their record.

    A match of a secret has no text, because that may be a password: its fingerprint is that of the record's name.
    """

    def __init__(self, app: AppIdentity, secrets: Mapping[str, str]) -> None:
        self._tokens = TokenPattern(app) if app.token_prefixes else None
        self._marker = marker_of(app)
        self._texts = [(text.encode(), name) for name, value in secrets.items() for text in texts_in(value)]

    def find(self, content: bytes) -> Iterator[Match]:
        """Yield the tokens of a text, and then the secrets."""
        if self._tokens is not None:
            yield from self._tokens.find(content)
        for text, name in self._texts:
            at = content.find(text)
            while at >= 0:
                start, end = content.rfind(b"\n", 0, at) + 1, content.find(b"\n", at)
                column = len(content[start:at].decode("utf-8", "replace")) + 1
                is_marked = self._marker in content[start : len(content) if end < 0 else end]
                yield Match("", content.count(b"\n", 0, at) + 1, column, is_marked, secret=name)
                at = content.find(text, at + len(text))


def texts_in(value: str) -> list[str]:
    """Return the texts to search for: the value, or those in its JSON, without what is too short or too plain."""
    try:
        parsed = json.loads(value) if value[:1] in ("[", "{") else value
    except (ValueError, RecursionError):
        parsed = value
    texts = [text.strip() for text in _strings(parsed)]
    return [text for text in texts if len(text) >= LEAST_LENGTH and len(set(text)) >= _LEAST_DISTINCT]


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)
