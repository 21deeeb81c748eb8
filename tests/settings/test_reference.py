"""The generated reference of an app's settings."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import click
import pytest
from click.testing import CliRunner
from pydantic import BaseModel, Field, RootModel, SecretStr
from pydantic import Secret as SecretOf

from arka_config import App, ProfileSettings, Token
from arka_config.arka import app as arka_app
from arka_config.cli.embed.setting_options import setting_options
from arka_config.cli.reference.settings import write
from arka_config.settings.reference import describe
from arka_config.testing import run_program
from tests.acme import Settings as AcmeSettings
from tests.acme import app as acme
from tools.render_reference import render

if TYPE_CHECKING:
    from arka_config.settings.reference import Setting

ROOT = Path(__file__).parents[2]
app = App("acme")


class Level(Enum):
    LOW = 1
    HIGH = 2


class Http(BaseModel):
    retries: int = Field(3, ge=0, lt=10, description="attempts,\nin total")


class Settings(ProfileSettings, app=app):
    token: Token
    region: str
    wait: Annotated[float, Field(gt=0)] = 30
    units: Literal["metric", "imperial", 3] | None = None
    level: Level = Level.LOW
    verbose: bool = False
    tags: tuple[str, ...] = ("a", "b")
    headers: dict[str, str] = {}
    since: dt.date | int | None = None
    folder: Path | None = Field(None, description="where | files are")
    password: SecretStr = SecretStr("hunter2")
    http: Http = Http(retries=5)


def describe_types() -> dict[str, Setting]:
    return {each.name: each for each in describe(app, Settings, options=True)}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("token", "secret"),
        ("region", "text"),
        ("wait", "number > 0"),
        ("units", "`metric`, `imperial` or `3`"),
        ("level", "`1` or `2`"),
        ("verbose", "true or false"),
        ("tags", "list of texts"),
        ("headers", "table"),
        ("since", "date or integer"),
        ("folder", "path"),
        ("password", "secret"),
        ("http.retries", "integer ≥ 0, < 10"),
    ],
)
def test_type_is_described_in_words(name: str, words: str) -> None:
    assert describe_types()[name].type == words


def test_default_is_that_of_the_class_and_never_a_secret() -> None:
    defaults = {name: each.default for name, each in describe_types().items() if each.default is not None}
    assert defaults == {"wait": "30", "level": "1", "verbose": "false", "tags": "a, b", "http.retries": "5"}
    assert {name for name, each in describe_types().items() if each.required} == {"token", "region"}
    assert "hunter2" not in write(app, list(describe_types().values()), "man")


def test_each_setting_has_its_variable_and_option() -> None:
    settings = describe_types()
    assert settings["http.retries"][4:] == (
        "ACME_HTTP__RETRIES",
        "--http-retries",
        "settings.http.retries",
        "attempts, in total",
    )
    assert settings["verbose"].option == "--verbose/--no-verbose"
    assert (settings["token"].option, settings["password"].option) == ("--api-key", "")
    assert [each.option for each in describe(app, Settings, options=["wait"]) if each.option] == ["--wait"]


def test_markdown_has_one_row_for_each_setting() -> None:
    lines = acme.settings_reference().splitlines()
    assert len(lines) == 2 + len(AcmeSettings.leaves())
    assert "| `timeout` | number | `30` | `ACME_TIMEOUT` | `--timeout` |  |" in lines
    assert r"where \| files are" in write(app, list(describe_types().values()), "markdown")


def test_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="markdown, man, not 'html'"):
        acme.settings_reference("html")  # type: ignore[arg-type]  # mypy refuses it too


def test_command_names_the_options_that_the_program_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_HOME", str(tmp_path))
    group = click.Group("acme")
    acme.add_commands(group)

    @group.command()
    @acme.pass_settings(options=["timeout"])
    def wait(settings: AcmeSettings) -> None: ...

    done = CliRunner().invoke(group, ["config", "reference", "--json"])
    options = {each["name"]: each["option"] for each in json.loads(done.stdout)["settings"] if each["option"]}
    assert options == {"token": "--api-key", "api_url": "--api-url", "timeout": "--timeout"}
    assert CliRunner().invoke(group, ["config", "reference", "--format", "man"]).stdout.startswith('.\\" Generated')


def test_generated_pages_are_up_to_date() -> None:
    pages = {name: text for name, text in render().items() if name.endswith(("arka-settings.md", ".5"))}
    assert {name: (ROOT / name).read_text("utf-8") for name in pages} == pages, "run: make docs"
    assert arka_app.settings_reference(options=("token", "api_url")) in pages["docs/reference/arka-settings.md"]


@dataclass
class Point:
    x: int
    y: int = 0


class Names(RootModel[list[str]]):
    pass


class Shapes(ProfileSettings, app=App("shapes", settings=f"{__name__}:Shapes")):
    either: Http | Point = Http(retries=5)
    point: Point = Point(1)
    points: list[Point] = [Point(2)]
    names: Names = Names(["a"])
    pin: SecretOf[int] | None = None


def test_models_and_dataclasses_are_shown_as_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHAPES_HOME", str(tmp_path))
    settings = {each.name: (each.type, each.default) for each in describe(Shapes.app, Shapes, options=True)}
    assert settings == {
        "either": ("table", '{"retries": 5}'),
        "point": ("table", '{"x": 1, "y": 0}'),
        "points": ("list of tables", '[{"x": 2, "y": 0}]'),
        "names": ("list of texts", '["a"]'),
        "pin": ("secret", None),
    }
    main = Shapes.app.main()  # type: ignore[attr-defined]  # it is an App
    assert run_program(main, ("config", "get", "point")).out == '{"x": 1, "y": 0}\n'
    shown = json.loads(run_program(main, ("config", "show", "--json")).out)["settings"]
    assert (shown["either"]["value"], shown["points"]["value"]) == ({"retries": 5}, [{"x": 2, "y": 0}])
    assert 'default: {"x": 1, "y": 0}' in next(
        spec.help for spec in setting_options(Shapes.app, Shapes) if "--point" in spec.names
    )
