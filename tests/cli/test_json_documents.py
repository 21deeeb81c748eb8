"""The documents that describe the JSON of every command are complete, and strict enough to find a difference."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from arka_config.arka import app
from arka_config.cli.output.documents.registry import DOCUMENTS
from arka_config.cli.runtime.command_tree import program
from arka_config.workspace.client.verification import State
from tests.cli.program import arka, every_command
from tests.json_output import find_violations
from tests.pages import ROOT
from tools import json_schema, render_json_reference

REFERENCE = ROOT / "docs" / "reference"


def test_every_command_that_prints_json_has_its_documents() -> None:
    commands = {name for name, _ in every_command(program(app))} - {"exec"}  # the child's output
    assert {name for name in DOCUMENTS if name} == commands, "arka_config/cli/output/documents/registry.py"


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"profile": "work"}, ""),
        ({"profile": None}, ""),
        ({"error": {"message": "a", "lines": ["a"], "hint": None, "exit_code": 1}}, ""),
        ({}, '"profile" is a required property'),
        ({"profile": 1}, "1 is not valid under any"),
        ({"profile": "work", "other": 1}, "Additional properties are not allowed"),
        ({"error": {"message": "a"}}, '"lines" is a required property'),
    ],
)
def test_a_document_that_differs_from_its_description_is_found(document: Any, found: str) -> None:
    differences = find_violations("prompt", document)
    assert any(found in difference for difference in differences) if found else not differences


def test_output_that_no_document_describes_fails_the_test(home: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DOCUMENTS, "prompt", DOCUMENTS["token"])
    with pytest.raises(pytest.fail.Exception, match="'prompt' prints JSON that"):
        arka("prompt", "--json")


def test_a_value_that_this_version_does_not_know_is_found() -> None:
    document = {"name": "timeout", "value": 5, "layer": "file", "source": None, "key": None}
    assert any('"file" is not one of' in each for each in find_violations("config get", document))
    assert find_violations("config get", document | {"layer": "env"}) == []


def test_the_published_schema_is_valid_and_allows_what_later_versions_add() -> None:
    schema = json.loads((REFERENCE / "json.schema.json").read_text("utf-8"))
    jsonschema_rs.meta.validate(schema)
    reader = jsonschema_rs.validator_for({"$ref": "#/$defs/arka-config-get", "$defs": schema["$defs"]})
    document = {"name": "timeout", "value": 5, "layer": "new", "source": None, "key": None, "added": True}
    assert reader.is_valid(document)
    assert not reader.is_valid({"name": "timeout"})
    assert not reader.is_valid(document | {"name": None})


def test_page_without_a_table_or_with_an_unknown_one_is_refused() -> None:
    documents = [DOCUMENTS["prompt"][0], DOCUMENTS["env"][0]]
    with pytest.raises(ValueError, match=r"\['Variables'\] are missing, \['Nothing'\] are unknown"):
        render_json_reference.fill(
            "<!-- begin Prompt -->\n<!-- end Prompt -->\n<!-- begin Nothing -->\n<!-- end Nothing -->\n", documents
        )


def test_every_key_has_a_meaning() -> None:
    for document in render_json_reference.json_documents():
        assert [key.name for key in json_schema.keys(document) if not key.meaning] == []


def test_page_explains_every_state() -> None:
    page = (REFERENCE / "json.md").read_text("utf-8")
    assert [state for state in State if f"\n| `{state}` |" not in page] == []
