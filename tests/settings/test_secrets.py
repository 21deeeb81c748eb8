"""Secrets at any depth of a settings class, names that a settings class cannot have, and copies of settings."""

from __future__ import annotations

import copy
from collections import deque
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Generic, NamedTuple, NewType, TypedDict, TypeVar

import pytest
from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Json,
    RootModel,
    SecretBytes,
    SecretStr,
)
from pydantic import Secret as PydanticSecret
from pydantic.dataclasses import dataclass as pydantic_dataclass
from pydantic_core import PydanticCustomError
from typing_extensions import TypeAliasType

from arka_config import App, ProfileSettings, Token
from arka_config.cli.embed.setting_options import setting_options
from arka_config.cli.runtime.run import run
from arka_config.errors import InvalidValue, SettingsError
from arka_config.settings.secret_types import is_secret
from arka_config.settings.secret_values import check_secret_value
from arka_config.templates.policy import SettingsValidator
from tests.settings.type_cases import make

if TYPE_CHECKING:
    from collections.abc import Callable

app = App(
    "vault7",
    settings=f"{__name__}:Deep",
    token_prefix="v7_",
    api_url="https://vault7.example",
    secret_settings=["keys", "named", "parts", "inner", "password", "text", "texts"],
)


class Part(BaseModel):
    key: SecretStr = SecretStr("part-default")
    size: int = 1


class Table(BaseModel):
    size: int = 1


class Deep(ProfileSettings, app=app):
    token: Token | None = None
    keys: list[SecretStr] = []
    named: dict[str, SecretStr] = {}
    parts: list[Part] = []
    inner: Part = Part()
    password: SecretStr | None = None
    timeout: int = 30
    text: SecretStr = "hunter-default"  # type: ignore[assignment]  # pydantic validates it
    texts: dict[str, SecretStr] = {"a": "hunter-default"}  # type: ignore[dict-item]  # pydantic validates it


T = TypeVar("T")


@dataclass
class Record:
    name: str
    key: SecretStr


class Entry(TypedDict):
    key: SecretStr


class Node(BaseModel):
    key: SecretStr | None = None
    below: list[Node] = []


class Plain(BaseModel):
    name: str
    below: list[Plain] = []


class Triple(NamedTuple):
    name: str
    key: SecretStr


@dataclass
class Box(Generic[T]):
    value: T


@pydantic_dataclass
class Chain:
    key: SecretStr
    after: Chain | None = None


class Extras(BaseModel):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, SecretStr]


def define_local_dataclass() -> type:
    """Define a class with an annotation that cannot be resolved."""

    @dataclass
    class Local:
        key: Unknown  # type: ignore[name-defined]  # noqa: F821  # on purpose

    return Local


Key = TypeAliasType("Key", SecretStr)
Tree = TypeAliasType("Tree", "dict[str, Tree] | SecretStr")
Many = TypeAliasType("Many", list[T], type_params=(T,))
Bound = TypeVar("Bound", bound=SecretStr)
Limited = TypeVar("Limited", str, SecretStr)
Password = NewType("Password", SecretStr)


@pytest.mark.parametrize(
    "annotation",
    [
        *(SecretStr, SecretBytes, SecretStr | None, PydanticSecret[int], Annotated[SecretStr, Field(max_length=5)]),
        *(list[SecretStr], dict[str, SecretStr], tuple[int, SecretStr], dict[str, list[SecretStr | None]]),
        *(list[Part], dict[str, Part], RootModel[list[SecretStr]], Record, list[Record], Entry, Node, Key, list[Key]),
        *(Password, list[Password], Token, Triple, Box[SecretStr], list[Chain], Extras, Tree, Many[SecretStr]),
        *(Bound, Limited, Json[list[SecretStr]], Plain | Part, str | SecretStr, deque[SecretStr]),
        *(Annotated[list[Plain | Part], Field(min_length=1)], define_local_dataclass()),
    ],
    ids=str,
)
def test_secret_is_found_at_any_depth(annotation: Any) -> None:
    assert is_secret(annotation)


@pytest.mark.parametrize("annotation", [str, int | None, list[str], dict[str, list[int]], Plain, list[Plain], Any])
def test_type_without_a_secret_is_not_secret(annotation: Any) -> None:
    assert not is_secret(annotation)


