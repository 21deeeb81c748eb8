"""Write the tables of docs/reference/json.md, and docs/reference/json.schema.json, of the documents that the code
declares. `make docs` runs this.

A table is between two comments in the page, `<!-- begin NAME -->` and `<!-- end NAME -->`. What is around them is
written by people.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arka_config.cli.output.documents.registry import DOCUMENTS
from arka_config.cli.output.documents.values import FailureDocument
from tools import json_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
_TABLE = re.compile(r"^<!-- begin (\w+) -->\n.*?^<!-- end \1 -->$", re.MULTILINE | re.DOTALL)
ABOUT = "The JSON that each command prints with --json: one schema for each command, and one for each object in it."


def render() -> dict[str, str]:
    """Return the generated files by their name in docs/reference/."""
    return {
        "json.md": fill((FOLDER / "json.md").read_text("utf-8"), json_documents()),
        "json.schema.json": json.dumps(json_schema_file(), indent=2, ensure_ascii=False) + "\n",
    }


def json_documents() -> list[type]:
    """Return every document in the output of a command."""
    return json_schema.documents_in(FailureDocument, *(each for kinds in DOCUMENTS.values() for each in kinds))


def fill(
    page: str,
    documents: Iterable[type],
    other_pages: Mapping[str, str] | None = None,
    other_tables: Mapping[str, str] | None = None,
) -> str:
    """Return a page with its tables written again. Raises ValueError unless it has one for each document.

    `other_pages` are the pages of documents that are on another page, and `other_tables` the page's other tables.
    """
    tables = {json_schema.name_of(each): json_schema.table(each) for each in documents} | dict(other_tables or {})
    for name, other in (other_pages or {}).items():
        tables = {key: text.replace(f"](#{name})", f"]({other}#{name})") for key, text in tables.items()}
    shown = [match[1] for match in _TABLE.finditer(page)]
    if sorted(shown) != sorted(tables):
        missing, unknown = sorted(tables.keys() - set(shown)), sorted(set(shown) - tables.keys())
        twice = sorted({name for name in shown if shown.count(name) > 1})
        raise ValueError(f"tables: {missing} are missing, {unknown} are unknown, {twice} are there twice")
    return _TABLE.sub(lambda match: f"<!-- begin {match[1]} -->\n\n{tables[match[1]]}\n\n<!-- end {match[1]} -->", page)


def command_key(name: str) -> str:
    """Return the name of a command's schema, as that of its man page."""
    return "-".join(["arka", *name.split()])


def json_schema_file(*, strict: bool = False) -> dict[str, Any]:
    """Return the schemas of all commands. `strict` allows no key that this version does not print."""
    failure = {"$ref": "#/$defs/Failure"}
    commands = {
        command_key(name): {
            "anyOf": [*({"$ref": f"#/$defs/{json_schema.name_of(each)}"} for each in documents), failure],
        }
        for name, documents in DOCUMENTS.items()
    }
    return {
        "$schema": json_schema.DRAFT,
        "title": "JSON output of arka",
        "description": ABOUT,
        "$defs": commands | json_schema.definitions(*json_documents(), strict=strict),
    }


def write_files(files: Mapping[str, str]) -> None:
    """Write files to docs/reference/."""
    for name, text in files.items():
        (FOLDER / name).write_text(text, "utf-8")
    print(f"wrote {len(files)} files to docs/reference/")


if __name__ == "__main__":
    write_files(render())
