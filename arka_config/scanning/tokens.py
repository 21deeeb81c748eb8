"""What a token looks like in a text, and where one was found."""

from __future__ import annotations

import codecs
import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arka_config.app_identity import AppIdentity

MAX_SIZE = 64 << 20  # bytes; the rest of a larger file is not searched
_MAX_LINE = 1 << 16  # bytes around a token that are searched for the marker
_LEAST_LENGTH = 8  # characters after the prefix
_LEAST_DISTINCT = 7  # characters after the prefix; with fewer it is a placeholder such as `arka_xxxx…`
_UTF_16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}  # PowerShell 5 writes such files


class Match(NamedTuple):
    """A token in a text. `line` and `column` count from 1, in characters. The repr does not show the token.

    For a secret other than a token, `secret` is the name of its record, and `token` is empty.
    """

    token: str
    line: int
    column: int
    is_marked: bool
    secret: str = ""

    def __repr__(self) -> str:
        return f"Match({self.line}:{self.column})"

    @property
    def fingerprint(self) -> str:
        """The beginning of the token's SHA-256. Tokens are random, so it does not help to guess one.

        A password could be guessed by its digest, so that of a secret's name is used.
        """
        return fingerprint(self.token or f"secret {self.secret}")


def marker_of(app: AppIdentity) -> bytes:
    """The marker that allows what is found in its line."""
    return f"{app.name.replace(' ', '-')}:allow".encode()


class Pattern(Protocol):
    """What finds tokens, or other secrets, in a text."""

    def find(self, content: bytes) -> Iterator[Match]: ...


def fingerprint(token: str) -> str:
    """Return the 16 hexadecimal digits that identify a token in an allow-list."""
    return hashlib.sha256(token.encode()).hexdigest()[:16]


class TokenPattern:
    """Finds an app's tokens. The app must have a token prefix: other tokens look like any other text."""

    def __init__(self, app: AppIdentity) -> None:
        assert app.token_prefixes
        self._prefixes = tuple(prefix.encode() for prefix in app.token_prefixes)
        self._starts = re.compile(b"|".join(re.escape(prefix) for prefix in self._prefixes))
        self.marker = marker_of(app)
        self._pattern = re.compile(rb"\b(%b)(?![A-Za-z0-9_-])" % _regex(app).encode())

    def find(self, content: bytes) -> Iterator[Match]:
        """Yield the tokens of a text, without placeholders. UTF-16 is recognized by its byte order mark."""
        if content[:2] in _UTF_16:
            content = content[2:].decode(_UTF_16[content[:2]], "replace").encode()
        line, line_start = 1, 0
        at = self._next(content, 0)
        while at >= 0:
            found = self._pattern.match(content, at)
            if found is not None and len(set(self._body(found[0]))) >= _LEAST_DISTINCT:
                line += content.count(b"\n", line_start, at)
                line_start = content.rfind(b"\n", line_start, at) + 1 or line_start
                column = len(content[line_start:at].decode("utf-8", "replace")) + 1
                yield Match(found[0].decode("ascii"), line, column, self._is_marked(content, at))
            at = self._next(content, at + 1 if found is None else found.end())

    def _next(self, content: bytes, start: int) -> int:
        """The next place with a prefix, or -1. Searching for a single one is much faster without a pattern."""
        if len(self._prefixes) == 1:
            return content.find(self._prefixes[0], start)
        found = self._starts.search(content, start)
        return -1 if found is None else found.start()

    def _body(self, token: bytes) -> bytes:
        """A token without its prefix."""
        return token[max(len(prefix) for prefix in self._prefixes if token.startswith(prefix)) :]

    def _is_marked(self, content: bytes, at: int) -> bool:
        """Whether the line has the marker that allows its token."""
        start = content.rfind(b"\n", max(at - _MAX_LINE, 0), at) + 1 or max(at - _MAX_LINE, 0)
        end = content.find(b"\n", at, at + _MAX_LINE)
        return self.marker in content[start : end if end >= 0 else at + _MAX_LINE]


def rule_for_gitleaks(app: AppIdentity) -> str:
    """Return a rule that finds the app's tokens, for the configuration of gitleaks."""
    import tomli_w

    rule = {
        "id": f"{app.folder}-token",
        "description": f"A Personal Access Token of {app.title}",
        "regex": rf"\b({_regex(app)})(?:[^A-Za-z0-9_-]|$)",  # Go has no lookahead
        "secretGroup": 1,
        "keywords": [prefix.lower() for prefix in app.token_prefixes],
    }
    return tomli_w.dumps({"rules": [rule]})


def _regex(app: AppIdentity) -> str:
    """A pattern for the tokens with each prefix. The longest comes first: one may be the beginning of another."""
    return "|".join(_shape(app, prefix) for prefix in sorted(app.token_prefixes, key=len, reverse=True))


def _shape(app: AppIdentity, prefix: str) -> str:
    length = app.length_of(prefix)
    count = f"{_LEAST_LENGTH}," if length is None else f"{length - len(prefix)}"
    return rf"{re.escape(prefix)}[A-Za-z0-9_-]{{{count}}}"
