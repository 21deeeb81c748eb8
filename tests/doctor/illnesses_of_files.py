"""Illnesses of files and folders: who may read and write them, and what was left behind."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from arka_config.sealing import operations
from arka_config.sealing.unlockers.registry import NewUnlocker
from tests.cli.program import OTHER, TOKEN
from tests.doctor.illness import TOKENS, illness

if TYPE_CHECKING:
    from tests.doctor.ward import Ward


@illness("folders", TOKENS, "a file stands where a folder belongs", f"mv {TOKENS} {TOKENS}.old")
def a_file_in_a_folder_s_place(ward: Ward) -> None:
    subprocess.run(["rm", "-r", ward.data("tokens")], check=True)
    ward.write(ward.data("tokens"), "")
    ward.write(ward.config("profiles", "work.toml"), "")


@illness("modes", f"{TOKENS}/ci.json", "read the file (mode 0644)", f"chmod 600 {TOKENS}/ci.json", fixable=True)
def a_readable_token(ward: Ward) -> None:
    ward.data("tokens", "ci.json").chmod(0o644)


@illness("modes", f"{TOKENS}/ci.json", "write to the file (mode 0622)", f"chmod 600 {TOKENS}/ci.json", fixable=True)
def a_writable_token(ward: Ward) -> None:
    ward.data("tokens", "ci.json").chmod(0o622)


@illness(
    "modes",
    TOKENS,
    "read 2 files in it: ci.json, work.json",
    f"chmod 600 {TOKENS}/ci.json {TOKENS}/work.json",
    fixable=True,
)
def two_readable_tokens(ward: Ward) -> None:
    for name in ("ci", "work"):
        ward.data("tokens", f"{name}.json").chmod(0o640)


@illness(
    "modes",
    TOKENS,
    "read 12 files in it: ci.json, p0.json, p1.json and 9 more",
    f"chmod go-rwx {TOKENS}/*",
    fixable=True,
)
def many_readable_tokens(ward: Ward) -> None:
    for number in range(10):
        ward.keep(f"p{number}", OTHER)
    for path in ward.data("tokens").iterdir():
        path.chmod(0o644)


@illness(
    "modes",
    "~/.local/share/arka",
    "look into the folder (mode 0755)",
    "chmod 700 ~/.local/share/arka",
    "warning",
    fixable=True,
)
def an_open_data_folder(ward: Ward) -> None:
    ward.data().chmod(0o755)


@illness(
    "modes", "~/.local/state/arka", "write to the folder (mode 0777)", "chmod 700 ~/.local/state/arka", fixable=True
)
def a_writable_state_folder(ward: Ward) -> None:
    ward.state().chmod(0o777)


@illness(
    "modes",
    "~/.local/state/arka/active",
    "write to the file (mode 0666)",
    "chmod 600 ~/.local/state/arka/active",
    fixable=True,
)
def a_writable_choice(ward: Ward) -> None:
    ward.state("active").chmod(0o666)


@illness("modes", "~/elsewhere.key", "read the file (mode 0644)", "chmod 600 ~/elsewhere.key", fixable=True)
def a_readable_key_file(ward: Ward) -> None:
    operations.enable(ward.store.vault, [NewUnlocker("key-file", path=str(ward.path("elsewhere.key")))])
    ward.path("elsewhere.key").chmod(0o644)


@illness(
    "config-modes",
    "~/.config/arka/config.toml",
    "others can write",
    "chmod go-w ~/.config/arka/config.toml",
    fixable=True,
)
def writable_preferences(ward: Ward) -> None:
    ward.write(ward.config("config.toml"), "", 0o666)


if os.geteuid() == 0:  # nobody else can give a file away

    @illness(
        "owners",
        f"{TOKENS}/ci.json",
        "it belongs to nobody and not to root",
        f"chown -hR root {TOKENS}/ci.json",
    )
    def a_file_of_another_owner(ward: Ward) -> None:
        os.chown(ward.data("tokens", "ci.json"), 65534, -1)

    @illness(
        "owners",
        "~/.local/state/arka",
        "and not to root, with 2 things in it",
        "chown -hR root ~/.local/state/arka",
    )
    def a_folder_of_another_owner(ward: Ward) -> None:
        for path in (ward.state(), ward.state("active"), ward.state("lock")):
            os.chown(path, 65534, -1)


@illness(
    "work-tree",
    "~/.local/share/arka",
    "the tokens in it would be committed",
    "printf '*\\n' > ~/.local/share/arka/.gitignore",
    fixable=True,
)
def tokens_in_a_git_work_tree(ward: Ward) -> None:
    ward.path(".local/share/.git").mkdir()


@illness(
    "leftovers",
    f"{TOKENS}/.ci.json.0123.arka-tmp",
    "a temporary file",
    f"rm -f {TOKENS}/.ci.json.0123.arka-tmp",
    "warning",
    fixable=True,
)
def a_temporary_file_of_a_killed_writer(ward: Ward) -> None:
    path = ward.write(ward.data("tokens", ".ci.json.0123.arka-tmp"), TOKEN)
    os.utime(path, (0, 0))


@illness(
    "lock",
    "~/.local/state/arka/lock",
    "process 4194305 (arka) was killed",
    "arka doctor --fix",
    "warning",
    fixable=True,
)
def a_lock_of_a_dead_process(ward: Ward) -> None:
    ward.write(ward.state("lock"), "4194305 arka")  # more than Linux's largest
