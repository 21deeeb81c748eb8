"""Custom layers: their position, their provenance, and the rules that they share with the built-in ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import BaseModel, HttpUrl, SecretStr

from arka_config import (
    App,
    ConfigError,
    Credential,
    CustomLayer,
    Field,
    Origin,
    ProfileSettings,
    ProfileStore,
    Secret,
    Token,
    open_store,
)
from arka_config.cli.runtime.run import run
from arka_config.errors import InvalidValue, OriginConflict
from arka_config.store.resolution import Resolution

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Literal


SHOWN = App(
    "acme",
    settings=f"{__name__}:Shown",
    api_url="https://api.acme.example",
    layers=[CustomLayer("ssm", lambda field, _: (7, "/acme/timeout") if field.name == "timeout" else None)],
)


class Shown(ProfileSettings, app=SHOWN):
    timeout: float = 30


class Retry(BaseModel):
    times: int = 3


class Store:
    """A parameter store that records each read."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values = values
        self.asked: list[tuple[str, str | None]] = []

    def __call__(self, field: Field, profile: str | None) -> tuple[object, str] | None:
        self.asked.append((field.name, profile))
        return (self.values[field.name], f"/acme/{field.name}") if field.name in self.values else None


def make_settings(store: Store, below: Literal["flag", "env", "profile"] = "profile") -> type[ProfileSettings]:
    app = App("acme", api_url="https://api.acme.example", layers=[CustomLayer("ssm", store, below=below)])

    class Settings(ProfileSettings, app=app):
        token: Token | None = None
        api_url: HttpUrl = HttpUrl("https://api.acme.example")
        timeout: float = 30
        tags: tuple[str, ...] = ()
        password: SecretStr | None = None
        retry: Retry = Retry()

    return Settings


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"ACME_HOME": str(tmp_path / "acme")}


def store_of(settings: type[ProfileSettings], environ: dict[str, str]) -> ProfileStore:
    profiles = open_store(settings.app, environ)
    profiles.create("work", {("settings", "timeout"): 12})
    profiles.use("work")
    return profiles


@pytest.mark.parametrize(
    ("below", "order"),
    [
        ("flag", ["flag", "ssm", "env", "profile", "default"]),
        ("env", ["flag", "env", "ssm", "profile", "default"]),
        ("profile", ["flag", "env", "profile", "ssm", "default"]),
    ],
)
def test_custom_layer_is_directly_below_the_named_layer(
    below: Literal["flag", "env", "profile"], order: list[str], environ: dict[str, str]
) -> None:
    settings = make_settings(Store({"timeout": 7}), below)
    resolution = Resolution(
        store_of(settings, environ),
        {**environ, "ACME_TIMEOUT": "5"},
        flags={"timeout": 1},
        defaults=settings.defaults(),
    )
    field = settings.leaves()["timeout"].field
    assert [finding.layer for finding in resolution.trace(field)] == order


def test_profile_chosen_by_flag_overrides_a_custom_layer(environ: dict[str, str]) -> None:
    settings = make_settings(Store({"timeout": 7}), "flag")
    store_of(settings, environ)
    assert settings.load(profile="work", environ=environ).source_of("timeout").layer == "profile"


def test_custom_layer_value_has_layer_and_place(environ: dict[str, str]) -> None:
    found = make_settings(Store({"retry.times": "9"})).load(environ=environ).source_of("retry.times")
    assert (found.layer, found.place, found.value) == ("ssm", "/acme/retry.times", "9")


def test_custom_layer_is_read_once_with_the_profile_if_needed(environ: dict[str, str]) -> None:
    store = Store({})
    settings = make_settings(store)
    store_of(settings, environ)
    settings.load(environ=environ)
    assert ("timeout", "work") not in store.asked
    assert ("tags", "work") in store.asked
    assert len(store.asked) == len(set(store.asked))


def test_custom_layer_text_is_handled_like_a_variable(environ: dict[str, str]) -> None:
    settings = make_settings(Store({"tags": '["a", "b"]', "password": "made-up", "timeout": ""}))
    loaded = settings.load(environ=environ)
    assert loaded.model_dump()["tags"] == ("a", "b")
    assert "made-up" not in repr(loaded) + repr(loaded.source_of("password"))
    assert loaded.source_of("timeout").layer == "default"
    with pytest.raises(InvalidValue, match="/acme/timeout"):
        make_settings(Store({"timeout": "\x1b[31m"})).load(environ=environ)


def test_custom_layer_token_is_sent_to_its_own_url(environ: dict[str, str]) -> None:
    both = {"token": " acme_kept\n", "api_url": "https://eu.acme.example"}
    loaded = make_settings(Store(both), "env").load(environ=environ)
    assert str(loaded.model_dump()["api_url"]) == "https://eu.acme.example/"
    settings = make_settings(Store({"token": "acme_kept"}), "env")
    profiles = store_of(settings, environ)
    profiles.edit("work", {("api_url",): "https://evil.example"})
    assert settings.load(environ=environ).source_of("api_url").layer == "default"
    settings = make_settings(Store({"api_url": "https://evil.example"}), "env")
    profiles.edit("work", {("api_url",): None})
    profiles.log_in("work", Credential(Secret("acme_stored"), Origin.of("https://api.acme.example")))
    with pytest.raises(OriginConflict, match="/acme/api_url"):
        settings.load(environ=environ)


def test_config_show_names_the_custom_layer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ACME_HOME", str(tmp_path / "acme"))
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert run(SHOWN, ["config", "get", "timeout", "--json"]) == 0
    assert '"layer": "ssm"' in capsys.readouterr().out
    assert run(SHOWN, ["config", "show", "--sources"]) == 0
    assert "/acme/timeout" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["env", "default", "", "two words", "x\n"])
def test_custom_layer_refuses_an_invalid_or_reserved_name(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a layer's name"):
        CustomLayer(name, Store({}))


def test_custom_layer_refuses_an_unknown_position() -> None:
    with pytest.raises(ValueError, match="not 'default'"):
        CustomLayer("ssm", Store({}), below="default")  # type: ignore[arg-type]  # mypy refuses it too


def test_custom_layer_error_is_reported_like_any_other(environ: dict[str, str]) -> None:
    def read(field: Field, profile: str | None) -> None:
        raise ConfigError("the parameter store does not answer", hint="acme vpn up")

    app = App("acme", layers=[CustomLayer("ssm", read)])

    class Settings(ProfileSettings, app=app):
        timeout: float = 30

    with pytest.raises(ConfigError, match="does not answer"):
        Settings.load(environ=environ)
