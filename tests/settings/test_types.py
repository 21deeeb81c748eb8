"""Every type that pydantic-settings reads from a variable: the same value from a variable, a flag and a profile."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

import click
import pytest
from click.testing import CliRunner
from hypothesis import assume, example, given
from hypothesis import strategies as st
from pydantic import (
    StrictBool,
    StrictInt,
    ValidationError,
)
from pydantic_settings import NoDecode
from pydantic_settings import SettingsError as PydanticSettingsError

from arka_config import SettingsError, open_store
from arka_config.settings.assignments import parse_assignments, parse_value
from tests.settings.type_cases import CASES, KEPT, Color, Inner, Level, Point, expected, make, same

if TYPE_CHECKING:
    pass


@pytest.mark.parametrize("name", CASES)
def test_variable_gives_the_value_that_pydantic_settings_reads(
    name: str, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES[name]
    plain, app = make(case.annotation, **case.config)
    wanted = expected(plain, monkeypatch, ACME_VALUE=case.text)
    same(app.cls.load(environ={**environ, "ACME_VALUE": case.text}).value, wanted)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", CASES)
def test_flag_gives_the_value_that_pydantic_settings_reads(
    name: str, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
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
def test_profile_gives_the_value_that_pydantic_settings_reads(
    name: str, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES[name]
    plain, app = make(case.annotation, **case.config)
    is_json = case.text[0] in "[{"
    toml = case.toml if case.toml is not None else json.loads(case.text) if is_json else case.text
    open_store(app, environ).create("p", {("settings", "value"): toml})
    wanted = expected(plain, monkeypatch, ACME_VALUE=case.text)
    same(app.cls.load(profile="p", environ=environ).value, wanted)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", KEPT)
def test_profiles_set_stores_a_value_of_each_type(
    name: str, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = CASES[name]
    plain, app = make(case.annotation, **case.config)
    store = open_store(app, environ)
    store.create("p", parse_assignments(app, [f"value={case.text}"]))
    wanted = expected(plain, monkeypatch, ACME_VALUE=case.text)
    same(app.cls.load(profile="p", environ=environ).value, wanted)  # type: ignore[attr-defined]


# Any type and any text

_scalars = st.sampled_from([int, float, bool, str, date, Color, Level, Inner, Point, StrictInt, Literal["a", 1]])
_types = st.recursive(
    _scalars,
    lambda inner: st.one_of(
        inner.map(list.__class_getitem__),
        inner.map(lambda kind: dict.__class_getitem__((str, kind))),
        inner.map(lambda kind: kind | None),
        st.tuples(inner, inner).map(lambda kinds: kinds[0] | kinds[1]),
        inner.map(lambda kind: Annotated[kind, NoDecode]),
    ),
    max_leaves=4,
)
_values = st.recursive(
    st.sampled_from([None, True, 0, 1, 1.5, "a", "1", "red", "2026-01-31"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "retries", "x"]), inner),
    max_leaves=4,
)
_texts = _values.map(json.dumps) | st.sampled_from(["a", "red", "[", "1,2", "yes", "nan", "2026-01-31"])
_parts = st.dictionaries(st.sampled_from(["ACME_VALUE__A", "ACME_VALUE__RETRIES", "ACME_VALUE__X__Y"]), _texts)


def read(load: Any) -> Any:
    """Return the value that a class loads, as a text that shows each type, or that the class refuses it."""
    try:
        return repr(load().value)
    except (ValidationError, PydanticSettingsError, SettingsError):
        return "refused"


@example(Inner, "null", {})
@example(Annotated[Inner | None, NoDecode], "{}", {})
@given(_types, _texts, _parts)
def test_any_text_means_what_it_means_in_pydantic_settings(kind: Any, text: str, parts: dict[str, str]) -> None:
    plain, app = make(kind)
    variables = {"ACME_VALUE": text, **parts, "ACME_HOME": "/nowhere"}
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, each in variables.items():
            monkeypatch.setenv(name, each)
        wanted = read(plain)
    assert read(lambda: app.cls.load(environ=variables)) == wanted


@example(Literal["a", 1] | bool, "true")  # pydantic reads `true` as 1 here, and the text as True
@given(_types, _texts)
def test_value_from_set_loads_as_in_pydantic_settings_for_any_text(kind: Any, text: str) -> None:
    plain, app = make(kind)
    leaf = app.cls.leaves().get("value")
    assume(leaf is not None)
    assert leaf is not None
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("ACME_VALUE", text)
        wanted = read(plain)
    refusal = ""
    try:
        stored = parse_value(leaf, text)
    except SettingsError as error:
        refusal = str(error.problems)
    if refusal:
        assert wanted == "refused" or "cannot hold" in refusal
        return
    ours: Any = app.cls
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("ACME_HOME", "/nowhere")
        assert read(lambda: ours(value=stored)) == wanted


def test_number_too_large_for_a_float_is_infinite_and_no_error() -> None:
    _, app = make(float)
    stored = parse_value(app.cls.leaves()["value"], "9" * 400)
    assert float(stored) == float("inf")
