"""examples/own_cli.py: a CLI of its own on arka-config, from login to a value's place."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[1] / "examples" / "own_cli.py"
TOKEN = "wx_" + "0" * 33 + "f4d1"


@pytest.fixture(autouse=True)
def weather_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WEATHER_HOME", str(tmp_path / "weather"))
    return tmp_path / "weather"


def weather(*words: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(PROGRAM), *words],
        check=False,
        env={**os.environ, **variables},
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )


def test_without_a_token_it_says_how_to_give_it_one() -> None:
    done = weather("forecast", "Oslo")
    assert done.returncode == 4
    assert done.stderr.startswith("error: there is no token")
    assert "hint: weather login" in done.stderr


def test_it_has_login_and_profiles_and_says_where_a_value_came_from(weather_home: Path) -> None:
    assert weather("login", "--profile", "home", "--with-token", stdin=TOKEN).returncode == 0
    assert weather("profiles", "set", "home", "display.days=7", "display.units=imperial").returncode == 0
    done = weather("forecast", "Oslo", "--profile", "home", WEATHER_DISPLAY__DAYS="5")
    assert done.stdout.splitlines() == [
        "GET https://api.weather.example/forecast/Oslo, 7 days, imperial",
        f"token: profile, {weather_home}/data/tokens/home.json",
        f"display.days: profile, {weather_home}/config/profiles/home.toml: settings.display.days",
    ]


def test_a_flag_wins_over_the_environment_and_that_over_a_profile_not_named() -> None:
    assert weather("login", "--profile", "home", "--with-token", stdin=TOKEN).returncode == 0
    by_variable = weather("forecast", "Oslo", WEATHER_DISPLAY__DAYS="5")
    assert by_variable.stdout.splitlines()[-1] == "display.days: env, WEATHER_DISPLAY__DAYS"
    by_flag = weather("forecast", "Oslo", "--display-days", "2", WEATHER_DISPLAY__DAYS="5")
    assert by_flag.stdout.splitlines()[-1] == "display.days: flag, --display-days"


def test_a_value_that_does_not_fit_is_named_with_its_place() -> None:
    done = weather("forecast", "Oslo", WEATHER_API_KEY=TOKEN, WEATHER_DISPLAY__DAYS="90")
    assert done.returncode == 1
    assert done.stderr.startswith(
        "error: display.days: input should be less than or equal to 14 (env: WEATHER_DISPLAY__DAYS)\n"
    )
