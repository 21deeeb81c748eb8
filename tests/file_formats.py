"""Check the files that are written in tests against the formats that the code declares.

Importing this module checks every file with a documented format that is written in this process.
"""

from __future__ import annotations

import functools
import json
import re
import tomllib
from typing import Any

import jsonschema_rs
import pytest

from arka_config.store import files
from tools.json_schema import name_of
from tools.render_file_formats import FORMATS, schema_file

_write = files.write
_ON_ANY_SYSTEM = {re.sub("^(data|state)/", "", pattern): pattern for pattern in FORMATS}  # templates have folders too
_OF_NEWER_PROGRAMS = ("riddle", "colour", "made-up = ")  # an unlocker, a key and a token reference that tests make up


@functools.cache
def _validator(name: str) -> Any:
    return jsonschema_rs.validator_for({"$ref": f"#/$defs/{name}", **schema_file(strict=True)})


def find_violations(pattern: str, text: str) -> list[str]:
    """Return how a file differs from each of the formats that it may have; empty if it has one of them."""
    document = tomllib.loads(text) if pattern.endswith("toml") else json.loads(text)
    document = json.loads(json.dumps(document, default=str))
    found = []
    for name in map(name_of, FORMATS[pattern]):
        errors = [f"{name}: {error.instance_path}: {error.message}" for error in _validator(name).iter_errors(document)]
        if not errors:
            return []
        found += errors
    return found


def pattern_of(path: str) -> str | None:
    """Return the pattern of a file with a documented format; None for any other file."""
    return next((pattern for end, pattern in _ON_ANY_SYSTEM.items() if re.search(f"(^|/){end}$", path)), None)


def _write_checked(path: str, text: str, *arguments: Any, **options: Any) -> bool:
    pattern = pattern_of(path)
    if pattern is not None and not any(word in text for word in _OF_NEWER_PROGRAMS):
        found = find_violations(pattern, text)
        if found:
            listed = "\n".join(found)
            pytest.fail(f"{path} is written in another format than tools/render_file_formats.py documents:\n{listed}")
    return _write(path, text, *arguments, **options)


files.write = _write_checked
