"""Every type that pydantic-settings reads from a variable: the same value from a variable, a flag and a profile."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple
from uuid import UUID

import click
import jsonschema_rs
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Discriminator,
    Field,
    HttpUrl,
    Json,
    RootModel,
    Secret,
    SecretBytes,
    SecretStr,
    StrictBool,
    StrictInt,
    Tag,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.dataclasses import dataclass as pydantic_dataclass
from pydantic_settings import BaseSettings, CliApp, ForceDecode, NoDecode
from typing_extensions import TypeAliasType, TypedDict

from arka_config import App, ProfileSettings, SettingsError, open_store
from arka_config.cli.embed.setting_options import setting_options
from arka_config.settings.assignments import assignments, check_together, parse_value
from arka_config.settings.fields import validator
from arka_config.settings.unused import unused_variables
from arka_config.store.child_environment import secrets_in
from arka_config.templates.model import json_schema_text
from arka_config.templates.policy import SettingsValidator

if TYPE_CHECKING:
    from collections.abc import Mapping

    from arka_config.store.profile_store import ProfileStore


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    tricks: list[str] = []


class Square(BaseModel):
    side: float


class Circle(BaseModel):
    radius: float


class Node(BaseModel):
    name: str = "root"
    child: Node | None = None


class Names(RootModel[list[str]]):
    pass


@dataclass
class Point:
    x: int
    y: int = 0
    tags: list[str] = field(default_factory=list)


@pydantic_dataclass
class Limits:
    low: int = 0
    high: int = 10


class Movie(TypedDict):
    title: str
    year: int


class Pair(NamedTuple):
    left: int
    right: str


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Inner(BaseModel):
    retries: int = 3
    hosts: list[str] = []


Hosts = TypeAliasType("Hosts", list[str])
Count = TypeAliasType("Count", int)
Alias = TypeAliasType("Alias", Inner)
Split = Annotated[list[int], NoDecode, BeforeValidator(lambda text: text.split(",") if isinstance(text, str) else text)]
Words = Annotated[list[str], BeforeValidator(lambda text: text.split() if isinstance(text, str) else text)]
Minutes = Annotated[int, BeforeValidator(lambda text: int(text) * 60 if isinstance(text, str) else text)]
Even = Annotated[int, AfterValidator(lambda number: number * 2)]
ByKind = Annotated[Cat | Dog, Field(discriminator="kind")]


def _shape(value: Any) -> str:
    return "circle" if (value.get("radius") if isinstance(value, dict) else hasattr(value, "radius")) else "square"


ByShape = Annotated[Annotated[Square, Tag("square")] | Annotated[Circle, Tag("circle")], Discriminator(_shape)]


class Case(NamedTuple):
    """A type, and one value of it as the text of a variable.

    `words` are the option's texts, if they are not the variable's. `toml` is the value in a profile, if it is not the
    variable's text or, for JSON, what the JSON says.
    """

    annotation: Any
    text: str
    words: tuple[str, ...] = ()
    toml: Any = None
    config: dict[str, Any] = {}  # never changed


CASES: dict[str, Case] = {
    "str": Case(str, "5"),
    "int": Case(int, "5", toml=5),
    "float": Case(float, "2.5", toml=2.5),
    "bool": Case(bool, "yes", toml=True),
    "bytes": Case(bytes, "abc"),
    "Decimal": Case(Decimal, "1.10"),
    "Path": Case(Path, "a/b"),
    "UUID": Case(UUID, "12345678-1234-5678-1234-567812345678"),
    "date": Case(date, "2026-01-31", toml=date(2026, 1, 31)),
    "timedelta": Case(timedelta, "PT90S"),
    "URL": Case(HttpUrl, "https://api.acme.example/v1"),
    "ByteSize": Case(ByteSize, "2KiB"),
    "Enum": Case(Color, "red"),
    "IntEnum": Case(Level, "2", toml=2),
    "int or None": Case(int | None, "5", toml=5),
    "Literal": Case(Literal["a", "b"], "b"),
    "Literal of a numeric Enum": Case(Literal[Level.LOW, Level.HIGH], "2", toml=2),
    "Literal of an Enum or None": Case(Literal[Level.LOW] | None, "1", toml=1),
    "list of text": Case(list[str], '["a", "b"]', ("a", "b")),
    "list or None": Case(list[str] | None, '["a", "b"]', ("a", "b")),
    "list of numbers": Case(list[int], "[1, 2]", ("1", "2")),
    "list of strict numbers": Case(list[StrictInt], "[1, 2]", ("1", "2")),
    "list of numeric Literals": Case(list[Literal[1, 2]], "[1, 2]", ("1", "2")),
    "list of models": Case(list[Inner], '[{"retries": 1}]'),
    "list of lists": Case(list[list[int]], "[[1], [2, 3]]"),
    "set": Case(set[int], "[1, 2]", ("1", "2")),
    "tuple of two types": Case(tuple[int, str], '[1, "a"]', ("1", "a")),
    "NamedTuple": Case(Pair, '[1, "a"]', ('[1, "a"]',)),
    "table": Case(dict[str, int], '{"a": 1}'),
    "table of lists": Case(dict[str, list[int]], '{"a": [1, 2]}'),
    "text or list, text": Case(str | list[str], "a"),
    "text or list, list": Case(str | list[str], '["a"]'),
    "number or table": Case(int | dict[str, int], '{"a": 1}'),
    "union of models": Case(Square | Circle, '{"radius": 2}'),
    "union of models or None": Case(Square | Circle | None, '{"side": 1.5}'),
    "discriminated union": Case(ByKind, '{"kind": "dog", "tricks": ["sit"]}'),
    "discriminated union or None": Case(ByKind | None, '{"kind": "cat", "lives": 3}'),
    "union with a function as discriminator": Case(ByShape, '{"radius": 2}'),
    "table of a discriminated union": Case(dict[str, ByKind], '{"a": {"kind": "dog"}}'),
    "dataclass": Case(Point, '{"x": 1, "tags": ["a"]}'),
    "dataclass of pydantic": Case(Limits, '{"high": 3}'),
    "dataclass or None": Case(Point | None, '{"x": 1}'),
    "TypedDict": Case(Movie, '{"title": "M", "year": 1931}'),
    "RootModel": Case(Names, '["a", "b"]'),
    "RootModel or None": Case(Names | None, '["a", "b"]'),
    "alias of a list": Case(Hosts, '["a"]', ("a",)),
    "alias of a number": Case(Count, "5", toml=5),
    "alias or None": Case(Hosts | None, '["a"]', ("a",)),
    "Json": Case(Json[list[int]], "[1, 2]", toml="[1, 2]"),
    "Json of anything": Case(Json, '{"a": 1}', toml='{"a": 1}'),
    "strict number or None": Case(StrictInt | None, "5", toml=5),
    "strict bool or None": Case(StrictBool | None, "true", toml=True),
    "strict class, number": Case(int, "5", toml=5, config={"strict": True}),
    "strict class, path": Case(Path, "a/b", config={"strict": True}),
    "strict class, date": Case(date, "2026-01-31", config={"strict": True}),
    "strict class, Enum": Case(Color, "red", config={"strict": True}),
    "NoDecode": Case(Split, "1,2", ("1,2",), "1,2"),
    "decoding disabled": Case(Words, "a b", ("a b",), "a b", {"enable_decoding": False}),
    "decoding disabled but for one": Case(
        Annotated[list[int], ForceDecode], "[1, 2]", ("1", "2"), config={"enable_decoding": False}
    ),
    "names of Enum members": Case(Color, "RED", ("red",), "red", {"env_parse_enums": True}),
    "text that stands for None": Case(int | None, "none", config={"env_parse_none_str": "none"}),
    "constraint": Case(Annotated[int, Field(ge=1)], "5", toml=5),
    "validator before": Case(Minutes, "5"),
    "validator after": Case(Even, "5", toml=5),
}
KEPT = {name: case for name, case in CASES.items() if case.text != "none"}  # TOML has no null


class _OneClass(App):
    """An app with one settings class, which is not at a module's top level."""

    cls: type[ProfileSettings]

    def settings_class(self) -> type[ProfileSettings]:
        return self.cls


