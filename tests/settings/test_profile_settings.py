"""ProfileSettings: loading, sources of values, errors and secrets."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import pytest
from pydantic import AliasChoices, BaseModel, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from arka_config import App, ConfigError, Credential, Origin, ProfileSettings, ProfileStore, Secret, Token, open_store
from arka_config.errors import ConfigWarning, ExpiredToken, MalformedFile, OriginConflict, SettingsError, UnknownProfile
from tests.acme import Http, Settings, app

if TYPE_CHECKING:
    from collections.abc import Callable

CANARY = "acme_canary_0123456789abcdef"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"ACME_HOME": str(tmp_path / "acme")}


@pytest.fixture
def work(environ: dict[str, str]) -> ProfileStore:
    """A store with the active profile `work`, which has a token and a timeout."""
    store = open_store(app, environ)
    store.log_in("work", Credential(Secret("acme_stored"), Origin.of("https://api.acme.example")))
    store.edit("work", {("settings", "timeout"): 12})
    return store


# Loading


def log_in_expired(store: ProfileStore, preference: str = "") -> None:
    expired = Credential(Secret("acme_stored"), Origin.of("https://api.acme.example"), expires="2020-01-31T12:00:00Z")
    store.log_in("work", expired)
    Path(store.folders.config, "config.toml").write_text(preference)


def test_load_warns_of_an_expired_token(environ: dict[str, str], work: ProfileStore) -> None:
    log_in_expired(work)
    with pytest.warns(ConfigWarning, match="the token of profile 'work' expired at 2020-01-31") as caught:
        settings = Settings.load(environ=environ)
    assert settings.token is not None
    assert [warning.message.hint for warning in caught if isinstance(warning.message, ConfigWarning)] == [
        "acme login -p work"
    ]


def test_load_refuses_an_expired_token_if_config_toml_requires_it(environ: dict[str, str], work: ProfileStore) -> None:
    log_in_expired(work, 'expiry = "refuse"\n')
    with pytest.raises(ExpiredToken) as caught:
        Settings.load(environ=environ)
    assert caught.value.exit_code == 4
    assert Settings.load(environ=environ | {"ACME_API_KEY": "acme_other"}).token is not None


class WithoutToken(ProfileSettings, app=app):
    timeout: float = 30


def test_load_of_settings_without_a_token_ignores_its_expiry(environ: dict[str, str], work: ProfileStore) -> None:
    log_in_expired(work, 'expiry = "refuse"\n')
    assert WithoutToken.load(environ=environ).timeout == 12


def test_load_without_values_gives_the_defaults(environ: dict[str, str]) -> None:
    settings = Settings.load(environ=environ)
    assert (settings.timeout, settings.token, settings.http.agent) == (30, None, "acme/1")
    assert settings.source_of("timeout").layer == "default"


def test_source_of_a_profile_value_is_file_and_key(environ: dict[str, str], work: ProfileStore) -> None:
    found = Settings.load(environ=environ).source_of("timeout")
    assert (found.layer, found.source, found.key) == ("profile", work.profiles.path("work"), "settings.timeout")


def test_variable_beats_active_profile_unless_it_is_empty(environ: dict[str, str], work: ProfileStore) -> None:
    assert Settings.load(environ={**environ, "ACME_TIMEOUT": "5"}).timeout == 5
    assert Settings.load(environ={**environ, "ACME_TIMEOUT": ""}).timeout == 12


def test_profile_chosen_by_flag_beats_variable(environ: dict[str, str], work: ProfileStore) -> None:
    settings = Settings.load(profile="work", environ={**environ, "ACME_TIMEOUT": "5", "ACME_API_KEY": "acme_other"})
    assert settings.timeout == 12
    assert settings.token is not None
    assert settings.token.reveal() == "acme_stored"


def test_profile_chosen_by_variable_loses_to_variable(environ: dict[str, str], work: ProfileStore) -> None:
    settings = Settings.load(environ={**environ, "ACME_PROFILE": "work", "ACME_API_KEY": "acme_other"})
    assert settings.token is not None
    assert settings.token.reveal() == "acme_other"


def test_keyword_arguments_are_the_flag_layer(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_HOME", environ["ACME_HOME"])
    monkeypatch.setenv("ACME_TIMEOUT", "5")
    settings = Settings(timeout=7)
    assert (settings.timeout, settings.source_of("timeout").layer, settings.source_of("timeout").source) == (
        7,
        "flag",
        "--timeout",
    )


def test_nested_model_can_be_passed_whole_or_by_dotted_name(environ: dict[str, str]) -> None:
    for flags in ({"http": Http(retries=9)}, {"http": {"retries": 9}}, {"http.retries": 9}):
        settings = Settings.load(environ=environ, flags=flags)
        assert (settings.http.retries, settings.http.agent) == (9, "acme/1")
        assert settings.source_of("http.retries").layer == "flag"


def test_unknown_keyword_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="did you mean 'timeout'"):
        Settings(timeot=3)  # type: ignore[call-arg]  # mypy refuses it too


def test_password_keeps_spaces_and_token_does_not(environ: dict[str, str]) -> None:
    settings = Settings.load(environ={**environ, "ACME_PASSWORD": " x ", "ACME_API_KEY": " acme_x\n"})
    assert settings.password is not None
    assert settings.token is not None
    assert (settings.password.get_secret_value(), settings.token.reveal()) == (" x ", "acme_x")


def test_setting_part_of_a_nested_default_keeps_the_rest(environ: dict[str, str]) -> None:
    http = Settings.load(environ={**environ, "ACME_HTTP__RETRIES": "9"}).http
    assert (http.retries, http.agent) == (9, "acme/1")


def test_lists_and_tables_in_variables_are_json_and_replace_the_profile_value(
    environ: dict[str, str], work: ProfileStore
) -> None:
    work.edit("work", {("settings", "http", "headers"): {"a": "1"}, ("settings", "tags"): ["x"]})
    settings = Settings.load(environ={**environ, "ACME_HTTP__HEADERS": '{"b": "2"}', "ACME_TAGS": '["y", "z"]'})
    assert (settings.http.headers, settings.tags) == ({"b": "2"}, ("y", "z"))


def test_source_of_unknown_field_is_a_key_error(environ: dict[str, str]) -> None:
    with pytest.raises(KeyError, match="did you mean 'timeout'"):
        Settings.load(environ=environ).source_of("timeot")


def test_unknown_profile_error_hints_at_nearest_name(environ: dict[str, str], work: ProfileStore) -> None:
    with pytest.raises(UnknownProfile) as raised:
        Settings.load(profile="wrk", environ=environ)
    assert raised.value.hint == "did you mean 'work'?"


def test_url_from_the_environment_is_refused_for_a_stored_token(environ: dict[str, str], work: ProfileStore) -> None:
    with pytest.raises(OriginConflict) as raised:
        Settings.load(environ={**environ, "ACME_API_URL": "https://evil.example"})
    assert "ACME_API_URL" in raised.value.message
    assert work.tokens.path("work") in raised.value.message


def test_token_from_the_environment_is_not_sent_to_the_profile_url(environ: dict[str, str], work: ProfileStore) -> None:
    work.create("evil", {("api_url",): "https://evil.example"})
    work.use("evil")
    settings = Settings.load(environ={**environ, "ACME_API_KEY": "acme_exported"})
    assert str(settings.api_url) == "https://api.acme.example/"
    assert settings.source_of("api_url").layer == "default"


# Other sources


def test_other_sources_of_pydantic_settings_are_not_read(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pydantic-settings itself reads lower-case names, a .env file and the process's environment."""
    (tmp_path / ".env").write_text("ACME_REGION=file\nacme_region=file\nREGION=file\n")
    monkeypatch.chdir(tmp_path)
    for name in ("acme_region", "REGION", "region", "ACME_REGION"):
        monkeypatch.setenv(name, "process")
    assert Settings.load(environ=environ).region is None


