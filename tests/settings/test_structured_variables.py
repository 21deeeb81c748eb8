"""If several variables make up one setting: entries of tables, fields of models, and the JSON of a model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Json,
    Secret,
    SecretBytes,
    SecretStr,
    ValidationError,
)
from pydantic_settings import EnvSettingsSource, NoDecode
from pydantic_settings import SettingsError as PydanticSettingsError
from typing_extensions import TypeAliasType

from arka_config import SettingsError
from arka_config.cli.embed.setting_options import setting_options
from arka_config.cli.runtime.run import run
from arka_config.errors import InvalidValue
from arka_config.settings.unused import unused_variables
from arka_config.store.child_environment import secrets_in
from tests.settings.type_cases import Alias, ByKind, Circle, Inner, Limits, Node, Point, Square, expected, make, same

if TYPE_CHECKING:
    pass


# Several variables for one setting


@pytest.mark.parametrize(
    ("annotation", "variables"),
    [
        pytest.param(dict[str, str], {"ACME_VALUE__KEY": "v"}, id="table"),
        pytest.param(dict[str, int], {"ACME_VALUE": '{"a": 1, "b": 1}', "ACME_VALUE__B": "2"}, id="table-and-entry"),
        pytest.param(dict[str, list[int]], {"ACME_VALUE__A": "[1]"}, id="table-of-lists"),
        pytest.param(dict[str, Inner], {"ACME_VALUE__A__RETRIES": "7"}, id="table-of-models"),
        pytest.param(dict[str, str] | None, {"ACME_VALUE__KEY": "v"}, id="table-or-none"),
        pytest.param(Inner, {"ACME_VALUE": '{"retries": 7, "hosts": ["a"]}'}, id="model"),
        pytest.param(Inner, {"ACME_VALUE": '{"RETRIES": 7}'}, id="model-in-capitals"),
        pytest.param(Inner, {"ACME_VALUE": '{"retries": 7}', "ACME_VALUE__HOSTS": '["b"]'}, id="model-and-field"),
        pytest.param(Alias, {"ACME_VALUE__RETRIES": "7"}, id="alias-of-a-model"),
        pytest.param(Annotated[Inner | None, Field()], {"ACME_VALUE__RETRIES": "7"}, id="model-or-none"),
        pytest.param(Point, {"ACME_VALUE__X": "7", "ACME_VALUE__Y": "8"}, id="dataclass"),
        pytest.param(Limits, {"ACME_VALUE": '{"low": 1}', "ACME_VALUE__HIGH": "7"}, id="dataclass-of-pydantic"),
        pytest.param(ByKind, {"ACME_VALUE__KIND": "cat", "ACME_VALUE__LIVES": "7"}, id="discriminated-union"),
        pytest.param(Square | Circle, {"ACME_VALUE__RADIUS": "7"}, id="union-of-models"),
        pytest.param(Node, {"ACME_VALUE__NAME": "a", "ACME_VALUE__CHILD__CHILD__NAME": "b"}, id="recursive-model"),
        pytest.param(Node, {"ACME_VALUE": '{"child": {"child": {"name": "b"}}}'}, id="recursive-model-as-JSON"),
        pytest.param(Node | None, {"ACME_VALUE__CHILD": '{"name": "b"}'}, id="recursive-model-in-part"),
    ],
)
def test_several_variables_give_one_value(
    annotation: Any, variables: dict[str, str], environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, app = make(annotation)
    wanted = expected(plain, monkeypatch, **variables)
    same(app.cls.load(environ=environ | variables).value, wanted)  # type: ignore[attr-defined]
    assert not unused_variables(app, environ | variables)


@pytest.mark.parametrize("text", ["{}", '{"other": 1}', "null", ""])
@pytest.mark.parametrize("annotation", [Inner, Inner | None, Inner | list[str], Inner | list[str] | None])
def test_model_without_a_value_is_what_pydantic_settings_reads(
    annotation: Any, text: str, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If all fields of a required model have defaults, these do not set the model, but an empty table does."""
    plain, app = make(annotation)
    if text in ("null", ""):
        with pytest.raises((ValidationError, PydanticSettingsError)):
            expected(plain, monkeypatch, ACME_VALUE=text)
        with pytest.raises(SettingsError, match="not set; set ACME_VALUE"):
            app.cls.load(environ=environ | {"ACME_VALUE": text})
    else:
        settings: Any = app.cls.load(environ=environ | {"ACME_VALUE": text})
        same(settings.value, expected(plain, monkeypatch, ACME_VALUE=text))


