"""An allow-list: tokens that may stay where they are, such as examples, by fingerprint or by path.

# Tokens of the tests. They were never issued.
3f2a9c0d1e4b5a67
path tests/fixtures/*
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from arka_config.errors import MalformedFile
from arka_config.store import files

if TYPE_CHECKING:
    from arka_config.scanning.findings import Finding

_LENGTH = 16
_DIGITS = frozenset("0123456789abcdef")


class AllowList(NamedTuple):
    """The fingerprints, and the path patterns (`*` matches `/` too), of what is allowed."""

    fingerprints: frozenset[str] = frozenset()
    paths: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: str) -> AllowList | None:
        """Read an allow-list; None if there is no such file. Raises MalformedFile for a line that is neither."""
        text = files.read(path)
        if text is None:
            return None
        fingerprints, paths = set(), []
        for number, line in enumerate(text.splitlines(), 1):
            entry = line.partition("#")[0].strip()
            if entry.startswith("path "):
                paths.append(entry.removeprefix("path ").strip())
            elif len(entry) == _LENGTH and _DIGITS.issuperset(entry):
                fingerprints.add(entry)
            elif entry:
                message = f"{path}:{number}: neither a fingerprint of 16 hexadecimal digits nor `path PATTERN`"
                raise MalformedFile(message, path=path, hint="correct or remove the line")
        return cls(frozenset(fingerprints), tuple(paths))

    def allows(self, finding: Finding) -> bool:
        """Whether a finding is marked in its line, or is in the list."""
        is_listed = finding.match.fingerprint in self.fingerprints
        return finding.match.is_marked or is_listed or any(fnmatchcase(finding.path, each) for each in self.paths)
