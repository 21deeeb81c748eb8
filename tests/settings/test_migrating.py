"""A plain pydantic-settings class before and after migration, with each difference that the migration guide lists."""

from __future__ import annotations

import re
import warnings
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import AliasChoices, BaseModel, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as PydanticSettingsError

from arka_config import App, ProfileSettings, SettingsError, Token, open_store
from tests.pages import ROOT

if TYPE_CHECKING:
    from pathlib import Path

app = App("acme", api_url="https://api.acme.example")


class Http(BaseModel):
    retries: int = 3
    agent: str = "plain"


class Before(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="ACME_", env_nested_delimiter="__")

    timeout: float = Field(30, gt=0)
    region: str | None = None
    verbose: bool = False
    tags: list[str] = []
    headers: dict[str, str] = {}
    password: SecretStr | None = None
    http: Http = Http(agent="acme/1")

    @field_validator("region")
    @classmethod
    def lower(cls, value: str | None) -> str | None:
        return value.lower() if value else value


class After(ProfileSettings, app=app):
    timeout: float = Field(30, gt=0)
    region: str | None = None
    verbose: bool = False
    tags: list[str] = []
    headers: dict[str, str] = {}
    password: SecretStr | None = None
    http: Http = Http(agent="acme/1")

    @field_validator("region")
    @classmethod
    def lower(cls, value: str | None) -> str | None:
        return value.lower() if value else value


@pytest.fixture(autouse=True)
def acme_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_HOME", str(tmp_path / "acme"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> Any:
    def set_all(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return set_all


# The same


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"ACME_TIMEOUT": "5", "ACME_REGION": "EU", "ACME_VERBOSE": "yes"},
        {"ACME_TAGS": '["a", "b"]', "ACME_HEADERS": '{"a": "1"}', "ACME_PASSWORD": "made-up"},
        {"ACME_HTTP__RETRIES": "9", "ACME_HTTP__AGENT": "x"},
        {"ACME_HTTP": '{"retries": 9, "agent": "x"}', "ACME_HTTP__AGENT": "y"},
        {"ACME_HEADERS__A": "1", "ACME_HEADERS": '{"b": "2"}'},
    ],
)
def test_same_variables_give_same_values(variables: dict[str, str], environ: Any) -> None:
    environ(**variables)
    assert After().model_dump() == Before().model_dump()


def test_keyword_arguments_beat_the_environment(environ: Any) -> None:
    environ(ACME_TIMEOUT="5")
    assert After(timeout=1).timeout == Before(timeout=1).timeout == 1
    assert After(http={"retries": 2}).http.retries == Before(http={"retries": 2}).http.retries == 2


# Different


def test_empty_variable_is_unset(environ: Any) -> None:
    environ(ACME_REGION="", ACME_TIMEOUT="")
    with pytest.raises(ValidationError):
        Before()
    assert (After().region, After().timeout) == (None, 30)


def test_variable_names_are_case_sensitive(environ: Any) -> None:
    environ(acme_timeout="5")
    assert Before().timeout == 5
    assert After().timeout == 30


def test_setting_part_of_a_nested_default_keeps_the_rest(environ: Any) -> None:
    environ(ACME_HTTP__RETRIES="9")
    assert Before().http.agent == "plain"
    assert After().http.agent == "acme/1"


def test_table_is_taken_whole_from_one_layer(environ: Any) -> None:
    environ(ACME_HEADERS='{"b": "2"}')
    assert Before(headers={"a": "1"}).headers == {"a": "1", "b": "2"}
    assert After(headers={"a": "1"}).headers == {"a": "1"}


def test_alias_is_refused() -> None:
    class Aliased(BaseSettings):
        timeout: int = Field(3, validation_alias=AliasChoices("WAIT"))

    assert Aliased().timeout == 3
    with pytest.raises(TypeError, match="aliases are not supported"):

        class Refused(ProfileSettings, app=app):
            timeout: int = Field(3, validation_alias=AliasChoices("WAIT"))