PROFILE = """
[settings]
keys = ["hunter-0", "hunter-1"]
named = { a = "hunter-2" }
parts = [{ key = "hunter-3", size = 2 }]
inner = { key = "hunter-4", size = 3 }
password = "hunter-5"
timeout = 5
"""
VARIABLES = {"VAULT7_KEYS": '["hunter-6"]', "VAULT7_NAMED": '{"b": "hunter-7"}', "VAULT7_PASSWORD": "hunter-8"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the profile `p`, which has secrets in its file."""
    profile = tmp_path / "vault7" / "config" / "profiles" / "p.toml"
    profile.parent.mkdir(parents=True)
    profile.write_text(PROFILE)
    monkeypatch.setenv("VAULT7_HOME", str(tmp_path / "vault7"))
    return tmp_path


@pytest.mark.usefixtures("home")
def test_secrets_of_every_layer_are_loaded() -> None:
    deep = Deep.load(profile="p")
    assert [key.get_secret_value() for key in deep.keys] == ["hunter-0", "hunter-1"]
    assert deep.named["a"].get_secret_value() == "hunter-2"
    assert (deep.parts[0].key.get_secret_value(), deep.parts[0].size) == ("hunter-3", 2)
    assert (deep.inner.key.get_secret_value(), deep.inner.size) == ("hunter-4", 3)
    assert deep.password is not None
    assert deep.password.get_secret_value() == "hunter-5"


def test_secrets_of_variables_are_loaded(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    deep = Deep.load()
    assert (deep.keys[0].get_secret_value(), deep.named["b"].get_secret_value()) == ("hunter-6", "hunter-7")


@pytest.mark.parametrize(
    "line",
    [
        *("config show -p p", "config show -p p --json", "config show --sources -p p", "config get keys -p p"),
        *("config get named -p p --json", "config get inner.key -p p", "profiles show p", "profiles show p --json"),
        *("export template p", "plan {home}/templates --adopt --diff", "plan {home}/templates --adopt --json"),
        *("config show", "config show --json", "config get keys", "config get password", "config get text"),
        *("config get text --json", "config get texts", "config show --show-token", "config show --json --show-token"),
    ],
)
def test_no_output_shows_a_secret(
    line: str, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    (home / "templates").mkdir()
    (home / "templates" / "p.toml").write_text('version = 1\n[profile]\nname = "p"\n[settings.inner]\nsize = 9\n')
    code = run(app, line.format(home=home).split())
    captured = capsys.readouterr()
    assert code in (0, 3), captured.err
    assert captured.out
    assert "hunter" not in captured.out + captured.err


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("word", ["password=hunter-9", "inner.key=hunter-9", 'keys=["hunter-9"]'])
def test_profiles_set_never_writes_a_secret(word: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(app, ["profiles", "set", "p", word]) == 2
    error = capsys.readouterr().err
    assert "it is a secret, which is never written to a profile's file" in error
    assert f"hint: vault7 secrets set {word.partition('=')[0]} --profile NAME" in error
    assert "hunter" not in error
    assert (home / "vault7" / "config" / "profiles" / "p.toml").read_text() == PROFILE


def test_secret_in_place_of_its_table_is_masked(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    profile = home / "vault7" / "config" / "profiles" / "p.toml"
    profile.write_text('settings.inner = "hunter-9"\n')
    for line in ("profiles show p", "profiles show p --json", "config show -p p", "config get inner.key -p p"):
        run(app, line.split())
        captured = capsys.readouterr()
        assert "hunter" not in captured.out + captured.err, line


@pytest.mark.usefixtures("home")
def test_secret_has_no_option() -> None:
    assert {name for spec in setting_options(app, Deep) for name in spec.names} == {
        "--api-key",
        "--timeout",
        "--inner-size",
    }


def test_apply_keeps_the_secrets_of_a_profile(home: Path) -> None:
    (home / "p.toml").write_text('version = 1\n[profile]\nname = "p"\n[settings]\ntimeout = 9\n')
    assert run(app, ["apply", str(home / "p.toml"), "--adopt", "--yes"]) == 0
    assert Deep.load(profile="p").timeout == 9
    assert Deep.load(profile="p").keys[1].get_secret_value() == "hunter-1"


# Names


def declare_setting(name: str, kind: Any = str, owner: Any = app) -> Callable[[], type]:
    """Return a function that declares a settings class with this setting."""
    return lambda: type(
        "Named", (ProfileSettings,), {"__annotations__": {name: kind}, "__module__": __name__}, app=owner
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("api_key", "VAULT7_API_KEY is the token's variable: declare the token as 'token: Token'"),
        ("home", "the program itself reads VAULT7_HOME: choose another name, such as home_setting"),
        ("debug", "the program itself reads VAULT7_DEBUG: choose another name, such as debug_setting"),
        ("profile", "the program itself reads VAULT7_PROFILE"),
        ("passphrase_file", "the program itself reads VAULT7_PASSPHRASE_FILE"),
        ("no_input", "the program itself reads VAULT7_NO_INPUT"),
        ("API_KEY", "VAULT7_API_KEY is the token's variable"),
        ("Home", "the program itself reads VAULT7_HOME: choose another name, such as Home_setting"),
    ],
)
def test_setting_that_shares_a_variable_of_the_program_is_refused(name: str, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        declare_setting(name)()


@pytest.mark.parametrize(("name", "variable"), [("home", "VAULT7_HOME"), ("api_key", "VAULT7_API_KEY")])
def test_table_that_shares_a_variable_of_the_program_is_refused(name: str, variable: str) -> None:
    # VAULT7_HOME would be read as the JSON of the table.
    with pytest.raises(TypeError, match=rf"Named\.{name}: .*{variable}"):
        declare_setting(name, Table)()


def test_name_within_a_table_does_not_share_a_variable() -> None:
    class Api(BaseModel):
        key: str = ""
        home: str = ""

    assert "api.home" in declare_setting("api", Api)().leaves()  # type: ignore[attr-defined]  # it is a ProfileSettings


@pytest.mark.parametrize("prefix", ["V_7_", "VAULT7_API_"])
def test_collision_is_found_with_any_prefix(prefix: str) -> None:
    other = App("vault7", prefix=prefix)
    with pytest.raises(TypeError, match=f"{prefix}API_KEY is the token's variable"):
        declare_setting("api_key", owner=other)()
    with pytest.raises(TypeError, match=f"the program itself reads {prefix}HOME"):
        declare_setting("home", owner=other)()
    assert issubclass(declare_setting("key", owner=other)(), ProfileSettings)


def test_two_settings_with_the_same_variable_are_refused() -> None:
    with pytest.raises(TypeError, match=r"Twice\.KEYS has the same variable, VAULT7_KEYS|keys has the same variable"):
        type(
            "Twice",
            (ProfileSettings,),
            {"__annotations__": {"keys": int, "KEYS": int}, "__module__": __name__, "keys": 1, "KEYS": 1},
            app=app,
        )


def test_two_settings_with_the_same_option_are_refused() -> None:
    class Http(BaseModel):
        retries: int = 1

    with pytest.raises(TypeError, match=r"Both\.http_retries has the same option, --http-retries: rename one"):
        type(
            "Both",
            (ProfileSettings,),
            {
                "__annotations__": {"http_retries": int, "http": Http},
                "__module__": __name__,
                "http_retries": 1,
                "http": Http(),
            },
            app=app,
        )


def test_class_without_an_app_says_how_to_name_one() -> None:
    class Alone(ProfileSettings):
        timeout: int = 30

    with pytest.raises(TypeError, match=r"Alone has no app: write class Alone\(ProfileSettings, app=app\)"):
        Alone()
    with pytest.raises(AttributeError, match=r"Alone has no app: write class Alone\(ProfileSettings, app=app\)"):
        _ = Alone.app
    with pytest.raises(AttributeError, match=r"write class Settings\(ProfileSettings, app=app\)"):
        _ = ProfileSettings.app
    assert not hasattr(Alone, "app")
    with pytest.raises(AttributeError, match="^nosuch$"):
        _ = Alone.nosuch  # type: ignore[attr-defined]  # the test is about its absence


@pytest.mark.usefixtures("home")
def test_missing_nested_settings_are_each_named() -> None:
    class Server(BaseModel):
        host: str
        port: int
        path: str = "/"

    class Nested(ProfileSettings, app=app):
        server: Server

    with pytest.raises(SettingsError) as caught:
        Nested()
    assert list(caught.value.problems) == [
        "server.host: not set; set VAULT7_SERVER__HOST, or settings.server.host in a profile",
        "server.port: not set; set VAULT7_SERVER__PORT, or settings.server.port in a profile",
    ]


@pytest.mark.usefixtures("home")
def test_unknown_name_without_a_near_one_ends_after_the_name() -> None:
    with pytest.raises(TypeError, match="Deep has no zzzzzz$"):
        Deep.load(flags={"zzzzzz": 1})
    with pytest.raises(KeyError, match="Deep has no zzzzzz'$"):
        Deep().source_of("zzzzzz")


# Copies


def test_settings_can_be_copied_and_compared(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT7_API_KEY", "v7_" + "a" * 30)
    deep = Deep(timeout=7)
    for other in (copy.copy(deep), copy.deepcopy(deep), deep.model_copy(deep=True)):
        assert other == deep
        assert other.source_of("timeout").layer == "flag"
        assert other.token is not None
        assert other.token.reveal() == "v7_" + "a" * 30
    monkeypatch.setenv("VAULT7_TIMEOUT", "7")
    assert Deep() == deep, "the same values from another layer"
    assert Deep(timeout=8) != deep


def test_frozen_settings_can_be_hashed(home: Path) -> None:
    class Frozen(ProfileSettings, app=app):
        model_config = ConfigDict(frozen=True)  # type: ignore[assignment]  # a part of SettingsConfigDict
        timeout: int = 30

    assert hash(Frozen()) == hash(Frozen())


@pytest.mark.parametrize(
    ("declared", "missing"),
    [((), "key"), (("key",), "old_key"), (("key", "old_key"), "inner.pin"), (("key", "old_key", "inner"), None)],
)
def test_list_of_secret_settings_that_lacks_one_is_refused(declared: tuple[str, ...], missing: str | None) -> None:
    listing = App("vault8", secret_settings=declared)

    class Inner(BaseModel):
        pin: SecretStr = SecretStr("")

    def define() -> type[ProfileSettings]:
        class Listed(ProfileSettings, app=listing):
            token: Token | None = None
            key: SecretStr = Field(default=SecretStr(""), validation_alias=AliasChoices("key", "old_key"))
            inner: Inner = Inner()

        return Listed

    if missing is None:
        assert define().leaves()
        return
    with pytest.raises(TypeError, match=f"Listed.{missing} is a secret, so the app's secret_settings must name it"):
        define()


@pytest.mark.parametrize("annotation", [str, SecretStr, "str | None"])
def test_token_of_another_type_is_refused(annotation: Any) -> None:
    with pytest.raises(TypeError, match=r"Plain\.token: this is the token, .*: declare it as 'token: Token'"):
        type("Plain", (ProfileSettings,), {"__annotations__": {"token": annotation}, "__module__": __name__}, app=app)


def test_validator_that_quotes_a_secret_is_not_quoted_by_doctor() -> None:
    def refuse(value: object) -> object:
        raise ValueError(f"{value} is too short")

    kinds: list[tuple[Any, str]] = [
        (dict[str, SecretStr], "not valid"),
        (dict[str, str], "{'a': 'hunter-9'} is too short"),
    ]
    for kind, problem in kinds:
        _, one = make(Annotated[kind, BeforeValidator(refuse)])
        assert SettingsValidator(one).problem("value", {"a": "hunter-9"}, may_be_secret=True) == problem


@pytest.mark.parametrize("error", [ValueError, partial(PydanticCustomError, "author", "{value} is too short")])
def test_validator_that_quotes_a_secret_is_not_quoted_when_it_is_stored(error: Any) -> None:
    def refuse(value: object) -> object:
        raise error({"value": value})

    _, one = make(Annotated[dict[str, SecretStr], BeforeValidator(refuse)])
    with pytest.raises(InvalidValue) as caught:
        check_secret_value(one.cls.leaves()["value"], '{"a": "hunter-9"}')
    assert caught.value.message == "value: it is not valid; nothing was stored"
