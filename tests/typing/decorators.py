"""The types of the public API. mypy and pyright check this file; it is not run."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, NoReturn, assert_type

import click
import typer
from pydantic import HttpUrl

from arka_config import (
    App,
    ConfigError,
    Credential,
    CustomLayer,
    Field,
    NoToken,
    Origin,
    ProfileSettings,
    Resolution,
    ResolvedValue,
    Secret,
    SettingsError,
    Token,
    TokenStore,
    open_store,
)
from arka_config.app_identity import AppIdentity

if TYPE_CHECKING:
    from arka_config.testing import RunCli


def parameter(field: Field, profile: str | None) -> tuple[object, str] | None:
    return (30, f"/acme/{field.name}") if profile else None


app = App("acme", settings="acme.settings:Settings", layers=[CustomLayer("ssm", parameter, below="env")])


class Settings(ProfileSettings, app=app):
    token: Token
    api_url: HttpUrl = HttpUrl("https://api.acme.dev")
    timeout: float = 30


# Settings

settings = Settings.load(profile="work", flags={"timeout": 3}, environ={})
assert_type(settings, Settings)
assert_type(settings.timeout, float)
assert_type(settings.token, Token)
assert_type(settings.token.reveal(), str)
assert_type(settings.source_of("timeout"), ResolvedValue)
assert_type(settings.source_of("timeout").layer, str)
assert_type(Settings.app, AppIdentity)


# Decorators


@app.pass_settings
def with_settings(settings: Settings, place: str, days: int = 3) -> list[str]:
    return [place] * days


assert_type(with_settings("Oslo", days=2), list[str])


@app.pass_settings(Settings)
def with_a_class(settings: Settings, place: str) -> int:
    return len(place)


assert_type(with_a_class("Oslo"), int)


@app.profile_option
@app.settings_options(Settings, only=["timeout"])
def with_options(place: str) -> bool:
    return bool(place)


assert_type(with_options("Oslo"), bool)


@click.group()
@app.profile_option
def group() -> None: ...


assert_type(group, click.Group)


@group.command()
@app.profile_option
@app.settings_options(Settings)
@app.pass_settings
def command(settings: Settings) -> None: ...


assert_type(command, click.Command)
assert_type(app.add_commands(group), None)
assert_type(app.add_commands(typer.Typer()), None)


@app.pass_settings(options=["timeout"])
def with_options_of_settings(settings: Settings, place: str) -> int:
    return len(place)


assert_type(with_options_of_settings("Oslo"), int)


@app.pass_settings(Settings, options=True)
async def later(settings: Settings) -> str:
    return settings.token.reveal()


coroutine: Coroutine[Any, Any, str] = later()


@app.json_option
def report(place: str) -> bool:
    return app.wants_json()


assert_type(report("Oslo"), bool)

parser = argparse.ArgumentParser()
assert_type(app.add_arguments(parser, Settings, options=["timeout"], json=True), None)
assert_type(app.add_commands(parser.add_subparsers()), None)
assert_type(app.load_settings(parser.parse_args([]), Settings), Settings)
assert_type(app.settings_reference("man", options=False), str)
assert_type(app.main("acme.cli:cli"), Callable[[], NoReturn])


# Stores and errors

store = open_store(app)
assert_type(store.names(), list[str])
assert_type(Resolution(store, {}).token().origin, Origin)
store.log_in("work", Credential(Secret("acme_x"), Origin.of("https://api.acme.dev")))


def kinds(error: ConfigError, kind: TokenStore, credential: Credential) -> None:
    if isinstance(error, SettingsError):
        assert_type(error.problems, tuple[str, ...])
    if isinstance(error, NoToken):
        assert_type(error.exit_code, int)


# Tests of another CLI


def test_it(run_cli: RunCli) -> None:
    assert_type(run_cli("token", stdin="x").code, int)