@pytest.mark.parametrize(("mark", "config"), [([NoDecode], {}), ([], {"enable_decoding": False})])
def test_validator_of_a_model_without_decoding_gets_a_text(
    mark: list[Any], config: dict[str, Any], environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def split(text: Any) -> Any:
        return dict(pair.split("=") for pair in text.split()) if isinstance(text, str) else text

    kind: Any = Inner
    for each in (BeforeValidator(split), *mark):
        kind = Annotated[kind, each]
    plain, app = make(kind, **config)
    text = "retries=7"
    settings: Any = app.cls.load(environ=environ | {"ACME_VALUE": text})
    same(settings.value, expected(plain, monkeypatch, ACME_VALUE=text))
    by_flag: Any = app.cls.load(environ=environ, flags={"value": text})
    same(by_flag.value, settings.value)


def test_flag_beats_one_field_of_a_model_given_as_json(environ: dict[str, str]) -> None:
    _, app = make(Inner)
    settings: Any = app.cls.load(
        flags={"value.retries": "1"}, environ=environ | {"ACME_VALUE": '{"retries": 7, "hosts": ["a"]}'}
    )
    assert settings.value == Inner(retries=1, hosts=["a"])
    assert settings.source_of("value.hosts").place == "ACME_VALUE: hosts"


@pytest.mark.parametrize("text", ["{", "[]", "7", '"a"'])
def test_model_variable_that_is_not_a_table_is_an_error(text: str, environ: dict[str, str]) -> None:
    _, app = make(Inner)
    with pytest.raises(SettingsError) as caught:
        app.cls.load(environ=environ | {"ACME_VALUE": text})
    assert caught.value.problems == ("value: not valid JSON, which a table must be here (env: ACME_VALUE)",)


@pytest.mark.parametrize(
    ("annotation", "variable", "problem"),
    [
        (dict[str, list[int]], "ACME_VALUE__A", "input should be a valid list"),
        (dict[str, Inner], "ACME_VALUE__A__HOSTS", "not valid JSON, which a list or table must be here"),
    ],
)
def test_entry_that_is_not_json_is_an_error_without_its_text(
    annotation: Any, variable: str, problem: str, environ: dict[str, str]
) -> None:
    _, app = make(annotation)
    with pytest.raises(SettingsError) as caught:
        app.cls.load(environ=environ | {variable: "[made-up"})
    assert caught.value.problems == (f"value: {problem} (env: {variable})",)


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")

    retries: int = 3


@pytest.mark.parametrize(
    ("variable", "text"), [("ACME_VALUE", '{"retires": 7}'), ("ACME_VALUE__RETIRES", "7"), ("ACME_VALUE__A__B", "7")]
)
def test_name_that_a_strict_model_lacks_is_an_error(
    variable: str, text: str, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, app = make(Closed, {"value": Closed()})
    with pytest.raises(ValidationError):
        expected(plain, monkeypatch, **{variable: text})
    with pytest.raises(SettingsError, match=rf"^value\.\w+: unknown setting \(env: {variable}\)"):
        app.cls.load(environ=environ | {variable: text})


# Secrets, which have no flag and are not in a profile's file


@pytest.mark.parametrize(
    ("annotation", "variables"),
    [
        pytest.param(SecretStr, {"ACME_VALUE": "made-up"}, id="SecretStr"),
        pytest.param(SecretBytes, {"ACME_VALUE": "made-up"}, id="SecretBytes"),
        pytest.param(Secret[int], {"ACME_VALUE": "7"}, id="Secret[int]"),
        pytest.param(Secret[date], {"ACME_VALUE": "2026-01-31"}, id="Secret[date]"),
        pytest.param(SecretStr | None, {"ACME_VALUE": "made-up"}, id="SecretStr or None"),
        pytest.param(list[SecretStr], {"ACME_VALUE": '["made-up"]'}, id="list"),
        pytest.param(dict[str, SecretStr], {"ACME_VALUE__A": "made-up"}, id="entry of a table"),
        pytest.param(TypeAliasType("Password", SecretStr), {"ACME_VALUE": "made-up"}, id="alias"),
        pytest.param(Json[list[SecretStr]], {"ACME_VALUE": '["made-up"]'}, id="Json"),
    ],
)
def test_secret_type_from_variables_only(
    annotation: Any, variables: dict[str, str], environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, app = make(annotation)
    wanted = expected(plain, monkeypatch, **variables)
    settings: Any = app.cls.load(environ=environ | variables)
    same(settings.value, wanted)
    assert "made-up" not in repr(settings.source_of("value").value)
    assert setting_options(app, app.cls) == []


def test_secret_in_a_models_json_is_hidden_and_not_inherited(environ: dict[str, str]) -> None:
    class Login(BaseModel):
        user: str = ""
        password: SecretStr = SecretStr("")

    _, app = make(Login)
    environ |= {"ACME_VALUE": '{"user": "a", "password": "made-up"}', "ACME_VALUE__PASSWORD__X": "1"}
    settings: Any = app.cls.load(environ=environ)
    assert settings.value.password.get_secret_value() == "made-up"
    assert "made-up" not in repr(settings.source_of("value.password").value)
    assert secrets_in(app, environ) == {"ACME_VALUE"}
    app.secret_settings = ("value.password",)
    assert "ACME_VALUE" in secrets_in(app, environ)


def test_config_show_names_the_variable_of_each_part_and_masks_secrets(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Login(BaseModel):
        user: str = ""
        password: SecretStr = SecretStr("")
        headers: dict[str, int] = {}

    _, app = make(Login)
    environ |= {"ACME_VALUE": '{"user": "a", "password": "made-up"}', "ACME_VALUE__HEADERS__AGE": "7"}
    for name, text in environ.items():
        monkeypatch.setenv(name, text)
    assert run(app, ["config", "show", "--json", "--sources"]) == 0
    shown = capsys.readouterr().out
    assert "made-up" not in shown
    settings = json.loads(shown)["settings"]
    assert [settings["value.user"][key] for key in ("value", "source", "key")] == ["a", "ACME_VALUE", "user"]
    assert settings["value.headers"]["value"] == {"age": "7"}
    assert settings["value.headers"]["source"] == "ACME_VALUE__HEADERS__AGE"


def test_variables_of_a_secret_tables_entries_are_not_inherited(environ: dict[str, str]) -> None:
    _, app = make(dict[str, SecretStr])
    environ |= {"ACME_VALUE__A": "made-up", "ACME_VALUED": "1"}
    assert secrets_in(app, environ) == {"ACME_VALUE__A"}
    app.secret_settings = ("value",)
    assert secrets_in(app, environ) == {"ACME_VALUE__A"}


def test_debug_log_of_pydantic_settings_has_no_values(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _, app = make(dict[str, SecretStr])
    monkeypatch.setenv("PYDANTIC_SETTINGS_DEBUG", "1")
    with caplog.at_level("DEBUG"):
        app.cls.load(environ=environ | {"ACME_VALUE": '{"a": "made-up"}'})
    assert "made-up" not in caplog.text


def test_dataclass_with_a_local_type_counts_as_secret(environ: dict[str, str]) -> None:
    class Local(BaseModel):
        password: SecretStr

    @dataclass
    class Holder:
        local: Local

    _, app = make(Holder | None, {"value": None})
    assert app.cls.leaves()["value"].field.secret


# Text of several lines


@pytest.mark.parametrize(
    ("annotation", "text"),
    [
        (SecretStr, "-----BEGIN KEY-----\nmade-up\n-----END KEY-----\n"),
        (str, "two\r\n\tlines"),
        (list[str], '[\n\t"a",\n\t"b"\n]'),
        (Inner, '{\n  "retries": 7\n}'),
    ],
)
def test_variable_of_several_lines_is_read(
    annotation: Any, text: str, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, app = make(annotation)
    settings: Any = app.cls.load(environ=environ | {"ACME_VALUE": text})
    same(settings.value, expected(plain, monkeypatch, ACME_VALUE=text))


@pytest.mark.parametrize("character", ["\x1b", "\x7f", "\u202e", "\x85"])
@pytest.mark.parametrize("variable", ["ACME_VALUE", "ACME_VALUE__A"])
def test_control_character_in_a_variable_is_an_error(variable: str, character: str, environ: dict[str, str]) -> None:
    _, app = make(dict[str, str])
    with pytest.raises(InvalidValue, match=f"{variable} contains a forbidden character"):
        app.cls.load(environ=environ | {variable: f'{{"a": "{character}"}}'})


def test_config_show_shows_a_value_of_several_lines_in_one(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, app = make(str)
    for name, text in (environ | {"ACME_VALUE": "one\nerror: two"}).items():
        monkeypatch.setenv(name, text)
    for command in (["config", "show"], ["config", "show", "--sources"]):
        assert run(app, command) == 0
        shown = capsys.readouterr()
        assert "one\\x0aerror: two" in shown.out, command
        assert not any(line.startswith("error") for line in (shown.out + shown.err).splitlines())


def test_secret_table_with_a_text_as_value_is_replaced_by_its_entries(environ: dict[str, str]) -> None:
    class Login(BaseModel):
        headers: dict[str, SecretStr] = {}

    _, app = make(Login)
    variables = {"ACME_VALUE": '{"headers": "made-up"}', "ACME_VALUE__HEADERS__A": "other"}
    settings: Any = app.cls.load(environ=environ | variables)
    assert {name: each.get_secret_value() for name, each in settings.value.headers.items()} == {"a": "other"}


def test_text_of_another_thread_does_not_change_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    _, app = make(dict[str, SecretStr])
    decoder = app.cls.leaves()["value"].decoder
    read = EnvSettingsSource.__call__
    others: list[Any] = []

    def read_after_another(source: EnvSettingsSource) -> dict[str, Any]:
        if not others:  # as if another thread ran at this point
            others.append("begun")
            others.append(decoder.decode('{"profile": "theirs"}'))
        return read(source)

    monkeypatch.setattr(EnvSettingsSource, "__call__", read_after_another)
    assert decoder.decode('{"profile": "ours"}') == {"profile": "ours"}
    assert others[1] == {"profile": "theirs"}
