"""The files of every recorded version: this version reads and changes them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from arka_config import open_store
from arka_config.arka import app
from arka_config.sealing import sessions
from arka_config.sealing.unlockers import key_file
from arka_config.templates import plan_file
from arka_config.templates.ledger import LedgerFile
from tests.cli.program import arka
from tests.compatibility.conftest import FOLDER, SEALED_VERSIONS, VERSIONS, output, restore, token
from tests.compatibility.scenario import ENVIRON, OTHER_SECRETS, PASSPHRASE, TOKENS
from tests.secretive import app as secretive_app
from tests.secretive import secretive

ROOT = FOLDER.parents[1]


def test_every_released_version_is_recorded() -> None:
    released = re.findall(r"^## \[(\d[^\]]*)\] - ", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert released
    assert set(released) <= set(VERSIONS), "before a release: python -m tests.compatibility.record VERSION"
    assert set(VERSIONS) <= {*released, "unreleased"}


SECRET_VERSIONS = sorted(path.parent.name for path in FOLDER.glob("*/secrets"))
EXPECTED = {"old": "work"}  # imported from the legacy file


def stored(project: Path) -> list[str]:
    return sorted(path.stem for path in (project.parent / "arka" / "data" / "tokens").glob("*.json"))


def test_tokens_are_read(project: Path) -> None:
    names = stored(project)
    assert {"ci", "work"} <= set(names)
    assert {name: token(name) for name in names} == {name: TOKENS[EXPECTED.get(name, name)] for name in names}


def test_profiles_pins_and_preferences_are_read(project: Path) -> None:
    work = arka("profiles", "show", "work", "--json").json
    assert (work["description"], work["settings"]["timeout"]) == ("Work laptop", 60)
    assert (work["token"]["label"], work["token"]["expires"]) == ("MacBook Pro", "2099-12-31T23:59:59Z")
    assert arka("profiles", "show", "runner", "--json").json["token"]["reference"] == {"env": "RUNNER_TOKEN"}
    assert token("runner", **ENVIRON) == ENVIRON["RUNNER_TOKEN"]
    assert arka("profiles", "list", "--json").json["active"] == "work"
    assert [pin["profile"] for pin in arka("use", "--pins", "--json").json["pins"]] == ["ci"]
    preferences = open_store(app, {"ARKA_HOME": str(project.parent / "arka")}).preferences
    assert preferences.helpers == {"op": ("op", "read", "x")}


def test_no_file_is_reported_as_malformed_or_unknown(project: Path) -> None:
    done = arka("doctor", "--json", environ=ENVIRON)
    found = {check["name"] for check in done.json["checks"] if check["found"]}
    assert found.isdisjoint({"preferences", "profiles", "tokens", "secrets", "state", "vault"}), done.out


def test_files_are_changed_and_read_again(project: Path) -> None:
    (project.parent / "arka" / "state" / "lock").write_text("4194304 arka")  # the lock of a holder that was killed
    assert arka("profiles", "set", "work", "timeout=61").code == 0
    assert arka("use", "ci").code == 0
    assert arka("use", "--here", "work").code == 0
    assert arka("config", "set", "expiry_warning=7d").code == 0
    done = arka("login", "-p", "work", "--with-token", "--no-verify", "--force", stdin=TOKENS["stored"])
    assert done.code == 0, done.err
    assert token("work") == TOKENS["stored"]
    assert arka("profiles", "show", "work", "--json").json["settings"]["timeout"] == 61
    assert arka("profiles", "rename", "ci", "builds").code == 0
    assert token("builds") == TOKENS["ci"]


def test_exports_have_the_same_text(version: str, project: Path) -> None:
    for shell, suffix in (("bash", "bash"), ("fish", "fish"), ("powershell", "ps1")):
        recorded = (FOLDER / version / "plain/project/exports" / f"env.{suffix}").read_text("utf-8")
        assert arka("env", "-p", "work", "--with-token", "--shell", shell).out == recorded
    assert arka("export", "dotenv", "-p", "work").out == (project / "exports" / "dotenv").read_text("utf-8")
    assert arka("export", "legacy", "-p", "work", "--output", "again.json").code == 0
    assert (project / "again.json").read_bytes() == (project / "legacy.json").read_bytes()


def test_the_exported_legacy_file_is_imported(project: Path) -> None:
    done = arka("import", "legacy", "-p", "imported", "--input", "legacy.json", "--keep")
    assert done.code == 0, done.err
    assert token("imported") == TOKENS["work"]


TEMPLATE_VERSIONS = [version for version in VERSIONS if output(version, "plain", "apply templates") is not None]


@pytest.mark.parametrize("version", TEMPLATE_VERSIONS)
def test_applied_templates_change_nothing_when_they_are_applied_again(project: Path) -> None:
    done = arka("apply", "templates", "--yes", "--no-verify", "--json", environ=ENVIRON)
    assert done.code == 0, done.err
    assert {each["action"] for each in done.json["plan"]["profiles"]} == {"unchanged"}
    assert (done.json["written"], done.json["stored"]) == ([], [])  # the ledger notes that the folder has moved


@pytest.mark.parametrize("version", TEMPLATE_VERSIONS)
def test_a_saved_plan_and_a_sealed_template_are_read(project: Path) -> None:
    saved = plan_file.read(str(project / "plan.json"), app.name)
    assert saved.paths
    assert arka("profiles", "remove", "sealed", "--yes").code == 0
    done = arka("apply", "templates/sealed.toml", "--yes", "--no-verify", environ=ENVIRON)
    assert done.code == 0, done.err
    assert token("sealed") == TOKENS["sealed"]


JOURNAL_VERSIONS = sorted(path.parents[3].name for path in FOLDER.glob("*/plain/arka/state/journal.json"))


@pytest.mark.parametrize("version", JOURNAL_VERSIONS)
def test_an_unfinished_rotation_is_known(project: Path) -> None:
    (entry,) = open_store(app, {"ARKA_HOME": str(project.parent / "arka")}).journal.entries()
    assert (entry.profile, entry.id, entry.label) == ("work", "tok_0000000000000000000001", "MacBook Pro")


@pytest.fixture(params=SEALED_VERSIONS)
def sealed(request: pytest.FixtureRequest, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A version with a vault. The path of its key file is that of the machine on which it was recorded."""
    read = key_file.read
    monkeypatch.setattr(key_file, "read", lambda _: read(str(home / "state" / "vault.key")))
    restore(request.param, "sealed", home)
    return str(request.param)


