"""Sealed tokens open only on the recipients' machines, for one profile and origin, and with the age program too."""

from __future__ import annotations

import base64
import json
import stat
import subprocess
from pathlib import Path

import pyrage  # type: ignore[import-untyped]  # it has no types
import pytest

from arka_config import open_store
from arka_config.arka import app
from arka_config.errors import SealedTokenError
from arka_config.extras import install_command
from arka_config.templates.sealed import unseal
from tests.cli.program import OTHER, TOKEN, arka
from tests.peers import executable
from tests.templates.age_writer import armor
from tests.templates.conftest import Folder

SEALED = '# a comment\n[profile]\nname = "ci-{hostname}"\n[token]\nprompt = true # typed\n'


@pytest.fixture
def recipient(folder: Folder) -> str:
    """The recipient of this machine's new identity."""
    done = arka("identity", "create")
    assert done.code == 0, done.err
    return done.out.strip()


def create_ssh_key(folder: Path, kind: str) -> tuple[Path, str]:
    """Create an ssh key without a passphrase. Return its private file and its public line."""
    file = folder / f"id_{kind}"
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", file], check=True)
    return file, (folder / f"id_{kind}.pub").read_text().strip()


def armored(sealed: str) -> str:
    return f'[profile]\nname = "ci"\n[token]\nsealed = """{sealed}"""\n'


def payload(**changes: object) -> bytes:
    document = {"version": 1, "app": "arka", "profile": "ci", "origin": "https://arka-ai.com", "token": TOKEN}
    return json.dumps(document | changes).encode()


def sealed_payload(content: bytes, recipient: str) -> str:
    text: bytes = pyrage.encrypt(content, [pyrage.x25519.Recipient.from_str(recipient)], armored=True)
    return text.decode()


def test_identity_is_private_and_never_overwritten(folder: Folder, home: Path, recipient: str) -> None:
    file = home / "data" / "identity.txt"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert arka("identity", "show").out == f"{recipient}\n"
    assert arka("identity", "show", "--json").json == {"path": str(file), "recipient": recipient}
    before = file.read_bytes()
    done = arka("identity", "create")
    assert done.code == 1
    assert "already exists" in done.err
    assert file.read_bytes() == before


def test_identity_is_not_written_through_a_broken_link(home: Path, tmp_path: Path) -> None:
    link = home / "data" / "identity.txt"
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "elsewhere")
    assert arka("identity", "create").code == 0
    assert not (tmp_path / "elsewhere").exists()
    assert not link.is_symlink()


def test_seal_writes_to_a_template_that_apply_stores(folder: Folder, recipient: str) -> None:
    file = folder.put("ci.toml", SEALED)
    file.chmod(0o644)
    done = arka("seal", "--with-token", "--template", "profiles/ci.toml", "--to", recipient, stdin=TOKEN)
    assert done.code == 0, done.err
    text = file.read_text()
    assert TOKEN not in text
    assert text.startswith("version = 1\n# a comment\n")
    assert "prompt" not in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert arka("apply", "profiles", "--yes").code == 0
    assert open_store(app).credential("ci-runner-07").token.reveal() == TOKEN
    assert arka("plan", "profiles").code == 0


def test_sealed_token_is_refused_for_another_profile(folder: Folder, recipient: str) -> None:
    assert arka("login", "-p", "ci", "--with-token", "--no-verify", stdin=TOKEN).code == 0
    sealed = arka("seal", "-p", "ci", "--to", recipient).out
    folder.put("ci.toml", armored(sealed))
    assert arka("plan", "profiles", "--adopt", "--json").json["profiles"][0]["token"]["state"] == "set"
    folder.put("ci.toml", armored(sealed).replace('"ci"', '"other"'))
    done = arka("plan", "profiles")
    assert done.code == 1
    assert "profiles/ci.toml:5: token.sealed is for profile 'ci', not for the one in this template" in done.err


def test_sealed_token_is_refused_for_another_origin(folder: Folder, recipient: str) -> None:
    sealed = arka("seal", "-p", "ci", "--with-token", "--to", recipient, stdin=TOKEN).out
    folder.put("ci.toml", armored(sealed).replace('"ci"\n', '"ci"\napi_url = "https://evil.example"\n'))
    done = arka("apply", "profiles", "--yes", "--allow-origin", "https://evil.example")
    assert done.code == 1
    assert "token.sealed is for origin 'https://arka-ai.com'" in done.err


