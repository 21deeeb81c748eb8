"""Check the JSON that commands print in tests against the documents that the code declares.

Importing this module checks everything that a command prints in this process with `--json`, whatever the test is about.
"""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING, Any

import click
import jsonschema_rs
import pytest

from arka_config.cli.output.documents.registry import DOCUMENTS
from arka_config.cli.runtime.session import Session
from tools.json_schema import name_of
from tools.render_json_reference import json_schema_file

if TYPE_CHECKING:
    from collections.abc import Mapping

_show_json = Session.show_json


@functools.cache
def _definitions() -> dict[str, Any]:
    found: dict[str, Any] = json_schema_file(strict=True)["$defs"]
    return found


@functools.cache
def _validator(name: str) -> Any:
    return jsonschema_rs.validator_for({"$ref": f"#/$defs/{name}", "$defs": _definitions()})


def find_violations(command: str, document: object) -> list[str]:
    """Return how a document differs from each of those that a command may print; empty if it is one of them."""
    printed = json.loads(json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"))  # without surrogates
    found = []
    for name in [*map(name_of, DOCUMENTS[command]), "Failure"]:
        errors = [f"{name}: {error.instance_path}: {error.message}" for error in _validator(name).iter_errors(printed)]
        if not errors:
            return []
        found += errors
    return found


def running_command() -> str | None:
    """Return the name of the command that click runs; None if it is not one of ours."""
    context = click.get_current_context(silent=True)
    words = [] if context is None else context.command_path.split()[1:]
    names = [" ".join(words[start:]) for start in range(len(words))]
    return next((name for name in names if name in DOCUMENTS), None if words else "")


def _show_checked(self: Session, document: Mapping[str, object], *, reveal: bool = False) -> None:
    command = running_command()
    has_own_layers = bool(self.app.layers)  # their names are values of `layer` too
    if command is not None and "$schema" not in document and not has_own_layers:  # SARIF has a schema of its own
        found = find_violations(command, document)
        if found:
            text = "\n".join(found)
            pytest.fail(f"'{command}' prints JSON that arka_config/cli/output/documents/ does not describe:\n{text}")
    _show_json(self, document, reveal=reveal)


Session.show_json = _show_checked  # type: ignore[method-assign]  # for all tests of this process