@pytest.mark.parametrize("config", [{"env_file": ".env"}, {"secrets_dir": "."}, {"toml_file": "acme.toml"}])
def test_other_files_are_not_read(config: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("ACME_TIMEOUT=7\n")
    assert Before(_env_file=".env").timeout == 7
    assert After().timeout == 30
    with pytest.raises(TypeError, match="is not supported"):
        type("Refused", (ProfileSettings,), {"model_config": SettingsConfigDict(**config), "__module__": __name__})  # type: ignore[typeddict-item]  # one of three


def test_customised_sources_are_refused() -> None:
    with pytest.raises(TypeError, match="sources cannot be customised"):

        class Refused(ProfileSettings, app=app):
            @classmethod
            def settings_customise_sources(cls, *args: Any, **kwargs: Any) -> Any:
                return args


def test_nested_base_settings_is_refused() -> None:
    class Inner(BaseSettings):
        retries: int = 3

    with pytest.raises(TypeError, match="use BaseModel"):

        class Refused(ProfileSettings, app=app):
            http: Inner | None = None


def test_unknown_keyword_is_a_type_error() -> None:
    with pytest.raises(ValidationError):
        Before(timeot=3)  # type: ignore[call-arg]  # mypy refuses it too
    with pytest.raises(TypeError, match="did you mean 'timeout'"):
        After(timeot=3)  # type: ignore[call-arg]


def test_error_has_layer_and_place_but_no_input(environ: Any) -> None:
    environ(ACME_TIMEOUT="soon", ACME_PASSWORD="made-up")
    with pytest.raises(ValidationError) as before:
        Before()
    assert before.value.errors()[0]["input"] == "soon"
    with pytest.raises(SettingsError) as after:
        After()
    (problem,) = after.value.problems
    assert problem.endswith("(env: ACME_TIMEOUT)")
    assert "soon" not in problem


def test_token_variable_is_api_key(environ: Any) -> None:
    class Signed(ProfileSettings, app=app):
        token: Token | None = None

    environ(ACME_TOKEN="acme_x")
    assert Signed().token is None
    environ(ACME_API_KEY="acme_x")
    assert str(Signed().source_of("token").place) == "ACME_API_KEY"


def test_effective_profile_ranks_between_environment_and_defaults(environ: Any) -> None:
    open_store(app).create("default", {("settings", "timeout"): 12, ("settings", "verbose"): True})
    environ(ACME_TIMEOUT="5")
    assert (After().timeout, After().verbose) == (5, True)


COMPARISON = ROOT / "docs" / "explanation" / "settings-libraries.md"


def test_comparison_has_thirty_rows_about_the_named_versions() -> None:
    text = COMPARISON.read_text("utf-8")
    rows = [line.split(" | ") for line in text.splitlines() if re.match(r"\| \d+ \|", line)]
    assert [row[0] for row in rows] == [f"| {number}" for number in range(1, 31)]
    assert {len(row) for row in rows} == {6}
    assert f"arka-config {version('arka-config')}" in text


def test_pydantic_settings_behaves_as_the_comparison_states(monkeypatch: pytest.MonkeyPatch) -> None:
    class Compared(BaseSettings):
        name: str = "built in"
        tags: list[str] = []
        count: int = Field(default=1, validation_alias=AliasChoices("COUNT", "NUMBER"))

    monkeypatch.setenv("name", "in lower case")
    assert Compared().name == "in lower case"  # row 15
    monkeypatch.delenv("name")
    monkeypatch.setenv("NAME", "")
    assert Compared().name == ""  # row 14
    monkeypatch.setenv("NUMBER", "7")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Compared().count == 7  # row 23
    monkeypatch.setenv("NUMBER", "a-value")
    with pytest.raises(ValidationError, match="a-value"):  # row 21
        Compared()
    monkeypatch.setenv("TAGS", "a,b")
    with pytest.raises(PydanticSettingsError, match="tags") as error:  # rows 16 and 20
        Compared()
    assert "COUNT" not in str(error.value)


def test_pydantic_settings_masks_nested_secrets_and_ignores_only_nested_unknown_keys(tmp_path: Path) -> None:
    class Nested(BaseModel):
        passwords: dict[str, list[SecretStr]] = {}

    class Compared(BaseSettings):
        nested: Nested = Nested()

    assert "a-value" not in repr(Compared(nested=Nested(passwords={"a": [SecretStr("a-value")]})))  # row 22
    (tmp_path / ".env").write_text('NESTED={"other": 1}\n', "utf-8")
    assert Compared(_env_file=tmp_path / ".env") == Compared()  # row 19
    (tmp_path / ".env").write_text("OTHER=1\n", "utf-8")
    with pytest.raises(ValidationError, match="other"):  # row 19
        Compared(_env_file=tmp_path / ".env")