def test_machine_without_the_identity_needs_a_token(folder: Folder, recipient: str, home: Path) -> None:
    sealed = arka("seal", "-p", "ci", "--with-token", "--to", recipient, stdin=TOKEN).out
    folder.put("ci.toml", armored(sealed))
    (home / "data" / "identity.txt").unlink()
    assert "this machine has no identity to open it" in arka("plan", "profiles").out
    assert arka("identity", "create").code == 0
    done = arka("apply", "profiles", "--yes", "--require-tokens")
    assert done.code == 4
    assert "it is not sealed for this machine" in done.err


@pytest.mark.parametrize("changes", [{"profile": "other"}, {"origin": "https://evil.example"}, {"app": "acme"}])
def test_rekey_refuses_a_token_for_another_profile_or_origin(
    folder: Folder, recipient: str, changes: dict[str, object]
) -> None:
    (what, found), *_ = changes.items()
    file = folder.put("ci.toml", armored(sealed_payload(payload(**changes), recipient)))
    before = file.read_text()
    done = arka("seal", "--rekey", "--template", "profiles/ci.toml", "--to", recipient)
    assert done.code == 1
    assert f"profiles/ci.toml: token.sealed is for {what} '{found}', not for the one in this template" in done.err
    assert (done.out, file.read_text()) == ("", before)


@pytest.mark.parametrize("profile", ["ci-{hostname}", "ci-runner-07"])
def test_rekey_reseals_a_token_for_a_name_with_a_placeholder(folder: Folder, recipient: str, profile: str) -> None:
    text = armored(sealed_payload(payload(profile=profile), recipient))
    folder.put("ci.toml", text.replace('name = "ci"', 'name = "ci-{hostname}"'))
    assert arka("seal", "--rekey", "--template", "profiles/ci.toml", "--to", recipient).code == 0
    assert arka("apply", "profiles", "--yes").code == 0
    assert open_store(app).credential("ci-runner-07").token.reveal() == TOKEN


@pytest.mark.peer("ssh-keygen")
def test_rekey_seals_the_same_token_for_other_recipients(folder: Folder, recipient: str, tmp_path: Path) -> None:
    folder.put("ci.toml", SEALED)
    arka("seal", "--with-token", "--template", "profiles/ci.toml", "--to", recipient, stdin=TOKEN)
    key, public = create_ssh_key(tmp_path, "ed25519")
    (tmp_path / "recipients").write_text(f"# the build machine\n{public}\n")
    done = arka("seal", "--rekey", "--template", "profiles/ci.toml", "--to-file", "recipients")
    assert done.code == 0, done.err
    assert "missing" in arka("plan", "profiles").out
    assert arka("apply", "profiles", "--yes", "--identity", str(key)).code == 0
    assert open_store(app).credential("ci-runner-07").token.reveal() == TOKEN


def test_resealed_token_replaces_the_stored_one(folder: Folder, recipient: str) -> None:
    folder.put("ci.toml", SEALED)
    for token in (TOKEN, OTHER):
        arka("seal", "--with-token", "--template", "profiles/ci.toml", "--to", recipient, stdin=token)
        assert arka("apply", "profiles", "--yes").code == 0
    assert open_store(app).credential("ci-runner-07").token.reveal() == OTHER


@pytest.mark.peer("ssh-keygen")
def test_former_recipient_keeps_its_old_token_and_reports_it(folder: Folder, recipient: str, tmp_path: Path) -> None:
    folder.put("ci.toml", SEALED)
    arka("seal", "--with-token", "--template", "profiles/ci.toml", "--to", recipient, stdin=TOKEN)
    assert arka("apply", "profiles", "--yes").code == 0
    key, public = create_ssh_key(tmp_path, "ed25519")
    arka("seal", "--with-token", "--template", "profiles/ci.toml", "--to", public, stdin=OTHER)
    assert (
        "token  keeps the old one, the new one is not available: it is not sealed for this machine"
        in arka("plan", "profiles").out
    )
    done = arka("apply", "profiles", "--yes", "--require-tokens")
    assert (done.code, "profile 'ci-runner-07' keeps an old token" in done.err) == (0, True)
    assert arka("apply", "profiles", "--yes", "--identity", str(key)).code == 0
    assert open_store(app).credential("ci-runner-07").token.reveal() == OTHER