def make(annotation: Any, more: Mapping[str, Any] | None = None, **config: Any) -> tuple[Any, _OneClass]:
    """Return a plain settings class and an app with the same class of ours, both with one field, `value`."""
    body = {"__annotations__": {"value": annotation}, "__module__": __name__, **(more or {})}
    names = {"env_prefix": "ACME_", "env_nested_delimiter": "__"}
    plain = type("Plain", (BaseSettings,), {**body, "model_config": names | config})
    app = _OneClass("acme", settings="replaced:below")
    ours = type("Ours", (ProfileSettings,), {**body, "model_config": ConfigDict(**config), "app": app})  # type: ignore[typeddict-item]  # settings keys too
    app.cls = ours
    return plain, app


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for name in [name for name in os.environ if name.startswith("ACME_")]:
        monkeypatch.delenv(name)
    return {"ACME_HOME": str(tmp_path / "acme")}


def expected(plain: Any, monkeypatch: pytest.MonkeyPatch, **variables: str) -> Any:
    """The value that pydantic-settings reads."""
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    return plain().value


def same(actual: object, wanted: object) -> None:
    assert actual == wanted
    assert type(actual) is type(wanted)


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


def test_nested_model_is_none_by_keyword_argument(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
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
def validated(environ: dict[str, str]) -> tuple[_OneClass, ProfileStore]:
    _, app = make(int, {**VALIDATED, "value": 5, "__annotations__": {"value": int, "limit": int}})
    return app, open_store(app, environ)


def test_set_runs_the_field_validators(validated: tuple[_OneClass, ProfileStore]) -> None:
    app, _ = validated
    with pytest.raises(SettingsError) as caught:
        assignments(app, ["value=0", "limit=-1"])
    assert caught.value.problems == ("value: must be positive", "limit: must be positive")


def test_set_runs_the_model_validators(validated: tuple[_OneClass, ProfileStore], environ: dict[str, str]) -> None:
    app, store = validated
    with pytest.raises(SettingsError) as caught:
        check_together(store, "p", assignments(app, ["value=20"]), environ)
    assert caught.value.problems == ("Ours: value must not be above limit",)
    check_together(store, "p", assignments(app, ["value=20", "limit=30"]), environ)


def test_set_does_not_refuse_for_what_was_wrong_before(
    validated: tuple[_OneClass, ProfileStore], environ: dict[str, str]
) -> None:
    app, store = validated
    store.create("p", {("settings", "value"): 20})
    check_together(store, "p", assignments(app, ["value=30"]), environ)


def test_set_with_a_validator_that_reads_other_fields_checks_the_type(environ: dict[str, str]) -> None:
    def above(value: int, info: Any) -> Any:
        return max(value, info.data["limit"])

    _, app = make(int, {"above": field_validator("value")(above), "__annotations__": {"limit": int, "value": int}})
    assert assignments(app, ["value=5"]) == {("settings", "value"): 5}
    with pytest.raises(SettingsError, match="valid integer"):
        assignments(app, ["value=x"])


def test_set_of_what_toml_cannot_hold_names_the_variable() -> None:
    _, app = make(list[int | None])
    with pytest.raises(SettingsError, match="set ACME_VALUE instead"):
        assignments(app, ["value=[1, null]"])


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text("ab'\"\\é "),
        lambda inner: st.lists(inner) | st.dictionaries(st.text("ab", min_size=1), inner),
        max_leaves=5,
    )
)
def test_what_set_stores_loads_as_the_variables_value(value: Any) -> None:
    """`Any`-typed tables and lists: the parsed value is TOML, and means what the JSON text means in a variable."""
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
    monkeypatch.setitem(globals(), "Later", Inner)
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


def test_template_is_checked_by_the_validators_of_the_class(validated: tuple[_OneClass, ProfileStore]) -> None:
    app, _ = validated
    assert SettingsValidator(app).problem("value", 0) == "must be positive"
    assert SettingsValidator(app).problem("value", 3) == ""
