"""A layer of an author's own: its place in the order, its provenance, and what it keeps to as the others do."""

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
    """A parameter store, and what it was asked for."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values = values
        self.asked: list[tuple[str, str | None]] = []

    def __call__(self, field: Field, profile: str | None) -> tuple[object, str] | None:
        self.asked.append((field.name, profile))
        return (self.values[field.name], f"/acme/{field.name}") if field.name in self.values else None


def made(store: Store, below: Literal["flag", "env", "profile"] = "profile") -> type[ProfileSettings]:
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
def test_it_stands_directly_below_the_layer_that_it_names(
    below: Literal["flag", "env", "profile"], order: list[str], environ: dict[str, str]
) -> None:
    settings = made(Store({"timeout": 7}), below)
    resolution = Resolution(
        store_of(settings, environ),
        {**environ, "ACME_TIMEOUT": "5"},
        flags={"timeout": 1},
        defaults=settings.defaults(),
    )
    field = settings.leaves()["timeout"].field
    assert [finding.layer for finding in resolution.trace(field)] == order


def test_a_profile_chosen_by_flag_still_beats_it(environ: dict[str, str]) -> None:
    settings = made(Store({"timeout": 7}), "flag")
    store_of(settings, environ)
    assert settings.load(profile="work", environ=environ).source_of("timeout").layer == "profile"


def test_a_value_says_its_layer_and_its_place(environ: dict[str, str]) -> None:
    found = made(Store({"retry.times": "9"})).load(environ=environ).source_of("retry.times")
    assert (found.layer, found.place, found.value) == ("ssm", "/acme/retry.times", "9")


def test_it_is_asked_once_for_what_nobody_above_has_and_told_the_profile(environ: dict[str, str]) -> None:
    store = Store({})
    settings = made(store)
    store_of(settings, environ)
    settings.load(environ=environ)
    assert ("timeout", "work") not in store.asked
    assert ("tags", "work") in store.asked
    assert len(store.asked) == len(set(store.asked))


def test_a_text_is_decoded_checked_and_wrapped_as_a_variable_s_is(environ: dict[str, str]) -> None:
    settings = made(Store({"tags": '["a", "b"]', "password": "made-up", "timeout": ""}))
    loaded = settings.load(environ=environ)
    assert loaded.model_dump()["tags"] == ("a", "b")
    assert "made-up" not in repr(loaded) + repr(loaded.source_of("password"))
    assert loaded.source_of("timeout").layer == "default"
    with pytest.raises(InvalidValue, match="/acme/timeout"):
        made(Store({"timeout": "\x1b[31m"})).load(environ=environ)


def test_its_token_goes_to_its_own_url_and_to_no_profile_s(environ: dict[str, str]) -> None:
    both = {"token": " acme_kept\n", "api_url": "https://eu.acme.example"}
    loaded = made(Store(both), "env").load(environ=environ)
    assert str(loaded.model_dump()["api_url"]) == "https://eu.acme.example/"
    settings = made(Store({"token": "acme_kept"}), "env")
    profiles = store_of(settings, environ)
    profiles.edit("work", {("api_url",): "https://evil.example"})
    assert settings.load(environ=environ).source_of("api_url").layer == "default"
    settings = made(Store({"api_url": "https://evil.example"}), "env")
    profiles.edit("work", {("api_url",): None})
    profiles.log_in("work", Credential(Secret("acme_stored"), Origin.of("https://api.acme.example")))
    with pytest.raises(OriginConflict, match="/acme/api_url"):
        settings.load(environ=environ)


def test_config_show_has_it_under_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ACME_HOME", str(tmp_path / "acme"))
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert run(SHOWN, ["config", "get", "timeout", "--json"]) == 0
    assert '"layer": "ssm"' in capsys.readouterr().out
    assert run(SHOWN, ["config", "show", "--sources"]) == 0
    assert "/acme/timeout" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["env", "default", "", "two words", "x\n"])
def test_a_name_that_says_nothing_or_is_taken_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a layer's name"):
        CustomLayer(name, Store({}))


def test_a_place_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="not 'default'"):
        CustomLayer("ssm", Store({}), below="default")  # type: ignore[arg-type]  # mypy refuses it too


def test_what_it_raises_is_told_as_any_error(environ: dict[str, str]) -> None:
    def read(field: Field, profile: str | None) -> None:
        raise ConfigError("the parameter store does not answer", hint="acme vpn up")

    app = App("acme", layers=[CustomLayer("ssm", read)])

    class Settings(ProfileSettings, app=app):
        timeout: float = 30

    with pytest.raises(ConfigError, match="does not answer"):
        Settings.load(environ=environ)
