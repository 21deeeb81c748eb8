"""Every type that pydantic-settings reads from a variable: the same value from a variable, a flag and a profile."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner
from pydantic import (
    StrictBool,
)

from arka_config import open_store
from arka_config.settings.assignments import assignments
from tests.settings.type_cases import CASES, KEPT, expected, make, same

if TYPE_CHECKING:
    pass


@pytest.mark.parametrize("name", CASES)
def test_type_from_a_variable(name: str, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES[name]
    plain, app = make(case.annotation, **case.config)
    wanted = expected(plain, monkeypatch, ACME_VALUE=case.text)
    same(app.cls.load(environ={**environ, "ACME_VALUE": case.text}).value, wanted)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", CASES)
def test_type_from_a_flag(name: str, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES[name]
    plain, app = make(case.annotation, **case.config)
    loaded = []
    decorate: Any = app.pass_settings(app.cls)
    show = click.command()(app.settings_options(app.cls)(decorate(lambda settings: loaded.append(settings.value))))

    words = [word for text in case.words or (case.text,) for word in ("--value", text)]
    words = ["--value"] if case.annotation in (bool, StrictBool | None) else words  # --value/--no-value
    result = CliRunner().invoke(show, words, env={"ACME_HOME": environ["ACME_HOME"]}, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    same(loaded[0], expected(plain, monkeypatch, ACME_VALUE=case.text))


@pytest.mark.parametrize("name", KEPT)
def test_type_from_a_profile(name: str, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES[name]
    plain, app = make(case.annotation, **case.config)
    is_json = case.text[0] in "[{"
    toml = case.toml if case.toml is not None else json.loads(case.text) if is_json else case.text
    open_store(app, environ).create("p", {("settings", "value"): toml})
    wanted = expected(plain, monkeypatch, ACME_VALUE=case.text)
    same(app.cls.load(profile="p", environ=environ).value, wanted)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", KEPT)
def test_type_set_in_a_profile(name: str, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    case = CASES[name]
    plain, app = make(case.annotation, **case.config)
    store = open_store(app, environ)
    store.create("p", assignments(app, [f"value={case.text}"]))
    wanted = expected(plain, monkeypatch, ACME_VALUE=case.text)
    same(app.cls.load(profile="p", environ=environ).value, wanted)  # type: ignore[attr-defined]