def test_class_with_customised_sources_is_refused() -> None:
    with pytest.raises(TypeError, match="sources cannot be customised"):

        class Injected(ProfileSettings, app=app):
            @classmethod
            def settings_customise_sources(cls, *args: Any, **kwargs: Any) -> Any:
                return args


@pytest.mark.parametrize(
    "config",
    [
        SettingsConfigDict(env_prefix="OTHER_"),
        SettingsConfigDict(env_file=".env"),
        SettingsConfigDict(secrets_dir="/run/secrets"),
        SettingsConfigDict(cli_parse_args=True),
        SettingsConfigDict(alias_generator=str.upper),
    ],
)
def test_class_with_configured_sources_is_refused(config: SettingsConfigDict) -> None:
    with pytest.raises(TypeError, match="not supported"):
        type("Configured", (ProfileSettings,), {"model_config": config, "__module__": __name__})


def define_alias() -> type:
    class Aliased(ProfileSettings, app=app):
        timeout: int = Field(3, alias="wait")

    return Aliased


def define_validation_alias() -> type:
    class Aliased(ProfileSettings, app=app):
        timeout: int = Field(3, validation_alias=AliasChoices("wait", "timeout"))

    return Aliased


def define_nested_alias() -> type:
    class Inner(BaseModel):
        timeout: int = Field(3, alias="wait")

    class Outer(ProfileSettings, app=app):
        inner: Inner = Inner()

    return Outer


def define_nested_settings() -> type:
    class Inner(BaseSettings):
        timeout: int = 3

    class Outer(ProfileSettings, app=app):
        inner: Inner | None = None

    return Outer


def define_double_underscore() -> type:
    class Doubled(ProfileSettings, app=app):
        time__out: int = 3

    return Doubled


@pytest.mark.parametrize(
    "make",
    [define_alias, define_validation_alias, define_nested_alias, define_nested_settings, define_double_underscore],
)
def test_class_with_second_names_or_nested_settings_is_refused(make: Callable[[], type]) -> None:
    with pytest.raises(TypeError, match=r"alias|BaseSettings|__"):
        make()


# Errors