@pytest.mark.parametrize("opened_by", ["key-file", "passphrase", "session"])
def test_sealed_tokens_are_opened(sealed: str, opened_by: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {"ARKA_PASSPHRASE": PASSPHRASE} if opened_by == "passphrase" else {}
    if opened_by != "key-file":
        (home / "state" / "vault.key").unlink()
    if opened_by == "session":
        monkeypatch.setattr(sessions, "_time_in", lambda _: "2026-01-01T00:00:00Z")
        unlocked = output(sealed, "sealed", "vault unlock")
        assert unlocked is not None
        environ = dict(unlocked["variables"])
    names = sorted(path.stem for path in (home / "data" / "tokens").glob("*.json"))
    names = ["work"] if opened_by == "passphrase" else names  # each run derives a key from it, which takes a second
    assert {name: token(name, **environ) for name in names} == {name: TOKENS[name] for name in names}


def test_a_vault_is_rekeyed_and_opened_again(sealed: str, home: Path) -> None:
    assert sealed
    done = arka("vault", "rekey", environ={"ARKA_PASSPHRASE": PASSPHRASE})
    assert done.code == 0, done.err
    assert token("work") == TOKENS["work"]
    assert json.loads((home / "data" / "tokens" / "work.json").read_text())["label"] == "MacBook Pro"


@pytest.mark.parametrize("scene", ["secrets", "sealed-secrets"])
@pytest.mark.parametrize("version", SECRET_VERSIONS)
def test_secrets_are_read_and_changed(version: str, scene: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = key_file.read
    monkeypatch.setattr(key_file, "read", lambda _: read(str(home / "state" / "vault.key")))
    restore(version, scene, home)
    records = open_store(secretive_app, {"ARKA_HOME": str(home)}).secrets
    found = {field: records.read("work", field) for field in records.fields("work")}
    known = {field: secret.reveal() for field, secret in found.items() if secret is not None}
    expected = OTHER_SECRETS if scene == "sealed-secrets" else {**OTHER_SECRETS, "private_key": None}
    assert known == {field: text.rstrip("\n") for field, text in expected.items() if text is not None}
    assert secretive("secrets", "set", "pin", "-p", "work", stdin="1234").code == 0
    assert secretive("secrets", "unset", "mail.password", "-p", "work", "--json").json["removed"] == ["mail.password"]


LEDGER_VERSIONS = sorted(path.parents[3].name for path in FOLDER.glob("*/workspace/arka/state/ledger.json"))


@pytest.mark.parametrize("version", LEDGER_VERSIONS)
def test_a_ledger_with_an_issued_token_is_read(version: str, home: Path) -> None:
    restore(version, "workspace", home)
    (entry,) = LedgerFile(str(home / "state")).read().entries.values()
    assert entry.token is not None
    assert entry.token.is_issued
    assert entry.token.id.startswith("tok_")
