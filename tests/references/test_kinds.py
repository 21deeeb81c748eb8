"""A token reference is fetched when it is revealed. If that fails, no other token is used instead."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from arka_config import ProfileStore, Secret
from arka_config.arka import app
from arka_config.errors import ConfigWarning, InvalidValue, TokenUnavailable
from arka_config.references.helper import HelperReference
from arka_config.references.registry import describe, token_of
from arka_config.store import programs
from tests.cli.program import arka
from tests.store.samples import all_text, token

if TYPE_CHECKING:
    from collections.abc import Callable

CANARY = token("canary")


@pytest.fixture
def refer(store: ProfileStore, environ: dict[str, str]) -> Callable[[str, str], Secret]:
    """Make profile `work` refer to a token of this kind at this place, and return its secret."""

    def create(kind: str, target: str) -> Secret:
        store.create("work", {("token", kind): target})
        secret = token_of(store.profiles.read("work"), app, environ, lambda: store.preferences)
        assert not secret.is_at_hand
        return secret

    return create


@pytest.fixture
def helper(store: ProfileStore, tmp_path: Path) -> Callable[[str], Path]:
    """Write a program of these shell lines, which config.toml names as the helper `op`."""

    def write(lines: str) -> Path:
        program = tmp_path / "op"
        program.write_text(f"#!/bin/sh\n{lines}\n")
        program.chmod(0o700)
        config = Path(store.folders.config, "config.toml")
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(f'[helpers]\nop = ["{program}", "read"]\n')
        return program

    return write


def failure(secret: Secret) -> TokenUnavailable:
    with pytest.raises(TokenUnavailable) as caught:
        secret.reveal()
    assert caught.value.exit_code == 4
    return caught.value


def test_describe_names_the_kind_and_the_target() -> None:
    assert describe("env", "WORK_TOKEN") == "$WORK_TOKEN"
    assert describe("file", "/run/secrets/token") == "file /run/secrets/token"
    assert describe("helper", "op\x1b") == r"helper op\x1b"


# A variable


def test_env_strips_white_space(refer: Callable[[str, str], Secret], environ: dict[str, str]) -> None:
    secret = refer("env", "WORK_TOKEN")
    environ["WORK_TOKEN"] = f"  {CANARY}\n"
    assert secret.reveal() == CANARY


@pytest.mark.parametrize("value", [None, "", " \n"])
def test_empty_or_unset_variable_is_an_error_with_two_hints(
    refer: Callable[[str, str], Secret], environ: dict[str, str], value: str | None
) -> None:
    environ |= {} if value is None else {"WORK_TOKEN": value}
    error = failure(refer("env", "WORK_TOKEN"))
    assert error.message == "profile 'work' takes its token from $WORK_TOKEN, which is empty or not set"
    assert error.hint == "set WORK_TOKEN, or: arka profiles unset work token"


def test_env_refuses_a_control_character_without_showing_the_token(
    refer: Callable[[str, str], Secret], environ: dict[str, str]
) -> None:
    environ["WORK_TOKEN"] = f"{CANARY}\n{CANARY}"
    with pytest.raises(InvalidValue, match="WORK_TOKEN contains a forbidden character: U\\+000A") as caught:
        refer("env", "WORK_TOKEN").reveal()
    assert CANARY not in all_text(caught.value)


# A file


def test_file_is_read_when_the_token_is_revealed(refer: Callable[[str, str], Secret], tmp_path: Path) -> None:
    file = tmp_path / "token"
    secret = refer("file", str(file))
    file.write_text(CANARY + "\n")
    file.chmod(0o600)
    assert secret.reveal() == CANARY


def test_file_expands_a_tilde(
    refer: Callable[[str, str], Secret], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "token").write_text(CANARY)
    (tmp_path / "token").chmod(0o600)
    assert refer("file", "~/token").reveal() == CANARY


def test_file_that_does_not_exist_is_an_error(refer: Callable[[str, str], Secret]) -> None:
    error = failure(refer("file", "/no/such/token"))
    assert error.message == "profile 'work' takes its token from file /no/such/token, which does not exist"
    assert error.hint == "put the token into /no/such/token"


def test_file_refuses_a_relative_path(
    refer: Callable[[str, str], Secret], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "token").write_text(CANARY)
    assert "which is not a full path" in failure(refer("file", "token")).message


def test_file_that_is_empty_is_an_error(refer: Callable[[str, str], Secret], tmp_path: Path) -> None:
    (tmp_path / "token").write_text("\n")
    (tmp_path / "token").chmod(0o600)
    assert failure(refer("file", str(tmp_path / "token"))).message.endswith("which is empty or not set")


@pytest.mark.parametrize(
    ("mode", "content", "why"),
    [
        (0o622, CANARY.encode(), "can be written by others"),
        (0o600, CANARY.encode() + b"\xff", "not UTF-8 text"),
        (0o600, CANARY.encode() * 30_000, "is larger than 1048576 bytes"),
    ],
    ids=["writable", "not UTF-8", "large"],
)
def test_file_that_is_not_trusted_is_an_error_without_its_content(
    refer: Callable[[str, str], Secret], tmp_path: Path, mode: int, content: bytes, why: str
) -> None:
    (tmp_path / "token").write_bytes(content)
    (tmp_path / "token").chmod(mode)
    error = failure(refer("file", str(tmp_path / "token")))
    assert error.message.startswith(f"profile 'work' takes its token from file {tmp_path}/token: ")
    assert why in error.message
    assert CANARY not in all_text(error)


def test_file_that_others_can_read_is_used_with_a_warning(refer: Callable[[str, str], Secret], tmp_path: Path) -> None:
    (tmp_path / "token").write_text(CANARY)
    (tmp_path / "token").chmod(0o644)
    secret = refer("file", str(tmp_path / "token"))
    with pytest.warns(ConfigWarning, match="can be read by others"):
        assert secret.reveal() == CANARY


# A helper


def test_helper_runs_once_when_the_token_is_revealed(
    refer: Callable[[str, str], Secret], helper: Callable[[str], Path], tmp_path: Path
) -> None:
    helper(f'echo "$1" >> {tmp_path}/runs; echo {CANARY}')
    secret = refer("helper", "op")
    assert not (tmp_path / "runs").exists()
    assert (secret.reveal(), secret.reveal()) == (CANARY, CANARY)
    assert (tmp_path / "runs").read_text() == "read\n"


def test_helper_inherits_no_secret_variable(
    refer: Callable[[str, str], Secret], helper: Callable[[str], Path], environ: dict[str, str], tmp_path: Path
) -> None:
    environ |= dict.fromkeys(app.secret_variables, f"me:{CANARY}@host")
    environ |= {"ARKA_PROFILE": "work", "OP_SESSION": "theirs"}
    helper(f"env > {tmp_path}/seen; echo {CANARY}")
    refer("helper", "op").reveal()
    seen = (tmp_path / "seen").read_text()
    assert "OP_SESSION=theirs" in seen
    assert "ARKA_PROFILE=work" in seen
    assert CANARY not in seen


def test_helper_writes_to_the_user_on_stderr(
    refer: Callable[[str, str], Secret], helper: Callable[[str], Path], capfd: pytest.CaptureFixture[str]
) -> None:
    helper(f"echo 'touch your key' >&2; echo {CANARY}")
    refer("helper", "op").reveal()
    assert capfd.readouterr() == ("", "touch your key\n")


def test_helper_that_config_toml_does_not_define_is_an_error(
    refer: Callable[[str, str], Secret], helper: Callable[[str], Path], store: ProfileStore
) -> None:
    helper(f"echo {CANARY}")
    error = failure(refer("helper", "opp"))
    assert error.message == (
        f"profile 'work' takes its token from helper opp, which {store.folders.config}/config.toml does not define"
    )
    assert error.hint == "did you mean 'op'?"


def test_helper_hint_without_helpers_is_the_command_that_defines_it(refer: Callable[[str, str], Secret]) -> None:
    hint = failure(refer("helper", "op")).hint
    assert hint == """arka config set 'helpers.op=["program", "argument"]'"""
    assert arka(*shlex.split(hint)[1:]).code == 0


def test_helper_hint_quotes_no_name_that_a_shell_would_read(store: ProfileStore) -> None:
    preferences = store.preferences
    reason = HelperReference().policy("o'; rm -r .; 'p", app, preferences)
    assert reason.endswith(f"; define it under [helpers] in {preferences.path}")


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (f"echo {CANARY}; echo {CANARY} >&2; exit 3", "which ended with 3"),
        (f"echo {CANARY}; kill -9 $$", "which ended with -9"),
        ("exit 0", "which is empty or not set"),
        ("echo; echo", "which is empty or not set"),
    ],
)
def test_helper_that_fails_is_an_error_without_its_output(
    refer: Callable[[str, str], Secret], helper: Callable[[str], Path], lines: str, why: str
) -> None:
    helper(lines)
    error = failure(refer("helper", "op"))
    assert error.message == f"profile 'work' takes its token from helper op, {why}"
    assert error.hint
    assert CANARY not in all_text(error)


def test_helper_that_cannot_be_run_is_an_error(
    refer: Callable[[str, str], Secret], helper: Callable[[str], Path]
) -> None:
    program = helper("")
    program.unlink()
    error = failure(refer("helper", "op"))
    assert error.message.endswith("which cannot be run")
    assert error.hint == f"run it yourself: {program}"


def test_helper_that_does_not_answer_times_out_without_its_output(
    refer: Callable[[str, str], Secret], helper: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "TIMEOUT", 0.2)
    helper(f"echo {CANARY}; exec sleep 30")
    error = failure(refer("helper", "op"))
    assert error.message.endswith("which did not answer in time")
    assert CANARY not in all_text(error)


def test_helper_output_must_be_one_line_of_text(
    refer: Callable[[str, str], Secret], helper: Callable[[str], Path]
) -> None:
    helper(rf"printf '{CANARY}\n{CANARY}\n'")
    secret = refer("helper", "op")
    with pytest.raises(InvalidValue, match="the output of helper 'op' contains a forbidden character") as two_lines:
        secret.reveal()
    helper(rf"printf '{CANARY}\377'")
    no_text = failure(secret)
    assert no_text.message.endswith("which printed something that is not text")
    assert CANARY not in all_text(two_lines.value) + all_text(no_text)


def test_helper_is_not_run_by_a_shell(refer: Callable[[str, str], Secret], store: ProfileStore, tmp_path: Path) -> None:
    config = Path(store.folders.config, "config.toml")
    config.parent.mkdir(parents=True)
    script = f"import sys; print('{CANARY}' if sys.argv[1:] == ['$HOME; touch {tmp_path}/evil'] else '')"
    config.write_text(f"""[helpers]\nop = ['{sys.executable}', '-c', "{script}", '$HOME; touch {tmp_path}/evil']\n""")
    assert refer("helper", "op").reveal() == CANARY
    assert not os.path.exists(tmp_path / "evil")