def test_error_lists_every_invalid_value_with_layer_and_place(environ: dict[str, str], work: ProfileStore) -> None:
    work.edit("work", {("settings", "http", "retries"): "many", ("settings", "verbose"): "perhaps"})
    with pytest.raises(SettingsError) as raised:
        Settings.load(environ={**environ, "ACME_TIMEOUT": "soon", "ACME_TAGS": "a,b"})
    path = work.profiles.path("work")
    by_name = dict(problem.split(": ", 1) for problem in raised.value.problems)
    assert set(by_name) == {"timeout", "tags", "http.retries", "verbose"}
    assert by_name["timeout"].endswith("(env: ACME_TIMEOUT)")
    assert by_name["tags"].endswith("(env: ACME_TAGS)")
    assert by_name["http.retries"].endswith(f"(profile: {path}: settings.http.retries)")
    assert by_name["verbose"].endswith(f"(profile: {path}: settings.verbose)")


def test_unknown_key_error_names_file_key_layer_and_nearest_name(environ: dict[str, str], work: ProfileStore) -> None:
    work.edit("work", {("settings", "timeot"): 3, ("settings", "http", "retry"): 3})
    with pytest.raises(SettingsError) as raised:
        Settings.load(environ=environ)
    path = work.profiles.path("work")
    assert raised.value.problems == (
        f"timeot: unknown setting (profile: {path}: settings.timeot); did you mean 'timeout'?",
        f"http.retry: unknown setting (profile: {path}: settings.http.retry); did you mean 'retries'?",
    )


def test_missing_field_error_names_variable_and_key(environ: dict[str, str]) -> None:
    class Needy(ProfileSettings, app=app):
        region: str

    with pytest.raises(SettingsError, match=r"region: not set; set ACME_REGION, or settings.region in a profile"):
        Needy.load(environ=environ)


def test_value_instead_of_a_table_error_names_file_and_key(environ: dict[str, str], work: ProfileStore) -> None:
    work.edit("work", {("settings", "http"): 3})
    with pytest.raises(MalformedFile, match=r"work.toml: settings.http must be a table"):
        Settings.load(environ=environ)


# Secrets


class Talkative(ProfileSettings, app=app):
    """Validators that quote their input, as validators of users do."""

    token: Token | None = None
    password: Annotated[SecretStr, Field(max_length=5)] | None = None
    timeout: float = 30

    @field_validator("password")
    @classmethod
    def quote(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            raise ValueError(f"bad password {value.get_secret_value()}")
        return value

    @model_validator(mode="after")
    def never(self) -> Self:
        return self


@pytest.mark.parametrize(
    "wrong",
    [
        {"ACME_TIMEOUT": "soon"},
        {"ACME_PASSWORD": CANARY},
        {"ACME_PASSWORD": "short"},
        {"ACME_TIMEOUT": CANARY},
        {"ACME_API_KEY": f"{CANARY}\x1b[31m"},
    ],
)
def test_errors_and_their_chain_contain_no_secret(
    environ: dict[str, str], wrong: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    try:
        Talkative.load(environ={**environ, "ACME_API_KEY": CANARY, **wrong})
    except ConfigError as error:
        seen: BaseException | None = error
        text = "".join(traceback.format_exception(error)) + caplog.text
        while seen is not None:
            text += repr(seen) + str(seen) + repr(seen.__dict__)
            seen = seen.__cause__ or seen.__context__
        assert CANARY not in text
        assert "short" not in text
    else:
        pytest.fail("the values are wrong")


def test_settings_output_contains_no_token(environ: dict[str, str]) -> None:
    settings = Settings.load(environ={**environ, "ACME_API_KEY": CANARY, "ACME_PASSWORD": CANARY})
    shown = [repr(settings), str(settings), settings.model_dump_json(), json.dumps(settings.model_json_schema())]
    shown += [repr(settings.model_dump()), repr(settings.source_of("token")), repr(settings.token), f"{settings.token}"]
    assert not [text for text in shown if CANARY in text]
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(settings)


def test_helper_runs_when_its_token_is_revealed_not_when_settings_load(
    environ: dict[str, str], work: ProfileStore, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    config = tmp_path / "acme" / "config" / "config.toml"
    config.write_text(f"[helpers]\nvault = ['sh', '-c', 'touch {ran}; echo acme_fetched']\n")
    work.create("fetched", {("token", "helper"): "vault"})
    settings = Settings.load(profile="fetched", environ=environ)
    assert not ran.exists()
    assert settings.token is not None
    assert settings.token.reveal() == "acme_fetched"
    assert ran.exists()


def test_apps_do_not_share_profiles_or_variables(tmp_path: Path, work: ProfileStore, environ: dict[str, str]) -> None:
    other = App("other", api_url="https://other.example")

    class Other(ProfileSettings, app=other):
        timeout: float = 1

    both = {**environ, "OTHER_HOME": str(tmp_path / "other"), "ACME_TIMEOUT": "5"}
    assert Other.load(environ=both).timeout == 1
    assert open_store(other, both).names() == []
