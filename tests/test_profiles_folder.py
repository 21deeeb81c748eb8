"""The templates in profiles/ can be applied unchanged. A second apply changes nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from arka_config import ProfileStore, open_store
from arka_config.arka import app
from arka_config.arka.settings import Settings
from arka_config.templates.desired import Facts
from tests.cli.program import TOKEN, arka
from tests.templates.conftest import snapshot

FOLDER = Path(__file__).parents[1] / "profiles"
TIMEOUTS = {"ci": 120, "demo": 30, "laptop": 30}


@pytest.fixture
def applied(home: Path) -> ProfileStore:
    """The store of a machine after applying the folder."""
    done = arka("apply", str(FOLDER), "--yes")
    assert done.code == 0, done.err
    return open_store(app)


def test_apply_creates_every_profile_except_the_one_for_other_machines(applied: ProfileStore) -> None:
    assert applied.names() == sorted(TIMEOUTS)
    for name, timeout in TIMEOUTS.items():
        settings = Settings.load(profile=name, store=applied)
        assert settings.timeout == timeout
        assert str(settings.api_url) == "https://arka-ai.com/"


def test_a_second_apply_writes_nothing(applied: ProfileStore, home: Path) -> None:
    before = snapshot(home, times=True)
    done = arka("apply", str(FOLDER), "--yes")
    assert (done.code, snapshot(home, times=True)) == (0, before)
    assert "Nothing to do" in done.err


def test_the_ci_profile_takes_its_token_from_the_variable(applied: ProfileStore) -> None:
    assert arka("token", "-p", "ci", environ={"ARKA_CI_TOKEN": TOKEN}).out == f"{TOKEN}\n"


def test_the_sealed_example_opens_with_the_demo_identity(home: Path, tmp_path: Path) -> None:
    key = shutil.copy(FOLDER / "demo-identity.txt", tmp_path / "key")
    Path(key).chmod(0o600)
    for _ in range(2):
        done = arka("apply", str(FOLDER), "--yes", "--identity", str(key))
        assert done.code == 0, done.err
    assert open_store(app).credential("demo").token.reveal() == "arka_000000000000000000000000000000000de00"


def test_the_build_template_matches_machines_by_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Facts, "of_this_machine", lambda: Facts("Build-3.example.com", "sam", "linux"))
    secret = home.parent / "arka.token"
    secret.write_text(TOKEN)
    secret.chmod(0o600)
    monkeypatch.setattr("arka_config.references.file.DEFAULT_ROOTS", (str(home.parent),))
    text = (FOLDER / "build.toml").read_text().replace("/run/secrets/arka", str(secret))
    (home.parent / "build.toml").write_text(text)
    for _ in range(2):
        assert arka("apply", str(home.parent / "build.toml"), "--yes").code == 0
    store = open_store(app)
    assert store.names() == ["build-3-example-com"]
    assert store.profiles.read("build-3-example-com").description == "Shared builds on Build-3.example.com, as sam"
    assert store.credential("build-3-example-com").token.reveal() == TOKEN
