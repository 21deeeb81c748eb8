"""Keyword arguments, validators of the class, its configuration, and its templates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import (
    field_validator,
    model_validator,
)
from pydantic_settings import CliApp

from arka_config import App, ProfileSettings, SettingsError, Token, open_store
from arka_config.cli.runtime.run import run
from arka_config.settings.assignments import check_together, parse_assignments, parse_value
from arka_config.settings.fields import validator
from arka_config.templates.model import json_schema_text
from arka_config.templates.policy import SettingsValidator
from tests.settings.type_cases import CASES, Inner, OneClass, make, same

if TYPE_CHECKING:
    from arka_config.store.profile_store import ProfileStore


# Keyword arguments


@pytest.mark.parametrize("value", [None, '["a"]', ["a"]])
def test_keyword_argument_is_a_value_and_no_text(
    value: Any, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, app = make(str | list[str] | None, {"value": "default"})
    for name, text in (environ | {"ACME_VALUE": "text"}).items():
        monkeypatch.setenv(name, text)
    ours: Any = app.cls
    settings = ours(value=value)
    same(settings.value, plain(value=value).value)
    assert settings.source_of("value").layer == "flag"


def test_nested_model_can_be_set_to_none_by_keyword_argument(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, app = make(Inner | None, {"value": Inner()})
    for name, text in (environ | {"ACME_VALUE__RETRIES": "7"}).items():
        monkeypatch.setenv(name, text)
    ours: Any = app.cls
    assert ours(value=None).value is None


# Validators, when a profile is set


def positive(value: int) -> int:
    if value < 1:
        raise ValueError("must be positive")
    return value


def ordered(self: Any) -> Any:
    if self.value > self.limit:
        raise ValueError("value must not be above limit")
    return self


VALIDATED = {
    "positive": field_validator("value", "limit")(positive),
    "ordered": model_validator(mode="after")(ordered),
    "limit": 10,
}


@pytest.fixture
def validated(environ: dict[str, str]) -> tuple[OneClass, ProfileStore]:
    _, app = make(int, {**VALIDATED, "value": 5, "__annotations__": {"value": int, "limit": int}})
    return app, open_store(app, environ)


def test_set_runs_the_field_validators(validated: tuple[OneClass, ProfileStore]) -> None:
    app, _ = validated
    with pytest.raises(SettingsError) as caught:
        parse_assignments(app, ["value=0", "limit=-1"])
    assert caught.value.problems == ("value: must be positive", "limit: must be positive")


def test_set_runs_the_model_validators(validated: tuple[OneClass, ProfileStore], environ: dict[str, str]) -> None:
    app, store = validated
    with pytest.raises(SettingsError) as caught:
        check_together(store, "p", parse_assignments(app, ["value=20"]), environ)
    assert caught.value.problems == ("Ours: value must not be above limit",)
    check_together(store, "p", parse_assignments(app, ["value=20", "limit=30"]), environ)


def test_profiles_set_and_create_write_nothing_that_the_class_refuses(
    validated: tuple[OneClass, ProfileStore], environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, store = validated
    monkeypatch.setenv("ACME_HOME", environ["ACME_HOME"])
    for command in (["create", "p", "value=20"], ["create", "p", "value=0"]):
        assert run(app, ["profiles", *command]) == 1
    assert not store.exists("p")
    assert run(app, ["profiles", "create", "p", "value=5"]) == 0
    assert run(app, ["profiles", "set", "p", "value=20"]) == 1
    assert store.profiles.read("p").settings == {"value": 5}
    assert run(app, ["profiles", "set", "p", "value=20", "limit=30"]) == 0
    assert app.cls.load(profile="p", environ=environ).value == 20  # type: ignore[attr-defined]


def test_unset_refuses_a_value_that_the_class_needs_and_says_why(
    validated: tuple[OneClass, ProfileStore],
    environ: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    app, store = validated
    monkeypatch.setenv("ACME_HOME", environ["ACME_HOME"])
    store.create("p", {("settings", "value"): 20, ("settings", "limit"): 30})
    assert run(app, ["profiles", "unset", "p", "limit"]) == 1
    assert "Ours: value must not be above limit" in capsys.readouterr().err
    assert store.profiles.read("p").settings == {"value": 20, "limit": 30}
    assert run(app, ["profiles", "unset", "p", "limit", "value"]) == 0
    assert store.profiles.read("p").settings == {}


def test_validators_run_without_a_token_too(environ: dict[str, str]) -> None:
    _, app = make(int, {**VALIDATED, "value": 5, "__annotations__": {"value": int, "limit": int, "token": Token}})
    store = open_store(app, environ)
    with pytest.raises(SettingsError, match="value must not be above limit"):
        check_together(store, "p", parse_assignments(app, ["value=20"]), environ)


def test_unset_runs_field_validators_that_read_other_fields(environ: dict[str, str]) -> None:
    def below(value: int, info: Any) -> int:
        if value > info.data["limit"]:
            raise ValueError("must not be above limit")
        return value

    body = {"below": field_validator("value")(below), "limit": 10, "value": 5}
    _, app = make(int, {**body, "__annotations__": {"limit": int, "value": int}})
    store = open_store(app, environ)
    store.create("p", {("settings", "value"): 20, ("settings", "limit"): 30})
    with pytest.raises(SettingsError, match="value: must not be above limit"):
        check_together(store, "p", {("settings", "limit"): None}, environ)
    check_together(store, "p", {("settings", "limit"): None, ("settings", "value"): None}, environ)


def test_unset_of_a_required_value_is_accepted(environ: dict[str, str]) -> None:
    _, app = make(int, {"__annotations__": {"value": int}})
    store = open_store(app, environ)
    store.create("p", {("settings", "value"): 20})
    check_together(store, "p", {("settings", "value"): None}, environ)


def test_set_accepts_a_valid_value_if_another_was_invalid_before(
    validated: tuple[OneClass, ProfileStore], environ: dict[str, str]
) -> None:
    app, store = validated
    store.create("p", {("settings", "value"): 20})
    check_together(store, "p", parse_assignments(app, ["value=30"]), environ)


def test_set_with_a_validator_that_reads_other_fields_checks_the_type(environ: dict[str, str]) -> None:
    def above(value: int, info: Any) -> Any:
        return max(value, info.data["limit"])

    _, app = make(int, {"above": field_validator("value")(above), "__annotations__": {"limit": int, "value": int}})
    assert parse_assignments(app, ["value=5"]) == {("settings", "value"): 5}
    with pytest.raises(SettingsError, match="valid integer"):
        parse_assignments(app, ["value=x"])


def test_set_of_a_value_without_a_toml_form_names_the_variable() -> None:
    _, app = make(list[int | None])
    with pytest.raises(SettingsError, match="set ACME_VALUE instead"):
        parse_assignments(app, ["value=[1, null]"])


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text("ab'\"\\é "),
        lambda inner: st.lists(inner) | st.dictionaries(st.text("ab", min_size=1), inner),
        max_leaves=5,
    )
)
def test_value_from_set_loads_as_the_variable_s_value(value: Any) -> None:
    """For tables and lists of `Any`: the stored TOML means the same as the JSON text in a variable."""
    _, app = make(dict[str, Any] | list[Any] | str | int | float | bool | None)
    leaf = app.cls.leaves()["value"]
    text = json.dumps(value)
    try:
        stored = parse_value(leaf, text)
    except SettingsError:
        assert "null" in text
        return
    loaded: Any = validator(leaf).validate_python(leaf.decoder.decode(text))
    assert validator(leaf).validate_python(leaf.from_profile(stored)) == loaded


# Configuration, and pydantic-settings' own command line


@pytest.mark.parametrize(
    "config",
    [
        {"json_schema_extra": {"examples": []}},
        {"json_encoders": {}},
        {"title": "Acme"},
        {"frozen": True},
        {"case_sensitive": True},
        {"env_prefix": "ACME_", "env_nested_delimiter": "__", "env_ignore_empty": True},
        {"nested_model_default_partial_update": True},
    ],
)
def test_configuration_that_reads_no_source_is_allowed(config: Any, environ: dict[str, str]) -> None:
    body = {"__annotations__": {"value": int}, "__module__": __name__, "model_config": config}
    settings: Any = type("Ours", (ProfileSettings,), {**body, "app": App("acme")})
    assert settings.load(environ=environ | {"ACME_VALUE": "5"}).value == 5


@pytest.mark.parametrize(
    "config",
    [
        {"env_prefix": "OTHER_"},
        {"env_nested_delimiter": "_"},
        {"env_ignore_empty": False, "env_file": ".env"},
        {"json_file": "a.json"},
        {"json_file_encoding": "utf-8"},
        {"cli_parse_args": True},
        {"secrets_dir": "/run/secrets"},
    ],
)
def test_configuration_of_another_source_is_refused(config: Any) -> None:
    body = {"__annotations__": {"value": int}, "__module__": __name__, "model_config": config}
    with pytest.raises(TypeError, match="is not supported"):
        type("Ours", (ProfileSettings,), {**body, "app": App("acme")})


def test_cli_app_says_what_to_use_instead() -> None:
    _, app = make(int)
    with pytest.raises(TypeError, match=r"Ours does not work with CliApp, .*: use @app.settings_options\(Ours\)"):
        CliApp.run(app.cls, cli_args=[])


def test_model_that_is_defined_after_the_class_is_read(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, app = make("Later | None", {"value": None})
    assert app.cls.leaves()["value"].field.name == "value"
    monkeypatch.setattr("tests.settings.type_cases.Later", Inner, raising=False)
    app.cls.model_rebuild()
    settings: Any = app.cls.load(environ=environ | {"ACME_VALUE__RETRIES": "7"})
    assert settings.value == Inner(retries=7)


# Templates


@pytest.mark.parametrize(
    ("name", "value", "is_valid"),
    [
        ("discriminated union", {"kind": "dog", "tricks": ["sit"]}, True),
        ("discriminated union", {"kind": "dog", "tricks": 3}, False),
        ("list of models", [{"retries": 1}], True),
        ("list of models", [{"retries": "many"}], False),
        ("dataclass", {"x": 1}, True),
        ("dataclass", {}, False),
        ("RootModel", ["a"], True),
    ],
)
def test_schema_of_templates_knows_the_types_of_settings(name: str, value: Any, is_valid: bool) -> None:
    _, app = make(CASES[name].annotation)
    template = {"version": 1, "profile": {"name": "x"}, "settings": {"value": value}}
    schema = json.loads(json_schema_text(app))
    assert jsonschema_rs.is_valid(schema, template) is is_valid
    assert (SettingsValidator(app).problem("value", value) == "") is is_valid


def test_template_is_checked_by_the_validators_of_the_class(validated: tuple[OneClass, ProfileStore]) -> None:
    app, _ = validated
    assert SettingsValidator(app).problem("value", 0) == "must be positive"
    assert SettingsValidator(app).problem("value", 3) == ""
