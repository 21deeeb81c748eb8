"""`export template --schema` prints the schema that an exported template names, for any app."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest
from pydantic import BaseModel, SecretStr

from arka_config import App, ProfileSettings, open_store
from arka_config.cli.runtime.run import run
from tests.cli.program import arka
from tests.pages import ROOT

if TYPE_CHECKING:
    from arka_config.testing import Result

app = App("shelf", settings=f"{__name__}:Settings", api_url="https://shelf.example", secret_settings=["key"])


class Book(BaseModel):
    title: str
    pages: int = 1


def _other() -> type[BaseModel]:
    class Book(BaseModel):
        isbn: str

    return Book


Other = _other()


class Settings(ProfileSettings, app=app):
    books: list[Book] = []
    others: dict[str, Other] = {}  # type: ignore[valid-type]  # the class is made in a function
    hook: Callable[[], None] | None = None
    key: SecretStr = SecretStr("hunter-2")


def exported(*words: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert run(app, ["export", "template", *words]) == 0
    return capsys.readouterr().out


def test_schema_of_arka_is_the_checked_in_one(home: Path) -> None:
    done: Result = arka("export", "template", "--schema")
    is_current = done.out == (ROOT / "profiles" / "template.schema.json").read_text("utf-8")
    assert is_current, "profiles/template.schema.json: run 'make docs'"
    assert arka("export", "template", "--schema", "--json").json == {"schema": json.loads(done.out)}
    assert arka("export", "template", "work", "--schema").code == 2


def test_exported_template_is_valid_under_the_exported_schema(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHELF_HOME", str(tmp_path))
    books = [{"title": "Emma", "pages": 300}]
    open_store(app).create("p", {("settings",): {"books": books, "others": {"a": {"isbn": "1"}}}})
    text = exported("p", capsys=capsys)
    assert text.startswith("#:schema ./template.schema.json\n")
    schema = json.loads(exported("--schema", capsys=capsys))
    validator = jsonschema_rs.validator_for(schema)
    template = tomllib.loads(text)
    assert template["settings"]["books"] == books
    assert validator.is_valid(template)
    for wrong in ({"books": [{"title": 3}]}, {"others": {"a": {"title": "Emma"}}}, {"nope": 1}, {"key": "hunter-2"}):
        assert not validator.is_valid(template | {"settings": wrong})
    assert "hunter" not in json.dumps(schema)