def test_passphrase_stanza_is_refused_without_an_attempt(
    folder: Folder, recipient: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The work factor of 2^30 would take a terabyte.
    header = "age-encryption.org/v1\n-> scrypt bBkTKpYvkmVxDDQoRPyu3A 30\n"
    content = header.encode() + b"A" * 43 + b"\n--- " + b"A" * 43 + b"\n" + b"x" * 64
    folder.put("ci.toml", armored(armor(content)))
    monkeypatch.setattr(pyrage, "decrypt", lambda *_: pytest.fail("the library was handed the text"))
    done = arka("plan", "profiles")
    assert done.code == 1
    assert "sealed with a passphrase, which is not allowed" in done.err


@pytest.mark.parametrize(
    "content",
    [b"{}", b"[]", b"\xff", b"[" * 40_000, payload(token=3), payload(extra=1), payload(profile="a\x1b")],
)
def test_foreign_payload_is_refused(folder: Folder, recipient: str, content: bytes) -> None:
    folder.put("ci.toml", armored(sealed_payload(content, recipient)))
    done = arka("plan", "profiles")
    assert done.code == 1
    assert "it does not contain a token" in done.err
    assert TOKEN not in done.err


def test_changed_sealed_text_is_reported_as_damaged(recipient: str, home: Path) -> None:
    sealed = sealed_payload(payload(), recipient)
    content = bytearray(base64.b64decode("".join(sealed.strip().split("\n")[1:-1])))
    content[-1] ^= 1
    identity = pyrage.x25519.Identity.from_str((home / "data" / "identity.txt").read_text().splitlines()[-1])
    with pytest.raises(SealedTokenError, match="damaged"):
        unseal(armor(bytes(content)), [identity])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "there is no recipient that could open it"),
        (("--to", "age1nonsense"), "--to: 'age1nonsense' is not a recipient"),
        (("--to", "AGE-SECRET-KEY-1QQQQ"), "this is an identity, which is secret"),
        (("--to-file", "nowhere"), "--to-file: nowhere does not exist"),
        (("--rekey", "--to", "x"), "--to: 'x' is not a recipient"),
    ],
)
def test_seal_checks_its_arguments(folder: Folder, arguments: tuple[str, ...], said: str) -> None:
    done = arka("seal", "-p", "ci", "--with-token", *arguments, stdin=TOKEN)
    assert done.code in (1, 2)
    assert said in done.err
    assert "QQQQ" not in done.err


def test_missing_age_library_names_the_extra(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyrage", None)
    done = arka("identity", "create")
    assert done.code == 1
    assert install_command("age") in done.err


# The age program


@pytest.mark.peer("age", "ssh-keygen")
@pytest.mark.parametrize("kind", ["x25519", "ed25519", "rsa"])
def test_age_opens_a_token_from_seal(folder: Folder, tmp_path: Path, home: Path, kind: str) -> None:
    if kind == "x25519":
        to, key = arka("identity", "create").out.strip(), home / "data" / "identity.txt"
    else:
        key, to = create_ssh_key(tmp_path, kind)
    sealed = arka("seal", "-p", "ci", "--with-token", "--to", to, stdin=TOKEN).out
    done = subprocess.run(
        [executable("age"), "--decrypt", "--identity", key], input=sealed.encode(), capture_output=True, check=True
    )
    assert json.loads(done.stdout) == json.loads(payload())


@pytest.mark.peer("age", "ssh-keygen")
@pytest.mark.parametrize("kind", ["x25519", "ed25519", "rsa"])
def test_apply_opens_a_token_from_age(folder: Folder, tmp_path: Path, kind: str) -> None:
    if kind == "x25519":
        key = tmp_path / "key.txt"
        subprocess.run([f"{executable('age')}-keygen", "-o", key], check=True, capture_output=True)
        to = key.read_text().split("public key: ")[1].split("\n")[0]
    else:
        key, to = create_ssh_key(tmp_path, kind)
    done = subprocess.run(
        [executable("age"), "--armor", "--recipient", to], input=payload(), capture_output=True, check=True
    )
    folder.put("ci.toml", armored(done.stdout.decode()))
    assert arka("apply", "profiles", "--yes", "--identity", str(key)).code == 0
    assert open_store(app).credential("ci").token.reveal() == TOKEN
