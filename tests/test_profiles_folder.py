"""The files in profiles/ work as profiles when they are copied to where profiles are kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from arka_config import ProfileStore
from arka_config.arka import app
from arka_config.arka.settings import Settings

FOLDER = Path(__file__).parents[1] / "profiles"
TOKEN = "arka_" + "0" * 33 + "c1c1"
TOKEN_OF = {"ci": "ARKA_CI_TOKEN", "example": "WORK_TOKEN"}
TIMEOUT = {"ci": 120, "example": 60, "laptop": 30}


@pytest.fixture
def copied(home: Path) -> ProfileStore:
    """The store of a home that the folder's files were copied into."""
    shutil.copytree(FOLDER, home / "config" / "profiles", ignore=shutil.ignore_patterns("*.md"))
    return ProfileStore.open(app)


def test_every_file_is_a_profile(copied: ProfileStore) -> None:
    assert copied.names() == sorted(TIMEOUT)
    assert copied.profiles.misnamed() == []


@pytest.mark.parametrize("name", sorted(TIMEOUT))
def test_a_profile_loads_and_its_values_come_from_its_file(name: str, copied: ProfileStore) -> None:
    settings = Settings.load(profile=name, store=copied)
    assert settings.timeout == TIMEOUT[name]
    assert settings.origin("timeout").place == f"{copied.profiles.path(name)}: settings.timeout"
    assert str(settings.api_url) == "https://arka-ai.com/"


@pytest.mark.parametrize("name", sorted(TOKEN_OF))
def test_a_profile_takes_its_token_from_the_variable_that_it_names(name: str, copied: ProfileStore) -> None:
    settings = Settings.load(profile=name, store=copied, environ={TOKEN_OF[name]: TOKEN})
    assert settings.token is not None
    assert settings.token.reveal() == TOKEN
