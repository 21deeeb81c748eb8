"""JSON in and out, with the position in every error, and without importing `json` for what this program wrote."""

from __future__ import annotations

from arka_config.errors import MalformedFile
from arka_config.store import files
from arka_config.store.fast import json as fast_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def parse(text: str, path: str, hint: str) -> Any:
    """Return the value of a JSON text. Raises MalformedFile, which names `path` and repeats nothing of the text."""
    table = fast_json.loads(text)
    if table is not None:
        return table
    import json

    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        position = f", line {error.lineno}, column {error.colno}"
    except (ValueError, RecursionError):  # a number with thousands of digits, or nested too deeply
        position = ""
    # Raised outside of the handler: the decoder's error contains the text, which may contain a token.
    raise MalformedFile(f"{path}{position}: not JSON", path=path, hint=hint)


def dumps(table: Mapping[str, Any]) -> str:
    """Return a table as JSON. The same table always gives the same bytes."""
    text = fast_json.dumps(table)
    if text is not None:
        return text
    import json

    return json.dumps(table, indent=2, ensure_ascii=False) + "\n"


def check_version(document: object, supported: int, path: str) -> None:
    """Raise NewerFormat if a file's `version` is one that only a newer program supports."""
    version = document.get("version") if isinstance(document, dict) else None
    if isinstance(version, int) and version > supported:
        from arka_config.errors import NewerFormat

        raise NewerFormat(f"{path}: format {version} is newer than this program", path=path, hint="update this program")


def read_table(path: str, version: int, key: str, *, fault: str, hint: str = "") -> dict[str, Any]:
    """Return the table that a versioned file has under a key; empty if there is no file.

    Raises MalformedFile with this fault, NewerFormat, and what `files.read` raises.
    """
    text = files.read(path)
    if text is None:
        return {}
    document = parse(text, path, hint)
    check_version(document, version, path)
    table = document.get(key) if isinstance(document, dict) else None
    if not isinstance(table, dict):
        raise MalformedFile(f"{path}: {fault}", path=path, hint=hint)
    return table
